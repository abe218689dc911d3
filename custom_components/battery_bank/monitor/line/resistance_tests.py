"""Resistance tests of one line. A test loads its battery, so one runs at a time, and none is started twice.

A hub may test all batteries of a string after one command. Then its string is what is tested here: one test, without a
result of its own. The results are the resistances that the hub has afterwards.
"""

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
from .hub_table import located
from .module import Contact, Module
from .module_profile import Quantity
from .polling import Line
from .resistance_turns import TOLERANCE, ResistanceTurns, Turn

COMMAND: Final = CommandName.START_RESISTANCE_TEST
CHECK: Final = 2.0  # s between two checks whether the test has ended
# The test has failed if the module has not reported its end after this many times the longest duration of a test.
GRACE: Final = 2.0
TIMEOUT: Final = 1.0  # s; longer than for a poll, because a module that tests may answer late
READINGS: Final = 5  # attempts before the start, because interference may spoil most of the answers


class Outcome(StrEnum):
    """The outcome of the test of one battery."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The result of the test of one battery, or of a string that its hub has tested."""

    outcome: Outcome
    resistance: float | None  # Ω; None if the test failed, and of a string


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """The progress of the requested tests, by unit id of the battery modules, or of the string in its hub."""

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


@dataclass(slots=True)
class _Test:
    """What a module has said since its test was commanded."""

    before: float | None  # Ω; the result of the test before, None if there is none
    began: float  # s of the monotonic clock
    seen_running: bool = False
    seen_zero: bool = False  # whether the module had no result meanwhile

    def result(self, value: float | None) -> float | None:
        """Return `value` if it is the result of this test; None if it may be the result of the test before."""
        return value if value != self.before or self.seen_zero or self.before is None else None


class ResistanceTests:
    """The queue of one line. Tests that are requested while others run are added to the same run.

    No module is believed when it reports that its test has ended: `ResistanceTurns` keeps the wire for the longest time
    that a test may take. A result is a value that differs from the one before, or that follows a 0. The same value as
    before is a result only if the module was seen running and reports the end when the longest time has passed. The
    report of a module that does not end by then is not believed.
    """

    def __init__(
        self,
        line: Line,
        *,
        progressed: Callable[[], None],
        finished: Callable[[Module, Result], None],
        clock: Clock = SYSTEM_CLOCK,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        turns: ResistanceTurns | None = None,
        places: Callable[[], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        """Prepare the queue; `finished` is called with the result of a test, and then `progressed` for `progress`.

        Lines that share one of their `places` take turns; without `places`, the line has its wire for itself.
        """
        self.progress = Progress()
        self._line = line
        self._progressed = progressed
        self._finished = finished
        self._clock = clock
        self._sleep = sleep
        self._turns = turns or ResistanceTurns(clock=clock)
        self._places = places
        self._queue: deque[Module] = deque()
        self._requested = asyncio.Event()
        self._stuck = set[int]()  # modules that report a test after the longest time of one: they always do
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
            async with self._turns.take(await self._places() if self._places else {""}) as turn:
                if not self._others_ended:
                    await self._wait_for_others()
                    self._others_ended = True
                if not self._queue:  # the tests were cancelled meanwhile
                    continue
                module = self._queue.popleft()
                self._show(module.unit_id, self.progress.finished)
                if module.is_battery:
                    resistance = await self._test(module, turn)
                    outcome = Outcome.FAILED if resistance is None else Outcome.DONE
                else:
                    resistance, outcome = None, await self._test_string(module, turn)
                self._finished(module, Result(outcome=outcome, resistance=resistance))
                self._show(None, {**self.progress.finished, module.unit_id: outcome})

    def _show(self, running: int | None, finished: Mapping[int, Outcome]) -> None:
        waiting = tuple(module.unit_id for module in self._queue)
        self.progress = Progress(waiting=waiting, running=running, finished=finished)
        self._progressed()

    async def _test(self, module: Module, turn: Turn) -> float | None:
        """Test one battery, and return its internal resistance in Ω; None if the test has failed.

        A test without a new and plausible value has failed. A module that tests already was started by another master:
        its result is taken, unless the module turns out to report a test all the time.
        """
        value = None
        try:
            running = await self._repeated(lambda: self._running(module)) and module.unit_id not in self._stuck
            before = await self._repeated(lambda: self._value(module))
            if running:
                value = await self._wait_for_result(module, turn, self._begun(before, running=True), confirmed=True)
            if not running or (value is None and module.unit_id in self._stuck):
                confirmed = await self._start(module, turn)
                value = await self._wait_for_result(module, turn, self._begun(before), confirmed=confirmed)
        except MonitorError:
            return None  # the module does not answer, did not get the command, or refused it
        quantity: Quantity = module.profile.quantities["resistance"]
        return value if value is not None and quantity.low <= value <= quantity.high else None

    async def _test_string(self, string: Module, turn: Turn) -> Outcome:
        """Let a hub test all batteries of a string, and wait for the end; a test that runs already is waited for."""
        command = string.profile.command(COMMAND)
        try:
            seen_running = await self._repeated(lambda: self._running(string))
            if not seen_running:
                await self._start(string, turn)
        except MonitorError:
            return Outcome.FAILED  # the hub does not answer, or it refuses the command
        began = self._clock.monotonic()
        while (passed := self._clock.monotonic() - began) < TOLERANCE * command.longest:
            await self._sleep(CHECK)
            with suppress(MonitorError):
                running = await self._running(string)
                if seen_running and not running and passed >= command.shortest:
                    break
                seen_running |= running
        return Outcome.DONE

    def _begun(self, before: float | None, *, running: bool = False) -> _Test:
        return _Test(before=before, began=self._clock.monotonic(), seen_running=running)

    async def _wait_for_result(self, module: Module, turn: Turn, test: _Test, *, confirmed: bool) -> float | None:
        command = module.profile.command(COMMAND)
        again = not confirmed
        while (passed := self._clock.monotonic() - test.began) < GRACE * TOLERANCE * command.longest:
            await self._sleep(CHECK)
            with suppress(MonitorError):  # a module that tests may not answer
                running, value = await self._running(module), await self._value(module)
                over = passed >= TOLERANCE * command.longest
                if running and over:
                    self._stuck.add(module.unit_id)
                elif module.unit_id not in self._stuck:
                    test.seen_running |= running
                test.seen_zero |= value is None
                if running and not over:
                    continue
                if again and not test.seen_running:  # the command was not confirmed, so perhaps it was lost
                    again = False
                    await self._start(module, turn)
                    test.began = self._clock.monotonic()
                    continue
                if (result := test.result(value)) is not None and passed >= command.shortest:
                    return result
                if value is not None and over:
                    return value if test.seen_running and not running else None
        return None

    async def _start(self, module: Module, turn: Turn) -> bool:
        """Send the command, and return whether the module confirmed it; raise `RefusedError` if it refused.

        Without an answer, the test may have started all the same.
        """
        async with turn.command(module.profile.command(COMMAND).longest):
            try:
                await self._line.command(module, COMMAND)
            except RefusedError:
                raise
            except MonitorError:
                return False
        return True

    async def _wait_for_others(self) -> None:
        """Wait for the end of tests of batteries that another master has started."""
        modules = [
            module for module in self._line.modules.values() if module.is_battery and COMMAND in module.profile.commands
        ]
        longest = max((module.profile.command(COMMAND).longest for module in modules), default=0.0)
        give_up = self._clock.monotonic() + GRACE * longest  # by then all of them have ended
        for module in modules:
            running = module.contact is not Contact.OFFLINE
            with suppress(MonitorError):
                running = running and await self._running(module)
            while running and self._clock.monotonic() < give_up:
                await self._sleep(CHECK)
                with suppress(MonitorError):  # a module that tests may not answer
                    running = await self._running(module)

    @staticmethod
    async def _repeated[T](request: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to a request that is repeated if the answer is lost; or raise a `MonitorError`."""
        for _ in range(READINGS - 1):
            with suppress(MonitorError):
                return await request()
        return await request()

    async def _running(self, module: Module) -> bool:
        """Return whether a module reports that it tests. It may report so late, or never."""
        command = module.profile.command(COMMAND)
        if command.done is None:
            return False
        unit_id, register = command.at(module.unit_id)
        (value,) = (await self._line.read(unit_id, register, 1, TIMEOUT)).words
        return value != command.done

    async def _value(self, module: Module) -> float | None:
        """Return the internal resistance in Ω that a test has left in its module; None if there is none."""
        quantity: Quantity = module.profile.quantities["resistance"]
        field, column = quantity.register, quantity.column
        unit_id, register = located(module.unit_id, field.address, column)
        function = column.function if column and column.function else module.profile.read_function
        words = (await self._line.read(unit_id, register, field.count, TIMEOUT, function)).words
        value: float | None = field.decode(words)
        return value
