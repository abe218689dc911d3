"""One request: every way it can end, told as ours."""

from modbus_connection import ModbusConnectionError, ModbusError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import GarbledError, LineDownError
from custom_components.battery_bank.monitor.line.link import Link


def caused(cause: OSError) -> ModbusConnectionError:
    """Return the library's error with what the operating system said behind it."""
    error = ModbusConnectionError("could not open serial port")
    error.__cause__ = ConnectionError("in between")
    error.__cause__.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (caused(FileNotFoundError(2, "No such file or directory")), "No such file or directory"),
        (caused(ConnectionRefusedError(111, "Connect call failed ('10.0.0.9', 502)")), "Connection refused"),
        (caused(OSError("Multiple exceptions")), "could not open serial port"),
        (ModbusConnectionError("closed"), "closed"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
async def test_a_line_that_fails_says_why_in_plain_words(
    mock_modbus_connection: MockModbusConnection, error: Exception, told: str
) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(error)
    with pytest.raises(LineDownError) as down:
        await Link(mock_modbus_connection.for_unit).read(1, 0, 1, 0.5)
    assert str(down.value) == told


async def test_a_connection_that_is_not_opened_in_time_is_no_silence(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = mock_modbus_connection.for_unit(1)
    link = Link(lambda _: unit)

    async def never_opened(*_: int) -> list[int]:
        await unit.disconnect()
        raise ModbusTimeoutError("late")

    monkeypatch.setattr(unit, "read_holding_registers", never_opened)
    with pytest.raises(LineDownError, match="could not be opened in time"):
        await link.read(1, 0, 1, 0.5)


async def test_what_the_library_does_not_explain_is_an_answer_that_cannot_be_read(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    mock_modbus_connection.for_unit(1).fail_requests(ModbusError("odd"))
    with pytest.raises(GarbledError, match="odd"):
        await Link(mock_modbus_connection.for_unit).read(1, 0, 1, 0.5)


async def test_an_answer_of_another_length_cannot_be_read(
    mock_modbus_connection: MockModbusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = mock_modbus_connection.for_unit(1)

    async def short(*_: int) -> list[int]:
        return [1, 2]

    monkeypatch.setattr(unit, "read_holding_registers", short)
    with pytest.raises(GarbledError, match="2 registers came for 3"):
        await Link(lambda _: unit).read(1, 1, 3, 0.5)


async def test_a_line_that_was_never_asked_has_nothing_to_drop(mock_modbus_connection: MockModbusConnection) -> None:
    await Link(mock_modbus_connection.for_unit).recycle()
