"""Trends in a room without heating: the season gives no healthy battery a date, and a dry-out is found early."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, tau
from random import Random
import sys
from types import CodeType

import pytest

from custom_components.battery_bank.monitor.battery import resistance
from custom_components.battery_bank.monitor.battery.events import (
    BecameWeak,
    Event,
    ExchangeSuspected,
    MaybeReplaced,
    Replaced,
    ResistanceTest,
)
from custom_components.battery_bank.monitor.battery.resistance import ResistanceStates
from custom_components.battery_bank.monitor.battery.resistance_judgement import string_of
from custom_components.battery_bank.monitor.battery.resistance_season import Common, Season, season_of
from custom_components.battery_bank.monitor.battery.resistance_trend import trend
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.string_resistance import Daily, daily, string_resistance
from custom_components.battery_bank.monitor.model import Chemistry

DAY = 86400.0  # s
START = 1_782_864_000.0  # the first of July 2026, s since 1970
NEW = 0.004  # Ω

type Factor = Callable[[float], float]


@dataclass(kw_only=True)
class Room:
    """A string in a room with seasons, 20 °C in the mean of the year."""

    batteries: int = 20
    every: int = 30  # d between two tests
    swing: float = 12.0  # K
    coefficient: float = -0.004  # 1/K
    noise: float = 0.015  # of a test
    measured: bool = True  # whether the temperature is
    chemistry: Chemistry = Chemistry.VRLA_AGM
    factors: Mapping[int, Factor] = field(default_factory=dict)  # of the resistance of a battery by the day
    seed: int = 11
    states: ResistanceStates = field(default_factory=dict)
    events: list[tuple[int, Event]] = field(default_factory=list)
    dated: dict[str, int] = field(default_factory=dict)  # by battery, the day of the first date
    rows: list[ResistanceTest] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(
            batteries=tuple(f"b{number}" for number in range(1, self.batteries + 1)),
            chemistry=self.chemistry,
            nominal_voltage=12.0,
            capacity=100.0,
            installed=START - 20 * DAY,
        )

    def warmth(self, day: float) -> float:
        """Return the temperature of a day in °C, coldest half a year after the first of July."""
        return 20.0 + self.swing * cos(tau * day / 365.25)

    def live(self, days: int, begin: int = 0) -> None:
        """Test all batteries at their interval."""
        random = Random(self.seed)
        born = [random.gauss(1.0, 0.03) for _ in range(self.batteries)]
        for day in range(begin, days):
            if day % self.every != self.every - 1:
                continue
            for number, own in enumerate(born, 1):
                celsius = self.warmth(day)
                ohms = NEW * own * (1 + self.coefficient * (celsius - 25)) * random.gauss(1.0, self.noise)
                test = ResistanceTest(
                    battery=f"b{number}",
                    at=START + day * DAY + number * 60,
                    ohmic_value=ohms * (self.factors[number](day) if number in self.factors else 1.0),
                    temperature=celsius if self.measured else None,
                )
                self.rows.append(test)
                self.states, events = resistance.tested(self.settings, self.states, test)
                self.events += [(day, event) for event in events]
            for battery, state in self.states.items():
                if state.trend.limit_from is not None:
                    self.dated.setdefault(battery, day)

    def weak(self) -> list[tuple[int, str]]:
        """Return the days on which a battery became weak."""
        return [(day, event.battery) for day, event in self.events if isinstance(event, BecameWeak)]

    def dates(self, battery: str) -> tuple[float, float]:
        """Return from when until when a battery is to be replaced, as days."""
        trend = self.states[battery].trend
        assert trend.limit_from is not None
        assert trend.limit_to is not None
        return (trend.limit_from - START) / DAY, (trend.limit_to - START) / DAY


def drying(begins: float, crosses: float) -> Factor:
    """Return a resistance that rises from a day on, and is 1.5 times as high on another."""
    return lambda day: 1 + 0.5 * max(0.0, day - begins) / (crosses - begins)


HEALTHY = [
    Room(),  # as reported: 13 of 20 got dates
    Room(every=14),
    Room(coefficient=-0.01),
    Room(coefficient=0.007),
    Room(noise=0.03),
    Room(batteries=6),
    Room(batteries=2),
    Room(batteries=2, noise=0.03, seed=1004),  # had dates, as the next two
    Room(batteries=1, noise=0.03, seed=1001),
    Room(batteries=1, every=14, noise=0.03, seed=1007),
    Room(batteries=1, every=7),
    Room(batteries=1, measured=False),
    Room(measured=False),
    Room(chemistry=Chemistry.NICD),
    Room(chemistry=Chemistry.VENTED_LEAD_ACID, every=90),
]


@pytest.mark.parametrize("room", HEALTHY, ids=lambda room: f"{room.batteries} {room.every} d {room.coefficient}")
def test_a_season_gives_no_healthy_battery_a_date(room: Room) -> None:
    room.live(800)
    assert room.dated == {}
    assert room.weak() == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(300)
def test_nor_with_a_test_each_week() -> None:
    """As reported: 20 of 20 got dates."""
    room = Room(every=7)
    room.live(800)
    assert room.dated == {}
    assert room.weak() == []


@pytest.mark.parametrize(
    ("batteries", "every", "measured", "dated"),
    [
        (20, 7, True, 300),
        (20, 30, True, 330),  # as reported: on day 420
        (20, 30, False, 330),
        (6, 30, True, 360),
        (3, 30, True, 360),
        (2, 7, True, 330),
        (1, 7, True, 330),
    ],
)
def test_a_dry_out_is_dated_months_before(batteries: int, every: int, measured: bool, dated: int) -> None:
    number = min(7, batteries)
    room = Room(batteries=batteries, every=every, measured=measured, factors={number: drying(250, 425)})
    room.live(410)
    battery = f"b{number}"
    assert 250 < room.dated.pop(battery) <= dated
    assert room.dated == {}
    if batteries > 3:
        opens, ends = room.dates(battery)
        assert opens - 20 <= 425 <= ends + 20
    assert {one for _, one in room.weak()} == {battery}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("every", "noise", "latest"), [(30, 0.03, 359), (7, 0.015, 300)])
def test_noise_does_not_hide_a_dry_out(every: int, noise: float, latest: int, seed: int) -> None:
    """A steep rise is no noise of its own, and the alarm comes within 16 days with a test each week."""
    room = Room(batteries=6, every=every, noise=noise, factors={6: drying(250, 425)}, seed=seed)
    room.live(425 + 16)
    assert 250 < room.dated["b6"] <= latest
    assert set(room.dated) == {"b6"}
    ratio = room.states["b6"].ratio
    assert ratio is not None
    assert ratio >= 1.5 or every == 30


def test_a_string_that_dries_out_as_a_whole_is_dated() -> None:
    room = Room(factors=dict.fromkeys(range(1, 21), drying(250, 425)))
    room.live(425)
    assert len(room.dated) == 20
    assert len({battery for _, battery in room.weak()}) == 20


@pytest.mark.slow
def test_an_exchange_that_is_not_answered_is_proposed_once() -> None:
    """The step is gone from the last tests one day; the tests after it have no step of their own."""
    factors: Mapping[int, Factor] = {
        3: lambda day: 1.0 if day < 200 else 1.25,
        12: lambda day: 1.25 if day < 200 else 1.0,
    }
    room = Room(every=7, swing=3.0, factors=factors, seed=0)
    room.live(300)
    proposed = [event for _, event in room.events if isinstance(event, ExchangeSuspected)]
    assert [(event.battery, event.other) for event in proposed] == [("b12", "b3")]


def test_a_battery_that_falls_to_the_best_of_its_string_is_asked_about_once() -> None:
    """It was worn out; on day 200 a new one was put in its place, and nothing was entered."""
    room = Room(batteries=6, every=7, swing=0.0, noise=0.005, factors={3: lambda day: 1.35 if day < 200 else 0.95})
    room.live(365)
    asked = [(day, event) for day, event in room.events if isinstance(event, MaybeReplaced)]
    assert [(day, event.battery) for day, event in asked] == [(209, "b3")]  # the second test with the low value
    room = Room(batteries=6, every=7, swing=0.0, noise=0.005, factors=room.factors)
    room.live(210)
    since = room.states["b3"].renewed
    assert since is not None
    assert (since - START) // DAY == 202
    answer = Replaced(battery="b3", at=since)
    room.states, events = resistance.replaced(room.settings, room.states, answer, START + 211 * DAY)
    assert events[0] == answer
    assert room.states["b3"].renewed is None


def test_a_cold_winter_does_not_raise_the_ratio_of_a_year_later() -> None:
    """By hand: at -1 % per K, 24 K make 24 %; in the second year the coefficient is known."""
    room = Room(coefficient=-0.01, noise=0.005)
    room.live(366 + 183)
    ratios = [state.ratio for state in room.states.values()]
    assert all(ratio is not None and 0.95 < ratio < 1.08 for ratio in ratios)


def test_a_restart_makes_no_difference() -> None:
    """The journal has the tests of the baseline, also when they are older than what is kept in memory."""
    room = Room(factors={7: drying(500, 700)})
    room.live(620)
    baselines = [state.baseline for state in room.states.values() if state.baseline]
    again = resistance.remembered(room.settings, room.rows, baselines, [], START + 620 * DAY)
    for battery, state in room.states.items():
        assert again[battery].reference == state.reference
        assert again[battery].ratio == pytest.approx(state.ratio, rel=0.01)
        assert again[battery].risk is state.risk
    assert again["b7"].trend.limit_from is not None


@pytest.mark.parametrize("factor", [1.7, 2.4])
def test_a_battery_that_jumps_beyond_the_limit_is_due_now_whatever_its_trend(factor: float) -> None:
    """A slow rise has dates to come; a test far beyond the alarm limit makes them those of the test."""
    slow = drying(300, 700)
    room = Room(factors={7: lambda day: slow(day) if day < 520 else factor})
    room.live(519)
    earliest, _ = room.dates("b7")
    assert earliest > 519
    room.live(560, 520)
    earliest, latest = room.dates("b7")
    assert earliest == latest
    assert 519 < latest < 560


def test_a_replaced_battery_begins_anew_and_the_others_go_on() -> None:
    room = Room(factors={3: lambda day: 1.6 if day < 300 else 0.95})
    room.live(300)
    room.states, _ = resistance.replaced(
        room.settings, room.states, Replaced(battery="b3", at=START + 300 * DAY), START + 300 * DAY
    )
    weak = len(room.weak())
    room.live(800, begin=300)
    assert room.dated == {}
    assert len(room.weak()) == weak


def one(day: float, ohms: float, celsius: float | None = 20.0) -> Daily:
    return Daily(at=START + day * DAY, ohmic_value=ohms, temperature=celsius)


def test_the_median_is_that_of_one_run() -> None:
    """By hand: three batteries; the median of a run is the middle one, and a value is taken against its own run."""
    string = string_resistance(
        {"a": [one(0, 1.0), one(30, 2.0)], "b": [one(1, 1.2), one(31, 2.4)], "c": [one(2, 1.4), one(32, 4.2)]}
    )
    assert [run.median for run in string.runs] == [1.2, 2.4]
    assert [value for _, value in string.relative([one(2, 1.4), one(32, 4.2)])] == pytest.approx([1.4 / 1.2, 1.75])


def test_a_battery_that_is_tested_in_another_night_is_brought_to_the_temperature_of_the_run() -> None:
    """At -0.3 % per K, 10 K colder make 1.0305 times."""
    string = string_resistance({"a": [one(0, 1.0)], "b": [one(0, 1.0)], "c": [one(20, 1.0, 30.0)]})
    assert string.runs[0].median == 1.0
    assert string.runs[1].median == pytest.approx(0.9704, abs=1e-3)  # of the two that were tested at 20 °C


def test_of_two_batteries_the_better_one_is_the_measure() -> None:
    string = string_resistance({"a": [one(0, 1.0)], "b": [one(0, 1.5)]})
    assert string.runs[0].median == 1.0
    assert string_resistance({"a": [one(0, 1.0)]}).runs[0].median == 1.0
    assert string_resistance({}).runs == []


def test_without_warmer_and_colder_months_the_coefficient_stays_as_assumed() -> None:
    """On paper: all temperatures are their mean, so that only the assumption of -0.3 ± 0.5 % per K is left."""
    season = season_of((month * 30 * DAY, 20.0, -5.5) for month in range(6))
    assert season.coefficient == pytest.approx(-0.003)
    assert season.uncertainty == pytest.approx(0.005)


def test_the_coefficient_is_learned() -> None:
    for coefficient in (-0.01, -0.004, 0.007):
        room = Room(coefficient=coefficient, batteries=6, noise=0.005)
        room.live(400)
        string = string_resistance({battery: daily(state.tests) for battery, state in room.states.items()})
        # ln(1 + c (T - 25)) is steeper than c where it is cold.
        assert string.season.coefficient == pytest.approx(coefficient, rel=0.15)
        assert string.season.uncertainty < 0.001


def rows_of(room: Room, days: int, run: int = 0) -> list[ResistanceTest]:
    """Return tests of all batteries, one after the other, up to a day."""
    random = Random(room.seed)
    return [
        ResistanceTest(
            battery=battery,
            at=START + day * DAY + number * 60,
            ohmic_value=NEW * (1 + room.coefficient * (room.warmth(day) - 25)) * random.gauss(1.0, room.noise),
            temperature=room.warmth(day),
        )
        for day in range(run + room.every - 1, days, room.every)
        for number, battery in enumerate(room.settings.batteries, 1)
    ]


def judgements_and_calls(work: Callable[[], None]) -> tuple[int, int]:
    """Return how many batteries were judged, and how many functions were called."""
    called = Counter[CodeType]()
    sys.setprofile(lambda frame, event, _: called.update([frame.f_code]) if event == "call" else None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called[trend.__code__], called.total()


def most_work(batteries: int, days: int) -> tuple[int, int]:
    """Return the judgements and calls of the last result of a run, and the most of a sample after it."""
    room = Room(batteries=batteries, every=7)
    before, last = rows_of(room, days), rows_of(room, days + 7, days)
    kept = resistance.remembered(room.settings, before, [], [], START + days * DAY)
    for test in last[:-1]:
        kept, _ = resistance.tested(room.settings, kept, test)
    state = [kept]

    def result() -> None:
        state[0], _ = resistance.tested(room.settings, state[0], last[-1])

    def sample() -> None:
        state[0], _ = resistance.continued(room.settings, state[0], last[-1].at + 1, tests_follow=True)

    works = [judgements_and_calls(result)]
    while works[-1][0] > 0:
        works.append(judgements_and_calls(sample))
    assert sum(judged for judged, _ in works) == batteries  # each of them, by the median of the whole run
    again = resistance.remembered(room.settings, [*before, *last], [], [], last[-1].at)
    assert {battery: one.values[-1][1] for battery, one in state[0].items()} == pytest.approx(
        {battery: one.values[-1][1] for battery, one in again.items()}
    )
    return max(judged for judged, _ in works), max(calls for _, calls in works)


def test_the_work_for_a_result_does_not_grow_with_the_string_and_its_history() -> None:
    """The last result of a run changes the median that all batteries are judged by."""
    judged, calls = most_work(21, 203)
    assert judged == 21
    judged, of_many = most_work(240, 203)
    assert judged == 21
    assert of_many < 1.5 * calls  # they are compared with each other, without their history
    _, of_a_year = most_work(21, 378)
    _, of_three_years = most_work(21, 1120)
    assert of_three_years < 1.2 * of_a_year


def test_a_run_that_grows_is_the_same_as_one_that_is_made_anew() -> None:
    """Some batteries miss runs, some are tested twice on a day, and a module begins late."""
    random, string = Random(5), string_resistance({})
    days: dict[str, tuple[Daily, ...]] = {}
    tests: dict[str, list[ResistanceTest]] = {}
    for run in range(14):
        for number in range(12):
            if random.random() < 0.2 or (number == 11 and run < 8):
                continue
            for again in range(1 + (random.random() < 0.1)):
                test = ResistanceTest(
                    battery=f"b{number}",
                    at=START + (6 * run + number / 20 + again / 50) * DAY,
                    ohmic_value=NEW * random.gauss(1.0, 0.02),
                    temperature=20.0 + random.gauss(0.0, 1.0),
                )
                tests.setdefault(test.battery, []).append(test)
                days[test.battery] = daily(tests[test.battery])
                string = string.grown(test.battery, days[test.battery])
    anew = string_resistance(days)
    assert [run.values for run in string.runs] == [run.values for run in anew.runs]
    assert [run.until for run in string.runs] == [run.until for run in anew.runs]
    assert [run.median for run in string.runs] == pytest.approx([run.median for run in anew.runs], rel=2e-3)
    assert string.noise == pytest.approx(anew.noise, rel=0.05)
    assert string.season.coefficient == pytest.approx(anew.season.coefficient, rel=0.05)


def test_a_battery_that_was_not_tested_for_longer_than_is_remembered() -> None:
    others = {name: [one(day, 1.0) for day in (0, 310, 600)] for name in ("a", "c")}
    string = string_resistance({**others, "b": [one(0, 1.4)]}).grown("b", [one(612, 1.4)])
    anew = string_resistance({**others, "b": [one(612, 1.4)]})
    assert [run.median for run in string.runs] == [run.median for run in anew.runs[1:]]  # the first one is too old


def test_an_unknown_median_is_no_ageing() -> None:
    assert Season().aged(Common(), Common(median=1.0)) == 1.0
    assert Season().aged(Common(median=1.0), Common()) == 1.0


def test_a_run_is_made_anew_after_the_clock_was_set_back() -> None:
    string = string_resistance({"a": [one(0, 1.0), one(9, 1.0)], "b": [one(9, 1.0)], "c": [one(9, 1.0)]})
    grown = string.grown("b", [one(5, 1.2), one(9, 1.0)])
    assert [run.at for run in grown.runs] == [START, START + 5 * DAY, START + 9 * DAY]


def test_a_second_test_on_the_first_day_of_a_run_leaves_the_run_before() -> None:
    """The day has one value, in the run of its last test: here the battery was the last of one run."""
    string = string_resistance({"a": [one(0.1, 1.0)], "b": [one(3.05, 1.1)], "c": [one(3.05, 1.0)]})
    assert [set(run.values) for run in string.runs] == [{"a", "b", "c"}]
    grown = string.grown("b", [one(3.2, 1.3)])
    assert [set(run.values) for run in grown.runs] == [{"a", "c"}, {"b"}]


def test_a_baseline_that_is_typed_keeps_the_tests() -> None:
    room = Room(batteries=3)
    assert resistance.typed(room.settings, {}, "b1", NEW, START)[0]["b1"].tests == ()
    room.live(120)
    states, _ = resistance.typed(room.settings, room.states, "b1", 0.5 * NEW, START + 120 * DAY)
    assert states["b1"].tests == room.states["b1"].tests
    assert states["b1"].trend.ratio == pytest.approx(2.0, rel=0.15)


def test_a_test_after_a_run_belongs_to_none() -> None:
    """Nor does one before the first run, or between two."""
    room = Room(batteries=3)
    room.live(60)
    string = string_of(room.states)
    first, second = string.runs
    within = [string.run(at) for at in (first.at, first.until, second.at, second.until)]
    assert within == [first, first, second, second]
    assert [string.run(at) for at in (first.at - DAY, first.until + DAY, second.until + DAY)] == [None, None, None]


def test_a_battery_is_less_weak_again_when_it_is_a_twentieth_below_the_limit() -> None:
    """However exact the tests are: a warning at 1.3 times the baseline holds until below 1.25."""

    def weak(now: float) -> bool:
        def factor(day: float) -> float:
            return 1.0 if day < 240 else 1.31 if day < 420 else now

        room = Room(batteries=1, noise=0.0, swing=0.0, factors={1: factor})
        room.live(720)
        return room.states["b1"].beyond_warning

    assert [weak(now) for now in (1.31, 1.27, 1.23)] == [True, True, False]
