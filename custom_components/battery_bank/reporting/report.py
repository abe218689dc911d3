"""The report of strings as an HTML document."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant

from ..coordinator import LineCoordinator
from ..monitor.battery.events import Alarm, BaselineKind, Discharge
from ..monitor.battery.limits import DAY
from ..monitor.errors import JournalError
from ..strings.members import String
from ..texts.reasons import reason_text
from .report_content import Records, Source, StringReport
from .report_page import page, section
from .report_texts import ReportTexts

PAGE: Final = 500  # records in one query of the journal


async def async_report(
    hass: HomeAssistant, coordinator: LineCoordinator, strings: Sequence[String], days: float
) -> bytes:
    """Return the report of strings over the last `days` in UTF-8. See `document_turn`.

    Raises `JournalError` if the records of no string can be read. If those of some can't, their sections say so.
    """
    texts = await ReportTexts.load(hass)
    now = coordinator.clock.now()
    since = now - days * DAY
    sections: list[str] = []
    unreadable: list[JournalError] = []
    for string in strings:  # one after the other, so that the records of one string only are in memory
        try:
            records = await _records(coordinator, string, since)
        except JournalError as err:
            unreadable.append(err)
            records = Records(error=reason_text(texts.translations, err.reason, str(err)))
        source = _source(coordinator, string, records, since, now)
        made = StringReport(texts, source)
        sections.append(await hass.async_add_executor_job(partial(section, texts, made, first=not sections)))
    if unreadable and len(unreadable) == len(strings):
        raise unreadable[0]
    return await hass.async_add_executor_job(page, texts, sections)


def _source(coordinator: LineCoordinator, string: String, records: Records, since: float, now: float) -> Source:
    """Take what is known of a string now. The readings move on while the page is made in another thread."""
    return Source(
        line=coordinator.entry.title,
        string=string,
        state=string.state,
        summary=string.summary,
        reading=string.reading,
        readings={battery.id: battery.reading for battery in string.batteries},
        raised=string.raised,
        records=records,
        since=since,
        now=now,
    )


async def _records(coordinator: LineCoordinator, string: String, since: float) -> Records:
    journal = coordinator.journal_writer.open_journal()
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
