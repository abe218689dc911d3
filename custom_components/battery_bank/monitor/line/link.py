"""One request on the wire: its time-out, and the library's errors as errors of the monitor."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import IntEnum
import errno
import os
import re
import socket
from typing import Any, Final, NamedTuple, Protocol

from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusProtocolError,
    ModbusUnit,
)
from tmodbus.exceptions import TModbusError

from ..errors import GarbledError, LineDownError, Reason, RefusedError, SilentError

# The library's own time-out, for opening a port or socket and for answers, in s: longer than any of ours for an answer,
# so that ours decide.
LIBRARY_TIMEOUT: Final = 4.0
LOOK: Final = 0.02  # s between two looks whether the connection stands

REASONS: Final = {
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EBUSY: Reason.PORT_IN_USE,
    errno.ECONNABORTED: Reason.CONNECTION_LOST,
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_LOST,
    errno.EHOSTDOWN: Reason.NO_ROUTE,
    errno.EHOSTUNREACH: Reason.NO_ROUTE,
    errno.EIO: Reason.IO_ERROR,
    errno.EISDIR: Reason.NOT_SERIAL,
    errno.ENAMETOOLONG: Reason.INVALID_ADDRESS,
    errno.ENETDOWN: Reason.NETWORK_UNREACHABLE,
    errno.ENETUNREACH: Reason.NETWORK_UNREACHABLE,
    errno.ENODEV: Reason.NO_SUCH_PORT,
    errno.ENOENT: Reason.NO_SUCH_PORT,
    errno.ENOTDIR: Reason.NO_SUCH_PORT,
    errno.ENOTTY: Reason.NOT_SERIAL,
    errno.ENXIO: Reason.NO_SUCH_PORT,
    errno.EPIPE: Reason.CONNECTION_LOST,
    errno.ETIMEDOUT: Reason.TIMED_OUT,
}


class ReadFunction(IntEnum):
    """The Modbus function that reads a register."""

    HOLDING_REGISTERS = 3
    INPUT_REGISTERS = 4


class Answer(NamedTuple):
    """What a module answered."""

    words: list[int]  # the registers
    took: float  # s from when the connection stood


class Read(Protocol):
    """Reads registers as `Link.read` does, with the same errors."""

    async def __call__(
        self,
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        """Read `count` registers from `address` on, within `timeout` s."""


class Link:
    """The requests of one line, over the library's units.

    The library serialises requests first come first served and retries a busy module inside its lock for up to
    a minute, so every request runs under a time-out of ours.
    """

    def __init__(self, unit_for: Callable[[int], ModbusUnit]) -> None:
        """Take the units from `unit_for(unit_id)`; nothing is sent before the first request."""
        self._unit_for = unit_for
        self._units: dict[int, ModbusUnit] = {}

    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        """Read registers within `timeout` s, or raise a `ModuleError` or `LineDownError`."""

        def request(unit: ModbusUnit) -> Coroutine[Any, Any, list[int]]:
            if function is ReadFunction.INPUT_REGISTERS:
                return unit.read_input_registers(address, count)
            return unit.read_holding_registers(address, count)

        words, took = await self._request(unit_id, request, timeout)
        if len(words) != count:
            raise GarbledError(f"{len(words)} registers came for {count}")
        return Answer(words, took)

    async def write(self, unit_id: int, address: int, value: int, timeout: float) -> None:
        """Write one holding register (function 06) within `timeout` s, or raise as `read` does."""
        await self._request(unit_id, lambda unit: unit.write_register(address, value), timeout)

    async def recycle(self) -> None:
        """Drop the connection, for one that is up but dead; the next request opens it again."""
        if unit := next(iter(self._units.values()), None):
            with suppress(ModbusError, OSError):  # the next request says so
                await unit.disconnect()

    async def _request[T](
        self, unit_id: int, request: Callable[[ModbusUnit], Coroutine[Any, Any, T]], timeout: float
    ) -> tuple[T, float]:
        if (unit := self._units.get(unit_id)) is None:
            unit = self._units[unit_id] = self._unit_for(unit_id)
            unit.require_timeout(LIBRARY_TIMEOUT)
        try:
            return await _within(timeout, unit, request(unit))
        except TimeoutError as err:
            if not unit.connected:
                raise LineDownError("the connection could not be opened in time", Reason.TIMED_OUT) from err
            raise SilentError(f"no answer within {timeout:.2f} s") from err
        except (GatewayTargetError, GatewayPathUnavailableError) as err:
            raise SilentError("the gateway got no answer") from err
        except ModbusExceptionError as err:
            raise RefusedError(f"refused with exception {err.exception_code}") from err
        except (ModbusConnectionError, OSError) as err:  # a port pulled in mid-answer comes through as it is
            raise _line_down(err) from err
        except ModbusProtocolError as err:
            raise GarbledError("the answer could not be read") from err
        except ModbusError as err:
            raise GarbledError(str(err)) from err


async def _within[T](seconds: float, unit: ModbusUnit, request: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Await a request for so long, counted from when the connection stands; or raise `TimeoutError`.

    Return how long it took, too.

    Opening is not cut short: the library goes on with it behind our back, and asyncio complains of how it ends.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    timer: asyncio.TimerHandle | None = None

    def start() -> None:
        nonlocal began, timer
        if unit.connected:
            began = loop.time()
            limit.reschedule(began + seconds)
        else:
            timer = loop.call_later(LOOK, start)

    async with asyncio.timeout(None) as limit:
        start()
        try:
            return await request, loop.time() - began
        finally:
            if timer:
                timer.cancel()


def _line_down(err: BaseException) -> LineDownError:
    """Return the error with the reason and text of the operating system, or else the text of the library."""
    chain = [err]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    cause = next((one for one in reversed(chain) if isinstance(one, OSError | ValueError)), None)
    match cause:
        case None:
            only_libraries = all(isinstance(one, ModbusError | TModbusError) for one in chain)
            return LineDownError(str(err), Reason.CONNECTION_LOST if only_libraries else None)
        case socket.gaierror():
            return LineDownError(cause.strerror or str(cause), Reason.UNKNOWN_HOST)
        case UnicodeError():  # a part of the host name is empty or too long
            return LineDownError(str(cause), Reason.UNKNOWN_HOST)
        case OSError():
            return _of_system(cause, str(err))
        case _:
            return LineDownError(str(cause), Reason.INVALID_ADDRESS)


def _of_system(cause: OSError, otherwise: str) -> LineDownError:
    # asyncio replaces the text of the system by the address. For a host with several addresses, it raises an error
    # without a code; the codes of all addresses are in its text.
    code, text = cause.errno, cause.strerror
    if found := re.match(r".*?\[Errno (\d+)\] Connect call failed", str(cause)):
        code = int(found[1])
        text = os.strerror(code)
    return LineDownError(text or otherwise, REASONS.get(code) if code else None)
