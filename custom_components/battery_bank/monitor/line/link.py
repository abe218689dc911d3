"""One request on the wire: its time-out, and the library's errors told as ours."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import IntEnum
import errno
import os
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

from ..errors import GarbledError, LineDownError, RefusedError, SilentError

# The library's own time-out, for opening a port or socket and for answers, in s: longer than any of ours for an answer,
# so that ours decide.
LIBRARY_TIMEOUT: Final = 4.0
LOOK: Final = 0.02  # s between two looks whether the connection stands


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
                raise LineDownError("the connection could not be opened in time") from err
            raise SilentError(f"no answer within {timeout:.2f} s") from err
        except (GatewayTargetError, GatewayPathUnavailableError) as err:
            raise SilentError("the gateway got no answer") from err
        except ModbusExceptionError as err:
            raise RefusedError(f"refused with exception {err.exception_code}") from err
        except (ModbusConnectionError, OSError) as err:  # a port pulled in mid-answer comes through as it is
            raise LineDownError(_told(err)) from err
        except ModbusProtocolError as err:
            raise GarbledError("the answer could not be read") from err
        except ModbusError as err:
            raise GarbledError(_told(err)) from err


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


def _told(err: BaseException) -> str:
    """Say what happened in the operating system's words, or else in the library's."""
    cause = err
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, ConnectionRefusedError):  # where asyncio tells the call that failed instead
        return os.strerror(errno.ECONNREFUSED)
    return (isinstance(cause, OSError) and cause.strerror) or str(err)
