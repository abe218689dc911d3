"""Whose resistance test is next: never two at once on one wire, whatever a module says, also across restarts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from ..clock import SYSTEM_CLOCK, Clock

# A test may take this many times longer than the module's document says, because the clock of a module may be slow.
TOLERANCE: Final = 1.1
LONGEST: Final = 120.0  # s that a restart waits at most, whatever the saved record says


@dataclass(frozen=True, kw_only=True, slots=True)
class Commanded:
    """The last command to start a test at a place."""

    at: float  # s since 1970, UTC
    seconds: float  # that the test takes at most


type Save = Callable[[Mapping[str, Commanded]], Awaitable[None]]  # by place; raises a `MonitorError` if it can't


async def _not_saved(_: Mapping[str, Commanded]) -> None:
    pass


class ResistanceTurns:
    """One test at a time at each place: at a port, or at an address of a gateway.

    A place is free again when the longest test has passed since the last command, however soon a module reports its
    end. Each command is saved before it is sent. After a restart, the first test waits as long as if the last command
    had been sent at that moment, because the date may have changed meanwhile.
    """

    def __init__(
        self,
        *,
        save: Save = _not_saved,
        commanded: Mapping[str, Commanded] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Begin with what was `commanded` before the start, by place."""
        self._save = save
        self._clock = clock
        self._commanded = dict(commanded or {})
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}  # s of the monotonic clock, by place
        # The address of a gateway may have changed meanwhile. So the first tests of all places wait.
        longest = max((one.seconds for one in self._commanded.values()), default=0.0)
        self._all_free_at = clock.monotonic() + min(max(longest, 0.0), LONGEST)

    @asynccontextmanager
    async def take(self, places: Collection[str]) -> AsyncGenerator[Turn]:
        """Wait until no test runs at any of the places, and keep all others from them meanwhile."""
        async with AsyncExitStack() as stack:
            for place in sorted(places):  # always in this order, so that no two wait for each other
                await stack.enter_async_context(self._locks.setdefault(place, asyncio.Lock()))
            await asyncio.sleep(max(0.0, self._free_at_all(places) - self._clock.monotonic()))
            yield Turn(self, places)

    async def save(self, places: Collection[str], seconds: float) -> None:
        """Save that a test of at most `seconds` is commanded now; raise a `MonitorError` if that is not possible."""
        commanded = self._commanded | dict.fromkeys(places, Commanded(at=self._clock.now(), seconds=seconds))
        await self._save(commanded)
        self._commanded = commanded

    def hold(self, places: Collection[str], seconds: float) -> None:
        """Let no other test start at these places for `seconds`."""
        self._free_at |= dict.fromkeys(places, self._clock.monotonic() + seconds)

    def _free_at_all(self, places: Collection[str]) -> float:
        return max([self._all_free_at, *(self._free_at.get(place, self._all_free_at) for place in places)])


class Turn:
    """The turn of one test."""

    def __init__(self, turns: ResistanceTurns, places: Collection[str]) -> None:
        self._turns = turns
        self._places = places

    @asynccontextmanager
    async def command(self, longest: float) -> AsyncGenerator[None]:
        """Save that a test of at most `longest` s is commanded, then let the caller send the command.

        Raises a `MonitorError` if it can't be saved; then nothing may be sent.
        """
        seconds = TOLERANCE * longest
        await self._turns.save(self._places, seconds)
        try:
            yield
        finally:  # also if the caller was cancelled: the command may be on its way
            self._turns.hold(self._places, seconds)
