"""The form of a string's limits: every one of them, with its default and where that is from."""

from collections.abc import Mapping
from typing import Final

import probatio

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..monitor.battery.alarm_kinds import Group
from ..monitor.battery.limit_defaults import DEFAULTS, LimitDefault
from ..monitor.battery.settings import FIGURES
from ..monitor.model import Chemistry
from ..texts.number_format import NumberFormat

LEVELS: Final = ("warning", "alarm")
VOLTAGES: Final = Group.VOLTAGES  # the section that the figures stand in, too


class LimitError(Exception):
    """A warning and an alarm that contradict each other."""

    def __init__(self, limit: LimitDefault) -> None:
        """Name the limit."""
        super().__init__(limit.key)
        self.limit = limit


def _number(low: float, high: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=low, max=high, step="any", unit_of_measurement=unit, mode=NumberSelectorMode.BOX)
    )


def _fields(group: str) -> dict[probatio.Optional, NumberSelector]:
    figures = FIGURES if group == VOLTAGES else ()
    fields = {probatio.Optional(figure.key): _number(figure.low, figure.high, figure.unit) for figure in figures}
    for limit in DEFAULTS:
        if limit.kind.traits.group == group:
            number = _number(limit.low, limit.high, limit.unit)
            fields |= {probatio.Optional(f"{limit.key}_{level}"): number for level in LEVELS}
    return fields


LIMITS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(group): section(probatio.Schema(_fields(group)), {"collapsed": group != VOLTAGES})
        for group in Group
    }
)


def defaults_of(chemistry: Chemistry) -> dict[str, float]:
    """Return all defaults by the name of their field."""
    defaults = {figure.key: figure.default(chemistry) for figure in FIGURES}
    for limit in DEFAULTS:
        defaults |= {f"{limit.key}_{level}": value for level, value in zip(LEVELS, limit.pair(chemistry), strict=True)}
    return defaults


def shown(chemistry: Chemistry, chosen: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return what the form shows: what was chosen, else the defaults."""
    values = defaults_of(chemistry) | dict(chosen)
    return {group: {str(field): values[str(field)] for field in _fields(group)} for group in Group}


def sources(chemistry: Chemistry, numbers: NumberFormat) -> dict[str, str]:
    """Return default and source of each limit and figure for the texts of the form, by key."""
    texts = {
        figure.key: f"{numbers.write(figure.default(chemistry), 'g')} {figure.unit}, {figure.source}"
        for figure in FIGURES
    }
    for limit in DEFAULTS:
        warning, alarm = (numbers.write(value, "g") for value in limit.pair(chemistry))
        texts[limit.key] = f"{warning} / {alarm} {limit.unit}, {limit.source}"
    return texts


def chosen_of(chemistry: Chemistry, answers: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return what differs from the defaults, or raise `LimitError`; a field left empty goes back to its default."""
    defaults = defaults_of(chemistry)
    typed = {field: value for group in answers.values() for field, value in group.items()}
    values = defaults | typed
    for limit in DEFAULTS:
        warning, alarm = (f"{limit.key}_{level}" for level in LEVELS)
        upwards = defaults[alarm] > defaults[warning]
        if values[warning] == values[alarm] or (values[alarm] > values[warning]) != upwards:
            raise LimitError(limit)
    return {field: value for field, value in typed.items() if value != defaults[field]}
