"""Capacity tests beside a clock that is set, a late journal, noise, slow rounds, wrong sensors and edited settings."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from test_capacity_test import Announced

from custom_components.battery_bank.monitor.battery import operations, running_state, watch
from custom_components.battery_bank.monitor.battery.capacity_result import Outcome
from custom_components.battery_bank.monitor.battery.capacity_test import Stage
from custom_components.battery_bank.monitor.battery.events import CapacityTestEnded
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.state_codec import decode_running, encode_running
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth.monitor import START
from simulator.truth.scene import HOUR, string

AMPERES = 60.0  # of 100 Ah, for an hour


def cell(at: float, hours: float = 1.0) -> float:
    """Return the V of a cell that is at 1.80 V after so many hours."""
    return 2.06 - 0.26 * at / (hours * HOUR)


def discharge(
    tested: Announced, until: float = 1.0, hours: float = 1.0, *, since: float = 0.0, every: float = 10.0, **other: Any
) -> Iterator[Sample]:
    """Yield a part of the discharge of a test, from `since` to `until`, in parts of its time."""
    begin, known = since * hours * HOUR, {"current": -AMPERES / hours, "temperature": 20.0} | other
    yield from tested.scene.part(
        (until - since) * hours * HOUR, every=every, cell=lambda at: cell(begin + at, hours), **known
    )


def announced(**test: Any) -> Announced:
    return Announced(rated=AMPERES, **test)


def shifted(samples: Iterable[Sample], after: int, by: float, *, known: bool = True) -> Iterator[Sample]:
    """Yield samples whose clock is set after so many of them."""
    for number, sample in enumerate(samples):
        if number < after:
            yield sample
        else:
            yield replace(sample, at=sample.at + by, set_by=by if known and number == after else 0.0)


def measured(tested: Announced) -> float | None:
    """Return what was drawn down to the end voltage, of the true Ah; None without a result."""
    tested.recharge()
    result = tested.result
    assert (result.outcome is Outcome.MEASURED) == (result.capacity is not None)
    return None if result.capacity is None or result.drawn is None else result.drawn / AMPERES


@pytest.mark.parametrize(
    ("hours", "by"), [(1.0, -200.0), (1.0, -20.0), (1.0, 5.0), (1.0, 20.0), (10.0, 200.0), (10.0, 290.0), (0.5, -290.0)]
)
def test_a_clock_that_is_set_does_not_change_a_result(hours: float, by: float) -> None:
    tested = announced()
    every = 10.0 * hours
    tested.monitor.hear(shifted(discharge(tested, 1.02, hours, every=every), 180, by))
    tested.scene.at += by
    assert measured(tested) == pytest.approx(1.0, abs=0.004)
    result = tested.result
    assert result.end - result.start == pytest.approx(hours * HOUR, abs=3 * every)
    assert result.current == pytest.approx(AMPERES / hours, rel=0.005)


@pytest.mark.parametrize(("hours", "by"), [(1.0, 100.0), (1.0, 290.0), (0.25, 20.0)])
def test_a_clock_that_is_set_ahead_may_have_been_a_pause(hours: float, by: float) -> None:
    """A paused host looks the same, and then the load was there meanwhile."""
    tested = announced()
    tested.monitor.hear(shifted(discharge(tested, 1.05, hours, every=10.0 * hours), 180, by))
    tested.scene.at += by
    assert measured(tested) is None
    assert tested.result.outcome is Outcome.CLOCK_SET


def test_a_clock_that_is_set_back_and_comes_right_is_no_pause() -> None:
    tested = announced()
    tested.monitor.hear(shifted(discharge(tested, 0.5), 100, -250.0))
    tested.scene.at -= 250.0
    tested.monitor.hear(shifted(discharge(tested, 1.02, since=0.5), 1, 250.0))
    tested.scene.at += 250.0
    assert measured(tested) == pytest.approx(1.0, abs=0.004)
    assert tested.result.outcome is Outcome.MEASURED


def test_a_clock_that_is_set_far_back_interrupts_a_test() -> None:
    tested = announced()
    tested.monitor.hear(shifted(discharge(tested, 0.6), 180, -HOUR))
    assert tested.result.outcome is Outcome.INTERRUPTED


def test_a_clock_that_is_set_delays_and_raises_no_alarm() -> None:
    """The times of alarms and states move with the clock."""
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.3))
    before = tested.monitor.state.running
    tested.monitor.hear(shifted(discharge(tested, 0.31, since=0.3), 1, 250.0))
    after = tested.monitor.state.running
    assert after.condition.since - before.condition.since == pytest.approx(250.0)
    assert after.counters.drawn - before.counters.drawn == pytest.approx(0.01 * AMPERES, abs=0.2)
    assert after.behind == 0.0


def late(tested: Announced, samples: Iterable[Sample]) -> None:
    """Restart, with a saved state that can be read only after these samples."""
    saved = decode_running(encode_running(tested.monitor.state.running))
    counted = running_state.count_of(saved, type(saved.counters)())
    begun = running_state.continued(running_state.Running(), replace(counted, counters=type(saved.counters)()))
    tested.monitor.state = StringState(running=begun, waits=True)
    tested.monitor.hear(samples)
    running = running_state.resumed(saved, tested.monitor.state.running)
    now = START + tested.scene.at
    tested.monitor.state, _ = watch.begin(
        tested.monitor.settings, running, tested.monitor.state.learned, {}, [], [], now
    )


@pytest.mark.parametrize("seconds", [20.0, 150.0])
def test_a_journal_that_is_readable_late_does_not_end_a_test(seconds: float) -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.5))
    discharges = tested.monitor.state.running.counters.discharges
    tested.scene.at += 60.0  # the restart
    begin = 0.5 + 60.0 / HOUR
    late(tested, discharge(tested, begin + seconds / HOUR, since=begin))
    assert tested.stage() is Stage.DISCHARGE
    assert tested.monitor.state.running.counters.discharges == discharges
    tested.monitor.hear(discharge(tested, 1.02, since=begin + seconds / HOUR))
    assert measured(tested) == pytest.approx(1.0, abs=0.005)


def test_a_journal_that_is_readable_after_six_minutes_interrupts_a_test() -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.5))
    late(tested, discharge(tested, 0.6, since=0.5))
    tested.monitor.hear(discharge(tested, 0.61, since=0.6))
    assert tested.result.outcome is Outcome.INTERRUPTED


def test_a_discharge_that_begins_before_the_journal_is_read_is_the_announced_test() -> None:
    tested = announced()
    late(tested, (*tested.scene.floating(0.1), *discharge(tested, 0.1)))
    assert tested.stage() is Stage.ANNOUNCED
    tested.monitor.hear(discharge(tested, 1.02, since=0.1))
    assert measured(tested) == pytest.approx(1.0, abs=0.005)


def test_settings_that_are_edited_in_a_test_do_not_count_for_it() -> None:
    tested = Announced()
    tested.monitor.hear(discharge(tested, 0.5, 10.0, every=60.0, current=-10.0))
    figures = {"reference_temperature": 25.0, "end_voltage": 1.9}
    tested.monitor.settings = replace(tested.monitor.settings, capacity=50.0, figures=figures)
    tested.monitor.hear(discharge(tested, 0.9, 10.0, since=0.5, every=60.0, current=-10.0))
    assert tested.stage() is Stage.DISCHARGE
    tested.monitor.hear(discharge(tested, 1.02, 10.0, since=0.9, every=20.0, current=-10.0))
    tested.recharge()
    result = tested.result
    assert (result.rated, result.cell_voltage) == (100.0, 1.8)
    assert result.share == pytest.approx(1.0, abs=0.004)


@pytest.mark.parametrize(
    ("celsius", "corrected"), [(-40.0, False), (4.0, False), (41.0, False), (5.0, True), (35.0, True)]
)
def test_a_temperature_outside_the_range_of_the_correction_corrects_nothing(celsius: float, corrected: bool) -> None:
    """0.01 /K up to one hour against 20 °C."""
    tested = announced()
    tested.monitor.hear(discharge(tested, 1.02, temperature=celsius))
    assert measured(tested) == pytest.approx(1.0, abs=0.004)
    expected = 1 / (1 + 0.01 * (celsius - 20)) if corrected else 1.0
    assert tested.result.share == pytest.approx(expected, rel=0.005)


def test_one_wrong_temperature_sensor_of_three_changes_no_result() -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 1.02, hot={2: -40.0}))
    tested.recharge()
    assert tested.result.share == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize("noise", [0.005, 0.02])
@pytest.mark.parametrize("seed", [1, 2])
def test_noise_ends_a_test_in_time(noise: float, seed: int) -> None:
    """Of all batteries alike, as a load makes it, in V per cell."""
    tested, random = announced(), Random(seed)

    def noisy(samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            by = random.gauss(0, noise) * tested.monitor.settings.cells
            yield replace(sample, voltages={one: value + by for one, value in sample.voltages.items()})

    tested.monitor.hear(noisy(discharge(tested, 0.8)))
    tested.monitor.hear(noisy(discharge(tested, 1.06, since=0.8, every=2.0)))
    (ended,) = tested.events(CapacityTestEnded)
    assert measured(tested) == pytest.approx(1.0, abs=0.015)
    assert ended + START - tested.result.start < 1.05 * HOUR


@pytest.mark.parametrize("every", [1.0, 5.0])
def test_one_wrong_reading_neither_ends_a_test_nor_delays_its_end(every: float) -> None:
    """20 mV above the end, one battery reads 0 V once; at the end, it reads 14 V each 8 s."""
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.9))
    tested.monitor.hear(discharge(tested, 0.9 + every / HOUR, since=0.9, every=every, of={2: 0.0}))
    tested.monitor.hear(discharge(tested, 0.98, since=0.9 + every / HOUR, every=every))
    assert tested.stage() is Stage.DISCHARGE
    count = 0

    def high(_: float) -> float:
        nonlocal count
        count += 1
        return 14.0 if count % 8 == 0 else cell(0.98 * HOUR + count * every) * 6

    tested.monitor.hear(discharge(tested, 1.02, since=0.98, every=every, of={2: high}))
    assert measured(tested) == pytest.approx(1.0, abs=0.004)


@pytest.mark.parametrize("hours", [1.0, 0.25])
def test_slow_rounds_do_not_delay_the_count(hours: float) -> None:
    """Each battery is read each 20 s, and its reading says when."""
    tested, held = announced(), dict[str, tuple[float, float]]()

    def slow(samples: Iterable[Sample]) -> Iterator[Sample]:
        for number, sample in enumerate(samples):
            for place, (one, value) in enumerate(sample.voltages.items()):
                if one not in held or number % 20 == place * 7:
                    held[one] = (START + sample.at, value)
            yield replace(
                sample,
                voltages={one: value for one, (_, value) in held.items()},
                read_at={one: at for one, (at, _) in held.items()},
            )

    tested.monitor.hear(slow(discharge(tested, 1.0 + 0.1 / hours, hours, every=1.0)))
    assert measured(tested) == pytest.approx(1.0, abs=0.005)


def test_a_load_that_cuts_itself_off_at_the_end_voltage_has_a_result() -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 1.0, every=2.0))
    tested.monitor.hear(tested.scene.part(300.0, every=5.0, cell=1.95, current=0.0, temperature=20.0))
    assert measured(tested) == pytest.approx(1.0, abs=0.004)


def test_mains_that_return_in_the_middle_are_no_result() -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.97))
    assert measured(tested) is None
    assert tested.result.outcome is Outcome.NOT_REACHED


def test_a_battery_that_goes_offline_near_a_weak_one() -> None:
    """The others are measured; the missing one counts as their median, and the weak one still counts itself."""
    tested = announced(settings=string(5, figures={"reference_temperature": 20.0}))
    weak = {3: lambda at: cell(at) * 6 - 0.3}
    tested.monitor.hear(discharge(tested, 0.5, of=weak))
    weak = {3: lambda at: cell(0.5 * HOUR + at) * 6 - 0.3}
    tested.monitor.hear(discharge(tested, 1.0, since=0.5, of=weak, unheard=(1,)))
    tested.recharge()
    # 0.3 V of 30 cells are 10 mV, and the line falls by 260 mV in the hour.
    assert (tested.result.drawn or 0.0) / AMPERES == pytest.approx(1 - 10 / 260, abs=0.005)


@pytest.mark.parametrize(("high", "low", "has_result"), [(19.0, 3.0, False), (11.0, 9.0, True), (9.0, 3.0, True)])
def test_a_load_that_changes_above_the_nominal_rate_has_no_result_without_a_rating(
    high: float, low: float, has_result: bool
) -> None:
    """Its mean current is that of ten hours, but the battery is emptied as by the high one."""
    tested = Announced()
    mean = (high + low) / 2

    def load(at: float) -> float:
        return -(high if at % 1200 < 600 else low)

    tested.monitor.hear(discharge(tested, 1.02, 10.0, every=60.0, current=load))
    tested.recharge()
    assert (tested.result.outcome is Outcome.MEASURED) is has_result
    assert tested.result.drawn == pytest.approx(10 * mean, rel=0.01)
    assert has_result or tested.result.outcome is Outcome.NO_RATING


@pytest.mark.parametrize(
    ("chemistry", "nominal", "batteries", "volts", "hours"),
    [
        (Chemistry.NICD, 1.2, 8, (1.30, 1.00), 5.0),
        (Chemistry.VRLA_GEL, 2.0, 24, (2.06, 1.80), 10.0),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 6, (2.06, 1.80), 10.0),
        (Chemistry.VRLA_AGM, 6.0, 8, (2.06, 1.80), 10.0),
    ],
)
def test_other_cells_at_the_rate_of_their_nameplate(
    chemistry: Chemistry, nominal: float, batteries: int, volts: tuple[float, float], hours: float
) -> None:
    """The nameplate of NiCd is for five hours."""
    settings = string(batteries, chemistry, nominal, 100.0, figures={"reference_temperature": 20.0})
    tested = Announced(settings=settings)
    high, low = volts
    tested.monitor.hear(
        tested.scene.part(
            1.02 * hours * HOUR,
            every=60.0,
            cell=lambda at: high - (high - low) * at / (hours * HOUR),
            current=-100.0 / hours,
            temperature=20.0,
        )
    )
    tested.recharge()
    assert tested.result.share == pytest.approx(1.0, abs=0.005)


def test_a_test_that_is_cancelled_and_announced_again_needs_a_full_string() -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.3))
    monitor = tested.monitor
    monitor.state, _ = operations.cancel_capacity_test(monitor.settings, monitor.state, START + tested.scene.at)
    tested.recharge()
    tested.announce(rated=AMPERES)
    tested.monitor.hear(discharge(tested, 1.02))
    assert measured(tested) is None
    assert tested.result.outcome is Outcome.NOT_FULL


@pytest.mark.parametrize(("hours", "seconds", "known"), [(1.0, 120.0, True), (0.5, 280.0, False), (1.0, 40.0, True)])
@pytest.mark.parametrize("restarted", [False, True])
def test_an_end_voltage_that_is_reached_in_a_gap_is_not_counted_late(
    hours: float, seconds: float, known: bool, restarted: bool
) -> None:
    """Two thirds of the gap are over when it is reached. In a gap of a twentieth of the test it is not known when."""
    tested, gap = announced(), seconds / hours / HOUR
    tested.monitor.hear(discharge(tested, 1.0 - gap * 2 / 3, hours, every=5.0))
    tested.scene.at += seconds
    if restarted:
        running = decode_running(encode_running(tested.monitor.state.running))
        now = START + tested.scene.at
        tested.monitor.state, _ = watch.begin(
            tested.monitor.settings, running, tested.monitor.state.learned, {}, [], [], now
        )
    since = 1.0 + gap / 3
    tested.monitor.hear(discharge(tested, since + 0.05, hours, since=since, every=5.0))
    drawn = measured(tested)
    if known:
        assert drawn == pytest.approx(1.0, abs=0.005)
    else:
        assert (drawn, tested.result.outcome) == (None, Outcome.INTERRUPTED)


def test_a_load_that_cuts_itself_off_between_two_slow_rounds_has_a_result() -> None:
    """The voltages are read each 20 s, so the median of the last three is of the round before, and 8 mV higher."""
    tested, read = announced(), list[Sample]()

    def slow(samples: Iterable[Sample]) -> Iterator[Sample]:
        for number, sample in enumerate(samples):
            if number % 10 == 0:
                read.append(sample)
            at = dict.fromkeys(sample.voltages, START + read[-1].at)
            yield replace(sample, voltages=read[-1].voltages, read_at=at)

    tested.monitor.hear(slow(discharge(tested, 1.0, 0.25, every=2.0)))
    tested.monitor.hear(tested.scene.part(300.0, every=5.0, cell=1.95, current=0.0, temperature=20.0))
    assert measured(tested) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("hours", "begins", "lasts"), [(0.25, 40.0, 70.0), (1.0, 110.0, 170.0), (10.0, 200.0, 280.0)])
def test_a_current_that_is_not_read_at_the_end_voltage_is_bridged(hours: float, begins: float, lasts: float) -> None:
    """The string module is offline so many s before the end voltage, for so many s. The load is there all the time."""
    tested, every = announced(), 5.0
    lost = 1 - begins / (hours * HOUR)
    back = lost + lasts / (hours * HOUR)
    tested.monitor.hear(discharge(tested, lost, hours, every=every))
    tested.monitor.hear(discharge(tested, back, hours, since=lost, every=every, current=None, string_offline=True))
    tested.monitor.hear(discharge(tested, max(back, 1.0) + 0.03, hours, since=back, every=every))
    drawn = measured(tested)
    assert drawn is None or drawn == pytest.approx(1.0, abs=0.006)
    assert (drawn is None) == (lasts > 0.05 * hours * HOUR)  # too long to know when the end voltage was reached


@pytest.mark.parametrize("minutes", [6.0, 20.0])
def test_a_current_that_is_not_read_for_long_at_the_end_voltage_is_no_result(minutes: float) -> None:
    tested = announced()
    tested.monitor.hear(discharge(tested, 0.98))
    tested.monitor.hear(discharge(tested, 0.98 + minutes / 60, since=0.98, current=None, string_offline=True))
    assert measured(tested) is None
    assert tested.result.outcome is Outcome.INTERRUPTED


@pytest.mark.parametrize(("hours", "seconds"), [(0.25, 60.0), (0.25, 240.0), (1.0, 290.0), (10.0, 240.0)])
def test_a_current_that_is_not_read_at_the_begin_was_there_from_the_begin(hours: float, seconds: float) -> None:
    """Not half of it, as the mean with the current on float would be."""
    tested, begin = announced(), seconds / (hours * HOUR)
    tested.monitor.hear(discharge(tested, begin, hours, every=5.0, current=None, string_offline=True))
    tested.monitor.hear(discharge(tested, 1.03, hours, since=begin, every=5.0))
    assert measured(tested) == pytest.approx(1.0, abs=0.01)
