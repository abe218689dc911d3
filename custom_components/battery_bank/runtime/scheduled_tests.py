"""Resistance tests by schedule: one battery at a time, the one first that was tested longest ago."""

import asyncio
from collections.abc import Sequence
from typing import Final

from homeassistant.core import callback

from ..monitor.battery import due_tests, operations
from ..monitor.clock import Clock
from ..monitor.line.module import Contact
from ..monitor.line.polling import Line
from ..monitor.line.resistance_tests import ResistanceTests
from ..strings.members import String
from .analysis import AnalysisRunner
from .local_time import local_time

CHECK: Final = 5.0  # s between two looks at what is due


class ScheduledTests:
    """Requests the resistance tests that are due.

    The next battery is chosen when the line is free, so there is no queue that a restart could lose.
    """

    def __init__(
        self, strings: Sequence[String], line: Line, tests: ResistanceTests, analysis: AnalysisRunner, clock: Clock
    ) -> None:
        """Schedule the tests of these strings."""
        self._strings = strings
        self._line = line
        self._tests = tests
        self._analysis = analysis
        self._clock = clock

    async def run(self) -> None:
        """Request tests until cancelled."""
        while True:
            await asyncio.sleep(CHECK)
            self._request_next()

    @callback
    def _request_next(self) -> None:
        """Request the test that is due longest, if the state of its string allows it."""
        if self._line.down or self._tests.progress.active:
            return
        now = local_time(self._clock.now())
        for string in self._strings:
            due = due_tests.due(string.schedule, string.last_tests, string.state.running.asked, now)
            by_id = {battery.id: battery for battery in string.batteries}
            ready = [battery for battery in due or () if by_id[battery].module.contact is Contact.ONLINE]
            if ready and operations.obstacle(string.state, now.timestamp()) is None:
                self._analysis.async_apply(string, operations.note_requested, ready[:1])
                self._tests.request([by_id[ready[0]].module])
                return
