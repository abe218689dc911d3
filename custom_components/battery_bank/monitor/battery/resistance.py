"""The results of the resistance tests of a string: baseline, trend, risk and health of each battery."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import exp, inf, log
from statistics import median
from typing import Final

from .baseline import baseline
from .common_alarms import fewest
from .events import (
    Baseline,
    BaselineKind,
    BaselineSet,
    BecameWeak,
    Event,
    ExchangeSuspected,
    MaybeReplaced,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from .limits import HOUR
from .resistance_judgement import (
    FEWEST,
    WEAK,
    JudgedStates,
    ResistanceState,
    ResistanceStates,
    compared,
    judged,
    reference_of,
    string_median,
    string_of,
)
from .resistance_steps import exchanged, may_be_exchanged, renewed
from .resistance_trend import Risk
from .settings import Settings
from .string_resistance import NEAR, REMEMBERED, RUN, Daily, StringResistance, daily, string_resistance

__all__ = [
    "REMEMBERED",
    "ResistanceState",
    "ResistanceStates",
    "continued",
    "found_again",
    "remembered",
    "replaced",
    "tested",
    "typed",
]

# The batteries that are judged at once, beside the one that was tested: each takes up to 1 ms.
AT_ONCE: Final = 20
# How long the first batteries of a run wait for the tests of others, if some may follow.
OTHERS_FOLLOW: Final = HOUR


def remembered(
    settings: Settings,
    tests: Iterable[ResistanceTest],
    baselines: Iterable[Baseline],
    replacements: Iterable[Replaced],
    now: float,
) -> ResistanceStates:
    """Return the states of the present batteries, from their records in the journal."""
    since = {one.battery: one.at for one in replacements}
    known = {one.battery: one if one.kind is not BaselineKind.NONE else None for one in baselines}
    by_battery: dict[str, list[ResistanceTest]] = {}
    for test in tests:
        by_battery.setdefault(test.battery, []).append(test)
    every: dict[str, tuple[Daily, ...]] = {battery: daily(of_battery) for battery, of_battery in by_battery.items()}
    string = string_resistance({battery: every.get(battery, ()) for battery in settings.batteries})
    states = {}
    for battery in settings.batteries:
        recent = tuple(test for test in by_battery.get(battery, ()) if now - test.at <= REMEMBERED)
        state = ResistanceState(
            tests=recent,
            baseline=known.get(battery),
            since=since.get(battery, settings.installed),
            days=daily(recent),
        )
        states[battery] = replace(state, reference=reference_of(state, every.get(battery, ()), string))
    string = string_of(states)
    judged_states = {battery: judged(settings, states, string, battery, now) for battery in states}
    after = _compared_all(settings, string, judged_states, now)
    return JudgedStates(after, string, waits_until=_waits_until(string, now, tests_follow=True))


def tested(settings: Settings, states: ResistanceStates, test: ResistanceTest) -> tuple[ResistanceStates, list[Event]]:
    """Add a test; the median of its string is filled in."""
    known = states.get(test.battery) or ResistanceState(since=settings.installed)
    others = {battery: one.last.ohmic_value for battery, one in states.items() if one.last}
    if test.usable:
        others[test.battery] = test.ohmic_value
    middle = median(others.values()) if len(others) >= FEWEST else None
    test = replace(test, string_median=middle)
    tests = tuple(one for one in known.tests if test.at - one.at <= REMEMBERED)
    events: list[Event] = [ResistanceTested(test=test)]
    known = replace(known, tests=(*tests, test), days=daily((*tests, test)))
    string = string_of(states)
    found = baseline(
        test.battery,
        known.tests,
        known.since,
        known.baseline,
        middle,
        test.at,
        season=string.season,
        reference=known.reference,
    )
    if found is not None and found != known.baseline:
        known = replace(known, baseline=found)
        events.append(BaselineSet(baseline=found))
    if test.usable:
        string = string.grown(test.battery, known.days)
    after = {**states, test.battery: known}
    due = _due(states)
    run = string.run(test.at)
    few = run is not None and len(run.values) <= FEWEST  # only now is it known what the first ones have in common
    if run is not None and few:
        due = [*due, *run.values]
    if _complete(string, after, test.at):  # the median of the run is known only now
        due = [battery for battery, one in after.items() if one.days]
    # A hub has results of all batteries at once: only after a step is it known whether others follow.
    judged_now, weak = _judged_some(settings, states, after, string, [test.battery, *due], test.at, tests_follow=True)
    return judged_now, [*events, *weak]


def continued(
    settings: Settings, states: ResistanceStates, now: float, *, tests_follow: bool
) -> tuple[ResistanceStates, Sequence[Event]]:
    """Judge some of the batteries that are to be judged again since the last run of tests was complete.

    Many batteries at once would keep everything else waiting. `tests_follow` is whether others may be tested soon.
    """
    due = _due(states)
    if isinstance(states, JudgedStates) and states.tests_follow is not tests_follow:
        until = _waits_until(states.string, now, tests_follow=tests_follow)
        ends = until != states.waits_until and not tests_follow  # the wait for tests that will not come
        states = JudgedStates(states, states.string, due, waits_until=now if ends else until, tests_follow=tests_follow)
    if not due and not (isinstance(states, JudgedStates) and now >= states.waits_until):
        return states, ()
    return _judged_some(settings, states, states, string_of(states), due, now, tests_follow=tests_follow)


def typed(
    settings: Settings, states: ResistanceStates, battery: str, ohmic_value: float, now: float
) -> tuple[ResistanceStates, list[Event]]:
    """Set a baseline in Ω that a person has typed."""
    known = states.get(battery) or ResistanceState(since=settings.installed)
    found = Baseline(battery=battery, kind=BaselineKind.TYPED, ohmic_value=ohmic_value, at=now)
    after, weak = _changed(settings, states, replace(known, baseline=found, reference=None), battery, now)
    return after, [BaselineSet(baseline=found), *weak]


def found_again(
    settings: Settings, states: ResistanceStates, battery: str, now: float
) -> tuple[ResistanceStates, list[Event]]:
    """Reset the baseline of a battery, and find it again if there are enough tests."""
    known = states.get(battery) or ResistanceState(since=settings.installed)
    season = string_of(states).season
    found = baseline(battery, known.tests, known.since, None, string_median(states), now, season=season)
    kept = found or Baseline(battery=battery, kind=BaselineKind.NONE, ohmic_value=0.0, at=now)
    after, weak = _changed(settings, states, replace(known, baseline=found, reference=None), battery, now)
    return after, [BaselineSet(baseline=kept), *weak]


def replaced(
    settings: Settings, states: ResistanceStates, replacement: Replaced, now: float
) -> tuple[ResistanceStates, list[Event]]:
    """Replace a battery: older tests and an older baseline belong to the battery before it."""
    known = states.get(replacement.battery) or ResistanceState()
    tests = tuple(test for test in known.tests if test.at >= replacement.at)
    fresh = ResistanceState(tests=tests, since=replacement.at, days=daily(tests))
    after, weak = _changed(settings, states, fresh, replacement.battery, now)
    events: list[Event] = [replacement]
    # The replacement was entered late: the baseline is from tests of the battery before it.
    if known.baseline is not None and known.baseline.at >= replacement.at:
        none = Baseline(battery=replacement.battery, kind=BaselineKind.NONE, ohmic_value=0.0, at=now)
        events.append(BaselineSet(baseline=none))
    return after, [*events, *weak]


def _changed(
    settings: Settings, states: ResistanceStates, known: ResistanceState, battery: str, now: float
) -> tuple[ResistanceStates, list[Event]]:
    """Store a battery that a person has changed, and judge it and all others again."""
    after = {**states, battery: known}
    follow = not isinstance(states, JudgedStates) or states.tests_follow
    return _judged_some(settings, states, after, string_of(after), [battery, *after], now, tests_follow=follow)


def _judged_some(
    settings: Settings,
    before: ResistanceStates,
    states: ResistanceStates,
    string: StringResistance,
    due: Iterable[str],
    now: float,
    *,
    tests_follow: bool,
) -> tuple[ResistanceStates, list[Event]]:
    """Judge the first of some batteries, compare all with each other, and return what has become of them."""
    due = list(dict.fromkeys(due))
    after = {**states}
    for battery in due[: AT_ONCE + 1]:
        after[battery] = judged(settings, after, string, battery, now)
    after = _compared_all(settings, string, after, now, tests_follow=tests_follow)
    events = [*_weak(settings, before, after, string, now), *_steps(before, after, now)]
    left = due[AT_ONCE + 1 :]
    until = _waits_until(string, now, tests_follow=tests_follow)
    return JudgedStates(after, string, left, waits_until=until, tests_follow=tests_follow), events


def _waits_until(string: StringResistance, now: float, *, tests_follow: bool) -> float:
    """Return until when the batteries of the last run wait for the tests of others; infinite if they do not."""
    run = string.under_way(now)
    if run is None:
        return inf
    return run.until + OTHERS_FOLLOW if tests_follow and _alone(string, now) else run.begun + RUN


def _alone(string: StringResistance, now: float) -> bool:
    """Return whether so few batteries were tested in this run that a step of theirs may be one of the whole string."""
    run = string.under_way(now)
    if run is None or now - run.until >= OTHERS_FOLLOW:
        return False
    # Where the first ones have the same step, so many are waited for as have one alarm in common.
    enough = fewest(len(string.days)) if run.step else FEWEST
    return len(run.values) < min(enough, len(string.days)) and len(string.days) >= FEWEST


def _due(states: ResistanceStates) -> Sequence[str]:
    return states.due if isinstance(states, JudgedStates) else ()


def _complete(string: StringResistance, states: ResistanceStates, now: float) -> bool:
    """Return whether all batteries of a string that are tested at all were tested in this run: its median is known."""
    run = string.under_way(now)
    tested = [battery for battery, one in states.items() if one.days and now - one.days[-1].at <= NEAR]
    return run is not None and all(battery in run.values for battery in tested)


def _compared_all(
    settings: Settings, string: StringResistance, states: ResistanceStates, now: float, *, tests_follow: bool = True
) -> dict[str, ResistanceState]:
    """Compare all batteries with each other, and judge those again that are taken for another one or no longer are."""
    run = string.under_way(now)
    tested = run.values if run is not None else {}
    # Those that are still to be tested in this run have the step that the others have in common, presumably.
    step = exp(run.step) if run is not None else 1.0
    last = {battery: one.last.ohmic_value for battery, one in states.items() if one.last}
    stepped = [value if battery in tested else value * step for battery, value in last.items()]
    middle = median(stepped) if len(stepped) >= FEWEST else None
    alone = tests_follow and _alone(string, now)
    values = {battery: one.values for battery, one in states.items()}
    after = dict[str, ResistanceState]()
    for battery, one in states.items():
        # A person may have exchanged it with a battery that is still to be tested in this run.
        waits = battery in tested and (alone or may_be_exchanged(battery, values, tested, string.noise))
        known = one if one.waits is waits else replace(one, waits=waits)
        usual = middle if middle is None or battery in tested else middle / step
        if alone and battery not in tested and one.last is not None and one.string_ratio:
            usual = one.last.ohmic_value / one.string_ratio  # as before the run, of which too little is known
        after[battery] = compared(settings, known, usual) if one.last is not None else known
    if len(states) < FEWEST:
        return after
    others = exchanged(
        {battery: one.step for battery, one in after.items()},
        {battery: one.exchanged_with for battery, one in after.items()},
        string.noise,
    )
    new = renewed(
        {
            battery: (one.values[-1][1], one.step)
            for battery, one in after.items()
            if one.values and battery not in others and not one.unsteady
        },
        {battery: one.renewed for battery, one in after.items()},
        string.noise,
    )
    for battery, one in after.items():
        other, since = others.get(battery), new.get(battery)
        if one.exchanged_with != other:
            after[battery] = replace(one, exchanged_with=other, renewed=since)
            usual = middle if middle is None or battery in tested else middle / step
            after[battery] = compared(settings, judged(settings, after, string, battery, now), usual)
        elif one.renewed != since:
            after[battery] = replace(one, renewed=since)
    return after


def _steps(before: ResistanceStates, after: ResistanceStates, now: float) -> list[Event]:
    events = list[Event]()
    for battery, one in after.items():
        known = before.get(battery) or ResistanceState()
        other = one.exchanged_with
        if other is not None and other != known.exchanged_with and battery < other:
            events.append(ExchangeSuspected(battery=battery, other=other, at=now))
        if one.renewed is not None and known.renewed is None:
            events.append(MaybeReplaced(battery=battery, at=now))
    return events


def _weak(
    settings: Settings, before: ResistanceStates, after: ResistanceStates, string: StringResistance, now: float
) -> list[BecameWeak]:
    run = string.under_way(now)
    if run is not None and run.step >= 2 * log(settings.by_key["resistance_rise"].warning):
        # One alarm of the string says that all batteries have risen at once, by more than any ageing between two tests.
        after = {battery: one for battery, one in after.items() if one.trend.rapid}
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
