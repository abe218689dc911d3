"""Hostile line, clock, disk, host and input in one command: `scripts/faults [--seconds S] [--seed N] [--part NAME]`.

It prints what was tried and what was lost, and ends with status 0 only if nothing was lost and nothing wrong was shown.
The same seed tries the same things in the same order; how many of them fit in the time depends on the machine.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
import sys
import tempfile
import time
from typing import Final

from .hostile_clock import hostile_clock
from .hostile_disk import hostile_disk
from .hostile_host import hostile_host
from .hostile_line import hostile_line
from .tally import Tally

# Each part, and its share of the time. Line and clock go in virtual time, the others in real time.
PARTS: Final[dict[str, tuple[Callable[[int, float, Path], Tally], float]]] = {
    "line": (hostile_line, 0.35),
    "clock": (hostile_clock, 0.1),
    "disk": (hostile_disk, 0.2),
    "host": (hostile_host, 0.35),
}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/faults", description="Try what a battery room does to a monitor.")
    parser.add_argument("--seconds", type=float, default=120.0, help="for all parts together, about (default: 120)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random (default: 1)")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be given again")
    return parser.parse_args()


def main() -> int:
    """Run from the command line; return the exit status."""
    options = arguments()
    parts = {name: PARTS[name] for name in options.part or PARTS}
    whole = sum(share for _, share in parts.values())
    print(f"Seed {options.seed}, {options.seconds:.0f} s.", flush=True)
    lost = 0
    for name, (run, share) in parts.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"faults-{name}-", ignore_cleanup_errors=True) as folder:
            tally = run(options.seed, began + options.seconds * share / whole, Path(folder))
        print(*tally.lines(), f"  {time.monotonic() - began:.0f} s", sep="\n", flush=True)
        lost += len(tally.lost)
    print(f"LOST: {lost}." if lost else "Nothing was lost, and nothing wrong was shown.", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
