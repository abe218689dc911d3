"""A page to be printed: sections, tables and plots as HTML and inline SVG, without scripts, without the network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10
from typing import Final

type Cell = str | Marked | None
type Point = tuple[float, float]

NONE: Final = "\u2013"  # in a cell: not measured, or not known

WIDTH: Final = 700.0  # of a plot, in its own units; a page is about as many points wide
HEIGHT: Final = 230.0
LEFT: Final = 46.0
RIGHT: Final = 60.0  # where lines are named
TOP: Final = 16.0
BOTTOM: Final = 24.0
TICKS: Final = 5

STYLE: Final = """
@page { size: A4; margin: 16mm 14mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); } }
* { box-sizing: border-box; }
body { font: 10pt/1.4 "Noto Sans", "DejaVu Sans", Arial, "Noto Sans CJK SC", sans-serif; color: #111; margin: 0 auto;
  max-width: 182mm; padding: 8mm 0; background: #fff; }
header { border-bottom: 2pt solid #111; padding-bottom: 3mm; margin-bottom: 5mm; }
h1 { font-size: 19pt; line-height: 1.15; margin: 0; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; border-bottom: .5pt solid #999; padding-bottom: 1mm; break-after: avoid; }
p { margin: 1mm 0; }
.lead, .note { color: #444; }
.note { font-size: 8.5pt; }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; }
thead { display: table-header-group; }
tr, figure { break-inside: avoid; }
th { text-align: left; font-weight: 600; border-bottom: 1pt solid #111; vertical-align: bottom; }
th, td { padding: .7mm 2mm .7mm 0; }
td { border-bottom: .25pt solid #ccc; vertical-align: top; white-space: pre-line; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: pre; }
.warning, .alarm { font-weight: 700; }
.alarm { background: #eee; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5mm 5mm; margin: 0; }
dt { color: #444; }
dd { margin: 0; }
figure { margin: 2mm 0; }
figcaption { font-size: 8.5pt; color: #444; }
svg { width: 100%; height: auto; display: block; }
.string { break-before: page; }
.sign { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8mm; margin-top: 16mm; break-inside: avoid; }
.sign div { border-top: .5pt solid #111; padding-top: 1mm; font-size: 8.5pt; color: #444; }
@media print { body { max-width: none; padding: 0; } }
"""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text that stands out, for a `level` that was reached."""

    text: str
    level: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A line of a plot; one with a name is drawn in black, with the name at its end."""

    points: Sequence[Point]
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Curves over one axis, and limits across it."""

    curves: Sequence[Curve]
    limits: Mapping[str, float] = field(default_factory=dict)  # by name
    unit: str = ""
    ticks: Sequence[tuple[float, str]] = ()  # of the horizontal axis


def page(title: str, language: str, body: Iterable[str]) -> str:
    """Return a whole document."""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{'\n'.join(body)}\n</body>\n</html>\n"
    )


def title(text: str) -> str:
    """Return the title of a part of the document."""
    return f"<h1>{escape(text)}</h1>"


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def facts(pairs: Iterable[tuple[str, str | None]]) -> str:
    """Return names and values below each other; those without a value are left out."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs if value)
    return f"<dl>{rows}</dl>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, numbers: Iterable[int] = ()) -> str:
    """Return a table whose heading is repeated on each page; `numbers` are the columns set to the right."""
    right = set(numbers)
    head = "".join(
        f'<th class="n">{escape(one)}</th>' if at in right else f"<th>{escape(one)}</th>"
        for at, one in enumerate(columns)
    )
    body = "".join(
        f"<tr>{''.join(_cell(cell, number=at in right) for at, cell in enumerate(row))}</tr>\n" for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def figure(plot: Plot, caption: str) -> str:
    """Return a plot with its caption; nothing where there is nothing to draw."""
    points = [point for curve in plot.curves for point in curve.points]
    if not points:
        return ""
    return f"<figure>{_svg(plot, points, caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def signatures(names: Iterable[str]) -> str:
    """Return the places where people sign."""
    return f'<div class="sign">{"".join(f"<div>{escape(name)}</div>" for name in names)}</div>'


def _cell(cell: Cell, *, number: bool) -> str:
    text, level = (cell.text, cell.level) if isinstance(cell, Marked) else (cell if cell is not None else NONE, "")
    classes = " ".join(name for name in ("n" if number else "", level) if name)
    return f'<td class="{classes}">{escape(text)}</td>' if classes else f"<td>{escape(text)}</td>"


def _svg(plot: Plot, points: Sequence[Point], caption: str) -> str:
    across = [at for at, _ in points] + [at for at, _ in plot.ticks]
    up = [value for _, value in points] + list(plot.limits.values())
    low_x, high_x = min(across), max(across)
    steps = _steps(min(up), max(up))
    low_y, high_y = min(*steps, *up), max(*steps, *up)

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - low_x) / ((high_x - low_x) or 1.0), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low_y) / ((high_y - low_y) or 1.0), 1)

    right = WIDTH - RIGHT
    parts = [
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(caption)}" font-size="9" fill="none">'
    ]
    for step in steps:
        parts.append(f'<path d="M{LEFT:g} {y(step):g}H{right:g}" stroke="#ddd" stroke-width=".5"/>')
        parts.append(f'<text x="{LEFT - 5:g}" y="{y(step) + 3:g}" text-anchor="end" fill="#444">{step:g}</text>')
    parts.append(f'<text x="{LEFT - 5:g}" y="{TOP - 4:g}" text-anchor="end" fill="#444">{escape(plot.unit)}</text>')
    for at, name in plot.ticks:
        parts.append(f'<path d="M{x(at):g} {HEIGHT - BOTTOM:g}v4" stroke="#111" stroke-width=".5"/>')
        parts.append(f'<text x="{x(at):g}" y="{HEIGHT - 6:g}" text-anchor="middle" fill="#444">{escape(name)}</text>')
    for name, value in plot.limits.items():
        parts.append(
            f'<path d="M{LEFT:g} {y(value):g}H{right:g}" stroke="#111" stroke-dasharray="5 3" stroke-width=".8"/>'
        )
        parts.append(f'<text x="{right + 4:g}" y="{y(value) + 3:g}" fill="#111">{escape(name)}</text>')
    for curve in sorted(plot.curves, key=lambda curve: bool(curve.name)):
        if not curve.points:
            continue
        stroke, width = ("#111", 1.3) if curve.name else ("#aaa", 0.7)
        path = "L".join(f"{x(at):g} {y(value):g}" for at, value in curve.points)
        parts.append(f'<path d="M{path}" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"/>')
        if len(curve.points) == 1:
            at, value = curve.points[0]
            parts.append(f'<circle cx="{x(at):g}" cy="{y(value):g}" r="1.5" fill="{stroke}"/>')
        if curve.name:
            at, value = curve.points[-1]
            parts.append(
                f'<text x="{min(x(at) + 3, right + 4):g}" y="{y(value) + 3:g}" fill="#111">{escape(curve.name)}</text>'
            )
    parts.append(f'<path d="M{LEFT:g} {TOP:g}V{HEIGHT - BOTTOM:g}H{right:g}" stroke="#111" stroke-width=".8"/></svg>')
    return "".join(parts)


def _steps(low: float, high: float) -> list[float]:
    """Return round numbers from below the least to above the greatest value."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** floor(log10(span / TICKS))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / TICKS)
    first = floor(low / step)
    steps = [round((first + number) * step, 9) for number in range(3 * TICKS)]
    last = next(number for number, value in enumerate(steps) if value >= high)
    return steps[: last + 1]
