"""Ventev BTRM300: a test monitor of one lead-acid battery, with input registers.

Source: the register table in the maker's user guide V3.2, 0-based. Read are the voltage (0, mV), the current (3, mA)
and the temperature (4, °C) of the battery, and its alarms, which are discrete inputs: low capacity (0), low voltage
(1), any fault (5). Inferred: numbers with a sign are two's complement, and a current above 0 charges. We have measured
nothing on a device.

The monitor also measures the voltages of charger and supply (1, 2) and its own runtimes (5, 6). They are not read. Its
coils delete its data (0), disconnect the battery (1) and discharge it for a test of its capacity (2, 3). They are never
written: none of them starts a resistance test.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge

from ...model import DeviceAlarm, Measures
from ..hub_table import Column
from ..link import ReadFunction
from ..module_profile import Profile, Quantity, bits
from . import ta, tc

BATTERY: Final = Column(last=1)
STRING: Final = Column()
ALARMS: Final = Column(function=ReadFunction.DISCRETE_INPUTS)

PROFILE: Final = Profile(
    key="btrm300",
    manufacturer="Ventev",
    model="BTRM300",
    measures=Measures.BATTERY,
    read_function=ReadFunction.INPUT_REGISTERS,
    quantities={  # plausible limits and noise are those of the TA
        "voltage": replace(ta.VOLTAGE, register=gauge(0, 0.001, signed=False), column=BATTERY),
        "temperature": replace(ta.TEMPERATURE, register=gauge(4, 1.0), column=BATTERY, noise=1.0),
    },
)

STRING_PROFILE: Final = Profile(
    key="btrm300_string",
    manufacturer="Ventev",
    model="BTRM300",
    measures=Measures.STRING,
    read_function=ReadFunction.INPUT_REGISTERS,
    quantities={
        # The noise is that of the TC; the limits are those of the register.
        "current": replace(tc.CURRENT, register=gauge(3, 0.001), column=STRING, low=-32.767, high=32.767),
        "alarm_bits": Quantity(register=bits(0, 6), column=ALARMS, unit="", low=0, high=0x3F, noise=1),
    },
    alarm_bits={DeviceAlarm.CAPACITY_LOW: 0, DeviceAlarm.VOLTAGE_LOW: 1, DeviceAlarm.FAULT: 5},
)
