"""What a user may do with strings and batteries: the permissions for their entities decide.

Reading takes read permission for the sensors. What changes something, loads a battery or writes to a module takes
control of the button that does the same or, where there is no such button, of the sensors.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.button import DOMAIN as BUTTON
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..monitor.model import CommandName
from .devices import async_device_id
from .members import Battery, String

# What a person does, and the keys of the buttons that do it; the first that a string or battery has counts.
ACKNOWLEDGE: Final = ("acknowledge",)
START_TEST: Final = (str(CommandName.START_RESISTANCE_TEST),)
CANCEL_TEST: Final = ("cancel_resistance_test", *START_TEST)
START_CAPACITY_TEST: Final = ("start_capacity_test",)
CANCEL_CAPACITY_TEST: Final = ("cancel_capacity_test", *START_CAPACITY_TEST)
BLINK: Final = (str(CommandName.BLINK),)
OFFERED: Final = (ACKNOWLEDGE, START_TEST, BLINK)  # by the cards


@callback
def async_refused(
    hass: HomeAssistant,
    user: User,
    line_id: str,
    subject: Battery | String,
    policy: str,
    buttons: Sequence[str] = (),
) -> str | None:
    """Return an entity for which a user would need a permission and has none; None if nothing is missing."""
    may = user.permissions
    if may.access_all_entities(policy):
        return None
    needed = _buttons(hass, subject, buttons) if policy == POLICY_CONTROL else None
    entities = [needed] if needed else _sensors(hass, line_id, subject)
    return next((entity_id for entity_id in entities if not may.check_entity(entity_id, policy)), None)


@callback
def async_may_read(hass: HomeAssistant, user: User, line_id: str, subject: Battery | String) -> bool:
    """Return whether a user may read all sensors of a battery, or of a string with its batteries."""
    return async_refused(hass, user, line_id, subject, POLICY_READ) is None


@callback
def async_offered(hass: HomeAssistant, user: User, line_id: str, subject: Battery | String) -> list[str]:
    """Return what the cards may offer to a user for a battery or string."""
    return [one[0] for one in OFFERED if async_refused(hass, user, line_id, subject, POLICY_CONTROL, one) is None]


def _buttons(hass: HomeAssistant, subject: Battery | String, keys: Sequence[str]) -> str | None:
    entities = er.async_get(hass)
    found = (entities.async_get_entity_id(BUTTON, DOMAIN, f"{subject.id}_{key}") for key in keys)
    return next((entity_id for entity_id in found if entity_id), None)


def _sensors(hass: HomeAssistant, line_id: str, subject: Battery | String) -> Iterator[str]:
    """Yield the sensors of a battery, or of a string with all its batteries."""
    entities = er.async_get(hass)
    for one in subject.subjects if isinstance(subject, String) else [subject]:
        if device_id := async_device_id(hass, line_id, one.id):
            for entity in er.async_entries_for_device(entities, device_id):
                if entity.domain == SENSOR:
                    yield entity.entity_id
