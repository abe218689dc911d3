"""Battery Bank Monitor: the register table that this integration itself serves to plant systems.

So one Home Assistant can monitor the strings of another one. Source: docs/plant.md, version 1.0 of the table; addresses
are 0-based. A string has its place in the table, 1 to 15 of each unit. A value that is not current reads as unknown
there, and has no value here. A battery or string whose quality is not one of a current reading is offline here too.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge, int32

from ...model import Measures
from ..hub_table import Column
from ..module_profile import Profile, Quantity
from . import ta, tc

UNKNOWN: Final = 0xFFFF  # of a register without a sign …
UNKNOWN_SIGNED: Final = 0x8000  # … and of one with a sign
PLACE: Final = 4000  # registers of a string; that of place 1 begins here
BATTERIES: Final = Column(last=250, strings=15, string_step=PLACE)
STRING: Final = Column(strings=15, string_step=PLACE)


def _quality(register: int, column: Column) -> Quantity:
    """Return a register of quality: 1 is current, 2 current in part; 0 and 3 to 5 are not."""
    return Quantity(register=gauge(register, 1, signed=False, nan=UNKNOWN), unit="", low=1, high=2, column=column)


PROFILE: Final = Profile(
    key="battery_bank",
    manufacturer="Home Assistant",
    model="Battery Bank Monitor",
    measures=Measures.BATTERY,
    quantities={  # plausible limits and noise are those of the TA
        "voltage": replace(
            ta.VOLTAGE, register=gauge(PLACE + 1000, 0.001, signed=False, nan=UNKNOWN), column=BATTERIES
        ),
        "temperature": replace(ta.TEMPERATURE, register=gauge(PLACE + 1250, 0.1, nan=UNKNOWN_SIGNED), column=BATTERIES),
        "resistance": replace(
            ta.RESISTANCE, register=gauge(PLACE + 1500, 0.000001, signed=False, nan=UNKNOWN), column=BATTERIES
        ),
    },
    validity=_quality(PLACE + 500, BATTERIES),
)

STRING_PROFILE: Final = Profile(
    key="battery_bank_string",
    manufacturer="Home Assistant",
    model="Battery Bank Monitor",
    measures=Measures.STRING,
    quantities={  # plausible limits and noise are those of the TC
        "current": replace(tc.CURRENT, register=int32(PLACE + 22, scale=0.001, nan=0x80000000), column=STRING),
        "ambient_temperature": replace(tc.AMBIENT, register=gauge(PLACE + 24, 0.1, nan=UNKNOWN_SIGNED), column=STRING),
        "second_temperature": replace(tc.AMBIENT, register=gauge(PLACE + 25, 0.1, nan=UNKNOWN_SIGNED), column=STRING),
    },
    validity=_quality(PLACE + 1, STRING),
)
