"""The changes to a string in the period of a report: batteries that were replaced, and baselines."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ..monitor.battery.events import Baseline, BaselineKind
from ..strings.address_text import as_text
from ..texts.values import MILLIOHM
from .report_source import Source
from .report_tables import Row, Table, table
from .report_texts import ReportTexts

NONE: Final = "\u2013"  # a battery that is no longer in the string
BY_PERSONS: Final = {BaselineKind.TYPED: "baseline_typed", BaselineKind.NONE: "baseline_none"}
# What the monitor finds by itself, usually for many batteries on one day.
BY_ITSELF: Final = {
    BaselineKind.STRING: "baseline_string",
    BaselineKind.PROVISIONAL: "baseline_provisional",
    BaselineKind.FINAL: "baseline_final",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change, as texts."""

    at: float  # s since 1970
    batteries: str
    what: str
    details: str = ""
    by: str | None = None


def changes_table(texts: ReportTexts, source: Source) -> Table:
    """Return the replacements and the baselines of the period, oldest first."""
    replaced = [
        Change(
            at=one.at,
            batteries=_number(source, one.battery),
            what=texts.text("battery_replaced"),
            details="\n".join(
                part
                for part in (
                    texts.translations.named(texts.text("serial"), one.serial) if one.serial else "",
                    " ".join(part for part in (one.maker, one.battery_type) if part),
                    one.note,
                )
                if part
            ),
            by=one.by,
        )
        for one in source.records.replacements
        if one.at >= source.since
    ]
    baselines = [one for one in source.records.all_baselines if one.at >= source.since]
    typed = [
        Change(
            at=one.at,
            batteries=_number(source, one.battery),
            what=texts.text(BY_PERSONS[one.kind]),
            details=""
            if one.kind is BaselineKind.NONE
            else texts.milliohms(source.string, one.ohmic_value, MILLIOHM) or "",
        )
        for one in baselines
        if one.kind in BY_PERSONS
    ]

    def row(change: Change) -> Row:
        return texts.time(change.at), change.batteries, change.what, change.details, change.by

    changes = sorted([*replaced, *typed, *_found(texts, source, baselines)], key=lambda change: change.at)
    return table(("date", "battery", "change", "details", "changed_by"), changes, row)


def _found(texts: ReportTexts, source: Source, baselines: list[Baseline]) -> list[Change]:
    """Return the baselines that the monitor found, those of a day and kind as one change."""

    def day_and_kind(one: Baseline) -> tuple[str, str]:
        return texts.day(one.at) or "", one.kind

    found: list[Change] = []
    for (_, kind), group in groupby(
        sorted((one for one in baselines if one.kind in BY_ITSELF), key=day_and_kind), key=day_and_kind
    ):
        of_day = list(group)
        numbers = {number for one in of_day if (number := source.string.number(one.battery)) is not None}
        found.append(
            Change(
                at=min(one.at for one in of_day),
                batteries=as_text(sorted(numbers)) or NONE,
                what=texts.text(BY_ITSELF[BaselineKind(kind)]),
            )
        )
    return found


def _number(source: Source, battery: str) -> str:
    number = source.string.number(battery)
    return NONE if number is None else str(number)
