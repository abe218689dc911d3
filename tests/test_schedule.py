"""When scheduled tests are due: nights, intervals, and what is in the way."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery import operations
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmState, AlarmStates, key
from custom_components.battery_bank.monitor.battery.due_tests import Schedule, due, next_test, obstacle
from custom_components.battery_bank.monitor.battery.events import Alarm, Level, OperatingState, Replaced
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = Schedule(days=30, begins=time(1), ends=time(5))
LATE = Schedule(days=30, begins=time(22, 30), ends=time(2))
ALWAYS = Schedule(days=30, begins=time(3), ends=time(3))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


@pytest.mark.parametrize(
    ("schedule", "now", "is_open"),
    [
        (NIGHT, "2027-01-10 00:59:59", False),
        (NIGHT, "2027-01-10 01:00", True),
        (NIGHT, "2027-01-10 04:59:59", True),
        (NIGHT, "2027-01-10 05:00", False),
        (LATE, "2027-01-10 22:29", False),
        (LATE, "2027-01-10 22:30", True),
        (LATE, "2027-01-11 00:00", True),
        (LATE, "2027-01-11 01:59", True),
        (LATE, "2027-01-11 02:00", False),
        (LATE, "2027-01-11 12:00", False),
        (ALWAYS, "2027-01-10 02:59", True),
        (ALWAYS, "2027-01-10 03:00", True),
        (ALWAYS, "2027-01-10 15:00", True),
    ],
)
def test_windows(schedule: Schedule, now: str, is_open: bool) -> None:
    assert schedule.open_at(at(now)) is is_open


@pytest.mark.parametrize(
    ("schedule", "now", "opening"),
    [
        (NIGHT, "2027-01-10 00:30", "2027-01-10 01:00"),
        (NIGHT, "2027-01-10 03:00", "2027-01-10 01:00"),
        (NIGHT, "2027-01-10 12:00", "2027-01-11 01:00"),
        (LATE, "2027-01-10 12:00", "2027-01-10 22:30"),
        (LATE, "2027-01-10 23:00", "2027-01-10 22:30"),
        (LATE, "2027-01-11 01:00", "2027-01-10 22:30"),
        (NIGHT, "2027-12-31 12:00", "2028-01-01 01:00"),
    ],
)
def test_when_a_window_opens(schedule: Schedule, now: str, opening: str) -> None:
    assert schedule.opening(at(now)) == at(opening)


def open_minutes(schedule: Schedule, day: str) -> int:
    """Count the real minutes from noon to noon in which the window is open."""
    noon = at(f"{day} 12:00").timestamp()
    return sum(
        schedule.open_at(datetime.fromtimestamp(noon + 60 * minute, MADRID))
        for minute in range(round((at(f"{day} 12:00") + timedelta(days=1)).timestamp() - noon) // 60)
    )


def test_the_nights_in_which_the_clocks_change() -> None:
    """01:00 to 05:00 is three hours long in spring, five in autumn; what is not there can't be open."""
    assert open_minutes(NIGHT, "2027-03-27") == 3 * 60
    assert open_minutes(NIGHT, "2027-10-30") == 5 * 60
    assert open_minutes(NIGHT, "2027-11-30") == 4 * 60
    skipped = Schedule(begins=time(2), ends=time(3))
    assert open_minutes(skipped, "2027-03-27") == 0
    assert open_minutes(skipped, "2027-10-30") == 2 * 60
    assert open_minutes(skipped, "2027-03-28") == 60


def test_a_window_that_opens_in_the_hour_that_is_skipped() -> None:
    schedule = Schedule(begins=time(2, 30), ends=time(5))
    assert schedule.open_at(at("2027-03-28 03:00"))
    assert not schedule.open_at(at("2027-03-28 01:59"))
    opens = at("2027-03-28 03:00").timestamp()  # 02:00 is 03:00
    assert schedule.opening(at("2027-03-27 12:00")).timestamp() == opens
    assert schedule.opening(at("2027-03-28 03:10")).timestamp() == opens
    # A window that lies in the skipped hour opens on the next day.
    assert Schedule(begins=time(2), ends=time(3)).opening(at("2027-03-27 12:00")) == at("2027-03-29 02:00")


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2027-03-27"),
        ("Europe/Berlin", "2027-10-30"),
        ("America/New_York", "2027-03-13"),
        ("America/New_York", "2027-11-06"),
        ("Australia/Lord_Howe", "2027-10-02"),  # by half an hour
        ("Australia/Lord_Howe", "2027-04-03"),
        ("Africa/Cairo", "2027-04-29"),  # at midnight
        ("Africa/Cairo", "2027-10-28"),
        ("Asia/Kolkata", "2028-02-28"),
        ("Asia/Kolkata", "2027-12-31"),
    ],
)
@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        *(("01:00", "05:00"), ("22:00", "03:00"), ("02:30", "05:00"), ("02:00", "03:00"), ("02:10", "02:20")),
        *(("02:30", "02:30"), ("00:00", "00:30"), ("23:30", "02:15"), ("02:15", "01:45")),
    ],
)
def test_the_next_test_is_true_in_the_nights_in_which_the_clocks_change(
    zone: str, day: str, begins: str, ends: str
) -> None:
    """A time that is shown is one at which the test can be requested, and not a minute before."""
    schedule = Schedule(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
    noon = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo(zone)).timestamp()

    def is_due(now: float) -> bool:
        return bool(due(schedule, {"a": None}, {}, datetime.fromtimestamp(now, ZoneInfo(zone))))

    for minutes in range(0, 30 * 60, 20):
        now = noon + 60 * minutes
        opens = next_test(schedule, {"a": None}, datetime.fromtimestamp(now, ZoneInfo(zone)))
        assert opens is not None
        if is_due(now):
            assert opens.timestamp() <= now
        else:
            assert now < opens.timestamp() < now + 49 * 3600
            assert is_due(opens.timestamp())
            assert not is_due(opens.timestamp() - 60)


def test_due_on_both_sides_of_a_change_of_the_clocks() -> None:
    tested = {"a": at("2027-02-26 01:10").timestamp()}  # 30 days less an hour before
    assert due(NIGHT, tested, {}, at("2027-03-28 01:10")) == ["a"]
    assert due(NIGHT, tested, {}, at("2027-03-27 01:10")) == []


def test_only_in_the_window_and_the_one_that_waits_longest_first() -> None:
    now = at("2027-06-15 02:00")
    month = now.timestamp() - 30 * 86400
    tested = {"a": month - 10, "b": None, "c": month - 3600, "d": now.timestamp() - 86400}
    assert due(NIGHT, tested, {}, now) == ["b", "c", "a"]
    assert due(NIGHT, tested, {}, at("2027-06-15 12:00")) is None
    assert due(NIGHT, {}, {}, now) == []


def test_due_half_a_day_early_so_that_turns_do_not_move_on() -> None:
    now = at("2027-06-15 01:00")
    tested = {"a": now.timestamp() - (30 * 86400 - 12 * 3600), "b": now.timestamp() - (30 * 86400 - 12 * 3600 - 60)}
    assert due(NIGHT, tested, {}, now) == ["a"]


def test_a_year_of_nights_tests_every_battery_at_its_interval() -> None:
    """Forty batteries of five minutes each, in a window of four hours: twelve times a year, and none late."""
    schedule = Schedule(days=30, begins=time(1), ends=time(5))
    tested: dict[str, float | None] = {f"b{number}": None for number in range(40)}
    days: dict[str, list[float]] = {battery: [] for battery in tested}
    start = at("2027-01-01 01:00")
    for day in range(366):
        for minute in range(0, 240, 5):
            now = start + timedelta(days=day, minutes=minute)
            if waiting := due(schedule, tested, {}, now):
                tested[waiting[0]] = now.timestamp()
                days[waiting[0]].append(day)
    for turns in days.values():
        assert {after - before for before, after in pairwise(turns)} == {30}
        assert len(turns) == 13


def test_a_failed_test_is_asked_for_again_the_next_night_and_only_then() -> None:
    asked = {"a": at("2027-06-15 01:30").timestamp()}
    tested: dict[str, float | None] = {"a": None, "b": None}
    assert due(NIGHT, tested, asked, at("2027-06-15 01:31")) == ["b"]
    assert due(NIGHT, tested, asked, at("2027-06-15 04:59")) == ["b"]
    assert due(NIGHT, tested, asked, at("2027-06-16 01:00")) == ["a", "b"]


def test_when_the_next_test_is() -> None:
    now = at("2027-06-15 12:00")
    assert next_test(NIGHT, {}, now) is None
    assert next_test(NIGHT, {"a": None}, now) == at("2027-06-16 01:00")
    tested = {"a": at("2027-06-10 02:00").timestamp(), "b": at("2027-06-12 02:00").timestamp()}
    # Thirty days less half of one are over in the afternoon of the 9th.
    assert next_test(NIGHT, tested, now) == at("2027-07-10 01:00")


@pytest.mark.parametrize("schedule", [NIGHT, LATE, ALWAYS], ids=["night", "late", "always open"])
@given(hours=st.integers(0, 24 * 365), last=st.none() | st.integers(0, 24 * 365))
def test_the_next_test_is_when_one_is_due(schedule: Schedule, hours: int, last: int | None) -> None:
    begin = at("2027-01-01 00:00").timestamp()
    now = datetime.fromtimestamp(begin + hours * 3600, MADRID)
    tested = {"a": None if last is None else begin + min(last, hours) * 3600.0}
    opens = next_test(schedule, tested, now)
    assert opens is not None
    if opens > now:
        assert not due(schedule, tested, {}, now)
        assert due(schedule, tested, {}, opens) == ["a"]
    else:
        assert due(schedule, tested, {}, now) == ["a"]


def raised(kind: AlarmKind, level: Level) -> AlarmStates:
    alarm = Alarm(kind=kind, battery="a", level=level, value=1.0, limit=1.0, raised=0.0, worst=level)
    return {key(kind, "a"): AlarmState(alarm=alarm)}


@pytest.mark.parametrize(
    ("condition", "age", "state", "watch", "expected"),
    [
        (OperatingState.FLOAT, 0.0, 0.9, {}, None),
        (OperatingState.FLOAT, 0.0, 0.7, {}, None),
        (OperatingState.FLOAT, 0.0, 0.69, {}, "not_charged"),
        (OperatingState.FLOAT, 23 * 3600.0, None, {}, "not_charged"),
        (OperatingState.FLOAT, 24 * 3600.0, None, {}, None),
        (OperatingState.BOOST, 1e6, 1.0, {}, "not_on_float"),
        (OperatingState.DISCHARGE, 1e6, 1.0, {}, "not_on_float"),
        (OperatingState.RECHARGE, 1e6, 1.0, {}, "not_on_float"),
        (OperatingState.REST, 1e6, 1.0, {}, "not_on_float"),
        (None, 1e6, 1.0, {}, "not_on_float"),
        (OperatingState.FLOAT, 0.0, 1.0, raised(AlarmKind.THERMAL_RUNAWAY, Level.ALARM), "alarm"),
        (OperatingState.FLOAT, 0.0, 1.0, raised(AlarmKind.THERMAL_RUNAWAY, Level.WARNING), None),
        (OperatingState.FLOAT, 0.0, 1.0, raised(AlarmKind.RESISTANCE_BASELINE, Level.ALARM), None),
        (OperatingState.FLOAT, 0.0, 1.0, raised(AlarmKind.MODULE_SILENT, Level.ALARM), None),
        (OperatingState.FLOAT, 0.0, 1.0, {"voltage_low a": AlarmState(warning_since=0.0)}, None),
    ],
)
def test_obstacles(
    condition: OperatingState | None, age: float, state: float | None, watch: AlarmStates, expected: str | None
) -> None:
    assert obstacle(condition=condition, age=age, state_of_charge=state, alarms=watch) == expected


def test_a_battery_that_is_replaced_is_tested_the_same_night_although_the_old_one_was_asked_for() -> None:
    settings = Settings(batteries=("a", "b"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    night = at("2027-06-15 01:30")
    state, _ = operations.note_requested(settings, StringState(), ("a", "b"), night.timestamp())
    new = Replaced(battery="a", at=night.timestamp())
    state, _ = operations.replaced(settings, state, new, night.timestamp())
    never: dict[str, float | None] = {"a": None, "b": None}
    assert due(NIGHT, never, state.running.asked, at("2027-06-15 01:31")) == ["a"]
