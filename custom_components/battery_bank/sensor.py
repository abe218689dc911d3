"""Sensors of batteries, strings and the line."""

from abc import abstractmethod
from dataclasses import replace
from math import inf
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.unit_conversion import DurationConverter

from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import StatefulEntity, Subject
from .figures.bank_figures import BANK_FIGURES, share_of
from .figures.battery_figures import BATTERY_FIGURES
from .figures.description import FigureDescription, Range, Value
from .figures.discharge_figures import DISCHARGE_FIGURES
from .figures.line_figures import LINE_FIGURES
from .figures.readings import READINGS, ReadingDescription, measured
from .figures.string_figures import STRING_FIGURES
from .monitor.battery.events import Alarm
from .monitor.line.module_profile import Quantity
from .strings.banks import Bank, string_names
from .strings.members import Battery, String
from .texts.alarm_texts import LONGEST_STATE, most_urgent

PARALLEL_UPDATES = 0

# A value that changed by less than its step is written after so many s all the same. Home Assistant compiles its
# statistics as often.
REFRESH: Final = 300.0

ALARM_REFRESH: Final = 60.0  # s
ALARM_ATTRIBUTES: Final = ("batteries", "value", "value_now", "value_at", "worst_value", "worst_at", "limit", "unit")

ALARM_SENSORS: Final = (
    SensorEntityDescription(key="urgent_alarm", translation_key="urgent_alarm"),
    SensorEntityDescription(key="what_to_do", translation_key="what_to_do"),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of a line."""
    coordinator = entry.runtime_data
    async_add_entities([FigureSensor(coordinator, coordinator, description) for description in LINE_FIGURES])
    for string in coordinator.strings:
        async_add_entities(
            [
                *(
                    FigureSensor(coordinator, string, description)
                    for description in (*STRING_FIGURES, *DISCHARGE_FIGURES)
                    if description.exists_fn(string)
                ),
                *(
                    FigureSensor(coordinator, battery, description)
                    for battery in string.batteries
                    for description in BATTERY_FIGURES
                    if description.exists_fn(battery)
                ),
                *(AlarmSensor(coordinator, string, description) for description in ALARM_SENSORS),
                *(
                    ReadingSensor(coordinator, subject, description)
                    for subject in string.subjects
                    for description in READINGS
                    if subject.module and description.key in subject.module.profile.quantities
                ),
            ],
            config_subentry_id=string.id,
        )
    for bank in coordinator.banks:
        async_add_entities(
            [
                *(FigureSensor(coordinator, bank, description) for description in BANK_FIGURES),
                *(ShareSensor(coordinator, bank, string_id) for string_id in bank.string_ids),
            ],
            config_subentry_id=bank.id,
        )


class BatteryBankSensor[S: Subject](StatefulEntity[S], SensorEntity):
    """A sensor that writes a state when its value changes by a step, or has changed and is `REFRESH` s old."""

    _written_at = -inf

    @override
    def _update(self) -> bool:
        available, value = self._value_now()
        now = self.coordinator.clock.monotonic()
        if available == self._attr_available and not self._moved(value, now):
            return False
        self._attr_available = available
        self._attr_native_value = value
        self._written_at = now
        return True

    def _moved(self, value: Value, now: float) -> bool:
        before = self._attr_native_value
        if not isinstance(value, int | float) or not isinstance(before, int | float):
            return value != before
        if value == before:
            return False
        return abs(value - before) >= self._step(value) or now - self._written_at >= REFRESH

    @abstractmethod
    def _value_now(self) -> tuple[bool, Value]:
        """Return whether the value is available, and the value."""

    @abstractmethod
    def _step(self, value: float) -> float:
        """Return the least change of the value that is written at once."""


class ReadingSensor(BatteryBankSensor[Battery | String]):
    """A quantity that a module measures."""

    entity_description: ReadingDescription

    @override
    def _value_now(self) -> tuple[bool, float | None]:
        return measured(self.subject, self.entity_description)

    @override
    def _step(self, value: float) -> float:
        assert self.subject.module is not None  # noqa: S101 - a quantity without a module gets no sensor
        factor = self.entity_description.factor
        quantity: Quantity = self.subject.module.profile.quantities[self.entity_description.key]
        return factor * quantity.step(value / factor)


class FigureSensor[S: Battery | String | LineCoordinator | Bank](BatteryBankSensor[S]):
    """A figure that the monitor calculates.

    An unknown one has its reason as an attribute, and one with a range its range in the unit of the state.
    """

    entity_description: FigureDescription[S]
    _attr_extra_state_attributes: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed

    @override
    def _update(self) -> bool:
        news = super()._update()
        why, between = self.entity_description.reason_fn, self.entity_description.range_fn
        before = self._attr_extra_state_attributes
        if self._attr_native_value is None:
            self._attr_extra_state_attributes = {"reason": why(self.subject)} if why else {}
            return news or self._attr_extra_state_attributes != before
        # The range moves with the value. By itself it does not make a new state.
        if between is not None and (news or not before.keys() & {"low", "high"}):
            self._attr_extra_state_attributes = self._range(between(self.subject))
        elif between is None:
            self._attr_extra_state_attributes = {}
        return news or self._attr_extra_state_attributes != before

    def _range(self, between: Range) -> dict[str, Any]:
        unit = self.unit_of_measurement or self.native_unit_of_measurement
        shown = {
            key: round(DurationConverter.convert(value, self.native_unit_of_measurement, unit), 1)
            for key, value in (("low", between.low), ("high", between.high))
            if value is not None
        }
        return {**shown, "estimated": between.estimated}

    @override
    def _value_now(self) -> tuple[bool, Value]:
        available = self.entity_description.available_fn(self.subject)
        return available, self.entity_description.value_fn(self.subject) if available else None

    @override
    def _step(self, value: float) -> float:
        return self.entity_description.step_fn(self.subject, value)


class ShareSensor(FigureSensor[Bank]):
    """The share of a string in the current of its bank."""

    def __init__(self, coordinator: LineCoordinator, bank: Bank, string_id: str) -> None:
        """Name the sensor after the string."""
        names = string_names(coordinator.hass)
        self._attr_translation_placeholders = {"string": names[string_id]}
        super().__init__(coordinator, bank, share_of(string_id))


class AlarmSensor(BatteryBankSensor[String]):
    """The most urgent alarm of a string as a text, or what to do about it.

    A value that changes while the alarm stays is written once in `ALARM_REFRESH`.
    """

    _attr_extra_state_attributes: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    _shown: Alarm | None = None  # without its values

    @override
    def _update(self) -> bool:
        news = super()._update()
        if news and self.entity_description.key == "urgent_alarm":
            alarm = most_urgent(self.subject)
            described = self.coordinator.alarm_texts.described(self.subject, alarm) if alarm else {}
            self._attr_extra_state_attributes = {key: described[key] for key in ALARM_ATTRIBUTES if key in described}
        return news

    @override
    def _moved(self, value: Value, now: float) -> bool:
        alarm, before = most_urgent(self.subject), self._shown
        self._shown = alarm and replace(alarm, value_now=None, value_at=None, worst_value=None, worst_at=None)
        if value == self._attr_native_value:
            return False
        return self._shown != before or now - self._written_at >= ALARM_REFRESH

    @override
    def _value_now(self) -> tuple[bool, Value]:
        alarm = most_urgent(self.subject)
        if alarm is None:
            return True, "none"
        texts = self.coordinator.alarm_texts
        if self.entity_description.key == "what_to_do":
            return True, texts.advice(alarm.kind)[:LONGEST_STATE]
        return True, texts.line(self.subject, alarm)

    @override
    def _step(self, value: float) -> float:
        return 0.0
