"""The saved states as bytes, and back."""

from collections.abc import Mapping
from typing import Any, Final

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder
from mashumaro.codecs.orjson import ORJSONDecoder, ORJSONEncoder
from mashumaro.exceptions import InvalidFieldValue, MissingField
from orjson import JSONDecodeError, loads

from ..errors import SavedStateError
from .learned import Learned
from .running_state import Count, Running

RUNNING: Final = "running"
LEARNED: Final = "learned"

UNREADABLE: Final = (InvalidFieldValue, MissingField, JSONDecodeError, ValueError, TypeError, AttributeError)
_running_encoder: Final = ORJSONEncoder(Running)
_running_decoder: Final = ORJSONDecoder(Running)
_part_decoder: Final = BasicDecoder(Running)
_learned_encoder: Final = ORJSONEncoder(Learned)
_learned_decoder: Final = ORJSONDecoder(Learned)
_count_encoder: Final = BasicEncoder(Count)
_count_decoder: Final = BasicDecoder(Count)


def encode_running(running: Running) -> bytes:
    """Return a running state as bytes."""
    return _running_encoder.encode(running)


def decode_running(data: bytes) -> Running:
    """Return the readable parts of the running state; the others have their defaults. See `readable_running`."""
    return readable_running(data)[0]


def readable_running(data: bytes) -> tuple[Running, Mapping[str, str]]:
    """Return the running state, and why parts of it can't be read, by their name; or raise `SavedStateError`.

    Fields that an older version did not save have defaults. So have parts with words of a later release or without a
    field that they require: the counters and the charge go on without them. Of the alarms, each is a part.
    """
    try:
        return _running_decoder.decode(data), {}
    except UNREADABLE as err:
        try:
            document = loads(data)
        except JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise SavedStateError(f"the saved state can't be read: {err}") from err
    unreadable: dict[str, str] = {}
    watch = document.get("watch")
    if isinstance(watch, dict):
        document["watch"] = {
            key: one for key, one in watch.items() if _is_readable("watch", {key: one}, key, unreadable)
        }
    readable = {key: part for key, part in document.items() if _is_readable(key, part, key, unreadable)}
    return _part_decoder.decode(readable), unreadable


def _is_readable(field: str, part: Any, name: str, unreadable: dict[str, str]) -> bool:
    """Return whether a field of the running state can be read, and note under a name why not."""
    try:
        _part_decoder.decode({field: part})
    except UNREADABLE as err:
        unreadable[name] = str(err)
        return False
    return True


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
