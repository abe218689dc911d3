"""CELLCHECK TV: document "CELLCHECK TV A24"."""

from custom_components.battery_bank.monitor.model import CommandName
from vectors import Frame, Order, Vectors

VECTORS = Vectors(
    registers=lambda address: {
        0x0000: 0x40A0,
        0x0001: 13600,
        0x0002: 231,
        0x000E: address,
        0x0012: 12,
        0x0015: 96,
        0x001C: 0,
    },
    frames=(
        Frame(
            request="01 03 00 01 00 02 95 CB",
            answer="01 03 04 35 20 00 E7 B4 7F",
            values={"voltage": 13.6, "temperature": 23.1},
        ),
    ),
    negative={"temperature": ((0x8012,), -1.8)},
    commands={
        CommandName.BLINK: Order(request="01 06 00 1C 00 01 89 CC"),
        CommandName.SET_ADDRESS: Order(value=17, request="01 06 00 0E 00 11 28 05"),
        CommandName.SET_BAUDRATE: Order(value=19200, request="01 06 00 15 00 C0 98 5E"),
    },
    never_written=frozenset({0x000B}),  # reset
)
