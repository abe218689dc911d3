"""The monitor: the wire and what it says. Runs without Home Assistant; no module below imports it."""
