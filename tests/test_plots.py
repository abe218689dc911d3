"""Where a plot of the report has its curves, limits and steps; the expected places are worked out by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.reporting.date_marks import date_marks
from custom_components.battery_bank.reporting.plots import (
    Curve,
    Plot,
    apart,
    drawing,
    round_marks,
    side_by_side,
    steps_between,
)

SECOND_MONTHS = ((2025, "07"), (2025, "09"), (2025, "11"), (2026, "01"), (2026, "03"), (2026, "05"))
VALUES = st.floats(min_value=-1e6, max_value=1e6).filter(lambda value: value == 0 or abs(value) > 1e-3)


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (100.0, 155.0, [100, 120, 140, 160]),
        (10.83, 12.6, [10.5, 11, 11.5, 12, 12.5, 13]),
        (0.0, 5.0, [0, 1, 2, 3, 4, 5]),
        (-3.0, 3.0, [-4, -2, 0, 2, 4]),
        (13.5, 13.5, [10, 15]),  # one value: around it
    ],
)
def test_steps_are_round_numbers_around_the_values(low: float, high: float, steps: list[float]) -> None:
    assert steps_between(low, high) == steps


@given(st.tuples(VALUES, VALUES))
def test_steps_hold_all_values(ends: tuple[float, float]) -> None:
    low, high = sorted(ends)
    steps = steps_between(low, high)
    margin = 1e-9 * max(1.0, abs(low), abs(high))
    assert steps[0] <= low + margin
    assert steps[-1] >= high - margin
    assert steps == sorted(steps)


def test_marks_are_round() -> None:
    assert round_marks(0.0, 59.0) == [0, 10, 20, 30, 40, 50]
    assert round_marks(0.0, 120.0) == [0, 20, 40, 60, 80, 100, 120]
    assert round_marks(0.3, 4.8) == [1, 2, 3, 4]


def test_names_of_limits_stand_beside_each_other_if_they_are_close() -> None:
    limits = [(16.0, "a"), (22.0, "b"), (28.0, "c"), (60.0, "d"), (75.0, "e")]
    assert [(x, y) for x, y, _ in side_by_side(limits)] == [(46, 16), (206, 22), (46, 28), (46, 60), (46, 75)]


@pytest.mark.parametrize(
    ("places", "moved"),
    [
        ([], []),
        ([50.0, 70.0], [50, 70]),  # far enough from each other
        ([50.0, 52.0], [46, 56]),  # both by the same
        ([50.0, 50.0, 50.0, 90.0], [40, 50, 60, 90]),
        ([50.0, 58.0, 63.0], [47, 57, 67]),
        ([17.0, 18.0], [16, 26]),  # not above the plotting area, …
        ([203.0, 205.0], [196, 206]),  # … nor below it
    ],
)
def test_names_do_not_overlap(places: list[float], moved: list[float]) -> None:
    assert apart(places) == moved


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2026-06-16T14:30", "2026-06-16T20:00", ["2026-06-16"]),  # no day begins in between
        ("2026-06-16T14:30", "2026-06-18T20:00", ["2026-06-17", "2026-06-18"]),
        ("2026-10-23T00:00", "2026-10-27T00:00", ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"]),
        ("2025-06-16T14:30", "2026-06-16T14:30", [f"{year}-{month}-01" for year, month in SECOND_MONTHS]),
        ("2016-06-16T14:30", "2026-06-16T14:30", [f"{year}-01-01" for year in (2018, 2020, 2022, 2024, 2026)]),
    ],
)
def test_an_axis_of_time_has_days_months_or_years(first: str, last: str, days: list[str]) -> None:
    zone = ZoneInfo("Europe/Madrid")  # summer time ends on 2026-10-25
    begin, end = (datetime.fromisoformat(at).replace(tzinfo=zone).timestamp() for at in (first, last))
    marks = [datetime.fromtimestamp(at, zone) for at in date_marks(begin, end, zone)]
    assert [f"{at:%Y-%m-%d}" for at in marks] == days
    assert all(f"{at:%H:%M}" == "00:00" for at in marks) or len(marks) == 1


def test_a_drawing() -> None:
    """The plotting area is 46 to 640 across and 16 to 206 down; its values are 100 to 160."""
    plain, named = Curve(points=[(0.0, 100.0), (10.0, 160.0)], name="3"), Curve(points=[(5.0, 130.0)])
    drawn = drawing(
        Plot(curves=[plain, named, Curve(points=[])], limits={"Alarm": 145.0}, unit="%", marks={0.0: "a", 10.0: "b"})
    )
    assert (drawn.left, drawn.right, drawn.top, drawn.bottom, drawn.unit) == (46.0, 640.0, 16.0, 206.0, "%")
    assert drawn.steps == [(206.0, 100.0), (142.7, 120.0), (79.3, 140.0), (16.0, 160.0)]
    assert drawn.marks == [(46.0, "a"), (640.0, "b")]
    assert drawn.limits == [(46.0, 63.5, "Alarm")]
    assert drawn.names == [(640.0, 16.0, "3")]
    assert drawn.curves == [  # the one with a name on top
        Curve(points=[(343.0, 111.0)]),
        Curve(points=[(46.0, 206.0), (640.0, 16.0)], name="3"),
    ]
