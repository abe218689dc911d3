"""The discharges of a report: all of them as a table, and the curves of the last one and of the deepest one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..monitor.battery.events import CurvePoint, Discharge
from .plots import Curve, Drawing, Plot, drawing, round_marks
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts
from .turns import unhurried

NONE: Final = "\u2013"  # inside a text: not measured, or not known
HOURS_FROM: Final = 300.0  # min; the time axis of a longer discharge is in hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A plot and its caption."""

    plot: Drawing
    caption: str


def discharge_table(texts: ReportTexts, source: Source) -> Table:
    """Return the discharges of the period."""
    settings = source.string.settings

    def row(discharge: Discharge) -> Row:
        number = source.string.number(discharge.lowest_battery)
        lowest = NONE if number is None else str(number)
        rate = discharge.rate
        share = discharge.capacity / settings.capacity if discharge.capacity is not None else None
        return (
            texts.time(discharge.start),
            texts.duration(discharge.end - discharge.start if discharge.end is not None else None),
            texts.number(discharge.drawn, 1),
            texts.number(rate, 1),
            texts.number(discharge.energy, 0),
            texts.number(discharge.end_voltage, 2),
            f"{lowest} ({texts.number(discharge.lowest_voltage, 3) or NONE})",
            f"{texts.number(discharge.capacity, 1)} ({texts.number(100 * share, 0, '%')})" if share else None,
            Cell(texts.text("interrupted"), "warning") if discharge.interrupted else "",
        )

    numbers = ("duration", "drawn_ah", "mean_a", "energy_wh", "end_voltage_v", "lowest_battery", "capacity_ah")
    return table(("start", *numbers, "remark"), source.records.discharges, row, numbers)


def discharge_plots(texts: ReportTexts, source: Source) -> Sequence[Figure]:
    """Return the voltages of the batteries in the last discharge and, if it is another one, in the deepest."""
    last, deepest = source.records.last, source.records.deepest
    if last and deepest and last.start == deepest.start:
        chosen = [("both_plot", last)]
    else:
        chosen = [(key, one) for key, one in (("last_plot", last), ("deepest_plot", deepest)) if one]
    figures = [(key, one, _plot(texts, source, one)) for key, one in chosen]
    return [
        Figure(plot=plot, caption=texts.text(key, start=texts.time(one.start) or ""))
        for key, one, plot in figures
        if plot
    ]


def _plot(texts: ReportTexts, source: Source, discharge: Discharge) -> Drawing | None:
    settings = source.string.settings
    curves = source.records.curves.get(discharge.start, {})
    return discharge_plot(
        texts, source, curves, discharge.lowest_battery, settings.figure("end_voltage") * settings.cells
    )


def discharge_plot(
    texts: ReportTexts,
    source: Source,
    curves: Mapping[str | None, Sequence[CurvePoint]],
    named: str | None,
    end_voltage: float,
) -> Drawing | None:
    """Return the voltages of the batteries in a discharge; `end_voltage` in V of a battery, `named` is marked."""
    of_batteries = {battery: points for battery, points in curves.items() if battery is not None and points}
    if not of_batteries:
        return None
    longest = max(points[-1].seconds for points in of_batteries.values()) / 60
    divisor, unit = (3600.0, "h") if longest >= HOURS_FROM else (60.0, "min")
    name = str(source.string.number(named) or "")
    drawn = [
        Curve(points=stretch, name=name if last else "", strong=battery == named)
        for battery, points in unhurried(of_batteries.items())
        for stretch, last in _stretches(points, divisor)
    ]
    marks = round_marks(0.0, longest * 60 / divisor)
    return drawing(
        Plot(
            curves=drawn,
            limits={f"{texts.text('figure_end_voltage')} {texts.number(end_voltage, 2, 'V')}": end_voltage},
            unit="V",
            marks={at: f"{texts.numbers.write(at, 'g')} {unit}" for at in marks},
        )
    )


def _stretches(points: Sequence[CurvePoint], divisor: float) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    """Return the parts of a curve between which no voltage is known, and whether each is the last one."""
    parts: list[list[tuple[float, float]]] = [[]]
    for point in points:
        at = point.seconds / divisor
        if point.voltage is not None:
            parts[-1].append((at, point.voltage))
        elif parts[-1]:
            parts[-1].append((at, parts[-1][-1][1]))
            parts.append([])
    found = [part for part in parts if part]
    return ((part, part is found[-1]) for part in found)
