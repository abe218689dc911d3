"""What befalls strings, and how soon the monitor says so: `python -m simulator.stories` prints a table.

Each story is a seeded life of twenty 12 V blocks of 100 Ah, stepped through the same functions as a real string.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
import time
from typing import Final

from custom_components.battery_bank.monitor.battery import operations, resistance, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmRaised,
    DischargeEnded,
    Event,
    ResistanceTest,
)
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

from .lives import DAY, Life

HOUR: Final = 3600.0  # s
ANY: Final = 0  # in place of the number of a battery
SPARSE: Final = HOUR  # s between samples of stories that take months


@dataclass(kw_only=True)
class Played:
    """A story that was played: the life, the monitor's last state, and what it said when."""

    life: Life
    settings: Settings
    state: StringState = field(default_factory=StringState)
    events: list[tuple[float, Event]] = field(default_factory=list)  # s since the story began

    def raised(self) -> list[tuple[float, Alarm]]:
        """Return all alarms with the time at which they were raised or got worse."""
        return [(at, event.alarm) for at, event in self.events if isinstance(event, AlarmRaised)]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What befalls a string, and what the monitor has to say of it."""

    name: str
    begins: float = 0.0  # s: when it befalls it
    lasts: float  # s in all
    happens: Callable[[Life, float], None] = lambda _, __: (
        None
    )  # called with the s since the beginning, before each sample
    life: Callable[[Random], Life] = lambda random: Life(random=random)
    settings: Callable[[Settings], Settings] = lambda settings: settings
    tests_every: float | None = None  # s
    expected: AlarmKind | None = None
    battery: int | None = None  # which the alarm must name, from 1
    within: float = 0.0  # s from its begin until it must have been found

    def play(self, seed: int) -> Played:
        """Live it through."""
        life = self.life(Random(seed))
        settings = Settings(
            batteries=life.ids,
            chemistry=Chemistry.VRLA_AGM,
            nominal_voltage=12.0,
            capacity=life.capacity,
            installed=life.start - DAY,
            measures_current=life.measures_current,
            current_step=life.step,
        )
        played = Played(life=life, settings=self.settings(settings))
        tested = -DAY
        for sample in life.live(self.lasts / DAY, lambda day: self.happens(life, day * DAY)):
            at = sample.at - life.start
            played.state, events = watch.step(played.settings, played.state, sample)
            played.events += [(at, event) for event in events]
            if self.tests_every and at - tested >= self.tests_every:
                tested = at
                for number, battery in enumerate(life.ids, 1):
                    played.state, events = operations.tested(
                        played.settings, played.state, battery, life.ohmic_value(number), sample.at
                    )
                    played.events += [(at, event) for event in events]
        return played

    def found(self, played: Played) -> float | None:
        """Return how many s after its begin the monitor named it; None if it never did."""
        ids = played.life.ids
        named = {None} if self.battery is None else set(ids) if self.battery == ANY else {ids[self.battery - 1]}
        return next(
            (
                at - self.begins
                for at, alarm in played.raised()
                if alarm.kind is self.expected and alarm.battery in named and at >= self.begins
            ),
            None,
        )


def _sparse(random: Random, **changes: float) -> Life:
    return Life(random=random, quiet=SPARSE, **changes)  # type: ignore[arg-type]


def _from(begins: float, change: Callable[[Life], None]) -> Callable[[Life, float], None]:
    """Change a life once."""

    def happens(life: Life, at: float) -> None:
        if at >= begins and life.changed < begins:
            life.changed = at
            change(life)
            life.settle()

    return happens


def _dry_out(life: Life, at: float) -> None:
    life.string.batteries[6].resistance_factor = 1 + 0.06 * max(0.0, at - 100 * DAY) / (30 * DAY)


def _sulphated(life: Life) -> None:
    battery = life.string.batteries[6]
    battery.capacity_factor, battery.resistance_factor = 0.5, 1.6


def _discharge(begins: float, hours: float) -> Callable[[Life, float], None]:
    """Take the mains away once for so many hours."""

    def happens(life: Life, at: float) -> None:
        mains = not begins <= at < begins + hours * HOUR
        if life.string.mains != mains:
            life.string.mains = mains
            life.settle()

    return happens


def _sulphation(life: Life, at: float) -> None:
    _from(DAY, _sulphated)(life, at)
    _discharge(2 * DAY, 2)(life, at)


def _shorted(life: Life) -> None:
    life.string.batteries[6].shorted_cells = 1


def _no_way_out_for_heat(life: Life) -> None:
    life.string.batteries[6].insulation = 40.0
    life.float_voltage = 2.38


def _sudden(life: Life) -> None:
    life.string.batteries[6].resistance_factor *= 1.28


def _mismatched(life: Life) -> None:
    battery = life.string.batteries[6]
    battery.resistance_factor, battery.acceptance_factor = 0.65, 6.0


def _drift(life: Life, at: float) -> None:
    life.sensor_offset["battery7"] = -0.02 * max(0.0, at - 10 * DAY) / DAY


def _ten_discharges(life: Life, at: float) -> None:
    number = int(at // (33 * DAY))
    _discharge(min(number, 9) * 33 * DAY + 20 * DAY, 1 + number % 4)(life, at)


STORIES: Final = (
    Story(
        name="dry-out of one of 20, 6 % a month",
        begins=100 * DAY,
        lasts=300 * DAY,
        life=_sparse,
        happens=_dry_out,
        tests_every=14 * DAY,
        expected=AlarmKind.RESISTANCE_BASELINE,
        battery=7,
        within=190 * DAY,
    ),
    Story(
        name="sulphation, seen in a discharge",
        begins=2 * DAY,
        lasts=2.5 * DAY,
        happens=_sulphation,
        expected=AlarmKind.DEVIATION,
        battery=7,
        within=2 * HOUR,
    ),
    Story(
        name="shorted cell",
        begins=DAY,
        lasts=1.5 * DAY,
        happens=_from(DAY, _shorted),
        expected=AlarmKind.SHORTED_CELL,
        battery=7,
        within=HOUR,
    ),
    Story(
        name="thermal runaway",
        begins=DAY,
        lasts=8 * DAY,
        happens=_from(DAY, _no_way_out_for_heat),
        expected=AlarmKind.THERMAL_RUNAWAY,
        battery=7,
        within=6 * DAY,
    ),
    Story(
        name="undercharged string",
        begins=0.0,
        lasts=9 * DAY,
        life=lambda random: _sparse(random, float_voltage=2.20),
        expected=AlarmKind.UNDERCHARGE,
        within=8 * DAY,
    ),
    Story(
        name="sudden rise of resistance",
        begins=60 * DAY,
        lasts=80 * DAY,
        life=_sparse,
        happens=_from(60 * DAY, _sudden),
        tests_every=7 * DAY,
        expected=AlarmKind.RESISTANCE_RISE,
        battery=7,
        within=14 * DAY,
    ),
    Story(
        name="mismatched new battery",
        begins=30 * DAY,
        lasts=60 * DAY,
        life=_sparse,
        happens=_from(30 * DAY, _mismatched),
        tests_every=14 * DAY,
        expected=AlarmKind.RESISTANCE_LOW,
        battery=7,
        within=15 * DAY,
    ),
    Story(
        name="cold room",
        lasts=3 * DAY,
        life=lambda random: _sparse(random, ambient=8.0),
        expected=AlarmKind.AMBIENT_LOW,
        within=3 * HOUR,
    ),
    Story(
        name="sensor drift, 20 mV a day",
        begins=10 * DAY,
        lasts=60 * DAY,
        life=_sparse,
        happens=_drift,
        expected=AlarmKind.VOLTAGE_LOW,
        battery=7,
        within=40 * DAY,
    ),
    Story(
        name="hot summer",
        begins=90 * DAY,
        lasts=220 * DAY,
        life=lambda random: _sparse(random, ambient=27.0, season=9.0),
        expected=AlarmKind.TEMPERATURE_HIGH,
        battery=ANY,
        within=100 * DAY,
    ),
)

HEALTHY: Final = Story(
    name="a healthy year: seasons, ten discharges, weekly tests with 1 to 3 % noise",
    lasts=365 * DAY,
    life=lambda random: Life(random=random, resistance_noise=0.02),
    happens=_ten_discharges,
    tests_every=7 * DAY,
)


def main() -> None:
    """Print how soon each was found."""
    print("| what befalls the string | alarm | found after |")
    print("|---|---|---:|", flush=True)
    for story in STORIES:
        found = story.found(story.play(1))
        print(f"| {story.name} | {story.expected} | {_duration(found)} |", flush=True)
    played = HEALTHY.play(1)
    discharges = sum(isinstance(event, DischargeEnded) for _, event in played.events)
    print(f"| {HEALTHY.name} ({discharges} discharges) | {len(played.raised())} alarms | - |")

    print("\n| batteries in a string | a step of its watch | a result of a resistance test, at most |")
    print("|---:|---:|---:|")
    for batteries in (20, 240):
        print(
            f"| {batteries} | {1000 * _step_seconds(batteries):.2f} ms | {1000 * _result_seconds(batteries):.0f} ms |"
        )


def _step_seconds(batteries: int) -> float:
    """Return what a step takes on average, of as many as come in five minutes on float."""
    life = Life(random=Random(1), batteries=batteries, quiet=1.0)
    settings = Settings(batteries=life.ids, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=life.capacity)
    samples, state = list(life.live(300 / DAY)), StringState()
    began = time.perf_counter()
    for sample in samples:
        state, _ = watch.step(settings, state, sample)
    return (time.perf_counter() - began) / len(samples)


def _result_seconds(batteries: int) -> float:
    """Return what the costliest result of a run of tests takes, with weekly tests for longer than they are kept."""
    random, life = Random(1), Life(random=Random(1), batteries=batteries)
    settings = Settings(batteries=life.ids, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=life.capacity)
    weeks = int(resistance.REMEMBERED / DAY / 7) + 1
    *before, last = [
        [
            ResistanceTest(battery=one, at=week * 7 * DAY + number * 60, ohmic_value=0.004 * random.gauss(1, 0.015))
            for number, one in enumerate(settings.batteries)
        ]
        for week in range(weeks)
    ]
    rows = [test for run in before for test in run]
    states, seconds = resistance.remembered(settings, rows, (), (), last[0].at), list[float]()
    for test in last:
        began = time.process_time()
        states, _ = resistance.tested(settings, states, test)
        seconds.append(time.process_time() - began)
    return max(seconds)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    if seconds < 2 * HOUR:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 2 * DAY else f"{seconds / DAY:.0f} d"


if __name__ == "__main__":
    main()
