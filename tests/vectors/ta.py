"""RMS-TA: document "TA A3"."""

from custom_components.battery_bank.monitor.model import CommandName
from vectors import Frame, Order, Vectors

VECTORS = Vectors(
    registers=lambda address: {
        0x0000: 0x0A03,
        0x0001: 13600,
        0x0002: 231,
        0x0003: 4500,
        0x000C: 0,
        0x000D: 10000,
        0x000E: address,
        0x0010: 1,
        0x0015: 96,
    },
    frames=(
        Frame(
            request="01 03 00 01 00 03 54 0B",
            answer="01 03 06 08 CB 00 FA 01 E0 A5 C4",
            values={"voltage": 2.251, "temperature": 25.0, "resistance": 0.00048},
            nominal_voltage=2.0,
        ),
        # Captured from a real module before its first resistance test, and published by others. Its checksum is right.
        # The program asked for registers 1 to 6.
        Frame(
            request="01 03 00 01 00 06 94 08",
            answer="01 03 0C 32 C4 01 07 00 00 00 00 00 00 00 00 B4 31",
            values={"voltage": 12.996, "temperature": 26.3, "resistance": None},
        ),
    ),
    no_value={"resistance": (0x0000,)},  # before the first test
    negative={"temperature": ((0x8012,), -1.8)},
    commands={
        CommandName.START_RESISTANCE_TEST: Order(request="01 06 00 0C F0 F0 0D 8D"),
        CommandName.SET_ADDRESS: Order(value=17, request="01 06 00 0E 00 11 28 05"),
        CommandName.SET_BAUDRATE: Order(value=19200, request="01 06 00 15 00 C0 98 5E"),
    },
    never_written=frozenset({0x000B, 0x000D, 0x0010}),  # reset, IR index, IR mode
)
