"""Whether the current has the right sign: what flows into a string must lift its voltage, what flows out lower it."""

from dataclasses import dataclass, replace
from typing import Final

from .counters import LONGEST_GAP
from .operating_state import Cells
from .settings import Settings

JUMP: Final = 0.05  # of C10 in A: what load or charger do at a stroke, and neither ageing nor a float current
STEADY: Final = 0.5  # of a jump: what may come and go before and after it
# The voltages of a sample are of one round, its current of the last second. So long takes a round of 240 batteries.
SETTLE: Final = 15.0  # s
MOVED: Final = 0.01  # V per cell: less is noise, or a battery that recovers
ENOUGH: Final = 3  # contradictions, and nothing that speaks against them


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A string at one moment."""

    at: float  # s since 1970, UTC
    current: float  # A
    voltage: float  # V per cell
    heard: int  # of how many batteries that is the middle


@dataclass(frozen=True, kw_only=True, slots=True)
class Polarity:
    """What the jumps of the current have said of its sign."""

    contradictions: int = 0  # since the last jump that agreed, or since the sign was set
    inverted: bool = False  # how the sign was set then
    earlier: Look | None = None  # the string before the last look …
    last: Look | None = None  # … and then
    jumped: Look | None = None  # right after a jump whose effect is awaited

    @property
    def reversed(self) -> bool:
        """Whether the sensor sits the wrong way round."""
        return self.contradictions >= ENOUGH


def step(
    settings: Settings, before: Polarity, cells: Cells | None, current: float | None, heard: int, now: float
) -> Polarity:
    """Take what `heard` so many batteries and the current (A) say now; what is no steady jump says nothing."""
    if before.inverted != settings.inverted:
        before = Polarity(inverted=settings.inverted)
    if cells is None or current is None:
        return before if before.last is None else _afresh(before, None)
    look = Look(at=now, current=current, voltage=cells.voltage, heard=heard)
    if before.last is None or not 0 <= now - (before.jumped or before.last).at <= LONGEST_GAP:
        return _afresh(before, look)
    least = JUMP * settings.capacity
    if before.jumped is not None:
        return _awaited(before, before.jumped, look)
    if abs(current - before.last.current) > least:
        return _afresh(before, look) if before.earlier is None else replace(before, jumped=look)
    if now - before.last.at >= SETTLE:
        return replace(before, earlier=before.last, last=look)
    return before


def _awaited(before: Polarity, jumped: Look, look: Look) -> Polarity:
    """Judge a jump once the voltages have followed, if the current was steady before it and is so since."""
    earlier, last = before.earlier, before.last
    assert earlier is not None and last is not None  # noqa: S101, PT018 - there is no jump without them
    jump = jumped.current - last.current
    unsteady = max(abs(look.current - jumped.current), abs(last.current - earlier.current)) > STEADY * abs(jump)
    if unsteady or look.heard != earlier.heard:
        return _afresh(before, look)
    if look.at - jumped.at < SETTLE:
        return before
    moved = look.voltage - earlier.voltage
    after = _afresh(before, look)
    if abs(moved) < MOVED:
        return after
    return replace(after, contradictions=0 if (moved > 0) == (jump > 0) else min(before.contradictions + 1, ENOUGH))


def _afresh(before: Polarity, look: Look | None) -> Polarity:
    return replace(before, earlier=None, last=look, jumped=None)
