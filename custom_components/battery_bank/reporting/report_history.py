"""The voltage and the temperatures of a string over the period of a report, from the statistics of the recorder."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from homeassistant.const import UnitOfTemperature
from homeassistant.util.unit_conversion import TemperatureConverter

from ..monitor.battery.events import Level
from ..texts.alarm_texts import LEVELS
from .date_marks import date_marks
from .plots import Curve, Drawing, Plot, Point, drawing
from .report_source import Source
from .report_tables import Row, Table, table
from .report_texts import ReportTexts
from .tables import Mean

VOLTAGE: Final = "voltage"
AMBIENT: Final = "ambient_temperature"
HOTTEST: Final = "highest_temperature"
QUANTITIES: Final = (VOLTAGE, AMBIENT, HOTTEST)
BREAK: Final = 1.5  # intervals without statistics, after which a curve is interrupted


def voltage_plot(texts: ReportTexts, source: Source) -> Drawing | None:
    """Return mean, lowest and highest voltage of the string in each interval, and the limits on float."""
    settings = source.string.settings
    limits = {
        f"{texts.level(LEVELS[level])} {sign} {texts.number(value, 2, 'V')}": value
        for key, sign in (("string_voltage_high", "≥"), ("string_voltage_low", "≤"))
        for level in (Level.WARNING, Level.ALARM)
        for value in [settings.by_key[key].of(level) * settings.all_cells]
    }
    curves = [
        *_curves(source, VOLTAGE, lambda mean: mean.low),
        *_curves(source, VOLTAGE, lambda mean: mean.high),
        *_curves(source, VOLTAGE, lambda mean: mean.mean, texts.text("mean")),
    ]
    return _plot(texts, curves, limits, "V")


def temperature_plot(texts: ReportTexts, source: Source) -> Drawing | None:
    """Return the mean temperature of the room and the highest one of a battery in each interval, and its limits."""
    unit = texts.temperature_unit

    def shown(celsius: float | None) -> float | None:
        return None if celsius is None else TemperatureConverter.convert(celsius, UnitOfTemperature.CELSIUS, unit)

    limit = source.string.settings.by_key["temperature_high"]
    limits = {texts.level(LEVELS[level]): shown(limit.of(level)) or 0.0 for level in (Level.WARNING, Level.ALARM)}
    curves = [
        *_curves(source, AMBIENT, lambda mean: shown(mean.mean), texts.text("room")),
        *_curves(source, HOTTEST, lambda mean: shown(mean.high), texts.text("hottest")),
    ]
    return _plot(texts, curves, limits, unit)


def history_table(texts: ReportTexts, source: Source) -> Table:
    """Return the lowest, mean and highest value of each quantity in the period."""

    def row(quantity: str) -> Row:
        found = [mean for mean in source.means or () if mean.quantity == quantity]
        means = [mean.mean for mean in found if mean.mean is not None]
        values = (
            min((mean.low for mean in found if mean.low is not None), default=None),
            sum(means) / len(means) if means else None,
            max((mean.high for mean in found if mean.high is not None), default=None),
        )
        of_voltage = quantity == VOLTAGE
        name = {VOLTAGE: "string_voltage", AMBIENT: "ambient", HOTTEST: "hottest_battery"}[quantity]
        return texts.text(name), *(
            texts.number(value, 2, "V") if of_voltage else texts.temperature(value) for value in values
        )

    measured = {mean.quantity for mean in source.means or ()}
    columns = ("quantity", "lowest_value", "mean_value", "highest_value")
    return table(columns, [one for one in QUANTITIES if one in measured], row, columns[1:])


def _plot(texts: ReportTexts, curves: Sequence[Curve], limits: dict[str, float], unit: str) -> Drawing | None:
    times = [at for curve in curves for at, _ in curve.points]
    if not times:
        return None
    marks = {at: texts.day(at) or "" for at in date_marks(min(times), max(times), texts.zone)}
    return drawing(Plot(curves=curves, limits=limits, unit=unit, marks=marks))


def _curves(source: Source, quantity: str, value_fn: Callable[[Mean], float | None], name: str = "") -> Iterator[Curve]:
    """Yield the pieces of a curve between times without statistics; the last one has the name."""
    pieces: list[list[Point]] = []
    before: Mean | None = None
    for mean in source.means or ():
        value = value_fn(mean) if mean.quantity == quantity else None
        if value is None:
            continue
        if before is None or mean.start - before.end > BREAK * (before.end - before.start):
            pieces.append([])
        pieces[-1].append(((mean.start + mean.end) / 2, value))
        before = mean
    for number, points in enumerate(pieces, 1):
        yield Curve(points=points, name=name if number == len(pieces) else "", strong=bool(name))
