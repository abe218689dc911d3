"""The command with which a card acknowledges alarms: those that it has shown, and no alarm that was raised since."""

from collections.abc import Collection
from typing import Any

import probatio

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized

from ..const import DOMAIN
from ..coordinator import LineCoordinator, async_find_string
from ..monitor.battery import operations
from ..monitor.battery.alarm_state import identity_of
from ..strings.members import Battery, String
from ..strings.permissions import ACKNOWLEDGE, async_refused
from .action_fields import text_field
from .string_actions import ATTR_NOTE, LEVEL_OF, LONGEST_REMARK


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/acknowledge",
        probatio.Required("string"): str,
        # The id of each alarm, and the level with which it was shown.
        probatio.Required("alarms"): {str: probatio.In([*LEVEL_OF])},
        probatio.Optional(ATTR_NOTE, default=""): text_field(ATTR_NOTE, LONGEST_REMARK),
    }
)
@callback
def acknowledge(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Acknowledge alarms of a string as they were shown, and return how many of them could still be acknowledged."""
    if (found := async_find_string(hass, msg["string"])) is None:
        message = "There is no such string, or its line is not set up."
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, message)
        return
    line, string = found
    shown = {identity: LEVEL_OF[level] for identity, level in msg["alarms"].items()}
    if not _may(hass, connection.user, line, string, shown):
        raise Unauthorized
    before = _seen(string)
    line.analysis.async_apply(string, operations.acknowledge_shown, shown, connection.user.name, msg[ATTR_NOTE] or None)
    connection.send_result(msg["id"], {"acknowledged": _seen(string) - before})


def _may(hass: HomeAssistant, user: User, line: LineCoordinator, string: String, shown: Collection[str]) -> bool:
    """Return whether a user may acknowledge the alarms of a string, or else those of each battery with a shown one."""

    def allowed(subject: Battery | String) -> bool:
        return async_refused(hass, user, line.id, subject, POLICY_CONTROL, ACKNOWLEDGE) is None

    if allowed(string):
        return True
    mine = [battery.id for battery in string.batteries if allowed(battery)]
    meant = [alarm for alarm in string.raised if identity_of(alarm) in shown]
    return bool(mine) and all(any(map(alarm.concerns, mine)) for alarm in meant)


def _seen(string: String) -> int:
    return sum(alarm.acknowledged is not None for alarm in string.raised)
