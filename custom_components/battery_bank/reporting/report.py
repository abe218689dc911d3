"""The report of strings as an HTML document."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf
from typing import Final

from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..monitor.battery.events import Alarm, BaselineKind, Discharge
from ..monitor.battery.limits import DAY
from ..monitor.clock import time_in
from ..monitor.errors import JournalError
from ..monitor.journal.store import Journal
from ..strings.members import String
from ..strings.room_sensors import read_room
from ..texts.reasons import reason_text
from .report_history import QUANTITIES
from .report_options import ReportOptions
from .report_page import page, section
from .report_source import Edition, Records, Source
from .report_texts import ReportTexts
from .table_queries import string_means

PAGE: Final = 500  # records in one query of the journal


async def async_report(
    hass: HomeAssistant,
    coordinator: LineCoordinator,
    strings: Sequence[String],
    options: ReportOptions,
    made_by: str | None,
) -> bytes:
    """Return the report of strings in UTF-8, made by a user; None for an automation. See `document_turn`.

    Raises `JournalError` if the records of no string can be read. If those of some can't, their sections say so.
    """
    texts = await ReportTexts.load(hass, options.language)
    now = coordinator.clock.now()
    since = now - options.days * DAY
    subject = strings[0].id if len(strings) == 1 else coordinator.id
    integration = await async_get_integration(hass, DOMAIN)
    edition = Edition(
        number=f"{time_in(now, texts.zone):%Y%m%d-%H%M%S}-{subject[-4:].upper()}",
        made_by=made_by or "",
        site=hass.config.location_name,
        customer=options.customer,
        time_zone=hass.config.time_zone,
        versions=f"{integration.name} {integration.version}, Home Assistant {__version__}",
        paper=options.paper_in(hass),
    )
    sections: list[str] = []
    unreadable: list[JournalError] = []
    for number, string in enumerate(strings, 1):  # so that the records of one string only are in memory
        try:
            records = await _records(coordinator, string, since)
        except JournalError as err:
            unreadable.append(err)
            records = Records(error=reason_text(texts.translations, err.reason, str(err)))
        begin, end = datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(now, UTC)
        # The readings move on while the page is made in another thread.
        source = Source(
            edition=edition,
            line=coordinator.entry.title,
            string=string,
            means=await string_means(hass, string, begin, end, QUANTITIES),
            state=string.state,
            summary=string.summary,
            reading=string.reading,
            ambient=string.ambient,
            room=read_room(hass, string.config),
            readings={battery.id: battery.reading for battery in string.batteries},
            raised=string.raised,
            records=records,
            configured=coordinator.entry.created_at.timestamp(),
            since=since,
            now=now,
        )
        sections.append(await hass.async_add_executor_job(section, texts, source, number))
    if unreadable and len(unreadable) == len(strings):
        raise unreadable[0]
    return await hass.async_add_executor_job(page, texts, edition, sections)


async def _records(coordinator: LineCoordinator, string: String, since: float) -> Records:
    journal = coordinator.journal_writer.open_journal()
    alarms: list[Alarm] = []
    while some := await journal.alarms(string.id, since=since, limit=PAGE, offset=len(alarms)):
        alarms += some
    discharges = await _discharges(journal, string, since)
    ended = [one for one in discharges if one.end is not None]
    kept = await journal.with_curves(string.id)
    last = max(ended, key=lambda one: one.start, default=None)
    deepest = min(
        (one for one in ended if one.start in kept),
        key=lambda one: one.lowest_voltage if one.lowest_voltage is not None else inf,
        default=None,
    )
    starts = {one.start for one in (last, deepest) if one}
    capacity_tests = await journal.capacity_tests(string.id, since=since)
    starts |= {one.start for one in capacity_tests if one.begun}
    return Records(
        alarms=alarms[::-1],
        discharges=discharges[::-1],
        last=last,
        deepest=deepest,
        curves={start: await journal.curve(string.id, start) for start in starts},
        tests=await journal.resistance_tests(string.id, since=since),
        baselines={one.battery: one for one in await journal.baselines(string.id) if one.kind is not BaselineKind.NONE},
        all_baselines=await journal.baselines(string.id, current_only=False),
        replacements=await journal.replacements(string.id),
        gaps=await journal.gaps(string.id, since=since),
        capacity_tests=capacity_tests,
    )


async def _discharges(journal: Journal, string: String, since: float) -> list[Discharge]:
    """Return the discharges that began at or after a time, newest first."""
    found: list[Discharge] = []
    while some := await journal.discharges(string.id, limit=PAGE, offset=len(found)):
        found += some
        if some[-1].start < since:
            break
    return [one for one in found if one.start >= since]
