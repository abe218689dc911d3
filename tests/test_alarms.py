"""The machine behind every alarm: delay, hysteresis, latch, acknowledgement, and no flapping."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.acknowledgement import acknowledge, note_acknowledged
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmStates, key_of, worst
from custom_components.battery_bank.monitor.battery.alarms import Drill, Judge, drilled
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDeescalated,
    AlarmNoted,
    AlarmRaised,
    Event,
    Level,
)
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS, limits_of
from custom_components.battery_bank.monitor.battery.limits import Limit
from custom_components.battery_bank.monitor.model import Chemistry

HIGH = Limit(kind=AlarmKind.TEMPERATURE_HIGH, unit="°C", warning=35.0, alarm=50.0, hysteresis=1.5, delay=60.0)
LOW = Limit(kind=AlarmKind.VOLTAGE_LOW, unit="V", warning=2.2, alarm=2.1, hysteresis=0.01, delay=60.0)


def play(
    limit: Limit, values: Sequence[float | None], *, every: float = 10.0, latched: tuple[AlarmKind, ...] = ()
) -> tuple[AlarmStates, list[tuple[float, Event]]]:
    watch: AlarmStates = {}
    events: list[tuple[float, Event]] = []
    for number, value in enumerate(values):
        judge = Judge(watch, every * number, latched)
        judge.check(limit, "b7", value)
        watch = judge.states
        events += [(every * number, event) for event in judge.events]
    return watch, events


def test_raised_after_the_delay_and_cleared_after_the_hysteresis() -> None:
    watch, events = play(HIGH, [30.0] * 3 + [36.0] * 10 + [34.0] * 30 + [33.0] * 10)
    (raised_at, raised), (cleared_at, cleared) = events
    assert isinstance(raised, AlarmRaised)
    assert raised_at == 90.0  # beyond since 30 s, for 60 s
    assert (raised.alarm.kind, raised.alarm.battery, raised.alarm.level) == (HIGH.kind, "b7", Level.WARNING)
    assert (raised.alarm.value, raised.alarm.limit, raised.alarm.raised) == (36.0, 35.0, 90.0)
    assert isinstance(cleared, AlarmCleared)  # 34 °C is within the hysteresis, 33 °C is not
    assert cleared_at == cleared.alarm.cleared == 430.0 + 60.0
    assert not watch


def test_what_comes_back_before_the_delay_was_nothing() -> None:
    watch, events = play(HIGH, [36.0] * 6 + [34.9] + [36.0] * 6)
    assert not events
    assert worst(watch) is Level.OK


def test_it_gets_worse_and_better_again() -> None:
    _, events = play(HIGH, [36.0] * 10 + [51.0] * 10 + [40.0] * 10 + [20.0] * 10)
    assert [type(event) for _, event in events] == [AlarmRaised, AlarmRaised, AlarmDeescalated, AlarmCleared]
    levels = [event.alarm.level for _, event in events if isinstance(event, AlarmRaised | AlarmDeescalated)]
    assert levels == [Level.WARNING, Level.ALARM, Level.WARNING]
    *_, (_, cleared) = events
    assert isinstance(cleared, AlarmCleared)
    assert (cleared.alarm.worst, cleared.alarm.limit, cleared.alarm.raised) == (Level.ALARM, 50.0, 60.0)


@pytest.mark.parametrize("half", [7, 12, 40])
def test_a_value_that_goes_to_and_fro_between_the_levels_is_told_twice(half: int) -> None:
    _, events = play(HIGH, ([51.0] * half + [40.0] * half) * (2000 // half))
    raised = [event.alarm.level for _, event in events if isinstance(event, AlarmRaised)]
    assert raised == [Level.ALARM] * 2
    assert not any(isinstance(event, AlarmCleared) for _, event in events)


def test_a_second_escalation_ends_after_an_hour() -> None:
    _, events = play(HIGH, [51.0] * 10 + [40.0] * 10 + [51.0] * 10 + [40.0] * 370)
    assert [type(event) for _, event in events] == [AlarmRaised, AlarmDeescalated] * 2


def test_one_limit_for_both_levels_is_one_of_what_is_too_high() -> None:
    watch, events = play(replace(HIGH, warning=50.0), [49.0] * 3 + [51.0] * 10 + [60.0] * 3 + [52.0] * 3)
    assert [event.alarm.level for _, event in events if isinstance(event, AlarmRaised)] == [Level.ALARM]
    (state,) = watch.values()
    assert state.alarm is not None
    assert state.alarm.worst_value == 60.0


def test_at_once_far_beyond_is_an_alarm_without_a_warning_before() -> None:
    _, events = play(LOW, [2.0] * 10)
    ((_, raised),) = events
    assert isinstance(raised, AlarmRaised)
    assert (raised.alarm.level, raised.alarm.limit) == (Level.ALARM, 2.1)


@pytest.mark.parametrize("unknown", [None, nan, inf, -inf])
def test_what_nobody_can_tell_changes_nothing(unknown: float | None) -> None:
    watch, events = play(HIGH, [*[36.0] * 10, *[unknown] * 100])
    assert len(events) == 1
    assert worst(watch) is Level.WARNING
    watch, events = play(HIGH, [*[36.0] * 5, unknown, *[36.0] * 5])
    assert not events  # whether it was beyond the limit all the time is unknown


def test_the_note_of_an_acknowledged_alarm_is_changed_and_of_no_other() -> None:
    watch, _ = play(HIGH, [36.0] * 10)
    assert note_acknowledged(watch, None, None, "Ana", "Too early", 900.0) == (watch, [])
    watch, _ = acknowledge(watch, None, None, "Ana", None, 1000.0)
    assert note_acknowledged(watch, "b8", None, "Ben", "Another battery", 1100.0) == (watch, [])
    assert note_acknowledged(watch, None, AlarmKind.VOLTAGE_LOW, "Ben", "Another kind", 1100.0) == (watch, [])
    watch, (event,) = note_acknowledged(watch, "b7", HIGH.kind, "Ben", "Fan ordered", 1100.0)
    assert isinstance(event, AlarmNoted)
    assert (event.alarm.note, event.alarm.noted, event.alarm.noted_by) == ("Fan ordered", 1100.0, "Ben")
    assert (event.alarm.acknowledged, event.alarm.acknowledged_by) == (1000.0, "Ana")
    assert note_acknowledged(watch, "b7", None, "Ana", "Fan ordered", 1200.0) == (watch, [])  # as it was


def test_latched_stays_until_somebody_has_seen_it() -> None:
    watch, events = play(HIGH, [36.0] * 10 + [20.0] * 20, latched=(AlarmKind.TEMPERATURE_HIGH,))
    assert len(events) == 1
    watch, acknowledged = acknowledge(watch, None, None, "Ana", None, 1000.0)
    (event,) = acknowledged
    assert isinstance(event, AlarmAcknowledged)
    assert (event.alarm.acknowledged, event.alarm.acknowledged_by) == (1000.0, "Ana")
    judge = Judge(watch, 1001.0, (AlarmKind.TEMPERATURE_HIGH,))
    judge.check(HIGH, "b7", 20.0)
    assert [type(event) for event in judge.events] == [AlarmCleared]
    assert not judge.states


def test_latched_keeps_its_level_until_somebody_has_seen_it() -> None:
    """What was an alarm is no warning afterwards, only because the value is still beyond that limit."""
    kinds = (AlarmKind.TEMPERATURE_HIGH,)
    watch, events = play(HIGH, [51.0] * 10 + [40.0] * 30 + [20.0] * 30 + [40.0] * 30, latched=kinds)
    assert [type(event) for _, event in events] == [AlarmRaised]
    assert worst(watch) is Level.ALARM
    watch, _ = acknowledge(watch, None, None, "Ana", None, 1000.0)
    found: list[Event] = []
    for second in range(1010, 1300, 10):
        judge = Judge(watch, float(second), kinds)
        judge.check(HIGH, "b7", 40.0)
        watch, found = judge.states, [*found, *judge.events]
    assert [type(event) for event in found] == [AlarmDeescalated]
    assert worst(watch) is Level.WARNING


def test_acknowledged_once_and_anew_when_it_gets_worse() -> None:
    watch, _ = play(HIGH, [36.0] * 10)
    assert acknowledge(watch, "b8", None, None, None, 100.0) == (watch, [])
    watch, events = acknowledge(watch, "b7", None, None, None, 100.0)
    assert len(events) == 1
    assert acknowledge(watch, "b7", None, None, None, 101.0) == (watch, [])
    for second in range(110, 200, 10):
        judge = Judge(watch, float(second))
        judge.check(HIGH, "b7", 55.0)
        watch = judge.states
    (watched,) = watch.values()
    assert watched.alarm is not None
    assert watched.alarm.acknowledged is None


def test_something_else_than_the_value_can_make_it_an_alarm() -> None:
    judge = Judge({}, 0.0)
    judge.check(HIGH, "b7", 20.0, at_least=Level.ALARM)
    judge = Judge(judge.states, 61.0)
    judge.check(HIGH, "b7", 20.0, at_least=Level.ALARM)
    assert worst(judge.states) is Level.ALARM


def test_an_alarm_of_what_is_gone_is_over() -> None:
    watch, _ = play(HIGH, [36.0] * 10)
    judge = Judge(watch, 200.0)
    judge.clear(AlarmKind.TEMPERATURE_HIGH, "b8")
    assert judge.states == watch
    judge.clear(AlarmKind.TEMPERATURE_HIGH, "b7")
    assert (judge.states, [type(event) for event in judge.events]) == ({}, [AlarmCleared])


@given(seed=st.integers(0, 10_000), share=st.floats(0.1, 0.9), limit=st.sampled_from([HIGH, LOW]))
def test_noise_at_a_limit_raises_at_most_once_and_never_clears(seed: int, share: float, limit: Limit) -> None:
    random = Random(seed)
    at = limit.warning
    values = [at + random.uniform(-share, share) * limit.hysteresis for _ in range(400)]
    _, events = play(limit, list(values))
    assert len(events) <= 1


@given(values=st.lists(st.none() | st.floats(), max_size=60))
def test_whatever_comes_in_raised_and_cleared_alternate(values: list[float | None]) -> None:
    _, events = play(HIGH, values, every=100.0)
    open_now = False
    for _, event in events:
        if isinstance(event, AlarmCleared):
            assert open_now
            open_now = False
        else:
            open_now = True


@pytest.mark.parametrize("chemistry", list(Chemistry))
def test_every_default_makes_sense(chemistry: Chemistry) -> None:
    for default in DEFAULTS:
        warning, alarm = default.pair(chemistry)
        assert default.low <= min(warning, alarm) <= max(warning, alarm) <= default.high, default.key
        assert warning != alarm
        assert default.hysteresis < abs(alarm - warning) or default.hysteresis == 0
        assert default.source
    assert len({default.key for default in DEFAULTS}) == len(DEFAULTS)
    assert {default.kind for default in DEFAULTS} == set(AlarmKind)
    chosen = limits_of(chemistry, {"temperature_high_warning": 30.0})["temperature_high"]
    assert (chosen.warning, chosen.alarm) == (30.0, 50.0)


def test_a_drill_ends_by_itself_and_leaves_what_is_real_alone() -> None:
    real, _ = play(HIGH, [36.0] * 10)
    watch, events = drilled(real, "b7", Drill(kind=HIGH.kind, level=Level.ALARM, seconds=300.0), 100.0)
    (raised,) = events
    assert isinstance(raised, AlarmRaised)
    assert (raised.alarm.drill, raised.alarm.kind, raised.alarm.battery, raised.alarm.raised) == (
        True,
        HIGH.kind,
        "b7",
        100.0,
    )
    assert (raised.alarm.value, raised.alarm.limit) == (None, None)
    assert len(watch) == 2
    for at in (110.0, 399.0):
        judge = Judge(watch, at)
        judge.check(HIGH, "b7", 36.0)
        assert judge.states.keys() == watch.keys()
        assert not judge.events
    judge = Judge(watch, 400.0)
    judge.check(HIGH, "b7", 36.0)
    (cleared,) = judge.events
    assert isinstance(cleared, AlarmCleared)
    assert (cleared.alarm.drill, cleared.alarm.cleared) == (True, 400.0)
    assert judge.states.keys() == real.keys()


def test_a_common_delay_begins_anew_after_a_time_without_values() -> None:
    """Of 20 batteries 10 are beyond the limit: one alarm, after 60 s with a value."""
    states: AlarmStates = {}
    raised = []
    for number in range(20):
        judge = Judge(states, 10.0 * number, batteries=20)
        for battery in range(20):
            value = None if number == 5 else 36.0 if battery < 10 else 25.0
            judge.check(HIGH, f"b{battery}", value)
        judge.settle()
        states = judge.states
        raised += [(10.0 * number, event.alarm) for event in judge.events if isinstance(event, AlarmRaised)]
    ((at, alarm),) = raised
    assert at >= 60.0 + 60.0  # the first value after the gap came at 60 s
    assert len(alarm.batteries) == 10
    assert all(key_of(one.alarm) == name for name, one in states.items() if one.alarm)
    named = [battery for battery in range(20) if Judge(states, 200.0).names(HIGH.kind, f"b{battery}")]
    assert named == list(range(10))


def test_an_alarm_of_an_earlier_release_gets_its_worst_value() -> None:
    """Release 0.4.0 saved the value at which it was raised, and nothing else."""
    states, _ = play(HIGH, [36.0] * 10)
    ((name, state),) = states.items()
    assert state.alarm is not None
    old = replace(state.alarm, worst_value=None, worst_at=None, value_now=None, value_at=None)
    judge = Judge({name: replace(state, alarm=old)}, 200.0)
    judge.check(HIGH, "b7", 35.5)
    (after,) = judge.states.values()
    assert after.alarm is not None
    assert (after.alarm.worst_value, after.alarm.worst_at) == (36.0, old.raised)
    assert (after.alarm.value_now, after.alarm.value_at) == (35.5, 200.0)
    assert key_of(after.alarm) == name


def test_a_drill_of_the_same_kind_begins_anew() -> None:
    drill = Drill(kind=HIGH.kind, level=Level.WARNING, seconds=300.0)
    watch, _ = drilled({}, None, drill, 100.0)
    watch, events = drilled(watch, None, drill, 200.0)
    assert [type(event) for event in events] == [AlarmCleared, AlarmRaised]
    assert not Judge(watch, 499.0).events
    assert len(Judge(watch, 500.0).events) == 1


def alarm_of(event: Event) -> Alarm:
    assert isinstance(event, AlarmRaised | AlarmDeescalated | AlarmCleared)
    return event.alarm


def test_the_value_of_an_alarm_that_deescalates_is_that_of_the_warning() -> None:
    watch, events = play(HIGH, [36.0] * 10 + [51.0] * 10 + [40.0] * 10)
    numbers = [(alarm.value, alarm.limit) for alarm in (alarm_of(event) for _, event in events)]
    assert numbers == [(36.0, 35.0), (51.0, 50.0), (40.0, 35.0)]
    (state,) = watch.values()
    assert state.alarm
    assert state.alarm.worst_value == 51.0


def test_a_level_for_another_reason_has_no_value() -> None:
    """Then the value reaches a limit by itself, and then it is within both."""
    watch: AlarmStates = {}
    found = list[tuple[Level, float | None, float | None]]()
    for number, (value, least) in enumerate(
        [(20.0, Level.ALARM)] * 10 + [(36.0, Level.OK)] * 10 + [(20.0, Level.OK)] * 10
    ):
        judge = Judge(watch, 10.0 * number)
        judge.check(HIGH, "b7", value, at_least=least)
        watch = judge.states
        found += [(alarm.level, alarm.value, alarm.limit) for alarm in map(alarm_of, judge.events)]
    assert found == [(Level.ALARM, None, None), (Level.WARNING, 36.0, 35.0), (Level.WARNING, 36.0, 35.0)]
    assert not watch


def test_no_negative_zero() -> None:
    limit = Limit(kind=AlarmKind.CURRENT_SHARE, unit="×", warning=0.8, alarm=0.7, hysteresis=0.05, delay=0.0)
    watch, _ = play(limit, [-0.0])
    (state,) = watch.values()
    assert state.alarm
    assert str(state.alarm.value) == str(state.alarm.value_now) == "0.0"


@pytest.mark.parametrize(("values", "since"), [
    ([36.0] * 10, None),
    ([51.0] * 10, None),  # an alarm at once has its level since it was raised
    ([36.0] * 10 + [51.0] * 10, 160.0),
    ([36.0] * 10 + [51.0] * 10 + [49.0] * 3, 160.0),  # within the hysteresis it stays critical
    ([36.0] * 10 + [51.0] * 10 + [40.0] * 10, 260.0),
    ([36.0] * 10 + [51.0] * 10 + [20.0] * 10 + [36.0] * 10, None),  # another alarm
])  # fmt: skip
def test_an_alarm_that_has_changed_its_level_has_that_level_since_then(
    values: list[float], since: float | None
) -> None:
    watch, _ = play(HIGH, values)
    (state,) = watch.values()
    assert state.level_since == since


def test_an_alarm_stands_under_the_limit_that_holds_now() -> None:
    """The record of the alarm keeps the limit by which it was raised."""
    watch, _ = play(HIGH, [40.0] * 10)
    (state,) = watch.values()
    assert state.limit_now == 35.0
    judge = Judge(watch, 100.0)
    judge.check(replace(HIGH, warning=38.0), "b7", 40.0)
    (state,) = judge.states.values()
    assert state.alarm
    assert (state.limit_now, state.alarm.limit) == (38.0, 35.0)
    judge = Judge(judge.states, 110.0)
    judge.check(HIGH, "b7", None)
    (state,) = judge.states.values()
    assert state.limit_now == 38.0
