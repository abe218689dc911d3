"""Whether the current has the right sign: a charge current raises the voltage, a discharge current lowers it."""

from dataclasses import dataclass, replace
from typing import Final

from .counters import LONGEST_GAP
from .operating_state import Cells
from .settings import Settings

JUMP: Final = 0.05  # of C10 in A: a step of the load or charger, much more than a float current changes
STEADY: Final = 0.5  # of a jump: the most that the current may change before and after it
# The voltages of a sample are up to one poll round old, its current up to 1 s. A round of 240 batteries takes this
# long.
SETTLE: Final = 15.0  # s
MOVED: Final = 0.01  # V per cell: less is noise, or a battery that recovers
ENOUGH: Final = 3  # contradictions in a row, until the sign is known to be wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The current and the voltage of a string at one moment."""

    at: float  # s since 1970, UTC
    current: float  # A
    voltage: float  # V per cell
    heard: int  # the number of batteries with a current voltage


@dataclass(frozen=True, kw_only=True, slots=True)
class Polarity:
    """The evidence about the sign of the current."""

    contradictions: int = 0  # jumps with the wrong sign since the last one with the right sign, or since it was set
    inverted: bool = False  # the setting of the sign at that time
    earlier: Snapshot | None = None  # the string one snapshot before `last`
    last: Snapshot | None = None
    jumped: Snapshot | None = None  # right after a jump, until the voltages have followed

    @property
    def reversed(self) -> bool:
        """Whether the current has the wrong sign."""
        return self.contradictions >= ENOUGH


def step(
    settings: Settings, before: Polarity, cells: Cells | None, current: float | None, count: int, now: float
) -> Polarity:
    """Judge the voltages of `count` batteries and the current (A). Only a jump between steady currents is evidence."""
    if before.inverted != settings.inverted:
        before = Polarity(inverted=settings.inverted)
    if cells is None or current is None:
        return before if before.last is None else _restarted(before, None)
    seen = Snapshot(at=now, current=current, voltage=cells.voltage, heard=count)
    if before.last is None or not 0 <= now - (before.jumped or before.last).at <= LONGEST_GAP:
        return _restarted(before, seen)
    least = JUMP * settings.capacity
    if before.jumped is not None:
        return _judge_jump(before, before.jumped, seen)
    if abs(current - before.last.current) > least:
        return _restarted(before, seen) if before.earlier is None else replace(before, jumped=seen)
    if now - before.last.at >= SETTLE:
        return replace(before, earlier=before.last, last=seen)
    return before


def _judge_jump(before: Polarity, jumped: Snapshot, seen: Snapshot) -> Polarity:
    """Judge a jump after the voltages have followed, if the current was steady before it and has been since."""
    earlier, last = before.earlier, before.last
    assert earlier is not None and last is not None  # noqa: S101, PT018 - there is no jump without them
    jump = jumped.current - last.current
    unsteady = max(abs(seen.current - jumped.current), abs(last.current - earlier.current)) > STEADY * abs(jump)
    if unsteady or seen.heard != earlier.heard:
        return _restarted(before, seen)
    if seen.at - jumped.at < SETTLE:
        return before
    moved = seen.voltage - earlier.voltage
    after = _restarted(before, seen)
    if abs(moved) < MOVED:
        return after
    return replace(after, contradictions=0 if (moved > 0) == (jump > 0) else min(before.contradictions + 1, ENOUGH))


def _restarted(before: Polarity, seen: Snapshot | None) -> Polarity:
    return replace(before, earlier=None, last=seen, jumped=None)
