"""From samples to results: the analysis of each string, its journal, and what a restart goes on with."""
