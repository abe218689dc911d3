"""Resistance tests: they load the battery, so one at a time on a line, and never started twice."""

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
from .polling import Line
from .profile import Quantity

COMMAND: Final = CommandName.START_RESISTANCE_TEST
LOOK: Final = 2.0  # s between two looks whether the test has finished
# A module that says neither "running" nor "done" for twice the longest test has failed it.
GRACE: Final = 2.0
TIMEOUT: Final = 1.0  # s; a module at work may answer late, and a command is worth waiting for
READINGS: Final = 3  # attempts to read the result: one answer may be lost


class Outcome(StrEnum):
    """How a test of one battery ended."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a test of one battery brought."""

    outcome: Outcome
    resistance: float | None  # Ω; None if the test failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the tests that were asked for have come, by unit id of the batteries' modules."""

    waiting: tuple[int, ...] = ()
    running: int | None = None
    finished: Mapping[int, Outcome] = field(default_factory=dict)

    def of(self, unit_ids: Collection[int]) -> Self:
        """Return the part that concerns these modules."""
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
        """The finished part of the run, 0 to 1; None where there is no run."""
        total = len(self.waiting) + (self.running is not None) + len(self.finished)
        return len(self.finished) / total if total else None


class ResistanceTests:
    """The queue of one line. What is asked for while tests run is added to the same run."""

    def __init__(
        self,
        line: Line,
        *,
        progressed: Callable[[], None],
        finished: Callable[[Module, Result], None],
        clock: Clock = SYSTEM_CLOCK,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Call `progressed` when `progress` has changed, and before that `finished` with the result of a test."""
        self.progress = Progress()
        self._line = line
        self._progressed = progressed
        self._finished = finished
        self._clock = clock
        self._sleep = sleep
        self._queue: deque[Module] = deque()
        self._wanted = asyncio.Event()
        self._alone = False  # whether every test that runs is known to be ours

    def request(self, modules: Iterable[Module]) -> int:
        """Put batteries in the queue and return how many were not in it yet; or raise `UnknownCommandError`."""
        modules = list(modules)
        for module in modules:
            module.profile.command(COMMAND)
        under_way = {self.progress.running, *self.progress.waiting}
        added = [module for module in modules if module.unit_id not in under_way]
        self._queue.extend(added)
        finished = self.progress.finished if self.progress.active else {}  # a new run begins with nothing finished
        self._show(self.progress.running, finished)
        self._wanted.set()
        return len(added)

    def cancel(self, modules: Iterable[Module]) -> int:
        """Take batteries out of the queue and return how many those were; a test that runs goes on to its end."""
        unwanted = {module.unit_id for module in modules}
        left = [module for module in self._queue if module.unit_id not in unwanted]
        cancelled = len(self._queue) - len(left)
        self._queue = deque(left)
        self._show(self.progress.running, self.progress.finished)
        return cancelled

    def diagnostics(self) -> dict[str, Any]:
        """Tell how far the tests have come, by unit id."""
        return asdict(self.progress)

    async def run(self) -> None:
        """Work the queue off until cancelled."""
        while True:
            while not self._queue:
                self._wanted.clear()
                await self._wanted.wait()
            if not self._alone:
                await self._wait_for_others()
                self._alone = True
                continue  # somebody may have emptied the queue meanwhile
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
        """Test one battery; only a test that brought a value is done."""
        resistance = await self._resistance(module) if await self._run_test(module) else None
        outcome = Outcome.FAILED if resistance is None else Outcome.DONE
        return Result(outcome=outcome, resistance=resistance)

    async def _resistance(self, module: Module) -> float | None:
        """Read the value that a test has left in its module, in Ω; None if there is none that a battery can have."""
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
        """Have a module test its battery, and return whether it did."""
        command = module.profile.command(COMMAND)
        try:
            seen = await self._running(module)
            confirmed = seen or await self._start(module)
        except MonitorError:
            return False  # the module got no command, or refused it
        again = True
        earliest, give_up = self._clock.monotonic() + command.shortest, self._give_up(module)
        while (running := await self._look(module, give_up)) is not None:
            if running:
                seen = True
            elif seen or (confirmed and self._clock.monotonic() >= earliest):  # one may say only later that it runs
                return True
            elif not confirmed:
                if not again:
                    break
                again = False
                with suppress(MonitorError):
                    confirmed = await self._start(module)
        return False

    async def _start(self, module: Module) -> bool:
        """Ask for the test, and return whether the module said yes; raise `RefusedError` if it said no.

        Without either it may have begun all the same.
        """
        try:
            await self._line.command(module, COMMAND)
        except RefusedError:
            raise
        except MonitorError:
            return False
        return True

    async def _wait_for_others(self) -> None:
        """Wait for tests that were begun before us: a restart ends the queue, but not the test."""
        modules = [module for module in self._line.modules.values() if COMMAND in module.profile.commands]
        give_up = max(self._give_up(module) for module in modules)  # by then all of them have ended
        for module in modules:
            running: bool | None = module.contact is not Contact.LOST
            with suppress(MonitorError):
                running = running and await self._running(module)
            while running:
                running = await self._look(module, give_up)

    async def _look(self, module: Module, give_up: float) -> bool | None:
        """Say whether a test runs, after a while; None if the module has not said until it is time to give up."""
        while self._clock.monotonic() < give_up:
            await self._sleep(LOOK)
            try:
                return await self._running(module)
            except MonitorError:
                continue  # it may be too busy to answer
        return None

    async def _running(self, module: Module) -> bool:
        command = module.profile.command(COMMAND)
        (value,), _ = await self._line.read(module.unit_id, command.register, 1, TIMEOUT)
        return value != command.done

    def _give_up(self, module: Module) -> float:
        return self._clock.monotonic() + GRACE * module.profile.command(COMMAND).longest
