"""Play the stories and print what the monitor says of each: `python -m simulator.truth --help`."""

import argparse
from multiprocessing import Pool
import sys

from .checks import Story
from .stories import stories
from .table import HEAD, row, run, run_nth


def chosen(options: argparse.Namespace) -> list[tuple[int, Story]]:
    """Return the stories that the command line asks for, with their places."""
    return [
        (place, story)
        for place, story in enumerate(stories())
        if (not options.story or story.number in options.story)
        and (options.long or not story.long)
        and (not options.reported or story.reported)
        and options.name in story.name
    ]


def main() -> int:
    """Print the table; return 1 if a story is not ok."""
    parser = argparse.ArgumentParser(prog="python -m simulator.truth", description=__doc__)
    parser.add_argument("--story", type=int, action="append", help="only those of this number; may be repeated")
    parser.add_argument("--name", default="", help="only those with this in their name")
    parser.add_argument("--reported", action="store_true", help="only the figures that were reported, in bold")
    parser.add_argument("--long", action="store_true", help="also those that take long, like a year")
    parser.add_argument("--jobs", type=int, default=1, help="stories at once (default: 1)")
    options = parser.parse_args()
    wanted = chosen(options)
    print(HEAD, flush=True)
    good: dict[int, list[bool]] = {}
    with Pool(options.jobs) as pool:
        results = (
            pool.imap(run_nth, [place for place, _ in wanted])
            if options.jobs > 1
            else (run(story) for _, story in wanted)
        )
        for (_, story), (verdicts, seconds) in zip(wanted, results, strict=True):
            print(row(story, verdicts, seconds), flush=True)
            good.setdefault(story.number, []).append(all(verdict.ok for verdict in verdicts))
    print("\n| story | ok | of |\n|---|---:|---:|")
    for number, oks in sorted(good.items()):
        print(f"| {number} | {sum(oks)} | {len(oks)} |")
    return 0 if all(map(all, good.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
