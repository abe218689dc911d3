"""What steps in the internal resistance mean that no ageing explains: a loose contact, an exchange, a new battery."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log
from statistics import median, quantiles
from typing import Final

from .resistance_trend import Points
from .string_resistance import RUN

# Unsteady: the median step between the last tests, against that of the string's tests. ±25 % at random makes steps of
# 15 % in the median; the noise of tests 1 to 4 %.
TESTS: Final = 6
STEP: Final = 0.08
USUAL: Final = 4.0  # standard deviations of the noise of the string
TURNS: Final = 2  # changes of direction: ageing rises only
# Exchanged or new: a step that stays.
LATELY: Final = 12  # tests in which it is looked for
AFTER: Final = 4  # tests after it
OWN: Final = 20  # tests before it that are the battery's own level, whatever was exchanged and put back meanwhile
JUST_BEFORE: Final = 4
EXCHANGED: Final = 0.08  # the smallest step of two batteries that were exchanged …
ALIKE: Final = 0.04  # … and the largest difference from the value of the other one
NEW: Final = 0.15  # the smallest fall …
CONFIRMED: Final = 2  # … in so many tests, and not before the last eight …
# … or in so many, if the battery was no worse than the others before: a loose contact may be low some times, too.
WORSE: Final = 1.15
CONFIRMED_WELL: Final = 4
STEADY: Final = 0.5  # of the step, by which neighbouring tests differ at most on each side of a step that stays
NEWS: Final = 8
AMONG_BEST: Final = 1.1  # … to the lower quartile of the string, times this
KEPT: Final = 2.0  # what is suspected stays so until it misses these by so many times


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The largest step in the last values of a battery, all of them over the median of the string."""

    at: float  # s since 1970, UTC: of the first test after it
    before: float  # the median of the tests just before it …
    own: float  # … and that of many more
    after: float
    tests: int  # after it
    apart: float  # the largest change of the logarithm between two neighbouring tests on the same side of it

    @property
    def size(self) -> float:
        """The change of the logarithm."""
        return log(self.after / self.before)

    @property
    def away(self) -> float:
        """The change of the logarithm from the battery's own level: none if an exchange was put right."""
        return log(self.after / self.own)

    def stays(self, noise: float) -> bool:
        """Return whether the tests before and after are steady, as those of a loose contact are not."""
        return self.apart <= max(STEADY * abs(self.size), USUAL * noise)


def unsteadiness(values: Sequence[float], noise: float) -> float:
    """Return how many times a test is the one before, in the median of the last ones; 1 for a steady battery.

    `noise` is that of the tests of the string, relative, one standard deviation. A battery stays unsteady until its
    steps are half as large.
    """
    found = 1.0
    for end in range(TESTS, len(values) + 1):
        steps = [log(after / before) for before, after in pairwise(values[end - TESTS : end])]
        size = median(map(abs, steps))
        turns = sum(one * other < 0 for one, other in pairwise(steps))
        needed = max(STEP, USUAL * noise) * (0.5 if found > 1 else 1.0)
        found = 1 + size if size > needed and (turns >= TURNS or found > 1) else 1.0
    return found


def step(values: Points) -> Step | None:
    """Return the largest step of a battery among its last values; None with few of them."""
    values = values[-(LATELY + OWN) :]
    best: Step | None = None
    largest = 0.0
    for place in range(max(2, len(values) - LATELY), len(values)):
        known = [value for _, value in values[:place]]
        found = Step(
            at=values[place][0],
            before=median(known[-JUST_BEFORE:]),
            own=median(known[-OWN:]),
            after=median(value for _, value in values[place : place + AFTER]),
            tests=len(values) - place,
            apart=max(_apart(known[-JUST_BEFORE:]), _apart([value for _, value in values[place : place + AFTER]])),
        )
        # The medians do not say between which two tests the step is; the tests themselves do.
        here = log(values[place][1] / known[-1])
        size = abs(found.size) + abs(here)
        if size > largest and here * found.size > 0 and abs(here) >= STEADY * abs(found.size):
            best, largest = found, size
    return best


def _apart(values: Sequence[float]) -> float:
    return max((abs(log(after / before)) for before, after in pairwise(values)), default=0.0)


def exchanged(steps: Mapping[str, Step | None], known: Mapping[str, str | None], noise: float) -> Mapping[str, str]:
    """Return the batteries whose values have swapped with those of another in the same run, and which other.

    `steps` are the largest ones of values over the median of the string; `known` are the pairs that were suspected
    before.
    """
    least = max(EXCHANGED, USUAL * noise)
    large = {
        battery: one
        for battery, one in steps.items()
        if one and min(abs(one.size), abs(one.away)) > least and (one.stays(noise) or known.get(battery))
    }
    found = dict[str, str]()
    for battery, one in large.items():
        best = inf
        for name, other in large.items():
            off = max(abs(log(one.after / other.before)), abs(log(other.after / one.before)))
            alike = max(ALIKE, 3 * noise) * (KEPT if known.get(battery) == name else 1.0)
            if (
                name != battery
                and abs(one.at - other.at) <= RUN
                and one.size * other.size < 0
                and off < min(best, alike)
            ):
                found[battery], best = name, off
    return {battery: other for battery, other in found.items() if found.get(other) == battery}


def may_be_exchanged(battery: str, values: Mapping[str, Points], tested: Collection[str], noise: float) -> bool:
    """Return whether the last value of a battery is that of another one, which is still to be `tested` in this run."""
    own = values[battery]
    if len(own) < 3:  # noqa: PLR2004 - a step
        return False
    after, before = own[-1][1], median(value for _, value in own[:-1][-JUST_BEFORE:])
    if abs(log(after / before)) <= max(EXCHANGED, USUAL * noise):
        return False
    others = (points[-1][1] for name, points in values.items() if points and name != battery and name not in tested)
    return any(abs(log(after / other)) < max(ALIKE, 3 * noise) for other in others)


def renewed(
    values: Mapping[str, tuple[float, Step | None]], known: Mapping[str, float | None], noise: float
) -> Mapping[str, float]:
    """Return the batteries that may be new, and since when: they have fallen to the best of the string.

    `values` are the last ones over the median of the string, with the largest step of each battery; `known` are the
    batteries that were suspected before.
    """
    last = [value for value, _ in values.values()]
    if len(last) < 3:  # noqa: PLR2004 - a quartile
        return {}
    best, middle, _ = quantiles(last, method="inclusive")
    found = dict[str, float]()
    for battery, (_, one) in values.items():
        grace = KEPT if known.get(battery) is not None else 1.0
        if (
            one is not None
            and one.size < -NEW / grace
            and (one.stays(noise) or grace > 1)
            and (CONFIRMED if one.before >= WORSE * middle else CONFIRMED_WELL)
            <= one.tests
            <= (NEWS if grace <= 1 else LATELY)
            and one.after <= (1 + (AMONG_BEST - 1) * grace) * best
        ):
            found[battery] = one.at
    return found


def held(values: Sequence[float], limit: float, hysteresis: float) -> bool:
    """Return whether values are beyond a limit; they come back with two in a row below the hysteresis."""
    beyond, below = False, 0
    for value in values:
        below = below + 1 if value < limit - hysteresis else 0
        beyond = value >= limit or (beyond and below < CONFIRMED)
    return beyond
