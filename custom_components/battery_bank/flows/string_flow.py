"""The flow of a string: add one to a line, or change one."""

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

from ..const import CONF_BATTERIES, CONF_CHEMISTRY, CONF_LIMITS
from ..coordinator import BatteryBankConfigEntry
from ..monitor.battery.cell import CELLS
from ..monitor.line.scan import Found, scan
from ..monitor.line.string_proposal import Proposal, propose_strings
from ..monitor.model import Chemistry
from ..runtime.local_time import today
from ..strings.configuration import addresses_of
from ..strings.connection import pace
from ..texts.alarm_texts import AlarmTexts
from ..texts.number_format import NumberFormat
from .battery_changes import SAME_BATTERY, ChangeTexts
from .limits_form import LIMITS_SCHEMA, LimitError, chosen_of, shown, sources
from .maintenance_form import UPKEEP_SCHEMA, upkeep_of
from .move_steps import MoveSteps
from .scan_steps import CONF_LAST, NOTHING, RANGE_SCHEMA, ScanSteps
from .string_form import (
    STRING_SCHEMA,
    FieldError,
    alike,
    as_text,
    assignments,
    blank,
    choice,
    confirm,
    current,
    free_name,
    proposed,
    typed_in,
)

CONF_SAME: Final = "same"  # by what a battery is the same as before


class StringSubentryFlow(ScanSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], MoveSteps):
    """Add a string to a line, or change one."""

    _proposal: Proposal | None = None
    _answers: dict[str, Any]  # to what a string is, until it is confirmed what becomes of its batteries

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
        strings = self._strings()
        name = free_name([string.title for string in strings])
        suggestions = proposed(name, self._proposal) if self._proposal else blank(name)
        if strings:
            suggestions |= alike(strings[-1].data)
        return self._form("string", suggestions, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what of a string is to be changed."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["change", "limits", "upkeep", "move"])

    async def async_step_change(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what a string is."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            try:
                _, data = self._confirmed(user_input)
            except FieldError:
                pass  # the form says so
            else:
                if _addresses(data) != _addresses(subentry.data):
                    self._answers = user_input
                    return await self.async_step_change_confirm()
        return self._form("change", current(subentry.title, subentry.data), user_input)

    async def async_step_change_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what becomes of each battery, ask which is which where that can't be known, and go on only with a yes."""
        subentry = self._get_reconfigure_subentry()
        try:
            name, data = self._confirmed(self._answers)
        except FieldError:  # another string has taken an address or the name meanwhile
            return self._form("change", {}, self._answers)
        before = subentry.data[CONF_BATTERIES]
        ways = assignments(_addresses(data), before)
        if user_input is not None and (way := user_input.get(CONF_SAME, next(iter(ways)))) in ways:
            data |= {CONF_BATTERIES: ways[way]}
            return self.async_update_and_abort(self._get_entry(), subentry, title=name, data=data)
        which = probatio.Required(CONF_SAME, default=next(iter(ways)))
        return self.async_show_form(
            step_id="change_confirm",
            data_schema=probatio.Schema({which: choice(list(ways), SAME_BATTERY)} if len(ways) > 1 else {}),
            description_placeholders={"changes": (await ChangeTexts.load(self.hass)).ways(before, ways)},
        )

    async def async_step_limits(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the limits of a string's alarms."""
        subentry = self._get_reconfigure_subentry()
        chemistry = Chemistry(subentry.data[CONF_CHEMISTRY])
        errors, wrong = dict[str, str](), ""
        if user_input is not None:
            try:
                chosen = chosen_of(chemistry, user_input)
            except LimitError as err:
                errors["base"], wrong = "wrong_order", (await AlarmTexts.load(self.hass)).name(err.limit.kind)
            else:
                return self._changed({CONF_LIMITS: chosen})
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or shown(chemistry, subentry.data.get(CONF_LIMITS, {}))
            ),
            errors=errors,
            description_placeholders=sources(chemistry, NumberFormat.of(self.hass.config.language)) | {"limit": wrong},
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
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                name, data = self._confirmed(user_input)
            except FieldError as err:
                errors[err.field] = err.key
            else:
                if self.source != SOURCE_RECONFIGURE:
                    return self.async_create_entry(title=name, data=data)
                subentry = self._get_reconfigure_subentry()
                return self.async_update_and_abort(self._get_entry(), subentry, title=name, data=data)
        missing = as_text(self._proposal.missing) if self._proposal else ""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                STRING_SCHEMA, typed_in(user_input) if user_input else suggestions
            ),
            errors=errors,
            description_placeholders={"missing": missing or NOTHING},
        )

    def _confirmed(self, answers: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return confirm(
            answers,
            taken=self._taken(),
            names=[other.title for other in self._others()],
            today=today(self.hass),
            before=self._get_reconfigure_subentry().data if self.source == SOURCE_RECONFIGURE else None,
        )

    def _others(self) -> list[ConfigSubentry]:
        own = self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None
        return [string for string in self._strings() if string.subentry_id != own]

    def _taken(self) -> set[int]:
        return set().union(*(addresses_of(string.data) for string in self._others()))


def _addresses(data: Mapping[str, Any]) -> list[int]:
    return [battery["address"] for battery in data[CONF_BATTERIES]]
