"""How fast lines are polled, and what they cost: `scripts/bench`. Each part can be left out or run alone."""

import argparse
import asyncio
from collections.abc import Coroutine
import os
from pathlib import Path
import sys
from typing import Any, Final

from .bench_hubs import hubs
from .bench_polling import polling
from .bench_scale import adding, scale
from .house import ROOT, HouseError

PARTS: Final = ("slow-line", "fast-line", "hubs", "adding", "scale")
PLOT: Final = ROOT / "docs/images/benchmarks.svg"


async def bench(options: argparse.Namespace) -> None:
    """Measure the parts one after another."""
    window, port = options.window, options.port
    parts: dict[str, Coroutine[Any, Any, None]] = {
        # Each module is inspected once, one a second from 30 s on: that is over before the window begins.
        "slow-line": polling(batteries=60, baud=9600, port=port, settle=options.settle, window=window, dead_too=True),
        "fast-line": polling(batteries=240, baud=115200, port=port, settle=3 * options.settle, window=window),
        "hubs": hubs(port=port, settle=options.settle, window=window),
        "adding": adding(options.lines, baud=115200, port=port),
        "scale": scale(
            options.sizes, baud=options.baud, port=port, settle=options.settle, window=window, plot=options.plot
        ),
    }
    print(f"{os.cpu_count()} cores, {os.getloadavg()[0]:.1f} programs at work on average in the minute before.")
    for name, part in parts.items():
        if name in options.parts:
            await part
        else:
            part.close()


def main() -> None:
    """Start from the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--window", type=float, default=120, help="s to measure each (default: 120)")
    parser.add_argument("--settle", type=float, default=100, help="s to wait before (default: 100)")
    parser.add_argument("--port", type=int, default=18124, help="where Home Assistant listens (default: 18124)")
    parser.add_argument("--lines", type=int, default=4, help="to add over the flow (default: 4)")
    parser.add_argument("--baud", type=int, default=9600, help="of the lines of `scale` (default: 9600)")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[20, 60, 240, 480, 960, 2000], help="numbers of batteries of `scale`"
    )
    parser.add_argument(
        "--plot", type=Path, nargs="?", const=PLOT, help=f"draw the plot of `scale` (default: {PLOT.name})"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    options.parts = options.parts or PARTS
    try:
        asyncio.run(bench(options))
    except HouseError as err:
        sys.exit(str(err))


if __name__ == "__main__":
    main()
