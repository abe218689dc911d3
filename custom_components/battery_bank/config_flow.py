"""The flows: reach a line, scan it, confirm its strings; add and change strings later."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
import os
from pathlib import Path
from typing import Any, Final, override

import probatio

from homeassistant.components import usb
from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SerialPortSelector, TextSelector

from .const import (
    CONF_BAUDRATE,
    CONF_CONNECTION,
    CONF_PARITY,
    DOMAIN,
    FIRST_ADDRESS,
    LAST_ADDRESS,
    SUBENTRY_STRING,
    Connection,
)
from .flows.scan_steps import NOTHING, RANGE_SCHEMA, WHOLE_RANGE, ScanSteps
from .flows.sending_flow import SendingFlow
from .flows.string_flow import StringSubentryFlow
from .flows.string_form import (
    STRING_SCHEMA,
    FieldError,
    alike,
    as_text,
    blank,
    choice,
    confirm,
    free_name,
    proposed,
    typed_in,
    whole_number,
)
from .monitor.errors import LineDownError
from .monitor.line.link import Link
from .monitor.line.scan import Found, check_line, scan
from .monitor.line.string_proposal import Proposal, propose_strings
from .runtime.local_time import today
from .strings.configuration import addresses_of
from .strings.connection import SERIAL_BAUDRATES, SOCKET, modbus_params, pace, where

SECTION_SCAN: Final = "scan"
CONF_STRINGS: Final = "strings"

PARITIES: Final = {"none": "N", "even": "E", "odd": "O"}
SERIAL_SCHEMA: Final = {
    probatio.Required(CONF_DEVICE): SerialPortSelector(),
    probatio.Required(CONF_BAUDRATE, default="9600"): probatio.All(
        choice([str(baudrate) for baudrate in SERIAL_BAUDRATES]), probatio.Coerce(int)
    ),
    probatio.Required(CONF_PARITY, default="none"): choice(list(PARITIES), CONF_PARITY),
}
GATEWAY_SCHEMA: Final = {
    probatio.Required(CONF_HOST): TextSelector(),
    probatio.Required(CONF_PORT, default=502): whole_number(1, 65535),
    probatio.Required(CONF_CONNECTION, default=Connection.RTU_OVER_TCP): choice(
        [Connection.RTU_OVER_TCP, Connection.MODBUS_TCP], CONF_CONNECTION
    ),
}


class BatteryBankConfigFlow(ScanSteps[ConfigFlowContext, ConfigFlowResult, str], ConfigFlow, domain=DOMAIN):
    """Reach a line, scan it, and confirm the strings on it."""

    VERSION = 1  # with another one, releases that don't know it refuse the entry
    MINOR_VERSION = 1  # with another one, they take it

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._data: dict[str, Any] = {}
        self._proposals: list[Proposal] = []
        self._strings: list[ConfigSubentryData] = []

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY_STRING: StringSubentryFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> SendingFlow:
        return SendingFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how the line is reached."""
        return self.async_show_menu(step_id="user", menu_options=["serial", "gateway"])

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how the line is reached from now on; its strings stay."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["serial", "gateway"])

    async def async_step_serial(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Reach the line by a serial port."""
        if user_input is not None:
            user_input |= {
                CONF_DEVICE: await self._stable_path(user_input[CONF_DEVICE].strip()),
                CONF_PARITY: PARITIES[user_input[CONF_PARITY]],
                CONF_CONNECTION: Connection.SERIAL,
            }
        return await self._connect("serial", SERIAL_SCHEMA, CONF_DEVICE, user_input)

    async def async_step_gateway(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Reach the line by a gateway on the network."""
        if user_input is not None:
            user_input[CONF_HOST] = user_input[CONF_HOST].strip().lower()  # the link is shared by this name
        return await self._connect("gateway", GATEWAY_SCHEMA, CONF_HOST, user_input)

    async def _connect(
        self, step_id: str, schema: dict[Any, Any], field: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Try what was typed in and go on to the scan, or show the form with what is wrong."""
        reconfigure = self.source == SOURCE_RECONFIGURE
        errors: dict[str, str] = {}
        reason = ""
        if user_input is not None:
            self._range = user_input.pop(SECTION_SCAN, WHOLE_RANGE)
            self._data = user_input
            await self._refuse_if_configured()
            if self._bad_range():
                errors["base"] = "bad_range"
            else:
                errors, reason = await self._try(field)
            if not errors:
                return await self._reconfigured() if reconfigure else await self.async_step_scan()
        elif self._scan_error:  # the line failed while it was scanned
            errors, reason = {field: "cannot_open"}, self._scan_error
        suggestions = dict(self._data or (self._get_reconfigure_entry().data if reconfigure else {}))
        if CONF_BAUDRATE in suggestions:
            suggestions[CONF_BAUDRATE] = str(suggestions[CONF_BAUDRATE])
            suggestions[CONF_PARITY] = next(key for key, value in PARITIES.items() if value == suggestions[CONF_PARITY])
        if not reconfigure:
            addresses = section(RANGE_SCHEMA, {"collapsed": "bad_range" not in errors.values()})
            schema = {**schema, probatio.Required(SECTION_SCAN): addresses}
            suggestions[SECTION_SCAN] = self._range
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(probatio.Schema(schema), suggestions),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def _refuse_if_configured(self) -> None:
        """Abort if another entry has this line, by whatever name of its port."""
        own = self._reconfigure_entry_id if self.source == SOURCE_RECONFIGURE else None
        others = [entry.data for entry in self._async_current_entries() if entry.entry_id != own]
        if await self.hass.async_add_executor_job(_is_among, self._data, others):
            raise AbortFlow("already_configured")
        await self.async_set_unique_id(where(self._data), raise_on_progress=False)
        for flow in self._async_in_progress(include_uninitialized=True, match_context={"unique_id": self.unique_id}):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])  # left behind in a page that was closed

    async def _try(self, field: str) -> tuple[dict[str, str], str]:
        """Open the line, and return what is wrong by field and the reason.

        A running line lets go of its port meanwhile: the new settings may be for the same one.
        """
        entry = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        running = entry is not None and entry.state in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)
        if entry and running:
            await self.hass.config_entries.async_unload(entry.entry_id)
        errors, reason = {}, ""
        try:
            async with async_get_temporary_unit(self.hass, modbus_params(self._data), FIRST_ADDRESS) as unit:
                await check_line(Link(lambda _: unit).read, FIRST_ADDRESS, pace(self._data))
        except LineDownError as err:
            errors, reason = {field: "cannot_open"}, str(err)
        except HomeAssistantError:
            errors = {"base": "link_settings_in_use"}
        if entry and running and errors:
            await self.hass.config_entries.async_setup(entry.entry_id)
        return errors, reason

    async def _reconfigured(self) -> ConfigFlowResult:
        entry = self._get_reconfigure_entry()
        title = await self._title(self._data) if entry.title == await self._title(entry.data) else entry.title
        result = self.async_update_and_abort(entry, unique_id=where(self._data), title=title, data=self._data)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)  # `_try` has stopped it
        return result

    @override
    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        params = modbus_params(self._data)
        addresses = self._addresses()
        async with AsyncExitStack() as stack:
            units = {
                unit_id: await stack.enter_async_context(async_get_temporary_unit(self.hass, params, unit_id))
                for unit_id in addresses
            }
            return await scan(
                Link(units.__getitem__).read,
                addresses,
                pace=pace(self._data),
                progress=lambda done: progress(done / len(addresses)),
            )

    @override
    def _step_after_scan(self) -> str:
        if self._scan_error:
            return "serial" if self._data[CONF_CONNECTION] == Connection.SERIAL else "gateway"
        return "found" if propose_strings(self._found) else "nothing_found"

    async def async_step_nothing_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say so, and let the person do something about it."""
        change = "serial" if self._data[CONF_CONNECTION] == Connection.SERIAL else "gateway"
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["scan", change, "by_hand"],
            description_placeholders=self._found_text(),
        )

    async def async_step_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was found, and ask how many strings it makes."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._proposals = propose_strings(self._found, user_input[CONF_STRINGS])
            if self._proposals:
                return await self.async_step_string()
            errors[CONF_STRINGS] = "uneven"
        proposals = len(propose_strings(self._found))
        return self.async_show_form(
            step_id="found",
            data_schema=probatio.Schema(
                {probatio.Required(CONF_STRINGS, default=proposals): whole_number(1, LAST_ADDRESS)}
            ),
            errors=errors,
            description_placeholders=self._found_text(),
        )

    async def async_step_by_hand(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on without modules that answer."""
        self._proposals = []
        return await self.async_step_string()

    async def async_step_string(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Confirm the strings, one after another."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                name, data = confirm(
                    user_input,
                    taken=set().union(*(addresses_of(string["data"]) for string in self._strings)),
                    names=[string["title"] for string in self._strings],
                    today=today(self.hass),
                )
            except FieldError as err:
                errors[err.field] = err.key
            else:
                self._strings.append(
                    ConfigSubentryData(data=data, subentry_type=SUBENTRY_STRING, title=name, unique_id=None)
                )
                user_input = None
        done = len(self._strings)
        if done and done >= len(self._proposals):
            return self.async_create_entry(
                title=await self._title(self._data), data=self._data, subentries=self._strings
            )
        proposal = self._proposals[done] if done < len(self._proposals) else None
        name = free_name([string["title"] for string in self._strings])
        if user_input is not None:
            suggestions = typed_in(user_input)
        else:
            suggestions = proposed(name, proposal) if proposal else blank(name)
            if done:
                suggestions |= alike(self._strings[-1]["data"])
        return self.async_show_form(
            step_id="string",
            data_schema=self.add_suggested_values_to_schema(STRING_SCHEMA, suggestions),
            errors=errors,
            description_placeholders={
                "number": str(done + 1),
                "total": str(max(1, len(self._proposals))),
                "missing": (as_text(proposal.missing) if proposal else "") or NOTHING,
            },
            last_step=done + 1 >= len(self._proposals),
        )

    async def _title(self, data: Mapping[str, Any]) -> str:
        """Name the line after its port's description or the gateway's address."""
        if data[CONF_CONNECTION] != Connection.SERIAL:
            return where(data)
        device = data[CONF_DEVICE]
        ports = await usb.async_scan_serial_ports(self.hass)
        description = next((port.description for port in ports if port.device == device), None)
        return description or Path(device).name

    async def _stable_path(self, device: str) -> str:
        """Return the name of a port that stays when adapters change places, or by which its link is shared."""
        if device.lower().startswith(SOCKET):
            return device.lower()
        if not device.startswith("/dev/"):
            return device
        return await self.hass.async_add_executor_job(usb.get_serial_by_id, device)


def _is_among(data: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a line is one of others, also where a port goes by two names. Looks at the file system."""
    real = os.path.realpath(data[CONF_DEVICE]) if CONF_DEVICE in data else None
    return any(
        where(data) == where(other) or (real and CONF_DEVICE in other and os.path.realpath(other[CONF_DEVICE]) == real)
        for other in others
    )
