"""Who is on the line."""

from collections.abc import Callable

from modbus_connection import IllegalDataAddressError, ModbusConnectionError, ModbusProtocolError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import LineDownError, SilentError
from custom_components.battery_bank.monitor.line.link import Answer, Link
from custom_components.battery_bank.monitor.line.scan import Found, Verdict, scan
from custom_components.battery_bank.monitor.line.timing import SERIAL

REFUSED = IllegalDataAddressError()


def fit(connection: MockModbusConnection, unit_id: int, registers: dict[int, int], *, else_: int | None = None) -> None:
    """Put a module at an address; registers that it doesn't have are refused, or answer `else_`."""
    unit = connection.for_unit(unit_id)
    for register in range(0x20):
        if register in registers:
            unit.holding[register] = registers[register]
        elif else_ is None:
            unit.fail_read(register, REFUSED)
        else:
            unit.holding[register] = else_


def ta(unit_id: int) -> dict[int, int]:
    return {0: 0x0A03, 1: 13600, 2: 231, 3: 4500, 0x0C: 0, 0x0D: 10000, 0x0E: unit_id, 0x10: 1, 0x15: 96}


def tv(unit_id: int) -> dict[int, int]:
    return {0: 0x40A0, 1: 13600, 2: 231, 0x0E: unit_id, 0x12: 12, 0x15: 96, 0x1C: 0}


def tc(unit_id: int) -> dict[int, int]:
    return {0: 0x0A00, 3: 1, 4: 221, 5: 221, 9: unit_id, 0x10: 96}


async def look(connection: MockModbusConnection, *unit_ids: int) -> list[Found]:
    for unit_id in unit_ids:
        unit = connection.for_unit(unit_id)
        if not unit.holding and not unit._read_failures:
            unit.fail_requests(ModbusTimeoutError("silence"))
    return await scan(Link(connection.for_unit).read, unit_ids, pace=SERIAL)


@pytest.mark.parametrize("else_", [None, 0, 12, 0xFFFF], ids=["refuses", "zeros", "twelves", "ones"])
@pytest.mark.parametrize(("registers", "key"), [(ta, "ta"), (tc, "tc")])
async def test_tells_ta_and_tc_apart_whatever_lies_between_their_registers(
    mock_modbus_connection: MockModbusConnection,
    registers: Callable[[int], dict[int, int]],
    key: str,
    else_: int | None,
) -> None:
    fit(mock_modbus_connection, 5, registers(5), else_=else_)
    (found,) = await look(mock_modbus_connection, 5)
    assert found.verdict is Verdict.KNOWN
    assert found.profile is not None
    assert found.profile.key == key
    assert found.voltage == (13.6 if key == "ta" else None)


@pytest.mark.parametrize("else_", [None, 0], ids=["refuses", "zeros"])
async def test_a_tv_names_its_type_and_has_no_resistance(
    mock_modbus_connection: MockModbusConnection, else_: int | None
) -> None:
    fit(mock_modbus_connection, 5, tv(5), else_=else_)
    (found,) = await look(mock_modbus_connection, 5)
    assert found.profile is not None
    assert found.profile.key == "tv"


async def test_a_ta_before_its_first_test_is_a_ta(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, ta(5) | {3: 0})
    (found,) = await look(mock_modbus_connection, 5)
    assert found.profile is not None
    assert found.profile.key == "ta"


@pytest.mark.parametrize(
    "registers",
    [
        {0: 1},  # answers, and knows none of the addresses
        {0: 1, 0x0E: 7, 0x09: 7},  # says it sits at another address
        dict.fromkeys(range(32), 5),  # every rule fits, so none says anything
        {0x20: 0},  # refuses everything
    ],
)
async def test_what_no_rule_fits_is_unknown_and_never_guessed(
    mock_modbus_connection: MockModbusConnection, registers: dict[int, int]
) -> None:
    fit(mock_modbus_connection, 5, registers)
    (found,) = await look(mock_modbus_connection, 5)
    assert (found.verdict, found.profile) == (Verdict.UNKNOWN, None)


async def test_a_module_that_ignores_registers_it_does_not_have(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 41, tc(41))
    unit = mock_modbus_connection.for_unit(41)
    for register in (0x0E, 0x12):
        unit.fail_read(register, ModbusTimeoutError("silence"))
    (found,) = await look(mock_modbus_connection, 41)
    assert found.profile is not None
    assert found.profile.key == "tc"


async def test_silent_addresses_are_silent(mock_modbus_connection: MockModbusConnection) -> None:
    done: list[int] = []
    for unit_id in (1, 2, 3):
        mock_modbus_connection.for_unit(unit_id).fail_requests(ModbusTimeoutError("silence"))
    found = await scan(Link(mock_modbus_connection.for_unit).read, [1, 2, 3], pace=SERIAL, progress=done.append)
    assert [one.verdict for one in found] == 3 * [Verdict.SILENT]
    assert done == [1, 2, 3]
    assert [len(mock_modbus_connection.for_unit(unit_id).read_events) for unit_id in (1, 2, 3)] == [1, 1, 1]


async def test_two_modules_at_one_address_are_named_as_such(mock_modbus_connection: MockModbusConnection) -> None:
    """They agree on who they are, and so in step that nothing shows; what they measure differs."""
    fit(mock_modbus_connection, 5, ta(5))
    mock_modbus_connection.for_unit(5).fail_read(1, ModbusProtocolError("CRC"))
    (found,) = await look(mock_modbus_connection, 5)
    assert (found.verdict, found.profile) == (Verdict.GARBLED, None)


async def test_interference_now_and_then_is_no_second_module(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, ta(5))
    read = Link(mock_modbus_connection.for_unit).read
    count = 0

    async def noisy(unit_id: int, first: int, registers: int, timeout: float) -> Answer:
        nonlocal count
        count += 1
        error = ModbusProtocolError("CRC") if count % 3 else None
        mock_modbus_connection.for_unit(unit_id).fail_requests(error)
        return await read(unit_id, first, registers, timeout)

    (found,) = await scan(noisy, [5], pace=SERIAL)
    assert found.verdict is Verdict.KNOWN


async def test_one_answer_that_is_lost_makes_it_no_other_module(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, tv(5))
    read = Link(mock_modbus_connection.for_unit).read
    asked: list[int] = []

    async def lossy(unit_id: int, first: int, registers: int, timeout: float) -> Answer:
        asked.append(first)
        if asked.count(first) == 1 and first != 0:
            raise SilentError("lost")
        return await read(unit_id, first, registers, timeout)

    (found,) = await scan(lossy, [5], pace=SERIAL)
    assert found.profile is not None
    assert found.profile.key == "tv"


async def test_a_gap_beside_a_module_is_asked_once_more_and_patiently(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    for unit_id in (1, 2, 3):
        fit(mock_modbus_connection, unit_id, ta(unit_id))
    read = Link(mock_modbus_connection.for_unit).read
    timeouts: list[float] = []

    async def late(unit_id: int, first: int, registers: int, timeout: float) -> Answer:
        if unit_id == 2:
            timeouts.append(timeout)
            unit = mock_modbus_connection.for_unit(2)
            unit.fail_requests(ModbusTimeoutError("late") if len(timeouts) == 1 else None)
        return await read(unit_id, first, registers, timeout)

    found = await scan(late, [1, 2, 3, 9], pace=SERIAL)
    assert [one.verdict for one in found[:3]] == 3 * [Verdict.KNOWN]
    assert timeouts[0] == SERIAL.scan_floor
    assert timeouts[1] == SERIAL.scan


async def test_a_line_that_fails_ends_the_scan(mock_modbus_connection: MockModbusConnection) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(ModbusConnectionError("unplugged"))
    with pytest.raises(LineDownError, match="unplugged"):
        await scan(Link(mock_modbus_connection.for_unit).read, [1, 2], pace=SERIAL)
