"""The restored state of a string, from the journal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from ..monitor.battery import capacity_test, gaps, resistance, state_codec, watch
from ..monitor.battery.baseline import FINAL
from ..monitor.battery.events import Alarm, CapacityTested, CurvePoint, Event, ResistanceTest
from ..monitor.battery.learned import Learned
from ..monitor.battery.running_state import Count, Running, continued, resumed
from ..monitor.battery.string_resistance import RUN
from ..monitor.battery.watch import StringState
from ..monitor.errors import SavedStateError
from ..monitor.journal.store import Journal
from ..strings.members import String

UNREADABLE: Final = "{}_unreadable"  # the key of a saved state of which a part can't be read, by its own key


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """The saved state and the records of a string."""

    running: Running
    learned: Learned
    resistances: resistance.ResistanceStates
    curve: Sequence[CurvePoint]  # of the discharge under way
    open_alarms: Sequence[Alarm]

    def with_copy(self, copy: Count, capacity: float) -> Restored:
        """Return the same with no counter below that of a copy; `capacity` in Ah is for counters of release 0.4."""
        counters = self.running.counters
        counters = replace(counters, full_cycles=counters.cycles(capacity))
        return replace(self, running=continued(replace(self.running, counters=counters), copy))

    def resume(self, string: String, now: float) -> tuple[StringState, list[Event]]:
        """Return the state to continue with; readings that came before the journal could be read are kept."""
        running, begun = resumed(self.running, string.state.running), string.state.begun
        before = [] if begun is None else gaps.gap(self.running.at, self.running.latest, begun)
        state, events = watch.begin(
            string.settings, running, self.learned, self.resistances, self.curve, self.open_alarms, now
        )
        return state, [*before, *events]


async def restore(hass: HomeAssistant, journal: Journal, string: String, now: float) -> Restored:
    """Read the saved state and the records of a string, or raise `JournalError`."""
    running = await journal.load(string.id, state_codec.RUNNING)
    learned = await journal.load(string.id, state_codec.LEARNED)
    baselines = await journal.baselines(string.id)
    recent = now - resistance.REMEMBERED
    tests: list[ResistanceTest] = []
    if baselines:  # the tests that the baselines are from
        begin = min(one.at for one in baselines) - FINAL[1] - RUN
        end = min(recent, max(one.at for one in baselines) + RUN)
        tests = await journal.resistance_tests(string.id, since=begin, until=end)
    tests += await journal.resistance_tests(string.id, since=recent)
    replacements = await journal.replacements(string.id)
    # All batteries of a large string are judged: that takes too long for the event loop.
    resistances = await hass.async_add_executor_job(
        partial(resistance.remembered, string.settings, tests, baselines, replacements, now)
    )
    before, unreadable = _read(state_codec.readable_running, running, string) or (Running(), {})
    taught, unlearned = _read(state_codec.readable_learned, learned, string) or (Learned(), {})
    for key, document, found in ((state_codec.RUNNING, running, unreadable), (state_codec.LEARNED, learned, unlearned)):
        if document is not None and found:
            LOGGER.error(
                "%s starts without a part of its saved state, which is kept in the journal as %s: %s",
                string.name,
                UNREADABLE.format(key),
                "; ".join(f"{name}: {why}" for name, why in found.items()),
            )
            await journal.write(string.id, (), {UNREADABLE.format(key): document})
    curve: list[CurvePoint] = []
    if recording := string.state.running.recording or before.recording:
        curves = await journal.curve(string.id, recording.discharge.start)
        curve = [point for points in curves.values() for point in points]
    if results := before.capacity_tests.results:
        await journal.write(string.id, [CapacityTested(result=one) for one in results])
        before = replace(before, capacity_tests=capacity_test.kept(before.capacity_tests))
    return Restored(
        running=before,
        learned=taught,
        resistances=resistances,
        curve=curve,
        open_alarms=await journal.open_alarms(string.id),
    )


def _read[T](decode: Callable[[bytes], T], data: bytes | None, string: String) -> T | None:
    """Decode a saved state. One that can't be read is logged, and the string starts without it."""
    if data is None:
        return None
    try:
        return decode(data)
    except SavedStateError as err:
        LOGGER.error("%s starts without its saved state: %s", string.name, err)
        return None
