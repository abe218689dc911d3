"""The habit of a string to rest: a site off the grid rests each night, and that is no fault."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .limits import DAY, HOUR, Limit

REMEMBERED: Final = 14 * DAY
# A rest that has not come again within this time was an incident, such as a breaker that somebody had opened.
SINGLE: Final = 3 * DAY
MOST: Final = 14  # rests
SHORTEST: Final = 0.5 * HOUR  # s; shorter ones never come near a limit
# By how much a rest may be longer than the longest usual one: nights and dull days differ [I].
WARNING: Final = (1.5, 1.0)  # times the usual hours, and so many h more
ALARM: Final = (2.0, 12.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """A rest that a charge has ended without anybody's doing, as far as the monitor can tell."""

    ended: float  # s since 1970
    hours: float


type Rests = tuple[Rest, ...]


def ended(before: Rests, hours: float, now: float) -> Rests:
    """Return the rests with one more; of too many, the shortest are forgotten."""
    kept = [one for one in before if now - one.ended < REMEMBERED]
    if hours * HOUR >= SHORTEST:
        kept.append(Rest(ended=now, hours=hours))
    longest = sorted(kept, key=lambda one: one.hours)[-MOST:]
    return tuple(sorted(longest, key=lambda one: one.ended))


def usual(rests: Sequence[Rest], now: float) -> float:
    """Return the hours of the longest usual rest: of the last three days, or the second longest of two weeks."""
    lately = [one.hours for one in rests if now - one.ended < SINGLE]
    all_of_them = sorted(one.hours for one in rests if now - one.ended < REMEMBERED)
    return max([*lately, *all_of_them[-2:-1]], default=0.0)


def allowed(limit: Limit, hours: float) -> Limit:
    """Return the limit of a rest on a site whose longest usual rest has so many `hours`."""
    if not hours:
        return limit
    (by, more), (by_alarm, more_alarm) = WARNING, ALARM
    return replace(
        limit,
        warning=max(limit.warning, by * hours + more),
        alarm=max(limit.alarm, by_alarm * hours + more_alarm),
    )
