"""Buttons: acknowledge, test, identify."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonDeviceClass, ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.callers import async_user_name
from .actions.capacity_actions import async_announce, async_cancel
from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import BatteryBankEntity, Subject, async_add_one_by_one
from .figures.description import has_current
from .monitor.battery import operations
from .monitor.battery.capacity_test import CapacityTest
from .monitor.model import CommandName
from .strings.members import Battery, String

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BatteryBankButtonDescription[S: Subject](ButtonEntityDescription):
    """Describe a button of a battery or a string."""

    press_fn: Callable[[LineCoordinator, S, Context | None], Awaitable[None]]
    exists_fn: Callable[[S], bool]


async def _start_tests(coordinator: LineCoordinator, subject: Battery | String, _: Context | None) -> None:
    coordinator.async_refuse_if_down()
    coordinator.tests.request(coordinator.async_testable([subject]))


async def _cancel_tests(coordinator: LineCoordinator, string: String, _: Context | None) -> None:
    coordinator.tests.cancel(coordinator.async_testable([string]))


async def _blink(coordinator: LineCoordinator, battery: Battery, _: Context | None) -> None:
    await coordinator.async_command(battery.module, CommandName.BLINK)


async def _acknowledge(coordinator: LineCoordinator, string: String, context: Context | None) -> None:
    by = await async_user_name(coordinator.hass, context)
    coordinator.analysis.async_apply(string, operations.acknowledge, None, None, by, None)


async def _announce_capacity_test(coordinator: LineCoordinator, string: String, context: Context | None) -> None:
    by = await async_user_name(coordinator.hass, context)
    await async_announce(coordinator, string, CapacityTest(announced=coordinator.clock.now(), announced_by=by))


async def _cancel_capacity_test(coordinator: LineCoordinator, string: String, _: Context | None) -> None:
    await async_cancel(coordinator, string)


STRING_BUTTONS: Final = (
    BatteryBankButtonDescription[String](
        key="acknowledge",
        translation_key="acknowledge",
        press_fn=_acknowledge,
        exists_fn=lambda _: True,
    ),
    BatteryBankButtonDescription[String](
        key=CommandName.START_RESISTANCE_TEST,
        translation_key="start_resistance_test",
        press_fn=_start_tests,
        exists_fn=lambda string: bool(string.test_modules),
    ),
    BatteryBankButtonDescription[String](
        key="cancel_resistance_test",
        translation_key="cancel_resistance_test",
        press_fn=_cancel_tests,
        exists_fn=lambda string: bool(string.test_modules),
    ),
    BatteryBankButtonDescription[String](
        key="start_capacity_test",
        translation_key="start_capacity_test",
        press_fn=_announce_capacity_test,
        exists_fn=has_current,
    ),
    BatteryBankButtonDescription[String](
        key="cancel_capacity_test",
        translation_key="cancel_capacity_test",
        press_fn=_cancel_capacity_test,
        exists_fn=has_current,
    ),
)

BATTERY_BUTTONS: Final = (
    BatteryBankButtonDescription[Battery](
        key=CommandName.START_RESISTANCE_TEST,
        translation_key="start_resistance_test",
        press_fn=_start_tests,
        exists_fn=lambda battery: CommandName.START_RESISTANCE_TEST in battery.module.profile.commands,
    ),
    BatteryBankButtonDescription[Battery](
        key=CommandName.BLINK,
        device_class=ButtonDeviceClass.IDENTIFY,
        entity_category=EntityCategory.DIAGNOSTIC,
        press_fn=_blink,
        exists_fn=lambda battery: CommandName.BLINK in battery.module.profile.commands,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of a line."""
    coordinator = entry.runtime_data
    await async_add_one_by_one(
        coordinator,
        async_add_entities,
        lambda string: [
            BatteryBankButton(coordinator, string, description)
            for description in STRING_BUTTONS
            if description.exists_fn(string)
        ],
        lambda battery: [
            BatteryBankButton(coordinator, battery, description)
            for description in BATTERY_BUTTONS
            if description.exists_fn(battery)
        ],
    )


class BatteryBankButton[S: Subject](BatteryBankEntity[S], ButtonEntity):
    """A button of a battery or a string."""

    entity_description: BatteryBankButtonDescription[S]

    @override
    async def async_press(self) -> None:
        await self.entity_description.press_fn(self.coordinator, self.subject, self._context)
