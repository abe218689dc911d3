"""RMS-TC: document "TC A0"."""

from custom_components.battery_bank.monitor.model import CommandName
from vectors import Frame, Order, Vectors

VECTORS = Vectors(
    registers=lambda address: {
        0x0000: 0x0A00,
        0x0003: 1,
        0x0004: 221,
        0x0005: 221,
        0x0009: address,
        0x0010: 96,
    },
    frames=(
        Frame(
            request="01 03 00 03 00 03 F5 CB",
            answer="01 03 06 80 12 80 00 00 FB EE F5",
            values={"current": -1.8, "ambient_temperature": 0.0, "second_temperature": 25.1},
        ),
        # The answer was captured from a real module and published by others with two bytes lost, which
        # its checksum restores. The request was not published: it is the one that this answer fits.
        Frame(
            request="02 03 00 03 00 03 F5 F8",
            answer="02 03 06 83 EE 01 00 01 00 C2 0D",
            values={"current": -100.6, "ambient_temperature": 25.6, "second_temperature": 25.6},
        ),
    ),
    negative={
        "current": ((0x8012,), -1.8),
        "ambient_temperature": ((0x8064,), -10.0),
        "second_temperature": ((0x8064,), -10.0),
    },
    commands={
        CommandName.SET_ADDRESS: Order(value=206, request="01 06 00 09 00 CE D8 5C"),
        CommandName.SET_BAUDRATE: Order(value=19200, request="01 06 00 10 00 C0 88 5F"),
    },
    never_written=frozenset({0x0007}),  # reset
)
