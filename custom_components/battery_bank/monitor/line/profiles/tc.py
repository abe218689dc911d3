"""RMS-TC: one on every string. Current by Hall transformer, ambient temperature.

Source: document "TC A0". Frames that others captured from a real module show the current with its sign, and both
temperatures. We have measured nothing on a device. Register numbers are 0-based.

Which sign of the current means charge is not published. Positive is taken for charge, and a string can be set to the
opposite.
"""

from typing import Final

from ...model import CommandName, Measures
from ..module_profile import Command, Probe, Profile, Quantity, sign_magnitude

ADDRESS: Final = 0x0009

CURRENT: Final = Quantity(
    register=sign_magnitude(0x0003, 0.1),
    unit="A",
    low=-2000.0,  # one maker's sensors end at ±1000 A; a register with all bits set reads 3276.7 A
    high=2000.0,
    noise=0.15,  # a change by one step of 0.1 A is noise, by two steps it counts
    relative_noise=0.005,
    relative_error=0.02,  # as one maker states it of such sensors
)


def temperature(register: int) -> Quantity:
    """Describe one of the two temperature probes; their range is -40 to +80 °C."""
    return Quantity(register=sign_magnitude(register, 0.1), unit="°C", low=-45.0, high=90.0, noise=0.4)


AMBIENT: Final = temperature(0x0004)


async def recognise(unit_id: int, probe: Probe) -> bool:
    """Say whether the module at `unit_id` is a TC: it has its own address where a TC keeps it, and only there."""
    return await probe(ADDRESS) == unit_id and await probe(0x000E) != unit_id


PROFILE: Final = Profile(
    key="tc",
    manufacturer="Rekoser",
    model="RMS-TC",
    measures=Measures.STRING,
    quantities={
        "current": CURRENT,
        "ambient_temperature": AMBIENT,
        "second_temperature": temperature(0x0005),
    },
    firmware=0x0000,
    recognise=recognise,
    speed_unit=100,
    commands={
        CommandName.SET_ADDRESS: Command(register=ADDRESS, value=None),
        CommandName.SET_BAUDRATE: Command(register=0x0010, value=None),
    },
)
