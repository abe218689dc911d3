"""The base of all entities of a bank."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol, override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import LineCoordinator
from .figures.disabled_at_first import is_disabled_at_first
from .strings.devices import async_device
from .strings.members import Battery, String

REMOVED_AT_ONCE: Final = 20  # entities, until other work of the event loop runs

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
        if is_disabled_at_first(subject, description.key):
            self._attr_entity_registry_enabled_default = False
        # Device info would make Home Assistant look through the registry again for each of thousands of entities.
        self.device_entry = async_device(coordinator.hass, coordinator.id, subject.id)

    @property
    @override
    def suggested_object_id(self) -> str | None:
        """The name from which Home Assistant makes the entity id of a new entity."""
        name = super().suggested_object_id
        return OLD_NAMES.get(name, name) if name else name

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let other work run now and then while a line is unloaded."""
        if next(self.coordinator.removals) % REMOVED_AT_ONCE == 0:
            await asyncio.sleep(0)


class StatefulEntity[S: Subject](BatteryBankEntity[S]):
    """An entity that is updated with its subject, and writes a state only for a change that matters."""

    _shows_polls = True  # whether it has to be updated at each poll of the module

    def __init__(self, coordinator: LineCoordinator, subject: S, description: EntityDescription) -> None:
        """Take the state of the subject now."""
        super().__init__(coordinator, subject, description)
        self._update()

    @override
    async def async_added_to_hass(self) -> None:
        subscribe = self.coordinator.updates.async_subscribe
        self.async_on_remove(subscribe(self.subject.id, self._subject_updated, polls=self._shows_polls))

    @callback
    def _subject_updated(self) -> None:
        if self._update():
            self.async_write_ha_state()

    def _update(self) -> bool:
        """Take the state of the subject now, and return whether it has to be written."""
        raise NotImplementedError


async def async_add_one_by_one(
    coordinator: LineCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
    of_string: Callable[[String], Iterable[Entity]],
    of_battery: Callable[[Battery], Iterable[Entity]] = lambda _: (),
) -> None:
    """Add the entities of the strings and of their batteries, and let other work run after each battery.

    A line of 240 batteries has thousands of entities. In one go, they would keep other lines from being polled.
    """
    for string in coordinator.strings:
        async_add_entities(of_string(string), config_subentry_id=string.id)
        for battery in string.batteries:
            async_add_entities(of_battery(battery), config_subentry_id=string.id)
            await asyncio.sleep(0)
