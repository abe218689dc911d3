"""Who calls an action: the name for the journal, and what this person may do."""

from collections.abc import Iterable, Iterator

from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from ..coordinator import LineCoordinator
from ..strings.devices import async_device_id
from ..strings.members import Battery, String


async def async_user_name(hass: HomeAssistant, context: Context | None) -> str | None:
    """Return the name of the person behind a context; None if an automation acts."""
    user = await hass.auth.async_get_user(context.user_id) if context and context.user_id else None
    return user.name if user else None


async def async_refuse(
    call: ServiceCall, subjects: Iterable[tuple[LineCoordinator, Battery | String]], policy: str
) -> None:
    """Raise `Unauthorized` if the caller may not read, or control, all sensors of these batteries and strings."""
    if call.context.user_id is None:
        return  # an automation may do everything
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    if user.permissions.access_all_entities(policy):
        return
    for entity_id in _sensors(call.hass, subjects):
        if not user.permissions.check_entity(entity_id, policy):
            raise Unauthorized(context=call.context, entity_id=entity_id, permission=policy)


def _sensors(hass: HomeAssistant, subjects: Iterable[tuple[LineCoordinator, Battery | String]]) -> Iterator[str]:
    """Yield the sensors of batteries, and of strings with all their batteries."""
    entities = er.async_get(hass)
    for line, subject in subjects:
        for one in subject.subjects if isinstance(subject, String) else [subject]:
            if device_id := async_device_id(hass, line.id, one.id):
                for entity in er.async_entries_for_device(entities, device_id):
                    if entity.domain == SENSOR:
                        yield entity.entity_id
