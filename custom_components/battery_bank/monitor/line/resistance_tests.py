"""Resistance tests of one line. A test loads its battery, so one runs at a time, and none is started twice."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import MonitorError, RefusedError
from ..model import CommandName
from .module import Contact, Module
from .module_profile import Quantity
from .polling import Line

COMMAND: Final = CommandName.START_RESISTANCE_TEST
CHECK: Final = 2.0  # s between two checks whether the test has ended
# The test has failed if the module has not reported its end after this many times the longest duration of a test.
GRACE: Final = 2.0
TIMEOUT: Final = 1.0  # s; longer than for a poll, because a module that tests may answer late
READINGS: Final = 3  # attempts to read the result, because an answer may be missing or unreadable


class Outcome(StrEnum):
    """The outcome of the test of one battery."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The result of the test of one battery."""

    outcome: Outcome
    resistance: float | None  # Ω; None if the test failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """The progress of the requested tests, by unit id of the battery modules."""

    waiting: tuple[int, ...] = ()
    running: int | None = None
    finished: Mapping[int, Outcome] = field(default_factory=dict)

    def of(self, unit_ids: Collection[int]) -> Self:
        """Return the progress of these modules only."""
        return replace(
            self,
            waiting=tuple(unit_id for unit_id in self.waiting if unit_id in unit_ids),
            running=self.running if self.running in unit_ids else None,
            finished={unit_id: outcome for unit_id, outcome in self.finished.items() if unit_id in unit_ids},
        )

    @property
    def active(self) -> bool:
        """Whether a test runs or waits."""
        return self.running is not None or bool(self.waiting)

    @property
    def share(self) -> float | None:
        """The finished share of the run, 0 to 1; None without a run."""
        total = len(self.waiting) + (self.running is not None) + len(self.finished)
        return len(self.finished) / total if total else None


class ResistanceTests:
    """The queue of one line. Tests that are requested while others run are added to the same run."""

    def __init__(
        self,
        line: Line,
        *,
        progressed: Callable[[], None],
        finished: Callable[[Module, Result], None],
        clock: Clock = SYSTEM_CLOCK,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare the queue; `finished` is called with the result of a test, and then `progressed` for `progress`."""
        self.progress = Progress()
        self._line = line
        self._progressed = progressed
        self._finished = finished
        self._clock = clock
        self._sleep = sleep
        self._queue: deque[Module] = deque()
        self._requested = asyncio.Event()
        self._others_ended = False  # whether tests that were started before this queue have ended

    def request(self, modules: Iterable[Module]) -> int:
        """Add batteries to the queue, and return how many were not in it yet; or raise `UnknownCommandError`."""
        modules = list(modules)
        for module in modules:
            module.profile.command(COMMAND)
        under_way = {self.progress.running, *self.progress.waiting}
        added = [module for module in modules if module.unit_id not in under_way]
        self._queue.extend(added)
        finished = self.progress.finished if self.progress.active else {}  # a new run begins
        self._show(self.progress.running, finished)
        self._requested.set()
        return len(added)

    def cancel(self, modules: Iterable[Module]) -> int:
        """Remove batteries from the queue, and return how many those were. A test that runs is not stopped."""
        unwanted = {module.unit_id for module in modules}
        left = [module for module in self._queue if module.unit_id not in unwanted]
        cancelled = len(self._queue) - len(left)
        self._queue = deque(left)
        self._show(self.progress.running, self.progress.finished)
        return cancelled

    def diagnostics(self) -> dict[str, Any]:
        """Return the progress, by unit id."""
        return asdict(self.progress)

    async def run(self) -> None:
        """Run the tests of the queue until cancelled."""
        while True:
            while not self._queue:
                self._requested.clear()
                await self._requested.wait()
            if not self._others_ended:
                await self._wait_for_others()
                self._others_ended = True
                continue  # the queue may be empty by now
            module = self._queue.popleft()
            self._show(module.unit_id, self.progress.finished)
            result = await self._test(module)
            self._finished(module, result)
            self._show(None, {**self.progress.finished, module.unit_id: result.outcome})

    def _show(self, running: int | None, finished: Mapping[int, Outcome]) -> None:
        waiting = tuple(module.unit_id for module in self._queue)
        self.progress = Progress(waiting=waiting, running=running, finished=finished)
        self._progressed()

    async def _test(self, module: Module) -> Result:
        """Test one battery. A test without a plausible value has failed."""
        resistance = await self._resistance(module) if await self._run_test(module) else None
        outcome = Outcome.FAILED if resistance is None else Outcome.DONE
        return Result(outcome=outcome, resistance=resistance)

    async def _resistance(self, module: Module) -> float | None:
        """Return the internal resistance in Ω that a test has left in its module; None if it is not plausible."""
        quantity: Quantity = module.profile.quantities["resistance"]
        for _ in range(READINGS):
            with suppress(MonitorError):
                words, _took = await self._line.read(
                    module.unit_id, quantity.register.address, quantity.register.count, TIMEOUT
                )
                value = quantity.register.decode(words)
                return value if value is not None and quantity.low <= value <= quantity.high else None
        return None

    async def _run_test(self, module: Module) -> bool:
        """Start a test, wait for its end, and return whether it ended."""
        command = module.profile.command(COMMAND)
        try:
            seen = await self._running(module)
            confirmed = seen or await self._start(module)
        except MonitorError:
            return False  # the module did not get the command, or refused it
        again = True
        earliest, give_up = self._clock.monotonic() + command.shortest, self._give_up(module)
        while (running := await self._check(module, give_up)) is not None:
            if running:
                seen = True
            elif seen or (confirmed and self._clock.monotonic() >= earliest):  # it may show late that the test runs
                return True
            elif not confirmed:
                if not again:
                    break
                again = False
                with suppress(MonitorError):
                    confirmed = await self._start(module)
        return False

    async def _start(self, module: Module) -> bool:
        """Send the command, and return whether the module confirmed it; raise `RefusedError` if it refused.

        Without an answer, the test may have started all the same.
        """
        try:
            await self._line.command(module, COMMAND)
        except RefusedError:
            raise
        except MonitorError:
            return False
        return True

    async def _wait_for_others(self) -> None:
        """Wait for the end of tests that were started before a restart, which ends the queue but not the test."""
        modules = [module for module in self._line.modules.values() if COMMAND in module.profile.commands]
        give_up = max(self._give_up(module) for module in modules)  # by then all of them have ended
        for module in modules:
            running: bool | None = module.contact is not Contact.OFFLINE
            with suppress(MonitorError):
                running = running and await self._running(module)
            while running:
                running = await self._check(module, give_up)

    async def _check(self, module: Module, give_up: float) -> bool | None:
        """Wait, then return whether a test runs; None if the module has not answered until `give_up`."""
        while self._clock.monotonic() < give_up:
            await self._sleep(CHECK)
            try:
                return await self._running(module)
            except MonitorError:
                continue  # a module that tests may not answer
        return None

    async def _running(self, module: Module) -> bool:
        command = module.profile.command(COMMAND)
        (value,), _ = await self._line.read(module.unit_id, command.register, 1, TIMEOUT)
        return value != command.done

    def _give_up(self, module: Module) -> float:
        return self._clock.monotonic() + GRACE * module.profile.command(COMMAND).longest
