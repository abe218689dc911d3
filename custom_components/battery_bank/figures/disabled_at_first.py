"""Which entities are disabled at first.

An entity is enabled at first if it shows what is true now (a measured value, the state of a string, an alarm, whether a
module answers), or in one figure how good a battery or string is; if cards draw it over time, tables export it or the
energy dashboard needs it; or if it acknowledges alarms, or starts or cancels the tests of a string. The others explain
such a figure, add up over the life of a string, describe its last discharge or a test under way, or serve to plan the
room. Cards, reports, alarms and actions do not depend on their entities.
"""

from collections.abc import Mapping
from typing import Final

from ..strings.members import Battery, String

DISABLED_AT_FIRST: Final[Mapping[type, frozenset[str]]] = {
    Battery: frozenset(
        {
            "resistance_trend",
            "replace_from",
            "replace_to",
            "baseline_kind",
            "baseline",
            "start_resistance_test",  # the cards and the action do it, and the button of the string for all
        }
    ),
    String: frozenset(
        {
            # the numbers of the batteries that have the extremes
            "highest_battery",
            "lowest_battery",
            "hottest_battery",
            # how a figure was determined, or why something is not done
            "condition_source",
            "float_current_watch",
            "float_current_ratio",
            "limiting_remaining_time",
            "test_obstacle",
            # the tests of today
            "battery_under_test",
            "resistance_test_progress",
            "next_resistance_test",
            "next_capacity_test",  # a repair says when it is due
            # totals
            "charged",
            "drawn",
            "cycles",
            "hours_hot",
            "hours_below_float",
            "days_since_full",
            "life_used",
            "end_of_life",
            # details of the last discharge
            "last_discharge_duration",
            "last_discharge_charge",
            "last_discharge_energy",
            "last_discharge_end_voltage",
            "last_discharge_lowest_voltage",
            "last_discharge_lowest_battery",
            # the room
            "hydrogen",
            "ventilation",
            "opening",
            "second_temperature",  # a second probe is rarely fitted
        }
    ),
}


def is_disabled_at_first(subject: object, key: str) -> bool:
    """Return whether the entity of a battery, string, line or bank with this key is disabled when it is new."""
    return key in DISABLED_AT_FIRST.get(type(subject), ())
