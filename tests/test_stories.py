"""What befalls strings in months, played in seconds: each is found in time, and a healthy year is left in peace."""

from itertools import pairwise

import pytest

from custom_components.battery_bank.monitor.battery.design_life import life
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmRaised,
    BaselineKind,
    DischargeEnded,
    OperatingStateChanged,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.resistance_trend import Risk
from simulator.lives import DAY
from simulator.stories import HEALTHY, STORIES, Played, Story

SEEDS = (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_it_is_found_in_time_and_nothing_before(story: Story, seed: int) -> None:
    played = story.play(seed)
    assert [alarm for at, alarm in played.raised() if at < story.begins and alarm.battery] == []
    found = story.found(played)
    assert found is not None
    assert found <= story.within
    assert_alternating(played)


def assert_alternating(played: Played) -> None:
    """Nothing flaps: an alarm that is cleared does not come back within the hour."""
    by_subject: dict[tuple[str, str | None], list[tuple[float, bool]]] = {}
    for at, event in played.events:
        if isinstance(event, AlarmRaised | AlarmCleared):
            alarm: Alarm = event.alarm
            by_subject.setdefault((alarm.kind, alarm.battery), []).append((at, isinstance(event, AlarmRaised)))
    for subject, happened in by_subject.items():
        for (cleared_at, was_raised), (raised_at, is_raised) in pairwise(happened):
            if not was_raised and is_raised:
                assert raised_at - cleared_at > 3600, subject


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_healthy_year_raises_no_alarm() -> None:
    played = HEALTHY.play(1)
    assert played.raised() == []
    ended = [event.discharge for _, event in played.events if isinstance(event, DischargeEnded)]
    assert len(ended) == 10
    assert all(one.drawn == pytest.approx(20 * (one.end - one.start) / 3600, rel=0.03) for one in ended if one.end)
    assert sum(isinstance(event, OperatingStateChanged) for _, event in played.events) == 1 + 3 * 10
    state = played.state
    assert state.running.counters.discharges == 10
    assert state.running.counters.drawn == pytest.approx(sum(one.drawn or 0 for one in ended), rel=0.02)
    assert state.running.counters.watched == pytest.approx(365 * 24, rel=0.001)
    assert state.running.charge.state == 1.0
    for ohmic in state.resistances.values():
        assert ohmic.baseline is not None
        assert ohmic.baseline.kind is BaselineKind.FINAL
        assert ohmic.risk is Risk.STABLE
        assert ohmic.trend.enough
    used = life(played.settings, state.running.counters, played.life.now).used
    assert used == pytest.approx(1 / 10, rel=0.25)  # a year of ten, of seasons around 21 °C


@pytest.mark.slow
def test_a_dry_out_is_foretold_before_it_is_an_alarm() -> None:
    """The range of dates is there months before, and begins within a week of the day with 1.5 times the baseline."""
    (story,) = [story for story in STORIES if story.name.startswith("dry-out")]
    played = story.play(3)
    ohmic = played.state.resistances["battery7"]
    assert ohmic.trend.limit_from is not None
    assert ohmic.trend.limit_to is not None
    assert ohmic.baseline is not None
    new = next(event.test for _, event in played.events if isinstance(event, ResistanceTested)).ohmic_value
    assert ohmic.baseline.ohmic_value == pytest.approx(new, rel=0.15)
    crossing = played.life.start + 100 * DAY + 30 * DAY * (1.5 - 1) / 0.06
    assert ohmic.trend.limit_from - 7 * DAY < crossing < ohmic.trend.limit_to + 60 * DAY
    assert ohmic.risk in (Risk.WEAK, Risk.WATCH)
    healthy = [one for battery, one in played.state.resistances.items() if battery != "battery7"]
    assert {one.risk for one in healthy} == {Risk.STABLE}
