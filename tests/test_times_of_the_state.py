"""Each number of the saved state of a string is a time that moves with the clock, or is listed here as none."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import count
from types import NoneType, UnionType
from typing import Any, Final, TypeAliasType, get_args, get_origin, get_type_hints

import pytest

from custom_components.battery_bank.monitor.battery.running_state import Running, after_gap, set_back

BY: Final = 20_000.0  # s, longer than any delay
# Amounts, and times that are no times of the clock. A name stands for all that is below it.
NO_TIMES: Final = {
    "current", "voltage", "held", "rested", "counters", "float_current",
    "watch.limit_now", "condition.turned", "condition.weak_voltage", "condition.residual", "condition.offset",
    "charge.state", "charge.drawn", "charge.returned",
    "heat.looks.temperatures", "heat.looks.reference", "heat.median", "heat.coldest", "heat.room",
    "recent.means.voltage", "recent.means.compensation", "recent.means.current",
    "recent.seconds", "recent.voltage", "recent.compensation", "recent.current",
    "loads.current", "rests.hours", "since_full.drawn", "blocked_tests.hours",
    "available.share", "available.current", "available.load", "available.begun", "available.settled",
    "available.voltage",
    "capacity_tests.now.current", "capacity_tests.now.end_voltage", "capacity_tests.now.rated",
    "capacity_tests.now.passes", "capacity_tests.now.basis",
}  # fmt: skip
# Times that stay, and why.
STAYING: Final = {
    "at": "the clock is compared with it",
    "latest": "the clock is compared with it",
    "again": "the clock is compared with it",
    "watch.alarm": "a record in the journal",
    "recording.discharge": "a record in the journal, whose times go on from its begin: `Recording.ahead`",
    "recording.last": "goes on from the begin of the discharge",
    "recording.lowest_early": "no time",
    "recording.temperature_hours": "no time",
    "recording.temperature_over": "no time",
    "recording.near_at": "goes on from the begin of the discharge",
    "recording.squares": "no time",
    "recording.doubt": "no time",
    "recording.unknown": "no time",
    "polarity": "a jump during which the clock was set is no evidence",
    "capacity_tests.now.start": "the begin of the discharge, which stays",
    "capacity_tests.now.looks": "go on from the begin of the discharge",
    "capacity_tests.now.above": "goes on from the begin of the discharge",
    "capacity_tests.now.at_end": "a record in the journal",
    "capacity_tests.last": "a record in the journal",
    "capacity_tests.measured": "a record in the journal",
    "capacity_tests.measured_before": "a record in the journal",
    "capacity_tests.results": "records in the journal",
}
# Times that a gap does not move when the clock comes right in it: what they belong to is too old after the gap.
TOO_OLD: Final = {
    "current_at", "voltage_at", "heat.looks.at", "heat.room_at", "recent.means.at", "recent.begun", "recent.latest",
    "loads.at", "available.at", "available.below_since",
}  # fmt: skip
FORGOTTEN: Final = {  # delays, which start again after a gap
    "watch.warning_since", "watch.alarm_since", "watch.calm_since", "since_full.held_since",
}  # fmt: skip
# A gap in the monitoring is no time in which something was seen to last.
WAITING: Final = {"since", "since_full.at"}

numbers = count(1)


def filled(kind: Any) -> Any:
    """Return a value of a type in which nothing is missing, and every number is another time."""
    origin, args = get_origin(kind), get_args(kind)
    value: Any
    if isinstance(kind, TypeAliasType):
        value = filled(kind.__value__)
    elif origin is UnionType:
        value = filled(next(one for one in args if one is not NoneType))
    elif origin in (tuple, frozenset):
        value = origin(filled(one) for one in args if one is not ...)
    elif origin is Mapping:
        value = {filled(args[0]): filled(args[1])}
    elif is_dataclass(kind):
        hints = get_type_hints(kind)
        value = kind(**{one.name: filled(hints[one.name]) for one in fields(kind)})  # type: ignore[operator]
    elif issubclass(kind, Enum):
        value = next(iter(kind))
    else:
        value = 1e9 + 1000.0 * next(numbers) if kind is float else kind()
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Return all floats of a state by the names of their fields."""
    if isinstance(value, float):
        yield path, value
    elif is_dataclass(value):
        for one in fields(value):
            yield from leaves(getattr(value, one.name), f"{path}.{one.name}".lstrip("."))
    elif isinstance(value, Mapping | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(one, path)


def under(path: str, names: Mapping[str, str] | set[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for name in names)


STATE: Final[Running] = replace(filled(Running), behind=3 * BY)
EVERY_NUMBER: Final = pytest.mark.parametrize("path", sorted({path for path, _ in leaves(STATE)} - {"behind"}))


def moved(path: str, after: Running) -> set[float]:
    """Return by how many s a number was moved; nothing if it was forgotten."""
    before = [number for name, number in leaves(STATE) if name == path]
    now = [number for name, number in leaves(after) if name == path]
    return {new - old for old, new in zip(before, now, strict=bool(now))}


@EVERY_NUMBER
def test_a_clock_that_is_set_back_moves_every_time(path: str) -> None:
    stays = under(path, NO_TIMES) or under(path, STAYING)
    dropped = path.startswith("loads.")  # loads are compared within seconds
    expected = set() if dropped else {0.0 if stays else -BY}
    assert moved(path, set_back(STATE, BY)) == expected, (
        f"`set_back` in running_state.py has to move {path}; if it is no time of the clock, name it in NO_TIMES here"
    )


@EVERY_NUMBER
def test_a_gap_in_which_the_clock_comes_right_moves_every_time(path: str) -> None:
    stays = under(path, NO_TIMES) or under(path, STAYING) or path in TOO_OLD
    expected = set() if path in FORGOTTEN else {0.0 if stays else BY}
    assert moved(path, after_gap(STATE, BY)) == expected, (
        f"`after_gap` in running_state.py has to move {path}; if a gap makes it too old, name it in TOO_OLD here"
    )


@EVERY_NUMBER
def test_a_gap_in_the_monitoring_is_no_time_that_something_lasts(path: str) -> None:
    expected = set() if path in FORGOTTEN else {BY if path in WAITING else 0.0}
    found = moved(path, after_gap(replace(STATE, behind=0.0), BY))
    assert found == expected, f"if a gap moves {path}, name it in WAITING here; see `after_gap` in running_state.py"


def test_the_lists_name_what_there_is() -> None:
    paths = {path for path, _ in leaves(STATE)}
    listed = {*NO_TIMES, *STAYING, *TOO_OLD, *FORGOTTEN, *WAITING}
    assert {name for name in listed if not any(under(path, {name}) for path in paths)} == set()
