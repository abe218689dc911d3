"""The flow of a string: add one to a line, or change one."""

from collections.abc import Callable, Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.util import dt as dt_util

from .connection import pace
from .const import CONF_CHEMISTRY, CONF_LIMITS, SUBENTRY_STRING
from .coordinator import BatteryBankConfigEntry
from .limits_form import LIMITS_SCHEMA, LimitError, chosen_of, shown, sources
from .monitor.battery.cell import CELLS
from .monitor.line.propose import Proposal, propose_strings
from .monitor.line.scan import Found, scan
from .monitor.model import Chemistry
from .scan_steps import CONF_LAST, NOTHING, RANGE_SCHEMA, ScanSteps
from .string_form import (
    STRING_SCHEMA,
    FieldError,
    addresses_of,
    alike,
    as_text,
    blank,
    confirm,
    current,
    free_name,
    proposed,
    typed_in,
)
from .upkeep_form import UPKEEP_SCHEMA, upkeep_of
from .words import Words


class StringSubentryFlow(ScanSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow):
    """Add a string to a line, or change one."""

    _proposal: Proposal | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask where to look for the new string."""
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            self._range = user_input
            if not self._bad_range():
                return await self.async_step_scan()
            errors[CONF_LAST] = "bad_range"
        elif self._scan_error:
            errors["base"] = "line_down"
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(RANGE_SCHEMA, self._range),
            errors=errors,
            description_placeholders={"reason": self._scan_error or ""},
        )

    @override
    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        """Look for modules that no string has yet, between the polls of those that have one."""
        entry: BatteryBankConfigEntry = self._get_entry()
        taken = self._taken()
        addresses = [unit_id for unit_id in self._addresses() if unit_id not in taken]
        return await scan(
            entry.runtime_data.line.read,
            addresses,
            pace=pace(entry.data),
            progress=lambda done: progress(done / len(addresses)),
        )

    @override
    def _step_after_scan(self) -> str:
        if self._scan_error:
            return "user"
        self._proposal = next(iter(propose_strings(self._found)), None)
        return "string" if self._proposal else "nothing_found"

    async def async_step_nothing_found(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say so, and let the person do something about it."""
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["user", "string"],
            description_placeholders=self._found_text(),
        )

    async def async_step_string(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Confirm the new string."""
        strings = self._get_entry().get_subentries_of_type(SUBENTRY_STRING)
        name = free_name([string.title for string in strings])
        suggestions = proposed(name, self._proposal) if self._proposal else blank(name)
        if strings:
            suggestions |= alike(strings[-1].data)
        return self._form("string", suggestions, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what of a string is to be changed."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["change", "limits", "upkeep"])

    async def async_step_change(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what a string is."""
        subentry = self._get_reconfigure_subentry()
        return self._form("change", current(subentry.title, subentry.data), user_input)

    async def async_step_limits(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the limits of a string's alarms."""
        subentry = self._get_reconfigure_subentry()
        chemistry = Chemistry(subentry.data[CONF_CHEMISTRY])
        errors, wrong = dict[str, str](), ""
        if user_input is not None:
            try:
                chosen = chosen_of(chemistry, user_input)
            except LimitError as err:
                errors["base"], wrong = "wrong_order", (await Words.load(self.hass)).name(err.limit.kind)
            else:
                return self._changed({CONF_LIMITS: chosen})
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or shown(chemistry, subentry.data.get(CONF_LIMITS, {}))
            ),
            errors=errors,
            description_placeholders=sources(chemistry) | {"limit": wrong},
        )

    async def async_step_upkeep(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change when a string is tested, which alarms stay, and how long it is made to last."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self._changed({str(field): user_input.get(str(field)) for field in UPKEEP_SCHEMA.schema})
        return self.async_show_form(
            step_id="upkeep",
            data_schema=self.add_suggested_values_to_schema(UPKEEP_SCHEMA, upkeep_of(subentry.data)),
            description_placeholders={"years": f"{CELLS[Chemistry(subentry.data[CONF_CHEMISTRY])].design_life:g}"},
        )

    def _changed(self, data: Mapping[str, Any]) -> SubentryFlowResult:
        """Save a part of what a string is set to; what is None goes back to its default."""
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(self._get_entry(), subentry, data={**subentry.data, **data})

    def _form(
        self, step_id: str, suggestions: Mapping[str, Any], user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        entry = self._get_entry()
        subentry = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                name, data = confirm(
                    user_input,
                    taken=self._taken(),
                    names=[other.title for other in self._others()],
                    today=dt_util.now().date(),
                    before=subentry.data if subentry else None,
                )
            except FieldError as err:
                errors[err.field] = err.key
            else:
                if subentry:
                    return self.async_update_and_abort(entry, subentry, title=name, data=data)
                return self.async_create_entry(title=name, data=data)
        missing = as_text(self._proposal.missing) if self._proposal else ""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                STRING_SCHEMA, typed_in(user_input) if user_input else suggestions
            ),
            errors=errors,
            description_placeholders={"missing": missing or NOTHING},
        )

    def _others(self) -> list[ConfigSubentry]:
        own = self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None
        strings = self._get_entry().get_subentries_of_type(SUBENTRY_STRING)
        return [string for string in strings if string.subentry_id != own]

    def _taken(self) -> set[int]:
        return set().union(*(addresses_of(string.data) for string in self._others()))
