"""A template: copy this file to one named after your family, in this folder, and replace everything in it.

Files whose names begin with an underscore are not loaded, so this family does not exist. It shows what a profile can
say; leave out what your modules don't have. `tests/vectors/_template.py` is the template of the vectors.

Name your sources here: the document and its edition, what was inferred and from what, and what was seen in frames
captured from a real module. Register numbers are 0-based: 30001 or 40001 in a document is register 0.
"""

from typing import Final

from modbus_connection.model import gauge

from ...model import CommandName, Measures
from ..link import ReadFunction
from ..module_profile import Command, Probe, Profile, Quantity

MODEL_CODE: Final = 0x0011  # a register that identifies the family, and what it reads
CODE: Final = 0x0B61

# All values are read at once, so the registers between them are read too: the document has to name these as well. If it
# does not, leave out the values beyond the gap. A number in two registers is `int32`, `uint32` or `float32` instead of
# `gauge`, with `word_order="little"` if the lower word comes first.
VOLTAGE: Final = Quantity(
    register=gauge(0x0020, 0.001, signed=False),  # mV
    unit="V",  # SI units; the register's scale converts
    # What no module can measure is a fault. Leave room for a battery with shorted cells, which must be seen.
    low=0.25,
    high=1.6,
    per_nominal_volt=True,  # both times the nominal voltage of the battery
    noise=0.002,  # what the value does while nothing happens
)
TEMPERATURE: Final = Quantity(
    register=gauge(0x0021, 0.1, nan=0x7FFF),  # two's complement, else `sign_magnitude`; 0x7FFF: no probe
    unit="°C",
    low=-40.0,
    high=100.0,
    noise=0.2,
)
RESISTANCE: Final = Quantity(
    register=gauge(0x0022, 0.00001, signed=False, nan=0),  # 10 µΩ; 0: not tested yet
    unit="Ω",
    low=0.00002,
    high=0.5,
    relative_noise=0.002,
)


async def recognise(_: int, probe: Probe) -> bool:
    """Say whether a module is of this family. No other family may be recognised as this one, nor this as another."""
    return await probe(MODEL_CODE) == CODE


PROFILE: Final = Profile(
    key="template",  # the name of the file; stored, so it never changes
    manufacturer="Manufacturer",
    model="Model",
    measures=Measures.BATTERY,  # a battery module measures voltage and temperature, a string module the current
    quantities={"voltage": VOLTAGE, "temperature": TEMPERATURE, "resistance": RESISTANCE},
    firmware=0x0010,  # leave it out if there is none
    recognise=recognise,
    read_function=ReadFunction.INPUT_REGISTERS,
    speed_unit=1200,  # the register below holds 8 for 9600 bit/s
    commands={  # all in holding registers
        CommandName.START_RESISTANCE_TEST: Command(
            register=0x0102,
            value=0x0001,
            done=0x0000,  # what the register reads after the test
            shortest=5.0,
            longest=20.0,
        ),
        CommandName.SET_ADDRESS: Command(register=0x0100, value=None),  # also read back, to see whether it was taken
        CommandName.SET_BAUDRATE: Command(register=0x0101, value=None),
    },
)
