"""Stories of counters: what restarts, crashes and corrections must not do to them, and to long-term statistics."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from custom_components.battery_bank.monitor.battery.watch import StringState

from . import seen
from .checks import Check, Story, measured
from .monitor import Monitor
from .scene import HOUR, Scene, string

# Home Assistant's sum of a TOTAL_INCREASING sensor: a value below 90 % of the last one is a new meter that began at 0.
RESET: Final = 0.9
# What the journal writer of the product does; change it along with the writer, which is not played here. What a sensor
# shows of the counters is what was saved last.
CHECKED_EVERY: Final = 2.0  # s between two looks whether a counter has grown enough to be saved
SAVED_EVERY: Final = 60.0  # s, at the latest


def sum_of(values: Sequence[float | None]) -> float:
    """Return the sum that Home Assistant's long-term statistics make of the states of such a sensor.

    The first state is where it begins; unknown states are left out.
    """
    known = [value for value in values if value is not None]
    total, base = 0.0, known[0] if known else 0.0
    before = base
    for value in known[1:]:
        if value < RESET * before:
            total += before - base
            base = 0.0
        before = value
    return total + before - base


def _late_journal(monitor: Monitor, *, before: float, minutes: float, draws: float) -> None:
    """Count while the journal can't be read, and a sensor shows nothing; then go on with what the journal had."""
    settings = monitor.settings
    scene = Scene(settings=settings, noisy=False)
    volts = settings.all_cells * 2.0
    had = seen.counters(monitor.state)
    had = replace(had, drawn=before / volts * 1000, drawn_energy=before * 1000, watched=8000.0)
    saved = StringState(running=replace(monitor.state.running, counters=had))
    shown: list[float | None] = [before]
    for sample in scene.part(minutes * 60, cell=2.0, current=-draws):
        monitor.step(sample)
        shown.append(None)
    monitor.state = replace(monitor.state, running=seen.resumed(saved, monitor.state))
    shown.append(round(seen.counters(monitor.state).drawn_energy, 1) / 1000)
    truth = volts * draws * (minutes * 60 - 1) / HOUR / 1000  # nothing is known before the first sample
    monitor.notes["statistics"] = sum_of(shown) - truth
    monitor.notes["fell"] = float(any(b < a for a, b in zip(_known(shown), _known(shown)[1:], strict=False)))


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _killed(
    monitor: Monitor, *, current: float, cell: float, every: float, gaps: Sequence[float], saved: float
) -> None:
    """Kill the monitor several times in a discharge. After each the string module answers before the batteries."""
    settings = monitor.settings
    scene = Scene(settings=settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    start = seen.counters(monitor.state)
    began = scene.at
    flowing = scene.part(every, cell=cell, current=current)
    for gap in gaps:
        kept = monitor.state
        for sample in flowing:
            monitor.step(sample)
            if sample.at % saved < 1:
                kept = monitor.state
        scene.at += gap
        monitor.restart(scene.at, saved=kept)
        # The first answer after a start is the string module's: no battery has answered yet.
        monitor.hear(scene.part(2.0, cell=cell, current=current, unheard=range(1, len(settings.batteries) + 1)))
        flowing = scene.part(every, cell=cell, current=current)
    monitor.hear(flowing)
    ended = seen.counters(monitor.state)
    hours = (scene.at - began) / HOUR
    truth = -current * hours
    monitor.notes["Ah of the truth"] = (ended.drawn - start.drawn) / truth
    monitor.notes["kWh of the truth"] = (ended.drawn_energy - start.drawn_energy) / (truth * cell * settings.all_cells)


def _killed_story(name: str, *, reported: bool = False, **how: object) -> Story:
    usual: dict[str, object] = {
        "current": -100.0,
        "cell": 2.024,
        "every": 50.0,
        "gaps": (30.0, 30.0, 53.0),
        "saved": 1.0,
    } | how
    return Story(
        number=4,
        name=name,
        settings=string(40, nominal_voltage=2.0, capacity=200.0),
        reported=reported,
        play=partial(_killed, **usual),  # type: ignore[arg-type]
        checks=(
            measured("Ah of the truth", 0.98, 1.02, " %", 100),
            measured("kWh of the truth", 0.98, 1.02, " %", 100),
        ),
    )


def _crash_loop(monitor: Monitor, *, lives: int, seconds: float) -> None:
    """Crash again and again; each restart goes on with the last saved state, which is what a sensor has shown."""
    settings = monitor.settings
    scene = Scene(settings=settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    kept, fell, highest = monitor.state, 0.0, 0.0
    began = scene.at
    for _ in range(lives):
        saved_at = looked_at = scene.at
        for sample in scene.part(seconds, cell=2.0, current=-50.0):
            monitor.step(sample)
            if sample.at - looked_at < CHECKED_EVERY:
                continue
            looked_at = sample.at
            outgrown = seen.counters(monitor.state).outgrown(seen.counters(kept))
            if outgrown or sample.at - saved_at >= SAVED_EVERY:
                kept, saved_at = monitor.state, sample.at
                fell = max(fell, highest - seen.counters(kept).drawn)
                highest = max(highest, seen.counters(kept).drawn)
        scene.at += 20.0
        monitor.restart(scene.at, saved=kept)
        fell = max(fell, highest - seen.counters(monitor.state).drawn)
    monitor.notes["Ah of the truth"] = highest / (50.0 * (scene.at - 20.0 - began) / HOUR)
    monitor.notes["Ah that the counter fell by"] = fell


def _corrected(monitor: Monitor, *, capacities: Sequence[float]) -> None:
    """Draw some, correct the capacity, draw again: the cycles must not fall, nor jump."""
    settings = monitor.settings
    scene = Scene(settings=settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    shown, worst = seen.cycles(settings, monitor.state), 0.0
    for capacity in capacities:
        monitor.settings = replace(settings, capacity=capacity)
        now = seen.cycles(monitor.settings, monitor.state)
        worst = max(worst, abs(now - shown))
        for _ in range(20):
            monitor.hear(scene.part(HOUR, every=60.0, cell=2.0, current=-0.5 * capacity))
            monitor.hear(scene.part(HOUR, every=60.0, cell=2.27, current=0.5 * capacity))
        shown = seen.cycles(monitor.settings, monitor.state)
    monitor.notes["cycles moved by a correction"] = worst
    monitor.notes["cycles"] = shown


def counters() -> Iterator[Story]:
    """Yield journals that come late, crashes, restarts and corrections."""
    fine: tuple[Check, ...] = (
        measured("statistics", -0.002, 0.002, " kWh off"),
        measured("fell", 0.0, 0.0),
    )
    for before, minutes, reported in (
        (1000.0, 10.0, True),
        (1000.0, 1.0, False),
        (0.05, 3.0, False),
        (20.0, 120.0, False),
    ):
        yield Story(
            number=4,
            name=f"the journal comes {minutes:g} min late, {before:g} kWh were counted",
            settings=string(),
            reported=reported,
            play=partial(_late_journal, before=before, minutes=minutes, draws=50.0),
            checks=fine,
        )
    yield _killed_story("three kills at -100 A", reported=True)
    yield _killed_story("six kills a minute apart at -20 A", current=-20.0, every=60.0, gaps=(40.0,) * 6)
    yield _killed_story("kills while recharging at 30 A", current=-30.0, every=200.0, gaps=(120.0, 240.0))
    for seconds, reported in ((45.0, True), (20.0, False), (90.0, False)):
        yield Story(
            number=4,
            name=f"a crash loop of {seconds:g} s",
            settings=string(),
            reported=reported,
            play=partial(_crash_loop, lives=8, seconds=seconds),
            checks=(
                measured("Ah that the counter fell by", 0.0, 0.0),
                measured("Ah of the truth", 0.9, 1.02, " %", 100),  # the last life is not saved to its end
            ),
        )
    for capacities, reported in (((100.0, 200.0), True), ((200.0, 100.0), False), ((100.0, 93.0, 105.0), False)):
        yield Story(
            number=4,
            name=f"the capacity is corrected: {' → '.join(f'{one:g}' for one in capacities)} Ah",
            settings=string(capacity=capacities[0]),
            reported=reported,
            play=partial(_corrected, capacities=capacities),
            checks=(
                measured("cycles moved by a correction", 0.0, 0.01),
                measured("cycles", 10.0 * len(capacities) - 0.5, 10.0 * len(capacities) + 0.5),
            ),
        )
