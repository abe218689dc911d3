"""All of a centre and its sites on one machine, to try it out: `scripts/fleet`."""
