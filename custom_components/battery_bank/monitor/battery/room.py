"""The other sensors of the room: what they measure now, and since when a fault that they show lasts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .alarm_kinds import AlarmKind, Group

# The kinds whose sensor is on or off. Their values are the minutes that the fault lasts.
FAULTS: Final = tuple(kind for kind in AlarmKind if kind.traits.group is Group.ROOM and kind.traits.unit == "min")
TEMPERATURE: Final = "room_temperature"  # the sensor that no alarm is named after
NOTHING: Mapping[AlarmKind, bool] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What the other sensors of the room measure now. A value that is missing is not measured, and never OK."""

    has_temperature: bool = False  # whether a sensor of its own stands in for the one of the string module
    temperature: float | None = None  # °C
    hydrogen: float | None = None  # % of the air
    faults: Mapping[AlarmKind, bool] = field(default=NOTHING)  # by kind; True is the fault


def fault_key(kind: AlarmKind) -> str:
    """Return the key of `Since` for a fault of the room."""
    return f"room {kind}"


def lasting(before: Collection[str], room: Room, raised: Collection[AlarmKind]) -> set[str]:
    """Return the keys of `Since` for the faults that last; `before` are the present keys.

    Whether a fault lasts is unknown while its sensor has no value: then it lasts as long as its alarm is `raised`, and
    the delay of a pending alarm starts again.
    """
    return {fault_key(kind) for kind in FAULTS if room.faults.get(kind, kind in raised and fault_key(kind) in before)}
