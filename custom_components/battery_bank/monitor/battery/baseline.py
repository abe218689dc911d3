"""The baseline: the internal resistance that a battery is compared with."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from .events import Baseline, BaselineKind, ResistanceTest
from .limits import DAY
from .resistance_season import Common, Season

# Franklin, Midtronics: after 72 h of float, and again after 90 to 180 days, whichever is better.
PROVISIONAL: Final = (3 * DAY, 14 * DAY)
FINAL: Final = (90 * DAY, 180 * DAY)
WINDOW: Final = 14 * DAY  # the median of its tests is used, so that one bad test has no effect
# A battery that is older than this at its first test has no baseline of its own.
OLD: Final = 180 * DAY


def baseline(
    battery: str,
    tests: Sequence[ResistanceTest],
    installed: float | None,
    current: Baseline | None,
    string_median: float | None,
    now: float,
    *,
    season: Season | None = None,
    reference: Common | None = None,
) -> Baseline | None:
    """Return the baseline of a battery in Ω, or None if there are not enough tests.

    `tests` are those since it was installed, oldest first; `installed` and `now` are s since 1970. The provisional
    baseline is the median of days 3 to 14. The final baseline is the lowest median of 14 days within days 90 to 180,
    found after day 180 (Franklin, Midtronics). A battery that is older at its first test gets the median of its string,
    once. A final baseline, or one that a person has typed, does not change.

    The lowest one is the lowest at the same temperature, by the `season` of the string: otherwise it would be that of
    the warmest day. `reference` are the conditions of the `current` baseline.
    """
    usable = [test for test in tests if test.usable]
    settled = current is not None and current.kind in (BaselineKind.TYPED, BaselineKind.FINAL)
    if settled or not usable:
        return current
    if installed is None or usable[0].at - installed > OLD:
        kind, value = BaselineKind.STRING, string_median if current is None else None
    else:
        season, before = season or Season(), None
        if current is not None and current.kind is BaselineKind.PROVISIONAL:
            before = current.ohmic_value, reference.temperature if reference else None
        kind, value = BaselineKind.FINAL, _final(usable, installed, now, season, before)
        if value is None:
            kind, value = BaselineKind.PROVISIONAL, _provisional(usable, installed, now)
    if value is None or (current is not None and (current.kind, current.ohmic_value) == (kind, value)):
        return current
    return Baseline(battery=battery, kind=kind, ohmic_value=value, at=now)


def _final(
    tests: Sequence[ResistanceTest],
    installed: float,
    now: float,
    season: Season,
    provisional: tuple[float, float | None] | None,
) -> float | None:
    """Return the lowest of the medians and the `provisional` baseline (Ω, °C) at the same temperature, as measured."""
    begin, end = FINAL
    late = [test for test in tests if begin <= test.at - installed <= end]
    if not late or now - installed <= end:
        return None
    windows = [[test for test in late if 0 <= test.at - one.at < WINDOW] for one in late]
    # The last windows have fewer and fewer tests, so that one bad test would be their median; they are left out. With
    # monthly tests, every window has one test.
    fullest = max(map(len, windows))
    found = [_middle(window) for window in windows if len(window) > fullest / 2]
    if provisional is not None:
        found.append(provisional)
    if any(temperature is None for _, temperature in found):
        return min(value for value, _ in found)
    there = found[0][1]
    return min(found, key=lambda one: one[0] / season.factor(one[1], there))[0]


def _middle(window: Sequence[ResistanceTest]) -> tuple[float, float | None]:
    """Return the medians of the resistance in Ω and of the temperature in °C."""
    temperatures = [test.temperature for test in window if test.temperature is not None]
    return median(test.ohmic_value for test in window), median(temperatures) if temperatures else None


def _provisional(tests: Sequence[ResistanceTest], installed: float, now: float) -> float | None:
    begin, end = PROVISIONAL
    first = [test.ohmic_value for test in tests if begin <= test.at - installed <= end]
    if not first and now - installed > end:  # without tests in the first weeks, the first test is used until the final
        first = [tests[0].ohmic_value]
    return median(first) if first else None
