"""How well the remaining time is predicted, as the monitor shows it: `python -m simulator.predict`.

Every sample goes through `watch.step`. Two tables: the recorded discharges, each later one predicted from the first,
and the independent model of `simulator/truth` with loads that change. The recordings are not part of the project: the
environment variable BATTERY_BANK_DATA says where they are.
"""

from collections.abc import Iterator, Mapping, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
import os
from pathlib import Path
from typing import Final

from .truth.remaining import errors, played_recordings, remaining_times

TELEMETRY: Final = Path("vrla-12v-discharges", "telemetry.csv")
END_VOLTAGE: Final = 10.8  # V
NAMEPLATE: Final = 17.0  # Ah
HOUR: Final = 3600.0  # s
DISCHARGING: Final = 0.1  # A; less is float and rest
SHARES: Final = (0.25, 0.5, 0.75, 0.9)  # of a run that has passed when it is asked how much is left
OURS: Final = "this integration"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One line of a recorded discharge."""

    seconds: float  # since it began
    voltage: float  # V
    current: float  # A, discharge positive
    drawn: float  # Ah


@dataclass(frozen=True, kw_only=True, slots=True)
class Errors:
    """How far a prediction was off, in % of the whole run."""

    mean: float
    worst: float


type Run = Sequence[Moment]


def evaluate(telemetry: Path) -> Mapping[str, tuple[Errors, ...]]:
    """Return the errors of each method at each of `SHARES`, all later discharges being predicted from the first."""
    runs = discharges(telemetry)
    capacity = runs[0][-1].drawn
    shown = played_recordings(telemetry.parent.parent, from_first=True).notes
    ours = tuple(_mean([abs(shown[f"{run} at {share}"]) for run in range(2, len(runs) + 1)]) for share in SHARES)
    return {OURS: ours} | {
        name: tuple(_mean([_counted(ah, run, share) for run in runs[1:]]) for share in SHARES)
        for name, ah in (("Ah counted, learned capacity", capacity), ("Ah counted, nameplate", NAMEPLATE))
    }


def changing_loads() -> Iterator[tuple[str, list[str]]]:
    """Yield each discharge of the independent model, and the errors at `SHARES` beside the better count of Ah."""
    for story in remaining_times():
        if story.name.startswith("seven recorded"):
            continue
        monitor = story.run()
        moving = story.name.startswith(("ramp", "to and fro"))
        yield (
            story.name,
            [
                error if moving or monitor.notes[f"known {share}"] else "before the step"
                for share, error in zip(SHARES, errors(monitor, SHARES), strict=True)
            ],
        )


def discharges(telemetry: Path) -> list[Run]:
    """Return the discharges that reached the end voltage, each up to there."""
    runs: list[Run] = []
    lines: list[tuple[float, float, float]] = []
    for at, voltage, current in [*_lines(telemetry), (0.0, 0.0, 0.0)]:
        if current > DISCHARGING:
            lines.append((at, voltage, current))
            continue
        reached = next((index for index, line in enumerate(lines) if index and line[1] <= END_VOLTAGE), None)
        if reached is not None:
            runs.append(_run(lines[: reached + 1]))
        lines = []
    return runs


def _lines(telemetry: Path) -> list[tuple[float, float, float]]:
    """Return s, V and A; temperatures have lines of their own."""
    with telemetry.open(newline="") as file:
        return [
            (datetime.fromisoformat(line["time"]).timestamp(), float(line["voltage"]), float(line["current"]))
            for line in csv.DictReader(file)
            if line["voltage"] and line["current"]
        ]


def _run(lines: Sequence[tuple[float, float, float]]) -> Run:
    start, voltage, current = lines[0]
    moments = [Moment(seconds=0.0, voltage=voltage, current=current, drawn=0.0)]
    for (before, _, current_before), (at, voltage, current) in pairwise(lines):
        drawn = moments[-1].drawn + (current_before + current) / 2 * (at - before) / HOUR
        moments.append(Moment(seconds=at - start, voltage=voltage, current=current, drawn=drawn))
    return moments


def _counted(capacity: float, run: Run, share: float) -> float:
    """Return how far off a count of Ah was at a share of a run, in % of the run."""
    now = [moment for moment in run if moment.seconds <= share * run[-1].seconds][-1]
    left = max(0.0, capacity - now.drawn) / now.current * HOUR
    return abs(left - (run[-1].seconds - now.seconds)) / run[-1].seconds * 100


def _mean(found: Sequence[float]) -> Errors:
    return Errors(mean=sum(found) / len(found), worst=max(found))


def main() -> None:
    """Print the tables."""
    recordings()
    print("\nError in % of the run, beside that of the better count of Ah, on the independent model.\n")
    _head("discharge")
    for name, shown in changing_loads():
        _row(name, shown)


def recordings() -> None:
    """Print the table of the recorded discharges, or what it needs."""
    folder = os.environ.get("BATTERY_BANK_DATA")
    if folder and (Path(folder) / TELEMETRY).exists():
        print("Mean (worst) error in % of the run, each later discharge predicted from the first.\n")
        _head("method")
        for name, found in evaluate(Path(folder) / TELEMETRY).items():
            _row(name, [f"{one.mean:.1f} ({one.worst:.1f})" for one in found])
    else:
        print("Set BATTERY_BANK_DATA to the folder that contains vrla-12v-discharges/.")


def _head(first: str) -> None:
    _row(first, [f"{share:.0%}" for share in SHARES])
    print("|---" * (len(SHARES) + 1) + "|")


def _row(name: str, cells: Sequence[str]) -> None:
    print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
