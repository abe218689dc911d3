"""Stories of the remaining time, as the entity shows it, on PyBaMM's discharges and on recorded ones."""

from collections.abc import Iterator, Sequence
import csv
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
import os
from pathlib import Path
from typing import Final

from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings

from . import seen
from .checks import Check, Story, Verdict
from .monitor import Monitor
from .scene import HOUR, Scene, string
from .trajectories import NOMINAL, discharge, recharge, trajectory

SHARES: Final = (0.25, 0.5, 0.75, 0.9)  # of a run
END: Final = 1.80  # V per cell
AFTER_STEP: Final = 5.0  # % of the run: how near it must be at half of a run whose load has changed
AS_GOOD: Final = 3.0  # % of the run: a count of Ah that is right by chance can be missed by so much
AIM: Final = (3.4, 1.6, 1.8, 1.1)  # %, of the recordings: what the method gives where the function is called directly
DISCHARGING: Final = 0.1  # A of the recordings; less is float and rest
LEARNED_FROM: Final = "constant_0.2c"
RAMP: Final = 5.0  # % of the run, of a load that continues to rise or fall
ANY_LOAD: Final = 15.0  # % of the run: the rest of a load that rises and falls is unknown


def settings_of(nameplate: float = NOMINAL, *, batteries: int = 1, end: float = END) -> Settings:
    """Return the settings of the model's string."""
    return string(batteries, capacity=nameplate, figures={"end_voltage": end})


@cache
def taught(settings_key: tuple[float, int, float], name: str) -> tuple[Monitor, float]:
    """Return a monitor that has seen a whole discharge and its recharge, and the time until then."""
    nameplate, batteries, end = settings_key
    monitor = Monitor(settings=settings_of(nameplate, batteries=batteries, end=end), every=600.0)
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.floating(3.0, temperature=21.7, ambient=21.7))
    if name:
        run = trajectory(name)
        every = 60.0 if run.end(end) > HOUR else 5.0
        monitor.hear(discharge(scene, run, until=run.end(end) + every, every=every))
        monitor.hear(scene.part(1800.0, every=60.0, cell=2.0, current=0.0, temperature=21.7, ambient=21.7))
        monitor.hear(recharge(scene, run.capacity(end)))
    return monitor, scene.at


def _play(monitor: Monitor, *, name: str, taught_by: str, key: tuple[float, int, float], temperature: float) -> None:
    before, at = taught(key, taught_by)
    monitor.state, end = before.state, key[2]
    scene = Scene(settings=monitor.settings, seed=2, at=at)
    run = trajectory(name)
    whole = run.end(end)
    every = 20.0 if whole > HOUR else 5.0
    learned = trajectory(taught_by).capacity(end) if taught_by else monitor.settings.capacity
    monitor.moments.clear()
    monitor.hear(discharge(scene, run, until=whole, every=every, temperature=temperature))
    halfway = (run.last_change + whole) / 2 / whole  # of what is left after the last change
    for share in (*SHARES, halfway):
        asked = share * whole
        moment = next(one for one in reversed(monitor.moments) if one.at - at <= asked)
        passed = moment.at - at
        _, rate, drawn = run.at(passed)
        counts = [
            100 * ((max(0.0, capacity - drawn) / (rate * NOMINAL) * HOUR) - (whole - passed)) / whole
            for capacity in (learned, monitor.settings.capacity)
        ]
        monitor.notes[f"best {share}"] = min(abs(one) for one in counts)
        if moment.remaining is not None:
            monitor.notes[f"off {share}"] = 100 * (moment.remaining - (whole - passed)) / whole
        if moment.between is not None:
            low, high = moment.between
            monitor.notes[f"range {share}"] = float(low <= whole - passed <= high)
        monitor.notes[f"known {share}"] = float(passed >= run.last_change)
    monitor.notes["near"] = 0.5 if run.last_change < 0.5 * whole else halfway


def errors(monitor: Monitor, shares: Sequence[float]) -> list[str]:
    """Return how far off the remaining time was at each share, beside the better of the two counts of Ah."""
    return [
        f"{off:+.0f} (Ah {monitor.notes[f'best {share}']:.0f})"
        if (off := monitor.notes.get(f"off {share}")) is not None
        else "unknown"
        for share in shares
    ]


def _as_good(*, allowed: float = AS_GOOD, always: bool = False) -> Check:
    """Demand it where the load changes no more, or `always`."""

    def look(monitor: Monitor) -> Verdict:
        shares = [share for share in SHARES if always or monitor.notes[f"known {share}"]]
        ok = all(
            (off := monitor.notes.get(f"off {share}")) is not None
            and abs(off) <= monitor.notes[f"best {share}"] + allowed
            for share in shares
        )
        asked = "/".join(f"{100 * share:.0f}" for share in shares)
        return Verdict(ok=ok, seen=f"{' / '.join(errors(monitor, shares))} % at {asked} %")

    return Check(expected="not worse than the better count of Ah", look=look)


def _near(limit: float) -> Check:
    def look(monitor: Monitor) -> Verdict:
        share = monitor.notes["near"]
        off = monitor.notes.get(f"off {share}")
        seen = "unknown" if off is None else f"{off:+.1f} % at {100 * share:.0f} %"
        return Verdict(ok=off is not None and abs(off) <= limit, seen=seen)

    return Check(expected=f"within {limit:g} % at half, or half-way from the last step to the end", look=look)


def _ranged() -> Check:
    def look(monitor: Monitor) -> Verdict:
        shown = [monitor.notes.get(f"range {share}") for share in SHARES if monitor.notes[f"known {share}"]]
        seen = "no range" if None in shown else f"holds the truth {sum(one or 0 for one in shown):.0f} of {len(shown)}"
        return Verdict(ok=None not in shown and sum(one or 0 for one in shown) >= len(shown) - 1, seen=seen)

    return Check(expected="a range that holds the truth", look=look)


def _story(
    title: str,
    name: str,
    *checks: Check,
    taught_by: str = LEARNED_FROM,
    nameplate: float = NOMINAL,
    batteries: int = 1,
    end: float = END,
    temperature: float = 21.7,
    reported: bool = False,
) -> Story:
    key = (nameplate, batteries, end)
    changes = trajectory(name).last_change > 0 and not name.startswith("pulses")
    return Story(
        number=5,
        name=title,
        settings=settings_of(nameplate, batteries=batteries, end=end),
        reported=reported,
        play=partial(_play, name=name, taught_by=taught_by, key=key, temperature=temperature),
        checks=checks or (_as_good(), *([_near(AFTER_STEP)] if changes else [])),
    )


def remaining_times() -> Iterator[Story]:
    """Yield loads that change or do not, batteries that have lost capacity, and strings that were never discharged."""
    yield _story("learned at 0.2C, then 1C → 0.3C half-way", "step_1c_to_0.3c", reported=True)
    yield _story("1C → 0.3C early", "step_1c_to_0.3c_early")
    yield _story("1C → 0.3C at 5 °C", "step_1c_to_0.3c_5_degrees", temperature=5.0)
    yield _story("2C → 0.5C", "step_2c_to_0.5c")
    yield _story("0.5C → 0.2C", "step_0.5c_to_0.2c")
    yield _story("0.2C → 1C", "step_0.2c_to_1c")
    yield _story("0.3C → 1C", "step_0.3c_to_1c")
    yield _story("0.1C → 0.4C", "step_0.1c_to_0.4c")
    yield _story("0.5C → 2C, end voltage 1.70 V", "step_0.5c_to_2c", end=1.70)
    yield _story("0.3C → 1C → 0.3C", "steps_0.3c_1c_0.3c")
    moving = _as_good(allowed=RAMP, always=True)
    yield _story("ramp 0.2C → 1C", "ramp_0.2c_to_1c", moving)
    yield _story("ramp 1C → 0.2C", "ramp_1c_to_0.2c", moving)
    yield _story("to and fro between 0.25C and 0.75C", "pulses_0.25c_0.75c", _as_good(allowed=ANY_LOAD, always=True))
    yield _story("1C → 0.3C, string of four", "step_1c_to_0.3c", batteries=4)
    yield _story("1C → 0.3C, learned at 1C", "step_1c_to_0.3c", taught_by="constant_1c")
    for rate in (0.05, 0.1, 0.2, 0.5, 1, 2):
        yield _story(f"learned at 0.2C, then {rate:g}C", f"constant_{rate:g}c")
    yield _story("learned at 0.2C, then 4C, end voltage 1.65 V", "constant_4c", end=1.65)
    yield _story("learned at 4C, then 1C, end voltage 1.65 V", "constant_1c", taught_by="constant_4c", end=1.65)
    for rate in (0.2, 1):
        for celsius in (5, 35):
            yield _story(
                f"learned at 0.2C and 22 °C, then {rate:g}C at {celsius} °C",
                f"constant_{rate:g}c_{celsius}_degrees",
                temperature=celsius,
            )
    yield _story("28 % less capacity than learned, 0.2C", "constant_0.2c_28_percent_lost", reported=True)
    yield _story("28 % less capacity than learned, 0.3C", "constant_0.3c_28_percent_lost")
    yield _story("28 % less capacity than learned, 1C", "constant_1c_28_percent_lost")
    yield _story("28 % less capacity than learned, 1C → 0.3C", "step_1c_to_0.3c_28_percent_lost")
    yield _story("half of the capacity lost, 0.2C", "constant_0.2c_50_percent_lost")
    for rate in (0.1, 0.5, 1):
        yield _story(
            f"nothing learned yet, {rate:g}C, nameplate 205 Ah",
            f"constant_{rate:g}c",
            _ranged(),
            taught_by="",
            nameplate=205.0,
        )
    yield _story("nothing learned yet, 4C to 1.65 V", "constant_4c", _ranged(), taught_by="", nameplate=205.0, end=1.65)
    yield _story("a range beside the number, learned, 0.5C", "constant_0.5c", _ranged())
    if os.environ.get("BATTERY_BANK_DATA"):
        yield _recorded("each of the later six foretold from the first", from_first=True)
        yield _recorded("each foretold from the one before", from_first=False)


def _recorded(how: str, *, from_first: bool) -> Story:
    return Story(
        number=5,
        name=f"seven recorded discharges of a 17 Ah block, {how}",
        settings=string(1, capacity=17.0, current_step=0.01),
        play=partial(_play_recorded, from_first=from_first),
        reported=True,
        checks=(_mean_error(),),
    )


def played_recordings(folder: Path, *, from_first: bool) -> Monitor:
    """Return a monitor that has seen the recordings in a folder, and how far off it was."""
    monitor = Monitor(settings=string(1, capacity=17.0, current_step=0.01))
    _play_recorded(monitor, from_first=from_first, folder=folder)
    return monitor


def _play_recorded(monitor: Monitor, *, from_first: bool, folder: Path | None = None) -> None:
    """Play all ten days; note how far off each discharge but the first was."""
    folder = folder or Path(os.environ["BATTERY_BANK_DATA"])
    first = monitor.state
    runs, run = list[list[tuple[float, float]]](), list[tuple[float, float]]()
    for sample in _telemetry(folder / "vrla-12v-discharges" / "telemetry.csv"):
        monitor.step(sample)
        if from_first and len(monitor.discharges()) > 1:
            monitor.state = replace(monitor.state, learned=seen.with_lesson(monitor.state, first))
        elif monitor.discharges():
            first = monitor.state
        if sample.current is not None and sample.current < -DISCHARGING:
            run.append((sample.at, sample.voltages["b1"]))
        elif run:
            runs.append(run)
            run = []
    whole = [run for run in runs if any(volts <= 6 * END for _, volts in run[1:])]
    for number, run in enumerate(whole[1:], 2):
        start, end = run[0][0], next(at for at, volts in run[1:] if volts <= 6 * END)
        for share in SHARES:
            moment = next(one for one in reversed(monitor.moments) if one.at <= start + share * (end - start))
            if moment.remaining is not None:
                off = 100 * (moment.remaining - (end - moment.at)) / (end - start)
                monitor.notes[f"{number} at {share}"] = off
    monitor.notes["discharges"] = len(whole)


def _telemetry(path: Path) -> Iterator[Sample]:
    """Yield the recording; temperatures have lines of their own, and a discharge is positive there."""
    celsius, began = 22.0, None
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            at = datetime.fromisoformat(line["time"]).timestamp()
            if line["temperature"]:
                celsius = float(line["temperature"])
            if not (line["voltage"] and line["current"]):
                continue
            began = at if began is None else began
            yield Sample(
                at=at - began,
                voltages={"b1": float(line["voltage"])},
                temperatures={"b1": celsius},
                current=-float(line["current"]),
                ambient=celsius,
            )


def _mean_error() -> Check:
    def look(monitor: Monitor) -> Verdict:
        count = int(monitor.notes["discharges"]) - 1
        found: list[Sequence[float]] = [
            [
                abs(off)
                for number in range(2, count + 2)
                if (off := monitor.notes.get(f"{number} at {share}")) is not None
            ]
            for share in SHARES
        ]
        means = [sum(one) / len(one) if one else 99.0 for one in found]
        ok = all(len(one) == count for one in found) and all(
            mean <= aim + 0.05
            for mean, aim in zip(means, AIM, strict=True)  # as printed
        )
        shown = " / ".join(f"{mean:.1f} ({max(one, default=99.0):.1f})" for mean, one in zip(means, found, strict=True))
        return Verdict(ok=ok, seen=f"{shown} %, {sum(map(len, found))} of {len(SHARES) * count} known")

    return Check(expected=f"mean error at most {' / '.join(f'{aim:g}' for aim in AIM)} %", look=look)
