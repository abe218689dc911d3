"""Who calls an action: the name for the journal, and what this person may do."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..strings.members import Battery, String
from ..strings.permissions import async_refused

PRESSED: Final = "mobile_app_notification_action"  # the app's event: a button of a notification was pressed
DATA_PRESSED: Final[HassKey[deque[Context]]] = HassKey(f"{DOMAIN}_pressed")
MOST_PRESSED: Final = 50  # an automation acts at once; more buttons than these are not pressed in the meantime


@callback
def async_remember_pressed(hass: HomeAssistant) -> None:
    """Remember who pressed the buttons of notifications.

    The automation that a button triggers acts in a context of its own, which names no person. Only the parent of that
    context is the button's, and Home Assistant keeps no contexts to look it up.
    """
    pressed = hass.data[DATA_PRESSED] = deque(maxlen=MOST_PRESSED)

    @callback
    def remember(event: Event) -> None:
        pressed.append(event.context)

    hass.bus.async_listen(PRESSED, remember)


async def async_user_name(hass: HomeAssistant, context: Context | None) -> str | None:
    """Return the name of the person behind a context, or of the one who pressed the button of a notification.

    None if an automation acts on its own.
    """
    if context is None:
        return None
    pressed = (button.user_id for button in hass.data[DATA_PRESSED] if button.id == context.parent_id)
    user_id = context.user_id or next(pressed, None)
    user = await hass.auth.async_get_user(user_id) if user_id else None
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
