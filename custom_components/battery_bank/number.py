"""Numbers: the baseline of a battery, which a person may type in."""

from math import isfinite
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import StatefulEntity, async_add_one_by_one
from .monitor.battery import operations
from .strings.members import Battery
from .texts.values import MILLIOHM

PARALLEL_UPDATES = 0

BASELINE: Final = NumberEntityDescription(
    key="baseline",
    translation_key="baseline",
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=MILLIOHM,
    native_min_value=0.01,
    native_max_value=100.0,
    mode=NumberMode.BOX,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the numbers of a line."""
    coordinator = entry.runtime_data
    await async_add_one_by_one(
        coordinator,
        async_add_entities,
        lambda _: (),
        lambda battery: [BaselineNumber(coordinator, battery, BASELINE)] if battery.measures_resistance else [],
    )


class BaselineNumber(StatefulEntity[Battery], NumberEntity):
    """The internal resistance that a battery is compared with."""

    _shows_polls = False

    def __init__(self, coordinator: LineCoordinator, battery: Battery, description: NumberEntityDescription) -> None:
        """Take as many decimals as the module resolves."""
        self._attr_native_step = 10.0**-battery.string.milliohm_decimals
        super().__init__(coordinator, battery, description)

    @override
    def _update(self) -> bool:
        before = self._attr_native_value
        ohmic = self.subject.string.state.resistances.get(self.subject.id)
        baseline = ohmic.baseline if ohmic else None
        self._attr_native_value = self.subject.string.milliohms(baseline.ohmic_value) if baseline else None
        return self._attr_native_value != before

    @override
    async def async_set_native_value(self, value: float) -> None:
        if not isfinite(value):  # Home Assistant's check of the range accepts NaN
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="baseline_no_number")
        self.coordinator.analysis.async_apply(self.subject.string, operations.typed, self.subject.id, value / 1000)
