"""The inspection of a line: which family each module is of, and whether a module answers at a free address.

It runs between the polls. Its results are for the repairs.
"""

import asyncio
from collections.abc import Collection
from typing import Final

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import LineDownError, RefusedError
from .module import Contact, Module
from .polling import Line
from .scan import Found, Verdict, scan
from .timing import Pace

START: Final = 30.0  # s after the start; the first rounds are for the readings
PAUSE: Final = 1.0  # s before each address, so that its few short requests do not slow down the polls
RETRY_UNKNOWN: Final = 3600.0  # s until a module that was not recognised is inspected again
RETRY_FREE: Final = 24 * 3600.0  # s until a free address without an answer is inspected again …
RETRY_ANSWERING: Final = 600.0  # … and one with a module, which may have been removed


class Inspection:
    """Inspects each module once, again after it was offline, and the addresses at which no module is expected."""

    def __init__(self, line: Line, pace: Pace, beyond: Collection[int], *, clock: Clock = SYSTEM_CLOCK) -> None:
        """Prepare the inspection of the modules of a line, and of the free addresses `beyond` them."""
        self.found: dict[int, Found] = {}  # by address, for those that were inspected
        self._line = line
        self._pace = pace
        self._beyond = beyond
        self._clock = clock
        self._inspected: dict[int, float] = {}  # when, by address
        self._refused: dict[int, bool] = {}  # by address, whether the module refused the polls then

    async def run(self) -> None:
        """Inspect one address after another, until cancelled."""
        await asyncio.sleep(START)
        while True:
            await asyncio.sleep(PAUSE)
            unit_id = self._next()
            if unit_id is None:
                continue
            try:
                (found,) = await scan(self._line.read, [unit_id], pace=self._pace, patient=False)
            except LineDownError:
                continue
            self.found[unit_id], self._inspected[unit_id] = found, self._clock.monotonic()
            if module := self._line.modules.get(unit_id):
                self._refused[unit_id] = _refuses(module)

    def _next(self) -> int | None:
        """Return the next address. The result of an address that may have another module by now is removed."""
        if self._line.down:
            self.found.clear()
            return None
        for unit_id, module in self._line.modules.items():
            offline = module.contact is Contact.OFFLINE and not _refuses(module)
            if offline or self._refused.get(unit_id) != _refuses(module):
                self.found.pop(unit_id, None)
        modules = {unit_id: module for unit_id, module in self._line.modules.items() if not module.profile.of_hub}
        answering = [unit_id for unit_id, module in modules.items() if _answers(module)]
        return next((unit_id for unit_id in (*answering, *self._beyond) if answering and self._due(unit_id)), None)

    def _due(self, unit_id: int) -> bool:
        found = self.found.get(unit_id)
        if found is None:
            return True
        ago = self._clock.monotonic() - self._inspected[unit_id]
        if unit_id in self._line.modules:
            return found.verdict is not Verdict.KNOWN and ago >= RETRY_UNKNOWN
        return ago >= (RETRY_FREE if found.verdict is Verdict.NO_ANSWER else RETRY_ANSWERING)


def _refuses(module: Module) -> bool:
    """Return whether the module answers, but refuses the polls, as a module of another family may."""
    return module.contact is Contact.OFFLINE and isinstance(module.error, RefusedError)


def _answers(module: Module) -> bool:
    return module.contact is Contact.ONLINE or _refuses(module)
