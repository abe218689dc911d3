"""Stories of what a discharge teaches: its end, its capacity, and the state of charge down to it."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any, Final

from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from . import seen
from .checks import Check, Story, Verdict, measured
from .circuit import Circuit
from .monitor import Monitor
from .scene import HOUR, KINDS, MINUTE, Recorded, Scene, blocks, string
from .trajectories import NOMINAL, discharge, recharge, trajectory

type Cutoff = Callable[[Scene], None]

C10: Final = 209.7  # Ah of the model's string down to 1.80 V at C/10: the truth that a measured capacity is held to
CLOSE: Final = 0.1  # of a capacity, that a measured one may be off
EMPTY: Final = 0.03  # of the charge that a rate can draw, that may be left at the end voltage


def _cut(monitor: Monitor, *, last: float, residual: float, end: float, rate: float = 0.2, dwell: float = 0.0) -> None:
    """Discharge until `last` V per cell, then only a residual load in A; `dwell` s stand at the last voltage."""
    settings = monitor.settings
    kind = KINDS[settings.chemistry]
    scene = Scene(settings=settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    began = scene.at
    full = kind.rest[-1][1]
    hours = 0.9 / rate
    start = full - 0.05 - 0.1 * rate

    def cell(at: float) -> float:
        """Fall as a discharge does: slowly, then over a knee to exactly the last voltage."""
        part = min(1.0, at / (hours * HOUR))
        return last + (start - last) * (1 - 0.35 * part) * (1 - part**12)

    current = -rate * settings.capacity
    monitor.hear(scene.part(hours * HOUR, every=10.0, cell=cell, current=current))
    if dwell:
        monitor.hear(scene.part(dwell, every=1.0, cell=last, current=current))
    monitor.notes["drawn"] = -current * (scene.at - began) / HOUR / settings.capacity
    for at, above in ((60.0, 0.06), (600.0, 0.1), (3600.0, 0.12)):
        monitor.hear(scene.part(at, every=5.0, cell=end + above, current=-residual))
    monitor.hear(scene.part(12 * HOUR, every=60.0, cell=kind.float_voltage, current=0.1 * settings.capacity))
    monitor.hear(scene.floating(6.0))


def _taught(expect: bool) -> tuple[Check, ...]:  # noqa: FBT001 - what is expected
    def capacity(monitor: Monitor) -> Verdict:
        ended = [one.discharge for one in monitor.discharges() if one.discharge.drawn]
        found = seen.learned_capacity(monitor.state)
        shown = f"{len(ended)} ended, capacity {'unknown' if found is None else f'{found:.0f} Ah'}"
        if not expect:
            return Verdict(ok=found is None, seen=shown)
        drawn = monitor.notes["drawn"] * monitor.settings.capacity
        ok = found is not None and 0.95 * drawn <= found <= 1.6 * drawn  # Peukert adds to what was drawn
        return Verdict(ok=ok, seen=shown)

    def curve(monitor: Monitor) -> Verdict:
        has = seen.learned_curve(monitor.state)
        return Verdict(ok=has is expect, seen="a curve" if has else "no curve")

    word = "teaches" if expect else "does not teach"
    return Check(expected=f"{word} a capacity", look=capacity), Check(expected=f"{word} a curve", look=curve)


def _cut_story(
    name: str, settings: Settings, *, last: float, expect: bool = True, reported: bool = False, **how: float
) -> Story:
    usual: dict[str, Any] = {"residual": 0.0, "rate": 0.2, "dwell": 0.0} | how
    return Story(
        number=6,
        name=name,
        settings=settings,
        reported=reported,
        play=partial(_cut, last=last, end=settings.figure("end_voltage"), **usual),
        checks=_taught(expect),
        every=60.0,
    )


def cut_off() -> Iterator[Story]:
    """Yield discharges that a low-voltage disconnect ends near the end voltage, and others that teach nothing."""
    usual = string()
    yield _cut_story("ends at 1.8001 V per cell, then 0 A", usual, last=1.8001, reported=True)
    yield _cut_story("one sample at 1.80 V, then a residual 0.6 A", usual, last=1.7999, residual=0.6, reported=True)
    yield _cut_story("ends at 1.805 V", usual, last=1.805)
    yield _cut_story("ends at 1.809 V, residual 0.3 A", usual, last=1.809, residual=0.3)
    yield _cut_story("ends at 1.79 V, 20 s there", usual, last=1.79, dwell=20.0)
    yield _cut_story("ends at 1.8001 V at 1C", usual, last=1.8001, rate=1.0)
    yield _cut_story("blocks of 6 V, ends at 1.803 V", string(40, nominal_voltage=6.0), last=1.803)
    yield _cut_story("cells of 2 V, ends at 1.803 V", string(24, nominal_voltage=2.0, capacity=500.0), last=1.803)
    yield _cut_story(
        "vented, end voltage set to 1.85 V, ends at 1.853 V",
        string(24, Chemistry.VENTED_LEAD_ACID, 2.0, 500.0, figures={"end_voltage": 1.85}),
        last=1.853,
    )
    yield _cut_story("NiCd, ends at 1.004 V", string(20, Chemistry.NICD, 1.2), last=1.004)
    yield _cut_story("mains back at 1.86 V", usual, last=1.86, expect=False)
    yield _cut_story("load ends half-way, at 1.98 V", usual, last=1.98, expect=False)


def _to_the_end(monitor: Monitor, *, name: str, end: float, learn: bool, temperature: float = 21.7) -> None:
    """Discharge the model's string at a rate until its end voltage; note what the state of charge says there."""
    settings = monitor.settings
    scene = Scene(settings=settings)
    warm: dict[str, Any] = {"temperature": temperature, "ambient": temperature}
    monitor.hear(scene.floating(3.0, **warm))
    if learn:
        run = trajectory("constant_0.1c")
        monitor.hear(discharge(scene, run, until=run.end(1.80) + 60.0, every=60.0))
        monitor.hear(scene.part(HOUR, every=60.0, cell=2.0, current=0.0))
        monitor.hear(recharge(scene, run.capacity(1.80)))
    run = trajectory(name)
    whole = run.end(end)
    began = scene.at
    every = 1.0 if whole < 2 * HOUR else 20.0
    monitor.hear(discharge(scene, run, until=whole + 5 * every, every=every, temperature=temperature))
    part = [one for one in monitor.moments if began < one.at <= began + whole]
    halfway = next(one for one in part if one.at - began >= whole / 2)
    if (left := part[-1].available) is not None:
        monitor.notes["left at the end voltage"] = left
    if (half := halfway.available) is not None:
        monitor.notes["left half-way"] = half
    shown = [one.available for one in part if one.available is not None]
    monitor.notes["rises"] = max((after - before for before, after in pairwise(shown)), default=0.0)
    monitor.hear(scene.part(HOUR, every=30.0, cell=2.02, current=0.0, **warm))
    monitor.hear(recharge(scene, run.capacity(end), temperature=temperature))
    if (capacity := seen.learned_capacity(monitor.state)) is not None:
        monitor.notes["measured capacity"] = capacity
    last = monitor.discharges()[-1].discharge
    monitor.notes["says the rate"] = float(seen.rate_of(last) is not None)


def charge_at_the_end() -> Iterator[Story]:
    """Yield discharges at rates up to 4C, at the end of which nothing is left that can be drawn at that rate."""
    for rate, end, learn, reported in (
        (1, 1.80, False, True),
        (2, 1.80, False, True),
        (4, 1.80, False, True),
        (1, 1.70, True, False),
        (2, 1.70, True, False),
        (4, 1.65, True, False),
        (0.5, 1.80, False, False),
        (0.1, 1.80, False, False),
    ):
        how = ", C10 learned before" if learn else ""
        yield Story(
            number=7,
            name=f"what is left at {end:g} V per cell after {rate:g}C{how}",
            settings=string(1, capacity=C10 if not learn else NOMINAL, figures={"end_voltage": end}),
            reported=reported,
            play=partial(_to_the_end, name=f"constant_{rate:g}c", end=end, learn=learn),
            checks=(
                measured("left at the end voltage", -inf, EMPTY, " %", 100),
                measured("left half-way", 0.4, 0.6, " %", 100),
                measured("rises", -inf, 0.02, " %", 100),
            ),
        )
    yield Story(
        number=7,
        name="what is left after 1C → 0.3C",
        settings=string(1, capacity=C10),
        play=partial(_to_the_end, name="step_1c_to_0.3c", end=1.80, learn=False),
        checks=(measured("left at the end voltage", -inf, EMPTY, " %", 100),),
    )


def capacities() -> Iterator[Story]:
    """Yield capacities that are measured at other rates and temperatures than the nameplate's."""
    for name, end, reported in (
        ("constant_4c", 1.80, True),
        ("constant_4c", 1.65, False),
        ("constant_2c", 1.70, False),
        ("constant_1c", 1.80, False),
        ("constant_0.5c", 1.80, False),
        ("constant_0.1c", 1.80, False),
        ("constant_0.2c_5_degrees", 1.80, False),
        ("constant_4c_5_degrees", 1.65, False),
        ("constant_1c_28_percent_lost", 1.80, False),
    ):
        lost = 0.72 if "lost" in name else 1.0
        cold = 5.0 if "5_degrees" in name else 21.7
        yield Story(
            number=14,
            name=f"measured at {name.removeprefix('constant_').replace('_', ' ')}, to {end:g} V",
            settings=string(1, capacity=C10, figures={"end_voltage": end}),
            reported=reported,
            play=partial(_to_the_end, name=name, end=end, learn=False, temperature=cold),
            checks=(_right_or_labelled(lost * C10),),
        )


def _right_or_labelled(truth: float) -> Check:
    """Demand C10 within 10 %, or a discharge that says its rate and leaves the learned capacity alone."""

    def look(monitor: Monitor) -> Verdict:
        found = monitor.notes.get("measured capacity")
        labelled = bool(monitor.notes["says the rate"])
        shown = "none" if found is None else f"{found:.0f} Ah"
        near = found is not None and abs(found / truth - 1) <= CLOSE
        return Verdict(
            ok=near or (labelled and found is None), seen=f"{shown}, rate {'said' if labelled else 'not said'}"
        )

    return Check(expected=f"C10 of {truth:.0f} Ah ± 10 %, or none and the rate said", look=look)


def _charged_daily(
    monitor: Monitor, *, days: int, hours: float, volts: float, stops_at: float, load: float, draws: float
) -> None:
    """Discharge each night, charge each day until a current or the end of the day, then stand without a charger."""
    settings = monitor.settings
    circuit = Circuit(blocks=blocks(settings, 6), ambient=25.0, charge_limit=0.2)
    recorded = Recorded(settings=settings, circuit=circuit, physics=60.0)
    capacity = settings.capacity
    for block in circuit.blocks:
        block.fill(0.8)
    for _ in range(days):
        circuit.charge_voltage, circuit.load = None, draws * capacity
        monitor.hear(recorded.run(0.25 / draws * HOUR, every=60.0))
        circuit.charge_voltage = volts
        began = recorded.at
        reached = [inf]

        def done(now: Circuit) -> bool:
            if now.current < 0.999 * now.charge_limit * now.capacity:
                reached[0] = min(reached[0], recorded.at)  # noqa: B023 - of this day
            return now.current <= stops_at * now.capacity

        monitor.hear(recorded.run(hours * HOUR, every=60.0, until=done))
        circuit.charge_voltage, circuit.load = None, load * capacity
        monitor.hear(recorded.run(24 * HOUR - (recorded.at - began) - 0.25 / draws * HOUR, every=120.0))
    monitor.notes["truth"] = sum(block.state for block in circuit.blocks) / len(circuit.blocks)
    if (shown := seen.state_of_charge(monitor.state)) is not None:
        monitor.notes["off"] = abs(shown - monitor.notes["truth"])
    if (full := seen.full_since(monitor.state)) is not None:
        monitor.notes["seen full"] = 1.0 if full > 0 else 0.0


def full_recognised() -> Iterator[Story]:
    """Yield sites that never hold a tail current below 1 % for an hour, and one that is never full."""
    known = (measured("off", -inf, 0.1, " %", 100), measured("seen full", 1.0, 1.0))
    yield Story(
        number=7,
        name="the charger stops at 1.17 % of C10",
        settings=string(4),
        play=partial(_charged_daily, days=5, hours=23.0, volts=2.40, stops_at=0.0117, load=0.002, draws=0.2),
        checks=known,
        reported=True,
        every=60.0,
    )
    for name, start, halving, floor, minutes, reported in (
        ("solar: the tail is below 1 % for 47 min", 0.10, 25.0, 0.004, 148.0, True),
        ("solar: absorbs for 47 min in all", 0.05, 15.0, 0.004, 47.0, False),
        ("an old string whose tail flattens at 2.5 % of C10", 0.10, 25.0, 0.025, 240.0, False),
        ("a new string whose tail flattens at 0.3 %, in a window of 50 min", 0.06, 12.0, 0.003, 50.0, False),
    ):
        yield Story(
            number=7,
            name=name,
            settings=string(4),
            play=partial(_tail, start=start, halving=halving, floor=floor, minutes=minutes),
            checks=known,
            reported=reported,
            every=60.0,
        )
    yield Story(
        number=7,
        name="a tail that has come down to 2.5 %, and still falls, is not full",
        settings=string(4),
        play=partial(_tail, start=0.10, halving=60.0, floor=0.0, minutes=120.0),
        checks=(Check(expected="not called full", look=_not_full),),
        every=60.0,
    )


def _not_full(monitor: Monitor) -> Verdict:
    return Verdict(ok="seen full" not in monitor.notes, seen="full" if "seen full" in monitor.notes else "not full")


def _tail(monitor: Monitor, *, start: float, halving: float, floor: float, minutes: float) -> None:
    """Discharge a quarter each night, recharge it, and absorb at 2.40 V with a tail that dies away; three days."""
    settings = monitor.settings
    scene, capacity = Scene(settings=settings), settings.capacity
    for _ in range(3):
        monitor.hear(scene.part(5 * HOUR, every=60.0, cell=2.04, current=-0.05 * capacity))
        monitor.hear(
            scene.part(2.2 * HOUR, every=60.0, cell=lambda at: 2.15 + 0.11 * at / HOUR, current=0.11 * capacity)
        )
        monitor.hear(
            scene.part(
                minutes * MINUTE,
                every=60.0,
                cell=2.40,
                current=lambda at: capacity * (start * 0.5 ** (at / (halving * MINUTE)) + floor),
            )
        )
        monitor.hear(scene.part(6 * HOUR, every=60.0, cell=2.11, current=-0.004 * capacity))
    monitor.notes["truth"] = 1.0 - 6 * 0.004
    if (shown := seen.state_of_charge(monitor.state)) is not None:
        monitor.notes["off"] = abs(shown - monitor.notes["truth"])
    if seen.full_since(monitor.state) is not None:
        monitor.notes["seen full"] = 1.0
