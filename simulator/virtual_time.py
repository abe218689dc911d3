"""The time of a test or a trial: it moves on while everything waits for it, and stands still while anything works.

A test that sleeps for an hour takes as long as the processor needs for what happens in that hour, and a slow machine
comes to the same result as a fast one. The date moves along with the time of the event loop.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from math import ceil, inf
import selectors
import time
from typing import Any, Final, override

from modbus_connection import _pacing
from time_machine import Traveller
from tmodbus.transport import async_rtu

BEGIN: Final = 1_000_000.0  # s; as on a machine that has been running for some days
NANOSECONDS: Final = 1_000_000_000  # in a second; whole numbers add up without errors
# A thread has so many s of the real time to finish a job before the time moves. A job that takes longer waits for the
# time itself, as SQLite does for a lock: from then on the time moves as the real one does, in steps of STEP s.
PATIENCE: Final = 2.0
STEP: Final = 0.02
# A timer that is nearer than this is due. It must be more than the least step of the time in s, as a float, which is
# 4 ns after half a year: with the 1 ns of asyncio, a timer that is due now would be waited for without an end.
RESOLUTION: Final = 1e-8
IDLE: Final = 0.4  # s; who waits so long on a line waits for no answer


class _LoopTime:
    """The time of the event loop, in place of the system's."""

    @staticmethod
    def monotonic() -> float:
        """Return the s of the loop that runs."""
        return asyncio.get_running_loop().time()


# These libraries measure the pauses between their requests with the clock of the system, so the load of the machine
# would decide how long they wait. In a loop that is not virtual it is the same clock.
for library in (async_rtu, _pacing):
    library.time = _LoopTime  # type: ignore[attr-defined]

type Ready = list[tuple[selectors.SelectorKey, int]]


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that moves its time on to the next timer, where others sleep until then."""

    def __init__(self) -> None:
        """Begin at the same time in every test."""
        self.wall_clock: WallClock | None = None  # goes along
        self.others_work: Callable[[], bool] = lambda: False  # whether threads work that take no jobs
        self.each_pass: Callable[[], object] = lambda: None  # called before each pass of the loop
        self.stall = 0.0  # s that each wait of IDLE s or more takes longer
        self._now = round(BEGIN * NANOSECONDS)
        self._pool: ThreadPoolExecutor | None = None
        self._jobs: dict[Future[Any], float] = {}  # that threads work at, and since when (real s)
        super().__init__(_Selector(self._wait))
        self._clock_resolution = RESOLUTION

    @override
    def time(self) -> float:
        return self._now / NANOSECONDS

    def move(self, seconds: float) -> None:
        """Move the time on by so many s."""
        step = ceil(seconds * NANOSECONDS)
        self._now += step
        if self.wall_clock:
            self.wall_clock.set_by(step / NANOSECONDS)

    @contextmanager
    def one_job_at_a_time(self) -> Iterator[None]:
        """Let one thread do all jobs in their order: a port that is closed and opened again is free each time."""
        before, self._pool = self._pool, ThreadPoolExecutor(max_workers=1)
        try:
            yield
        finally:
            self._pool.shutdown()
            self._pool = before

    @override
    def set_default_executor(self, executor: ThreadPoolExecutor) -> None:  # type: ignore[override]  # it takes no other
        super().set_default_executor(executor)
        self._pool = executor

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        executor = executor or self._pool
        if executor is None:
            executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
            self.set_default_executor(executor)
        return super().run_in_executor(_Counted(executor, self._count), func, *args)

    @override
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        threads = Future[None]()
        self._jobs[threads] = time.monotonic()
        try:
            await super().shutdown_default_executor(timeout)
        finally:
            del self._jobs[threads]

    def _count(self, job: Future[Any]) -> None:
        """Count a job until the one who waits for it has been called back, which comes first if asked for first."""
        self._jobs[job] = time.monotonic()
        self.call_soon(job.add_done_callback, lambda _: self.call_soon_threadsafe(self._jobs.pop, job))

    def _wait(self, look: Callable[[float | None], Ready], seconds: float | None) -> Ready:
        """Return the files that are ready, or wait for so many s by moving the time; None is for ever."""
        self.each_pass()
        if (ready := look(0)) or seconds == 0:
            return ready
        if self._jobs or self.others_work():
            step = STEP if seconds is None else min(STEP, seconds)
            ready = look(step)
            if not ready and time.monotonic() - min(self._jobs.values(), default=inf) > PATIENCE:
                self.move(step)
            return ready
        if seconds is None:
            return look(None)
        self.move(seconds + self.stall if seconds >= IDLE else seconds)
        return []


class _Selector(selectors.PollSelector):
    """Asks the files themselves each time: what was written to a pseudo-terminal is there; epoll hears of it later."""

    def __init__(self, wait: Callable[[Callable[[float | None], Ready], float | None], Ready]) -> None:
        super().__init__()
        self._wait = wait

    @override
    def select(self, timeout: float | None = None) -> Ready:
        return self._wait(super().select, None if timeout is None else max(0.0, timeout))


class _Counted(Executor):
    """An executor whose jobs are counted."""

    def __init__(self, executor: Executor, count: Callable[[Future[Any]], None]) -> None:
        self._executor = executor
        self._count = count

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        job = self._executor.submit(fn, *args, **kwargs)
        self._count(job)
        return job


@contextmanager
def hurried(seconds: float = 240.0) -> Iterator[None]:
    """Let the machine stall for so many s whenever nothing is under way, so that hours take no more work than minutes.

    A line that asks each second then asks every four minutes; nothing else changes, and all clocks agree.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        raise TypeError("the time of this event loop is the real one")
    loop.stall, before = seconds, loop.stall
    try:
        yield
    finally:
        loop.stall = before


class WallClock:
    """The date of this process, which Home Assistant, the libraries and the logs take for the time."""

    def __init__(self, traveller: Traveller) -> None:
        """Rule the date of a traveller."""
        self._traveller = traveller

    @property
    def now(self) -> float:
        """The date in s since 1970."""
        return self._traveller.time_ns() / NANOSECONDS

    def set_by(self, seconds: float) -> None:
        """Set the clock by so many s, as people and time servers do: the time that passes is another one."""
        self._traveller.shift(seconds)
