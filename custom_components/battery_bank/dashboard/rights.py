"""What the feed shows to a user, and what the cards may offer: by the permissions for the entities of each string."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback

from ..strings.members import String
from ..strings.permissions import OFFERED, async_may_read, async_offered

ALL: Final = [keys[0] for keys in OFFERED]

# For each string that may be read: its line, its id, and what may be offered. None: everything of all strings.
type Rights = frozenset[tuple[str, str, tuple[str, ...]]] | None


@callback
def async_rights(hass: HomeAssistant, user: User, strings: Iterable[tuple[str, String]]) -> Rights:
    """Return what a user may do with strings, each with the id of its line."""
    may = user.permissions
    if may.access_all_entities(POLICY_READ) and may.access_all_entities(POLICY_CONTROL):
        return None
    return frozenset(
        (line_id, string.id, tuple(async_offered(hass, user, line_id, string)))
        for line_id, string in strings
        if async_may_read(hass, user, line_id, string)
    )


def readable(message: Mapping[str, Any], rights: Rights) -> dict[str, Any]:
    """Return a message of the feed without the strings that may not be read, and without lines that have no others."""
    if rights is None:
        return dict(message)
    lines, strings = {line_id for line_id, _, _ in rights}, {string_id for _, string_id, _ in rights}
    return {
        **message,
        "lines": [line for line in message["lines"] if line["id"] in lines],
        "strings": [string for string in message["strings"] if string["id"] in strings],
    }


def offered(snapshot: dict[str, Any], rights: Rights) -> dict[str, Any]:
    """Add to each string of a snapshot what the cards may offer."""
    may = {string_id: list(some) for _, string_id, some in rights or ()}
    strings = [string | {"may": ALL if rights is None else may[string["id"]]} for string in snapshot["strings"]]
    return snapshot | {"strings": strings}
