"""What a scan finds at each address, and what it asks for that."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import cast

from modbus_connection import IllegalDataAddressError, ModbusConnectionError, ModbusProtocolError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest
from vectors import FAMILIES, VECTORS

from custom_components.battery_bank.monitor.errors import LineDownError, NoAnswerError, UnreadableAnswerError
from custom_components.battery_bank.monitor.line.commissioning import CommissioningError, Failure, only_module
from custom_components.battery_bank.monitor.line.link import Answer, Link, ReadFunction
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.scan import Found, Verdict, check_line, scan, settle
from custom_components.battery_bank.monitor.line.timing import SERIAL

# What a scan asks for depends on the families that it knows. It knows these ones here, whatever others are added.
KNOWN = {family: FAMILIES[family] for family in ("ta", "tv", "tc")}
WITH_TEMPLATE = {**KNOWN, "_template": FAMILIES["_template"]}

REFUSED = IllegalDataAddressError()
HOLDING = ReadFunction.HOLDING_REGISTERS


def fit(
    connection: MockModbusConnection, unit_id: int, registers: Mapping[int, int], *, else_: int | None = None
) -> None:
    """Put a module at an address; registers that it doesn't have are refused, or answer `else_`."""
    unit = connection.for_unit(unit_id)
    for register in range(0x20):
        if register in registers:
            unit.holding[register] = registers[register]
        elif else_ is None:
            unit.fail_read(register, REFUSED)
        else:
            unit.holding[register] = else_


TA, TV, TC = (VECTORS[family].registers for family in ("ta", "tv", "tc"))


async def look(connection: MockModbusConnection, *unit_ids: int) -> list[Found]:
    for unit_id in unit_ids:
        unit = connection.for_unit(unit_id)
        if not unit.holding and not unit._read_failures:
            unit.fail_requests(ModbusTimeoutError("silence"))
    return await scan(Link(connection.for_unit).read, unit_ids, pace=SERIAL, profiles=KNOWN)


@pytest.mark.parametrize("else_", [None, 0, 12, 0xFFFF], ids=["refuses", "zeros", "twelves", "ones"])
@pytest.mark.parametrize(("registers", "key"), [(TA, "ta"), (TC, "tc")])
async def test_tells_ta_and_tc_apart_whatever_lies_between_their_registers(
    mock_modbus_connection: MockModbusConnection,
    registers: Callable[[int], Mapping[int, int]],
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
    fit(mock_modbus_connection, 5, TV(5), else_=else_)
    (found,) = await look(mock_modbus_connection, 5)
    assert found.profile is not None
    assert found.profile.key == "tv"


async def test_a_ta_before_its_first_test_is_a_ta(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, {**TA(5), 3: 0})
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
    fit(mock_modbus_connection, 41, TC(41))
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
    found = await scan(
        Link(mock_modbus_connection.for_unit).read, [1, 2, 3], pace=SERIAL, profiles=KNOWN, progress=done.append
    )
    assert [one.verdict for one in found] == 3 * [Verdict.NO_ANSWER]
    assert done == [1, 2, 3]
    # The second request has the longest time-out.
    assert [len(mock_modbus_connection.for_unit(unit_id).read_events) for unit_id in (1, 2, 3)] == [2, 2, 2]


async def test_families_with_other_firmware_registers_cost_an_empty_address_one_more_read_each(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    """The template's family keeps its firmware in another register, of the input registers."""
    unit = mock_modbus_connection.for_unit(1)
    unit.fail_requests(ModbusTimeoutError("silence"))
    read = Link(mock_modbus_connection.for_unit).read
    (found,) = await scan(read, [1], pace=SERIAL, profiles=WITH_TEMPLATE, patient=False)
    assert found.verdict is Verdict.NO_ANSWER
    asked = [(event.register_type, event.address, event.count) for event in unit.read_events]
    assert asked == [("holding", 0x0000, 1), ("input", 0x0010, 1)]  # the most common one first


async def test_a_module_that_answers_only_its_own_registers_is_found(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    unit = mock_modbus_connection.for_unit(1)
    unit.input.update(VECTORS["_template"].registers(1))
    for register in range(0x20):
        unit.fail_read(register, ModbusTimeoutError("silence"))
    (found,) = await scan(Link(mock_modbus_connection.for_unit).read, [1], pace=SERIAL, profiles=WITH_TEMPLATE)
    assert (found.verdict, found.profile, found.voltage) == (Verdict.KNOWN, WITH_TEMPLATE["_template"], 13.6)


async def test_a_refusal_is_an_answer_and_no_other_family_is_asked_for_its_firmware(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    unit = mock_modbus_connection.for_unit(1)
    unit.fail_requests(REFUSED)
    (found,) = await scan(Link(mock_modbus_connection.for_unit).read, [1], pace=SERIAL, profiles=WITH_TEMPLATE)
    assert found.verdict is Verdict.UNKNOWN
    assert ("input", 0x0010) not in [(event.register_type, event.address) for event in unit.read_events]


@pytest.mark.parametrize("error", [None, ModbusTimeoutError("silence"), ModbusProtocolError("CRC"), REFUSED])
async def test_a_line_that_opens_is_in_order_whatever_answers(
    mock_modbus_connection: MockModbusConnection, error: Exception | None
) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(error)
    await check_line(Link(mock_modbus_connection.for_unit).read, 1, SERIAL)
    mock_modbus_connection.for_unit(1).fail_requests(ModbusConnectionError("unplugged"))
    with pytest.raises(LineDownError, match="unplugged"):
        await check_line(Link(mock_modbus_connection.for_unit).read, 1, SERIAL)


async def test_two_modules_at_one_address_are_named_as_such(mock_modbus_connection: MockModbusConnection) -> None:
    """They agree on who they are, and so in step that nothing shows; what they measure differs."""
    fit(mock_modbus_connection, 5, TA(5))
    mock_modbus_connection.for_unit(5).fail_read(1, ModbusProtocolError("CRC"))
    (found,) = await look(mock_modbus_connection, 5)
    assert (found.verdict, found.profile) == (Verdict.UNREADABLE, None)


async def test_two_modules_whose_values_are_lost_at_first_are_not_taken_for_one(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    """What is left of two answers may look like none, and both modules would take the address meant for one."""
    fit(mock_modbus_connection, 5, TA(5))
    read = Link(mock_modbus_connection.for_unit).read
    collided = 0

    async def both(unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = HOLDING) -> Answer:
        nonlocal collided
        if count > 1:
            collided += 1
            raise NoAnswerError("lost") if collided == 1 else UnreadableAnswerError("CRC")
        return await read(unit_id, address, count, timeout, function)

    line = cast(Line, SimpleNamespace(read=both, modules={}))
    with pytest.raises(CommissioningError) as refused:
        await only_module(line, [5], SERIAL)
    assert (refused.value.failure, refused.value.addresses) == (Failure.NOT_ALONE, [5])


async def test_a_module_that_never_has_its_values_may_be_alone(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, TA(5))
    mock_modbus_connection.for_unit(5).fail_read(1, REFUSED)
    line = cast(Line, SimpleNamespace(read=Link(mock_modbus_connection.for_unit).read, modules={}))
    assert (await only_module(line, [5], SERIAL)).unit_id == 5


async def test_interference_now_and_then_is_no_second_module(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, TA(5))
    read = Link(mock_modbus_connection.for_unit).read
    requests = 0

    async def noisy(unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = HOLDING) -> Answer:
        nonlocal requests
        requests += 1
        error = ModbusProtocolError("CRC") if requests % 3 else None
        mock_modbus_connection.for_unit(unit_id).fail_requests(error)
        return await read(unit_id, address, count, timeout, function)

    (found,) = await scan(noisy, [5], pace=SERIAL, profiles=KNOWN)
    assert found.verdict is Verdict.KNOWN


async def test_one_answer_that_is_lost_makes_it_no_other_module(mock_modbus_connection: MockModbusConnection) -> None:
    fit(mock_modbus_connection, 5, TV(5))
    read = Link(mock_modbus_connection.for_unit).read
    asked: list[int] = []

    async def lossy(unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = HOLDING) -> Answer:
        asked.append(address)
        if asked.count(address) == 1 and address != 0:
            raise NoAnswerError("lost")
        return await read(unit_id, address, count, timeout, function)

    (found,) = await scan(lossy, [5], pace=SERIAL, profiles=KNOWN)
    assert found.profile is not None
    assert found.profile.key == "tv"


async def test_a_gap_beside_a_module_is_asked_once_more_and_patiently(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    for unit_id in (1, 2, 3):
        fit(mock_modbus_connection, unit_id, TA(unit_id))
    read = Link(mock_modbus_connection.for_unit).read
    timeouts: list[float] = []

    async def late(unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = HOLDING) -> Answer:
        if unit_id == 2:
            timeouts.append(timeout)
            unit = mock_modbus_connection.for_unit(2)
            unit.fail_requests(ModbusTimeoutError("late") if len(timeouts) == 1 else None)
        return await read(unit_id, address, count, timeout, function)

    found = await scan(late, [1, 2, 3, 9], pace=SERIAL, profiles=KNOWN)
    assert [one.verdict for one in found[:3]] == 3 * [Verdict.KNOWN]
    assert timeouts[0] == SERIAL.scan_floor
    assert timeouts[1] == SERIAL.ceiling


async def test_a_refusal_is_the_first_answer_of_a_line(mock_modbus_connection: MockModbusConnection) -> None:
    mock_modbus_connection.for_unit(5).fail_requests(REFUSED)
    mock_modbus_connection.for_unit(6).fail_requests(ModbusTimeoutError("silence"))
    read = Link(mock_modbus_connection.for_unit).read
    assert await settle(read, [5], SERIAL)
    assert not await settle(read, [6], SERIAL)
    assert not await settle(read, [], SERIAL)


async def test_a_port_that_is_still_being_closed_is_waited_for(mock_modbus_connection: MockModbusConnection) -> None:
    unit = mock_modbus_connection.for_unit(1)
    unit.holding[0] = 0x0A03
    read, failures = Link(mock_modbus_connection.for_unit).read, [LineDownError("in use"), LineDownError("in use")]

    async def busy(unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = HOLDING) -> Answer:
        if failures:
            raise failures.pop()
        return await read(unit_id, address, count, timeout, function)

    await check_line(busy, 1, SERIAL)
    assert not failures
    failures += [LineDownError("in use")] * 100
    with pytest.raises(LineDownError):
        await check_line(busy, 1, SERIAL)


async def test_a_line_that_fails_ends_the_scan(mock_modbus_connection: MockModbusConnection) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(ModbusConnectionError("unplugged"))
    with pytest.raises(LineDownError, match="unplugged"):
        await scan(Link(mock_modbus_connection.for_unit).read, [1, 2], pace=SERIAL, profiles=KNOWN)
