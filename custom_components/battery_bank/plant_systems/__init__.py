"""The strings for the plant's own systems: a table of registers, and the server that other programs read it from."""
