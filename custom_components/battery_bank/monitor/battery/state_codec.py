"""The saved states as bytes, and back."""

from collections.abc import Mapping
from typing import Any, Final

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder
from mashumaro.codecs.orjson import ORJSONDecoder, ORJSONEncoder
from mashumaro.exceptions import InvalidFieldValue, MissingField
from orjson import JSONDecodeError

from ..errors import SavedStateError
from .learned import Learned
from .running_state import Count, Running

RUNNING: Final = "running"
LEARNED: Final = "learned"

UNREADABLE: Final = (InvalidFieldValue, MissingField, JSONDecodeError, ValueError, TypeError, AttributeError)
_running_encoder: Final = ORJSONEncoder(Running)
_running_decoder: Final = ORJSONDecoder(Running)
_learned_encoder: Final = ORJSONEncoder(Learned)
_learned_decoder: Final = ORJSONDecoder(Learned)
_count_encoder: Final = BasicEncoder(Count)
_count_decoder: Final = BasicDecoder(Count)


def encode_running(running: Running) -> bytes:
    """Return a running state as bytes."""
    return _running_encoder.encode(running)


def decode_running(data: bytes) -> Running:
    """Return the running state, or raise `SavedStateError`. Fields that an older version did not save have defaults."""
    try:
        return _running_decoder.decode(data)
    except UNREADABLE as err:
        raise SavedStateError(f"the saved state can't be read: {err}") from err


def encode_learned(learned: Learned) -> bytes:
    """Return what was learned from discharges as bytes, without the discharge under way."""
    return _learned_encoder.encode(learned.finished())


def decode_learned(data: bytes) -> Learned:
    """Return what was learned from discharges, or raise `SavedStateError`."""
    try:
        return _learned_decoder.decode(data)
    except UNREADABLE as err:
        raise SavedStateError(f"what was learned can't be read: {err}") from err


def encode_count(count: Count) -> dict[str, Any]:
    """Return a count as a JSON object."""
    encoded: dict[str, Any] = _count_encoder.encode(count)
    return encoded


def decode_count(data: Mapping[str, Any]) -> Count:
    """Return a count, or raise `SavedStateError`."""
    try:
        return _count_decoder.decode(data)
    except UNREADABLE as err:
        raise SavedStateError(f"the copy of the counters can't be read: {err}") from err
