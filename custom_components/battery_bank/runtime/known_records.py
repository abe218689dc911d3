"""What is in memory of a string: the states to save, and the records for a journal that was created anew."""

from collections.abc import Mapping, Sequence

from ..monitor.battery import state_codec
from ..monitor.battery.events import (
    AlarmRaised,
    BaselineSet,
    CapacityTested,
    DischargeEnded,
    DischargePoints,
    DischargeStarted,
    Event,
    Replaced,
    ResistanceTested,
)
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
    tests = string.state.running.capacity_tests
    found += [CapacityTested(result=one) for one in (tests.measured_before, tests.measured, tests.last) if one]
    return found


def known_documents(string: String) -> dict[str, bytes]:
    """Return the saved states of a string, by key."""
    return {
        state_codec.RUNNING: state_codec.encode_running(string.state.running),
        state_codec.LEARNED: state_codec.encode_learned(string.state.learned),
    }


def changed_documents(string: String, events: Sequence[Event]) -> Mapping[str, bytes]:
    """Return the saved states that change with events: without them a restart would let the same happen again."""
    if only_points(events):
        return {}
    documents = {state_codec.RUNNING: state_codec.encode_running(string.state.running)}
    if any(isinstance(event, DischargeEnded | Replaced) for event in events):
        documents[state_codec.LEARNED] = state_codec.encode_learned(string.state.learned)
    return documents


def only_points(events: Sequence[Event]) -> bool:
    """Return whether the events are only points of discharge curves, which come each second."""
    return all(isinstance(event, DischargePoints) for event in events)
