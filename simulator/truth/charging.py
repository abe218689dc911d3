"""Stories of charging and rest: what is float and what is not, gas, and a string that is never full."""

from collections.abc import Iterator
from functools import partial
from math import exp, inf
from typing import Final

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Level, OperatingState
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from .checks import Check, Story, Verdict, at_most, is_in, never, not_in, of_string
from .circuit import Circuit
from .monitor import Monitor
from .scene import DAY, HOUR, KINDS, MINUTE, Recorded, Scene, blocks, ramp, string

NEVER_FULL: Final = frozenset({AlarmKind.UNDERCHARGE, "never_full", "not_full", "days_since_full"})
LOW_OR_HIGH: Final = frozenset({AlarmKind.VOLTAGE_LOW, AlarmKind.VOLTAGE_HIGH, AlarmKind.STRING_VOLTAGE_LOW})
OPEN: Final = frozenset({AlarmKind.OPEN_STRING})


def _weak_charge(monitor: Monitor, *, low: float, high: float, amperes: float, hours: float) -> None:
    """Discharge half, then charge with little current: the voltage is far below float's all the time."""
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    nominal = KINDS[monitor.settings.chemistry].nominal / 2
    monitor.hear(scene.floating(3.0))
    monitor.hear(
        scene.part(
            2.5 * HOUR, every=30.0, cell=ramp(2.08 * nominal, 1.98 * nominal, 2.5 * HOUR), current=-0.2 * capacity
        )
    )
    monitor.hear(scene.part(hours * HOUR, every=30.0, cell=ramp(low, high, hours * HOUR), current=amperes))


def _weak_story(
    name: str, settings: Settings, *, low: float, high: float, amperes: float, hours: float, reported: bool = False
) -> Story:
    begins = 5.5 * HOUR
    return Story(
        number=8,
        name=name,
        settings=settings,
        reported=reported,
        play=partial(_weak_charge, low=low, high=high, amperes=amperes, hours=hours),
        checks=(
            not_in(OperatingState.FLOAT, since=begins + 5 * MINUTE, until=inf),
            never(LOW_OR_HIGH, since=begins, level=Level.ALARM),
            at_most(2, since=begins, kinds=LOW_OR_HIGH),
        ),
        every=60.0,
    )


def _nights(monitor: Monitor, *, days: int, amperes: float, hours: float) -> None:
    monitor.hear(play_nights(monitor.settings, days=days, amperes=amperes, hours=hours))


def play_nights(settings: Settings, *, days: int, amperes: float, hours: float) -> Iterator[Sample]:
    """Yield days in which the sun charges until nearly full, and nights with no load or a small one."""
    scene, capacity = Scene(settings=settings), settings.capacity
    rising = (24 - hours) * HOUR
    fall = 2.13 - 0.02 * (amperes < 0)
    for _ in range(days):
        yield from scene.part(0.4 * rising, every=120.0, cell=ramp(2.12, 2.40, 0.4 * rising), current=0.05 * capacity)
        yield from scene.part(
            0.6 * rising,
            every=120.0,
            cell=2.40,
            current=lambda at: capacity * (0.05 * exp(-at / (1.2 * HOUR)) + 0.004),
        )
        yield from scene.part(
            hours * HOUR, every=120.0, cell=lambda at: fall + 0.14 * exp(-at / (0.4 * HOUR)), current=amperes
        )


def _opened(monitor: Monitor, *, before: float, hours: float, tau: float) -> None:
    """Open the breaker while the string is charged: no current, and the voltage sinks to rest over hours."""
    kind = KINDS[monitor.settings.chemistry]
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    monitor.hear(scene.floating(24.0, every=120.0))
    if before > kind.float_voltage:
        monitor.hear(scene.part(6 * HOUR, every=60.0, cell=before, current=0.008 * capacity))
    rest = kind.rest[-1][1]
    monitor.hear(
        scene.part(
            hours * HOUR, every=30.0, cell=lambda at: rest + (before - rest) * exp(-at / (tau * HOUR)), current=0.0
        )
    )


def _nicd(monitor: Monitor, *, low: float, high: float, rate: float, hours: float) -> None:
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    monitor.hear(scene.floating(3.0))
    monitor.hear(scene.part(4 * HOUR, every=30.0, cell=ramp(1.29, 1.15, 4 * HOUR), current=-0.2 * capacity))

    def cell(at: float) -> float:
        """Rise slowly, and steeply when nearly full, as NiCd does."""
        part = at / (hours * HOUR)
        return low + (high - low) * (0.35 * part + 0.65 * part**8)

    monitor.hear(scene.part(hours * HOUR, every=30.0, cell=cell, current=rate * capacity))
    monitor.hear(
        scene.part(3 * HOUR, every=30.0, cell=high, current=lambda at: capacity * (rate * exp(-at / HOUR) + 0.01))
    )
    monitor.hear(scene.floating(6.0))


def _absorption(monitor: Monitor, *, cell: float, amperes: float, drawn: float, hours: float, falls: bool) -> None:
    """Draw some, recharge to 95 % by counting, then absorb with a current that mostly still charges."""
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    efficiency = {Chemistry.VENTED_LEAD_ACID: 0.9, Chemistry.NICD: 0.8}.get(monitor.settings.chemistry, 0.95)
    kind = KINDS[monitor.settings.chemistry]
    monitor.hear(scene.floating(26.0, every=120.0))
    monitor.hear(scene.part(drawn / 0.1 * HOUR, every=60.0, cell=kind.rest[-1][1] - 0.1, current=-0.1 * capacity))
    back = (drawn - 0.05) / efficiency / 0.1 * HOUR
    monitor.hear(
        scene.part(back, every=60.0, cell=ramp(kind.float_voltage - 0.1, cell - 0.02, back), current=0.1 * capacity)
    )
    tail = (lambda at: amperes * exp(-at / (2 * HOUR)) + 0.004 * capacity) if falls else (lambda _: amperes)
    monitor.hear(scene.part(hours * HOUR, every=30.0, cell=cell, current=tail))


def _overcharged(monitor: Monitor, *, cell: float, amperes: float, hours: float) -> None:
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.floating(72.0, every=240.0))
    monitor.hear(scene.part(hours * HOUR, every=30.0, cell=cell, current=amperes))


def charging() -> Iterator[Story]:
    """Yield weak charges, nights without sun, opened breakers, NiCd, and absorption."""
    usual = string()
    yield _weak_story(
        "100 Ah, 2.08 to 2.12 V per cell, +1.5 A for 5 h",
        usual,
        low=2.08,
        high=2.12,
        amperes=1.5,
        hours=5.0,
        reported=True,
    )
    yield _weak_story("+0.6 A, 2.06 to 2.10 V", usual, low=2.06, high=2.10, amperes=0.6, hours=8.0)
    yield _weak_story(
        "gel, 2 V cells of 500 Ah, +6 A, 2.05 to 2.15 V",
        string(24, Chemistry.VRLA_GEL, 2.0, 500.0),
        low=2.05,
        high=2.15,
        amperes=6.0,
        hours=10.0,
    )
    yield _weak_story(
        "vented, 6 V, 200 Ah, +2 A, 2.03 to 2.10 V",
        string(20, Chemistry.VENTED_LEAD_ACID, 6.0, 200.0),
        low=2.03,
        high=2.10,
        amperes=2.0,
        hours=10.0,
    )
    yield _weak_story(
        "NiCd, 100 Ah, +1.5 A, 1.28 to 1.33 V",
        string(20, Chemistry.NICD, 1.2),
        low=1.28,
        high=1.33,
        amperes=1.5,
        hours=10.0,
    )
    for amperes, hours, reported in ((0.0, 13.0, True), (-0.4, 13.0, True), (-0.1, 10.0, False), (0.0, 16.0, False)):
        yield Story(
            number=8,
            name=f"a solar house: {amperes:g} A for {hours:g} h each night",
            settings=usual,
            reported=reported,
            play=partial(_nights, days=14, amperes=amperes, hours=hours),
            checks=(
                never(OPEN, level=Level.ALARM, since=3 * DAY),
                at_most(2, kinds=OPEN),
                not_in(OperatingState.FLOAT, since=DAY - 9 * HOUR, until=DAY),
            ),
            every=120.0,
        )
    for before, tau, opens, reported in ((2.40, 2.0, 30.0, True), (2.40, 6.0, 30.0, False), (2.27, 8.0, 24.0, False)):
        yield Story(
            number=8,
            name=f"the breaker is opened at {before:g} V per cell, the voltage sinks in {tau:g} h",
            settings=usual,
            reported=reported,
            play=partial(_opened, before=before, hours=24.0, tau=tau),
            checks=(
                is_in(
                    OperatingState.REST,
                    OperatingState.OPEN_CIRCUIT,
                    since=opens * HOUR + 20 * MINUTE,
                    until=inf,
                    share=0.95,
                ),
                of_string(kinds=OPEN, after=opens * HOUR, within=2 * HOUR),
            ),
            every=60.0,
        )
    yield from _nicd_charges()
    yield from _gas()


def _nicd_charges() -> Iterator[Story]:
    for low, high, rate, hours, count, volts, reported in (
        (1.36, 1.54, 0.1, 9.0, 20, 1.2, True),
        (1.38, 1.55, 0.2, 4.5, 10, 12.0, False),
        (1.36, 1.53, 0.1, 9.0, 92, 1.2, False),
        (1.36, 1.48, 0.05, 18.0, 20, 6.0, False),
    ):
        yield Story(
            number=8,
            name=f"{count} × NiCd of {volts:g} V, C×{rate:g}, {low:g} → {high:g} V",
            settings=string(count, Chemistry.NICD, volts),
            reported=reported,
            play=partial(_nicd, low=low, high=high, rate=rate, hours=hours),
            checks=(never({AlarmKind.VOLTAGE_HIGH, AlarmKind.STRING_VOLTAGE_HIGH}),),
            every=60.0,
        )
    yield Story(
        number=8,
        name="NiCd overcharged at 1.72 V",
        settings=string(20, Chemistry.NICD, 1.2),
        play=partial(_overcharged, cell=1.72, amperes=10.0, hours=4.0),
        checks=(Check(expected="some alarm", look=_any_alarm),),
        every=60.0,
    )


def _gas() -> Iterator[Story]:
    hydrogen = frozenset({AlarmKind.HYDROGEN})
    for chemistry, cell, amperes, reported in (
        (Chemistry.VRLA_AGM, 2.40, 4.0, True),
        (Chemistry.VRLA_GEL, 2.35, 5.0, False),
        (Chemistry.VENTED_LEAD_ACID, 2.40, 4.0, False),
        (Chemistry.NICD, 1.55, 6.0, False),
    ):
        yield Story(
            number=8,
            name=f"absorption of {chemistry}, {cell:g} V, from +{amperes:g} A on 100 Ah, counted 95 %",
            settings=string(20, chemistry, 12.0),
            reported=reported,
            play=partial(_absorption, cell=cell, amperes=amperes, drawn=0.4, hours=6.0, falls=True),
            checks=(never(hydrogen, level=Level.ALARM), at_most(0, kinds=hydrogen)),
            every=60.0,
        )
    yield Story(
        number=8,
        name="+4 A into a string that has been full for days: that is gas",
        settings=string(),
        play=partial(_overcharged, cell=2.45, amperes=4.0, hours=4.0),
        checks=(of_string(kinds=hydrogen, after=72 * HOUR, within=HOUR, level=Level.ALARM),),
        every=60.0,
    )
    yield Story(
        number=8,
        name="an absorption of 4 A that does not fall: gas, once the Ah are back",
        settings=string(),
        play=partial(_absorption, cell=2.45, amperes=4.0, drawn=0.4, hours=12.0, falls=False),
        checks=(of_string(kinds=hydrogen, after=33 * HOUR, within=6 * HOUR),),
        every=60.0,
    )


def _any_alarm(monitor: Monitor) -> Verdict:
    """Demand any alarm."""
    found = monitor.raised()
    return Verdict(ok=bool(found), seen=f"{found[0][1].kind}" if found else "none")


def _never_full(
    monitor: Monitor, *, days: int, drawn: float, charged: float, touches: float, minutes: float, start: float
) -> None:
    """Draw more each day than comes back; the voltage touches a high value for moments."""
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    monitor.hear(scene.floating(start, every=120.0))
    for _ in range(days):
        monitor.hear(
            scene.part(13 * HOUR, every=120.0, cell=ramp(2.09, 1.97, 13 * HOUR), current=-drawn * capacity / 13)
        )
        monitor.hear(
            scene.part(10.5 * HOUR, every=120.0, cell=ramp(2.08, 2.22, 10.5 * HOUR), current=charged * capacity / 10.6)
        )
        monitor.hear(scene.part(minutes * MINUTE, every=30.0, cell=touches, current=0.05 * capacity))
        left = 0.5 * HOUR - minutes * MINUTE
        monitor.hear(scene.part(max(left, 30.0), every=30.0, cell=2.12, current=-0.002 * capacity))


def _topped_up(monitor: Monitor, *, days: int, every: int) -> None:
    """Draw and recharge each day, and make it full every so many days."""
    settings = monitor.settings
    circuit = Circuit(blocks=blocks(settings, 8), ambient=25.0, charge_limit=0.2)
    recorded = Recorded(settings=settings, circuit=circuit)
    for day in range(days):
        circuit.charge_voltage, circuit.load = None, 0.02 * settings.capacity
        monitor.hear(recorded.run(13 * HOUR, every=240.0))
        circuit.charge_voltage = 2.40
        monitor.hear(recorded.run((11.0 if day % every == every - 1 else 6.0) * HOUR, every=120.0))
        circuit.charge_voltage = None
        circuit.load = 0.0
        monitor.hear(recorded.run((0.0 if day % every == every - 1 else 5.0) * HOUR, every=240.0))


def never_full() -> Iterator[Story]:
    """Yield strings that are charged each day and never full, and one that is topped up often enough."""
    for name, days, drawn, charged, touches, minutes, start, reported in (
        ("-45/+36 Ah a day, touching 2.30 V for moments", 14, 0.45, 0.36, 2.30, 2.0, 30.0, True),
        ("the same, never seen full before", 14, 0.45, 0.36, 2.30, 2.0, 0.05, False),
        ("-30/+30 Ah a day, touching 2.40 V for 10 min", 21, 0.30, 0.30, 2.40, 10.0, 30.0, False),
        ("-15/+14 Ah a day, touching 2.25 V", 28, 0.15, 0.14, 2.25, 2.0, 30.0, False),
    ):
        yield Story(
            number=9,
            name=name,
            settings=string(4),
            reported=reported,
            play=partial(
                _never_full, days=days, drawn=drawn, charged=charged, touches=touches, minutes=minutes, start=start
            ),
            checks=(of_string(kinds=NEVER_FULL, after=start * HOUR, within=days * DAY),),
            every=300.0,
        )
    yield Story(
        number=9,
        name="daily cycles, full each third day",
        settings=string(4),
        play=partial(_topped_up, days=30, every=3),
        checks=(at_most(0, kinds=NEVER_FULL),),
        every=300.0,
    )
