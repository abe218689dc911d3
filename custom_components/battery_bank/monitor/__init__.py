"""The monitor: the line, the analysis and the journal. It runs without Home Assistant; no module below imports it."""
