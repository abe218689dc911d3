"""The analysis of the strings of one line: samples go in, states and events come out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from homeassistant.core import callback

from ..monitor.battery import due_tests, watch
from ..monitor.battery.events import Event
from ..monitor.battery.settings import Settings
from ..monitor.battery.watch import StringState
from ..monitor.clock import Clock
from ..monitor.line.polling import Line
from ..strings.members import String
from .local_time import local_time
from .restore import Restored
from .updates import Updates

SHORTEST_STEP: Final = 0.9  # s between two steps of a string; its current comes each second
CLOCK_SET: Final = 1.0  # s that the clock moves apart from the elapsed time, until it counts as set
LONGEST_STEP: Final = (
    5.0  # s; a string whose modules are all offline is stepped too, so that the alarm for it is raised
)

type Publish = Callable[[String, Sequence[Event]], None]
type Operation[*Ts] = Callable[[Settings, StringState, *Ts, float], tuple[StringState, list[Event]]]


class AnalysisRunner:
    """Steps the analysis of each string. Nothing else changes the state of a string."""

    def __init__(
        self,
        strings: Sequence[String],
        line: Line,
        clock: Clock,
        updates: Updates,
        publish: Publish,
        share: Callable[[String], float | None],
    ) -> None:
        """Analyse these strings of the line; `publish` takes the events, `share` is that of `Sample`."""
        self._strings = strings
        self._line = line
        self._clock = clock
        self._updates = updates
        self._publish = publish
        self._share = share
        self._stopped = False
        # By string, the time of the clock less the elapsed time, as far as its analysis knows that the clock was set.
        self._offsets: dict[str, float] = {}

    @callback
    def async_step(self, string: String, *, at_least: float = SHORTEST_STEP) -> bool:
        """Step a string if its last step is `at_least` so many s ago; return whether it was stepped."""
        now = self._clock.now()
        last = string.state.running.at
        if self._stopped or (last is not None and 0 <= now - last < at_least):
            return False
        due = due_tests.due(string.schedule, string.last_tests, string.state.running.asked, local_time(now))
        sample = string.sample(now, line_down=self._line.down is not None, due=due, share=self._share(string))
        sample = replace(sample, set_by=self._set_by(string, now))
        self._take(string, *watch.step(string.settings, string.state, sample))
        return True

    def _set_by(self, string: String, now: float) -> float:
        """Return the s by which the clock was set since the last step of a string; 0 for what is not worth a step."""
        offset = now - self._clock.monotonic()
        set_by = offset - self._offsets.setdefault(string.id, offset)
        if abs(set_by) < CLOCK_SET:
            return 0.0
        self._offsets[string.id] = offset
        return set_by

    @callback
    def async_apply[*Ts](self, string: String, operation: Operation[*Ts], *args: *Ts) -> None:
        """Apply a function of `operations` to a string, with what it takes between the state and the time."""
        self._take(string, *operation(string.settings, string.state, *args, self._clock.now()))

    @callback
    def async_resume(self, string: String, restored: Restored) -> None:
        """Restore a string from the journal."""
        self._take(string, *restored.resume(string, self._clock.now()))

    @callback
    def async_stop(self) -> None:
        """Take no more samples: a line that is being closed does not show what its strings do."""
        self._stopped = True

    async def run(self) -> None:
        """Step the strings that nothing else steps, until cancelled."""
        while True:
            await asyncio.sleep(LONGEST_STEP)
            for string in self._strings:
                if self.async_step(string, at_least=LONGEST_STEP):
                    self._updates.async_notify(string.id)

    def _take(self, string: String, state: StringState, events: Sequence[Event]) -> None:
        """Give a string its new state, publish the events, and have new resistances of batteries shown."""
        before, string.state = string.state, state
        self._publish(string, events)
        self._notify_changed(string, before.resistances, state.resistances)
        self._notify_changed(string, before.learned.battery_steps, state.learned.battery_steps)

    def _notify_changed(self, string: String, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        """Notify the subscribers of batteries for which there is something else now."""
        if after is not before:
            self._updates.async_notify(
                *(one.id for one in string.batteries if after.get(one.id) is not before.get(one.id))
            )
