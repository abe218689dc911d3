"""The commands of the cards: the feed, and the details of a battery, a string and its discharges, for every user."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import probatio

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection, messages
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.typing import VolDictType

from .actions.shown_alarms import acknowledge
from .const import DOMAIN
from .coordinator import LineCoordinator, async_find_string
from .dashboard.asset_payload import asset_payload
from .dashboard.discharge_payload import current_curves, current_discharges, curve_payload, discharge_payload
from .dashboard.feed import DATA_FEED
from .dashboard.payload import alarm_payload, alarms_payload, ratio_of
from .dashboard.resistance_runs import resistance_runs
from .dashboard.resistance_weeks import first_week, resistance_weeks
from .dashboard.trend_payload import trend_payload
from .figures.battery_figures import step_range
from .figures.by_key import OF_BATTERY, READING, figure
from .figures.readings import measured
from .monitor.battery.resistance import ResistanceState
from .monitor.errors import JournalError
from .monitor.journal.store import Journal
from .strings.devices import async_device_id
from .strings.members import Battery, String
from .strings.permissions import async_may_read, async_offered
from .texts.alarm_texts import LEVELS
from .texts.reasons import reason_text
from .texts.translations import Translations

ATTR_BATTERY: Final = "battery"
ATTR_LIMIT: Final = "limit"
ATTR_OFFSET: Final = "offset"
ATTR_STRING: Final = "string"

LONGEST_PAGE: Final = 50
IN_HISTORY: Final = {"voltage", "deviation", "temperature"}  # quantities whose history cards show
HIGHEST_OFFSET: Final = 10_000_000  # records; no journal has so many
LATEST: Final = 10_000_000_000.0  # s since 1970; in the year 2286


def _number(value: Any) -> Any:
    """Refuse true and false, which Python takes for numbers."""
    if isinstance(value, bool):
        raise probatio.Invalid("expected a number")
    return value


OF_STRING: Final[VolDictType] = {probatio.Required(ATTR_STRING): str}
PAGE: Final[VolDictType] = {
    probatio.Optional(ATTR_LIMIT, default=20): probatio.All(_number, int, probatio.Range(min=1, max=LONGEST_PAGE)),
    probatio.Optional(ATTR_OFFSET, default=0): probatio.All(_number, int, probatio.Range(min=0, max=HIGHEST_OFFSET)),
}


# The texts of the cards: the prefix of their keys, and the key of the translations below which they stand.
CARD_TEXTS: Final = {
    "": "selector.display.options",
    "alarm.": "selector.alarm.options",
    "what_to_do.": "selector.what_to_do.options",
    "condition.": "entity.sensor.condition.state",
    "risk.": "entity.sensor.risk.state",
    "baseline_kind.": "entity.sensor.baseline_kind.state",
    "down.": "selector.reason.options",
    "unit.": "selector.unit.options",
}
PICKER_TEXTS: Final = {"": "selector.picker.options"}

type Found = tuple[LineCoordinator, String]


@callback
def async_setup_commands(hass: HomeAssistant) -> None:
    """Register the commands."""
    for command in (subscribe, battery, resistances, weeks, discharges, curve, alarms, acknowledge, entities, texts):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/subscribe"})
@callback
def subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send a snapshot, and from then on the changes. A connection has one feed: the next command ends that before."""
    number, feed = msg["id"], hass.data[DATA_FEED]

    @callback
    def send(message: bytes) -> None:
        connection.send_message(messages.construct_event_message(number, message))

    @callback
    def end() -> None:
        connection.subscriptions.pop(number, None)
        unsubscribe()

    connection.send_result(number)
    unsubscribe = feed.async_subscribe(connection, send, end)
    connection.subscriptions[number] = unsubscribe


@websocket_api.websocket_command(
    {probatio.Required("type"): f"{DOMAIN}/battery", **OF_STRING, probatio.Required(ATTR_BATTERY): str}
)
@websocket_api.async_response
async def battery(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return one battery: values, tests, resistance trend, alarms, replacements."""
    if (found := async_find_string(hass, msg[ATTR_STRING])) is None:
        _no_string(connection, msg)
        return
    coordinator, string = found
    one = next((one for one in string.batteries if one.id == msg[ATTR_BATTERY]), None)
    if one is None:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, "There is no such battery in that string.")
        return
    _refuse(hass, connection, coordinator, one)
    with _reading(coordinator) as journal:
        tests = await journal.resistance_tests(string.id, battery=one.id)
        replacements = [each for each in await journal.replacements(string.id) if each.battery == one.id]
    known = string.state.resistances.get(one.id) or ResistanceState()
    limit, base = string.settings.by_key["resistance_baseline"], known.baseline
    connection.send_result(
        msg["id"],
        {
            "number": one.number,
            "asset": asset_payload(one, replacements),
            "entities": _entities(hass, coordinator, one),
            "may": async_offered(hass, connection.user, coordinator.id, one),
            "values": _values(one),
            "baseline": {"kind": base.kind, "value_mohm": string.milliohms(base.ohmic_value), "at": base.at}
            if base
            else None,
            "tests": [[test.at, string.milliohms(test.ohmic_value), test.usable] for test in tests],
            "trend": trend_payload(string, known, coordinator.clock.now()),
            "limits": {
                "warning_mohm": string.milliohms(limit.warning * base.ohmic_value),
                "alarm_mohm": string.milliohms(limit.alarm * base.ohmic_value),
            }
            if base
            else None,
            "alarms": alarms_payload(coordinator.alarm_texts, string, battery=one),
            "replacements": [
                {key: getattr(each, key) for key in ("at", "by", "serial", "note", "maker", "battery_type")}
                for each in replacements
            ],
        },
    )


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/resistances", **OF_STRING})
@callback
def resistances(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return the last test of each battery of a string, against its baseline, and when tests ran."""
    if (found := _string(hass, connection, msg)) is None:
        return
    _, string = found
    limit = string.settings.by_key["resistance_baseline"]
    batteries = []
    for one in string.batteries:
        known = string.state.resistances.get(one.id) or ResistanceState()
        batteries.append(
            {
                "id": one.id,
                "number": one.number,
                "baseline_mohm": string.milliohms(known.baseline.ohmic_value) if known.baseline else None,
                "value_mohm": string.milliohms(known.last.ohmic_value) if known.last else None,
                "ratio": ratio_of(one),
                "at": known.last.at if known.last else None,
            }
        )
    connection.send_result(
        msg["id"],
        {
            "batteries": batteries,
            "limits": {"warning": limit.warning, "alarm": limit.alarm},
            "runs": resistance_runs(string),
        },
    )


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/resistance_weeks", **OF_STRING})
@websocket_api.async_response
async def weeks(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return the resistance of each battery of a string against its baseline, week by week."""
    if (found := _string(hass, connection, msg)) is None:
        return
    coordinator, string = found
    now = coordinator.clock.now()
    with _reading(coordinator) as journal:
        tests = await journal.resistance_tests(string.id, since=first_week(now))
    connection.send_result(msg["id"], resistance_weeks(string, tests, now))


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/discharges", **OF_STRING, **PAGE})
@websocket_api.async_response
async def discharges(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return a page of the discharges of a string, newest first."""
    if (found := _string(hass, connection, msg)) is None:
        return
    coordinator, string = found
    with _reading(coordinator) as journal:
        page = await journal.discharges(string.id, limit=msg[ATTR_LIMIT] + 1, offset=msg[ATTR_OFFSET])
        kept = await journal.with_curves(string.id)
    more = len(page) > msg[ATTR_LIMIT]
    page = current_discharges(string, page[: msg[ATTR_LIMIT]], first=not msg[ATTR_OFFSET])
    shown = [
        discharge_payload(string, one, has_curve=one.start in kept or bool(current_curves(string, one.start)))
        for one in page
    ]
    connection.send_result(msg["id"], {"discharges": shown, "more": more})


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/curve",
        **OF_STRING,
        probatio.Required("start"): probatio.All(
            _number, probatio.Any(float, int), probatio.Range(min=-LATEST, max=LATEST)
        ),
    }
)
@websocket_api.async_response
async def curve(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return the curves of one discharge: of the string and of its batteries."""
    if (found := _string(hass, connection, msg)) is None:
        return
    coordinator, string = found
    curves = current_curves(string, msg["start"])
    if curves is None:
        with _reading(coordinator) as journal:
            curves = await journal.curve(string.id, msg["start"])
    if not curves:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, "No curve is kept of that discharge.")
        return
    # The curves of a large bank are megabytes.
    payload = await hass.async_add_executor_job(curve_payload, string, msg["start"], curves)
    connection.send_message(messages.construct_result_message(msg["id"], payload))


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/alarms", **OF_STRING, **PAGE})
@websocket_api.async_response
async def alarms(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return a page of the alarms of a string, cleared ones included, newest first."""
    if (found := _string(hass, connection, msg)) is None:
        return
    coordinator, string = found
    with _reading(coordinator) as journal:
        page = await journal.alarms(string.id, limit=msg[ATTR_LIMIT] + 1, offset=msg[ATTR_OFFSET])
    shown = [
        alarm_payload(coordinator.alarm_texts, string, alarm)
        | {"worst": LEVELS[alarm.worst], "raised": alarm.raised, "cleared": alarm.cleared}
        for alarm in page[: msg[ATTR_LIMIT]]
    ]
    connection.send_result(msg["id"], {"alarms": shown, "more": len(page) > msg[ATTR_LIMIT]})


@websocket_api.websocket_command({probatio.Required("type"): f"{DOMAIN}/entities", **OF_STRING})
@callback
def entities(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return the entities of a string and of its batteries, whose history the recorder has."""
    if (found := _string(hass, connection, msg)) is None:
        return
    coordinator, string = found
    batteries = {
        one.id: {key: entity for key, entity in _entities(hass, coordinator, one).items() if key in IN_HISTORY}
        for one in string.batteries
    }
    connection.send_result(msg["id"], {"string": _entities(hass, coordinator, string), "batteries": batteries})


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/texts",
        probatio.Required("language"): probatio.All(str, probatio.Match(r"^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*\Z")),
        probatio.Optional("of"): "picker",
    }
)
@websocket_api.async_response
async def texts(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Return the texts of the cards, or of the card picker, in the language nearest to that of the page; and that."""
    translations = await Translations.load(hass, "selector", "entity", language=msg["language"])
    keys = PICKER_TEXTS if "of" in msg else CARD_TEXTS
    found = {f"{prefix}{name}": text for prefix, key in keys.items() for name, text in translations.below(key).items()}
    if keys is CARD_TEXTS:
        names = translations.below("entity.sensor")
        found |= {f"name.{key}": name for key in OF_BATTERY if (name := names.get(f"{key}.name"))}
    connection.send_result(msg["id"], {"language": translations.language, "texts": found})


def _string(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> Found | None:
    """Return the string of a message and its line; if there is none, send the error and return None.

    Raises `Unauthorized` if the user may not read the string.
    """
    if (found := async_find_string(hass, msg[ATTR_STRING])) is None:
        _no_string(connection, msg)
    else:
        _refuse(hass, connection, *found)
    return found


def _no_string(connection: ActiveConnection, msg: dict[str, Any]) -> None:
    connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, "There is no such string, or its line is not set up.")


def _refuse(
    hass: HomeAssistant, connection: ActiveConnection, coordinator: LineCoordinator, subject: Battery | String
) -> None:
    """Raise `Unauthorized` if the user may not read a battery or a string."""
    if not async_may_read(hass, connection.user, coordinator.id, subject):
        raise Unauthorized


@contextmanager
def _reading(coordinator: LineCoordinator) -> Iterator[Journal]:
    """Read the journal, or raise `HomeAssistantError` with the reason why it can't be read."""
    try:
        yield coordinator.journal_writer.open_journal()
    except JournalError as err:
        reason = reason_text(coordinator.alarm_texts.translations, err.reason, str(err))
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="journal_unreadable", translation_placeholders={"error": reason}
        ) from err


def _entities(hass: HomeAssistant, coordinator: LineCoordinator, one: Battery | String) -> dict[str, str]:
    """Return the entities of a battery or string that are not disabled, by their keys."""
    device = async_device_id(hass, coordinator.id, one.id)
    entities = er.async_entries_for_device(er.async_get(hass), device) if device else []
    stem = f"{one.id}_"
    return {
        entity.unique_id.removeprefix(stem): entity.entity_id
        for entity in sorted(entities, key=lambda entity: entity.entity_id)
        if entity.platform == DOMAIN and entity.unique_id.startswith(stem)
    }


def _values(one: Battery) -> dict[str, Any]:
    quantities = one.module.profile.quantities
    read = {key: measured(one, description)[1] for key, description in READING.items() if key in quantities}
    steps = step_range(one)
    between = {"step_resistance_low": steps.low, "step_resistance_high": steps.high}
    return read | {key: figure(OF_BATTERY, key, one) for key in OF_BATTERY} | between
