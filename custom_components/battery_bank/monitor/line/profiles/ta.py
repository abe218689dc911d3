"""RMS-TA: one on every battery. Voltage, internal resistance, temperature.

Source: document "TA A3"; the registers of voltage, temperature and resistance are inferred from the sister module
TV A24 and an open implementation. Frames that others captured from a real module show the voltage, the temperature, and
the resistance before the first test. We have measured nothing on a device. Register numbers are 0-based.
"""

from typing import Final

from modbus_connection.model import gauge

from ...model import CommandName, Measures
from ..module_profile import Command, Probe, Profile, Quantity, sign_magnitude

ADDRESS: Final = 0x000E

VOLTAGE: Final = Quantity(
    register=gauge(0x0001, 0.001, signed=False),
    unit="V",
    # One maker's sensors measure 0.63 to 1.3 times the nominal voltage. A battery with shorted cells, or a flat one, is
    # below that range and must be seen, so only a voltage that no battery can have is a fault.
    low=0.25,
    high=1.6,
    per_nominal_volt=True,
    noise=0.002,
    relative_noise=0.0005,
    relative_error=0.002,  # as one maker states it of such sensors
)
TEMPERATURE: Final = Quantity(
    register=sign_magnitude(0x0002, 0.1),
    unit="°C",
    low=-40.0,  # the sensors' range is -20 to +85 °C
    high=100.0,
    noise=0.4,  # a value between two steps of 0.1 °C goes to and fro, sometimes by two
)
RESISTANCE: Final = Quantity(
    register=gauge(0x0003, 0.000001, signed=False, nan=0),  # 0: not tested yet
    unit="Ω",
    low=0.00002,  # the sensors' range is 0.1 to 50 mΩ
    high=0.0655,  # 0xFFFF is no resistance
    relative_noise=0.002,  # changes only with a test, so nearly every change counts
    error=0.000025,  # as one maker states it of such sensors
    relative_error=0.015,
)

SET_ADDRESS: Final = Command(register=ADDRESS, value=None)
SET_BAUDRATE: Final = Command(register=0x0015, value=None)  # inferred from the TV


async def answers_as_battery_module(unit_id: int, probe: Probe) -> bool:
    """Say whether a module is a TA or a TV: it has its own address where these keep it, and not where a TC does."""
    return await probe(ADDRESS) == unit_id and await probe(0x0009) != unit_id


async def answers_as_tv(probe: Probe) -> bool:
    """Say whether a TA or TV is a TV: it reads a battery type and has no resistance."""
    return await probe(0x0012) in (2, 6, 12) and not await probe(RESISTANCE.register.address)


async def recognise(unit_id: int, probe: Probe) -> bool:
    """Say whether the module at `unit_id` is a TA."""
    return await answers_as_battery_module(unit_id, probe) and not await answers_as_tv(probe)


PROFILE: Final = Profile(
    key="ta",
    manufacturer="Rekoser",
    model="RMS-TA",
    measures=Measures.BATTERY,
    quantities={"voltage": VOLTAGE, "temperature": TEMPERATURE, "resistance": RESISTANCE},
    firmware=0x0000,
    recognise=recognise,
    speed_unit=100,
    commands={
        # One register above the reset, with the same value: `test_vectors` pins the bytes of both.
        CommandName.START_RESISTANCE_TEST: Command(
            register=0x000C, value=0xF0F0, done=0x0000, shortest=10.0, longest=30.0
        ),
        CommandName.SET_ADDRESS: SET_ADDRESS,
        CommandName.SET_BAUDRATE: SET_BAUDRATE,
    },
)
