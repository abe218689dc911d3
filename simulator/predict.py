"""How well the remaining time is predicted on recorded discharges: `python -m simulator.predict`.

Each later discharge is predicted from the first. The recordings are not part of the project: the environment variable
BATTERY_BANK_DATA says where they are.
"""

from collections.abc import Callable, Mapping, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
import os
from pathlib import Path
from typing import Final

from custom_components.battery_bank.monitor.battery.remaining_time import Curve, learn, remaining

TELEMETRY: Final = Path("vrla-12v-discharges", "telemetry.csv")
END_VOLTAGE: Final = 10.8  # V
NAMEPLATE: Final = 17.0  # Ah
HOUR: Final = 3600.0  # s
DISCHARGING: Final = 0.1  # A; less is float and rest
SHARES: Final = (0.25, 0.5, 0.75, 0.9)  # of a run that has passed when it is asked how much is left
OURS: Final = "learned curve"


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
type Method = Callable[[Curve, Run], float | None]


def evaluate(telemetry: Path) -> Mapping[str, tuple[Errors, ...]]:
    """Return the errors of each method at each of `SHARES`, all later discharges being predicted from the first."""
    runs = discharges(telemetry)
    curve = learned(runs[0])
    return {
        name: tuple(_errors(method, curve, runs[1:], share) for share in SHARES) for name, method in METHODS.items()
    }


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


def learned(run: Run) -> Curve:
    """Return the curve of a run."""
    curve = learn([(moment.seconds, moment.voltage, moment.drawn) for moment in run], END_VOLTAGE, 0.0)
    if curve is None:
        raise ValueError("This discharge teaches nothing.")
    return curve


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


def _errors(method: Method, curve: Curve, runs: Sequence[Run], share: float) -> Errors:
    errors = []
    for run in runs:
        whole = run[-1].seconds
        seen = [moment for moment in run if moment.seconds <= share * whole]
        predicted = method(curve, seen)
        if predicted is None:
            raise ValueError("Nothing was predicted.")
        errors.append(abs(predicted - (whole - seen[-1].seconds)) / whole * 100)
    return Errors(mean=sum(errors) / len(errors), worst=max(errors))


def _ours(curve: Curve, seen: Run) -> float | None:
    observed = [(moment.drawn, moment.voltage, moment.current) for moment in seen]
    return remaining(curve, observed, END_VOLTAGE, seen[-1].current)


def _counted(capacity: float, seen: Run) -> float:
    return max(0.0, capacity - seen[-1].drawn) / seen[-1].current * HOUR


METHODS: Final[Mapping[str, Method]] = {
    OURS: _ours,
    "Ah counted, learned capacity": lambda curve, seen: _counted(curve.capacity, seen),
    "Ah counted, nameplate": lambda _, seen: _counted(NAMEPLATE, seen),
}


def main() -> None:
    """Print the table."""
    folder = os.environ.get("BATTERY_BANK_DATA")
    if not folder or not (Path(folder) / TELEMETRY).exists():
        print("Set BATTERY_BANK_DATA to the folder that contains vrla-12v-discharges/.")
        return
    print("Mean (worst) error in % of the run, each later discharge predicted from the first.\n")
    print("| method |", " | ".join(f"{share:.0%}" for share in SHARES), "|")
    print("|---" * (len(SHARES) + 1) + "|")
    for name, errors in evaluate(Path(folder) / TELEMETRY).items():
        print(f"| {name} |", " | ".join(f"{one.mean:.1f} ({one.worst:.1f})" for one in errors), "|")


if __name__ == "__main__":
    main()
