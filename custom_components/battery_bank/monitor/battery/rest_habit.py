"""The habit of a string to rest: a site off the grid rests each night, and that is no fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from .limits import DAY, HOUR, Limit

REMEMBERED: Final = 14 * DAY
# A rest that has not come again within this time was an incident, such as a breaker that a technician had opened.
SINGLE: Final = 3 * DAY
MOST: Final = 14  # rests
SHORTEST: Final = 0.5 * HOUR  # s; shorter ones never come near a limit
# By how much a rest may be longer than the longest usual one: nights and dull days differ [I].
WARNING: Final = (1.5, 1.0)  # times the usual hours, and so many h more
ALARM: Final = (2.0, 12.0)
# A string that was discharged or recharged on the last day may be one that rests each night, whose habit is not known
# yet; and after a boost charge, no current flows until its voltage is down to that of float [I].
CYCLED: Final = (3.0, 24.0)  # h


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """A rest of the string that a charge or a discharge has ended."""

    ended: float  # s since 1970
    hours: float


type Rests = tuple[Rest, ...]


def step(before: Rests, since_before: Mapping[str, float], since: Mapping[str, float], now: float) -> Rests:
    """Return the rests with one that has ended, if the string was at rest and is no longer; see `situation.Since`."""
    if "resting" not in since_before or "resting" in since:
        return before
    return ended(before, (now - since_before["resting"]) / HOUR, now)


def ended(before: Rests, hours: float, now: float) -> Rests:
    """Return the rests with one more; of too many, the shortest are forgotten."""
    kept = [one for one in before if now - one.ended < REMEMBERED]
    if hours * HOUR >= SHORTEST:
        kept.append(Rest(ended=now, hours=hours))
    longest = sorted(kept, key=lambda one: one.hours)[-MOST:]
    return tuple(sorted(longest, key=lambda one: one.ended))


def last(rests: Sequence[Rest]) -> float:
    """Return when the last rest ended, s since 1970; long ago if there was none."""
    return rests[-1].ended if rests else -inf


def usual(rests: Sequence[Rest], now: float) -> float:
    """Return the hours of the longest usual rest: of the last three days, or the second longest of two weeks."""
    lately = [one.hours for one in rests if now - one.ended < SINGLE]
    all_of_them = sorted(one.hours for one in rests if now - one.ended < REMEMBERED)
    return max([*lately, *all_of_them[-2:-1]], default=0.0)


def allowed(limit: Limit, hours: float, *, cycled: bool) -> Limit:
    """Return the limit of a rest.

    `hours` is the longest usual rest, and `cycled` whether the string was discharged or recharged on the last day.
    """
    (by, more), (by_alarm, more_alarm) = WARNING, ALARM
    least, least_alarm = CYCLED if cycled else (0.0, 0.0)
    if hours:
        least, least_alarm = max(least, by * hours + more), max(least_alarm, by_alarm * hours + more_alarm)
    return replace(limit, warning=max(limit.warning, least), alarm=max(limit.alarm, least_alarm))
