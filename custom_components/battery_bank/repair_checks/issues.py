"""What is told of the troubles of a line: issues of Home Assistant, that come and go with their cause."""

import asyncio
from collections.abc import Mapping
from typing import Final

from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..strings.connection import modbus_params, where
from .checks import CHECKS, KINDS, WARNING, Kind, Trouble

LOOK: Final = 5.0  # s between two looks
SETTLED: Final = 60.0  # s that something of a line has to stand: while a string wakes, much looks wrong
NOBODY: Final = "-"


async def tell_troubles(bank: LineCoordinator) -> None:
    """Look for troubles until cancelled; then nobody knows of any, but what somebody wants to ignore stays so."""
    since: dict[str, float] = {}  # when each trouble was seen first, by its id
    try:
        while True:
            since = _look(bank, since, asyncio.get_running_loop().time())
            await asyncio.sleep(LOOK)
    finally:
        for issue in _issues(bank.hass, bank.id):
            if issue.dismissed_version is None and not _kind(issue).stays:
                ir.async_delete_issue(bank.hass, DOMAIN, issue.issue_id)


def _look(bank: LineCoordinator, since: Mapping[str, float], at: float) -> dict[str, float]:
    """Tell what is new, take back what is over, and return since when each trouble is there (s, as `at`)."""
    now = bank.clock.now()
    troubles = {trouble.id: trouble for check in CHECKS for trouble in check(bank, now)}
    for issue in _issues(bank.hass, bank.id):
        kind = _kind(issue)
        if issue.issue_id not in troubles and not kind.stays and not (kind.of_line and bank.line.down):
            ir.async_delete_issue(bank.hass, DOMAIN, issue.issue_id)
    there = {name: since.get(name, at) for name, trouble in troubles.items() if trouble.texts is not None}
    for name, began in there.items():
        of_line = KINDS[troubles[name].key].of_line
        if not of_line or (at - began >= SETTLED and not bank.line.down):
            _tell(bank.hass, bank.id, troubles[name])
    return there


@callback
def async_link_in_use(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Tell that a line can't be set up, because others use its port or gateway with other settings."""
    users = ", ".join(other.title for other in async_users_of_link(hass, entry)) or NOBODY
    texts = {"line": entry.title, "port": where(entry.data), "users": users}
    _tell(hass, entry.entry_id, Trouble(key="link_in_use", subject=entry.entry_id, texts=texts))


@callback
def async_users_of_link(hass: HomeAssistant, entry: ConfigEntry) -> list[ConfigEntry]:
    """Return who else has the port or gateway of a line open, whatever its settings."""
    endpoint = modbus_params(entry.data).endpoint
    users = (user for link in async_get_connection_info(hass) if link.endpoint == endpoint for user in link.units)
    others = (hass.config_entries.async_get_entry(user) for user in users if user != entry.entry_id)
    return [other for other in others if other]


@callback
def async_forget_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Take back all that was said of a line that is no more."""
    for issue in _issues(hass, entry_id):
        ir.async_delete_issue(hass, DOMAIN, issue.issue_id)


def _issues(hass: HomeAssistant, entry_id: str) -> list[ir.IssueEntry]:
    """Return what stands of a line now."""
    issues = (issue for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN and issue.active)
    return [one for one in issues if one.issue_id.endswith(entry_id) or (one.data or {}).get("entry") == entry_id]


def _kind(issue: ir.IssueEntry) -> Kind:
    return KINDS.get(issue.translation_key or "", WARNING)


def _tell(hass: HomeAssistant, entry_id: str, trouble: Trouble) -> None:
    kind = KINDS[trouble.key]
    ir.async_create_issue(
        hass,
        DOMAIN,
        trouble.id,
        data={"entry": entry_id, **trouble.data},
        is_fixable=kind.fixable,
        is_persistent=kind.stays,
        severity=kind.severity,
        translation_key=trouble.key,
        translation_placeholders=dict(trouble.texts or {}),
    )
