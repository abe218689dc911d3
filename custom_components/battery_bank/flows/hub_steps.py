"""The step that adds the batteries of a hub: one Modbus unit with the values of many batteries."""

from collections.abc import Collection, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.helpers.selector import SelectOptionDict

from ..const import FIRST_ADDRESS, LAST_ADDRESS
from ..monitor.errors import LineDownError, RefusedError
from ..monitor.line.hub_survey import Survey, column_of
from ..monitor.line.hub_table import LAST_BATTERY, LAST_STRING, Place
from ..monitor.line.module_profile import Profile
from ..monitor.line.profiles import PROFILES, profiles_of
from ..monitor.line.string_proposal import Proposal
from ..monitor.model import Measures
from ..strings.own_profiles import async_load_own_profiles
from ..texts.reasons import async_reason_text
from .fields import FieldError, NumberField, async_errors, read_form
from .string_form import ModuleField

CONF_FAMILY: Final = "family"
CONF_UNIT_ID: Final = "unit_id"
CONF_STRING_NUMBER: Final = "string_number"
CONF_FIRST: Final = "first_battery"
CONF_LAST: Final = "last_battery"


class FamilyField(ModuleField):
    """A choice of one of the hubs."""

    def __init__(self) -> None:
        super().__init__(lambda: [profile for profile in profiles_of(Measures.BATTERY) if profile.of_hub])

    @override
    def _options(self) -> list[SelectOptionDict]:
        return [SelectOptionDict(value=one.key, label=f"{one.manufacturer} {one.model}") for one in self._families()]


HUB_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_FAMILY): FamilyField(),
        probatio.Required(CONF_UNIT_ID, default=1): NumberField(FIRST_ADDRESS, LAST_ADDRESS, whole=True),
        probatio.Required(CONF_STRING_NUMBER, default=1): NumberField(1, LAST_STRING, whole=True),
        probatio.Optional(CONF_FIRST): NumberField(1, LAST_BATTERY, whole=True),
        probatio.Optional(CONF_LAST): NumberField(1, LAST_BATTERY, whole=True),
    }
)


class HubSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """The step that adds the batteries of a hub, in the flows of a line and of a string."""

    _hub_texts: str  # where the translations have the step

    async def _survey(self, profile: Profile, unit_id: int, string: int) -> Survey:
        """Return what a hub has, or raise `LineDownError`."""
        raise NotImplementedError

    def _taken(self) -> Collection[int]:
        """Return the addresses that other strings have."""
        raise NotImplementedError

    async def _hub_chosen(self, proposal: Proposal) -> R:
        """Go on with the string of the chosen batteries."""
        raise NotImplementedError

    async def async_step_hub(self, user_input: dict[str, Any] | None = None) -> R:
        """Ask for the hub and its batteries, and read which of them have values."""
        errors, placeholders = dict[str, str](), {"reason": ""}
        for file, problem in (await async_load_own_profiles(self.hass)).items():
            errors = {CONF_FAMILY: "profile_file"}
            placeholders |= {"file": file, "line": str(problem.line), "allowed": problem.allowed}
            placeholders["field"] = problem.field or "YAML"
        if user_input is not None:
            try:
                return await self._hub_chosen(await self._proposal_of(read_form(HUB_SCHEMA, user_input)))
            except FieldError as err:
                errors, texts = await async_errors(self.hass, err, self._hub_texts)
                placeholders |= texts
            except LineDownError as err:
                errors, placeholders["reason"] = {"base": "line_down"}, await async_reason_text(self.hass, err)
        return self.async_show_form(
            step_id="hub",
            data_schema=self.add_suggested_values_to_schema(HUB_SCHEMA, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _proposal_of(self, answers: Mapping[str, Any]) -> Proposal:
        """Return the string that the answers describe, or raise `FieldError` or `LineDownError`.

        Batteries that are named by a person need no values: the hub may not be ready yet.
        """
        profile = PROFILES[answers[CONF_FAMILY]]
        string, first, last = answers[CONF_STRING_NUMBER], answers.get(CONF_FIRST), answers.get(CONF_LAST)
        column, named = column_of(profile), first is not None and last is not None
        if column.strings and not column.has_string(string):
            raise FieldError(CONF_STRING_NUMBER, "whole_number_out_of_range", low=1, high=column.strings)
        if last is not None and last > column.end:
            raise FieldError(CONF_LAST, "whole_number_out_of_range", low=1, high=column.end)
        found = await self._survey(profile, answers[CONF_UNIT_ID], string)
        if found.error and not named:
            if isinstance(found.error, RefusedError):
                raise FieldError(CONF_FAMILY, "hub_refuses")
            raise FieldError(CONF_UNIT_ID, "hub_no_answer")
        taken = {place.battery for place in map(Place.of, self._taken()) if place and place[:2] == found.place}
        free = [number for number in found.voltages if number not in taken and number >= (first or 1)]
        if not free and not named:
            raise FieldError(CONF_UNIT_ID, "hub_empty")
        first, last = first or free[0], last or free[-1]
        if first > last:
            raise FieldError(CONF_LAST, "bad_batteries")
        return found.proposal(first, last)
