"""Shanhe SH 980: a hub, one Modbus unit for a group of up to 245 batteries. A block of registers for each quantity.

Source: the register table in an open program that reads the device, with reference numbers (4xxxxx, 1-based). We have
measured nothing on a device, and no frame was captured. Inferred: a resistance of 0 means "not tested yet", and a
current above 0 charges.

The device also keeps state bits (411483-411488), extremes of the group (411734-411750), state of charge and of health
(411751, 411752) and the swelling of each battery (410748-410992). They are not read: this program works its own out.
"""

from dataclasses import replace
from typing import Final

from modbus_connection.model import gauge

from ...model import Measures
from ..hub_table import Column, reference
from ..module_profile import Profile
from . import ta, tc

BATTERIES: Final = Column(last=245)
GROUP: Final = Column()

PROFILE: Final = Profile(
    key="sh980",
    manufacturer="Shanhe",
    model="SH 980",
    measures=Measures.BATTERY,
    quantities={  # plausible limits and noise are those of the TA
        "voltage": replace(
            ta.VOLTAGE,
            register=gauge(reference(410_004), 0.001, signed=False),  # mV
            column=BATTERIES,
        ),
        "temperature": replace(
            ta.TEMPERATURE,
            register=gauge(reference(410_500), 0.1, offset=-50.0, signed=False),  # (°C + 50) · 10
            column=BATTERIES,
        ),
        "resistance": replace(
            ta.RESISTANCE,
            register=gauge(reference(410_252), 0.000001, signed=False, nan=0),  # µΩ
            column=BATTERIES,
        ),
    },
)

STRING_PROFILE: Final = Profile(
    key="sh980_string",
    manufacturer="Shanhe",
    model="SH 980",
    measures=Measures.STRING,
    quantities={  # plausible limits and noise are those of the TC
        "current": replace(
            tc.CURRENT,
            register=gauge(reference(411_730), 0.1, offset=-3000.0, signed=False),  # (A + 3000) · 10
            column=GROUP,
        ),
        "ambient_temperature": replace(
            tc.AMBIENT,
            # Inferred: in the form of the temperatures of the batteries.
            register=gauge(reference(411_732), 0.1, offset=-50.0, signed=False),
            column=GROUP,
        ),
    },
)
