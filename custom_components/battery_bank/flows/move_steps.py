"""The steps that move batteries to another string: choose, show the changes, confirm, move."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ..const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_CHEMISTRY,
    CONF_NOMINAL_VOLTAGE,
    CONF_STRING_MODULE_ADDRESS,
    SUBENTRY_STRING,
)
from ..coordinator import BatteryBankConfigEntry
from ..monitor.errors import JournalError
from ..strings.configuration import addresses_of
from .battery_changes import ChangeTexts, moves
from .battery_move import Move, async_move, new_string, parted
from .fields import LONGEST_NAME, FieldError, TextField, async_errors, read_form
from .string_form import ModuleAddressField, async_free_name, check_free

CONF_TO: Final = "to"  # the id of a string, or …
NEW_STRING: Final = "new_string"
MOVE_TO: Final = "move_to"  # the selector with the text of the new string; other strings have names
# All batteries of a string have these in common.
ALIKE: Final = (CONF_BATTERY_MODULE, CONF_NOMINAL_VOLTAGE, CONF_CHEMISTRY)
NEW_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextField(LONGEST_NAME),
        probatio.Optional(CONF_STRING_MODULE_ADDRESS): ModuleAddressField(),
    }
)
CONFIRM_SCHEMA: Final = probatio.Schema({})  # nothing to fill in


class MoveSteps(ConfigSubentryFlow):
    """The steps that move batteries to another string of the line."""

    _moved: Mapping[str, Any]

    async def async_step_move(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which batteries to move, and to which string."""
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_running")
        errors: dict[str, str] = {}
        if user_input is not None:
            self._moved = user_input
            errors = self._refused()
            if not errors and user_input[CONF_TO] == NEW_STRING:
                return await self.async_step_move_to_new()
            if not errors:
                return await self.async_step_move_confirm()
        # Without a suggestion the form of Home Assistant would choose the first battery.
        shown = user_input or {CONF_BATTERIES: [], CONF_TO: NEW_STRING}
        return self.async_show_form(
            step_id="move",
            data_schema=self.add_suggested_values_to_schema(self._move_schema(), shown),
            errors=errors,
        )

    async def async_step_move_to_new(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and string module of the new string, and show what happens to the batteries."""
        strings = self._strings()
        names = [string.title for string in strings]
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                answers = read_form(NEW_SCHEMA, user_input)
                name, address = answers[CONF_NAME], answers.get(CONF_STRING_MODULE_ADDRESS)
                taken = set().union(*(addresses_of(string.data) for string in strings))
                check_free(name, address, names=names, taken=taken)
            except FieldError as err:
                errors, placeholders = await self._errors(err, "move_to_new")
            else:
                return await self._move("move_to_new", new_string(self._get_reconfigure_subentry(), name, address))
        shown = user_input or {CONF_NAME: await async_free_name(self.hass)}
        return await self._ask("move_to_new", NEW_SCHEMA, shown, errors, placeholders)

    async def async_step_move_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what happens to the batteries, and move them once that is confirmed."""
        if user_input is None:
            return await self._ask("move_confirm")
        target = self._get_entry().subentries.get(self._moved[CONF_TO])
        if target is None:  # the string was removed meanwhile
            return await self.async_step_move(dict(self._moved))
        return await self._move("move_confirm", target)

    async def _move(self, step_id: str, target: ConfigSubentry) -> SubentryFlowResult:
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED or self._refused():  # the strings have changed since
            return await self.async_step_move(dict(self._moved))
        source = self._get_reconfigure_subentry()
        try:
            await async_move(self.hass, entry, Move(batteries=self._ids, source=source, target=target))
        except JournalError:
            schema, shown = CONFIRM_SCHEMA, dict[str, Any]()
            if step_id == "move_to_new":
                address = target.data[CONF_STRING_MODULE_ADDRESS]
                schema, shown = NEW_SCHEMA, {CONF_NAME: target.title, CONF_STRING_MODULE_ADDRESS: address}
            return await self._ask(step_id, schema, shown, {"base": "journal_unwritable"})
        return self.async_abort(reason="moved")

    async def _ask(
        self,
        step_id: str,
        schema: probatio.Schema = CONFIRM_SCHEMA,
        shown: Mapping[str, Any] | None = None,
        errors: dict[str, str] | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> SubentryFlowResult:
        source, texts = self._get_reconfigure_subentry(), await ChangeTexts.load(self.hass)
        target = self._get_entry().subentries.get(self._moved[CONF_TO])
        stay, _ = parted(source, self._ids)
        found = moves(source.data[CONF_BATTERIES], stay, target.data[CONF_BATTERIES] if target else [])
        string = target.title if target else texts.translations.option(MOVE_TO, NEW_STRING)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown or {}),
            errors=errors,
            description_placeholders={
                "changes": texts.describe(found, string),
                "string": string,
                **(placeholders or {}),
            },
        )

    async def _errors(self, err: FieldError, step_id: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the errors of a form and the placeholders of their texts."""
        return await async_errors(self.hass, err, f"config_subentries.string.step.{step_id}")

    @property
    def _ids(self) -> list[str]:
        return list(self._moved[CONF_BATTERIES])

    def _refused(self) -> dict[str, str]:
        """Return the errors of the chosen batteries and target, by field."""
        source = self._get_reconfigure_subentry()
        stay, go = parted(source, self._ids)
        if not go:
            return {CONF_BATTERIES: "none_chosen"}
        if not stay:
            return {CONF_BATTERIES: "last_battery"}
        if (to := self._moved[CONF_TO]) == NEW_STRING:
            return {}
        target = self._get_entry().subentries.get(to)
        if target is None or any(target.data[field] != source.data[field] for field in ALIKE):
            return {CONF_TO: "other_batteries"}
        return {}

    def _move_schema(self) -> probatio.Schema:
        source = self._get_reconfigure_subentry()
        batteries = [
            SelectOptionDict(value=battery["id"], label=f"{number} ({battery['address']})")
            for number, battery in enumerate(source.data[CONF_BATTERIES], 1)
        ]
        targets = [SelectOptionDict(value=NEW_STRING, label=NEW_STRING)]
        targets += [
            SelectOptionDict(value=string.subentry_id, label=string.title)
            for string in self._strings()
            if string.subentry_id != source.subentry_id
        ]
        return probatio.Schema(
            {
                probatio.Required(CONF_BATTERIES): SelectSelector(
                    SelectSelectorConfig(options=batteries, multiple=True, mode=SelectSelectorMode.DROPDOWN)
                ),
                probatio.Required(CONF_TO): SelectSelector(
                    SelectSelectorConfig(options=targets, translation_key=MOVE_TO, mode=SelectSelectorMode.LIST)
                ),
            }
        )

    def _strings(self) -> list[ConfigSubentry]:
        return self._get_entry().get_subentries_of_type(SUBENTRY_STRING)
