"""The form of the limits of a string, with the default of each limit."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.data_entry_flow import section

from ..monitor.battery.alarm_kinds import Group
from ..monitor.battery.limit_defaults import DEFAULTS
from ..monitor.battery.settings import FIGURES
from ..monitor.model import Chemistry
from ..texts.number_format import NumberFormat
from .fields import FieldError, NumberField, read_form

LEVELS: Final = ("warning", "alarm")
VOLTAGES: Final = Group.VOLTAGES  # the section that has the figures too


def _fields(group: str) -> dict[probatio.Optional, NumberField]:
    figures = FIGURES if group == VOLTAGES else ()
    fields = {probatio.Optional(figure.key): NumberField(figure.low, figure.high, figure.unit) for figure in figures}
    for limit in DEFAULTS:
        if limit.kind.traits.group == group:
            number = NumberField(limit.low, limit.high, limit.unit)
            fields |= {probatio.Optional(f"{limit.key}_{level}"): number for level in LEVELS}
    return fields


LIMITS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(group): section(probatio.Schema(_fields(group)), {"collapsed": group != VOLTAGES})
        for group in Group
    }
)


def defaults_of(chemistry: Chemistry) -> dict[str, float]:
    """Return all defaults by field."""
    defaults = {figure.key: figure.default(chemistry) for figure in FIGURES}
    for limit in DEFAULTS:
        defaults |= {f"{limit.key}_{level}": value for level, value in zip(LEVELS, limit.pair(chemistry), strict=True)}
    return defaults


def shown(chemistry: Chemistry, chosen: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return what the form shows: the chosen limits, or their defaults."""
    values = defaults_of(chemistry) | dict(chosen)
    return {group: {str(field): values[str(field)] for field in _fields(group)} for group in Group}


def default_texts(chemistry: Chemistry, numbers: NumberFormat) -> dict[str, str]:
    """Return the default of each limit and figure with its unit, for the texts of the form, by key."""
    texts = {figure.key: f"{numbers.write(figure.default(chemistry), 'g')} {figure.unit}" for figure in FIGURES}
    for limit in DEFAULTS:
        warning, alarm = (numbers.write(value, "g") for value in limit.pair(chemistry))
        texts[limit.key] = f"{warning} / {alarm} {limit.unit}"
    return texts


def chosen_of(chemistry: Chemistry, answers: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits that differ from their defaults, or raise `FieldError`; an empty field is the default."""
    defaults = defaults_of(chemistry)
    typed = {field: value for group in read_form(LIMITS_SCHEMA, answers).values() for field, value in group.items()}
    values = defaults | typed
    for limit in DEFAULTS:
        warning, alarm = (f"{limit.key}_{level}" for level in LEVELS)
        upwards = defaults[alarm] > defaults[warning]
        if values[warning] == values[alarm] or (values[alarm] > values[warning]) != upwards:
            group, beyond = limit.kind.traits.group, values[warning]
            if upwards:
                raise FieldError(alarm, "alarm_not_above_warning", section=group, low=beyond, unit=limit.unit)
            raise FieldError(alarm, "alarm_not_below_warning", section=group, high=beyond, unit=limit.unit)
    return {field: value for field, value in typed.items() if value != defaults[field]}
