"""The other sensors of the room in a report: what they measure now, and where it comes from."""

from ..monitor.battery.room import TEMPERATURE
from ..strings.room_sensors import HYDROGEN, NOT_MEASURED, NotMeasured, RoomReading
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts


def room_table(texts: ReportTexts, source: Source) -> Table:
    """Return each sensor with its entity and its value now, or why it has none."""

    def row(one: RoomReading) -> Row:
        kind = texts.text("ambient") if one.field == TEMPERATURE else texts.translations.option("alarm", one.field)
        return kind, f"{one.name} ({one.entity_id})", _value(texts, one)

    return table(("quantity", "source", "value_now"), source.room, row)


def by_room_sensor(texts: ReportTexts, source: Source, field: str) -> Cell | str | None:
    """Return by which entity something is measured now, or that it isn't; None if no entity was chosen for it."""
    for one in source.room:
        if one.field == field:
            missing = isinstance(one.value, NotMeasured)
            text = texts.text("by_sensor_not_now" if missing else "by_sensor", source=one.entity_id)
            return Cell(text, "warning") if missing else text
    return None


def _value(texts: ReportTexts, one: RoomReading) -> Cell | str | None:
    if isinstance(one.value, NotMeasured):
        return Cell(
            texts.text("room_not_measured", reason=texts.translations.option(NOT_MEASURED, one.value)), "warning"
        )
    if one.field == TEMPERATURE:
        return texts.temperature(one.value)
    if one.field == HYDROGEN:
        return texts.number(one.value, 2, "%")
    return Cell(texts.text("room_fault"), "alarm") if one.value else texts.text("room_no_fault")
