"""From samples to results: the analysis of each string, its journal, and its saved state."""
