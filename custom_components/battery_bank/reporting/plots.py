"""The geometry of a plot: from values to places on the page. The templates draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
MARKS: Final = 8  # of the horizontal axis, at most about
LINE: Final = 10.0  # height of a line of text
BESIDE: Final = 160.0  # width of the name of a limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A curve in the units of its axes; one with a name, or that is strong, stands out."""

    points: Sequence[Point]
    name: str = ""
    strong: bool = False

    @property
    def stands_out(self) -> bool:
        """Whether the curve is drawn in black and on top."""
        return self.strong or bool(self.name)


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
    limits: Sequence[tuple[float, float, str]]  # the place of the name of each limit, on the limit, and the name
    curves: Sequence[Curve]  # those that stand out last: they lie on top
    names: Sequence[tuple[float, float, str]]  # the place of the name of each curve that has one, and the name
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

    curves = [
        replace(curve, points=[(x(at), y(value)) for at, value in curve.points])
        for curve in unhurried(sorted(plot.curves, key=lambda curve: curve.stands_out))
        if curve.points
    ]
    limits = sorted((y(value), name) for name, value in plot.limits.items())
    named = sorted((curve.points[-1][::-1], curve.name) for curve in curves if curve.name)
    return Drawing(
        unit=plot.unit,
        steps=[(y(step), step) for step in steps],
        marks=[(x(at), text) for at, text in plot.marks.items()],
        limits=side_by_side(limits),
        curves=curves,
        names=[
            (at, name_at, name)
            for ((_, at), name), name_at in zip(named, apart([at for (at, _), _ in named]), strict=True)
        ],
    )


def side_by_side(limits: Sequence[tuple[float, str]]) -> list[tuple[float, float, str]]:
    """Return the places of names on limits, from the top down: a name too close to the one above stands beside it."""
    places: list[tuple[float, float, str]] = []
    for at, name in limits:
        beside = bool(places) and at - places[-1][1] < LINE and places[-1][0] == LEFT
        places.append((LEFT + BESIDE if beside else LEFT, at, name))
    return places


def apart(places: Sequence[float]) -> list[float]:
    """Return vertical places of names, from the top down, moved as little as needed so that no two overlap."""
    groups: list[list[float]] = []  # of names that touch: the sum of the places of their first lines, and their number
    for place in places:
        groups.append([place, 1])
        while len(groups) > 1 and groups[-1][0] / groups[-1][1] < groups[-2][0] / groups[-2][1] + LINE * groups[-2][1]:
            (total, count), (total_before, count_before) = groups.pop(), groups.pop()
            groups.append([total_before + total - LINE * count * count_before, count_before + count])
    spread: list[float] = []
    for total, count in groups:
        first = max(total / count, spread[-1] + LINE if spread else TOP)
        first = min(first, HEIGHT - BOTTOM - LINE * (count - 1))
        spread += [round(first + LINE * number, 1) for number in range(int(count))]
    return spread


def steps_between(low: float, high: float, count: int = STEPS) -> list[float]:
    """Return round numbers, evenly spaced, from below the lowest to above the highest value; about `count` of them."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** floor(log10(span / count))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / count)
    first = floor(low / step)
    steps = [round((first + number) * step, 9) for number in range(3 * count)]
    last = next(number for number, value in enumerate(steps) if value >= high)
    return steps[: last + 1]


def round_marks(low: float, high: float) -> list[float]:
    """Return the round numbers between two values, evenly spaced."""
    return [step for step in steps_between(low, high, MARKS) if low <= step <= high]
