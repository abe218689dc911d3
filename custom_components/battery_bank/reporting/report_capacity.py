"""The capacity tests in a report, and their certificates: duty, end voltage, result and verdict (IEEE 450, 1188)."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..monitor.battery.capacity_result import CapacityTestResult
from ..monitor.battery.discharge_recorder import CORRECTED, is_corrected
from ..texts.alarm_texts import CAPACITY_TEST
from .plots import Drawing
from .report_discharges import discharge_plot
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The certificate of one capacity test."""

    title: str
    verdict: str
    bad: bool  # whether the test is not passed
    facts: Sequence[tuple[str, str | None]]
    plot: Drawing | None


def capacity_table(texts: ReportTexts, source: Source) -> Table:
    """Return the tests of the period of the report, oldest first, also those that were not begun."""
    reference = texts.temperature(source.string.settings.figure("reference_temperature")) or ""

    def row(result: CapacityTestResult) -> Row:
        found = ", ".join(one for one in (_percent(texts, result.share), _verdict(texts, result)) if one)
        return (
            texts.time(result.start),
            result.announced_by or texts.text("automation"),
            _corrected(texts, result, reference),
            _percent(texts, result.passes),
            Cell(found, "" if result.passed else "warning"),
        )

    columns = ("test_begin", "announced_by", "corrected_capacity", "pass_limit", "test_result")
    return table(columns, source.records.capacity_tests, row, ("pass_limit",))


def certificates(texts: ReportTexts, source: Source) -> Sequence[Certificate]:
    """Return the certificates of the tests in the period of the report, the last one first."""
    return [_certificate(texts, source, one) for one in reversed(source.records.capacity_tests) if one.begun]


def _certificate(texts: ReportTexts, source: Source, result: CapacityTestResult) -> Certificate:
    settings = source.string.settings
    reference = texts.temperature(settings.figure("reference_temperature")) or ""
    end = texts.number(result.cell_voltage * settings.all_cells, 2, "V")
    number = source.string.number(result.first_below)
    facts = [
        ("test_begin", texts.time(result.start)),
        ("test_end", texts.time(result.end)),
        ("announced_by", result.announced_by or texts.text("automation")),
        ("duty", texts.number(result.duty, 1, "A") or texts.text("load_as_is")),
        ("mean_current", texts.number(result.current, 1, "A")),
        ("test_end_voltage", f"{end} ({texts.number(result.cell_voltage, 2, 'V')} × {settings.all_cells})"),
        ("lasted", texts.duration(result.end - result.start)),
        ("drawn", texts.number(result.drawn, 1, "Ah")),
        ("mean_temperature", texts.temperature(result.temperature)),
        ("corrected_capacity", _corrected(texts, result, reference)),
        ("rated_for_test", texts.number(result.rated, 1, "Ah")),
        ("test_result", _percent(texts, result.share)),
        ("pass_limit", _percent(texts, result.passes)),
        ("reached_first", None if number is None else str(number)),
    ]
    curves = source.records.curves.get(result.start, {})
    return Certificate(
        title=texts.text("certificate", day=texts.day(result.start) or ""),
        verdict=_verdict(texts, result),
        bad=not result.passed,
        facts=facts,
        plot=discharge_plot(texts, source, curves, result.first_below, result.cell_voltage * settings.cells),
    )


def _verdict(texts: ReportTexts, result: CapacityTestResult) -> str:
    if result.passed is None:
        return texts.text("test_no_result", reason=texts.translations.option(CAPACITY_TEST, result.outcome))
    return texts.text("test_passed" if result.passed else "test_failed")


def _corrected(texts: ReportTexts, result: CapacityTestResult, reference: str) -> str | None:
    capacity = texts.number(result.capacity, 1, "Ah")
    if capacity is not None and not is_corrected(result.temperature):
        low, high = (texts.temperature(one) or "" for one in CORRECTED)
        return texts.text("not_corrected", capacity=capacity, low=low, high=high)
    return capacity and texts.text("at_temperature", capacity=capacity, temperature=reference)


def _percent(texts: ReportTexts, share: float | None) -> str | None:
    return None if share is None else texts.number(100 * share, 1, "%")
