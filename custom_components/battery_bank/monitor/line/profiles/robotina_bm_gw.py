"""Robotina BTMS, gateway BM-GW: Modbus TCP, a unit for each string (100 + its number), a record for each cell.

Source: the maker's public documentation, "Modbus TCP/IP slave variables v2". Its registers are 0-based. It names a
current above 0 a charge. Not published, and inferred: the table is of holding registers, and the high word of a "long"
comes first. We have measured nothing on a device.

The gateway also gives the voltage of the string (2, 3), state of charge (6), balance (7), state (8), humidity (12),
relay and input (13, 14), and for each cell its status (0) and states of charge and of health. They are not read.
"""

from typing import Final

from modbus_connection.model import gauge, int32, uint32

from ...model import Measures
from ..hub_table import Column
from ..module_profile import Profile, Quantity

RECORD: Final = 100  # registers of a cell; that of cell 1 begins at 100
CELLS: Final = Column(last=120, step=RECORD)
STRING: Final = Column()

PROFILE: Final = Profile(
    key="robotina_bm_gw",
    manufacturer="Robotina",
    model="BM-GW",
    measures=Measures.BATTERY,
    quantities={
        "voltage": Quantity(
            register=gauge(RECORD + 1, 0.001, signed=False),
            column=CELLS,
            unit="V",
            low=0.25,
            high=1.6,
            per_nominal_volt=True,
            noise=0.002,
            relative_noise=0.0005,
        ),
        "resistance": Quantity(
            register=uint32(RECORD + 2, scale=0.000001, nan=0),  # 0.001 mΩ; inferred: 0 before the first test
            column=CELLS,
            unit="Ω",
            low=0.00002,
            high=0.5,
            relative_noise=0.002,
        ),
        "temperature": Quantity(
            register=gauge(RECORD + 4, 0.1), column=CELLS, unit="°C", low=-40.0, high=100.0, noise=0.4
        ),
    },
)

STRING_PROFILE: Final = Profile(
    key="robotina_bm_gw_string",
    manufacturer="Robotina",
    model="BM-GW, string",
    measures=Measures.STRING,
    quantities={
        "current": Quantity(
            register=int32(4, scale=0.01),
            column=STRING,
            unit="A",
            low=-2000.0,
            high=2000.0,
            noise=0.15,
            relative_noise=0.005,
        ),
        "ambient_temperature": Quantity(
            register=gauge(11, 0.1), column=STRING, unit="°C", low=-45.0, high=90.0, noise=0.4
        ),
    },
)
