"""Stories of resistance tests: seasons, dry-outs, loose contacts, exchanged batteries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import cos, inf, tau
from random import Random
from typing import Final

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Level

from . import seen
from .checks import Check, Story, Verdict, measured, names, says, says_not
from .monitor import START, Monitor
from .scene import DAY, HOUR, Scene, string

NEW: Final = 0.004  # Ω of a new 12 V block of 100 Ah: 0.3 to 0.6 Ω·Ah [K]
NOISE: Final = 0.015  # of a test, one standard deviation [I]
COEFFICIENT: Final = -0.004  # 1/K against 25 °C, as reported; makers' figures: -0.3 to -1 % [K]
SUMMER: Final = 0.5  # of a year, that the first of July is from the coldest day
SOON: Final = 15  # d before a limit is reached
UNSTEADY: Final = ("unsteady", "loose", "connection")
EXCHANGED: Final = ("exchange", "swap", "moved")
NEWER: Final = ("replaced", "exchange", "newer", "maybereplaced")

type Factor = Callable[[float], float]  # of a battery's resistance by the day


def season(day: float, *, mean: float = 20.0, swing: float = 12.0) -> float:
    """Return the temperature of a day in °C, coldest in January."""
    return mean - swing * cos(tau * (day / 365.25 + SUMMER))


@dataclass(frozen=True, kw_only=True)
class Tests:
    """Days on float in a room with seasons, and resistance tests of all batteries every so many days."""

    days: int
    every: int
    factors: Mapping[int, Factor] = field(default_factory=dict)  # by battery, of its resistance
    swing: float = 12.0  # K about the mean of the year
    coefficient: float = COEFFICIENT  # 1/K
    noise: float = NOISE
    voltages: Callable[[int, float], float] | None = None  # V of a battery (number) by the day
    nightly: bool = False  # whether one battery after another has its night, and not all of them one
    asked: float = inf  # the day on which the dates are looked at last

    def play(self, monitor: Monitor) -> None:
        """Live them. A sample every six hours is enough for tests: nothing else is judged by these stories."""
        settings, random = monitor.settings, Random(11)
        scene = Scene(settings=settings)
        born = [random.gauss(1, 0.03) for _ in settings.batteries]
        numbers = range(1, len(born) + 1)
        for day in range(self.days):
            warm = season(day, swing=self.swing)
            of = {number: self.voltages(number, day) for number in numbers} if self.voltages else {}
            level = 2.27 - 0.003 * (warm - 25)
            monitor.hear(
                scene.part(DAY, every=6 * HOUR, cell=level, current=0.1, temperature=warm, ambient=warm, of=of)
            )
            for number in numbers:
                if day % self.every != ((self.every - 1) if not self.nightly else number % self.every):
                    continue
                scene.at += 60.0
                ohms = NEW * born[number - 1] * (1 + self.coefficient * (warm - 25)) * random.gauss(1, self.noise)
                factor = self.factors[number](day) if number in self.factors else 1.0
                monitor.test(settings.batteries[number - 1], ohms * factor, scene.at)
            scene.at = (day + 1) * DAY
            _note_dates(monitor, day, keep=day <= self.asked)
        monitor.notes["batteries with dates"] = sum(name.startswith("date of ") for name in monitor.notes)


def _note_dates(monitor: Monitor, day: float, *, keep: bool) -> None:
    """Note on which day a battery first had dates, and which dates it has now, if they are to be kept."""
    for battery, (opens, ends) in seen.replace_dates(monitor.state).items():
        monitor.notes.setdefault(f"date of {battery}", day)
        if not keep:
            continue
        monitor.notes[f"from {battery}"], monitor.notes[f"to {battery}"] = ((at - START) / DAY for at in (opens, ends))


def _healthy(tests: Tests, *, count: int = 20, reported: bool = False, how: str = "") -> Story:
    cadence = {7: "weekly", 14: "fortnightly", 30: "monthly"}[tests.every]
    return Story(
        number=10,
        name=f"{count} healthy batteries, 20 ± {tests.swing:g} °C, {cadence} tests, {tests.days} days{how}",
        settings=string(count, installed=START - 20 * DAY),
        reported=reported,
        play=tests.play,
        checks=(
            measured("batteries with dates", 0.0, 0.0),
            says_not(("becameweak", AlarmKind.RESISTANCE_RISE, AlarmKind.RESISTANCE_BASELINE), "weak or rising"),
        ),
        every=DAY,
    )


def _drying(begins: float, crosses: float) -> Factor:
    return lambda day: 1 + 0.5 * max(0.0, day - begins) / (crosses - begins)


def seasons() -> Iterator[Story]:
    """Yield healthy batteries in rooms without heating, and real dry-outs among them."""
    two_years = partial(Tests, days=800)
    yield _healthy(two_years(every=30), reported=True)
    yield _healthy(two_years(every=7), reported=True)
    yield _healthy(two_years(every=14, swing=8.0))
    yield _healthy(two_years(every=30, coefficient=-0.01), how=", -1 %/K")
    yield _healthy(two_years(every=30, coefficient=0.007), how=", +0.7 %/K")
    yield _healthy(two_years(every=30), count=6)
    yield _healthy(two_years(every=30, nightly=True), how=", one battery a night")
    # The last figure is what today's rules need from its begin to an alarm.
    for every, begins, crosses, day, found in (
        (7, 250.0, 425.0, 360.0, 190.0),
        (30, 250.0, 425.0, 420.0, 235.0),
        (7, 430.0, 620.0, 560.0, 200.0),
    ):
        cadence = {7: "weekly", 30: "monthly"}[every]
        yield Story(
            number=10,
            name=f"a real dry-out from day {begins:g}, at 1.5 times on day {crosses:g}, {cadence} tests, 20 ± 12 °C",
            settings=string(installed=START - 20 * DAY),
            play=Tests(
                days=int(crosses) + 60, every=every, factors={7: _drying(begins, crosses)}, asked=crosses - SOON
            ).play,
            checks=(
                measured("date of b7", begins, day, ". day"),
                Check(
                    expected=f"{SOON} days before, its dates hold day {crosses:g}, or are at most 20 days off",
                    look=partial(_holds, "b7", crosses),
                ),
                Check(expected="dates for no other", look=_only("b7")),
                names(
                    "b7",
                    kinds={AlarmKind.RESISTANCE_BASELINE},
                    level=Level.ALARM,
                    after=begins * DAY,
                    within=found * DAY,
                ),
            ),
            reported=every == 30,  # noqa: PLR2004 - monthly
            every=DAY,
        )


def _holds(battery: str, truth: float, monitor: Monitor) -> Verdict:
    opens, ends = monitor.notes.get(f"from {battery}"), monitor.notes.get(f"to {battery}")
    if opens is None or ends is None:
        return Verdict(ok=False, seen="no dates")
    return Verdict(ok=opens - 20 <= truth <= ends + 20, seen=f"day {opens:.0f} to {ends:.0f}")


def _only(battery: str) -> Callable[[Monitor], Verdict]:
    def look(monitor: Monitor) -> Verdict:
        others = [name for name in monitor.notes if name.startswith("date of ") and name != f"date of {battery}"]
        return Verdict(ok=not others, seen=f"{len(others)} others")

    return look


def _loose(seed: int, spread: float, begins: float = 0.0) -> Factor:
    """Return a contact that makes a different resistance at each test."""

    def factor(day: float) -> float:
        random = Random(seed * 1000 + int(day))
        return 1.0 if day < begins else 1 + random.uniform(-spread, spread)

    return factor


def contacts() -> Iterator[Story]:
    """Yield a contact that is loose now and then, and batteries or modules that were exchanged."""
    for every, spread, begins, reported in ((7, 0.4, 100.0, True), (30, 0.4, 200.0, False), (7, 0.25, 150.0, False)):
        yield Story(
            number=11,
            name=f"a loose contact: ±{100 * spread:g} % between tests every {every} days, from day {begins:g}",
            settings=string(installed=START - 20 * DAY),
            reported=reported,
            play=Tests(days=365 + int(begins), every=every, factors={7: _loose(7, spread, begins)}, swing=3.0).play,
            checks=(
                says(UNSTEADY, "that it is unsteady", after=begins * DAY, within_s=8 * every * DAY),
                says_not(("becameweak",), "became weak", most=1),
                measured("batteries with dates", 0.0, 0.0),
            ),
            every=DAY,
        )
    yield Story(
        number=11,
        name="two batteries exchanged: voltages and resistances swap on day 200",
        settings=string(installed=START - 20 * DAY),
        reported=True,
        play=Tests(
            days=330,
            every=7,
            factors={3: _swaps(1.0, 1.22, 200.0), 12: _swaps(1.22, 1.0, 200.0)},
            swing=3.0,
            voltages=_swapped_voltages,
        ).play,
        checks=(
            says(EXCHANGED, "that they may be exchanged", after=200 * DAY, within_s=21 * DAY),
            says_not((AlarmKind.RESISTANCE_RISE, "becameweak"), "rising or weak", since=200 * DAY),
        ),
        every=DAY,
    )
    yield Story(
        number=11,
        name="battery 5 is new from day 200, and its replacement was not recorded",
        settings=string(installed=START - 20 * DAY),
        play=Tests(days=330, every=14, factors={5: _swaps(1.35, 0.98, 200.0)}, swing=3.0).play,
        checks=(says(NEWER, "that it may be a new battery", after=200 * DAY, within_s=30 * DAY),),
        every=DAY,
    )
    yield Story(
        number=11,
        name="a steady string: nothing exchanged, nothing loose",
        settings=string(installed=START - 20 * DAY),
        play=Tests(days=400, every=7, swing=5.0, noise=0.03).play,
        checks=(says_not((*UNSTEADY, *EXCHANGED, "maybereplaced"), "unsteady or exchanged"),),
        every=DAY,
    )


def _swaps(before: float, after: float, day: float) -> Factor:
    return lambda at: before if at < day else after


def _swapped_voltages(number: int, day: float) -> float:
    own = {3: 0.03, 12: -0.03}.get(number, 0.0)
    return 13.62 + (own if day < 200 else -own)  # noqa: PLR2004 - the day of the exchange


def _wandering(monitor: Monitor, *, ratio: float, width: float, days: int, every: int) -> None:
    random = Random(3)
    steps = {number: 1 + random.uniform(-0.02, 0.02) for number in range(1, 21)}
    factors: dict[int, Factor] = {number: (lambda _, one=one: one) for number, one in steps.items()}  # type: ignore[misc]
    factors[7] = lambda day: 1.0 if day < 60 else ratio + width * (1 if int(day / every) % 2 else -1)  # noqa: PLR2004
    Tests(days=days, every=every, factors=factors, swing=3.0, noise=0.005).play(monitor)


def wandering() -> Iterator[Story]:
    """Yield a resistance that wanders about a limit."""
    for ratio, width, reported in ((1.30, 0.015, True), (1.50, 0.02, False)):
        yield Story(
            number=12,
            name=f"a resistance about {ratio:g} times the baseline, ± {100 * width:g} %",
            settings=string(installed=START - 20 * DAY),
            reported=reported,
            play=partial(_wandering, ratio=ratio, width=width, days=300, every=7),
            checks=(says_not(("becameweak",), "became weak", most=1 if ratio < 1.4 else 2),),  # noqa: PLR2004
            every=DAY,
        )
