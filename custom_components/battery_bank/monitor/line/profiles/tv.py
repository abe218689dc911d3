"""CELLCHECK TV: voltage and temperature of a battery, no resistance.

Source: document "CELLCHECK TV A24". We have measured nothing on a device. Register numbers are 0-based.
"""

from typing import Final

from ...model import CommandName, Measures
from ..module_profile import Command, Probe, Profile
from .ta import SET_ADDRESS, SET_BAUDRATE, TEMPERATURE, VOLTAGE, answers_as_battery_module, answers_as_tv

BLINK: Final = Command(register=0x001C, value=1)


async def recognise(unit_id: int, probe: Probe) -> bool:
    """Say whether the module at `unit_id` is a TV."""
    return await answers_as_battery_module(unit_id, probe) and await answers_as_tv(probe)


PROFILE: Final = Profile(
    key="tv",
    manufacturer="Rekoser",
    model="CELLCHECK TV",
    measures=Measures.BATTERY,
    quantities={"voltage": VOLTAGE, "temperature": TEMPERATURE},
    firmware=0x0000,
    recognise=recognise,
    speed_unit=100,
    commands={
        CommandName.BLINK: BLINK,
        CommandName.SET_ADDRESS: SET_ADDRESS,
        CommandName.SET_BAUDRATE: SET_BAUDRATE,
    },
)
