"""One request on the line: its time-out, and the errors of the library as errors of the monitor."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from enum import IntEnum
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

from ..errors import LineDownError, ModuleError, NoAnswerError, Reason, RefusedError, UnreadableAnswerError
from .library import EchoFilter, discard_rest, filter_echo, is_echo, overdue
from .line_down import line_down

# The library's time-out in s, for opening a port or socket and for answers. It is longer than any of our time-outs for
# an answer, so that ours decide.
LIBRARY_TIMEOUT: Final = 4.0
CONNECTION_CHECK: Final = 0.02  # s between two checks whether the connection is open
# The library gives up after its time-out for opening, and once more for a port that reports late that it is open. A
# request that has no connection after that never gets one.
OPENING: Final = 2.5 * LIBRARY_TIMEOUT
CLOSED: Final = (Reason.CONNECTION_LOST, Reason.IO_ERROR)  # by the other end; the second if noticed while writing
REOPENINGS: Final = 2  # of a connection that was closed by the other end, for one request
REOPENED: Final = (0.2, 1.0)  # s before such a request is made again as a whole, where it may take longer than a poll
ADDRESSES: Final = range(1, 248)  # of modules; 0 is a broadcast
CLOSING: Final = (0.1, 0.2, 0.4)  # s between attempts to open a port that is in use
PARTS: Final = 4  # of a time-out; each is measured alone, so a busy event loop adds to it
# An adapter returns every question. Another master may now and then ask the same as we do, which looks like an echo.
ECHOES: Final = 3  # questions in a row that came back: it is the adapter
ECHO_ENDS: Final = 2.0  # s after which the answer to a question that came back has passed, also of a slow module
NO_ECHOES: Final = 5  # questions in a row that did not come back: it is not, or no longer
ANSWER_PASSED: Final = 3.0  # s after a time-out in which the answer may still come, as from a slow gateway
ANSWER_CHECK: Final = 0.05  # s between two checks whether it has come
LATE: Final = 0.02  # s; an event loop that is later than this was busy with other work


class ReadFunction(IntEnum):
    """The Modbus function that reads a register, or a bit."""

    COILS = 1
    DISCRETE_INPUTS = 2
    HOLDING_REGISTERS = 3
    INPUT_REGISTERS = 4

    @property
    def of_bits(self) -> bool:
        """Whether it reads bits; an answer has each of them as a word, 0 or 1."""
        return self in (ReadFunction.COILS, ReadFunction.DISCRETE_INPUTS)


class Answer(NamedTuple):
    """The answer of a module."""

    words: list[int]  # the registers, or the bits
    took: float  # s, without the time to open the connection
    age: float = 0.0  # s since the registers were read; only those of a hub may have been read before


class _Question(NamedTuple):
    """What a module is asked for. Answers to those with the same first two look alike."""

    function: ReadFunction
    registers: int  # how many
    address: int  # of the first


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
    """The requests of one line.

    The library serves requests in the order in which they come, and retries a busy module for up to a minute while all
    other requests wait. So every request here has a time-out of its own.
    """

    def __init__(self, unit_for: Callable[[int], ModbusUnit]) -> None:
        """Take the units of the library from `unit_for(unit_id)`. Nothing is sent before the first request."""
        self._unit_for = unit_for
        self._units: dict[int, ModbusUnit] = {}
        self._overdue: dict[int, Mapping[int, Any] | None] = {}  # by unit id, those of the library at its time-out
        self._unanswered: dict[int, tuple[_Question, float]] = {}  # by unit id, the last one, and s of the loop's clock
        self._in_vain: set[int] = set()  # unit ids of which nothing came late, and nothing since
        self.echo = False  # whether what is sent seems to come back, so that it is removed
        self._echo_filter: EchoFilter | None = None

    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        """Read registers or bits within `timeout` s, or raise a `ModuleError` or `LineDownError`."""

        def request(unit: ModbusUnit) -> Coroutine[Any, Any, list[int] | list[bool]]:
            match function:
                case ReadFunction.COILS:
                    return unit.read_coils(address, count)
                case ReadFunction.DISCRETE_INPUTS:
                    return unit.read_discrete_inputs(address, count)
                case ReadFunction.INPUT_REGISTERS:
                    return unit.read_input_registers(address, count)
            return unit.read_holding_registers(address, count)

        question = _Question(function, count, address)
        await self._until_answer_passed(unit_id, question)
        try:
            words, took = await self._repeated(unit_id, request, timeout)
        except UnreadableAnswerError as err:
            if not is_echo(err, unit_id, function, address, count):
                raise
            # The answer follows its echo. It would be taken for the answer to the next question.
            await asyncio.sleep(ECHO_ENDS)
            self.echo = True
            words, took = await self._repeated(unit_id, request, timeout)
        except NoAnswerError:
            if self._overdue.get(unit_id) is not None:
                self._unanswered[unit_id] = question, asyncio.get_running_loop().time()
            raise
        self._in_vain.discard(unit_id)
        if len(words) != count:
            raise UnreadableAnswerError(f"the answer has {len(words)} registers instead of {count}")
        return Answer([int(word) for word in words], took)

    async def write(self, unit_id: int, address: int, value: int, timeout: float) -> None:
        """Write one holding register (function 06) within `timeout` s, or raise as `read` does."""
        if self.echo and not self._unit(unit_id).connected:
            # The answer equals the question, and over a new connection its echo is not removed yet.
            with suppress(ModuleError):
                await self.read(unit_id, address, 1, timeout)
        await self._when_free(unit_id, lambda unit: unit.write_register(address, value), timeout)

    @property
    def echoes(self) -> bool:
        """Whether the adapter returns what is sent."""
        return self.echo and self._echo_filter is not None and self._echo_filter.in_row >= ECHOES

    def came_late(self, unit_id: int) -> bool:
        """Return whether the answer to the last request of a module came after its time-out."""
        before = self._overdue.get(unit_id)
        unit = self._units.get(unit_id)
        if before is None or unit is None or not unit.connected:
            return False
        return before is overdue(unit) and unit_id not in before

    async def _until_answer_passed(self, unit_id: int, question: _Question) -> None:
        """Wait while the answer to another question to the module may come: it would be taken for the one to this.

        An answer of a serial line names its module, its function and its length, but not its registers.
        """
        before, since = self._unanswered.get(unit_id, (question, 0.0))
        if before == question or before[:2] != question[:2] or unit_id in self._in_vain:
            return
        left = since + ANSWER_PASSED - asyncio.get_running_loop().time()
        while left > 0 and not self.came_late(unit_id):
            left -= ANSWER_CHECK
            await asyncio.sleep(ANSWER_CHECK)
        if not self.came_late(unit_id):
            self._in_vain.add(unit_id)
        del self._unanswered[unit_id]

    async def recycle(self) -> None:
        """Close a connection that is open but no longer works; the next request opens it again."""
        if unit := next(iter(self._units.values()), None):
            with suppress(ModbusError, OSError):  # if the line is down, the next request raises that
                await unit.disconnect()

    async def _repeated[T](
        self, unit_id: int, request: Callable[[ModbusUnit], Coroutine[Any, Any, T]], timeout: float
    ) -> tuple[T, float]:
        """Request again over a new connection if it was closed instead of an answer: some gateways do."""
        for _ in range(REOPENINGS):
            unit = self._units.get(unit_id)
            was_open = unit is not None and unit.connected
            try:
                return await self._when_free(unit_id, request, timeout)
            except LineDownError as err:
                if not was_open and err.reason not in CLOSED:
                    raise
        return await self._when_free(unit_id, request, timeout)

    async def _when_free[T](
        self, unit_id: int, request: Callable[[ModbusUnit], Coroutine[Any, Any, T]], timeout: float
    ) -> tuple[T, float]:
        """Request, and wait for a port that is just being closed: the library closes it in the background."""
        for pause in CLOSING:
            try:
                return await self._request(unit_id, request, timeout)
            except LineDownError as err:
                if err.reason is not Reason.PORT_IN_USE:
                    raise
                await asyncio.sleep(pause)
        return await self._request(unit_id, request, timeout)

    def _unit(self, unit_id: int) -> ModbusUnit:
        if unit_id not in ADDRESSES:  # a configuration that was edited by hand
            raise NoAnswerError(f"no module can have address {unit_id}")
        if (unit := self._units.get(unit_id)) is None:
            unit = self._units[unit_id] = self._unit_for(unit_id)
            unit.require_timeout(LIBRARY_TIMEOUT)
        return unit

    async def _request[T](
        self, unit_id: int, request: Callable[[ModbusUnit], Coroutine[Any, Any, T]], timeout: float
    ) -> tuple[T, float]:
        unit = self._unit(unit_id)
        self._overdue.pop(unit_id, None)
        if self.echo and unit.connected:
            self._echo_filter = filter_echo(unit)
            if self._echo_filter and self._echo_filter.in_row <= -NO_ECHOES:
                self._echo_filter.remove()  # or it would take the answer to a write, which equals it, for its echo
                self.echo = False
        try:
            return await _within(timeout, unit, request(unit))
        except TimeoutError as err:
            if not unit.connected:
                raise LineDownError("the connection could not be opened in time", Reason.TIMED_OUT) from err
            discard_rest(unit)
            self._overdue[unit_id] = overdue(unit)
            raise NoAnswerError(f"no answer within {timeout:.2f} s") from err
        except (GatewayTargetError, GatewayPathUnavailableError) as err:
            raise NoAnswerError("the gateway got no answer") from err
        except ModbusExceptionError as err:
            raise RefusedError(f"refused with exception {err.exception_code}", err.exception_code) from err
        except (ModbusConnectionError, OSError) as err:  # a port that is unplugged during an answer raises OSError
            raise line_down(err) from err
        except ModbusProtocolError as err:
            raise UnreadableAnswerError("the answer could not be read") from err
        except ModbusError as err:
            raise UnreadableAnswerError(str(err)) from err


def persistent(read: Read) -> Read:
    """Return what reads as `read` does, and goes on if the other end closes its connection several times in a row."""

    async def again(
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        for pause in REOPENED:
            try:
                return await read(unit_id, address, count, timeout, function)
            except LineDownError as err:
                if err.reason not in CLOSED:
                    raise
            await asyncio.sleep(pause)
        return await read(unit_id, address, count, timeout, function)

    return again


async def _within[T](seconds: float, unit: ModbusUnit, request: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Return the result of a request and how many s it took, or raise `TimeoutError` after `seconds`.

    The time to open the connection does not count. The opening is not cancelled, because the library would continue it
    in the background and asyncio would log its end as an error. Time during which the event loop was busy with other
    work does not count either, up to once the time-out: the answer may have come meanwhile and wait to be read.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    step = seconds / PARTS
    left = PARTS
    timer: asyncio.TimerHandle | None = None

    def wait(delay: float) -> None:
        nonlocal timer
        timer = loop.call_later(delay, tick, loop.time() + delay)

    def start() -> None:
        nonlocal began, timer
        if unit.connected:
            began = loop.time()
            wait(step)
        elif loop.time() - began > OPENING:
            limit.reschedule(loop.time())
        else:
            timer = loop.call_later(CONNECTION_CHECK, start)

    def tick(due: float) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            wait(step)
        elif left > -PARTS and loop.time() - due > LATE:
            wait(LATE)  # what has arrived meanwhile is read first
        else:
            limit.reschedule(loop.time())

    async with asyncio.timeout(None) as limit:
        start()
        try:
            return await request, loop.time() - began
        finally:
            if timer:
                timer.cancel()
