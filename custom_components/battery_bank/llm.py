"""Tools for assistants with a language model: they read what is known of strings, and change nothing.

An assistant learns of a string if the entity *Alarm level* of that string is exposed to it, and if the person who asks
may read the sensors of the string.
"""

from abc import abstractmethod
from collections import Counter
from typing import Any, Final, override

import probatio

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult

from .const import DOMAIN
from .coordinator import LineCoordinator, async_loaded_lines
from .monitor.battery.limits import DAY
from .monitor.errors import JournalError
from .reporting.answers import Answer, Words, changes, remaining_time, worst_batteries
from .strings.banks import string_names
from .strings.members import String
from .strings.permissions import async_may_read
from .texts.alarm_texts import AlarmTexts
from .texts.reasons import reason_text
from .texts.translations import Translations

EXPOSED_BY: Final = "alarm_level"  # the key of the sensor that exposes its string
ARG_STRING: Final = "string"
ARG_DAYS: Final = "days"
MONTH: Final = 30  # days
LONGEST: Final = 3650  # days

PROMPT: Final = (
    "There are stationary batteries: a string is a number of batteries in series. Answer questions about them with the "
    "battery_bank tools. A value that is null is not known: say so, and never guess it. 'not_monitored' does not mean "
    "that a battery is in order."
)


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools if a string is exposed to the assistant."""
    if api_id != LLM_API_ASSIST:
        return None
    if not (names := list(_exposed(hass, llm_context))):
        return None
    return LLMTools(tools=[WorstBatteries(names), RemainingTime(names), Changes(names)], prompt=PROMPT)


@callback
def _exposed(hass: HomeAssistant, llm_context: LLMContext) -> dict[str, tuple[LineCoordinator, String]]:
    """Return the strings that are exposed to the assistant, by their names. Those with one name have a number too."""
    entities, names = er.async_get(hass), string_names(hass)
    alike = Counter(names.values())
    numbers = Counter[str]()
    found = {}
    for line in async_loaded_lines(hass):
        for string in line.strings:
            name = names[string.id]
            numbers[name] += 1
            if alike[name] > 1:
                name = f"{name} ({numbers[name]})"
            entity_id = entities.async_get_entity_id(SENSOR, DOMAIN, f"{string.id}_{EXPOSED_BY}")
            if entity_id and async_should_expose(hass, llm_context.assistant, entity_id):
                found[name] = line, string
    return found


class StringTool(Tool):
    """A tool that reads something of one string, or of all that are exposed."""

    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    integration = DOMAIN

    def __init__(self, names: list[str]) -> None:
        """Offer strings by their names."""
        self.parameters = probatio.Schema(
            {
                probatio.Optional(
                    ARG_STRING, description="The name of one string. Without it, all strings are meant."
                ): probatio.In(names),
                **self._further(),
            }
        )

    def _further(self) -> dict[Any, Any]:
        return {}

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the answer for each string that is exposed now and that the person who asks may read."""
        arguments = self.parameters(tool_input.tool_args)
        exposed = _exposed(hass, llm_context)
        user_id = llm_context.context.user_id if llm_context.context else None
        user = await hass.auth.async_get_user(user_id) if user_id else None
        chosen = [
            (name, line, string)
            for name, (line, string) in exposed.items()
            if arguments.get(ARG_STRING, name) == name
            and (user_id is None or (user is not None and async_may_read(hass, user, line.id, string)))
        ]
        if not chosen:
            return ToolResult(data={"error": "No string that you may read has this name."}, error=True)
        language = llm_context.language if llm_context.language not in (None, "*") else None
        words = Words(
            alarms=await AlarmTexts.load(hass, language),
            sensors=await Translations.load(hass, "entity", language=language),
        )
        try:
            answers: list[Any] = [
                {"string": name} | await self._answer(words, line, string, arguments) for name, line, string in chosen
            ]
        except JournalError as err:
            why = reason_text(words.alarms.translations, err.reason, str(err))
            return ToolResult(data={"error": f"The journal can't be read: {why}"}, error=True)
        return ToolResult(data={"strings": answers})

    @abstractmethod
    async def _answer(
        self, words: Words, line: LineCoordinator, string: String, arguments: dict[str, Any]
    ) -> Answer: ...


class WorstBatteries(StringTool):
    """Which batteries are the worst."""

    name = f"{DOMAIN}__get_worst_batteries"
    title = "Get the worst batteries"
    description = (
        "Returns the worst batteries of the strings with the reasons, the present alarms and what to do. Use it for "
        "questions such as 'Which battery is the worst?', 'Are the batteries in order?' or 'What is the alarm about?'."
    )

    @override
    async def _answer(self, words: Words, line: LineCoordinator, string: String, arguments: dict[str, Any]) -> Answer:
        return worst_batteries(words, string)


class RemainingTime(StringTool):
    """How long a string will last."""

    name = f"{DOMAIN}__get_remaining_time"
    title = "Get the remaining time"
    description = (
        "Returns how long strings will last, their state of charge, capacity and last discharge. Use it for questions "
        "such as 'How long will string 1 last?' or 'How full are the batteries?'."
    )

    @override
    async def _answer(self, words: Words, line: LineCoordinator, string: String, arguments: dict[str, Any]) -> Answer:
        return remaining_time(words, string)


class Changes(StringTool):
    """What has changed."""

    name = f"{DOMAIN}__get_changes"
    title = "Get changes"
    description = (
        "Returns what has changed of the strings in the last days: alarms, discharges, replaced batteries, time "
        "without monitoring, internal resistances. Use it for questions such as 'What changed since last month?'."
    )

    @override
    def _further(self) -> dict[Any, Any]:
        days = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=LONGEST))
        return {probatio.Optional(ARG_DAYS, default=MONTH, description="How many days to look back."): days}

    @override
    async def _answer(self, words: Words, line: LineCoordinator, string: String, arguments: dict[str, Any]) -> Answer:
        since = line.clock.now() - arguments[ARG_DAYS] * DAY
        return await changes(words, string, line.journal_writer.open_journal(), since)
