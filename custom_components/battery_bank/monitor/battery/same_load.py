"""Which voltages were read under the same load, so that they can be compared.

A round takes seconds. With a load that comes and goes within a round, some batteries are read with it and some without.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .limits import MINUTE

# A lower change of the current moves a cell by less than the limit for a deviation in a discharge: 0.1 V [I].
CHANGE: Final = 0.5  # × C10 in A
QUICK: Final = 2.0  # s; voltages that were read within this time are compared in any case
# The current is read once a second: so long before and after a change was seen, the load of a reading is uncertain.
BEFORE: Final = 1.5  # s
AFTER: Final = 0.5  # s
KEPT: Final = MINUTE  # of the history
MOST: Final = 60  # loads in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """A current that lasts, and since when."""

    at: float  # s since 1970
    current: float  # A


type Loads = tuple[Load, ...]  # the oldest first; each lasts until the next


def step(before: Loads, capacity: float, current: float | None, now: float) -> Loads:
    """Add the current (A) of a string with a capacity in Ah. Without a current, nothing is known of its load."""
    if current is None:
        return ()
    if before and abs(current - before[-1].current) < CHANGE * capacity and now >= before[-1].at:
        if len(before) == 1 or now - before[1].at < KEPT:
            return before
        return before[1:]
    return (*(before if before and now >= before[-1].at else ()), Load(at=now, current=current))[-MOST:]


def compared(loads: Loads, capacity: float, read_at: Mapping[str, float]) -> frozenset[str] | None:
    """Return the most batteries whose voltages were read under the same load; None if all of them were.

    `read_at` is when the voltage of each battery was read.
    """
    changes = [load.at for load in loads[1:]]
    if not changes or not read_at:
        return None
    first, last = min(read_at.values()), max(read_at.values())
    if last - first <= QUICK or changes[-1] + AFTER < first:
        return None
    together = defaultdict[int, list[str]](list)
    for battery, at in read_at.items():
        place = bisect_right(changes, at)
        after, before = changes[place:], changes[:place]
        if not (after and after[0] - at < BEFORE) and not (before and at - before[-1] < AFTER):
            together[round(loads[place].current / (CHANGE * capacity))].append(battery)
    return frozenset(max(together.values(), key=len, default=()))
