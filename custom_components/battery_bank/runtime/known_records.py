"""What is in memory of a string, for a journal that had to be created anew while the line runs."""

from ..monitor.battery import state_codec
from ..monitor.battery.events import AlarmRaised, BaselineSet, DischargeStarted, Event, ResistanceTested
from ..strings.members import String


def known_events(string: String) -> list[Event]:
    """Return the events that bring the alarms, baselines, tests and the discharge in memory into the journal."""
    found: list[Event] = [AlarmRaised(alarm=alarm) for alarm in string.raised]
    for ohmic in string.state.resistances.values():
        found += [ResistanceTested(test=test) for test in ohmic.tests]
        if ohmic.baseline:
            found.append(BaselineSet(baseline=ohmic.baseline))
    if recording := string.state.running.recording:
        found.append(DischargeStarted(discharge=recording.discharge))
    return found


def known_documents(string: String) -> dict[str, bytes]:
    """Return the saved states of a string, by key."""
    return {
        state_codec.RUNNING: state_codec.encode_running(string.state.running),
        state_codec.LEARNED: state_codec.encode_learned(string.state.learned),
    }
