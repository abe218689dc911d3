"""The scheduler of a line, on a clock of the tests."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.line.module import OFFLINE_AFTER
from custom_components.battery_bank.monitor.line.scheduler import (
    LONGEST_PAUSE,
    PERIOD,
    POSTPONEMENT,
    Ask,
    RoundEnd,
    Scheduler,
    Serve,
    Wait,
)

ANSWER = 0.027  # s, a good answer at 9600
TIMEOUT = 0.5  # s, a time-out


@dataclass
class Play:
    """A line whose dead modules cost their time-out while the others answer."""

    strings: list[int]
    batteries: list[int]
    dead: set[int] = field(default_factory=set)
    answer: float = ANSWER
    timeout: float = TIMEOUT
    commands: bool = False
    now: float = 0.0
    asked: list[tuple[float, int]] = field(default_factory=list)
    rounds: list[tuple[float, float]] = field(default_factory=list)
    served: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.misses: Counter[int] = Counter()
        self.scheduler = Scheduler(self.strings, self.batteries, cost=lambda _: self.timeout, now=self.now)

    def run(self, seconds: float) -> None:
        ends = self.now + seconds
        while self.now < ends:
            match self.scheduler.next(self.now, command_waits=self.commands):
                case Ask(unit_id):
                    self.asked.append((self.now, unit_id))
                    self._ask(unit_id)
                case Serve():
                    self.served.append(self.now)
                    self.now += self.answer
                case RoundEnd(took):
                    self.rounds.append((self.now, took))
                case Wait(pause):
                    assert pause > 0, "waiting for nothing is busy waiting"
                    self.now += pause

    def _ask(self, unit_id: int) -> None:
        if unit_id in self.dead:
            self.now += self.timeout
            self.misses[unit_id] += 1
            if self.misses[unit_id] >= OFFLINE_AFTER:
                self.scheduler.offline(unit_id, self.now)
        else:
            self.now += self.answer
            self.misses[unit_id] = 0
            self.scheduler.answered(unit_id, self.now)

    def gaps(self, unit_id: int, since: float = 0.0) -> list[float]:
        times = [at for at, asked in self.asked if asked == unit_id and at >= since]
        return [later - sooner for sooner, later in pairwise(times)]


def test_batteries_take_turns_and_the_string_module_comes_each_second() -> None:
    play = Play([101], list(range(1, 61)))
    play.run(60)
    gaps = play.gaps(101)
    assert max(gaps) <= PERIOD + ANSWER
    assert abs(sum(gaps) / len(gaps) - PERIOD) < 0.01
    for battery in play.batteries:
        # A round, give or take the string module's turns in it.
        assert all(60 * ANSWER <= gap <= 63 * ANSWER for gap in play.gaps(battery))


def test_however_many_batteries_the_string_modules_come_each_second() -> None:
    play = Play([241, 242, 243, 244, 245, 246], list(range(1, 241)))
    play.run(120)
    for string in play.strings:
        assert max(play.gaps(string)) <= PERIOD + 12 * ANSWER


def test_a_line_too_slow_for_its_string_modules_still_polls_batteries() -> None:
    play = Play([101, 102, 103, 104, 105, 106], [1, 2, 3], answer=0.3)
    play.run(60)
    counts = Counter(unit_id for _, unit_id in play.asked)
    assert min(counts[battery] for battery in play.batteries) > 20
    assert min(counts[string] for string in play.strings) > 10


def test_a_small_line_waits_until_the_second_is_over() -> None:
    play = Play([101], [1, 2, 3, 4])
    play.run(20)
    assert all(abs(took - PERIOD) < 0.05 for _, took in play.rounds)
    assert len(play.asked) < 20 * 5 + 6


def test_a_command_comes_before_batteries_but_does_not_stop_them() -> None:
    play = Play([101], list(range(1, 61)))
    play.run(5)
    play.commands = True
    play.asked.clear()
    play.run(0.1)
    assert len(play.served) >= 1  # at once …
    play.run(20)
    assert 0.4 < len(play.served) / (len(play.served) + len(play.asked)) < 0.6  # … and one turn in two, like a scan
    assert max(play.gaps(101)) <= PERIOD + 3 * ANSWER


@pytest.mark.parametrize("timeout", [TIMEOUT, 1.0, 1.5])  # s, by serial port, RTU over TCP, Modbus TCP
def test_offline_modules_are_polled_less_and_less_often_but_at_least_once_a_minute(timeout: float) -> None:
    play = Play([101], list(range(1, 61)), dead={7, 17, 27}, timeout=timeout)
    play.run(900)
    for dead in play.dead:
        gaps = play.gaps(dead)
        assert all(later > sooner for sooner, later in pairwise(gaps[2:6]))
        assert gaps[5] > 1.5 * gaps[4] > 2 * gaps[3]
        assert all(0.9 * LONGEST_PAUSE < gap < 60 for gap in gaps[8:])


@pytest.mark.parametrize("timeout", [TIMEOUT, 1.0, 1.5])
def test_a_line_that_comes_back_is_complete_within_seconds(timeout: float) -> None:
    everything = [101, *range(1, 61)]
    play = Play([101], everything[1:], dead=set(everything), timeout=timeout)
    play.run(600)
    play.dead.clear()
    back = play.now
    play.run(20)
    first = {unit_id: next(at for at, asked in play.asked if asked == unit_id and at >= back) for unit_id in everything}
    assert max(first.values()) - back < 10


def test_known_dead_modules_hardly_slow_the_others_and_never_the_string_module() -> None:
    healthy = Play([101], list(range(1, 61)))
    healthy.run(300)
    play = Play([101], list(range(1, 61)), dead={7, 16, 25, 34, 43, 52})
    play.run(600)
    settled = [took for at, took in play.rounds if at > 300]
    usual = healthy.rounds[-1][1] * 54 / 60
    assert sum(settled) / len(settled) < 1.1 * usual
    assert max(play.gaps(101, since=300)) <= PERIOD + 0.1


@pytest.mark.parametrize("timeout", [TIMEOUT, 1.0, 1.5])
def test_polls_of_a_few_offline_modules_do_not_follow_one_another(timeout: float) -> None:
    """Without a string module that answers, nothing else would keep the batteries from waiting for all of them."""
    play = Play([21], list(range(1, 21)), dead={21, *range(1, 7)}, timeout=timeout)
    play.run(600)
    longest = max(max(play.gaps(battery, since=30)) for battery in range(7, 21))
    assert longest <= PERIOD + 2 * timeout


def test_a_module_that_answers_again_is_back_in_the_next_round() -> None:
    play = Play([101], list(range(1, 61)), dead={7})
    play.run(300)
    play.dead.clear()
    play.run(70)
    back = play.now
    play.run(20)
    assert max(play.gaps(7, since=back)) < 3


def test_a_line_without_any_answer_is_polled_at_once_after_the_first() -> None:
    play = Play([101], list(range(1, 41)), dead={101, *range(1, 41)})
    play.run(600)
    quiet = [at for at, _ in play.asked if at > 300]
    assert 0.5 < (quiet[-1] - quiet[0]) / len(quiet) < 6  # polled all the time, but not without a pause
    play.dead.clear()
    back = play.now
    play.run(12)
    first = {unit_id: min(at for at, asked in play.asked if asked == unit_id and at > back) for unit_id in (1, 40)}
    assert max(first.values()) < back + 10


def test_a_probe_does_not_stand_in_the_way_of_the_string_module() -> None:
    play = Play([101], [1, 2, 3, 4], dead={3})
    play.run(600)
    assert max(play.gaps(101, since=20)) <= PERIOD + 0.1
    assert max(play.gaps(3, since=300)) <= LONGEST_PAUSE + POSTPONEMENT


@given(
    strings=st.integers(0, 3),
    batteries=st.integers(0, 30),
    deaths=st.lists(st.tuples(st.floats(0.5, 30), st.integers(1, 33), st.booleans()), max_size=8),
    answer=st.floats(0.005, 0.4),
    commands=st.booleans(),
)
def test_always_fair(
    strings: int, batteries: int, deaths: list[tuple[float, int, bool]], answer: float, commands: bool
) -> None:
    """Modules that go offline and come back at any time: none polled twice in a round or forgotten, no busy waiting."""
    play = Play([100 + n for n in range(strings)], list(range(1, batteries + 1)), answer=answer, commands=commands)
    for after, unit_id, dies in deaths:
        play.run(after)
        play.dead = play.dead | {unit_id} if dies else play.dead - {unit_id}
    play.run(200)
    ends = [at for at, _ in play.rounds]
    for battery in play.batteries:
        times = [at for at, asked in play.asked if asked == battery]
        for sooner, later in pairwise(times):
            assert any(sooner < end <= later for end in ends), "asked twice in one round"
        assert times, "never asked"
        longest = LONGEST_PAUSE + POSTPONEMENT + 2 * max(took for _, took in play.rounds) + 2
        assert play.now - times[-1] <= longest, "forgotten"
