"""The geometry of a plot: from values to places on the page. The templates draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from typing import Final

from .turns import unhurried

type Point = tuple[float, float]

# Of the whole plot, in units of the drawing. A page is about as many points wide.
WIDTH: Final = 700.0
HEIGHT: Final = 230.0
# Of the margins around the plotting area; the names of limits and curves stand in the right one.
LEFT: Final = 46.0
RIGHT: Final = 60.0
TOP: Final = 16.0
BOTTOM: Final = 24.0
STEPS: Final = 5  # of the vertical axis, about
MARKS: Final = 6  # of the horizontal axis


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A curve in the units of its axes; a curve with a name stands out."""

    points: Sequence[Point]
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """Curves and limits in the units of the axes; at least one curve has a point."""

    curves: Sequence[Curve]
    limits: Mapping[str, float] = field(default_factory=dict)  # by name
    unit: str = ""  # of the vertical axis
    marks: Mapping[float, str] = field(default_factory=dict)  # texts of the horizontal axis, by their place on it


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A plot in units of the drawing, from the top left corner."""

    unit: str
    steps: Sequence[tuple[float, float]]  # the vertical place and the value of each step
    marks: Sequence[tuple[float, str]]  # the horizontal place and the text of each mark
    limits: Sequence[tuple[float, str]]  # the vertical place and the name of each limit
    curves: Sequence[Curve]  # those with a name last: they lie on top
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT  # the edges of the plotting area
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


def drawing(plot: Plot) -> Drawing:
    """Return where everything in a plot is drawn, to a tenth of a unit."""
    points = [point for curve in plot.curves for point in curve.points]
    across = [*(at for at, _ in points), *plot.marks]
    up = [*(value for _, value in points), *plot.limits.values()]
    steps = steps_between(min(up), max(up))
    low_x, high_x, low_y, high_y = min(across), max(across), min(*steps, *up), max(*steps, *up)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at: float) -> float:
        return round(LEFT + width * (at - low_x) / ((high_x - low_x) or 1.0), 1)

    def y(value: float) -> float:
        return round(TOP + height * (high_y - value) / ((high_y - low_y) or 1.0), 1)

    return Drawing(
        unit=plot.unit,
        steps=[(y(step), step) for step in steps],
        marks=[(x(at), text) for at, text in plot.marks.items()],
        limits=[(y(value), name) for name, value in plot.limits.items()],
        curves=[
            Curve(points=[(x(at), y(value)) for at, value in curve.points], name=curve.name)
            for curve in unhurried(sorted(plot.curves, key=lambda curve: bool(curve.name)))
            if curve.points
        ],
    )


def steps_between(low: float, high: float) -> list[float]:
    """Return round numbers, evenly spaced, from below the lowest to above the highest value."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** floor(log10(span / STEPS))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / STEPS)
    first = floor(low / step)
    steps = [round((first + number) * step, 9) for number in range(3 * STEPS)]
    last = next(number for number, value in enumerate(steps) if value >= high)
    return steps[: last + 1]


def evenly_spaced(values: Sequence[float]) -> list[float]:
    """Return the places of the marks of an axis that has these values on it; none without values."""
    if not values:
        return []
    first, last = min(values), max(values)
    if first == last:
        return [first]
    return [first + number * (last - first) / (MARKS - 1) for number in range(MARKS)]
