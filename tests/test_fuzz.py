"""Whatever a line says, only our own errors come of it."""

import asyncio
import os
import tty

from hypothesis import HealthCheck, given, settings, strategies as st
from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.errors import LineDownError, ModuleError
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.profiles import PROFILES

GOOD = bytes.fromhex("01 03 06 08 CB 00 FA 01 E0 A5 C4")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.binary(max_size=6).map(lambda noise: noise + GOOD),
            st.binary(max_size=6).map(lambda noise: GOOD + noise),
            st.integers(0, len(GOOD)).map(lambda cut: GOOD[:cut]),
            st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)).map(
                lambda spoilt: GOOD[: spoilt[0]] + bytes([spoilt[1]]) + GOOD[spoilt[0] + 1 :]
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_bytes(answers: list[bytes]) -> None:
    asyncio.run(_talk(answers))


async def _talk(answers: list[bytes]) -> None:
    near, far = os.openpty()
    tty.setraw(far)
    loop = asyncio.get_running_loop()
    left = iter(answers)

    def hear() -> None:
        os.read(near, 256)
        if answer := next(left, b""):
            os.write(near, answer)

    loop.add_reader(near, hear)
    connection = ModbusConnection(ModbusSerialParams(device=os.ttyname(far), baudrate=115200))
    link = Link(connection.for_unit)
    profile = PROFILES["ta"]
    try:
        for _ in answers:
            try:
                words = (await link.read(1, *profile.block, 0.03)).words
            except ModuleError, LineDownError:
                continue
            assert len(words) == 3
            assert all(0 <= word <= 0xFFFF for word in words)
            profile.decode(words, at=0.0, nominal_voltage=2.0)
    finally:
        await connection.close()
        loop.remove_reader(near)
        os.close(near)
        os.close(far)
