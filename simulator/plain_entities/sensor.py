"""Sensors with a fixed value."""

import asyncio
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfElectricPotential
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

DOMAIN: Final = "plain_entities"
DEVICES: Final = 256  # with 15 entities each, 9 of them enabled: 3,840 and 2,304, as many as 240 batteries have
ENTITIES: Final = 15
ENABLED: Final = 9


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of one device after another, and let other work run after each."""
    devices = dr.async_get(hass)
    for number in range(DEVICES):
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, f"{entry.entry_id}_{number}")},
            name=f"{entry.title} device {number}",
        )
        async_add_entities(PlainSensor(device, f"{entry.entry_id}_{number}", figure) for figure in range(ENTITIES))
        await asyncio.sleep(0)


class PlainSensor(SensorEntity):
    """A sensor that never changes."""

    _attr_device_class = SensorDeviceClass.VOLTAGE
    _attr_has_entity_name = True
    _attr_native_unit_of_measurement = UnitOfElectricPotential.VOLT
    _attr_native_value = 13.5
    _attr_should_poll = False
    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, device: dr.DeviceEntry, stem: str, figure: int) -> None:
        """Belong to a device that is registered already."""
        self.device_entry = device
        self._attr_unique_id = f"{stem}_{figure}"
        self._attr_name = f"Figure {figure}"
        self._attr_entity_registry_enabled_default = figure < ENABLED
