"""Where a plot of the report has its curves, limits and steps; the expected places are worked out by hand."""

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.reporting.plots import Curve, Plot, drawing, evenly_spaced, steps_between

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


def test_marks_are_evenly_spaced() -> None:
    assert evenly_spaced([]) == []
    assert evenly_spaced([7.0]) == [7.0]
    assert evenly_spaced([100.0, 0.0, 30.0]) == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]


def test_a_drawing() -> None:
    """The plotting area is 46 to 640 across and 16 to 206 down; its values are 100 to 160."""
    plain, named = Curve(points=[(0.0, 100.0), (10.0, 160.0)], name="3"), Curve(points=[(5.0, 130.0)])
    drawn = drawing(
        Plot(curves=[plain, named, Curve(points=[])], limits={"Alarm": 145.0}, unit="%", marks={0.0: "a", 10.0: "b"})
    )
    assert (drawn.left, drawn.right, drawn.top, drawn.bottom, drawn.unit) == (46.0, 640.0, 16.0, 206.0, "%")
    assert drawn.steps == [(206.0, 100.0), (142.7, 120.0), (79.3, 140.0), (16.0, 160.0)]
    assert drawn.marks == [(46.0, "a"), (640.0, "b")]
    assert drawn.limits == [(63.5, "Alarm")]
    assert drawn.curves == [  # the one with a name on top
        Curve(points=[(343.0, 111.0)]),
        Curve(points=[(46.0, 206.0), (640.0, 16.0)], name="3"),
    ]
