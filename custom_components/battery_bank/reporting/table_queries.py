"""The tables of a string, read from the journal and from the recorder."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from math import inf
from typing import Any, Final, Literal

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..monitor.battery.room import TEMPERATURE
from ..monitor.errors import JournalError
from ..monitor.journal.store import Journal
from ..strings.members import Battery, String
from ..strings.room_sensors import sensors_of
from ..texts.reasons import reason_text
from .tables import (
    AMPERE,
    BATTERY_QUANTITIES,
    CELSIUS,
    RECORD_TABLES,
    STRING_QUANTITIES,
    VOLT,
    BatteryIdentities,
    LeftOut,
    Mean,
    Table,
    TableName,
    Tables,
    table_of_means,
    table_of_records,
)

PAGE: Final = 1000  # records in one query of the journal: an alarm must not wait long behind it
MOST_ENTITIES: Final = 100  # in one query of the recorder, which has to record in between
AMBIENT: Final = "ambient_temperature"
STATISTICS_OF: Final = timedelta(days=31)  # the period of statistics without a start
# The longest periods with one row an hour, and with one row a day. A longer period has one row a month.
HOURLY: Final = timedelta(days=7)
DAILY: Final = timedelta(days=400)
# Statistics are converted to these units, whatever unit is chosen for the display of the sensor.
UNITS: Final[dict[str, str]] = {"voltage": VOLT, "temperature": CELSIUS, "electric_current": AMPERE}


async def tables(
    hass: HomeAssistant,
    coordinator: LineCoordinator,
    string: String,
    what: Collection[TableName] = tuple(TableName),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    batteries: Collection[str] | None = None,
) -> Tables:
    """Return the tables of a string with what began at or after `since` and before `until`, oldest first.

    Without `since`, that is the whole journal, and the statistics of a month. Without `batteries`, the statistics are
    of all batteries. Raises `HomeAssistantError` if a table needs the journal and the journal can't be read.
    """
    now = datetime.fromtimestamp(coordinator.clock.now(), UTC)
    until = min(until, now) if until else now  # a record that is written meanwhile would shift the pages
    period = (since.timestamp() if since else -inf, until.timestamp())
    of_journal = [name for name in TableName if name in what and name in RECORD_TABLES]
    found: dict[TableName, Table] = {}
    left_out: dict[TableName, LeftOut] = {}
    records: dict[TableName, list[Any]] = {}
    identities = BatteryIdentities(string)
    try:
        journal = coordinator.journal_writer.open_journal()
        identities = BatteryIdentities(string, await journal.replacements(string.id))
        for name in of_journal:
            records[name] = await _records(journal, string.id, name, *period)
    except JournalError as err:
        if of_journal:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="journal_unusable",
                translation_placeholders={
                    "line": coordinator.entry.title,
                    "reason": reason_text(coordinator.alarm_texts.translations, err.reason, str(err)),
                },
            ) from err
    for name in TableName:
        if name in records:
            found[name] = await hass.async_add_executor_job(
                table_of_records, name, coordinator.alarm_texts, identities, records[name], period
            )
        elif name in what and DATA_INSTANCE not in hass.data:
            left_out[name] = LeftOut.NO_RECORDER
        elif name in what:
            means = await _means(hass, name, string, batteries, since or until - STATISTICS_OF, until)
            found[name] = await hass.async_add_executor_job(table_of_means, name, identities, means)
    return Tables(found=found, left_out=left_out)


async def _records(journal: Journal, string: str, name: TableName, since: float, until: float) -> list[Any]:
    """Return the records of one table in any order: those that began in the period, and maybe others."""
    match name:
        case TableName.ALARMS:
            return await _pages(partial(journal.alarms, string, since=since, until=until))
        case TableName.DISCHARGES:
            return await _pages(partial(journal.discharges, string))
        case TableName.CAPACITY_TESTS:
            return await journal.capacity_tests(string, since=since)
        case TableName.RESISTANCE_TESTS:
            return await journal.resistance_tests(string, since=since, current_only=False)
        case TableName.BASELINES:
            return await journal.baselines(string, current_only=False)
        case _:
            return await journal.replacements(string)


async def _pages[T](page_fn: Callable[..., Awaitable[list[T]]]) -> list[T]:
    """Return the records of all pages of a query."""
    found: list[T] = []
    offset = 0
    while page := await page_fn(limit=PAGE, offset=offset):
        found += page
        offset += PAGE
    return found


async def string_means(
    hass: HomeAssistant, string: String, since: datetime, until: datetime, quantities: Collection[str]
) -> list[Mean] | None:
    """Return the long-term statistics of some quantities of a string, oldest first; None without a recorder."""
    if DATA_INSTANCE not in hass.data:
        return None
    found = await _means(hass, TableName.STRING_STATISTICS, string, None, since, until)
    return sorted((mean for mean in found if mean.quantity in quantities), key=lambda mean: mean.start)


async def _means(
    hass: HomeAssistant,
    name: TableName,
    string: String,
    batteries: Collection[str] | None,
    since: datetime,
    until: datetime,
) -> list[Mean]:
    """Return the long-term statistics of the sensors of batteries, or of the string."""
    interval: Literal["hour", "day", "month"] = "month"
    if until - since <= DAILY:
        interval = "hour" if until - since <= HOURLY else "day"
    subjects: Sequence[Battery | String] = [string]
    quantities = STRING_QUANTITIES
    if name is TableName.BATTERY_STATISTICS:
        quantities = BATTERY_QUANTITIES
        subjects = [one for one in string.batteries if batteries is None or one.id in batteries]
    entities = er.async_get(hass)
    of_entity = {
        entity_id: (subject.id if isinstance(subject, Battery) else None, quantity)
        for subject in subjects
        for quantity in quantities
        if (entity_id := entities.async_get_entity_id(SENSOR, DOMAIN, f"{subject.id}_{quantity}"))
    }
    own = sensors_of(string.config).get(TEMPERATURE)  # it stands in for the one of the string module
    if own is not None and name is not TableName.BATTERY_STATISTICS:
        of_entity = {one: of_one for one, of_one in of_entity.items() if of_one[1] != AMBIENT}
        of_entity[own] = (None, AMBIENT)
    found: list[Mean] = []
    for some in batched(of_entity.items(), MOST_ENTITIES, strict=False):
        found += await get_instance(hass).async_add_executor_job(_some, hass, dict(some), since, until, interval)
    return found


def _some(
    hass: HomeAssistant,
    of_entity: Mapping[str, tuple[str | None, str]],
    since: datetime,
    until: datetime,
    interval: Literal["hour", "day", "month"],
) -> list[Mean]:
    """Return the statistics of sensors; `of_entity` has the battery (None: the string) and quantity of each sensor."""
    rows = statistics_during_period(hass, since, until, set(of_entity), interval, UNITS, {"mean", "min", "max"})
    return [
        Mean(
            battery=of_entity[entity_id][0],
            start=row["start"],
            end=row["end"],
            quantity=of_entity[entity_id][1],
            mean=row.get("mean"),
            low=row.get("min"),
            high=row.get("max"),
        )
        for entity_id, of_one in rows.items()
        for row in of_one
    ]
