"""Who calls an action: the name for the journal, and what this person may do."""

from collections.abc import Iterable, Sequence

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser

from ..coordinator import LineCoordinator
from ..strings.members import Battery, String
from ..strings.permissions import async_refused


async def async_user_name(hass: HomeAssistant, context: Context | None) -> str | None:
    """Return the name of the person behind a context; None if an automation acts."""
    user = await hass.auth.async_get_user(context.user_id) if context and context.user_id else None
    return user.name if user else None


async def async_refuse(
    call: ServiceCall,
    subjects: Iterable[tuple[LineCoordinator, Battery | String]],
    policy: str,
    buttons: Sequence[str] = (),
) -> None:
    """Raise `Unauthorized` if the caller has no permission for these batteries and strings; see `async_refused`."""
    if call.context.user_id is None:
        return  # an automation may do everything
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    for line, subject in subjects:
        if entity_id := async_refused(call.hass, user, line.id, subject, policy, buttons):
            raise Unauthorized(context=call.context, entity_id=entity_id, permission=policy)
