"""Robotina BTMS, gateway BM-GW: Modbus TCP, a unit for each string (100 + its number), a record for each cell.

Source: the maker's public documentation, "Modbus TCP/IP slave variables v2". Its registers are 0-based. It names a
current above 0 a charge. Not published, and inferred: the table is of holding registers, and the high word of a "long"
comes first. We have measured nothing on a device.

The gateway also gives the voltage of the string (2, 3), state of charge (6), balance (7), state (8), humidity (12),
relay and input (13, 14), and for each cell its states of charge and of health. They are not read.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge, int32, uint32

from ...model import DeviceAlarm, Measures
from ..hub_table import Column
from ..module_profile import Profile, Quantity
from . import ta, tc
from .pbat600 import ALARM_BITS

RECORD: Final = 100  # registers of a cell; that of cell 1 begins at 100
CELLS: Final = Column(last=120, step=RECORD)
STRING: Final = Column()

PROFILE: Final = Profile(
    key="robotina_bm_gw",
    manufacturer="Robotina",
    model="BM-GW",
    measures=Measures.BATTERY,
    quantities={  # plausible limits and noise are those of the TA
        "voltage": replace(ta.VOLTAGE, register=gauge(RECORD + 1, 0.001, signed=False), column=CELLS),
        "resistance": replace(
            ta.RESISTANCE,
            register=uint32(RECORD + 2, scale=0.000001, nan=0),  # 0.001 mΩ; inferred: 0 before the first test
            column=CELLS,
            high=0.5,  # two registers hold more than the one of the TA
        ),
        "temperature": replace(ta.TEMPERATURE, register=gauge(RECORD + 4, 0.1), column=CELLS),
        "alarm_bits": Quantity(
            register=gauge(RECORD, 1.0, signed=False), column=CELLS, unit="", low=0, high=2, noise=1
        ),
    },
    alarm_bits={DeviceAlarm.FAULT: 1},  # the status of a cell: 0 disabled, 1 OK, 2 error
)

STRING_PROFILE: Final = Profile(
    key="robotina_bm_gw_string",
    manufacturer="Robotina",
    model="BM-GW",
    measures=Measures.STRING,
    quantities={  # plausible limits and noise are those of the TC
        "current": replace(tc.CURRENT, register=int32(4, scale=0.01), column=STRING),
        "ambient_temperature": replace(tc.AMBIENT, register=gauge(11, 0.1), column=STRING),
        "alarm_bits": Quantity(
            register=gauge(9, 1.0, signed=False), column=STRING, unit="", low=0, high=0xFFFF, noise=1
        ),
    },
    alarm_bits=ALARM_BITS,  # the same as in the sensor that it reads
)
