"""Hostile line, host and input: what the monitor has to survive, as one command; see `__main__`."""
