"""The report of a string or line as a document: collected from the journal and from what is known now."""

from collections.abc import Sequence
from typing import Final

from homeassistant.core import HomeAssistant

from ..coordinator import LineCoordinator
from ..monitor.battery.events import Alarm, BaselineKind, Discharge
from ..monitor.battery.limits import DAY
from ..monitor.errors import JournalError
from ..strings.members import String
from .report_page import page
from .report_sections import Records, Report
from .report_texts import ReportWords

PAGE: Final = 500  # rows of the journal at a time


async def async_report(
    hass: HomeAssistant, coordinator: LineCoordinator, strings: Sequence[String], days: float
) -> str:
    """Return the report of strings over the last `days` as an HTML document, or raise `JournalError`."""
    words = await ReportWords.load(hass, coordinator.words)
    now = coordinator.keeper.now()
    since = now - days * DAY
    reports = [
        Report(words, coordinator, string, await _records(coordinator, string, since), since, now) for string in strings
    ]
    body = [part for number, report in enumerate(reports) for part in report.sections(first=number == 0)]
    return await hass.async_add_executor_job(page, words("title"), words.language, body)


async def _records(coordinator: LineCoordinator, string: String, since: float) -> Records:
    journal = coordinator.keeper.journal
    if journal is None:
        raise JournalError("the journal can't be used")
    alarms: list[Alarm] = []
    while some := await journal.alarms(string.id, since=since, limit=PAGE, offset=len(alarms)):
        alarms += some
    discharges: list[Discharge] = []
    while found := await journal.discharges(string.id, limit=PAGE, offset=len(discharges)):
        discharges += found
        if found[-1].start < since:
            break
    discharges = [one for one in discharges if one.start >= since]
    longest = max((one for one in discharges if one.end), key=lambda one: (one.end or 0) - one.start, default=None)
    return Records(
        alarms=alarms[::-1],
        discharges=discharges[::-1],
        longest=longest,
        curves=await journal.curve(string.id, longest.start) if longest else {},
        tests=await journal.resistance_tests(string.id, since=since),
        baselines={one.battery: one for one in await journal.baselines(string.id) if one.kind is not BaselineKind.NONE},
        replacements=await journal.replacements(string.id),
        gaps=await journal.gaps(string.id, since=since),
    )
