"""The flow of a string: add a string to a line, or change one."""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.loader import async_get_loaded_integration

from ..const import CONF_BATTERIES, CONF_CHEMISTRY, CONF_LIMITS, CONF_ROOM, DOMAIN
from ..coordinator import BatteryBankConfigEntry
from ..monitor.battery.cell import CELLS
from ..monitor.line.hub_survey import Survey, survey
from ..monitor.line.module_profile import Profile
from ..monitor.line.scan import Found, scan
from ..monitor.line.string_proposal import Proposal, propose_strings
from ..monitor.model import Chemistry
from ..runtime.local_time import today
from ..strings.configuration import addresses_of
from ..strings.connection import pace
from ..strings.stored import readable_settings
from ..texts.number_format import NumberFormat
from .battery_changes import SAME_BATTERY, ChangeTexts
from .fields import FieldError, read_form, unfolded
from .hub_steps import HubSteps
from .limit_units import LimitUnits
from .limits_form import chosen_of, default_texts, limits_schema, shown
from .maintenance_form import MAINTENANCE_SCHEMA, maintenance_of
from .move_steps import MoveSteps
from .room_form import ROOM_SCHEMA, chosen_sensors
from .scan_steps import RANGE_SCHEMA, ScanSteps
from .string_form import alike, assignments, async_free_name, blank, choice, confirm, current, proposed, string_schema

CONF_SAME: Final = "same"  # how to recognise a battery
ROOM: Final = "blob/HEAD/docs/room.md"  # the page on the other sensors of the room
SOURCES: Final = "blob/HEAD/docs/analytics.md#all-limits"  # the page with the source of each default, in the repository


type _Handler = tuple[str, str]


class StringSubentryFlow(
    ScanSteps[SubentryFlowContext, SubentryFlowResult, _Handler],
    HubSteps[SubentryFlowContext, SubentryFlowResult, _Handler],
    MoveSteps,
):
    """Add a string to a line, or change one."""

    _hub_texts = "config_subentries.string.step.hub"

    _proposal: Proposal | None = None
    _answers: dict[str, Any]  # of the step `change`, until the changes of the batteries are confirmed

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the batteries have modules of their own, or are those of a hub."""
        return self.async_show_menu(step_id="user", menu_options=["range", "hub"])

    async def async_step_range(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the addresses to scan."""
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        errors, placeholders = dict[str, str](), {"reason": self._scan_error or ""}
        if user_input is not None:
            try:
                self._choose_range(read_form(RANGE_SCHEMA, user_input))
            except FieldError as err:
                errors, placeholders = await self._errors(err, "range")
            else:
                return await self.async_step_scan()
        elif self._scan_error:
            errors["base"] = "line_down"
        return self.async_show_form(
            step_id="range",
            data_schema=self.add_suggested_values_to_schema(RANGE_SCHEMA, user_input or self._range),
            errors=errors,
            description_placeholders=placeholders,
        )

    @override
    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        """Scan the addresses that no string has yet, between the polls of the others."""
        entry: BatteryBankConfigEntry = self._get_entry()
        taken = self._taken()
        addresses = [unit_id for unit_id in self._addresses() if unit_id not in taken]
        return await scan(
            entry.runtime_data.line.read,
            addresses,
            pace=pace(entry.data),
            progress=lambda done: progress(done / len(addresses)),
            seen=self._seen.append,
        )

    @override
    def _step_after_scan(self) -> str:
        if self._scan_error:
            return "range"
        self._proposal = next(iter(propose_strings(self._found)), None)
        return "string" if self._proposal else "nothing_found"

    @override
    async def _survey(self, profile: Profile, unit_id: int, string: int) -> Survey:
        """Read the hub between the polls of the others."""
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("not_loaded")
        return await survey(entry.runtime_data.line.read, profile, unit_id, string, pace(entry.data))

    @override
    async def _hub_chosen(self, proposal: Proposal) -> SubentryFlowResult:
        self._proposal = proposal
        return await self.async_step_string()

    async def async_step_nothing_found(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what was found, and offer the next steps."""
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["range", "hub", "string"],
            description_placeholders=await self._found_text(),
        )

    async def async_step_string(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Confirm the new string."""
        strings = self._strings()
        name = await async_free_name(self.hass)
        suggestions = proposed(name, self._proposal) if self._proposal else blank(name)
        if strings:
            suggestions |= alike(strings[-1].data)
        return await self._form("string", suggestions, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what to change. A string with settings that can't be read needs all its settings again."""
        subentry = self._get_reconfigure_subentry()
        if readable_settings(subentry.data) != subentry.data:
            return await self.async_step_change()
        return self.async_show_menu(
            step_id="reconfigure", menu_options=["change", "limits", "maintenance", "room", "move"]
        )

    async def async_step_change(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the name, the batteries and the modules of a string."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            try:
                _, data = self._confirmed(user_input)
            except FieldError:
                pass  # the form shows the error
            else:
                if _addresses(data) != _addresses(self._before):
                    self._answers = user_input
                    return await self.async_step_change_confirm()
        return await self._form("change", current(subentry.title, self._before), user_input)

    async def async_step_change_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what happens to each battery, and change the string once that is confirmed.

        If the addresses don't show which battery is which, ask for it.
        """
        try:
            name, data = self._confirmed(self._answers)
        except FieldError:  # another string has taken an address or the name meanwhile
            return await self._form("change", {}, self._answers)
        before = self._before.get(CONF_BATTERIES, [])
        ways = assignments(_addresses(data), before)
        if user_input is not None and (way := user_input.get(CONF_SAME, next(iter(ways)))) in ways:
            data |= {CONF_BATTERIES: ways[way]}
            return self._updated(name, data)
        which = probatio.Required(CONF_SAME, default=next(iter(ways)))
        return self.async_show_form(
            step_id="change_confirm",
            data_schema=probatio.Schema({which: choice(list(ways), SAME_BATTERY)} if len(ways) > 1 else {}),
            description_placeholders={"changes": (await ChangeTexts.load(self.hass)).describe_ways(before, ways)},
        )

    async def async_step_limits(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the limits of a string's alarms."""
        subentry = self._get_reconfigure_subentry()
        chemistry = Chemistry(subentry.data[CONF_CHEMISTRY])
        integration = async_get_loaded_integration(self.hass, DOMAIN)
        units, before = await LimitUnits.load(self.hass), subentry.data.get(CONF_LIMITS, {})
        schema, errors, placeholders = limits_schema(units), dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                chosen = chosen_of(chemistry, user_input, before, units)
            except FieldError as err:
                schema = unfolded(schema, err.section)
                errors, placeholders = await self._errors(err, "limits")
            else:
                return self._changed({CONF_LIMITS: chosen})
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or shown(chemistry, before, units)),
            errors=errors,
            description_placeholders={
                "sources": f"{integration.documentation}/{SOURCES}",
                **default_texts(chemistry, NumberFormat.of(self.hass.config.language), units),
                **placeholders,
            },
        )

    async def async_step_maintenance(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the maintenance settings: resistance tests, latched alarms, design life, ventilation."""
        subentry = self._get_reconfigure_subentry()
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                answers = read_form(MAINTENANCE_SCHEMA, user_input)
            except FieldError as err:
                errors, placeholders = await self._errors(err, "maintenance")
            else:
                return self._changed({str(field): answers.get(str(field)) for field in MAINTENANCE_SCHEMA.schema})
        years = CELLS[Chemistry(subentry.data[CONF_CHEMISTRY])].design_life
        return self.async_show_form(
            step_id="maintenance",
            data_schema=self.add_suggested_values_to_schema(
                MAINTENANCE_SCHEMA, user_input or maintenance_of(subentry.data)
            ),
            errors=errors,
            description_placeholders={"years": f"{years:g}", **placeholders},
        )

    async def async_step_room(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose the other sensors of the room."""
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                chosen = chosen_sensors(self.hass, user_input)
            except FieldError as err:
                errors, placeholders = await self._errors(err, "room")
            else:
                return self._changed({CONF_ROOM: chosen})
        before = self._get_reconfigure_subentry().data.get(CONF_ROOM) or {}
        integration = async_get_loaded_integration(self.hass, DOMAIN)
        return self.async_show_form(
            step_id="room",
            data_schema=self.add_suggested_values_to_schema(ROOM_SCHEMA, before if user_input is None else user_input),
            errors=errors,
            description_placeholders={"page": f"{integration.documentation}/{ROOM}", **placeholders},
        )

    def _changed(self, data: Mapping[str, Any]) -> SubentryFlowResult:
        """Save some settings of a string; None stands for the default."""
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(self._get_entry(), subentry, data={**subentry.data, **data})

    def _updated(self, name: str, data: Mapping[str, Any]) -> SubentryFlowResult:
        """Save the settings of a string. A line that could not be set up does not notice the change by itself."""
        entry: BatteryBankConfigEntry = self._get_entry()
        result = self.async_update_and_abort(entry, self._get_reconfigure_subentry(), title=name, data=data)
        if entry.state is ConfigEntryState.SETUP_ERROR:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result

    @property
    def _before(self) -> dict[str, Any]:
        """The present settings of a string, without those that can't be read."""
        return readable_settings(self._get_reconfigure_subentry().data)

    async def _form(
        self, step_id: str, suggestions: Mapping[str, Any], user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                name, data = self._confirmed(user_input)
            except FieldError as err:
                errors, placeholders = await self._errors(err, step_id)
            else:
                if self.source != SOURCE_RECONFIGURE:
                    return self.async_create_entry(title=name, data=data)
                return self._updated(name, data)
        schema = string_schema(self.hass.config.language, new=self.source != SOURCE_RECONFIGURE)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or suggestions),
            errors=errors,
            description_placeholders={"missing": await self._missing_text(self._proposal), **placeholders},
        )

    def _confirmed(self, answers: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return confirm(
            answers,
            taken=self._taken(),
            names=[other.title for other in self._others()],
            today=today(self.hass),
            before=self._before if self.source == SOURCE_RECONFIGURE else None,
        )

    def _others(self) -> list[ConfigSubentry]:
        own = self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None
        return [string for string in self._strings() if string.subentry_id != own]

    @override
    def _taken(self) -> set[int]:
        return set().union(*(addresses_of(string.data) for string in self._others()))


def _addresses(data: Mapping[str, Any]) -> list[int]:
    return [battery["address"] for battery in data.get(CONF_BATTERIES, [])]
