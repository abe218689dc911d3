"""The dialogues in which a person sets right what the repair checks have found."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, override

import probatio

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.ulid import ulid_now

from .const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_BAUDRATE,
    CONF_CONNECTION,
    CONF_INVERT_CURRENT,
    CONF_PARITY,
    CONF_STRING_MODULE_ADDRESS,
    DOMAIN,
    SUBENTRY_STRING,
    Connection,
)
from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .monitor.battery import operations
from .monitor.battery.events import Replaced
from .repair_checks.checks import has_no_baseline
from .repair_checks.findings import Data
from .repair_checks.issues import async_users_of_link
from .strings.configuration import addresses_of
from .strings.stored import readable_strings


class FixFlow(RepairsFlow):
    """Offers the ways to set an issue right."""

    options: ClassVar[tuple[str, ...]] = ()  # its steps, besides ignoring the issue

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the person choose."""
        return self.async_show_menu(
            step_id="init", menu_options=[*self.options, "ignore"], description_placeholders=self._texts
        )

    async def async_step_ignore(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ignore the issue."""
        if not self._exists:
            return self._gone()
        ir.async_ignore_issue(self.hass, DOMAIN, self.issue_id, ignore=True)
        return self.async_abort(reason="ignored")

    @property
    def _texts(self) -> dict[str, str] | None:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return issue.translation_placeholders if issue else None

    @property
    def _exists(self) -> bool:
        """Whether the issue still exists: its cause may have ended while the dialogue was open."""
        return ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id) is not None

    @property
    def _entry(self) -> BatteryBankConfigEntry | None:
        return self.hass.config_entries.async_get_entry(str(self._data["entry"]))

    @property
    def _running(self) -> LineCoordinator | None:
        entry = self._entry
        return entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None

    @property
    def _string(self) -> ConfigSubentry | None:
        strings = readable_strings(self._entry) if self._entry else []
        return next((one for one in strings if one.subentry_id == str(self._data["string"])), None)

    @property
    def _data(self) -> Data:
        return self.data or {}

    def _change(self, changes: Mapping[str, Any]) -> RepairsFlowResult:
        """Change the configuration of a string; its line is reloaded."""
        entry, string = self._entry, self._string
        if entry is None or string is None or not self._exists:
            return self._gone()
        self.hass.config_entries.async_update_subentry(entry, string, data={**string.data, **changes})
        return self.async_create_entry(data={})

    def _gone(self) -> RepairsFlowResult:
        """End the dialogue: the issue no longer exists, or its line is not running."""
        return self.async_abort(reason="gone")


class ConfirmFlow(FixFlow):
    """Asks for confirmation, and then acts."""

    @override
    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask for confirmation."""
        if user_input is not None:
            return self._confirmed()
        return self.async_show_form(
            step_id="confirm", data_schema=probatio.Schema({}), description_placeholders=self._texts
        )

    def _confirmed(self) -> RepairsFlowResult:
        raise NotImplementedError


class ModuleOfflineFlow(FixFlow):
    """A module is offline: it may have been taken out."""

    options = ("taken_out",)

    async def async_step_taken_out(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Take the battery, or the string module, out of the string."""
        string = self._string
        if string is None:
            return self._gone()
        battery = self._data["battery"]
        left = [one for one in string.data[CONF_BATTERIES] if one["id"] != battery]
        if not left:
            return self.async_abort(reason="last_battery")
        if user_input is None:
            return self.async_show_form(
                step_id="taken_out", data_schema=probatio.Schema({}), description_placeholders=self._texts
            )
        return self._change({CONF_STRING_MODULE_ADDRESS: None} if battery is None else {CONF_BATTERIES: left})


class OtherProfileFlow(ConfirmFlow):
    """All modules on batteries are of another family."""

    @override
    def _confirmed(self) -> RepairsFlowResult:
        return self._change({CONF_BATTERY_MODULE: self._data["profile"]})


class BatteryCountFlow(FixFlow):
    """There is one more module than batteries."""

    options = ("add",)

    async def async_step_add(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Make it the next battery of the string."""
        string, address = self._string, self._data["address"]
        if string is None or self._entry is None or address in _addresses(self._entry):  # another dialogue was faster
            return self._gone()
        batteries = string.data[CONF_BATTERIES]
        return self._change({CONF_BATTERIES: [*batteries, {"id": ulid_now(), "address": address}]})


def _addresses(entry: BatteryBankConfigEntry) -> set[int]:
    """Return the addresses of the strings of a line."""
    return set().union(*(addresses_of(string.data) for string in entry.get_subentries_of_type(SUBENTRY_STRING)))


class CurrentReversedFlow(ConfirmFlow):
    """The string module was fitted the wrong way round."""

    @override
    def _confirmed(self) -> RepairsFlowResult:
        string = self._string
        return self._change({CONF_INVERT_CURRENT: not string.data[CONF_INVERT_CURRENT]}) if string else self._gone()


class BaselineMissingFlow(FixFlow):
    """Batteries have no baseline that a resistance test could be compared with."""

    options = ("test",)

    async def async_step_test(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Test them now, one after another."""
        coordinator = self._running
        strings = [string for string in coordinator.strings if string.id == self._data["string"]] if coordinator else []
        if coordinator is None or not strings:
            return self._gone()
        now = coordinator.clock.now()
        try:
            coordinator.async_refuse_if_down()
            without = [one for string in strings for one in string.batteries if has_no_baseline(one, now)]
            coordinator.tests.request(coordinator.async_testable(without))
        except HomeAssistantError:
            return self._gone()
        # Tests take a while, and one test may bring no baseline yet: the issue is deleted when there is one.
        return self.async_abort(reason="tested")


class BatteriesExchangedFlow(FixFlow):
    """Two batteries, or their modules, may be exchanged."""

    options = ("batteries", "modules")

    async def async_step_batteries(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Move the history of each battery to the place of the other one."""
        return self._exchange("id")

    async def async_step_modules(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Give each battery the address of the other one's module."""
        return self._exchange("address")

    def _exchange(self, field: str) -> RepairsFlowResult:
        string = self._string
        batteries = {one["id"]: one for one in string.data[CONF_BATTERIES]} if string else {}
        first, second = batteries.get(self._data["battery"]), batteries.get(self._data["other"])
        if first is None or second is None:
            return self._gone()
        other = {first["id"]: second, second["id"]: first}
        changed = [{**one, field: other.get(battery, one)[field]} for battery, one in batteries.items()]
        return self._change({CONF_BATTERIES: changed})


class BatteryReplacedFlow(FixFlow):
    """A battery may be new, and its replacement was not entered."""

    options = ("replaced",)

    async def async_step_replaced(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start its baseline and trend again."""
        coordinator, battery, at = self._running, str(self._data["battery"]), float(self._data["at"] or 0.0)
        strings = [string for string in coordinator.strings if string.id == self._data["string"]] if coordinator else []
        if coordinator is None or not strings or strings[0].number(battery) is None or not self._exists:
            return self._gone()
        replacement = Replaced(battery=battery, at=at)
        coordinator.analysis.async_apply(strings[0], operations.replaced, replacement)
        return self.async_create_entry(data={})


class ImplausibleClockFlow(ConfirmFlow):
    """The clock is behind the latest known time, which may itself have been wrong."""

    @override
    def _confirmed(self) -> RepairsFlowResult:
        if (coordinator := self._running) is None:
            return self._gone()
        for string in coordinator.strings:
            coordinator.analysis.async_apply(string, operations.clock_right)
        return self.async_create_entry(data={})


class JournalFileFlow(ConfirmFlow):
    """Something happened to the file of a journal, which a person has to confirm."""

    @override
    def _confirmed(self) -> RepairsFlowResult:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        if (coordinator := self._running) and issue:
            writer = coordinator.journal_writer
            if issue.translation_key == "journal_set_aside":
                writer.set_aside = None
            writer.notices.pop(issue.translation_key or "", None)
        return self.async_create_entry(data={})


class LinkInUseFlow(FixFlow):
    """Another integration uses the port or gateway with other settings."""

    options = ("try_again", "take_over")

    @override
    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        options = self.options if self._settings_of_others() else self.options[:1]
        return self.async_show_menu(step_id="init", menu_options=list(options), description_placeholders=self._texts)

    async def async_step_try_again(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Set the line up again."""
        entry = self._entry
        if entry is None:
            return self._gone()
        await self.hass.config_entries.async_reload(entry.entry_id)
        if entry.state is ConfigEntryState.LOADED:
            return self.async_create_entry(data={})
        return self.async_abort(reason="still_in_use")

    async def async_step_take_over(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Take over the settings of the other line."""
        entry = self._entry
        if entry is None:
            return self._gone()
        self.hass.config_entries.async_update_entry(entry, data={**entry.data, **self._settings_of_others()})
        return await self.async_step_try_again()

    def _settings_of_others(self) -> dict[str, Any]:
        """Return speed and parity of another of our lines on the same port; empty if there is none."""
        entry = self._entry
        for other in async_users_of_link(self.hass, entry) if entry else ():
            if other.domain == DOMAIN and other.data[CONF_CONNECTION] == Connection.SERIAL:
                return {field: other.data[field] for field in (CONF_BAUDRATE, CONF_PARITY)}
        return {}


FLOWS: Final[Mapping[str, type[FixFlow]]] = {
    "baseline_missing": BaselineMissingFlow,
    "batteries_exchanged": BatteriesExchangedFlow,
    "battery_count": BatteryCountFlow,
    "battery_replaced": BatteryReplacedFlow,
    "current_reversed": CurrentReversedFlow,
    "implausible_clock": ImplausibleClockFlow,
    "journal_missing": JournalFileFlow,
    "journal_rewritten": JournalFileFlow,
    "journal_set_aside": JournalFileFlow,
    "link_in_use": LinkInUseFlow,
    "module_silent": ModuleOfflineFlow,
    "other_profile": OtherProfileFlow,
}


async def async_create_fix_flow(hass: HomeAssistant, issue_id: str, data: Data | None) -> RepairsFlow:
    """Return the dialogue of an issue."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    flow = FLOWS.get(issue.translation_key or "") if issue else None
    return flow() if flow else ConfirmRepairFlow()
