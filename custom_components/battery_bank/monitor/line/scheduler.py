"""The scheduler of a line: it decides which module is polled next. No I/O; times are s of a monotonic clock."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

PERIOD: Final = 1.0  # s; a string module is polled this often, and a battery module never more often

# A module that is offline is polled again after this many s, then each time after twice as long …
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 40.0
# … but always after this many s on a line with so much interference that intact modules go offline.
PAUSE_IN_NOISE: Final = 2.0
# … but while all modules are offline one of them is polled this often, so that the return of the line shows at once.
PAUSE_ALL_OFFLINE: Final = 5.0
# A poll of an offline module takes its whole time-out. It waits up to this many s for a moment in which no string
# module becomes due meanwhile …
POSTPONEMENT: Final = 10.0
# … and if its time-out is longer than there ever is between two polls of a string module, it follows right after one.
LONGEST_GAP: Final = 0.8 * PERIOD
# A poll of an offline module without an answer is followed by this many times as long for the others. So offline
# modules take at most a third of the time, however many there are.
REST: Final = 2.0
# While the line is in doubt, each poll is so much of the round away from the one before: modules that fail together are
# often neighbours. This share, of the golden ratio, spreads polls evenly, however many there are.
STRIDE: Final = 0.618034


@dataclass(frozen=True, slots=True)
class Ask:
    """Poll this module."""

    unit_id: int


@dataclass(frozen=True, slots=True)
class Serve:
    """Send the command that waits."""


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """The poll round ended; it took this many s."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """No module is due for this many s."""

    seconds: float


type Decision = Ask | Serve | RoundEnd | Wait


@dataclass(slots=True, eq=False)
class _Member:
    unit_id: int
    due: float
    pause: float | None = None  # s between polls while it is offline; None while it is online
    asked_in: int = 0  # the round of its last poll


class Scheduler:
    """Fair polling: string modules each second, then commands, then the batteries of the round, one after another.

    A module that is offline leaves the round. It is polled less and less often, but at least once a minute and never
    twice in a round, until it answers again.
    """

    def __init__(
        self, strings: Iterable[int], batteries: Iterable[int], *, cost: Callable[[int], float], now: float
    ) -> None:
        """Begin the first round at `now` with modules by unit id; `cost` returns the time-out of a module, in s."""
        self._strings = {unit_id: _Member(unit_id, now) for unit_id in strings}
        self._batteries = {unit_id: _Member(unit_id, now) for unit_id in batteries}
        self._members = self._strings | self._batteries
        self._cost = cost
        self._round = 1
        self._round_began, self._round_may_end = now, now + PERIOD
        self._order = iter(self._batteries.values())
        self._up_next = next(self._order, None)
        self._asked_at = now
        self._offline_from = now  # when the next offline module may be polled
        self._repeats: deque[_Member] = deque()
        self._answer_since_repeat = False
        self._string_went_last = False
        self._command_went_last = False  # among those that are not string modules
        self._spread = 0.0  # where in the round the next poll is while the line is in doubt, 0 to 1

    def next(self, now: float, *, command_waits: bool, doubt: bool = False) -> Decision:
        """Return what to do now. An `Ask` counts as done; report its result with `answered` or `offline`.

        While the line is in `doubt`, only modules that are not offline are polled, in an order that finds one that
        answers soon.
        """
        string = min(self._online(self._strings), key=lambda member: member.due, default=None)
        string_due = string.due if string else None
        battery = self._next_battery(now, string_due, doubt=doubt)
        if battery is None and now >= self._round_may_end:
            return self._end_round(now)
        # String modules go first, then commands, but neither goes twice in a row while a battery or command waits:
        # neither a slow line with many string modules nor a scan may stop the polling of the batteries.
        if string and string.due <= now and not (self._string_went_last and (command_waits or battery)):
            self._string_went_last = True
            string.due = max(string.due + PERIOD, now)
            return self._ask(string, now)
        self._string_went_last = False
        if command_waits and not (self._command_went_last and battery):
            self._command_went_last = True
            return Serve()
        self._command_went_last = False
        if battery:
            return self._ask(battery, now)
        return self._wait(now, string_due)

    def answered(self, unit_id: int, now: float) -> None:
        """Take the module back into the rounds. If all were offline, poll the others soon too: the line is back."""
        self._answer_since_repeat = True
        member = self._members[unit_id]
        if member.pause is not None:
            self._offline_from = now  # its neighbours may be back too
            if not any(self._online(self._members)):
                self.retry_offline(now)
            member.pause = None
            member.due = now

    def repeat(self, unit_id: int) -> None:
        """Poll the module again in this round: after the next answer of another, or else at the end of the round."""
        self._repeats.append(self._members[unit_id])
        self._answer_since_repeat = False

    def offline(self, unit_id: int, now: float, *, noise: bool = False) -> None:
        """Poll the module less often from now on; each further call doubles its pause, but not in `noise`."""
        member = self._members[unit_id]
        if member.pause is not None:
            self._offline_from = now + REST * (now - self._asked_at)
        member.pause = FIRST_PAUSE if member.pause is None else min(2 * member.pause, LONGEST_PAUSE)
        if noise:
            member.pause = PAUSE_IN_NOISE
        member.due = now + member.pause
        if not any(self._online(self._members)):
            first = min(self._members.values(), key=lambda one: one.due)
            first.due = min(first.due, now + PAUSE_ALL_OFFLINE)

    def retry_offline(self, now: float) -> None:
        """Poll every offline module in the next round, without postponing any, because the line is back."""
        for member in self._members.values():
            if member.pause is not None:
                member.due = now - POSTPONEMENT

    def _next_battery(self, now: float, string_due: float | None, *, doubt: bool) -> _Member | None:
        """Return the next module after the string modules: an offline one whose pause is over, or a battery module."""
        doubt = doubt and any(self._online(self._members))
        if not doubt and (member := self._next_offline(now, string_due)):
            return member
        while self._up_next is not None and (self._up_next.pause is not None or self._up_next.asked_in == self._round):
            self._up_next = next(self._order, None)
        while self._repeats and (self._answer_since_repeat or self._up_next is None):
            if self._repeats[0].pause is None:
                return self._repeats[0]
            self._repeats.popleft()
        return self._far_away() if doubt and self._up_next else self._up_next

    def _next_offline(self, now: float, string_due: float | None) -> _Member | None:
        """Return the offline module to poll now: a string module, or the one of those due that was online last."""
        rested = now >= self._offline_from or not any(self._online(self._batteries))

        def may_ask(member: _Member) -> bool:
            if member.due > now or member.asked_in == self._round:
                return False
            cost = self._cost(member.unit_id)
            if not rested and (self._up_next is not None or now + cost > self._round_may_end):
                return False
            fits = string_due is None or now + min(cost, LONGEST_GAP) <= string_due
            return fits or now >= member.due + POSTPONEMENT

        return min(
            filter(may_ask, self._offline()),
            key=lambda member: (member.unit_id in self._batteries, member.pause),
            default=None,
        )

    def _far_away(self) -> _Member | None:
        """Return a battery module of this round that is far from the last one."""
        left = [one for one in self._batteries.values() if one.pause is None and one.asked_in != self._round]
        self._spread = (self._spread + STRIDE) % 1
        return left[int(self._spread * len(left))]

    def _end_round(self, now: float) -> RoundEnd:
        took = now - self._round_began
        self._round += 1
        self._round_began, self._round_may_end = now, now + PERIOD
        self._order = iter(self._batteries.values())
        self._up_next = next(self._order, None)
        return RoundEnd(took)

    def _wait(self, now: float, string_due: float | None) -> Wait:
        retries = [member.due for member in self._offline() if member.due > now]
        return Wait(min([self._round_may_end, *retries, *([] if string_due is None else [string_due])]) - now)

    def _ask(self, member: _Member, now: float) -> Ask:
        self._asked_at = now
        if member in self._repeats:
            self._repeats.remove(member)
        member.asked_in = self._round
        return Ask(member.unit_id)

    def _offline(self) -> Iterable[_Member]:
        return (member for member in self._members.values() if member.pause is not None)

    @staticmethod
    def _online(members: dict[int, _Member]) -> Iterable[_Member]:
        return (member for member in members.values() if member.pause is None)
