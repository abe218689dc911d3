"""What the modules are, and whether there is one more than somebody has said: found out between the polls."""

import asyncio
from collections.abc import Collection
from typing import Final

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import LineDownError, RefusedError
from .module import Contact, Module
from .polling import Line
from .scan import Found, Verdict, scan
from .timing import Pace

START: Final = 30.0  # s; the first rounds are for what the modules measure
PAUSE: Final = 1.0  # s before each module: its few short reads take turns with the polls, and must not crowd them
DOUBTFUL: Final = 3600.0  # s until a module is asked again that could not be told
DAILY: Final = 24 * 3600.0  # s until an address is asked again at which nobody was …
SOON: Final = 600.0  # … and one at which somebody is, for he may be gone


class Inspection:
    """Asks each module once, and again after it was lost, what it is; and addresses at which nobody should be."""

    def __init__(self, line: Line, pace: Pace, beyond: Collection[int], *, clock: Clock = SYSTEM_CLOCK) -> None:
        """Take the line's modules, and the addresses `beyond` them."""
        self.found: dict[int, Found] = {}  # by address, as far as it was asked
        self._line = line
        self._pace = pace
        self._beyond = beyond
        self._clock = clock
        self._asked: dict[int, float] = {}  # when, by address
        self._refused: dict[int, bool] = {}  # whether it could not be polled then, by address

    async def run(self) -> None:
        """Ask one after another, until cancelled."""
        await asyncio.sleep(START)
        while True:
            await asyncio.sleep(PAUSE)
            unit_id = self._next()
            if unit_id is None:
                continue
            try:
                (found,) = await scan(self._line.read, [unit_id], pace=self._pace)
            except LineDownError:
                continue
            self.found[unit_id], self._asked[unit_id] = found, self._clock.monotonic()
            if module := self._line.modules.get(unit_id):
                self._refused[unit_id] = _refuses(module)

    def _next(self) -> int | None:
        """Choose who is asked; what may be another one by now is forgotten."""
        if self._line.down:
            self.found.clear()
            return None
        for unit_id, module in self._line.modules.items():
            silent = module.contact is Contact.LOST and not _refuses(module)
            if silent or self._refused.get(unit_id) != _refuses(module):
                self.found.pop(unit_id, None)
        heard = [unit_id for unit_id, module in self._line.modules.items() if _says_something(module)]
        return next((unit_id for unit_id in (*heard, *self._beyond) if heard and self._due(unit_id)), None)

    def _due(self, unit_id: int) -> bool:
        found = self.found.get(unit_id)
        if found is None:
            return True
        if unit_id in self._line.modules:
            return found.verdict is not Verdict.KNOWN and self._clock.monotonic() - self._asked[unit_id] >= DOUBTFUL
        return self._clock.monotonic() - self._asked[unit_id] >= (DAILY if found.verdict is Verdict.NO_ANSWER else SOON)


def _refuses(module: Module) -> bool:
    """Say whether it answers, but not what it is asked each round, as a module of another family may."""
    return module.contact is Contact.LOST and isinstance(module.error, RefusedError)


def _says_something(module: Module) -> bool:
    return module.contact is Contact.ANSWERING or _refuses(module)
