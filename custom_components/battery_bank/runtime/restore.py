"""What the journal has of a string: all that it takes to go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..const import LOGGER
from ..monitor.battery import resistance, state_codec, watch
from ..monitor.battery.events import Alarm, CurvePoint, Event
from ..monitor.battery.prediction import Learned
from ..monitor.battery.running_state import Running, resumed
from ..monitor.battery.watch import StringState
from ..monitor.errors import SavedStateError
from ..monitor.journal.store import Journal
from ..strings.members import String


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was kept of a string."""

    running: Running
    learned: Learned
    ohmics: resistance.ResistanceStates
    curve: Sequence[CurvePoint]  # of the discharge under way
    open_alarms: Sequence[Alarm]

    def resume(self, string: String, now: float) -> tuple[StringState, list[Event]]:
        """Go on from there, and from what was seen meanwhile if the journal comes late."""
        running = resumed(self.running, string.state.running)
        return watch.begin(string.settings, running, self.learned, self.ohmics, self.curve, self.open_alarms, now)


async def restore(journal: Journal, string: String, now: float) -> Restored:
    """Read what was kept of a string, or raise `JournalError`."""
    running = await journal.load(string.id, state_codec.RUNNING)
    learned = await journal.load(string.id, state_codec.LEARNED)
    ohmics = resistance.remembered(
        string.settings,
        await journal.resistance_tests(string.id, since=now - resistance.REMEMBERED),
        await journal.baselines(string.id),
        await journal.replacements(string.id),
        now,
    )
    before = _read(state_codec.decode_running, running, string) or Running()
    curve: list[CurvePoint] = []
    if recording := string.state.running.recording or before.recording:
        curves = await journal.curve(string.id, recording.discharge.start)
        curve = [point for points in curves.values() for point in points]
    return Restored(
        running=before,
        learned=_read(state_codec.decode_learned, learned, string) or Learned(),
        ohmics=ohmics,
        curve=curve,
        open_alarms=await journal.open_alarms(string.id),
    )


def _read[T](decode: Callable[[bytes], T], data: bytes | None, string: String) -> T | None:
    """Decode what was saved; what can't be read is begun afresh, and that is said."""
    if data is None:
        return None
    try:
        return decode(data)
    except SavedStateError as err:
        LOGGER.error("%s begins afresh: %s", string.name, err)
        return None
