"""The form of a string's maintenance settings: tests, latched alarms, design life, ventilation."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ..const import (
    CONF_CAPACITY_TEST_MONTHS,
    CONF_DESIGN_LIFE,
    CONF_LATCHED,
    CONF_TEST_BEGINS,
    CONF_TEST_DAYS,
    CONF_TEST_ENDS,
    CONF_VENTILATION,
)
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.due_tests import Schedule
from ..strings.stored import CAPACITY_TEST_MONTHS, DESIGN_LIFE, TEST_DAYS, VENTILATION
from ..texts.alarm_texts import NAMES
from .fields import NumberField, TimeField

MAINTENANCE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TEST_DAYS): NumberField(*TEST_DAYS, whole=True),
        probatio.Required(CONF_TEST_BEGINS): TimeField(),
        probatio.Required(CONF_TEST_ENDS): TimeField(),
        probatio.Optional(CONF_CAPACITY_TEST_MONTHS): NumberField(*CAPACITY_TEST_MONTHS, whole=True),
        probatio.Optional(CONF_LATCHED): SelectSelector(
            SelectSelectorConfig(
                options=list(AlarmKind), multiple=True, translation_key=NAMES, mode=SelectSelectorMode.DROPDOWN
            )
        ),
        probatio.Optional(CONF_DESIGN_LIFE): NumberField(*DESIGN_LIFE),
        probatio.Optional(CONF_VENTILATION): NumberField(*VENTILATION, "m³/h"),
    }
)


def maintenance_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows: the settings of the string, or their defaults."""
    default = Schedule()
    shown = {
        CONF_TEST_DAYS: default.days,
        CONF_TEST_BEGINS: default.begins.isoformat(),
        CONF_TEST_ENDS: default.ends.isoformat(),
    }
    fields = {str(field) for field in MAINTENANCE_SCHEMA.schema}
    return shown | {field: data[field] for field in fields if data.get(field) is not None}
