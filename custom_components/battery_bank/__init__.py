"""Battery Bank Monitor: Home Assistant as the control module of a stationary battery monitor."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .actions.callers import async_remember_pressed
from .centre.publisher import publish_line
from .const import DOMAIN
from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .dashboard.card_files import async_setup_cards
from .dashboard.feed import DATA_FEED, Feed
from .event_bus.blueprint_files import async_setup_blueprints
from .event_bus.bus_event import async_publish_on_bus
from .monitor.line.library_log import limit_library_log
from .monitor.line.profile_content import ProfileFileError
from .plant_systems.publication import DATA_PUBLICATION, Publication
from .repair_checks.issues import async_delete_issues, async_report_link_in_use, async_report_unreadable, run_checks
from .reporting.report_view import ReportView
from .runtime.commanded_tests import async_setup_turns
from .runtime.removed_lines import async_remember
from .runtime.room_tracking import async_follow_rooms
from .services import async_setup_services
from .strings.devices import async_register_devices, async_remove_leftovers
from .strings.own_profiles import async_load_own_profiles, missing_profile
from .strings.stored import UnreadableSettingsError, check_line
from .websocket_api import async_setup_commands

PLATFORMS = [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SENSOR, Platform.SWITCH]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all lines share."""
    limit_library_log()
    async_setup_services(hass)
    async_remember_pressed(hass)
    async_setup_blueprints(hass)
    hass.http.register_view(ReportView())
    await async_setup_turns(hass)
    hass.data[DATA_FEED] = Feed(hass, await async_setup_cards(hass))
    async_setup_commands(hass)
    hass.data[DATA_PUBLICATION] = Publication(hass)
    await hass.data[DATA_PUBLICATION].async_load()
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Mark an entry of release 0.4.0 or earlier, so that these releases refuse it; its settings need no change.

    One of a later minor version is accepted as it is. Home Assistant itself refuses one of a later major version.
    """
    if entry.version == 1:
        hass.config_entries.async_update_entry(entry, version=2, minor_version=1)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Set up a line, also one that is down now: its entities then show that nothing is monitored, until it recovers."""
    errors = await async_load_own_profiles(hass)
    if (key := missing_profile(entry)) is not None:
        raise _missing(key, errors)
    try:
        check_line(entry)
    except UnreadableSettingsError as err:
        raise async_report_unreadable(hass, entry, err) from err
    try:
        coordinator = LineCoordinator(hass, entry)
    except HomeAssistantError as err:
        async_report_link_in_use(hass, entry)
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="link_settings_in_use") from err
    await coordinator.async_open()
    entry.runtime_data = coordinator
    await async_register_devices(hass, entry, coordinator.strings, coordinator.banks)
    entry.async_on_unload(async_follow_rooms(hass, coordinator.strings))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Before the leftovers go: the last events of a battery that was taken out still name its device.
    await async_publish_on_bus(hass, coordinator)
    subjects = [coordinator.id, *(subject.id for string in coordinator.strings for subject in string.subjects)]
    subjects += [bank.id for bank in coordinator.banks]
    async_remove_leftovers(hass, coordinator.id, subjects, coordinator.unique_ids)
    entry.async_on_unload(entry.add_update_listener(_async_updated(_configured(entry))))
    coordinator.async_start(run_checks(coordinator), coordinator.journal_sender.run(), publish_line(coordinator))
    await hass.data[DATA_PUBLICATION].async_strings_changed()
    return True


def _missing(key: str, errors: Mapping[str, ProfileFileError]) -> ConfigEntryError:
    """Return why a profile that a user has written is not there."""
    for file, err in errors.items():
        placeholders = {"file": file, "line": str(err.line), "field": err.field or "YAML", "allowed": err.allowed}
        return ConfigEntryError(
            translation_domain=DOMAIN, translation_key="profile_file", translation_placeholders=placeholders
        )
    return ConfigEntryError(
        translation_domain=DOMAIN, translation_key="no_profile_file", translation_placeholders={"profile": key}
    )


async def async_unload_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Unload a line."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_stop()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
    """Delete the repair issues of a line, and its strings from the register table; journal and counters stay.

    They go on if the line is added again.
    """
    await async_remember(hass, entry)
    async_delete_issues(hass, entry.entry_id)
    if publication := hass.data.get(DATA_PUBLICATION):
        others = hass.config_entries.async_entries(DOMAIN)
        await (publication.async_strings_changed() if others else publication.async_remove())


def _configured(entry: ConfigEntry) -> tuple[object, ...]:
    """Return what a line can't take over while it runs. Options are not among it."""
    subentries = {one.subentry_id: (one.title, one.data) for one in entry.subentries.values()}
    return entry.title, entry.data, subentries


def _async_updated(
    before: tuple[object, ...],
) -> Callable[[HomeAssistant, BatteryBankConfigEntry], Coroutine[Any, Any, None]]:
    """Return what reloads a line whose settings are no longer as they were, or takes over its options."""

    async def updated(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
        if _configured(entry) != before:
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        entry.runtime_data.journal_sender.async_options_changed()
        entry.runtime_data.updates.async_notify(entry.entry_id)

    return updated
