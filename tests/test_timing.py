"""Time-outs follow what a module usually takes."""

from hypothesis import given, strategies as st

from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP, RTU_OVER_TCP, SERIAL, AnswerTime, Pace


def test_a_module_that_never_answered_gets_the_first_time_out() -> None:
    assert [AnswerTime(SERIAL).timeout(misses) for misses in (0, 1, 1000)] == [0.5, 0.5, 0.5]


def test_a_quick_module_costs_little_when_it_falls_silent() -> None:
    time = AnswerTime(SERIAL)
    for _ in range(20):
        time.answered(0.027)
    assert time.timeout() == SERIAL.floor
    # … but it may have become slower, so each miss gives it more, up to the first time-out.
    assert [time.timeout(misses) for misses in (1, 2, 4, 5000)] == [0.4, 0.5, 0.5, 0.5]


def test_a_module_that_does_not_answer_gets_the_longest_time_out_now_and_then() -> None:
    known = AnswerTime(SERIAL)
    known.answered(0.027)
    for time in (AnswerTime(SERIAL), known):
        assert [misses for misses in range(12) if time.timeout(misses) == SERIAL.ceiling] == [3, 7, 11]


def test_a_module_that_becomes_slow_is_waited_for() -> None:
    time = AnswerTime(SERIAL)
    for _ in range(20):
        time.answered(0.027)
    for _ in range(40):
        time.answered(0.45)
    assert 0.45 < time.timeout() < 0.7


def test_a_module_that_jitters_gets_room() -> None:
    steady, jittery = AnswerTime(SERIAL), AnswerTime(SERIAL)
    for index in range(60):
        steady.answered(0.2)
        jittery.answered(0.1 + 0.2 * (index % 2))
    assert jittery.timeout() > steady.timeout() > 0.2


@given(
    times=st.lists(st.floats(0.001, 10), max_size=50),
    misses=st.integers(0, 10**6),
    pace=st.sampled_from([SERIAL, RTU_OVER_TCP, MODBUS_TCP]),
)
def test_time_outs_stay_in_bounds(times: list[float], misses: int, pace: Pace) -> None:
    time = AnswerTime(pace)
    for took in times:
        time.answered(took)
    assert min(pace.floor, pace.first) <= time.timeout(misses) <= pace.ceiling
