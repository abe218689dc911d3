"""The ohmic value that a battery is compared with."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from .events import Baseline, BaselineKind, ResistanceTest
from .limits import DAY

# Franklin, Midtronics: after 72 h of float, and again after 90 to 180 days, whichever is better.
PROVISIONAL: Final = (3 * DAY, 14 * DAY)
FINAL: Final = (90 * DAY, 180 * DAY)
WINDOW: Final = 14 * DAY  # whose median counts, so that one bad test doesn't
# What is older when it is first tested has no baseline of its own.
OLD: Final = 180 * DAY


def baseline(
    battery: str,
    tests: Sequence[ResistanceTest],
    installed: float | None,
    current: Baseline | None,
    string_median: float | None,
    now: float,
) -> Baseline | None:
    """Return the baseline in Ω after so many tests (oldest first, since it was `installed`, s since 1970), or None.

    Provisional: the median of days 3 to 14. Final: the lowest median of 14 days within days 90 to 180, once those are
    over (Franklin, Midtronics). A battery that was older when first tested gets its string's median, once and for all.
    What was typed, or is final, stays.
    """
    usable = [test for test in tests if test.usable]
    settled = current is not None and current.kind in (BaselineKind.TYPED, BaselineKind.FINAL)
    if settled or not usable:
        return current
    if installed is None or usable[0].at - installed > OLD:
        kind, value = BaselineKind.STRING, string_median if current is None else None
    else:
        kind, value = BaselineKind.FINAL, _final(usable, installed, now)
        if value is None:
            kind, value = BaselineKind.PROVISIONAL, _provisional(usable, installed, now)
        elif current is not None and current.kind is BaselineKind.PROVISIONAL:
            value = min(value, current.ohmic_value)
    if value is None or (current is not None and (current.kind, current.ohmic_value) == (kind, value)):
        return current
    return Baseline(battery=battery, kind=kind, ohmic_value=value, at=now)


def _final(tests: Sequence[ResistanceTest], installed: float, now: float) -> float | None:
    begin, end = FINAL
    late = [test for test in tests if begin <= test.at - installed <= end]
    if not late or now - installed <= end:
        return None
    windows = [[test.ohmic_value for test in late if 0 <= test.at - one.at < WINDOW] for one in late]
    # The last windows hold ever fewer tests, and one bad one would be their median. Monthly tests are alone in theirs.
    fullest = max(map(len, windows))
    return min(median(window) for window in windows if len(window) > fullest / 2)


def _provisional(tests: Sequence[ResistanceTest], installed: float, now: float) -> float | None:
    begin, end = PROVISIONAL
    first = [test.ohmic_value for test in tests if begin <= test.at - installed <= end]
    if not first and now - installed > end:  # the first weeks brought none: the first of all must do until the final
        first = [tests[0].ohmic_value]
    return median(first) if first else None
