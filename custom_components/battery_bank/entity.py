"""The base of all entities of a bank."""

from typing import Final, Protocol, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from .const import DOMAIN
from .coordinator import LineCoordinator

# Names that have changed since release 0.4.0, with the old one: the entity ids of a new installation stay the same.
OLD_NAMES: Final = {"Operating state": "State", "Room temperature": "Ambient temperature"}


class Subject(Protocol):
    """What an entity belongs to: a battery, a string, or the line."""

    @property
    def id(self) -> str:
        """The device's identifier, and the stem of its entities' unique ids."""

    @override
    def __hash__(self) -> int: ...


class BatteryBankEntity[S: Subject](Entity):
    """An entity of a battery, a string or the line."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, coordinator: LineCoordinator, subject: S, description: EntityDescription) -> None:
        """Bind the entity to its subject; the device is registered already."""
        self.coordinator = coordinator
        self.subject = subject
        self.entity_description = description
        self._attr_unique_id = f"{subject.id}_{description.key}"
        coordinator.unique_ids.add(self._attr_unique_id)
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, subject.id)})

    @property
    @override
    def suggested_object_id(self) -> str | None:
        """The name from which Home Assistant makes the entity id of a new entity."""
        name = super().suggested_object_id
        return OLD_NAMES.get(name, name) if name else name


class StatefulEntity[S: Subject](BatteryBankEntity[S]):
    """An entity that is updated with its subject, and writes a state only for a change that matters."""

    def __init__(self, coordinator: LineCoordinator, subject: S, description: EntityDescription) -> None:
        """Take the state of the subject now."""
        super().__init__(coordinator, subject, description)
        self._update()

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.coordinator.updates.async_subscribe(self.subject.id, self._subject_updated))

    @callback
    def _subject_updated(self) -> None:
        if self._update():
            self.async_write_ha_state()

    def _update(self) -> bool:
        """Take the state of the subject now, and return whether it has to be written."""
        raise NotImplementedError
