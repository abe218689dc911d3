"""The saved states as bytes, and back."""

from collections.abc import Collection, Mapping
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
_running_part_decoder: Final = BasicDecoder(Running)
_learned_encoder: Final = ORJSONEncoder(Learned)
_learned_decoder: Final = ORJSONDecoder(Learned)
_learned_part_decoder: Final = BasicDecoder(Learned)
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
    return _readable(data, _running_decoder, _running_part_decoder, ("watch", "counters"), "the saved state")


def _readable[T](
    data: bytes, whole: ORJSONDecoder[T], part: BasicDecoder[T], divided: Collection[str], name: str
) -> tuple[T, Mapping[str, str]]:
    """Return a state, and why parts of it can't be read, by their name. In `divided` fields each value is a part."""
    try:
        return whole.decode(data), {}
    except UNREADABLE as err:
        try:
            document = loads(data)
        except JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise SavedStateError(f"{name} can't be read: {err}") from err
    return _readable_parts(document, part, divided)


def _readable_parts[T](
    document: Mapping[str, Any], part: BasicDecoder[T], divided: Collection[str]
) -> tuple[T, Mapping[str, str]]:
    unreadable: dict[str, str] = {}

    def is_readable(field: str, value: Any, name: str) -> bool:
        try:
            part.decode({field: value})
        except UNREADABLE as err:
            unreadable[name] = str(err)
            return False
        return True

    found = dict(document)
    for field in divided:
        if isinstance(values := found.get(field), dict):
            found[field] = {key: one for key, one in values.items() if is_readable(field, {key: one}, key)}
    readable = {field: value for field, value in found.items() if is_readable(field, value, field)}
    return part.decode(readable), unreadable


def encode_learned(learned: Learned) -> bytes:
    """Return what was learned from discharges as bytes, without the discharge under way."""
    return _learned_encoder.encode(learned.finished())


def decode_learned(data: bytes) -> Learned:
    """Return the readable parts of what was learned; the others have their defaults. See `readable_learned`."""
    return readable_learned(data)[0]


def readable_learned(data: bytes) -> tuple[Learned, Mapping[str, str]]:
    """Return what was learned, and why parts of it can't be read, by their name; or raise `SavedStateError`.

    The curve of each battery is a part: without one the capacity and the other curves go on.
    """
    divided = ("curves", "capacities", "battery_steps")
    return _readable(data, _learned_decoder, _learned_part_decoder, divided, "what was learned")


def encode_count(count: Count) -> dict[str, Any]:
    """Return a count as a JSON object."""
    encoded: dict[str, Any] = _count_encoder.encode(count)
    return encoded


def readable_count(data: Mapping[str, Any]) -> tuple[Count, Mapping[str, str]]:
    """Return a count, and why parts of it can't be read, by their name: each counter is a part.

    Raises `SavedStateError` if it is no count.
    """
    if not isinstance(data, Mapping):
        raise SavedStateError(f"the copy of the counters can't be read: {data!r:.40}")
    return _readable_parts(data, _count_decoder, ("counters",))
