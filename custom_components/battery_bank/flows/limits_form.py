"""The form of the limits of a string, with the default of each limit."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.data_entry_flow import section

from ..monitor.battery.alarm_kinds import Group
from ..monitor.battery.limit_defaults import DEFAULTS
from ..monitor.battery.settings import FIGURES, RANGES
from ..monitor.model import Chemistry
from ..texts.number_format import NumberFormat
from .fields import FieldError, NumberField, read_form
from .limit_units import LimitUnits

LEVELS: Final = ("warning", "alarm")
VOLTAGES: Final = Group.VOLTAGES  # the section that has the figures too


def _units(group: str) -> dict[str, str]:
    """Return the fields of a section, with the units in which the monitor has them."""
    figures = FIGURES if group == VOLTAGES else ()
    units = {figure.key: figure.unit for figure in figures}
    for limit in DEFAULTS:
        if limit.kind.traits.group == group:
            units |= {f"{limit.key}_{level}": limit.unit for level in LEVELS}
    return units


UNITS: Final = {field: unit for group in Group for field, unit in _units(group).items()}


def limits_schema(units: LimitUnits) -> probatio.Schema:
    """Return the form, with its numbers in these units."""

    def number(field: str, unit: str) -> NumberField:
        low, high = (units.show(value, unit) for value in RANGES[field])
        return NumberField(low, high, units.name(unit))

    return probatio.Schema(
        {
            probatio.Required(group): section(
                probatio.Schema(
                    {probatio.Optional(field): number(field, unit) for field, unit in _units(group).items()}
                ),
                {"collapsed": group != VOLTAGES},
            )
            for group in Group
        }
    )


def defaults_of(chemistry: Chemistry) -> dict[str, float]:
    """Return all defaults by field."""
    defaults = {figure.key: figure.default(chemistry) for figure in FIGURES}
    for limit in DEFAULTS:
        defaults |= {f"{limit.key}_{level}": value for level, value in zip(LEVELS, limit.pair(chemistry), strict=True)}
    return defaults


def shown(chemistry: Chemistry, chosen: Mapping[str, float], units: LimitUnits) -> dict[str, dict[str, float]]:
    """Return what the form shows: the chosen limits, or their defaults."""
    values = defaults_of(chemistry) | dict(chosen)
    return {group: {field: units.show(values[field], unit) for field, unit in _units(group).items()} for group in Group}


def default_texts(chemistry: Chemistry, numbers: NumberFormat, units: LimitUnits) -> dict[str, str]:
    """Return the default of each limit and figure with its unit, for the texts of the form, by key."""

    def write(value: float, unit: str) -> str:
        return numbers.write(units.show(value, unit), "g")

    texts = {
        figure.key: f"{write(figure.default(chemistry), figure.unit)}\u00a0{units.name(figure.unit)}"
        for figure in FIGURES
    }
    for limit in DEFAULTS:
        warning, alarm = (write(value, limit.unit) for value in limit.pair(chemistry))
        texts[limit.key] = f"{warning} / {alarm}\u00a0{units.name(limit.unit)}"
    return texts


def chosen_of(
    chemistry: Chemistry, answers: Mapping[str, Any], before: Mapping[str, float], units: LimitUnits
) -> dict[str, float]:
    """Return the limits that differ from their defaults, or raise `FieldError`; an empty field is the default.

    `before` are the limits that were chosen before. A field that was not changed keeps its value to the last digit.
    """
    defaults = defaults_of(chemistry)
    typed = {
        field: _read(value, UNITS[field], units, before.get(field), defaults[field])
        for group in read_form(limits_schema(units), answers).values()
        for field, value in group.items()
    }
    values = defaults | typed
    for limit in DEFAULTS:
        warning, alarm = (f"{limit.key}_{level}" for level in LEVELS)
        upwards = defaults[alarm] > defaults[warning]
        if values[warning] == values[alarm] or (values[alarm] > values[warning]) != upwards:
            group, beyond = limit.kind.traits.group, units.show(values[warning], limit.unit)
            unit = units.name(limit.unit)
            if upwards:
                raise FieldError(alarm, "alarm_not_above_warning", section=group, low=beyond, unit=unit)
            raise FieldError(alarm, "alarm_not_below_warning", section=group, high=beyond, unit=unit)
    return {field: value for field, value in typed.items() if value != defaults[field]}


def _read(value: float, unit: str, units: LimitUnits, *shown: float | None) -> float:
    """Return a typed value in the unit of the monitor: the one of `shown` that looks like it, or else converted."""
    for one in shown:
        if one is not None and units.show(one, unit) == value:
            return one
    return units.read(value, unit)
