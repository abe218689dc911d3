"""Schneider EcoStruxure Battery Management System, which is Generex BACS: one unit with up to 10 strings.

Source: the maker's user guide DD00594044, "Modbus Read Registers" and "Alarm Flag Descriptions", whose registers are
0-based. Functions 03 and 04 give the same. Each string has five registers from 1010 on; the flags are those of the
whole system. Where the values of the batteries are is not published in full. So only the strings are known here, and a
string of this type needs battery modules of another family. Inferred: a current is in whole A, and one above 0 charges.

Not read: total, average and AC of a string (1011-1013), and flags of states (1000) and of single modules (1001, 1002).
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge

from ...model import DeviceAlarm, Measures
from ..hub_table import Column
from ..module_profile import Profile, Quantity
from . import tc

STRINGS: Final = Column(strings=10, string_step=5)
SYSTEM: Final = Column(strings=10)  # the same register for all strings

PROFILE: Final = Profile(
    key="bacs",
    manufacturer="Schneider",
    model="EcoStruxure BMS, BACS",
    measures=Measures.STRING,
    quantities={
        "current": replace(tc.CURRENT, register=gauge(1010, 1.0), noise=1.0, column=STRINGS),
        "alarm_bits": Quantity(
            register=gauge(1000, 1.0, signed=False), column=SYSTEM, unit="", low=0, high=0xFFFF, noise=1
        ),
    },
    alarm_bits={
        DeviceAlarm.FAULT: 8,  # a part of the system does not work
        DeviceAlarm.VOLTAGE_OUT_OF_RANGE: 9,
        DeviceAlarm.TEMPERATURE_OUT_OF_RANGE: 10,
        DeviceAlarm.RESISTANCE_OUT_OF_RANGE: 11,
    },
)
