"""The findings of the checks as repair issues of Home Assistant, created and deleted with their causes."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.components.modbus.const import DATA_MODBUS_HUBS
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..strings.connection import hubs_at, modbus_params, where
from ..strings.stored import UnreadableSettingsError
from .checks import CHECKS
from .findings import KINDS, WARNING, Finding, Kind
from .room_check import room_sensors

CHECK: Final = 5.0  # s between two runs of the checks
SETTLED: Final = 60.0  # s that a finding has to last: while the modules of a line come online, much looks wrong
NONE: Final = "-"
PACKAGE: Final = "battery_bank.zip"  # of a release: all files of the integration, with the cards


async def run_checks(bank: LineCoordinator) -> None:
    """Run the checks until cancelled, then delete the issues; those that a person ignores are kept as ignored."""
    since: dict[str, float] = {}  # when each finding was first made, by its id
    hubs: dict[str, tuple[Any, ...]] = {}
    try:
        while True:
            hubs = await _look_for_hubs(bank, hubs)
            since = _check(bank, since, asyncio.get_running_loop().time())
            await asyncio.sleep(CHECK)
    finally:
        for issue in _issues(bank.hass, bank.id):
            if issue.dismissed_version is None and not _kind(issue).stays:
                ir.async_delete_issue(bank.hass, DOMAIN, issue.issue_id)


async def _look_for_hubs(bank: LineCoordinator, before: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Look for hubs in YAML on the same wire if the hubs have changed, and return all hubs, by name."""
    hubs = {hub.name: hub.endpoint for hub in bank.hass.data.get(DATA_MODBUS_HUBS, {}).values()}
    if hubs != before:
        bank.yaml_hubs = await bank.hass.async_add_executor_job(hubs_at, hubs, bank.entry.data)
    return hubs


def _check(bank: LineCoordinator, since: Mapping[str, float], at: float) -> dict[str, float]:
    """Create and delete issues, and return since when each finding lasts (s, as `at`), by its id."""
    now = bank.clock.now()
    findings = {finding.id: finding for check in (*CHECKS, room_sensors) for finding in check(bank, now)}
    for issue in _issues(bank.hass, bank.id):
        kind = _kind(issue)
        if issue.issue_id not in findings and not kind.stays and not (kind.of_line and bank.line.down):
            ir.async_delete_issue(bank.hass, DOMAIN, issue.issue_id)
    lasting = {name: since.get(name, at) for name, finding in findings.items() if finding.texts is not None}
    for name, began in lasting.items():
        of_line = KINDS[findings[name].key].of_line
        if not of_line or (at - began >= SETTLED and not bank.line.down):
            _create(bank.hass, bank.id, findings[name])
    return lasting


@callback
def async_report_link_in_use(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Create the issue that a line can't be set up, because others use its port or gateway with other settings."""
    users = ", ".join(other.title for other in async_users_of_link(hass, entry)) or NONE
    texts = {"line": entry.title, "port": where(entry.data), "users": users}
    _create(hass, entry.entry_id, Finding(key="link_in_use", subject=entry.entry_id, texts=texts))


@callback
def async_report_unreadable(hass: HomeAssistant, entry: ConfigEntry, err: UnreadableSettingsError) -> ConfigEntryError:
    """Create the issue that settings in the storage can't be read, and return the error for the entry."""
    texts = {"subject": err.subject, "field": err.field, "value": err.value}
    finding = Finding(key="settings_unreadable", subject=entry.entry_id, texts={"line": entry.title, **texts})
    _create(hass, entry.entry_id, finding)
    return ConfigEntryError(
        translation_domain=DOMAIN, translation_key="settings_unreadable", translation_placeholders=texts
    )


@callback
def async_report_cards_missing(hass: HomeAssistant, releases: str) -> None:
    """Create the issue that the files of the cards are missing; `releases` is the address of complete packages."""
    async_report(hass, "cards_missing", {"releases": releases, "file": PACKAGE})


@callback
def async_report(hass: HomeAssistant, key: str, texts: Mapping[str, str]) -> None:
    """Create an issue of the whole installation; the caller deletes it by its key."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        key,
        is_fixable=KINDS[key].fixable,
        severity=KINDS[key].severity,
        translation_key=key,
        translation_placeholders=dict(texts),
    )


@callback
def async_users_of_link(hass: HomeAssistant, entry: ConfigEntry) -> list[ConfigEntry]:
    """Return the other entries that have the port or gateway of a line open, whatever their settings."""
    endpoint = modbus_params(entry.data).endpoint
    users = (user for link in async_get_connection_info(hass) if link.endpoint == endpoint for user in link.units)
    others = (hass.config_entries.async_get_entry(user) for user in users if user != entry.entry_id)
    return [other for other in others if other]


@callback
def async_delete_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Delete all issues of a line that was removed."""
    for issue in _issues(hass, entry_id):
        ir.async_delete_issue(hass, DOMAIN, issue.issue_id)


def _issues(hass: HomeAssistant, entry_id: str) -> list[ir.IssueEntry]:
    """Return the active issues of a line."""
    issues = (issue for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN and issue.active)
    return [one for one in issues if one.issue_id.endswith(entry_id) or (one.data or {}).get("entry") == entry_id]


def _kind(issue: ir.IssueEntry) -> Kind:
    return KINDS.get(issue.translation_key or "", WARNING)


def _create(hass: HomeAssistant, entry_id: str, finding: Finding) -> None:
    kind = KINDS[finding.key]
    ir.async_create_issue(
        hass,
        DOMAIN,
        finding.id,
        data={"entry": entry_id, **finding.data},
        is_fixable=kind.fixable,
        is_persistent=kind.stays,
        severity=kind.severity,
        translation_key=finding.key,
        translation_placeholders=dict(finding.texts or {}),
    )
