"""The line at work, over the library's in-memory units."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable

from conftest import loop_clock
from modbus_connection import (
    GatewayTargetError,
    IllegalDataAddressError,
    ModbusConnectionError,
    ModbusProtocolError,
    ModbusTimeoutError,
)
from modbus_connection.mock import MockModbusConnection, ReadEvent
import pytest

from custom_components.battery_bank.monitor.errors import LineDownError, RefusedError, UnknownCommandError
from custom_components.battery_bank.monitor.line.inspection import Inspection
from custom_components.battery_bank.monitor.line.line_events import (
    FirmwareRead,
    LineDown,
    LineEvent,
    LineUp,
    ModulePolled,
    RoundEnded,
)
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module import Contact, Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName, StringReading

TA_WORDS: dict[int, int | list[int]] = {0: 0x0A03, 1: [13600, 231, 4500], 0x0C: 0}
TC_WORDS: dict[int, int | list[int]] = {0: 0x0A00, 3: [0x8012, 221, 0]}


@pytest.fixture
def connection(mock_modbus_connection: MockModbusConnection) -> MockModbusConnection:
    """Return a connection with TAs at 1 to 3 and a TC at 41."""
    for unit_id in (1, 2, 3):
        mock_modbus_connection.for_unit(unit_id).holding.update(TA_WORDS)
    mock_modbus_connection.for_unit(41).holding.update(TC_WORDS)
    return mock_modbus_connection


@pytest.fixture
async def line(connection: MockModbusConnection) -> Line:
    """Return a line with those modules."""
    profiles = {1: "ta", 2: "ta", 3: "ta", 41: "tc"}
    modules = [
        Module(unit_id, PROFILES[profile], pace=SERIAL, nominal_voltage=12.0) for unit_id, profile in profiles.items()
    ]
    return Line(Link(connection.for_unit), modules, clock=loop_clock(lambda: 1000.0))


class Watch:
    """Reads what a line tells, with a memory."""

    def __init__(self, events: AsyncGenerator[LineEvent]) -> None:
        self.events = events
        self.seen: list[LineEvent] = []

    async def until(self, what: Callable[[LineEvent], bool]) -> LineEvent:
        async with asyncio.timeout(600):
            async for event in self.events:
                self.seen.append(event)
                if what(event):
                    return event
        raise AssertionError

    async def rounds(self, count: int) -> None:
        for _ in range(count):
            await self.until(lambda event: isinstance(event, RoundEnded))


@pytest.fixture
async def watch(line: Line) -> AsyncGenerator[Watch]:
    """Watch the line being polled."""
    events = line.poll()
    yield Watch(events)
    await events.aclose()


async def test_one_read_per_module_and_round_brings_all_values(
    connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    await watch.rounds(1)
    for unit_id in (1, 2, 3):
        # The first time, its firmware is asked too; never again.
        assert connection.for_unit(unit_id).read_events == [ReadEvent("holding", 1, 3), ReadEvent("holding", 0, 1)]
    await watch.rounds(3)
    for unit_id in (1, 2, 3):
        assert connection.for_unit(unit_id).read_events[2:] == 3 * [ReadEvent("holding", 1, 3)]
    reading = line.modules[1].reading
    assert isinstance(reading, BatteryReading)
    assert (reading.at, reading.voltage, reading.temperature, reading.resistance) == (1000.0, 13.6, 23.1, 0.0045)
    string = line.modules[41].reading
    assert isinstance(string, StringReading)
    assert (string.current, string.ambient_temperature, string.second_temperature) == (-1.8, 22.1, 0.0)
    assert (line.online, line.quality, line.working) == (4, 1.0, True)
    identified = [event.module.firmware for event in watch.seen if isinstance(event, FirmwareRead)]
    assert Counter(identified) == {0x0A00: 1, 0x0A03: 3}


@pytest.mark.parametrize("error", [ModbusTimeoutError("late"), ModbusProtocolError("CRC"), IllegalDataAddressError()])
async def test_a_module_that_does_not_say_its_firmware_is_not_asked_again(
    connection: MockModbusConnection, line: Line, watch: Watch, error: Exception
) -> None:
    unit = connection.for_unit(2)
    unit.fail_read(0, error)
    await watch.rounds(4)
    assert unit.read_events.count(ReadEvent("holding", 0, 1)) == 1
    assert line.modules[2].contact is Contact.ONLINE


@pytest.mark.parametrize(
    "error", [ModbusTimeoutError("late"), ModbusProtocolError("CRC"), IllegalDataAddressError(), GatewayTargetError()]
)
async def test_a_module_is_lost_after_three_misses_and_returns(
    connection: MockModbusConnection, line: Line, watch: Watch, error: Exception
) -> None:
    await watch.rounds(1)
    unit = connection.for_unit(2)
    unit.fail_requests(error)
    module = line.modules[2]
    await watch.until(lambda _: module.contact is Contact.OFFLINE)
    assert isinstance(watch.seen[-1], ModulePolled)
    assert watch.seen[-1].module is module
    assert (module.reading, module.contact, module.misses) == (None, Contact.OFFLINE, 3)
    assert module.raw == (13600, 231, 4500)  # the last answer stays for diagnostics
    assert line.online == 3
    await watch.rounds(8)
    assert module.contact is Contact.OFFLINE
    assert line.modules[1].reading is not None
    unit.fail_requests(None)
    await watch.until(lambda _: module.contact is Contact.ONLINE)
    assert isinstance(watch.seen[-1], ModulePolled)
    assert module.reading is not None
    assert module.problem is None
    await watch.until(lambda event: isinstance(event, FirmwareRead) and event.module is module)


async def test_two_misses_are_forgiven(connection: MockModbusConnection, line: Line, watch: Watch) -> None:
    await watch.rounds(1)
    unit = connection.for_unit(2)
    unit.fail_requests(ModbusProtocolError("CRC"))
    await watch.until(lambda event: isinstance(event, ModulePolled) and line.modules[2].misses == 2)
    assert line.modules[2].reading is not None
    unit.fail_requests(None)
    await watch.rounds(2)
    assert line.modules[2].misses == 0
    assert line.modules[2].counts.unreadable == 2
    assert line.modules[2].contact is Contact.ONLINE
    assert line.quality is not None
    assert 0.5 < line.quality < 1


async def test_a_value_that_cannot_be_is_a_fault_and_the_others_stand(
    connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    connection.for_unit(3).holding[1] = [45000, 231, 4500]
    await watch.rounds(2)
    module = line.modules[3]
    assert isinstance(module.reading, BatteryReading)
    assert (module.reading.voltage, module.reading.temperature) == (None, 23.1)
    assert module.problem == "voltage 45 V is outside 3 to 19.2 V"
    assert module.counts.implausible == 2
    connection.for_unit(3).holding[1] = [13600, 231, 4500]
    await watch.rounds(2)
    assert line.modules[3].problem is None
    assert module.counts.implausible == 2


@pytest.mark.parametrize("error", [ModbusConnectionError, OSError])
async def test_a_line_that_is_lost_blames_no_module_and_shows_nothing_old(
    error: type[Exception], connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    await watch.rounds(1)
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(error("could not open serial port"))
    down = await watch.until(lambda event: isinstance(event, LineDown))
    assert isinstance(down, LineDown)
    assert down.reason == "could not open serial port"
    assert (line.down, line.working, line.round_time) == (down.reason, False, None)
    for module in line.modules.values():
        assert (module.reading, module.contact, module.misses) == (None, Contact.UNKNOWN, 0)
    await watch.rounds(3)
    assert sum(isinstance(event, LineDown) for event in watch.seen) == 1
    assert not any(module.contact is Contact.OFFLINE for module in line.modules.values())
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(None)
    await watch.until(lambda event: isinstance(event, LineUp))
    await watch.rounds(2)
    assert (line.online, line.working, line.down) == (4, True, None)


async def test_a_command_goes_before_the_batteries(connection: MockModbusConnection, line: Line, watch: Watch) -> None:
    written: list[list[int] | list[bool]] = []
    connection.for_unit(2).on_write(lambda event: written.append([event.address, *event.values]))
    await watch.rounds(1)
    await watch.until(lambda event: isinstance(event, ModulePolled) and event.module.unit_id == 1)
    watch.seen.clear()
    command = asyncio.create_task(line.command(line.modules[2], CommandName.START_RESISTANCE_TEST))
    await asyncio.sleep(0)
    await watch.until(lambda _: bool(written))
    await command
    assert written == [[0x000C, 0xF0F0]]
    assert len(watch.seen) <= 2  # the string module, if its second was up, and whoever followed the command


async def test_an_unknown_command_puts_nothing_on_the_wire(line: Line, watch: Watch) -> None:
    with pytest.raises(UnknownCommandError, match="RMS-TC has no command start_resistance_test"):
        await line.command(line.modules[41], CommandName.START_RESISTANCE_TEST)


async def test_a_refused_command_tells_who_asked(connection: MockModbusConnection, line: Line, watch: Watch) -> None:
    connection.for_unit(2).fail_write(0x000C, IllegalDataAddressError())
    command = asyncio.create_task(line.command(line.modules[2], CommandName.START_RESISTANCE_TEST))
    await asyncio.sleep(0)
    await watch.rounds(1)
    with pytest.raises(RefusedError):
        await command


async def test_a_command_nobody_waits_for_any_more_is_not_sent(
    connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    written: list[int] = []
    connection.for_unit(2).on_write(lambda event: written.append(event.address))
    command = asyncio.create_task(line.command(line.modules[2], CommandName.START_RESISTANCE_TEST))
    await asyncio.sleep(0)
    command.cancel()
    await asyncio.gather(command, return_exceptions=True)
    await watch.rounds(2)
    assert written == []


@pytest.mark.parametrize("error", [None, ModbusTimeoutError("late")])
async def test_a_command_that_nobody_waits_for_any_more_when_its_answer_comes(
    connection: MockModbusConnection, line: Line, watch: Watch, error: Exception | None
) -> None:
    def gone(_: object) -> None:
        command.cancel()
        if error:
            raise error

    connection.for_unit(2).on_write(gone)
    command = asyncio.create_task(line.command(line.modules[2], CommandName.START_RESISTANCE_TEST))
    await watch.rounds(2)
    assert command.cancelled()
    assert line.online == 4
    await line_answers(line, watch)


async def line_answers(line: Line, watch: Watch) -> None:
    asking = asyncio.create_task(line.read(1, 1, 1, 0.5))
    await watch.rounds(1)
    assert (await asking).words == [13600]


async def test_a_line_closes_with_a_command_that_nobody_waits_for(line: Line) -> None:
    events = line.poll()
    await anext(events)
    waiting = [asyncio.create_task(line.read(1, 0, 1, 0.5)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await events.aclose()
    first, second = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(second, LineDownError)


async def test_the_inspection_of_a_line_that_goes_down_begins_anew(
    connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    inspection = Inspection(line, SERIAL, [9], clock=loop_clock())
    free, unplugged = connection.for_unit(9), ModbusConnectionError("unplugged")
    free.fail_requests(unplugged)  # only what is asked there ends so
    running = asyncio.create_task(inspection.run())
    await watch.until(lambda _: len(inspection.found) == 4)
    await watch.rounds(30)
    assert 9 not in inspection.found
    free.fail_requests(ModbusTimeoutError("silence"))
    await watch.until(lambda _: 9 in inspection.found)
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(unplugged)
    await watch.until(lambda _: not inspection.found)
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(None)
    await watch.until(lambda _: len(inspection.found) == 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_commands_fail_when_the_line_is_closed(line: Line) -> None:
    events = line.poll()
    await anext(events)
    waiting = asyncio.create_task(line.read(1, 0, 1, 0.5))
    await asyncio.sleep(0)
    await events.aclose()
    with pytest.raises(LineDownError, match="closed"):
        await waiting
    with pytest.raises(LineDownError, match="closed"):
        await line.read(1, 0, 1, 0.5)
    assert all(module.reading is None for module in line.modules.values())


async def test_a_line_that_is_down_ends_at_once(line: Line, connection: MockModbusConnection, watch: Watch) -> None:
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(ModbusConnectionError("unplugged"))
    await watch.until(lambda event: isinstance(event, LineDown))

    async def rest() -> None:
        async for _ in watch.events:
            pass

    polling = asyncio.create_task(rest())
    await asyncio.sleep(60)
    line.close()
    await asyncio.wait_for(polling, 0.2)  # s; it would try again after 1 s


async def test_a_mistake_in_a_command_keeps_nobody_waiting(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    events = line.poll()
    await anext(events)
    waiting = asyncio.create_task(line.read(1, 0, 1, 0.5))
    await asyncio.sleep(0)

    async def mistake(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Link, "read", mistake)
    with pytest.raises(ZeroDivisionError):
        async for _ in events:
            pass
    with pytest.raises(LineDownError):
        await waiting


async def test_a_connection_that_is_up_but_deaf_is_dropped(
    connection: MockModbusConnection, line: Line, watch: Watch
) -> None:
    await watch.rounds(1)
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(ModbusTimeoutError("silence"))
    await watch.until(lambda _: not connection.connected)
    for unit_id in line.modules:
        connection.for_unit(unit_id).fail_requests(None)
    await watch.until(lambda _: line.online == 4)
    assert connection.connected


async def test_a_line_without_modules_waits() -> None:
    line = Line(Link(lambda _: None), [], clock=loop_clock())  # type: ignore[arg-type, return-value]
    events = line.poll()
    over = await anext(events)
    assert isinstance(over, RoundEnded)
    assert (line.online, line.quality, line.working) == (0, None, None)
    await events.aclose()
