"""Binary sensors: connectivity, problems, and whether a string is charged or a resistance test runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import StatefulEntity, Subject, async_add_one_by_one
from .figures.bank_figures import uneven
from .monitor.battery.alarm_kinds import AlarmKind
from .monitor.battery.bank import CHARGING
from .monitor.battery.events import Level, OperatingState
from .monitor.line.module import Contact, Module
from .monitor.model import DeviceAlarm
from .strings.banks import Bank
from .strings.members import Battery, String

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BatteryBankBinarySensorDescription[S: Subject](BinarySensorEntityDescription):
    """Describe a binary sensor of a battery, a string or a line; None is unknown."""

    value_fn: Callable[[S], bool | None]


def _connected(module: Module | None) -> bool | None:
    """Return whether a module is online; None while the line is down, and before the first round."""
    if module is None or module.contact is Contact.UNKNOWN:
        return None
    return module.contact is Contact.ONLINE


def _has_problem(battery: Battery) -> bool | None:
    """Return whether a battery has an alarm; None if it has none and is not monitored."""
    if any(alarm.concerns(battery.id) for alarm in battery.string.alarms):
        return True
    return False if battery.monitored else None


def _string_has_problem(string: String) -> bool | None:
    """Return whether a string has an alarm; None if it has none and is not monitored."""
    if string.alarms:
        return True
    return False if string.monitored else None


MODULE: Final = BatteryBankBinarySensorDescription[Battery | String](
    key="module",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda subject: _connected(subject.module),
)

BATTERY_PROBLEM: Final = BatteryBankBinarySensorDescription[Battery](
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    value_fn=_has_problem,
)

STRING_PROBLEM: Final = BatteryBankBinarySensorDescription[String](
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    value_fn=_string_has_problem,
)

THERMAL_RUNAWAY: Final = BatteryBankBinarySensorDescription[String](
    key="thermal_runaway",
    translation_key="thermal_runaway",
    device_class=BinarySensorDeviceClass.SAFETY,
    value_fn=lambda string: any(
        alarm.kind is AlarmKind.THERMAL_RUNAWAY and alarm.level is Level.ALARM for alarm in string.alarms
    ),
)

BANK_PROBLEM: Final = BatteryBankBinarySensorDescription[Bank](
    key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    value_fn=lambda bank: any(uneven(string) for string in bank.strings) if bank.strings else None,
)


def _charging(state: OperatingState | None) -> bool | None:
    return None if state is None else state in CHARGING


STRING_CHARGING: Final = BatteryBankBinarySensorDescription[String](
    key="charging",
    device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
    value_fn=lambda string: _charging(string.state.running.condition.condition),
)

BANK_CHARGING: Final = BatteryBankBinarySensorDescription[Bank](
    key="charging",
    device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
    value_fn=lambda bank: _charging(bank.state.operating_state),
)

RESISTANCE_TEST: Final = BatteryBankBinarySensorDescription[String](
    key="resistance_test",
    translation_key="resistance_test",
    device_class=BinarySensorDeviceClass.RUNNING,
    value_fn=lambda string: string.tests.active,
)

LINE: Final = BatteryBankBinarySensorDescription[LineCoordinator](
    key="line",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=lambda coordinator: coordinator.line.working,
)


def _device_alarm(alarm: DeviceAlarm) -> BatteryBankBinarySensorDescription[Battery | String]:
    """Describe an alarm that a module raises by itself; unknown without a current answer."""

    def raised(subject: Battery | String) -> bool | None:
        bits = subject.reading.alarm_bits if subject.reading else None
        if bits is None or subject.module is None:
            return None
        return bool(int(bits) >> subject.module.profile.alarm_bits[alarm] & 1)

    return BatteryBankBinarySensorDescription(
        key=alarm,
        translation_key=alarm,
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=raised,
    )


DEVICE_ALARMS: Final = {alarm: _device_alarm(alarm) for alarm in DeviceAlarm}


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of a line."""
    coordinator = entry.runtime_data
    async_add_entities([BatteryBankBinarySensor(coordinator, coordinator, LINE)])
    await async_add_one_by_one(
        coordinator,
        async_add_entities,
        lambda string: [
            *([BatteryBankBinarySensor(coordinator, string, MODULE)] if string.module else []),
            BatteryBankBinarySensor(coordinator, string, STRING_PROBLEM),
            BatteryBankBinarySensor(coordinator, string, STRING_CHARGING),
            BatteryBankBinarySensor(coordinator, string, THERMAL_RUNAWAY),
            *([BatteryBankBinarySensor(coordinator, string, RESISTANCE_TEST)] if string.test_modules else []),
            *(
                BatteryBankBinarySensor(coordinator, string, DEVICE_ALARMS[alarm])
                for alarm in (string.module.profile.alarm_bits if string.module else ())
            ),
        ],
        lambda battery: [
            BatteryBankBinarySensor(coordinator, battery, MODULE),
            BatteryBankBinarySensor(coordinator, battery, BATTERY_PROBLEM),
            *(
                BatteryBankBinarySensor(coordinator, battery, DEVICE_ALARMS[alarm])
                for alarm in battery.module.profile.alarm_bits
            ),
        ],
    )
    for bank in coordinator.banks:
        async_add_entities(
            [BatteryBankBinarySensor(coordinator, bank, one) for one in (BANK_PROBLEM, BANK_CHARGING)],
            config_subentry_id=bank.id,
        )


class BatteryBankBinarySensor[S: Subject](StatefulEntity[S], BinarySensorEntity):
    """A binary sensor of a bank. It is always available, because it shows what is offline."""

    entity_description: BatteryBankBinarySensorDescription[S]

    @override
    def _update(self) -> bool:
        before = self._attr_is_on
        self._attr_is_on = self.entity_description.value_fn(self.subject)
        return self._attr_is_on != before
