"""Battery Bank Monitor: Home Assistant as the control module of a stationary battery monitor."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .centre.publisher import publish_line
from .const import DOMAIN
from .coordinator import BatteryBankConfigEntry, LineCoordinator, configured
from .dashboard.card_files import async_setup_cards
from .dashboard.feed import DATA_FEED, Feed
from .event_bus.blueprint_files import async_setup_blueprints
from .event_bus.bus_event import async_publish_on_bus
from .repair_checks.issues import async_delete_issues, async_report_link_in_use, run_checks
from .reporting.report_view import ReportView
from .services import async_setup_services
from .strings.devices import async_register_devices, async_remove_leftovers
from .websocket_api import async_setup_commands

PLATFORMS = [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SENSOR, Platform.SWITCH]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all lines share."""
    async_setup_services(hass)
    async_setup_blueprints(hass)
    hass.http.register_view(ReportView())
    hass.data[DATA_FEED] = Feed(hass, await async_setup_cards(hass))
    async_setup_commands(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Accept an entry of another minor version as it is: nothing had to change yet, and later additions are kept.

    Home Assistant itself refuses an entry of a later major version.
    """
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Set up a line, also one that is down now: its entities then show that nothing is monitored, until it recovers."""
    try:
        coordinator = LineCoordinator(hass, entry)
    except HomeAssistantError as err:
        async_report_link_in_use(hass, entry)
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="link_settings_in_use") from err
    await coordinator.async_open()
    entry.runtime_data = coordinator
    async_register_devices(hass, entry, coordinator.strings)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Before the leftovers go: the last events of a battery that was taken out still name its device.
    await async_publish_on_bus(hass, coordinator)
    subjects = [coordinator.id, *(subject.id for string in coordinator.strings for subject in string.subjects)]
    async_remove_leftovers(hass, coordinator.id, subjects, coordinator.unique_ids)
    entry.async_on_unload(entry.add_update_listener(_async_entry_updated))
    coordinator.async_start(run_checks(coordinator), publish_line(coordinator))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> bool:
    """Unload a line."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_stop()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
    """Delete the repair issues of a line; its journal stays."""
    async_delete_issues(hass, entry.entry_id)


async def _async_entry_updated(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
    """Reload the line with its strings as they are now, or take over options."""
    if entry.runtime_data.configured == configured(entry):
        entry.runtime_data.journal_sender.async_options_changed()
        entry.runtime_data.updates.async_notify(entry.entry_id)
        return
    hass.config_entries.async_schedule_reload(entry.entry_id)
