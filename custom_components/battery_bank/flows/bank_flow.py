"""The flow of a bank: choose the strings that are in parallel on one bus bar."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ..const import CONF_COUNTED, CONF_STRINGS, DOMAIN
from ..coordinator import BatteryBankConfigEntry, async_find_string, async_loaded_lines
from ..strings.banks import counted_before, string_names
from ..strings.members import String
from ..strings.stored import readable_banks
from .fields import LONGEST_NAME, FieldError, TextField, async_errors, read_form

LEAST: Final = 2  # strings of a bank


class BankSubentryFlow(ConfigSubentryFlow):
    """Add a bank, or change one."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the strings of a new bank."""
        return await self._ask("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the strings of a bank that is there."""
        return await self._ask("reconfigure", user_input)

    async def _ask(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        choices = self._choices(own)
        if len(choices) < LEAST:
            return self.async_abort(reason="too_few_strings")
        schema = _schema(choices)
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                answers = read_form(schema, user_input)
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, f"config_subentries.bank.step.{step_id}")
            else:
                strings = self._chosen(answers, choices)
                if len(strings) < LEAST:
                    errors[CONF_STRINGS] = "too_few_chosen"
                elif any(string.saved_counters is None for string in strings):
                    errors[CONF_STRINGS] = "counters_not_loaded"
                else:
                    return self._finish(entry, own, answers[CONF_NAME], strings)
        known = {CONF_NAME: own.title, CONF_STRINGS: own.data[CONF_STRINGS]} if own else {CONF_STRINGS: list(choices)}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _choices(self, own: ConfigSubentry | None) -> dict[str, str]:
        """Return the names of the strings by id that measure their current and are in no other bank."""
        lines = async_loaded_lines(self.hass)
        measured = {string.id for line in lines for string in line.strings if string.settings.measures_current}
        taken = {
            string_id
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            for subentry in readable_banks(entry)
            if own is None or subentry.subentry_id != own.subentry_id
            for string_id in subentry.data[CONF_STRINGS]
        }
        return {one: name for one, name in string_names(self.hass).items() if one in measured - taken}

    def _chosen(self, answers: dict[str, Any], choices: dict[str, str]) -> list[String]:
        chosen = [one for one in choices if one in answers[CONF_STRINGS]]
        return [known[1] for one in chosen if (known := async_find_string(self.hass, one))]

    def _finish(
        self, entry: BatteryBankConfigEntry, own: ConfigSubentry | None, name: str, strings: list[String]
    ) -> SubentryFlowResult:
        """Save the bank. Its totals begin at 0, and go on from where they are when the strings change."""
        banks = entry.runtime_data.banks
        before = next((bank for bank in banks if own and bank.id == own.subentry_id), None)
        counted = counted_before(strings, before.total if before else lambda _: 0.0)
        data = {CONF_STRINGS: [string.id for string in strings], CONF_COUNTED: counted}
        if own is None:
            return self.async_create_entry(title=name, data=data)
        return self.async_update_and_abort(entry, own, title=name, data=data)


def _schema(choices: dict[str, str]) -> probatio.Schema:
    options = [SelectOptionDict(value=string_id, label=name) for string_id, name in choices.items()]
    strings = SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST))
    return probatio.Schema(
        {probatio.Required(CONF_NAME): TextField(LONGEST_NAME), probatio.Required(CONF_STRINGS): strings}
    )
