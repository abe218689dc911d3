"""One request on the wire: its time-out, and the library's errors told as ours."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

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

# What a request may take longer because the port or socket has to be opened first, in s. Opening goes on behind
# a request that gave up, and the next one finds it done.
OPENING: Final = 2.0
# The library's own time-out, for opening and for answers, in s: longer than any of ours, so that ours decide.
LIBRARY_TIMEOUT: Final = 5.0


class Link:
    """The requests of one line, over the library's units.

    The library serialises requests first come first served and retries a busy module inside its lock for up to
    a minute, so every request runs under a time-out of ours.
    """

    def __init__(self, unit_for: Callable[[int], ModbusUnit]) -> None:
        """Take the units from `unit_for(unit_id)`; nothing is sent before the first request."""
        self._unit_for = unit_for
        self._units: dict[int, ModbusUnit] = {}

    async def read(self, unit_id: int, address: int, count: int, timeout: float) -> list[int]:
        """Read holding registers within `timeout` s, or raise a `ModuleError` or `LineDownError`."""
        words = await self._request(unit_id, lambda unit: unit.read_holding_registers(address, count), timeout)
        if len(words) != count:
            raise GarbledError(f"{len(words)} registers came for {count}")
        return words

    async def write(self, unit_id: int, address: int, value: int, timeout: float) -> None:
        """Write one holding register (function 06) within `timeout` s, or raise as `read` does."""
        await self._request(unit_id, lambda unit: unit.write_register(address, value), timeout)

    async def recycle(self) -> None:
        """Drop the connection, for one that is up but dead; the next request opens it again."""
        for unit in self._units.values():
            try:
                await unit.disconnect()
            except ModbusError as err:
                raise LineDownError(_told(err)) from err
            return

    async def _request[T](
        self,
        unit_id: int,
        request: Callable[[ModbusUnit], Coroutine[Any, Any, T]],
        timeout: float,
    ) -> T:
        if (unit := self._units.get(unit_id)) is None:
            unit = self._units[unit_id] = self._unit_for(unit_id)
            unit.require_timeout(LIBRARY_TIMEOUT)
        try:
            async with asyncio.timeout(timeout if unit.connected else timeout + OPENING):
                return await request(unit)
        except TimeoutError as err:
            if not unit.connected:
                raise LineDownError("the connection could not be opened in time") from err
            raise SilentError(f"no answer within {timeout:.2f} s") from err
        except (GatewayTargetError, GatewayPathUnavailableError) as err:
            raise SilentError("the gateway got no answer") from err
        except ModbusExceptionError as err:
            raise RefusedError(f"refused with exception {err.exception_code}") from err
        except ModbusConnectionError as err:
            raise LineDownError(_told(err)) from err
        except ModbusProtocolError as err:
            raise GarbledError("the answer could not be read") from err
        except ModbusError as err:
            raise GarbledError(_told(err)) from err


def _told(err: BaseException) -> str:
    """Say what happened, with the operating system's reason where there is one."""
    cause = err
    while cause.__cause__ is not None:
        cause = cause.__cause__
    reason = cause.strerror if isinstance(cause, OSError) else None
    return f"{err}: {reason}" if reason else str(err)
