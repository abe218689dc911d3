"""The line at work: asks in turn, serves commands, and tells what happened."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import LineDownError, ModuleError, MonitorError, RefusedError, SilentError, UnknownCommandError
from ..model import CommandName, Measures
from .link import Answer, Link, ReadFunction
from .module import Contact, Module
from .scheduler import Ask, RoundEnd, Serve, Turns, Wait

# A line that fails to open is tried again after these many s; the last one repeats. A USB adapter is back in use
# within that time of being plugged in.
RETRIES: Final = (0.5, 1.0, 2.0, 4.0)
# Failures to open in a row until the line counts as down: one may be a hiccup of the adapter.
FAILURES: Final = 2
# A connection on which nothing answered for so many s may be up but dead, as after a gateway lost power: drop it.
DEAF: Final = 30.0

# The link quality is that of so many of the last requests to modules that are not known to be silent.
QUALITY_WINDOW: Final = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """A module answered, or failed to: its contact and its reading may have changed."""

    module: Module


@dataclass(frozen=True, slots=True)
class Identified(Heard):
    """The firmware of a module is known."""


@dataclass(frozen=True, slots=True)
class RoundOver:
    """Every module had its turn."""


@dataclass(frozen=True, slots=True)
class LineDown:
    """The line can't be used, and all that its modules said no longer stands."""

    reason: str


@dataclass(frozen=True, slots=True)
class LineUp:
    """The line can be used again."""


type LineEvent = Heard | RoundOver | LineDown | LineUp


@dataclass(slots=True, eq=False)
class _Job:
    request: Callable[[], Coroutine[Any, Any, Any]]
    result: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """One RS485 bus and the modules on it. `poll` is the only one that puts anything on the wire."""

    def __init__(
        self,
        link: Link,
        modules: Sequence[Module],
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Take the modules of the line."""
        self.modules = {module.unit_id: module for module in modules}
        self.down: str | None = None  # why the line can't be used
        self.round_time: float | None = None  # s
        self._link = link
        self._clock = clock
        self._turns = Turns(
            (module.unit_id for module in modules if module.profile.measures is Measures.STRING),
            (module.unit_id for module in modules if module.profile.measures is Measures.BATTERY),
            cost=lambda unit_id: self.modules[unit_id].timeout,
            now=clock.monotonic(),
        )
        self._jobs: deque[_Job] = deque()
        self._wanted = asyncio.Event()
        self._closed = False
        self._outcomes: deque[bool] = deque(maxlen=QUALITY_WINDOW)
        self._failures = 0  # to open the line, in a row
        self._heard_at = clock.monotonic()

    @property
    def working(self) -> bool | None:
        """Whether anything answers; None while that is not known yet."""
        if self.answering:
            return True
        lost = [module.contact is Contact.LOST for module in self.modules.values()]
        return False if self.down or (lost and all(lost)) else None

    @property
    def answering(self) -> int:
        """How many modules answer."""
        return sum(module.contact is Contact.ANSWERING for module in self.modules.values())

    @property
    def quality(self) -> float | None:
        """The share of requests that brought an answer, 0 to 1; None before the first."""
        return sum(self._outcomes) / len(self._outcomes) if self._outcomes else None

    async def poll(self) -> AsyncGenerator[LineEvent]:
        """Ask the modules in turn until closed, and yield what happened. Raises nothing of its own."""
        try:
            while not self._closed:
                match self._turns.next(self._clock.monotonic(), command_waits=bool(self._jobs)):
                    case Ask(unit_id):
                        for event in await self._ask(self.modules[unit_id]):
                            yield event
                        if self._failures:
                            await self._idle(RETRIES[min(self._failures, len(RETRIES)) - 1])
                    case Serve():
                        await self._serve(self._jobs.popleft())
                    case RoundEnd(seconds):
                        self.round_time = seconds if self.answering else None
                        yield RoundOver()
                    case Wait(seconds):
                        await self._idle(seconds)
        finally:
            self.close()

    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        """Read registers in the turn of a command, or raise a `ModuleError` or `LineDownError`."""
        return await self._queue(lambda: self._link.read(unit_id, address, count, timeout, function))

    async def command(self, module: Module, name: CommandName, value: int | None = None) -> None:
        """Put a named command on the wire, with a value where the command leaves it open, or raise a `MonitorError`."""
        command = module.profile.command(name)
        sent = command.value if value is None else value
        if sent is None or (value is not None and command.value is not None):
            raise UnknownCommandError(f"{name} does not go with the value {value}")
        await self._queue(lambda: self._link.write(module.unit_id, command.register, sent, module.timeout))

    def close(self) -> None:
        """End `poll` after the request it is at. Commands that still wait fail with `LineDownError`."""
        self._closed = True
        self._wanted.set()
        self.round_time = None
        for module in self.modules.values():
            module.unheard()
        for job in self._jobs:
            if not job.result.done():
                job.result.set_exception(LineDownError("the line was closed"))
        self._jobs.clear()

    async def _queue[T](self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._closed:
            raise LineDownError("the line was closed")
        job = _Job(request)
        self._jobs.append(job)
        self._wanted.set()
        result: T = await job.result
        return result

    async def _serve(self, job: _Job) -> None:
        if job.result.done():  # whoever waited gave up
            return
        try:
            result = await job.request()
        except MonitorError as err:
            if not job.result.done():
                job.result.set_exception(err)
        else:
            if not job.result.done():
                job.result.set_result(result)
        finally:
            if not job.result.done():  # stopped on the way, or a mistake of ours: nobody may wait for ever
                job.result.set_exception(LineDownError("the line was closed"))

    async def _idle(self, seconds: float) -> None:
        """Do nothing for so long, or until somebody wants something."""
        self._wanted.clear()
        if self._jobs or self._closed:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()

    async def _ask(self, module: Module) -> list[LineEvent]:
        """Ask a module for its values, once; the first time, for its firmware too."""
        try:
            profile = module.profile
            answer = await self._link.read(module.unit_id, *profile.block, module.timeout, profile.read_function)
            ended = self._clock.monotonic()
            identified = module.firmware is None and await self._identify(module)
        except LineDownError as err:
            return self._line_failed(str(err))
        except ModuleError as err:
            events = [*self._line_works(), self._missed(module, err)]
            if self._clock.monotonic() - self._heard_at > DEAF:
                self._heard_at = self._clock.monotonic()
                await self._link.recycle()
            return events
        events = self._line_works()
        self._heard_at = ended
        self._outcomes.append(True)
        module.answered(answer.words, at=self._clock.now(), took=answer.took)
        self._turns.answered(module.unit_id, ended)
        events.append(Heard(module))
        if identified:
            events.append(Identified(module))
        return events

    async def _identify(self, module: Module) -> bool:
        """Read the firmware, right after the first answer; a module that won't say is not asked again."""
        try:
            profile, timeout = module.profile, module.answer_time.timeout()
            (module.firmware,), _ = await self._link.read(
                module.unit_id, profile.firmware, 1, timeout, profile.read_function
            )
        except ModuleError:
            module.firmware = 0
        return module.firmware > 0

    def _missed(self, module: Module, error: ModuleError) -> LineEvent:
        if module.contact is not Contact.LOST:
            self._outcomes.append(isinstance(error, RefusedError))
        module.missed(error)
        if not isinstance(error, SilentError):
            self._heard_at = self._clock.monotonic()
        elif module.contact is Contact.LOST:
            self._turns.silent(module.unit_id, self._clock.monotonic())
        return Heard(module)

    def _line_failed(self, reason: str) -> list[LineEvent]:
        self._failures += 1
        if self._failures != FAILURES:
            return []
        self.down = reason
        self.round_time = None
        for module in self.modules.values():
            module.unheard()
        return [LineDown(reason)]

    def _line_works(self) -> list[LineEvent]:
        self._failures = 0
        if self.down is None:
            return []
        self.down = None
        self._turns.wake(self._clock.monotonic())
        return [LineUp()]
