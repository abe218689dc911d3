"""Pilot / DFUN PBAT600, string sensor of PBAT61 cell sensors: one Modbus unit for each string, a block per quantity.

Source: a published part of the register table, 0-based. That the low word of the current comes first is what the public
documentation of another maker's gateway says, which reads this sensor. Not published, and not read: where temperatures
and resistances of the cells are. Inferred: a current above 0 charges, as in that gateway; there is room for 300 cells
between the blocks. We have measured nothing on a device.

The sensor also keeps the voltage of the string (0, 1), state of charge (4), balance (6), state (7), the number of cells
(10) and a status of each cell (1300 on). They are not read.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge, int32

from ...model import DeviceAlarm, Measures
from ..hub_table import Column
from ..module_profile import Profile, Quantity
from . import ta, tc

CELLS: Final = Column(last=300)
STRING: Final = Column()
ALARM_BITS: Final = {
    DeviceAlarm.CHARGE_CURRENT_HIGH: 0,
    DeviceAlarm.DISCHARGE_CURRENT_HIGH: 1,
    DeviceAlarm.VOLTAGE_HIGH: 2,
    DeviceAlarm.VOLTAGE_LOW: 3,
    DeviceAlarm.CHARGE_LOW: 4,
    DeviceAlarm.HEALTH_LOW: 5,
    DeviceAlarm.SENSOR_DISCONNECTED: 6,
}

PROFILE: Final = Profile(
    key="pbat600",
    manufacturer="DFUN",
    model="PBAT600",
    measures=Measures.BATTERY,
    quantities={"voltage": replace(ta.VOLTAGE, register=gauge(1600, 0.001, signed=False), column=CELLS)},
)

STRING_PROFILE: Final = Profile(
    key="pbat600_string",
    manufacturer="DFUN",
    model="PBAT600",
    measures=Measures.STRING,
    quantities={
        "current": replace(tc.CURRENT, register=int32(2, scale=0.01, word_order="little"), column=STRING),
        "alarm_bits": Quantity(
            register=gauge(13, 1.0, signed=False), column=STRING, unit="", low=0, high=0xFFFF, noise=1
        ),
    },
    alarm_bits=ALARM_BITS,
)
