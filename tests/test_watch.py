"""A string under watch: all parts together, through restarts, nonsense, tests, silence and heat."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, replace
from functools import cache
from math import inf, isfinite, nan
from random import Random

from conftest import rough
from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery import operations, state_codec, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmState
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmDeescalated,
    AlarmRaised,
    DischargeEnded,
    DischargePoints,
    Event,
    Level,
    OperatingState,
    OperatingStateChanged,
    Replaced,
)
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.model import BatteryReading, Chemistry, StringReading
from simulator.lives import DAY, Life

BEGIN = 1.8e9  # s since 1970
HOUR = 3600.0  # s
MINUTE = 60.0  # s
IDS = ("a", "b", "c", "d", "e")
SETTINGS = Settings(
    batteries=IDS, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0, current_step=0.01
)
FLOAT = 13.62  # V of a block: 2.27 V per cell


class Played:
    """A string that is stepped on and on, and all that happened to it."""

    def __init__(self, settings: Settings = SETTINGS, running: Running | None = None) -> None:
        self.settings = settings
        self.state = StringState(running=running or Running())
        self.now = BEGIN
        self.events: list[Event] = []

    def hear(
        self,
        current: float | None = 0.1,
        voltage: float | None = FLOAT,
        *,
        minutes: float = 0.0,
        every: float = 10.0,
        voltages: dict[str, float] | None = None,
        temperatures: dict[str, float] | None = None,
        ambient: float | None = 25.0,
        missing: Iterable[str] = (),
        **known: object,
    ) -> None:
        """Take samples for so many minutes, or one; `voltages` and `temperatures` are those of some."""
        of_all = dict.fromkeys(self.settings.batteries, voltage) | (voltages or {})
        heard = {battery: value for battery, value in of_all.items() if battery not in missing}
        sample = Sample(
            at=0.0,
            voltages={battery: value for battery, value in heard.items() if value is not None},
            temperatures={battery: (temperatures or {}).get(battery, 25.0) for battery in heard if voltage is not None},
            current=current,
            ambient=ambient,
            **known,  # type: ignore[arg-type]
        )
        for _ in range(max(1, round(minutes * MINUTE / every))):
            self.now += every
            self.step(replace(sample, at=self.now))

    def step(self, sample: Sample) -> None:
        self.state, events = watch.step(self.settings, self.state, sample)
        self.events += events

    def nothing(self, *, minutes: float = 0.0, **known: object) -> None:
        """Hear nothing of anybody."""
        self.hear(None, None, minutes=minutes, ambient=None, **known)  # type: ignore[arg-type]

    @property
    def raised(self) -> list[tuple[AlarmKind, str | None, Level]]:
        """All alarms that were raised or got worse."""
        found = [event.alarm for event in self.events if isinstance(event, AlarmRaised)]
        return [(alarm.kind, alarm.battery, alarm.level) for alarm in found]

    @property
    def open(self) -> set[tuple[AlarmKind, str | None, Level]]:
        """All alarms that there are now."""
        return {
            (one.alarm.kind, one.alarm.battery, one.alarm.level)
            for one in self.state.running.watch.values()
            if one.alarm
        }


@pytest.mark.parametrize("low", [IDS, ("c",)])
def test_a_warning_at_rest_becomes_no_alarm_by_a_discharge_between(low: tuple[str, ...]) -> None:
    """At rest 2.0 V are an alarm after 30 minutes; what was lower in the first seconds of a load does not count."""
    played = Played()

    def rest(volts: float, minutes: float) -> None:
        played.hear(0.0, 12.72, minutes=minutes, voltages=dict.fromkeys(low, volts))

    rest(12.3, 60)  # 2.05 V
    name = "c" if len(low) == 1 else None
    assert played.raised == [(AlarmKind.VOLTAGE_LOW, name, Level.WARNING)]
    for _ in range(4):
        played.hear(-20.0, 12.4, minutes=30, voltages=dict.fromkeys(low, 11.9), every=2.0)  # 1.983 V
        rest(11.95, 3)
        rest(12.3, 25)
    assert len(played.raised) == 1
    rest(11.95, 29)
    assert len(played.raised) == 1
    rest(11.95, 3)
    assert played.raised[1:] == [(AlarmKind.VOLTAGE_LOW, name, Level.ALARM)]


def test_samples_of_half_a_second_are_counted() -> None:
    """36 A for 100 s are 1 Ah; a string module may be read more often than each second."""
    played = Played()
    played.hear(-36.0, 12.3, minutes=100 / 60, every=0.5)
    assert played.state.running.counters.drawn == pytest.approx(1.0, rel=0.01)


# Restarts


@cache
def lived(seed: int) -> tuple[Settings, tuple[Sample, ...]]:
    """Two days of six blocks: a discharge, its recharge, a battery under test, one that is offline, a shorted cell."""
    random = Random(seed)
    life = Life(random=random, batteries=6)
    life.string.load = 30.0
    settings = Settings(
        batteries=life.ids,
        chemistry=Chemistry.VRLA_AGM,
        nominal_voltage=12.0,
        capacity=100.0,
        installed=life.start - 400 * DAY,
        latched=frozenset({AlarmKind.SHORTED_CELL}),
    )
    begins, hours = random.uniform(0.05, 0.2), random.uniform(1.5, 3.5)

    def happens(day: float) -> None:
        mains = not begins <= day < begins + hours / 24
        shorted = int(day > 1)
        if life.string.mains != mains or life.string.batteries[3].shorted_cells != shorted:
            life.string.mains, life.string.batteries[3].shorted_cells = mains, shorted
            life.settle()

    samples = []
    for sample in life.live(1.6, happens):
        hour = life.elapsed / HOUR
        if 28 < hour < 29:
            sample = replace(sample, under_test=frozenset({life.ids[1]}))  # noqa: PLW2901 - as the line has it
        if 32 < hour < 33:
            heard = {battery: voltage for battery, voltage in sample.voltages.items() if battery != life.ids[5]}
            sample = replace(sample, voltages=heard, offline=frozenset({life.ids[5]}))  # noqa: PLW2901
        samples.append(sample)
    return settings, tuple(samples)


def live_through(seed: int, cut: Callable[[int], bool]) -> tuple[StringState, list[Event]]:
    """Step through a life, restarting wherever it is cut."""
    settings, samples = lived(seed)
    state, happened = StringState(), list[Event]()
    for number, sample in enumerate(samples):
        if cut(number):
            running = state_codec.decode_running(state_codec.encode_running(state.running))
            learned = state_codec.decode_learned(state_codec.encode_learned(state.learned))
            start = running.recording.discharge.start if running.recording else None
            curve = [
                point
                for event in happened
                if isinstance(event, DischargePoints) and event.start == start
                for point in event.points
            ]
            opened = [one.alarm for one in running.watch.values() if one.alarm]
            state, events = watch.begin(settings, running, learned, state.resistances, curve, opened, sample.at)
            happened += events
        state, events = watch.step(settings, state, sample)
        happened += events
        if number % 200 == 150:
            battery = settings.batteries[number // 200 % 6]
            state, events = operations.tested(settings, state, battery, 0.004 + number / 1e6, sample.at)
            happened += events
    return state, happened


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restart_anywhere_changes_nothing(seed: int) -> None:
    state, happened = live_through(seed, lambda _: False)
    kinds = {event.alarm.kind for event in happened if isinstance(event, AlarmRaised)}
    assert {AlarmKind.SHORTED_CELL, AlarmKind.MODULE_SILENT} <= kinds
    assert {event.condition for event in happened if isinstance(event, OperatingStateChanged)} >= {
        OperatingState.FLOAT,
        OperatingState.DISCHARGE,
        OperatingState.RECHARGE,
    }
    assert sum(isinstance(event, DischargeEnded) for event in happened) == 1
    random = Random(seed)
    for share in (0.005, 0.05, 1.0):
        again, said = live_through(seed, lambda _, share=share: random.random() < share)  # type: ignore[misc]
        assert rough(said) == rough(happened)
        assert rough(again.running) == rough(state.running)
        assert rough(replace(again.learned, curves={}, rates=())) == rough(replace(state.learned, curves={}, rates=()))
        assert again.resistances == state.resistances
        assert (again.spread, again.gas, again.level) == (state.spread, state.gas, state.level)


# Nonsense

# What 16 bits can say, and what is no number at all.
VOLTS = st.floats(-70, 70) | st.sampled_from([nan, inf, -inf, 0.0])
DEGREES = st.floats(-3276.7, 3276.7) | st.sampled_from([nan, inf, -inf])
AMPERES = st.floats(-3276.7, 3276.7) | st.sampled_from([nan, inf, -inf, 0.0, 0.1, -20.0])
SOME = st.frozensets(st.sampled_from(IDS), max_size=3)
SAMPLES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 10.0, 60.0, 400.0, 1e4, 1e8, -1.0, -1e4, -1e8]),
        st.builds(
            Sample,
            at=st.just(0.0),
            voltages=st.dictionaries(st.sampled_from(IDS), VOLTS),
            temperatures=st.dictionaries(st.sampled_from(IDS), DEGREES),
            current=st.none() | AMPERES,
            ambient=st.none() | DEGREES,
            under_test=SOME,
            offline=SOME,
            implausible=SOME,
            string_offline=st.booleans(),
            string_implausible=st.booleans(),
            line_down=st.booleans(),
        ),
        st.integers(1, 4),  # times in a row
    ),
    max_size=12,
)


@given(samples=SAMPLES, current=st.booleans())
def test_whatever_comes_is_survived_and_leaves_no_trace_in_what_is_counted(
    samples: list[tuple[float, Sample, int]], current: bool
) -> None:
    settings = replace(SETTINGS, measures_current=current)
    state, now = StringState(), BEGIN
    for later, sample, times in samples:
        for _ in range(times):
            now += later
            before = astuple(state.running.counters)
            state, events = watch.step(settings, state, replace(sample, at=now))
            running = state.running
            after = astuple(running.counters)
            assert all(isfinite(new) and new >= old for new, old in zip(after, before, strict=True))
            assert running.charge.state is None or 0 <= running.charge.state <= 1
            for event in events:
                if isinstance(event, AlarmRaised | AlarmDeescalated | AlarmCleared):
                    value = event.alarm.value
                    other_reason = event.alarm.kind in (AlarmKind.OPEN_STRING, AlarmKind.THERMAL_RUNAWAY)
                    assert other_reason if value is None else isfinite(value)
            assert state_codec.decode_running(state_codec.encode_running(running)) == running
            if state.gas:
                assert isfinite(state.gas.hydrogen)


def test_what_is_no_number_is_as_good_as_nothing() -> None:
    played, other = Played(), Played()
    for one in (played, other):
        one.hear(minutes=10)
        one.hear(-20.0, 12.1, minutes=10)
    played.hear(nan, 12.1, voltages={"b": inf, "c": nan}, temperatures={"d": -inf}, ambient=nan)
    other.now += 10.0
    sample = Sample(
        at=other.now,
        voltages=dict.fromkeys(("a", "d", "e"), 12.1),
        temperatures=dict.fromkeys(("a", "b", "c", "e"), 25.0),
    )
    other.step(sample)
    assert played.state.running == other.state.running
    for one in (played, other):
        one.hear(-20.0, 12.1)
    assert played.state.running.counters.drawn == pytest.approx(20 * 620 / 3600, abs=0.03)


@pytest.mark.parametrize("back", [0.0, 1.0, HOUR, 400 * DAY])
def test_a_clock_that_is_set_back_tells_no_time(back: float) -> None:
    """Nor does it keep anything from being noticed until it is there again."""
    played = Played(running=Running(charge=Charge(state=1.0)))
    played.hear(minutes=10)
    played.hear(under_test=frozenset({"a"}))
    played.hear(-20.0, 12.1, minutes=60)
    drawn = played.state.running.counters.drawn
    played.now -= back + 10.0
    played.hear(-20.0, 12.1)
    assert played.state.running.counters.drawn == drawn
    played.hear(-20.0, 12.1, minutes=1, voltages={"a": 10.2})
    assert (AlarmKind.VOLTAGE_LOW, "a", Level.ALARM) in played.open
    played.hear(10.0, 12.9, minutes=2)
    assert played.state.running.condition.condition is OperatingState.RECHARGE
    played.hear(0.1, minutes=90)
    assert played.state.running.charge.state == 1.0


def test_a_clock_that_was_wrong_for_an_hour_makes_no_wait_shorter() -> None:
    """What waits for a day after a discharge waits for it also if the clock was three days behind meanwhile."""
    played = Played(running=Running(charge=Charge(state=1.0)))
    played.hear(minutes=10)
    played.hear(-20.0, 12.1, minutes=30)
    played.hear(10.0, 12.9, minutes=30)
    played.hear(minutes=60)
    cycled, since = played.state.running.cycled, played.state.running.condition.since
    assert cycled is not None
    played.now -= 3 * DAY
    played.hear(minutes=60)
    assert played.state.running.behind == pytest.approx(3 * DAY, abs=20)
    played.now += 3 * DAY
    played.hear(minutes=1)
    assert played.state.running.cycled == pytest.approx(cycled, abs=20)
    assert played.state.running.condition.since == pytest.approx(since, abs=20)
    assert played.state.running.behind == 0.0


# What modules say that cannot be


def said(ta: list[int], tc: list[int], *, invert_current: bool = False) -> Sample:
    """Return a sample of what modules said, as the coordinator makes it: all batteries say the same."""
    of_battery = PROFILES["ta"].decode(ta, at=0.0, nominal_voltage=12.0)
    of_string = PROFILES["tc"].decode(tc, at=0.0, nominal_voltage=None, invert_current=invert_current)
    assert isinstance(of_battery, BatteryReading)
    assert isinstance(of_string, StringReading)
    voltage, temperature = of_battery.voltage, of_battery.temperature
    return Sample(
        at=0.0,
        voltages=dict.fromkeys(IDS, voltage) if voltage is not None else {},
        temperatures=dict.fromkeys(IDS, temperature) if temperature is not None else {},
        current=of_string.current,
        ambient=of_string.ambient_temperature,
        implausible=frozenset(IDS) if of_battery.faults else frozenset(),
        string_implausible=bool(of_string.faults),
    )


def test_a_current_of_sign_and_magnitude_is_drawn_or_charged() -> None:
    """0x80C8 is -20.0 A; two's complement would make -3256 A of it."""
    played = Played()
    for _ in range(361):
        played.now += 10.0
        played.step(replace(said([12100, 250, 4500], [0x80C8, 250, 250]), at=played.now))
    assert played.state.running.condition.condition is OperatingState.DISCHARGE
    assert played.state.running.counters.drawn == pytest.approx(20.0)
    assert played.state.running.counters.charged == 0.0
    charged = Played()
    for _ in range(361):
        charged.now += 10.0
        charged.step(replace(said([13200, 250, 4500], [0x80C8, 250, 250], invert_current=True), at=charged.now))
    assert charged.state.running.counters.charged == pytest.approx(20.0)
    assert charged.state.running.counters.drawn == 0.0


@pytest.mark.parametrize(
    ("ta", "tc"),
    [
        ([0, 0, 0], [0xFFFF, 0xFFFF, 0xFFFF]),
        ([0xFFFF, 0xFFFF, 0xFFFF], [0x7FFF, 0x7FFF, 0x7FFF]),
        ([2200, 2000, 0xFFFF], [0x7FFF, 2000, 2000]),  # 2.2 V, 200 °C
        ([45000, 0x8FFF, 0], [0xFFFF, 0x8FFF, 0]),
    ],
)
def test_what_cannot_be_counts_nothing(ta: list[int], tc: list[int]) -> None:
    """But time: the zeros of a module that has just started are 0 °C, which can be."""
    played = Played()
    played.hear(minutes=10)
    before = played.state.running
    for _ in range(400):
        played.now += 10.0
        played.step(replace(said(ta, tc), at=played.now))
    after = played.state.running
    assert replace(after.counters, watched=0.0, aged=0.0, aged_over=0.0) == replace(
        before.counters, watched=0.0, aged=0.0, aged_over=0.0
    )
    assert after.condition.condition is None
    assert {kind for kind, _, _ in played.raised} == {AlarmKind.MODULE_FAULT}
    played.hear(minutes=3)
    assert played.state.running.counters.drawn == 0.0
    assert played.open == set()


def test_a_fault_of_some_values_leaves_the_others() -> None:
    """A battery of 0 V beside a current that is right: what flows is counted, its energy by nothing."""
    played = Played()
    for _ in range(37):
        played.now += 10.0
        played.step(replace(said([0, 2000, 4500], [0x80C8, 250, 250]), at=played.now))
    counters = played.state.running.counters
    assert counters.drawn == pytest.approx(2.0)
    assert (counters.drawn_energy, counters.hot, counters.aged) == (0.0, 0.0, 0.0)


def test_a_resistance_that_cannot_be_is_none() -> None:
    """Nor has a battery that was not tested a resistance of 0."""
    for word, fault in [(0, False), (0xFFFF, True), (10, True)]:
        reading = PROFILES["ta"].decode([13600, 250, word], at=0.0, nominal_voltage=12.0)
        assert isinstance(reading, BatteryReading)
        assert reading.resistance is None
        assert ("resistance" in reading.faults) is fault
        assert reading.voltage == 13.6


# Tests, and the begin of a discharge


def test_a_battery_under_test_raises_no_alarm_of_its_voltage() -> None:
    """Nor does it for half an hour after; then it has one alarm, the worst of what 12.5 V may mean."""
    played = Played()
    played.hear(minutes=70)
    played.hear(minutes=2, voltages={"b": 12.5}, under_test=frozenset({"b"}))
    played.hear(minutes=29, voltages={"b": 12.5})
    assert played.raised == []
    played.hear(minutes=37, voltages={"b": 12.5})
    assert played.raised == [(AlarmKind.VOLTAGE_LOW, "b", Level.ALARM)]


@pytest.mark.parametrize(("current", "voltage", "weak"), [(-50.0, 11.5, 10.2), (-20.0, 12.0, 10.6)])
def test_a_discharge_soon_after_a_test_is_judged_all_the_same(current: float, voltage: float, weak: float) -> None:
    """The load of the discharge is the same for all batteries: after two minutes the test counts no more."""
    played = Played()
    played.hear(minutes=70)
    played.hear(minutes=1, voltages={"b": 12.5}, under_test=frozenset({"b"}))
    played.hear(minutes=2)
    played.hear(current, voltage, minutes=10, voltages={"b": weak})
    assert ("b", Level.ALARM) in {(battery, level) for _, battery, level in played.raised}


def test_the_result_of_a_test_begins_the_half_hour_too() -> None:
    played = Played()
    played.hear(minutes=70)
    played.state, _ = operations.tested(SETTINGS, played.state, "b", 0.0045, played.now)
    played.hear(minutes=29, voltages={"b": 12.0})
    assert played.raised == []


def test_what_was_low_before_a_test_was_not_low_all_along() -> None:
    """Low for a minute, then half an hour unknown, then low: the five minutes start again."""
    played = Played()
    played.hear(minutes=70)
    played.hear(minutes=1, voltages={"b": 13.1})
    played.hear(voltages={"b": 13.1}, under_test=frozenset({"b"}))
    played.hear(minutes=34, voltages={"b": 13.1})
    assert played.raised == []
    played.hear(minutes=2, voltages={"b": 13.1})
    assert played.raised == [(AlarmKind.VOLTAGE_LOW, "b", Level.WARNING)]


def test_an_alarm_is_held_through_a_test() -> None:
    played = Played()
    played.hear(minutes=10, voltages={"b": 13.0})
    assert played.open == {(AlarmKind.VOLTAGE_LOW, "b", Level.WARNING)}
    played.hear(minutes=20, under_test=frozenset({"b"}))
    assert played.open == {(AlarmKind.VOLTAGE_LOW, "b", Level.WARNING)}
    played.hear(minutes=40)
    assert played.open == set()


def test_a_battery_that_stands_out_is_found_in_the_first_five_minutes_of_a_discharge() -> None:
    """1.3 V less than 11.5 V are 0.68 cells; and 10.2 V are 1.70 V per cell."""
    played = Played()
    played.hear(minutes=10)
    played.hear(-50.0, 11.5, minutes=1, voltages={"b": 10.2})
    expected = {(AlarmKind.REVERSED_CELL, "b", Level.WARNING), (AlarmKind.VOLTAGE_LOW, "b", Level.ALARM)}
    assert set(played.raised) == expected
    played.hear(-50.0, 11.5, minutes=10, voltages={"b": 10.2})
    assert set(played.raised) == expected  # the deviation says no more


def test_the_coup_de_fouet_of_the_whole_string_is_no_low_voltage() -> None:
    played = Played()
    played.hear(minutes=10)
    played.hear(-100.0, 10.7, minutes=4)
    played.hear(-100.0, 11.4, minutes=30)
    assert played.raised == []
    played.hear(-100.0, 10.7, minutes=1)
    assert (AlarmKind.STRING_VOLTAGE_LOW, None, Level.ALARM) in played.raised


def test_a_recharge_up_to_boost_is_no_high_voltage() -> None:
    """From 12.6 V to 14.4 V in an hour and a half, a quarter of an hour of it between 13.86 and 14.1 V."""
    played = Played()
    played.hear(minutes=10)
    played.hear(-20.0, 11.9, minutes=60)
    for step in range(90):
        played.hear(10.0, 12.6 + 0.02 * step, minutes=1)
    played.hear(5.0, 14.4, minutes=60)
    played.hear(0.1, FLOAT, minutes=120)
    assert played.raised == []
    played.hear(0.3, 13.95, minutes=15)
    assert played.raised == [(AlarmKind.STRING_VOLTAGE_HIGH, None, Level.WARNING)]


@pytest.mark.parametrize("volts", [13.9, 13.95])
@pytest.mark.parametrize("boost", [15, 60, 600])
def test_the_voltage_that_sinks_after_boost_is_no_high_voltage(boost: int, volts: float) -> None:
    """Two minutes above the limit before boost and nine after it are no ten minutes."""
    played = Played()
    played.hear(0.1, FLOAT, minutes=30)
    played.hear(0.5, 13.92, minutes=2)
    played.hear(1.0, 14.4, minutes=boost)
    played.hear(0.1, volts, minutes=9)
    assert played.raised == []
    played.hear(0.1, volts, minutes=10)
    assert played.raised == [(AlarmKind.STRING_VOLTAGE_HIGH, None, Level.WARNING)]


@pytest.mark.parametrize("chemistry", [Chemistry.VRLA_AGM, Chemistry.VENTED_LEAD_ACID])
def test_a_recharge_is_no_alarm_of_hydrogen(chemistry: Chemistry) -> None:
    """20 A into 100 Ah, as chargers do; but 5 A of boost into a string that is full is too much."""
    played = Played(replace(SETTINGS, chemistry=chemistry), Running(charge=Charge(state=1.0)))
    played.hear(0.1, 13.5, minutes=10)
    played.hear(-20.0, 11.9, minutes=60)
    played.hear(20.0, 13.2, minutes=70)
    assert played.raised == []
    played.hear(0.2, 13.5, minutes=70)
    played.hear(5.0, 14.5, minutes=40)
    assert (AlarmKind.HYDROGEN, None, Level.ALARM) in played.raised


# Silence


def test_while_nothing_is_heard_nothing_is_watched() -> None:
    played = Played()
    played.hear(minutes=60)
    assert played.state.running.counters.watched == pytest.approx(1.0, abs=0.01)
    counters = played.state.running.counters
    played.nothing(minutes=600, line_down=True)
    assert played.state.running.counters == counters
    assert played.state.running.condition.condition is None
    assert played.open == {(AlarmKind.LINE_DOWN, None, Level.ALARM)}


def test_a_silent_battery() -> None:
    silence = {"missing": ["c"], "offline": frozenset({"c"})}
    played = Played()
    played.hear(minutes=10)
    played.hear(minutes=9.5, **silence)  # type: ignore[arg-type]
    assert played.raised == []
    played.hear(minutes=1, **silence)  # type: ignore[arg-type]
    assert played.raised == [(AlarmKind.MODULE_SILENT, "c", Level.WARNING)]
    # The line goes down: the state of every module is unknown.
    played.nothing(minutes=30, line_down=True)
    assert (AlarmKind.MODULE_SILENT, "c", Level.WARNING) in played.open
    assert {kind for kind, _, _ in played.raised} == {AlarmKind.MODULE_SILENT, AlarmKind.LINE_DOWN}
    # It is up again; the others answer, and this one is still unknown.
    played.hear(minutes=5, missing=["c"])
    assert played.open == {(AlarmKind.MODULE_SILENT, "c", Level.WARNING)}
    played.hear(minutes=5, **silence)  # type: ignore[arg-type]
    assert played.open == {(AlarmKind.MODULE_SILENT, "c", Level.WARNING)}
    played.hear(minutes=2)
    assert played.open == set()
    assert sum(kind is AlarmKind.MODULE_SILENT for kind, _, _ in played.raised) == 1


def test_a_battery_that_falls_silent_just_before_the_line_is_not_silent_for_so_long() -> None:
    played = Played()
    played.hear(minutes=10)
    played.hear(minutes=5, missing=["c"], offline=frozenset({"c"}))
    played.nothing(minutes=60, line_down=True)
    played.hear(minutes=1)
    assert {kind for kind, _, _ in played.raised} == {AlarmKind.LINE_DOWN}


def test_a_silent_string_module() -> None:
    played = Played()
    played.hear(minutes=10)
    played.hear(None, ambient=None, minutes=11, string_offline=True)
    assert played.raised == [(AlarmKind.MODULE_SILENT, None, Level.WARNING)]
    played.nothing(minutes=10, line_down=True)
    played.hear(None, ambient=None, minutes=1)
    assert (AlarmKind.MODULE_SILENT, None, Level.WARNING) in played.open
    played.hear(minutes=3)
    assert played.open == set()


def test_a_faulty_battery_that_falls_silent_is_not_well() -> None:
    played = Played()
    played.hear(minutes=11, missing=["c"], implausible=frozenset({"c"}))
    assert played.open == {(AlarmKind.MODULE_FAULT, "c", Level.WARNING)}
    played.hear(minutes=5, missing=["c"], offline=frozenset({"c"}))
    assert played.open == {(AlarmKind.MODULE_FAULT, "c", Level.WARNING)}
    played.hear(minutes=2)
    assert played.open == set()


def test_the_alarms_of_a_battery_that_falls_silent_are_held() -> None:
    played = Played()
    played.hear(minutes=6, voltages={"c": 13.0})
    played.hear(minutes=5, missing=["c"], offline=frozenset({"c"}))
    assert played.open == {(AlarmKind.VOLTAGE_LOW, "c", Level.WARNING)}


# Alarms that stay, and those of what is gone


def test_latched_kinds_stay_until_somebody_has_seen_them() -> None:
    played = Played(replace(SETTINGS, latched=frozenset({AlarmKind.VOLTAGE_LOW})))
    played.hear(minutes=10, voltages={"c": 13.0, "d": 13.0}, temperatures={"a": 37.0})
    played.hear(minutes=5, voltages={"c": 13.0, "d": 13.0}, temperatures={"a": 37.0})
    played.hear(minutes=60)
    assert played.open == {(AlarmKind.VOLTAGE_LOW, "c", Level.WARNING), (AlarmKind.VOLTAGE_LOW, "d", Level.WARNING)}
    played.state, events = operations.acknowledge(played.settings, played.state, "c", None, "Ana", None, played.now)
    assert len(events) == 1
    played.hear(minutes=1)
    assert played.open == {(AlarmKind.VOLTAGE_LOW, "d", Level.WARNING)}
    played.state, _ = operations.acknowledge(played.settings, played.state, None, None, None, None, played.now)
    played.hear(minutes=1)
    assert played.open == set()


def test_what_is_seen_while_it_lasts_clears_by_itself() -> None:
    played = Played(replace(SETTINGS, latched=frozenset({AlarmKind.VOLTAGE_LOW})))
    played.hear(minutes=10, voltages={"c": 13.0})
    played.state, _ = operations.acknowledge(played.settings, played.state, "c", None, None, None, played.now)
    played.hear(minutes=10)
    assert played.open == set()


def test_a_restart_ends_the_alarms_of_batteries_that_are_gone() -> None:
    played = Played()
    played.hear(minutes=10, voltages={"c": 13.0, "d": 13.0})
    known = [one.alarm for one in played.state.running.watch.values() if one.alarm]
    fewer = replace(SETTINGS, batteries=("a", "b", "c", "e"))
    state, events = watch.begin(fewer, played.state.running, Learned(), {}, [], known, played.now + 60)
    (cleared,) = events
    assert isinstance(cleared, AlarmCleared)
    assert (cleared.alarm.battery, cleared.alarm.cleared) == ("d", played.now + 60)
    assert {one.alarm.battery for one in state.running.watch.values() if one.alarm} == {"c"}
    assert watch.begin(SETTINGS, played.state.running, Learned(), {}, [], known, played.now)[1] == []


def test_a_restart_ends_what_the_journal_has_as_open_and_nobody_watches() -> None:
    orphan = Alarm(
        kind=AlarmKind.DEVIATION, battery="a", level=Level.ALARM, value=0.2, limit=0.1, raised=5.0, worst=Level.ALARM
    )
    state, events = watch.begin(SETTINGS, Running(), Learned(), {}, [], [orphan], 60.0)
    assert events == [AlarmCleared(alarm=replace(orphan, cleared=60.0))]
    assert state.level is Level.OK


def test_a_battery_that_was_replaced_has_no_alarms() -> None:
    played = Played()
    played.hear(minutes=10, voltages={"c": 13.0, "d": 13.0})
    state, events = operations.replaced(SETTINGS, played.state, Replaced(battery="c", at=played.now), played.now)
    assert [event.alarm.battery for event in events if isinstance(event, AlarmCleared)] == ["c"]
    assert {one.alarm.battery for one in state.running.watch.values() if one.alarm} == {"d"}


# Without a module on the string


def test_without_a_current_the_voltages_tell_what_it_does() -> None:
    random = Random(5)
    life = Life(random=random, batteries=6, measures_current=False)
    played = Played(replace(SETTINGS, batteries=life.ids, measures_current=False))

    def happens(day: float) -> None:
        mains = not 0.2 <= day < 0.3
        if life.string.mains != mains:
            life.string.mains = mains
            life.settle()

    for sample in life.live(1.0, happens):
        played.step(sample)
    told = [event.condition for event in played.events if isinstance(event, OperatingStateChanged)]
    assert [one for one in told if one is not OperatingState.REST] == [
        OperatingState.FLOAT,
        OperatingState.DISCHARGE,
        OperatingState.RECHARGE,
        OperatingState.FLOAT,
    ]
    running = played.state.running
    assert not running.condition.from_current
    counters = running.counters
    assert (counters.charged, counters.drawn, counters.charged_energy, counters.drawn_energy) == (0, 0, 0, 0)
    assert counters.discharges == 1
    assert counters.watched == pytest.approx(24.0, rel=0.01)
    assert running.charge.state is None
    assert played.state.gas is None
    assert played.state.prediction.remaining is None
    assert played.raised == []


# Heat


def test_thermal_runaway_takes_two_signals() -> None:
    """6 K above the room, or 2.5 times the usual float current, is none; both are a warning after ten minutes."""
    for current, temperature, expected in [
        (0.1, 31.0, set()),
        (0.3, 25.0, set()),
        (0.3, 31.0, {Level.WARNING}),
        (0.1, 35.5, {Level.WARNING}),  # 10 K alone
        (0.45, 35.5, {Level.ALARM}),  # more than three times as much, and more than 10 K
        (0.1, 41.0, {Level.ALARM}),  # 15 K alone
    ]:
        played = Played()
        played.hear(current, minutes=9, temperatures={"b": temperature})
        assert played.raised == []
        played.hear(current, minutes=4, temperatures={"b": temperature})
        found = {(battery, level) for kind, battery, level in played.raised if kind is AlarmKind.THERMAL_RUNAWAY}
        assert found == {("b", level) for level in expected}, (current, temperature)


def test_a_battery_that_warms_up_by_itself_runs_away() -> None:
    """By 4 K in half an hour in a room that stays as it is; with the room it does not."""
    for room, expected in [(0.0, {AlarmKind.THERMAL_RUNAWAY}), (4.0, set())]:
        played = Played()
        played.hear(minutes=40)
        for minute in range(90):
            warmth = min(minute / 30, 1.2)
            temperatures = dict.fromkeys(IDS, 25.0 + room * warmth) | {"b": 25.0 + 4.0 * warmth}
            played.hear(minutes=1, temperatures=temperatures, ambient=25.0 + room * warmth)
        assert {kind for kind, battery, _ in played.raised if battery} == expected


def test_after_a_recharge_a_battery_may_be_warmer_for_half_a_day() -> None:
    """12 K are no warning then, whatever the current; 14 K are, and so are 11.5 K the next day."""
    played = Played()
    played.hear(minutes=10)
    for minute in range(120):
        played.hear(-20.0, 12.1, minutes=1, temperatures={"b": 25.0 + minute / 20})
    for minute in range(120):
        played.hear(10.0, 13.2, minutes=1, temperatures={"b": 31.0 + minute / 20})
    played.hear(0.5, minutes=60, temperatures={"b": 37.0})
    assert AlarmKind.THERMAL_RUNAWAY not in {kind for kind, _, _ in played.raised}
    for minute in range(45):
        played.hear(0.1, minutes=1, temperatures={"b": min(39.0, 37.0 + minute / 15)})
    assert (AlarmKind.THERMAL_RUNAWAY, "b", Level.WARNING) in played.open
    played.hear(0.1, minutes=60, temperatures={"b": 36.5})
    assert AlarmKind.THERMAL_RUNAWAY not in {kind for kind, _, _ in played.open}
    played.hear(0.1, minutes=12 * 60, temperatures={"b": 36.5})
    assert (AlarmKind.THERMAL_RUNAWAY, "b", Level.WARNING) in played.open


def test_heat_in_a_discharge_is_no_runaway() -> None:
    played = Played()
    played.hear(minutes=10)
    played.hear(-50.0, 12.0, minutes=60, temperatures={"b": 42.0})
    assert {kind for kind, _, _ in played.raised} == {AlarmKind.TEMPERATURE_HIGH}


def test_a_runaway_is_held_through_a_discharge() -> None:
    played = Played()
    played.hear(minutes=15, temperatures={"b": 36.0})
    assert (AlarmKind.THERMAL_RUNAWAY, "b", Level.WARNING) in played.open
    played.hear(-50.0, 12.0, minutes=60)
    assert (AlarmKind.THERMAL_RUNAWAY, "b", Level.WARNING) in played.open
    played.hear(10.0, 13.0, minutes=15)
    assert played.open == set()


def test_heat_from_before_a_discharge_is_looked_at_anew_after_it() -> None:
    """Ten minutes above the limit, of which nine were before: no."""
    played = Played()
    played.hear(minutes=9, temperatures={"b": 38.5})
    played.hear(-50.0, 12.0, minutes=30, temperatures={"b": 38.5})
    played.hear(10.0, 13.0, minutes=9, temperatures={"b": 38.5})
    assert AlarmKind.THERMAL_RUNAWAY not in {kind for kind, _, _ in played.raised}
    played.hear(10.0, 13.0, minutes=2, temperatures={"b": 38.5})
    assert (AlarmKind.THERMAL_RUNAWAY, "b", Level.WARNING) in played.raised


@pytest.mark.parametrize(("back", "interrupted"), [(1.0, False), (HOUR, True)])
def test_a_discharge_whose_clock_was_set_back_by_much_was_not_seen_throughout(back: float, interrupted: bool) -> None:
    played = Played()
    played.hear(minutes=10)
    played.hear(-20.0, 12.1, minutes=120)
    played.now -= back
    played.hear(-20.0, 12.1, minutes=120)
    played.hear(10.0, 12.9, minutes=2)
    (ended,) = [event.discharge for event in played.events if isinstance(event, DischargeEnded)]
    assert ended.interrupted is interrupted
    assert ended.drawn == pytest.approx(80.0, rel=0.005)


def test_alarms_of_a_string_module_that_was_taken_out_are_over() -> None:
    alarm = Alarm(
        kind=AlarmKind.MODULE_SILENT,
        battery=None,
        level=Level.WARNING,
        value=10.0,
        limit=10.0,
        raised=0.0,
        worst=Level.WARNING,
    )
    running = Running(watch={"module_silent": AlarmState(alarm=alarm)}, since={"silent ": 0.0, "line": 0.0})
    without = replace(SETTINGS, measures_current=False)
    state, events = watch.begin(without, running, Learned(), {}, (), (alarm,), 100.0)
    assert [type(event) for event in events] == [AlarmCleared]
    assert (state.running.watch, state.running.since) == ({}, {"line": 0.0})
    state, events = watch.begin(SETTINGS, running, Learned(), {}, (), (alarm,), 100.0)
    assert (events, state.running.watch) == ([], running.watch)


def test_what_nobody_watched_for_hours_does_not_count_as_time_beyond_a_limit() -> None:
    state = StringState()
    hot = dict.fromkeys(SETTINGS.batteries, 36.0)
    volts = dict.fromkeys(SETTINGS.batteries, 13.6)
    sample = Sample(at=0.0, voltages=volts, temperatures=hot, current=0.1, ambient=35.5)
    state, _ = watch.step(SETTINGS, state, sample)
    state, events = watch.step(SETTINGS, state, replace(sample, at=10 * 3600.0))
    assert not [event for event in events if isinstance(event, AlarmRaised)]
    state, _ = watch.step(SETTINGS, state, replace(sample, at=10 * 3600.0 + 300))
    _, events = watch.step(SETTINGS, state, replace(sample, at=10 * 3600.0 + 600))
    assert {event.alarm.kind for event in events if isinstance(event, AlarmRaised)} >= {AlarmKind.TEMPERATURE_HIGH}


@pytest.mark.parametrize(("stuck", "others"), [(FLOAT, 12.3), (13.2, 12.5), (13.0, 11.9)])
@pytest.mark.parametrize("current", [-20.0, None])
def test_a_voltage_that_no_battery_has_under_load_is_said(stuck: float, others: float, current: float | None) -> None:
    played = Played(SETTINGS if current else replace(SETTINGS, measures_current=False))
    played.hear(0.1 if current else None, FLOAT, minutes=120)
    played.hear(current, others, minutes=8, voltages={"c": stuck}, every=2.0)
    assert {(kind, battery) for kind, battery, _ in played.raised} == {(AlarmKind.DEVIATION, "c")}


@pytest.mark.parametrize("current", [-20.0, -1.0])
def test_a_good_battery_in_a_discharge_is_no_alarm(current: float) -> None:
    """A new block among old ones: its charge of the surface lasts longer, and later the others collapse before it."""
    played = Played()
    played.hear(0.1, FLOAT, minutes=120)
    for new, others, minutes in [(13.4, 12.6, 4), (12.92, 12.3, 10), (12.7, 12.1, 30), (12.5, 11.4, 30)]:
        played.hear(current, others, minutes=minutes, voltages={"c": new}, every=2.0)
    assert played.raised == []


def test_a_good_nickel_cadmium_battery_in_a_discharge_is_no_alarm() -> None:
    played = Played(replace(SETTINGS, chemistry=Chemistry.NICD, nominal_voltage=1.2))
    played.hear(0.1, 1.40, minutes=120)
    for new, others, minutes in [(1.38, 1.27, 4), (1.31, 1.22, 10), (1.25, 1.08, 30)]:
        played.hear(-20.0, others, minutes=minutes, voltages={"c": new}, every=2.0)
    assert played.raised == []
