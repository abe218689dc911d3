"""The far end of a serial line, byte by byte: what it must hear, and what it says to that."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
import tty

from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.line.link import Link


def frame(text: str) -> bytes:
    """Return the bytes of a document's line of hexadecimal numbers."""
    return bytes.fromhex(text)


class FarEnd:
    """Answers questions with scripted bytes, and keeps what it received."""

    def __init__(self, answers: dict[bytes, bytes] | None = None) -> None:
        """Answer each question of `answers`, and do not answer all others."""
        self.answers = answers or {}
        self.heard = b""

    @asynccontextmanager
    async def link(self) -> AsyncGenerator[Link]:
        """Open a pseudo-terminal with this at its end, and return the near end of it: the real stack."""
        near, far = os.openpty()
        tty.setraw(far)
        loop = asyncio.get_running_loop()
        pending = b""

        def hear() -> None:
            nonlocal pending
            data = os.read(near, 256)
            self.heard += data
            pending += data
            if pending in self.answers:
                os.write(near, self.answers[pending])
                pending = b""

        loop.add_reader(near, hear)
        connection = ModbusConnection(ModbusSerialParams(device=os.ttyname(far), baudrate=115200))
        try:
            yield Link(connection.for_unit)
        finally:
            await connection.close()
            loop.remove_reader(near)
            os.close(near)
            os.close(far)
