"""Sensors of batteries, strings and the line."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Any, Final, override

from homeassistant.components.sensor import DOMAIN as SENSOR, SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.unit_conversion import DurationConverter

from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import StatefulEntity, Subject, async_add_one_by_one
from .figures.bank_figures import BANK_FIGURES, share_of
from .figures.battery_figures import BATTERY_FIGURES
from .figures.description import FigureDescription, Range, Value
from .figures.discharge_figures import DISCHARGE_FIGURES
from .figures.line_figures import LINE_FIGURES
from .figures.readings import READINGS, ReadingDescription, decimals, measured
from .figures.steady import Steady
from .figures.string_figures import STRING_FIGURES
from .monitor.battery.bank import discharge_power
from .monitor.battery.events import Alarm
from .monitor.line.module_profile import Quantity
from .strings.banks import Bank, string_names
from .strings.members import Battery, String
from .texts.alarm_texts import LONGEST_STATE, most_urgent
from .texts.values import rounded

PARALLEL_UPDATES = 0

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
    await async_add_one_by_one(
        coordinator,
        async_add_entities,
        lambda string: [
            *(readings := _readings(coordinator, string)),
            *_figures(coordinator, string, (*STRING_FIGURES, *DISCHARGE_FIGURES), readings),
            *(AlarmSensor(coordinator, string, description) for description in ALARM_SENSORS),
        ],
        lambda battery: [
            *(
                FigureSensor(coordinator, battery, description)
                for description in BATTERY_FIGURES
                if description.exists_fn(battery)
            ),
            *_readings(coordinator, battery),
        ],
    )
    for bank in coordinator.banks:
        async_add_entities(
            [
                *_figures(coordinator, bank, BANK_FIGURES),
                *(ShareSensor(coordinator, bank, string_id) for string_id in bank.string_ids),
            ],
            config_subentry_id=bank.id,
        )


def _readings(coordinator: LineCoordinator, subject: Battery | String) -> list[ReadingSensor]:
    quantities = subject.module.profile.quantities if subject.module else ()
    return [
        ReadingSensor(coordinator, subject, description) for description in READINGS if description.key in quantities
    ]


def _figures[S: String | Bank](
    coordinator: LineCoordinator,
    subject: S,
    descriptions: Iterable[FigureDescription[S]],
    readings: Iterable[ReadingSensor] = (),
) -> list[FigureSensor[S]]:
    """Return the sensors of figures. The current of which one shows the power is a reading, or a figure before it."""
    sensors: dict[str, FigureSensor[S]] = {}
    read = {one.entity_description.key: one for one in readings}
    for description in descriptions:
        if description.exists_fn(subject):
            current = read.get("current") or sensors.get("current")
            if description.key == "power" and current:
                sensors[description.key] = PowerSensor(coordinator, subject, description, current)
            else:
                sensors[description.key] = FigureSensor(coordinator, subject, description)
    return [*sensors.values()]


class BatteryBankSensor[S: Subject](StatefulEntity[S], SensorEntity):
    """A sensor that writes a state when its value changes by a step, or has long been away from what is shown."""

    def __init__(self, coordinator: LineCoordinator, subject: S, description: EntityDescription) -> None:
        """Show nothing yet."""
        self.steady = Steady()
        super().__init__(coordinator, subject, description)

    @override
    def get_initial_entity_options(self) -> er.EntityOptionsType | None:
        """Return the options that a new entity begins with.

        With its display precision among them, Home Assistant does not store that in a second step for each entity.
        """
        options = super().get_initial_entity_options() or {}
        if (digits := self.suggested_display_precision) is not None:
            options = {**options, SENSOR: {"suggested_display_precision": digits}}
        return options or None

    @override
    def _update(self) -> bool:
        available, shown = self.take()
        if available == self._attr_available and shown == self._attr_native_value:
            return False
        self._attr_available, self._attr_native_value = available, shown
        return True

    def take(self) -> tuple[bool, Value]:
        """Take the value now; return whether it is available, and what is shown from then on."""
        available, value = self._value_now()
        return available, self.steady.take(value, self._step, self.coordinator.clock.monotonic(), available=available)

    @abstractmethod
    def _value_now(self) -> tuple[bool, Value]:
        """Return whether the value is available, and the value."""

    @abstractmethod
    def _step(self, value: float) -> float:
        """Return the least change of the value that is written at once."""


class ReadingSensor(BatteryBankSensor[Battery | String]):
    """A quantity that a module measures."""

    entity_description: ReadingDescription

    def __init__(
        self, coordinator: LineCoordinator, subject: Battery | String, description: ReadingDescription
    ) -> None:
        """Show as many decimals as the module resolves."""
        self._attr_suggested_display_precision = decimals(subject, description)
        super().__init__(coordinator, subject, description)

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

    @property
    @override
    def _shows_polls(self) -> bool:  # type: ignore[override]
        return self.entity_description.shows_polls

    @override
    def _update(self) -> bool:
        news = super()._update()
        why, between = self.entity_description.reason_fn, self.entity_description.range_fn
        before = self._attr_extra_state_attributes
        attributes: dict[str, Any] = {}
        if self._attr_native_value is None:
            attributes = {"reason": why(self.subject)} if why else {}
        elif between is not None:
            # The range moves with the value. By itself it does not make a new state.
            known = before.keys() & {"low", "high"} and not news
            attributes = before if known else self._range(between(self.subject))
        if attributes != before:
            self._attr_extra_state_attributes = attributes
            return True
        return news

    def _range(self, between: Range) -> dict[str, Any]:
        native = self.native_unit_of_measurement
        unit, digits = self.unit_of_measurement or native, self.entity_description.suggested_display_precision or 1
        shown = {
            key: round(value if unit == native else DurationConverter.convert(value, native, unit), digits)
            for key, value in (("low", between.low), ("high", between.high))
            if value is not None
        }
        return shown if between.estimated is None else {**shown, "estimated": between.estimated}

    @override
    def _value_now(self) -> tuple[bool, Value]:
        available = self.entity_description.available_fn(self.subject)
        return available, self.entity_description.value_fn(self.subject) if available else None

    @override
    def _step(self, value: float) -> float:
        return self.entity_description.step_fn(self.subject, value)


class PowerSensor[S: String | Bank](FigureSensor[S]):
    """The power of the current that is shown: noise makes no discharge of the one and a charge of the other."""

    def __init__(
        self,
        coordinator: LineCoordinator,
        subject: S,
        description: FigureDescription[S],
        current: ReadingSensor | FigureSensor[S],
    ) -> None:
        """Take the current from its sensor, also if that is disabled."""
        self._current = current
        self._of: Value = None  # the current that is shown as a power
        super().__init__(coordinator, subject, description)

    @override
    def _value_now(self) -> tuple[bool, Value]:
        _, current = self._current.take()
        if current != self._of:
            self._of = current
            self.steady.begin_again()
        subject = self.subject
        voltage = subject.summary.voltage if isinstance(subject, String) else subject.state.voltage
        return True, rounded(discharge_power(current if isinstance(current, float) else None, voltage), 1)


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
    _shows_polls = False
    _alarm: Alarm | None = None  # that is shown, without its values
    _written_at = -inf

    @override
    def _update(self) -> bool:
        news = super()._update()
        if news and self.entity_description.key == "urgent_alarm":
            alarm = most_urgent(self.subject)
            described = self.coordinator.alarm_texts.described(self.subject, alarm) if alarm else {}
            self._attr_extra_state_attributes = {key: described[key] for key in ALARM_ATTRIBUTES if key in described}
        return news

    @override
    def take(self) -> tuple[bool, Value]:
        _, value = self._value_now()
        before = self.steady.shown
        alarm, shown, now = most_urgent(self.subject), self._alarm, self.coordinator.clock.monotonic()
        self._alarm = alarm and replace(alarm, value_now=None, value_at=None, worst_value=None, worst_at=None)
        if value == before or (self._alarm == shown and now - self._written_at < ALARM_REFRESH):
            return True, before
        self._written_at, self.steady.shown = now, value
        return True, value

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
