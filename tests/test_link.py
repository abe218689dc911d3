"""One request: every way it can end, with the error that we raise for it."""

import asyncio
import socket

from conftest import loop_clock
from modbus_connection import ModbusConnectionError, ModbusError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import LineDownError, NoAnswerError, Reason, UnreadableAnswerError
from custom_components.battery_bank.monitor.line.link import Link
from simulator.virtual_time import VirtualTimeLoop


def caused(cause: Exception) -> ModbusConnectionError:
    """Return the library's error with what the operating system said behind it."""
    error = ModbusConnectionError("could not open serial port")
    error.__cause__ = ConnectionError("in between")
    error.__cause__.__cause__ = cause
    return error


def of_another_kind() -> ModbusConnectionError:
    """Return the library's error with one behind it that is neither its own nor of the operating system."""
    error = ModbusConnectionError("transport failed")
    error.__cause__ = EOFError()
    return error


BOTH_ADDRESSES = (
    "Multiple exceptions: [Errno 113] Connect call failed ('fd00::9', 502, 0, 0), "
    "[Errno 111] Connect call failed ('10.0.0.9', 502)"
)


@pytest.mark.parametrize(
    ("error", "told", "reason"),
    [
        (caused(FileNotFoundError(2, "No such file or directory")), "No such file or directory", Reason.NO_SUCH_PORT),
        (caused(PermissionError(13, "Permission denied")), "Permission denied", Reason.PERMISSION_DENIED),
        (caused(OSError(16, "Serial port is already locked")), "Serial port is already locked", Reason.PORT_IN_USE),
        (caused(OSError(25, "Inappropriate ioctl for device")), "Inappropriate ioctl for device", Reason.NOT_SERIAL),
        (
            caused(ConnectionRefusedError(111, "Connect call failed ('10.0.0.9', 502)")),
            "Connection refused",
            Reason.CONNECTION_REFUSED,
        ),
        (caused(OSError(BOTH_ADDRESSES)), "No route to host", Reason.NO_ROUTE),
        (caused(OSError(101, "Network is unreachable")), "Network is unreachable", Reason.NETWORK_UNREACHABLE),
        (
            caused(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
            "Name or service not known",
            Reason.UNKNOWN_HOST,
        ),
        (caused(UnicodeError("label too long")), "label too long", Reason.UNKNOWN_HOST),
        (caused(ValueError("Port out of range")), "Port out of range", Reason.INVALID_ADDRESS),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer", Reason.CONNECTION_LOST),
        (OSError(5, "Input/output error"), "Input/output error", Reason.IO_ERROR),
        (ModbusConnectionError("closed"), "closed", Reason.CONNECTION_LOST),
        (caused(OSError("Multiple exceptions")), "could not open serial port", None),
        (of_another_kind(), "transport failed", None),
        (OSError(12, "Cannot allocate memory"), "Cannot allocate memory", None),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_line_that_fails_gives_the_reason(
    mock_modbus_connection: MockModbusConnection, error: Exception, told: str, reason: Reason | None
) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(error)
    with pytest.raises(LineDownError) as down:
        await Link(mock_modbus_connection.for_unit).read(1, 0, 1, 0.5)
    assert (str(down.value), down.value.reason) == (told, reason)


async def test_a_connection_that_is_not_opened_in_time_is_no_silence(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = mock_modbus_connection.for_unit(1)
    link = Link(lambda _: unit)

    async def never_opened(*_: int) -> list[int]:
        await unit.disconnect()
        raise ModbusTimeoutError("late")

    monkeypatch.setattr(unit, "read_holding_registers", never_opened)
    with pytest.raises(LineDownError, match="could not be opened in time") as down:
        await link.read(1, 0, 1, 0.5)
    assert down.value.reason is Reason.TIMED_OUT


async def test_a_request_without_a_connection_ends(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polling would wait for ever, and the whole line with it."""
    unit = mock_modbus_connection.for_unit(1)
    link = Link(lambda _: unit)

    async def waits(*_: int) -> list[int]:
        await unit.disconnect()
        await asyncio.sleep(3600)
        return [0]

    monkeypatch.setattr(unit, "read_holding_registers", waits)
    began = loop_clock().monotonic()
    with pytest.raises(LineDownError) as down:
        await link.read(1, 0, 1, 0.5)
    assert down.value.reason is Reason.TIMED_OUT
    assert loop_clock().monotonic() - began < 15


async def test_a_request_ends_though_the_event_loop_is_always_late(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = mock_modbus_connection.for_unit(1)
    await mock_modbus_connection.connect()
    link = Link(lambda _: unit)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)

    async def waits(*_: int) -> list[int]:
        await asyncio.sleep(3600)
        return [0]

    monkeypatch.setattr(unit, "read_holding_registers", waits)
    call_later = loop.call_later
    monkeypatch.setattr(loop, "call_later", lambda delay, *call: call_later(delay + 0.1, *call))
    began = loop.time()
    with pytest.raises(NoAnswerError):
        await link.read(1, 0, 1, 0.5)
    assert loop.time() - began < 2


async def test_what_the_library_does_not_explain_is_an_answer_that_cannot_be_read(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(ModbusError("odd"))
    with pytest.raises(UnreadableAnswerError, match="odd"):
        await Link(mock_modbus_connection.for_unit).read(1, 0, 1, 0.5)


async def test_an_answer_of_another_length_cannot_be_read(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = mock_modbus_connection.for_unit(1)

    async def short(*_: int) -> list[int]:
        return [1, 2]

    monkeypatch.setattr(unit, "read_holding_registers", short)
    with pytest.raises(UnreadableAnswerError, match="2 registers instead of 3"):
        await Link(lambda _: unit).read(1, 1, 3, 0.5)


async def test_a_line_that_was_never_asked_has_nothing_to_drop(mock_modbus_connection: MockModbusConnection) -> None:
    await Link(mock_modbus_connection.for_unit).recycle()
