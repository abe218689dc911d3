"""The steps that move batteries of a string to another: chosen, said in words, confirmed, done."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ..const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_CHEMISTRY,
    CONF_NOMINAL_VOLTAGE,
    CONF_STRING_MODULE_ADDRESS,
    FIRST_ADDRESS,
    LAST_ADDRESS,
    SUBENTRY_STRING,
)
from ..coordinator import BatteryBankConfigEntry
from ..monitor.errors import JournalError
from ..strings.configuration import addresses_of
from .battery_changes import ChangeTexts, moves
from .battery_move import Move, async_move, new_string, parted
from .string_form import FieldError, free_name, name_of, whole_number

CONF_TO: Final = "to"  # the id of a string, or …
NEW_STRING: Final = "new_string"
MOVE_TO: Final = "move_to"  # the selector whose option is the new string; the others have names
ALIKE: Final = (CONF_BATTERY_MODULE, CONF_NOMINAL_VOLTAGE, CONF_CHEMISTRY)  # of all batteries of a string
NEW_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Optional(CONF_STRING_MODULE_ADDRESS): whole_number(FIRST_ADDRESS, LAST_ADDRESS),
    }
)
YES_SCHEMA: Final = probatio.Schema({})  # nothing to fill in


class MoveSteps(ConfigSubentryFlow):
    """The steps that move batteries to another string of the line."""

    _moved: Mapping[str, Any]

    async def async_step_move(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which batteries go, and where to."""
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
        return self.async_show_form(
            step_id="move",
            data_schema=self.add_suggested_values_to_schema(self._move_schema(), user_input or {CONF_TO: NEW_STRING}),
            errors=errors,
        )

    async def async_step_move_to_new(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for what the new string has of its own, and say what becomes of the batteries."""
        strings = self._strings()
        names = [string.title for string in strings]
        errors: dict[str, str] = {}
        if user_input is not None:
            address, name = user_input.get(CONF_STRING_MODULE_ADDRESS), ""
            try:
                name = name_of(user_input, names)
            except FieldError as err:
                errors[err.field] = err.key
            if any(address in addresses_of(string.data) for string in strings):
                errors[CONF_STRING_MODULE_ADDRESS] = "address_taken"
            if not errors:
                return await self._move("move_to_new", new_string(self._get_reconfigure_subentry(), name, address))
        return await self._ask("move_to_new", NEW_SCHEMA, user_input or {CONF_NAME: free_name(names)}, errors)

    async def async_step_move_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what becomes of the batteries, and go on only with a yes."""
        if user_input is None:
            return await self._ask("move_confirm")
        target = self._get_entry().subentries.get(self._moved[CONF_TO])
        if target is None:  # it was removed meanwhile
            return await self.async_step_move(dict(self._moved))
        return await self._move("move_confirm", target)

    async def _move(self, step_id: str, target: ConfigSubentry) -> SubentryFlowResult:
        entry: BatteryBankConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED or self._refused():  # changed since it was asked
            return await self.async_step_move(dict(self._moved))
        source = self._get_reconfigure_subentry()
        try:
            await async_move(self.hass, entry, Move(batteries=self._ids, source=source, target=target))
        except JournalError:
            schema, shown = YES_SCHEMA, dict[str, Any]()
            if step_id == "move_to_new":
                address = target.data[CONF_STRING_MODULE_ADDRESS]
                schema, shown = NEW_SCHEMA, {CONF_NAME: target.title, CONF_STRING_MODULE_ADDRESS: address}
            return await self._ask(step_id, schema, shown, {"base": "journal_unwritable"})
        return self.async_abort(reason="moved")

    async def _ask(
        self,
        step_id: str,
        schema: probatio.Schema = YES_SCHEMA,
        shown: Mapping[str, Any] | None = None,
        errors: dict[str, str] | None = None,
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
            description_placeholders={"changes": texts.said(found, string), "string": string},
        )

    @property
    def _ids(self) -> list[str]:
        return list(self._moved[CONF_BATTERIES])

    def _refused(self) -> dict[str, str]:
        """Return why the chosen batteries can't go where they should, by field."""
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
