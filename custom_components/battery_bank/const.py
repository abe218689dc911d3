"""Constants of the integration."""

from enum import StrEnum
import logging
from typing import Final

DOMAIN: Final = "battery_bank"
LOGGER: Final = logging.getLogger(__package__)
DASHBOARD_LINK: Final = "/battery-bank-dashboard"  # opens the dashboard, and creates one if there is none

# The line, in the entry's data
CONF_BAUDRATE: Final = "baudrate"
CONF_CONNECTION: Final = "connection"
CONF_CONTINUES: Final = "continues"  # the entry of a deleted line whose journal it takes over, until it is set up
CONF_PARITY: Final = "parity"

# The line, in the entry's options
CONF_SEND_JOURNAL: Final = "send_journal"  # whether its journal is sent to a receiver elsewhere
CONF_SITE: Final = "site"  # the name of the site in topics; absent: made of the name of this Home Assistant

# A string, in its subentry's data
SUBENTRY_STRING: Final = "string"
CONF_AREA: Final = "area"  # of a new string's device, until a person chooses another one
CONF_BATTERIES: Final = "batteries"  # in order; each has an id that never changes, and its address
CONF_BATTERY_MODULE: Final = "battery_module"  # the key of a profile
CONF_STRING_MODULE: Final = "string_module"  # the key of a profile
CONF_STRING_MODULE_ADDRESS: Final = "string_module_address"  # None if the string has no module
CONF_NOMINAL_VOLTAGE: Final = "nominal_voltage"  # V, of one battery
CONF_CAPACITY: Final = "capacity"  # Ah
CONF_CHEMISTRY: Final = "chemistry"
CONF_INSTALLED: Final = "installed"  # ISO date; None if not known
CONF_INVERT_CURRENT: Final = "invert_current"
CONF_MAKER: Final = "maker"  # of the batteries; absent: not known
CONF_BATTERY_TYPE: Final = "battery_type"  # as printed on the batteries; absent: not known

CONF_CAPACITY_TEST_MONTHS: Final = "capacity_test_months"  # from one capacity test to the next; absent: none is due
CONF_DESIGN_LIFE: Final = "design_life"  # years; absent: the default of the chemistry
CONF_LIMITS: Final = "limits"  # by key; only those that differ from their defaults
CONF_LATCHED: Final = "latched"  # kinds of alarms that stay until acknowledged
CONF_RACK: Final = "rack"  # absent: not known; else all of the three below
CONF_PER_TIER: Final = "per_tier"  # batteries
CONF_TIERS: Final = "tiers"  # of a row
CONF_RACK_ORDER: Final = "order"
CONF_ROOM: Final = "room"  # the entities of other integrations that measure its room, by field; absent: none
CONF_TEST_BEGINS: Final = "test_begins"  # local time of day
CONF_TEST_DAYS: Final = "test_days"  # days between two scheduled tests of a battery; 0: no scheduled tests
CONF_TEST_ENDS: Final = "test_ends"
CONF_VENTILATION: Final = "ventilation"  # m³/h of the room; absent: what the standard requires

# A bank, in its subentry's data
SUBENTRY_BANK: Final = "bank"
CONF_STRINGS: Final = "strings"  # the ids of the subentries of its strings, of any line
CONF_COUNTED: Final = "counted"  # by counter, what the totals had before these strings were chosen

FIRST_ADDRESS: Final = 1
LAST_ADDRESS: Final = 247


class RackOrder(StrEnum):
    """How the batteries are numbered in a row of the rack, which begins on the left of its first tier.

    Where the numbers turn, each second tier is numbered from the right.
    """

    FROM_BOTTOM = "from_bottom"
    FROM_TOP = "from_top"
    FROM_BOTTOM_TURNING = "from_bottom_turning"
    FROM_TOP_TURNING = "from_top_turning"


class Connection(StrEnum):
    """How a line is reached."""

    SERIAL = "serial"
    RTU_OVER_TCP = "rtu_over_tcp"
    MODBUS_TCP = "modbus_tcp"
