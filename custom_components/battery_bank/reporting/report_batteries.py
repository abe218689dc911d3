"""The present values of each battery in a report."""

from typing import Final

from ..monitor.battery.events import Level
from ..monitor.battery.resistance import ResistanceState
from ..monitor.battery.resistance_trend import Risk
from ..strings.members import Battery
from ..texts.alarm_texts import LEVELS
from ..texts.values import percent
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts

NONE: Final = "\u2013"  # between two dates
NUMBERS: Final = ("number", "voltage_v", "deviation_mv", "temperature", "ohmic_mohm", "baseline_mohm", "ratio")
OF_RESISTANCE: Final = frozenset({"ohmic_mohm", "baseline_mohm", "baseline_of", "ratio", "risk", "replace"})
COLUMNS: Final = (
    "number",
    "serial",
    "make",
    "voltage_v",
    "deviation_mv",
    "temperature",
    "ohmic_mohm",
    "baseline_mohm",
    "baseline_of",
    "ratio",
    "risk",
    "replace",
)


def batteries_table(texts: ReportTexts, source: Source) -> Table:
    """Return the present values of each battery, without the columns that have none."""
    replaced = {one.battery: one for one in source.records.replacements}  # the last one of each battery
    serials = {one.battery: one.serial for one in replaced.values() if one.serial}
    makes = {one.battery: " ".join(part for part in (one.maker, one.battery_type) if part) for one in replaced.values()}
    left_out: set[str] = set() if source.string.testable else set(OF_RESISTANCE)
    if not any(battery.id in serials for battery in source.string.batteries):
        left_out.add("serial")
    if not any(makes.get(battery.id) for battery in source.string.batteries):
        left_out.add("make")  # all as of the string
    if not any(known.trend.limit_from for known in source.state.resistances.values()):
        left_out.add("replace")
    columns = [column for column in COLUMNS if column not in left_out]

    def row(battery: Battery) -> Row:
        cells = _cells(texts, source, battery)
        cells |= {"serial": serials.get(battery.id), "make": makes.get(battery.id) or texts.text("as_string")}
        return [cells[column] for column in columns]

    return table(columns, source.string.batteries, row, NUMBERS)


def _cells(texts: ReportTexts, source: Source, battery: Battery) -> dict[str, Cell | str | None]:
    """Return the values of a battery by column."""
    state, settings = source.state, source.string.settings
    reading = source.readings[battery.id]
    known = state.resistances.get(battery.id) or ResistanceState()
    base = source.records.baselines.get(battery.id)
    deviation = state.spread.deviations.get(battery.id)  # of one cell
    ratio, last, trend = known.ratio, known.last, known.trend
    reached = settings.by_key["resistance_baseline"].level(ratio) if ratio is not None else Level.OK
    alarms = (one.level for one in source.raised if one.concerns(battery.id) and not one.drill)
    raised = max(alarms, default=Level.OK)
    when = [texts.day(trend.limit_from), texts.day(trend.limit_to)] if trend.limit_from else []
    weak = known.risk in (Risk.WEAK, Risk.REPLACE)
    return {
        "number": Cell(str(battery.number), LEVELS[raised] if raised else ""),
        "voltage_v": texts.number(reading.voltage if reading else None, 3),
        "deviation_mv": texts.number(1000 * deviation * settings.cells if deviation is not None else None, 0),
        "temperature": texts.temperature(reading.temperature if reading else None),
        "ohmic_mohm": texts.milliohms(source.string, last.ohmic_value if last else None),
        "baseline_mohm": texts.milliohms(source.string, base.ohmic_value if base else None),
        "baseline_of": texts.day(base.at) if base else None,
        "ratio": Cell(texts.number(percent(ratio), 0, "%"), LEVELS[reached] if reached else ""),
        "risk": Cell(texts.state("risk", known.risk) or "", "warning" if weak else ""),
        "replace": f" {NONE}\n".join(day for day in when if day) or None,
    }
