"""The form of a string's upkeep: its resistance tests, the alarms that stay, and what it is made for."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)

from ..const import CONF_DESIGN_LIFE, CONF_LATCHED, CONF_TEST_BEGINS, CONF_TEST_DAYS, CONF_TEST_ENDS, CONF_VENTILATION
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.schedule import Schedule
from ..texts.alarm_texts import NAMES

UPKEEP_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TEST_DAYS): NumberSelector(
            NumberSelectorConfig(min=0, max=365, step=1, unit_of_measurement="d", mode=NumberSelectorMode.BOX)
        ),
        probatio.Required(CONF_TEST_BEGINS): TimeSelector(),
        probatio.Required(CONF_TEST_ENDS): TimeSelector(),
        probatio.Optional(CONF_LATCHED): SelectSelector(
            SelectSelectorConfig(
                options=list(AlarmKind), multiple=True, translation_key=NAMES, mode=SelectSelectorMode.DROPDOWN
            )
        ),
        probatio.Optional(CONF_DESIGN_LIFE): NumberSelector(
            NumberSelectorConfig(min=1, max=40, step="any", unit_of_measurement="a", mode=NumberSelectorMode.BOX)
        ),
        probatio.Optional(CONF_VENTILATION): NumberSelector(
            NumberSelectorConfig(
                min=0.1, max=100000, step="any", unit_of_measurement="m³/h", mode=NumberSelectorMode.BOX
            )
        ),
    }
)


def upkeep_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows: what a string is set to, else the defaults."""
    default = Schedule()
    shown = {
        CONF_TEST_DAYS: default.days,
        CONF_TEST_BEGINS: default.begins.isoformat(),
        CONF_TEST_ENDS: default.ends.isoformat(),
    }
    fields = {str(field) for field in UPKEEP_SCHEMA.schema}
    return shown | {field: data[field] for field in fields if data.get(field) is not None}
