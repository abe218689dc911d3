"""The rules of the alarms by other sensors of the room."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from .alarm_kinds import AlarmKind
from .alarms import Judge
from .room import FAULTS, fault_key
from .situation import Situation


def _hydrogen(judge: Judge, now: Situation) -> None:
    judge.check(now.limits["room_hydrogen"], None, now.sample.room.hydrogen)


def _fault(kind: AlarmKind, judge: Judge, now: Situation) -> None:
    """Judge how long a fault lasts; that is unknown while its sensor has no value."""
    known = kind in now.sample.room.faults
    judge.check(now.limits[kind], None, now.minutes(fault_key(kind)) if known else None)


RULES: Final[Mapping[AlarmKind, Callable[[Judge, Situation], None]]] = {
    AlarmKind.ROOM_HYDROGEN: _hydrogen,
    **{kind: partial(_fault, kind) for kind in FAULTS},
}
