"""Which way round the string's module sits: found out from discharges, and never of one that sits well."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.operating_state import Cells
from custom_components.battery_bank.monitor.battery.polarity import ENOUGH, Polarity, step
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_codec import decode_running, encode_running
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.lives import DAY, Life
from simulator.stories import HEALTHY, STORIES, Story

HOUR = 3600.0
SETTINGS = Settings(batteries=("a", "b"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100)


def told(looks: Iterable[tuple[float, float | None, float]], before: Polarity | None = None) -> Polarity:
    """Step through times in s, currents in A and voltages of a cell in V."""
    polarity = before or Polarity()
    for at, current, voltage in looks:
        polarity = step(SETTINGS, polarity, Cells(voltage=voltage, compensation=0.0), current, 2, at)
    return polarity


def outage(begins: float, sign: float, depth: float = 0.2) -> list[tuple[float, float, float]]:
    """Tell each second of a minute of float, one of discharge, and one of recharge."""
    minutes = ((0.1, 2.27), (-20.0, 2.27 - depth), (10.0, 2.20))
    return [
        (begins + 60 * minute + second, sign * current, voltage)
        for minute, (current, voltage) in enumerate(minutes)
        for second in range(60)
    ]


def test_three_contradictions_are_enough_and_one_agreement_takes_them_back() -> None:
    assert told(outage(0, 1)).contradictions == 0
    once = told(outage(0, -1))
    assert (once.contradictions, once.reversed) == (2, False)
    twice = told(outage(1000, -1), once)
    assert (twice.contradictions, twice.reversed) == (ENOUGH, True)
    again = told(outage(2000, 1), twice)
    assert (again.contradictions, again.reversed) == (0, False)


def test_a_sign_that_was_turned_begins_anew() -> None:
    wrong = told([*outage(0, -1), *outage(1000, -1)])
    after = step(replace(SETTINGS, inverted=True), wrong, None, None, 0, 1200.0)
    assert not after.reversed
    assert after.inverted


def test_nothing_is_told_without_a_current_or_voltages() -> None:
    looks = [(at, None, voltage) for at, _, voltage in (*outage(0, -1), *outage(1000, -1))]
    assert told(looks) == Polarity()
    polarity = Polarity()
    for at, current, _ in (*outage(0, -1), *outage(1000, -1)):
        polarity = step(SETTINGS, polarity, None, current, 0, at)
    assert polarity == Polarity()


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(
            [(at, current, 2.27 + depth / 100) for at, current, depth in (*outage(0, -1), *outage(1000, -1))],
            id="voltage hardly moves",
        ),
        pytest.param([(at, -9.0 + at / 10, 2.2 - at / 1000) for at in range(180)], id="no jump, but a slow rise"),
        pytest.param([(at, 15.0 if at % 40 == 0 else 0.0, 2.27 - at / 1000) for at in range(400)], id="single spikes"),
        pytest.param(
            [(at, 400.0 * (at // 400 % 2), 2.2 - 0.1 * (at // 400 % 2)) for at in range(0, 4000, 400)], id="long gaps"
        ),
    ],
)
def test_what_is_no_steady_jump_says_nothing(looks: list[tuple[float, float, float]]) -> None:
    assert told(looks).contradictions <= 1


def test_batteries_that_come_or_go_meanwhile_make_no_voltage_of_a_string() -> None:
    polarity = Polarity()
    for at, current, voltage in (*outage(0, -1), *outage(1000, -1)):
        heard = 1 if current > 15 else 2
        polarity = step(SETTINGS, polarity, Cells(voltage=voltage, compensation=0.0), current, heard, at)
    assert polarity.contradictions == 0


@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(0.0, 0.02), st.integers(20, 120)), min_size=2, max_size=8))
def test_a_string_of_ohms_never_contradicts(steps: list[tuple[float, float, int]]) -> None:
    """Whatever its current does, while each voltage follows within a round."""
    looks, at = [], 0.0
    for current, noise, seconds in steps:
        for second in range(seconds):
            looks.append((at, current + noise, 2.2 + 0.001 * current))
            at += 1 + second % 2
    assert told(looks).contradictions == 0


def play(
    story: Story, seed: int, change: Callable[[Sample], Sample] = lambda sample: sample
) -> tuple[StringState, int]:
    """Live a story through; return its end, and the most contradictions that there ever were."""
    life = story.life(Random(seed))
    settings = Settings(batteries=life.ids, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=life.capacity)
    state, most = StringState(), 0
    for sample in life.live(story.lasts / DAY, lambda day: story.happens(life, day * DAY)):
        state, _ = watch.step(settings, state, change(sample))
        most = max(most, state.running.polarity.contradictions)
    return state, most


def _busy(life: Life, at: float) -> None:
    """Load and charger come and go, and the charger changes between float and boost."""
    string, hour = life.string, int(at // HOUR)
    mains, load = hour % 5 != 0, 10.0 + 10 * (int(at // 600) % 3)
    limit, volts = (25.0, 2.40) if hour % 3 else (10.0, 2.27)
    if (string.mains, string.load, string.current_limit, life.float_voltage) != (mains, load, limit, volts):
        string.mains, string.load, string.current_limit, life.float_voltage = mains, load, limit, volts
        life.settle()


BUSY = Story(
    name="busy days: loads, boost and float", lasts=2 * DAY, happens=_busy, life=lambda random: Life(random=random)
)


@pytest.mark.slow
@pytest.mark.parametrize("story", [*(one for one in STORIES if one.lasts < 40 * DAY), BUSY], ids=lambda one: one.name)
def test_no_story_makes_a_string_contradict_itself(story: Story) -> None:
    for seed in (1, 2):
        _, most = play(story, seed)
        assert most == 0


@pytest.mark.slow
def test_two_outages_of_a_healthy_string_contradict_nothing() -> None:
    assert play(replace(HEALTHY, lasts=55 * DAY), 1)[1] == 0


@pytest.mark.slow
def test_a_busy_day_shows_a_turned_sensor() -> None:
    day = replace(BUSY, lasts=DAY)
    state, _ = play(day, 1, lambda sample: replace(sample, current=-sample.current if sample.current else None))
    assert state.running.polarity.reversed


@pytest.mark.slow
def test_a_string_without_a_module_has_no_sign() -> None:
    story = replace(BUSY, lasts=DAY, life=lambda random: Life(random=random, measures_current=False))
    state, most = play(story, 1)
    assert (state.running.polarity, most) == (Polarity(), 0)


@pytest.mark.slow
def test_resistance_tests_load_a_battery_and_not_the_string() -> None:
    """A battery under test sinks by a volt, again and again, while the charger comes and goes."""

    def tested(sample: Sample) -> Sample:
        battery = f"battery{int(sample.at // 60) % 20 + 1}"
        low = {**sample.voltages, battery: sample.voltages[battery] - 1.0}
        return replace(sample, voltages=low, under_test=frozenset({battery}))

    _, most = play(replace(BUSY, lasts=2 * DAY), 1, tested)
    assert most == 0


def test_it_outlives_a_restart_and_older_documents_are_read() -> None:
    wrong = told([*outage(0, -1), *outage(1000, -1)])
    running = replace(StringState().running, polarity=wrong, latest=400.0)
    assert decode_running(encode_running(running)) == running
    assert decode_running(b"{}").polarity == Polarity()
    assert decode_running(b"{}").latest is None
