"""Events of strings and batteries on the event bus, for automations and the logbook."""

from enum import StrEnum
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.capacity_result import CapacityTestResult
from ..monitor.battery.discharge_recorder import is_corrected
from ..monitor.battery.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDeescalated,
    AlarmRaised,
    BecameWeak,
    CapacityTested,
    CapacityTestEnded,
    Discharge,
    DischargeEnded,
    DischargeStarted,
    Event,
    ResistanceTested,
)
from ..monitor.battery.resistance_trend import Risk
from ..strings.devices import async_device, device_name
from ..strings.members import String
from ..texts.alarm_texts import CAPACITY_TEST, DISCONNECT, LEVELS, NOT_CORRECTED
from ..texts.translations import Translations
from ..texts.values import percent, rounded, timestamp

EVENT: Final = f"{DOMAIN}_event"

ATTR_TYPE: Final = "type"
ATTR_DEVICE_ID: Final = "device_id"  # of the battery, or of the string if no battery is concerned
ATTR_STRING: Final = "string_device_id"
ATTR_LINE: Final = "line_device_id"
ATTR_KIND: Final = "kind"
ATTR_LEVEL: Final = "level"
ATTR_WORST: Final = "worst"  # the highest level that the alarm had
ATTR_MESSAGE: Final = "message"


class EventType(StrEnum):
    """The types of the event."""

    ALARM_RAISED = "alarm_raised"
    ALARM_LOWERED = "alarm_lowered"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    ALARM_CLEARED = "alarm_cleared"
    DISCHARGE_STARTED = "discharge_started"
    DISCHARGE_ENDED = "discharge_ended"
    BATTERY_BECAME_WEAK = "battery_became_weak"
    RESISTANCE_TEST_FINISHED = "resistance_test_finished"
    CAPACITY_TEST_END_VOLTAGE = "capacity_test_end_voltage"
    CAPACITY_TEST_FINISHED = "capacity_test_finished"


OF_ALARMS: Final = {
    AlarmRaised: EventType.ALARM_RAISED,
    AlarmDeescalated: EventType.ALARM_LOWERED,
    AlarmAcknowledged: EventType.ALARM_ACKNOWLEDGED,
    AlarmCleared: EventType.ALARM_CLEARED,
}
OF_DISCHARGES: Final = {
    DischargeStarted: EventType.DISCHARGE_STARTED,
    DischargeEnded: EventType.DISCHARGE_ENDED,
}


def discharge_details(string: String, discharge: Discharge) -> dict[str, Any]:
    """Return a discharge as event data: s, Ah, Wh, V, and batteries by their numbers."""
    start, end = timestamp(discharge.start), timestamp(discharge.end)
    return {
        "string": string.name,
        "start": start.isoformat() if start else None,
        "duration": round(discharge.end - discharge.start) if discharge.end is not None and end else None,
        "drawn": discharge.drawn,
        "energy": discharge.energy,
        "start_voltage": discharge.start_voltage,
        "end_voltage": discharge.end_voltage,
        "lowest_battery": string.number(discharge.lowest_battery),
        "lowest_voltage": discharge.lowest_voltage,
        "first_below_end_voltage": string.number(discharge.first_below),
        "capacity": discharge.capacity,
        "rate": rounded(discharge.rate, 2),
    }


async def async_publish_on_bus(hass: HomeAssistant, coordinator: LineCoordinator) -> None:
    """Fire the events of a line on the bus until its entry is unloaded."""
    translations = await Translations.load(hass, "device_automation")
    for string in coordinator.strings:
        publisher = _BusPublisher(hass, coordinator, string, translations)
        coordinator.entry.async_on_unload(coordinator.events.async_subscribe(string, publisher.publish))


class _BusPublisher:
    """Fires the events of one string."""

    def __init__(
        self, hass: HomeAssistant, coordinator: LineCoordinator, string: String, translations: Translations
    ) -> None:
        self._hass = hass
        self._coordinator = coordinator
        self._string = string
        self._translations = translations
        self._alarm_texts = coordinator.alarm_texts
        self._numbers = coordinator.alarm_texts.numbers
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), coordinator.id)
        self._former_devices = {
            name: device for device in devices for domain, name in device.identifiers if domain == DOMAIN
        }

    @callback
    def publish(self, event: Event) -> None:
        """Fire an event on the bus if automations can use it."""
        match event:
            case AlarmRaised() | AlarmDeescalated() | AlarmAcknowledged() | AlarmCleared():
                self._alarm(event)
            case DischargeStarted() | DischargeEnded():
                self._discharge(event)
            case BecameWeak():
                self._weak(event)
            case ResistanceTested():
                self._tested(event)
            case CapacityTestEnded():
                self._end_voltage(event)
            case CapacityTested():
                self._capacity_tested(event.result)

    def _alarm(self, event: AlarmRaised | AlarmDeescalated | AlarmAcknowledged | AlarmCleared) -> None:
        event_type, alarm, texts = OF_ALARMS[type(event)], event.alarm, self._alarm_texts
        details = texts.described(self._string, alarm) | {ATTR_WORST: LEVELS[alarm.worst]}
        summary = texts.summary(self._string, alarm)
        # A raised alarm is its own message. Later its figures are old, so the message says what happened.
        if event_type is EventType.ALARM_RAISED:
            details[ATTR_MESSAGE] = self._translations.named(self._name(alarm.battery), summary)
        else:
            details[ATTR_MESSAGE] = self._message(event_type, alarm.battery, details["name"])
        self._fire(event_type, alarm.battery, details)

    def _discharge(self, event: DischargeStarted | DischargeEnded) -> None:
        event_type = OF_DISCHARGES[type(event)]
        discharge = event.discharge
        details = discharge_details(self._string, discharge)
        shown = {"V": rounded(discharge.start_voltage, 2)}
        if event_type is EventType.DISCHARGE_ENDED:
            shown = {
                "min": rounded((discharge.end - discharge.start) / 60, 1) if discharge.end is not None else None,
                "Ah": rounded(discharge.drawn, 1),
                "V": rounded(discharge.end_voltage, 2),
            }
        much = ", ".join(f"{self._number(value)} {unit}" for unit, value in shown.items() if value is not None)
        self._fire(event_type, None, details | {ATTR_MESSAGE: self._message(event_type, None, much)})

    def _weak(self, event: BecameWeak) -> None:
        advised = AlarmKind.RESISTANCE_BASELINE if event.ratio >= event.limit else AlarmKind.RESISTANCE_RISE
        value, limit = round(100 * event.ratio, 1), round(100 * event.limit, 1)
        much = f"{self._number(value)} % ({self._number(limit)} %)"
        details = {
            "string": self._string.name,
            "battery": self._string.number(event.battery),
            "risk": Risk.REPLACE if event.to_replace else Risk.WEAK,
            "value": value,
            "limit": limit,
            "unit": "%",
            "what_to_do": self._alarm_texts.advice(advised),
            ATTR_MESSAGE: self._message(EventType.BATTERY_BECAME_WEAK, event.battery, much),
        }
        self._fire(EventType.BATTERY_BECAME_WEAK, event.battery, details)

    def _tested(self, event: ResistanceTested) -> None:
        test, known = event.test, self._string.state.resistances.get(event.test.battery)
        value, ratio = self._string.milliohms(test.ohmic_value), percent(known.ratio) if known else None
        much = f"{self._number(value, self._string.milliohm_decimals)} mΩ"
        much += f" ({self._number(ratio)} %)" if ratio is not None else ""
        details = {
            "string": self._string.name,
            "battery": self._string.number(test.battery),
            "value": value,
            "unit": "mΩ",
            "ratio": ratio,
            "temperature": rounded(test.temperature, 1),
            "usable": test.usable,
            ATTR_MESSAGE: self._message(EventType.RESISTANCE_TEST_FINISHED, test.battery, much),
        }
        self._fire(EventType.RESISTANCE_TEST_FINISHED, test.battery, details)

    def _end_voltage(self, event: CapacityTestEnded) -> None:
        event_type, voltage = EventType.CAPACITY_TEST_END_VOLTAGE, round(event.voltage, 2)
        message = self._message(event_type, None, f"{self._number(voltage)} V")
        advice = self._alarm_texts.translations.option(CAPACITY_TEST, DISCONNECT)
        self._fire(
            event_type, None, {"string": self._string.name, "value": voltage, "unit": "V", ATTR_MESSAGE: message}
        )
        self._notify(event_type, f"{message}\n\n{advice}")

    def _capacity_tested(self, result: CapacityTestResult) -> None:
        event_type, share = EventType.CAPACITY_TEST_FINISHED, percent(result.share)
        why = self._alarm_texts.translations.option(CAPACITY_TEST, result.outcome)
        much = f"{self._number(share)} % ({self._number(100 * result.passes)} %)" if share is not None else why
        start = timestamp(result.start) if result.begun else None
        corrected = is_corrected(result.temperature) if share is not None else None
        if corrected is False:
            much += f". {self._alarm_texts.translations.option(CAPACITY_TEST, NOT_CORRECTED)}"
        message = self._message(event_type, None, much)
        details = {
            "string": self._string.name,
            "start": start.isoformat() if start else None,
            "duration": round(result.end - result.start) if result.begun else None,
            "drawn": rounded(result.drawn, 2),
            "rate": rounded(result.current, 2),
            "capacity": rounded(result.capacity, 2),
            "temperature_corrected": corrected,
            "rated": result.rated,
            "value": share,
            "limit": round(100 * result.passes, 1),
            "unit": "%",
            "outcome": result.outcome,
            "passed": result.passed,
            ATTR_MESSAGE: message,
        }
        self._fire(event_type, None, details)
        self._notify(event_type, message)

    def _notify(self, event_type: EventType, message: str) -> None:
        """Show a notification in Home Assistant; a later one of the same string takes its place."""
        title = self._translations.trigger(event_type)
        persistent_notification.async_create(
            self._hass, message, title, notification_id=f"{DOMAIN}_capacity_test_{self._string.id}"
        )

    def _fire(self, event_type: EventType, battery: str | None, details: dict[str, Any]) -> None:
        where = {
            ATTR_DEVICE_ID: self._device_id(battery or self._string.id),
            ATTR_STRING: self._device_id(self._string.id),
            ATTR_LINE: self._device_id(self._coordinator.id),
        }
        # Templates need plain strings, not members of an enumeration.
        plain = {key: value.value if isinstance(value, StrEnum) else value for key, value in details.items()}
        self._hass.bus.async_fire(EVENT, {ATTR_TYPE: event_type.value, **where, **plain})

    def _message(self, event_type: EventType, battery: str | None, details: str) -> str:
        title = self._translations.trigger(event_type)
        what = f"{title}, {self._name(battery)}"
        return self._translations.named(what, details) if details else what

    def _number(self, value: float, decimals: int | None = None) -> str:
        return self._numbers.write(value, "g" if decimals is None else f".{decimals}f")

    def _name(self, battery: str | None) -> str:
        """Return the name of a battery, or of the string."""
        device = self._device(battery or self._string.id)
        return device_name(device) or self._string.name

    def _device(self, identifier: str) -> dr.DeviceEntry | None:
        device = async_device(self._hass, self._coordinator.id, identifier)
        return device or self._former_devices.get(identifier)

    def _device_id(self, identifier: str) -> str | None:
        device = self._device(identifier)
        return device.id if device else None
