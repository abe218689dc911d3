"""Whether modules that do not answer are to blame, or the line. No I/O; times are s of a monotonic clock."""

from collections import deque
from typing import Final

FEW: Final = 3  # different modules in a row without an answer: the line may be the cause
# Polls have to be short if requests to at least FEW modules brought nothing, and took LOST s of the last RECENT s.
RECENT: Final = 4.0
LOST: Final = 1.0
PAIR: Final = 2  # different modules in a row without an answer are as bad, if no other answered for LOST s
# So many second requests in a row without an answer: the modules are gone, and no repeat helps. Interference spoils a
# second request as seldom as the first.
IN_VAIN: Final = 4
MANY: Final = 5  # different modules in a row without an answer, if that lasts for …
SILENCE: Final = 5.0  # … s: the line is the cause
# A value is removed after this many s or rounds, whichever is longer, if so many modules do not answer that its module
# was not polled often enough. It is gone within 10 s or three rounds, because a poll may take 2 s.
OLDEST: Final = 8.0
OLDEST_ROUNDS: Final = 2.4
# There is interference if this share of the last ANSWERS can't be read, and they are of FEW modules or of all. One
# module whose answers can't be read most likely shares its address with another one.
UNREADABLE: Final = 0.15
ANSWERS: Final = 40


class Doubt:
    """What the last polls say about the line. Modules that are offline already say nothing."""

    def __init__(self, now: float) -> None:
        """Begin without doubt."""
        self._silent: set[int] = set()  # unit ids without an answer, since the last answer of any module
        self._recent: deque[tuple[float, int, float]] = deque()  # requests without an answer: when, unit id, how long
        self._answered_at = self._noted_at = now
        self._round: float | None = None  # s, of the last round in which all modules answered
        self._in_vain = 0  # requests without an answer in a row, each to a module that failed the last time
        self._all_answered = True  # in this round
        self._doubted_at: float | None = None
        self._missed_at: float | None = None
        self._answers: deque[int | None] = deque(maxlen=ANSWERS)  # the unit id of those that could not be read

    @property
    def in_row(self) -> bool:
        """Whether several modules in a row did not answer: other requests than polls have to wait."""
        return len(self._silent) >= FEW

    @property
    def exists(self) -> bool:
        """Whether so many modules do not answer that each poll has to be short."""
        return (
            self.in_row
            or (len(self._silent) >= PAIR and self._noted_at - self._answered_at >= LOST)
            or (
                len({unit_id for _, unit_id, _ in self._recent}) >= FEW
                and sum(seconds for *_, seconds in self._recent) >= LOST
            )
        )

    def interference(self, modules: int) -> bool:
        """Whether there is so much interference that requests to intact modules fail; `modules` is their number."""
        unreadable = [unit_id for unit_id in self._answers if unit_id is not None]
        return len(unreadable) >= UNREADABLE * ANSWERS and len(set(unreadable)) >= min(FEW, modules)

    @property
    def may_repeat(self) -> bool:
        """Whether a request without an answer may be repeated at once."""
        return not self.in_row and self._in_vain < IN_VAIN

    def oldest(self, now: float) -> float | None:
        """Return how old in s a value may be; None if no poll failed while it became so old."""
        return self._oldest if self._missed_at is not None and now - self._missed_at <= self._oldest else None

    def existed(self, now: float) -> bool:
        """Whether there was doubt while the values became so old."""
        return self._doubted_at is not None and now - self._doubted_at <= self._oldest

    @property
    def _oldest(self) -> float:
        return max(OLDEST, OLDEST_ROUNDS * (self._round or 0.0))

    @property
    def round_known(self) -> bool:
        """Whether a round has ended."""
        return self._round is not None

    def answered(self, now: float, *, again: bool, unreadable: int | None = None) -> None:
        """Note an answer: the line is alive. `again`: after a request that failed.

        `unreadable` is the unit id of the module if its answer could not be read.
        """
        self._answers.append(unreadable)
        self._silent.clear()
        if again:
            self._in_vain = 0
        self._answered_at = now
        self._note(now)

    def no_answer(self, unit_id: int, now: float, *, took: float, again: bool) -> None:
        """Note a request without an answer, of `took` s, to a module that is not offline; `again` as in `answered`."""
        self._in_vain += again
        self._silent.add(unit_id)
        self._recent.append((now, unit_id, took))
        self._note(now)

    def missed(self, now: float) -> None:
        """Note that no repeat brought an answer either."""
        self._all_answered = False
        self._missed_at = now

    def round_ended(self, seconds: float, *, noise: bool) -> None:
        """Note the time of a round, in s.

        With modules that do not answer it says only that others are not longer, except in `noise`: all rounds are.
        """
        self._round = seconds if self._all_answered or noise else min(seconds, self._round or seconds)
        self._all_answered = True

    def line_is_silent(self, modules: int, now: float) -> bool:
        """Return whether the line is the cause, if so many modules are not offline."""
        return modules > 1 and len(self._silent) >= min(MANY, modules) and now - self._answered_at >= SILENCE

    def reset(self) -> None:
        """Begin again, with all modules offline."""
        self._silent.clear()
        self._recent.clear()
        self._answers.clear()
        self._in_vain = 0
        self._doubted_at = None

    def _note(self, now: float) -> None:
        self._noted_at = now
        while self._recent and now - self._recent[0][0] > RECENT:
            self._recent.popleft()
        if self.exists:
            self._doubted_at = self._missed_at = now
