"""What the resistance tests of the batteries of a string say, put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from .baseline import baseline
from .events import Baseline, BaselineKind, BaselineSet, BecameWeak, Event, Replaced, ResistanceTest, ResistanceTested
from .limits import DAY
from .settings import Settings
from .trend import Risk, Trend, risk, trend

REMEMBERED: Final = 400 * DAY  # of tests; the journal has the rest
FEWEST: Final = 3  # batteries until a string's median means anything
# A rise of so much of the way to the warning is worth watching: 20 % where 30 % is the warning (C&D).
WATCH_SHARE: Final = 2 / 3
# Health is 0 % at 1.5 times the rise at which a battery is to be replaced: 1.75 times the baseline where that is 1.5
# times (the formula in use on Huasu's hardware).
DEAD_SHARE: Final = 1.5
WEAK: Final = (Risk.WEAK, Risk.REPLACE)  # and worse


@dataclass(frozen=True, kw_only=True)
class Ohmic:
    """One battery by its ohmic value. None is what can't be known (yet)."""

    tests: tuple[ResistanceTest, ...] = ()  # since it is there, oldest first, of the last 400 days
    baseline: Baseline | None = None
    since: float | None = None  # when it was installed or replaced another, s since 1970, UTC
    trend: Trend | None = None
    string_ratio: float | None = None  # its last value over the string's median
    risk: Risk | None = None
    health: float | None = None  # by its ohmic value, 1 at the baseline, 0 at the end

    @property
    def last(self) -> ResistanceTest | None:
        """The last test that means something."""
        return next((test for test in reversed(self.tests) if test.usable), None)

    @property
    def ratio(self) -> float | None:
        """The last value over the baseline; against itself, where that is the string's, it says nothing new."""
        return self.trend.ratio if self.trend else None

    @property
    def sudden_rise(self) -> float | None:
        """The values of the last 14 days over those of the 60 before; 1 if that is no more than tests differ by."""
        if self.trend is None or self.trend.rise is None:
            return None
        return self.trend.rise if self.trend.rapid else 1.0


type Ohmics = Mapping[str, Ohmic]  # by battery


def remembered(
    settings: Settings,
    tests: Iterable[ResistanceTest],
    baselines: Iterable[Baseline],
    replacements: Iterable[Replaced],
    now: float,
) -> Ohmics:
    """Put together what the journal has of the batteries that are there now."""
    since = {one.battery: one.at for one in replacements}
    known = {one.battery: one if one.kind is not BaselineKind.NONE else None for one in baselines}
    by_battery: dict[str, list[ResistanceTest]] = {}
    for test in tests:
        by_battery.setdefault(test.battery, []).append(test)
    ohmics = {
        battery: Ohmic(
            tests=tuple(by_battery.get(battery, ())),
            baseline=known.get(battery),
            since=since.get(battery, settings.installed),
        )
        for battery in settings.batteries
    }
    return {battery: _judged(settings, ohmics, battery, now) for battery in ohmics}


def tested(settings: Settings, ohmics: Ohmics, test: ResistanceTest) -> tuple[Ohmics, list[Event]]:
    """Take one more test; its string's median is filled in."""
    known = ohmics.get(test.battery) or Ohmic(since=settings.installed)
    others = {battery: one.last.ohmic_value for battery, one in ohmics.items() if one.last}
    if test.usable:
        others[test.battery] = test.ohmic_value
    middle = median(others.values()) if len(others) >= FEWEST else None
    test = replace(test, string_median=middle)
    tests = tuple(one for one in known.tests if test.at - one.at <= REMEMBERED)
    events: list[Event] = [ResistanceTested(test=test)]
    known = replace(known, tests=(*tests, test))
    found = baseline(test.battery, known.tests, known.since, known.baseline, middle, test.at)
    if found is not None and found != known.baseline:
        known = replace(known, baseline=found)
        events.append(BaselineSet(baseline=found))
    after, weak = _changed(settings, ohmics, known, test.battery, test.at)
    return after, [*events, *weak]


def typed(
    settings: Settings, ohmics: Ohmics, battery: str, ohmic_value: float, now: float
) -> tuple[Ohmics, list[Event]]:
    """Take a baseline in Ω that a person has typed."""
    known = ohmics.get(battery) or Ohmic(since=settings.installed)
    found = Baseline(battery=battery, kind=BaselineKind.TYPED, ohmic_value=ohmic_value, at=now)
    after, weak = _changed(settings, ohmics, replace(known, baseline=found), battery, now)
    return after, [BaselineSet(baseline=found), *weak]


def found_again(settings: Settings, ohmics: Ohmics, battery: str, now: float) -> tuple[Ohmics, list[Event]]:
    """Forget the baseline of a battery, typed or found, and find it again from its tests, if they suffice."""
    known = ohmics.get(battery) or Ohmic(since=settings.installed)
    found = baseline(battery, known.tests, known.since, None, _median(ohmics), now)
    kept = found or Baseline(battery=battery, kind=BaselineKind.NONE, ohmic_value=0.0, at=now)
    after, weak = _changed(settings, ohmics, replace(known, baseline=found), battery, now)
    return after, [BaselineSet(baseline=kept), *weak]


def replaced(settings: Settings, ohmics: Ohmics, replacement: Replaced, now: float) -> tuple[Ohmics, list[Event]]:
    """Begin anew with the battery that was put in the place of another; what is older is the other one's."""
    known = ohmics.get(replacement.battery) or Ohmic()
    tests = tuple(test for test in known.tests if test.at >= replacement.at)
    fresh = Ohmic(tests=tests, since=replacement.at)
    after, weak = _changed(settings, ohmics, fresh, replacement.battery, now)
    events: list[Event] = [replacement]
    if known.baseline is not None and known.baseline.at >= replacement.at:  # of the old battery: this was told late
        none = Baseline(battery=replacement.battery, kind=BaselineKind.NONE, ohmic_value=0.0, at=now)
        events.append(BaselineSet(baseline=none))
    return after, [*events, *weak]


def _changed(
    settings: Settings, ohmics: Ohmics, known: Ohmic, battery: str, now: float
) -> tuple[Ohmics, list[BecameWeak]]:
    """Take one battery as it is known now, compare all with each other anew, and tell which have become weak."""
    after = {**ohmics, battery: known}
    after[battery] = _judged(settings, after, battery, now)
    middle = _median(after)
    for other, one in after.items():
        if other != battery and one.last is not None:
            after[other] = _compared(settings, one, middle)
    return after, _weak(settings, ohmics, after, now)


def _weak(settings: Settings, before: Ohmics, after: Ohmics, now: float) -> list[BecameWeak]:
    limit = settings.by_key["resistance_baseline"]
    return [
        BecameWeak(
            battery=battery,
            at=now,
            ratio=one.ratio or one.string_ratio or 0.0,
            limit=limit.alarm if one.risk is Risk.REPLACE else limit.warning,
            to_replace=one.risk is Risk.REPLACE,
        )
        for battery, one in after.items()
        if one.risk in WEAK and (battery not in before or before[battery].risk not in WEAK)
    ]


def _median(ohmics: Ohmics) -> float | None:
    values = [one.last.ohmic_value for one in ohmics.values() if one.last]
    return median(values) if len(values) >= FEWEST else None


def _judged(settings: Settings, ohmics: Ohmics, battery: str, now: float) -> Ohmic:
    known = ohmics[battery]
    limit = settings.by_key["resistance_baseline"]
    base = known.baseline.ohmic_value if known.baseline else None
    return _compared(settings, replace(known, trend=trend(known.tests, base, now, limit.alarm)), _median(ohmics))


def _compared(settings: Settings, known: Ohmic, middle: float | None) -> Ohmic:
    limit = settings.by_key["resistance_baseline"]
    last = known.last
    string_ratio = last.ohmic_value / middle if last and middle else None
    watch = 1 + WATCH_SHARE * (limit.warning - 1)
    found = None
    if known.trend:
        found = risk(known.trend, string_ratio, watch=watch, weak=limit.warning, replace=limit.alarm)
    ratio = known.trend.ratio if known.trend else None
    health = None
    if ratio is not None:
        health = min(1.0, max(0.0, 1 - (ratio - 1) / (DEAD_SHARE * (limit.alarm - 1))))
    return replace(known, string_ratio=string_ratio, risk=found, health=health)
