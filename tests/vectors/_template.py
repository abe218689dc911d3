"""A template: copy this file to one named like your profile, and replace everything in it.

Name the document. Type its bytes, not what our code makes of them; mark what was captured from a real module.
"""

from custom_components.battery_bank.monitor.model import CommandName
from vectors import Frame, Order, Vectors

VECTORS = Vectors(
    registers=lambda _: {0x0010: 0x0105, 0x0011: 0x0B61, 0x0020: 13600, 0x0021: 231, 0x0022: 450},
    frames=(
        Frame(
            request="01 04 00 20 00 03 B1 C1",
            answer="01 04 06 35 20 FF EE 01 C2 34 D1",
            values={"voltage": 13.6, "temperature": -1.8, "resistance": 0.0045},
        ),
    ),
    no_value={"temperature": (0x7FFF,), "resistance": (0x0000,)},
    negative={"temperature": ((0xFFEE,), -1.8)},
    commands={
        CommandName.START_RESISTANCE_TEST: Order(request="01 06 01 02 00 01 E8 36"),
        CommandName.SET_ADDRESS: Order(value=17, request="01 06 01 00 00 11 48 3A"),
        CommandName.SET_BAUDRATE: Order(value=19200, request="01 06 01 01 00 10 D8 3A"),
    },
    never_written=frozenset({0x01FF}),  # reset
)
