"""maximuc: an open controller of Huasu modules, which serves their values as input registers, 10000 for each string.

Source: the part of the open program that lays the table out. A value has two registers, and holds what the register of
the module holds: mV, µΩ, and 0.1 °C and 0.1 A as sign and magnitude. The program reads a module's register as a number
with a sign, which changes only the high word, so only the low word is read here. Inferred: the low word is the second
one. We have measured nothing on a device. Register numbers are 0-based.

The controller also works out states of charge and of health (1900 and 2200 on). They are not read.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge

from ...model import Measures
from ..hub_table import Column
from ..link import ReadFunction
from ..module_profile import Profile, sign_magnitude
from . import ta, tc

CELLS: Final = Column(last=150, step=2, strings=6, string_step=10_000)
STRING: Final = Column(strings=6, string_step=10_000)
LOW_WORD: Final = 1

PROFILE: Final = Profile(
    key="maximuc",
    manufacturer="Maxicom",
    model="maximuc",
    measures=Measures.BATTERY,
    read_function=ReadFunction.INPUT_REGISTERS,
    quantities={  # plausible limits and noise are those of the TA
        "voltage": replace(ta.VOLTAGE, register=gauge(1300 + LOW_WORD, 0.001, signed=False), column=CELLS),
        "temperature": replace(ta.TEMPERATURE, register=sign_magnitude(1600 + LOW_WORD, 0.1), column=CELLS),
        "resistance": replace(
            ta.RESISTANCE, register=gauge(1000 + LOW_WORD, 0.000001, signed=False, nan=0), column=CELLS
        ),
    },
)

STRING_PROFILE: Final = Profile(
    key="maximuc_string",
    manufacturer="Maxicom",
    model="maximuc",
    measures=Measures.STRING,
    read_function=ReadFunction.INPUT_REGISTERS,
    quantities={  # plausible limits and noise are those of the TC
        "current": replace(tc.CURRENT, register=sign_magnitude(3000 + LOW_WORD, 0.1), column=STRING),
        "ambient_temperature": replace(tc.AMBIENT, register=sign_magnitude(3100 + LOW_WORD, 0.1), column=STRING),
    },
)
