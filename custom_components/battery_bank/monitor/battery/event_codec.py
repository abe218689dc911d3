"""Events as JSON objects, and back, for those that a journal could not take before the monitor stopped."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder

from . import events
from .events import Event
from .state_codec import UNREADABLE

_KINDS: Final = (
    events.AlarmRaised,
    events.AlarmDeescalated,
    events.AlarmAcknowledged,
    events.AlarmNoted,
    events.AlarmCleared,
    events.DischargeStarted,
    events.DischargePoints,
    events.DischargeEnded,
    events.ResistanceTested,
    events.BaselineSet,
    events.Replaced,
    events.MonitoringGap,
    events.MonitoredAgain,
    events.CapacityTested,
)
_ENCODERS: Final = {kind: BasicEncoder[Any](kind) for kind in _KINDS}
_DECODERS: Final = {kind.__name__: BasicDecoder[Any](kind) for kind in _KINDS}

type Encoded = dict[str, Any]  # the name of the kind under "event", and the fields


def encode_events(happened: Iterable[Event]) -> list[Encoded]:
    """Return the events that the journal keeps as JSON objects."""
    return [
        {"event": type(event).__name__, **_ENCODERS[type(event)].encode(event)}
        for event in happened
        if not isinstance(event, events.NotKept)
    ]


def decode_events(encoded: Sequence[Encoded]) -> tuple[list[Event], int]:
    """Return the events, and how many could not be read: those of a later release, and damaged ones."""
    found: list[Event] = []
    for one in encoded:
        try:
            found.append(_DECODERS[one["event"]].decode({key: value for key, value in one.items() if key != "event"}))
        except (*UNREADABLE, KeyError):
            continue
    return found, len(encoded) - len(found)
