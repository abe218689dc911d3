"""The flow of a line: connect it, scan it, confirm its strings, and reconfigure it later."""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import BooleanSelector

from .const import CONF_CONNECTION, DOMAIN, FIRST_ADDRESS, LAST_ADDRESS, SUBENTRY_BANK, SUBENTRY_STRING, Connection
from .flows.bank_flow import BankSubentryFlow
from .flows.fields import FieldError, NumberField, async_errors, read_form
from .flows.hub_steps import CONF_UNIT_ID, HubSteps
from .flows.line_access import answers_otherwise, open_link, scan_line, spread
from .flows.line_form import (
    CONF_ONLY_HUB,
    GATEWAY_SCHEMA,
    SERIAL_SCHEMA,
    async_stable_path,
    async_title,
    settings_of,
    shown,
)
from .flows.plant_flow import PlantOptionsFlow
from .flows.removed_line_steps import DONE, RemovedLineSteps
from .flows.scan_steps import RANGE_SCHEMA, WHOLE_RANGE
from .flows.string_flow import StringSubentryFlow
from .flows.string_form import alike, async_free_name, blank, confirm, proposed, string_schema
from .monitor.errors import LineDownError, Reason
from .monitor.line.hub_survey import Survey, survey
from .monitor.line.module_profile import Profile
from .monitor.line.scan import Found, Verdict, check_line, settle
from .monitor.line.string_proposal import Proposal, propose_strings
from .runtime.local_time import today
from .strings.configuration import addresses_of
from .strings.connection import is_among, pace, where
from .strings.stored import is_reachable
from .texts.reasons import async_reason_text

SECTION_SCAN: Final = "scan"
CONF_STRINGS: Final = "strings"


class BatteryBankConfigFlow(HubSteps[ConfigFlowContext, ConfigFlowResult, str], RemovedLineSteps, domain=DOMAIN):
    """Connect a line, scan it, and confirm its strings."""

    _hub_texts = "config.step.hub"

    # A release refuses an entry of a higher version, and accepts one of a higher minor version. 2 is of the releases
    # after 0.4.0, which can't read their journals: it would go on with counters at 0 and without baselines.
    VERSION = 2
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Begin without answers."""
        self._typed: dict[str, Any] = {}  # in the form of the port or gateway
        self._data: dict[str, Any] = {}
        self._proposals: list[Proposal] = []
        self._strings: list[ConfigSubentryData] = []
        self._unanswered: dict[str, Any] = {}  # settings with which no module of the line answered
        self._only_hub = False  # whether there is nothing to scan
        self._other_protocol = False  # whether the gateway answers with the protocol that was not chosen

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY_STRING: StringSubentryFlow, SUBENTRY_BANK: BankSubentryFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return PlantOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how the line is connected."""
        return self.async_show_menu(step_id="user", menu_options=["serial", "gateway"])

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how the line is connected from now on; its strings stay."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["serial", "gateway"])

    async def async_step_serial(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Connect the line by a serial port."""
        return await self._connect("serial", SERIAL_SCHEMA, CONF_DEVICE, user_input)

    async def async_step_gateway(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Connect the line by a gateway on the network."""
        return await self._connect("gateway", GATEWAY_SCHEMA, CONF_HOST, user_input)

    async def _connect(
        self, step_id: str, fields: dict[Any, Any], field: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Open the line as typed in and go on to the scan, or show the form with the error.

        `field` is the one that names the port or the gateway.
        """
        reconfigure = self.source == SOURCE_RECONFIGURE
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            self._typed = user_input
            try:
                await self._read(fields, user_input)
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, f"config.step.{step_id}")
            else:
                await self._refuse_if_configured()
                errors, placeholders = await self._try(field)
            if not errors:
                return await self._reconfigured() if reconfigure else await self.async_step_removed_line()
        elif self._other_protocol:
            errors = {"base": "other_protocol", CONF_CONNECTION: "other_protocol"}
        elif self._scan_error:  # the line failed while it was scanned
            errors, placeholders = {field: "cannot_open"}, {"reason": self._scan_error}
        suggestions = self._typed or (shown(self._get_reconfigure_entry().data) if reconfigure else {})
        if not reconfigure:
            addresses = section(RANGE_SCHEMA, {"collapsed": SECTION_SCAN not in errors})
            only_hub = probatio.Required(CONF_ONLY_HUB, default=False)
            fields = {**fields, only_hub: BooleanSelector(), probatio.Required(SECTION_SCAN): addresses}
            suggestions = {SECTION_SCAN: self._range, **suggestions}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(probatio.Schema(fields), suggestions),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _read(self, fields: dict[Any, Any], user_input: Mapping[str, Any]) -> None:
        """Take over what was typed in, or raise `FieldError`."""
        only_hub = {probatio.Optional(CONF_ONLY_HUB, default=False): BooleanSelector()}
        with_range = probatio.Schema(fields | only_hub | {probatio.Required(SECTION_SCAN): section(RANGE_SCHEMA)})
        answers = read_form(with_range, user_input)
        self._only_hub = answers.pop(CONF_ONLY_HUB, False)
        self._choose_range(answers.pop(SECTION_SCAN, WHOLE_RANGE), SECTION_SCAN)
        self._data = settings_of(answers)
        if CONF_DEVICE in self._data:
            self._data[CONF_DEVICE] = await async_stable_path(self.hass, self._data[CONF_DEVICE])

    async def _refuse_if_configured(self) -> None:
        """Abort if another entry has this line, under any name of its port."""
        own = self._reconfigure_entry_id if self.source == SOURCE_RECONFIGURE else None
        others = [
            entry.data for entry in self._async_current_entries() if entry.entry_id != own and is_reachable(entry)
        ]
        if await self.hass.async_add_executor_job(is_among, self._data, others):
            raise AbortFlow("already_configured")
        await self.async_set_unique_id(where(self._data), raise_on_progress=False)
        for flow in self._async_in_progress(include_uninitialized=True, match_context={"unique_id": self.unique_id}):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])  # its page was closed

    async def _try(self, field: str) -> tuple[dict[str, str], dict[str, str]]:
        """Open the line, and return the errors of the form and the placeholders of their texts.

        A running line closes its port meanwhile, because the new settings may be for the same port.
        """
        entry = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        running = entry is not None and entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
        if entry and running:
            await self.hass.config_entries.async_unload(entry.entry_id)
        errors, placeholders = dict[str, str](), dict[str, str]()
        addresses = spread(entry) if entry else [FIRST_ADDRESS]
        try:
            async with open_link(self.hass, self._data, addresses or [FIRST_ADDRESS]) as link:
                await check_line(link.read, (addresses or [FIRST_ADDRESS])[0], pace(self._data))
                # A person may be right all the same, so the same settings are accepted when they are sent again.
                if entry and addresses and self._unanswered != self._data:
                    self._unanswered = self._data
                    if not await settle(link.read, addresses, pace(self._data)):
                        errors = {"base": "no_module_answers"}
        except LineDownError as err:
            if err.reason is Reason.CONNECTION_LOST and await answers_otherwise(
                self.hass, self._data, self._addresses()
            ):
                errors = {"base": "other_protocol", CONF_CONNECTION: "other_protocol"}
            else:
                errors, placeholders = {field: "cannot_open"}, {"reason": await async_reason_text(self.hass, err)}
        except HomeAssistantError:
            errors = {"base": "link_settings_in_use"}
        if entry and running and errors:
            await self.hass.config_entries.async_setup(entry.entry_id)
        return errors, placeholders

    async def _reconfigured(self) -> ConfigFlowResult:
        entry = self._get_reconfigure_entry()
        named = is_reachable(entry) and entry.title != await async_title(self.hass, entry.data)
        title = entry.title if named else await async_title(self.hass, self._data)
        result = self.async_update_and_abort(entry, unique_id=where(self._data), title=title, data=self._data)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)  # `_try` has stopped it
        return result

    @override
    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        addresses = self._addresses()
        found = await scan_line(
            self.hass, self._data, addresses, lambda done: progress(done / len(addresses)), self._seen.append
        )
        silent = all(one.verdict in (Verdict.NO_ANSWER, Verdict.UNREADABLE) for one in found)
        self._other_protocol = silent and await answers_otherwise(self.hass, self._data, addresses)
        return found

    @override
    def _step_after_scan(self) -> str:
        if self._scan_error or self._other_protocol:
            return "serial" if self._data[CONF_CONNECTION] == Connection.SERIAL else "gateway"
        return "found" if propose_strings(self._found) else "nothing_found"

    @override
    async def _begin(self) -> ConfigFlowResult:
        return await (self.async_step_hub() if self._only_hub else self.async_step_scan())

    @override
    async def async_step_hub(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        step = await super().async_step_hub(user_input)
        unit_id = [int(user_input[CONF_UNIT_ID])] if user_input else []
        no_answer = (step.get("errors") or {}).get(CONF_UNIT_ID) == "hub_no_answer"
        if no_answer and await answers_otherwise(self.hass, self._data, unit_id):
            self._other_protocol = True
            return await self.async_step_gateway()
        return step

    async def async_step_nothing_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was found, and offer the next steps."""
        change = "serial" if self._data[CONF_CONNECTION] == Connection.SERIAL else "gateway"
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["scan", change, "hub", "by_hand"],
            description_placeholders=await self._found_text(),
        )

    async def async_step_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was found, and ask how many strings the batteries make."""
        errors, placeholders = dict[str, str](), dict[str, str]()
        strings = probatio.Required(CONF_STRINGS, default=len(propose_strings(self._found)))
        schema = probatio.Schema({strings: NumberField(1, LAST_ADDRESS, whole=True)})
        if user_input is not None:
            try:
                number = read_form(schema, user_input)[CONF_STRINGS]
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, "config.step.found")
            else:
                self._proposals = propose_strings(self._found, number)
                if self._proposals:
                    return await self.async_step_string()
                errors[CONF_STRINGS] = "uneven"
        return self.async_show_form(
            step_id="found",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders={**await self._found_text(), **placeholders},
        )

    async def async_step_by_hand(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Continue without modules that answer."""
        self._proposals = []
        return await self.async_step_string()

    @override
    async def _survey(self, profile: Profile, unit_id: int, string: int) -> Survey:
        async with open_link(self.hass, self._data, [unit_id]) as link:
            return await survey(link.read, profile, unit_id, string, pace(self._data))

    @override
    def _taken(self) -> set[int]:
        return set().union(*(addresses_of(string["data"]) for string in self._strings))

    @override
    async def _hub_chosen(self, proposal: Proposal) -> ConfigFlowResult:
        self._proposals = [proposal]
        return await self.async_step_string()

    async def async_step_string(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Confirm the strings, one after another."""
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                name, data = confirm(
                    user_input,
                    taken=self._taken(),
                    names=[string["title"] for string in self._strings],
                    today=today(self.hass),
                )
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, "config.step.string")
            else:
                self._strings.append(
                    ConfigSubentryData(data=data, subentry_type=SUBENTRY_STRING, title=name, unique_id=None)
                )
                user_input = None
        done = len(self._strings)
        if done and done >= len(self._proposals):
            return self.async_create_entry(
                title=await async_title(self.hass, self._data),
                data=self._data,
                subentries=self._strings,
                description_placeholders=DONE,
            )
        proposal = self._proposals[done] if done < len(self._proposals) else None
        name = await async_free_name(self.hass, [string["title"] for string in self._strings])
        if user_input is not None:
            suggestions = user_input
        else:
            suggestions = proposed(name, proposal) if proposal else blank(name)
            if done:
                suggestions |= alike(self._strings[-1]["data"])
        return self.async_show_form(
            step_id="string",
            data_schema=self.add_suggested_values_to_schema(
                string_schema(self.hass.config.language, new=True), suggestions
            ),
            errors=errors,
            description_placeholders={
                "number": str(done + 1),
                "total": str(max(1, len(self._proposals))),
                "missing": await self._missing_text(proposal),
                **placeholders,
            },
            last_step=done + 1 >= len(self._proposals),
        )
