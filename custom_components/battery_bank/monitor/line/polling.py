"""The polling of one line: it requests the values of each module, sends commands, and yields events."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import (
    ForeignAnswerError,
    LineDownError,
    ModuleError,
    MonitorError,
    NoAnswerError,
    NotCurrentError,
    Reason,
    RefusedError,
    UnknownCommandError,
    UnreadableAnswerError,
)
from ..model import CommandName
from .doubt import Doubt
from .line_events import FirmwareRead, LineDown, LineEvent, LineSilent, LineUp, ModulePolled, RoundEnded
from .link import Answer, Link, ReadFunction
from .module import OFFLINE_AFTER, Contact, Module
from .module_profile import NO_REGISTER
from .module_reader import read_values
from .scheduler import Ask, RoundEnd, Scheduler, Serve

# A line that can't be opened is tried again after this many s, and always after the last number from then on. So a USB
# adapter is used again soon after it was plugged in.
RETRIES: Final = (0.5, 1.0, 2.0, 4.0)
# Failures to open in a row until the line counts as down: a single one may be a short disturbance of the adapter.
FAILURES: Final = 2
LONG: Final = 3.0  # s; a failure that took longer is no short disturbance
# A connection without any answer for this many s may be open but no longer work, for example after a gateway lost
# power. Then it is closed and opened again.
RECYCLE_AFTER: Final = 30.0

# A request that fails is repeated so many times before the poll counts as missed, if other modules answer. So
# interference, which spoils one answer in six at worst, makes no module offline.
REPEATS: Final = 2
REPEATS_IN_NOISE: Final = 5  # … and so many times if interference is known to spoil more of them
FOREIGN_WINDOW: Final = 3  # the last answers to another master that are remembered
COSTLY: Final = 0.9  # s; a request with such a time-out is not repeated
# The link quality is calculated from this many last requests. Requests to modules that are offline do not count.
QUALITY_WINDOW: Final = 500
NOISE: Final = 0.7  # with a link quality below this, intact modules may go offline


@dataclass(slots=True, eq=False)
class _Job:
    request: Callable[[], Coroutine[Any, Any, Any]]
    result: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """One RS485 bus and its modules. Only `poll` sends anything on the bus."""

    def __init__(self, link: Link, modules: Sequence[Module], *, clock: Clock = SYSTEM_CLOCK) -> None:
        """Prepare the polling of `modules`."""
        self.modules = {module.unit_id: module for module in modules}
        self.down: str | None = None  # why the line can't be used, in English; None while it can be used
        self.down_reason: Reason | None = None  # the same for texts, if there is a text for it
        self.round_time: float | None = None  # s
        self.foreign: deque[float] = deque(maxlen=FOREIGN_WINDOW)  # when answers to another master came (s, monotonic)
        self._link = link
        self._clock = clock
        self._scheduler = Scheduler(
            (module.unit_id for module in modules if not module.is_battery),
            (module.unit_id for module in modules if module.is_battery),
            cost=lambda unit_id: self.modules[unit_id].timeout,
            now=clock.monotonic(),
        )
        self._jobs: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._outcomes: deque[bool] = deque(maxlen=QUALITY_WINDOW)
        self._failures = 0  # to open the line, in a row
        self._answered_at = self._asked_at = clock.monotonic()
        self._doubt = Doubt(clock.monotonic())
        self._served = False  # whether other requests than polls were sent in this round

    @property
    def working(self) -> bool | None:
        """Whether a module is online; None while that is not known yet."""
        if self.online or any(module.not_current for module in self.modules.values()):
            return True
        offline = [module.contact is Contact.OFFLINE for module in self.modules.values()]
        return False if self.down or (offline and all(offline)) else None

    @property
    def echoes(self) -> bool:
        """Whether the adapter returns what is sent."""
        return self._link.echoes

    @property
    def online(self) -> int:
        """The number of modules that are online."""
        return sum(module.contact is Contact.ONLINE for module in self.modules.values())

    @property
    def quality(self) -> float | None:
        """The share of requests with an answer, 0 to 1; None before the first request."""
        return sum(self._outcomes) / len(self._outcomes) if self._outcomes else None

    @property
    def _noise(self) -> bool:
        """Whether there is so much interference that intact modules may go offline."""
        return self._doubt.interference(len(self.modules)) or (
            (self.quality or 1.0) < NOISE and 2 * self.online >= len(self.modules)
        )

    def _is_disturbed(self, module: Module) -> bool:
        """Whether a module without a reading is intact: interference changes its answers, or it has no values now."""
        return module.not_current or (self._doubt.interference(len(self.modules)) and module.unheard < OFFLINE_AFTER)

    async def poll(self) -> AsyncGenerator[LineEvent]:
        """Poll the modules until closed, and yield the events. Raises no `MonitorError`."""
        try:
            while not self._closed:
                waits = bool(self._jobs) and not self._doubt.in_row
                now, doubt = self._clock.monotonic(), self._doubt.in_row
                match self._scheduler.next(now, command_waits=waits, doubt=doubt):
                    case Ask(unit_id):
                        for event in (*await self._poll_module(self.modules[unit_id]), *self._expired()):
                            yield event
                        if self._failures:
                            await self._idle(RETRIES[min(self._failures, len(RETRIES)) - 1])
                    case Serve():
                        self._served = True
                        await self._serve(self._jobs.popleft())
                    case RoundEnd(seconds):
                        self.round_time = seconds if self.online else None
                        if not self._served:
                            self._doubt.round_ended(seconds, noise=self._doubt.interference(len(self.modules)))
                        self._served = False
                        yield RoundEnded()
                    case pause:
                        await self._idle(pause.seconds)
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
        """Read registers between the polls, or raise a `ModuleError` or `LineDownError`."""
        return await self._queue(lambda: self._link.read(unit_id, address, count, timeout, function))

    async def command(self, module: Module, name: CommandName, value: int | None = None) -> None:
        """Send a command between the polls, or raise a `MonitorError`; `value` is for commands without a fixed one."""
        command = module.profile.command(name)
        sent = command.value if value is None else value
        if sent is None or (value is not None and command.value is not None):
            raise UnknownCommandError(f"{name} can't have the value {value}")
        await self._queue(lambda: self._link.write(*command.at(module.unit_id), sent, module.timeout))

    def close(self) -> None:
        """End `poll` after the present request. Commands that still wait fail with `LineDownError`."""
        self._closed = True
        self._wake.set()
        self.round_time = None
        for module in self.modules.values():
            module.forget_reading()
        for job in self._jobs:
            if not job.result.done():
                job.result.set_exception(LineDownError("the line was closed", Reason.CLOSED))
        self._jobs.clear()

    async def _queue[T](self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._closed:
            raise LineDownError("the line was closed", Reason.CLOSED)
        job = _Job(request)
        self._jobs.append(job)
        self._wake.set()
        result: T = await job.result
        return result

    async def _serve(self, job: _Job) -> None:
        if job.result.done():  # the caller was cancelled
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
            if not job.result.done():  # cancelled, or an unexpected error: the caller must not wait for ever
                job.result.set_exception(LineDownError("the line was closed", Reason.CLOSED))

    async def _idle(self, seconds: float) -> None:
        """Do nothing for `seconds`, or until a command comes or the line is closed."""
        self._wake.clear()
        if self._jobs or self._closed:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _poll_module(self, module: Module) -> list[LineEvent]:
        """Read the values of a module once, and its firmware version if it is not known yet."""
        self._asked_at = self._clock.monotonic()
        try:
            answer = await read_values(self._link, module, self._timeout(module))
            reading = module.read(answer.words, at=self._clock.now() - answer.age)
            ended = self._clock.monotonic()
            identified = module.identifies(answer.took) and await self._identify(module)
        except LineDownError as err:
            return self._line_failed(err)
        except ModuleError as err:
            events = [*self._line_works(), *self._failed(module, err)]
            if self._clock.monotonic() - self._answered_at > RECYCLE_AFTER:
                self._answered_at = self._clock.monotonic()
                await self._link.recycle()
            return events
        events = self._line_works()
        self._answered_at = module.answered_at = ended
        self._doubt.answered(ended, again=module.failed)
        self._outcomes.append(True)
        if isinstance(module.error, ForeignAnswerError):  # the module is intact, so another master asked it
            self.foreign.append(ended)
        module.answered(answer.words, reading, took=answer.took)
        self._scheduler.answered(module.unit_id, ended)
        return [*events, ModulePolled(module), *([FirmwareRead(module)] if identified else [])]

    def _timeout(self, module: Module) -> float:
        # With interference an answer can look late, but then other requests bring answers, though unreadable ones.
        if module.unanswered and self._link.came_late(module.unit_id):
            return module.answer_time.longest
        if module.contact is Contact.OFFLINE:
            # It may have become slower. But while many modules fail, the others have to be polled in time.
            failing = self._noise or self._doubt.existed(self._clock.monotonic())
            short = failing and module.answer_time.smoothed is not None
        else:
            short = self._doubt.exists or self._noise
        return module.answer_time.probe() if short else module.timeout

    async def _identify(self, module: Module) -> bool:
        """Read the firmware version, and return whether there is one. A module that refuses it is not asked again."""
        try:
            if module.profile.firmware == NO_REGISTER:
                raise RefusedError("its profile names no register of the firmware version")
            timeout = module.answer_time.timeout()
            answer = await self._link.read(module.unit_id, module.profile.firmware, 1, timeout, module.function)
            (module.firmware,) = answer.words
        except ModuleError:
            module.firmware = 0
        return module.firmware > 0

    def _failed(self, module: Module, error: ModuleError) -> list[LineEvent]:
        """Repeat the request of a module that answered before, or count the poll as missed."""
        now = self._clock.monotonic()
        was_offline = module.contact is Contact.OFFLINE
        if not isinstance(error, NoAnswerError):
            self._answered_at = now
            unread = module.unit_id if isinstance(error, UnreadableAnswerError) else None
            self._doubt.answered(now, again=module.failed, unreadable=unread)
        elif not was_offline:
            self._doubt.no_answer(module.unit_id, now, took=now - self._asked_at, again=module.failed)
        if not was_offline:
            self._outcomes.append(isinstance(error, RefusedError | NotCurrentError))
        if self._may_repeat(module, error):
            module.repeated(error)
            self._scheduler.repeat(module.unit_id)
            return []
        if isinstance(error, NoAnswerError) and not was_offline:
            self._doubt.missed(now)
            if self._doubt.in_row:  # the line may be the cause, so the module is not to blame yet
                module.misses = min(module.misses, OFFLINE_AFTER - 2)
                module.unanswered = min(module.unanswered, OFFLINE_AFTER - 2)
            elif self._doubt.exists and module.reading is None:
                module.lost(error)
        module.missed(error)
        if module.contact is Contact.OFFLINE and self._is_disturbed(module):
            self._scheduler.answered(module.unit_id, now)
        elif module.contact is Contact.OFFLINE and isinstance(error, NoAnswerError):
            self._scheduler.offline(module.unit_id, now, noise=self._noise)
        return [ModulePolled(module), *self._silence(error, now)]

    def _silence(self, error: ModuleError, now: float) -> list[LineEvent]:
        """Take all modules for offline if none answers any more."""
        expected = [one for one in self.modules.values() if one.contact is not Contact.OFFLINE]
        if not self._doubt.line_is_silent(len(expected), now):
            return []
        for one in expected:
            one.lost(error)
            self._scheduler.offline(one.unit_id, now)
        self._doubt.reset()
        self._outcomes.clear()  # no interference is to blame
        return [LineSilent()]

    def _may_repeat(self, module: Module, error: ModuleError) -> bool:
        disturbed = self._doubt.interference(len(self.modules)) and not module.unheard
        timeout = self._timeout(module) if disturbed else module.timeout
        if isinstance(error, RefusedError | NotCurrentError) or (
            isinstance(error, NoAnswerError) and timeout >= COSTLY
        ):
            return False
        online = module.contact is Contact.ONLINE and self._doubt.may_repeat
        return module.tries < REPEATS_IN_NOISE if disturbed else online and module.tries < REPEATS

    def _expired(self) -> list[LineEvent]:
        """Remove the readings that are too old, because their modules do not answer, or many others."""
        now = self._clock.monotonic()
        if (oldest := self._doubt.oldest(now)) is None:
            return []
        doubt, known = self._doubt.existed(now), self._doubt.round_known
        expired = [
            module
            for module in self.modules.values()
            if module.reading and module.answered_at is not None and now - module.answered_at >= oldest
            if doubt or (module.misses and known)
        ]
        for module in expired:
            if module.misses or module.tries:
                module.lost(NoAnswerError(f"no answer for {oldest:.0f} s"))
                if not self._is_disturbed(module):
                    self._scheduler.offline(module.unit_id, now)
            else:  # it was not polled meanwhile
                module.forget_reading()
        return [ModulePolled(module) for module in expired]

    def _line_failed(self, err: LineDownError) -> list[LineEvent]:
        long = self._clock.monotonic() - self._asked_at >= LONG
        self._failures = max(self._failures + 1, FAILURES if long else 0)
        if self._failures != FAILURES:
            return []
        self.down, self.down_reason = str(err), err.reason
        self.round_time = None
        for module in self.modules.values():
            module.forget_reading()
        return [LineDown(str(err))]

    def _line_works(self) -> list[LineEvent]:
        self._failures = 0
        if self.down is None:
            return []
        self.down = self.down_reason = None
        self._scheduler.retry_offline(self._clock.monotonic())
        return [LineUp()]
