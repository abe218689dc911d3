"""The wire: what modules say, who they are, and whose turn it is."""
