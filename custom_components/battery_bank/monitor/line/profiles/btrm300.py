"""Ventev BTRM300: a test monitor of one lead-acid battery, with input registers.

Source: the published register table, 0-based. Read are the voltage (0, mV), the current (3, mA) and the temperature (4,
°C) of the battery. Inferred: numbers with a sign are two's complement, and a current above 0 charges. We have measured
nothing on a device.

The monitor also measures the voltages of charger and supply (1, 2) and its own runtimes (5, 6), has fault bits, and
starts tests by coils. They are neither read nor written.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge

from ...model import Measures
from ..hub_table import Column
from ..link import ReadFunction
from ..module_profile import Profile
from . import ta, tc

BATTERY: Final = Column(last=1)
STRING: Final = Column()

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
    model="BTRM300, current",
    measures=Measures.STRING,
    read_function=ReadFunction.INPUT_REGISTERS,
    quantities={
        # The noise is that of the TC; the limits are those of the register.
        "current": replace(tc.CURRENT, register=gauge(3, 0.001), column=STRING, low=-32.767, high=32.767)
    },
)
