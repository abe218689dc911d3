"""Whose turn it is on the line. No I/O; times are s of one clock that never goes back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

PERIOD: Final = 1.0  # s; a string module is asked this often, and a battery never more often

# A silent module is asked again after these many s, then twice as long each time …
FIRST_REST: Final = 5.0
LONGEST_REST: Final = 40.0
# … but somebody is asked this often while nobody answers, so that a line that wakes is seen at once.
REST_IN_SILENCE: Final = 5.0
# A question that may cost its whole time-out is put where no string module is due meanwhile, within this many s …
POSTPONEMENT: Final = 10.0
# … and one that costs more than there ever is between two questions to a string module, right behind the first.
LONGEST_GAP: Final = 0.8 * PERIOD


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this module for its values."""

    unit_id: int


@dataclass(frozen=True, slots=True)
class Serve:
    """Serve the command that somebody waits for."""


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """Every module had its turn; this took so many s."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody is due for so many s."""

    seconds: float


type Turn = Ask | Serve | RoundEnd | Wait


@dataclass(slots=True, eq=False)
class _Member:
    unit_id: int
    due: float
    rest: float | None = None  # s between questions while it is silent; None while it answers
    asked_in: int = 0  # the round of its last question


class Turns:
    """Fair turns: string modules each second, then commands, then the batteries of the round, one after another.

    A silent module leaves the round and is asked ever less often, at least once a minute and never twice in
    a round, until it answers again.
    """

    def __init__(
        self, strings: Iterable[int], batteries: Iterable[int], *, cost: Callable[[int], float], now: float
    ) -> None:
        """Begin a first round at `now` for modules by unit id; `cost` tells what a silence of one takes, in s."""
        self._strings = {unit_id: _Member(unit_id, now) for unit_id in strings}
        self._batteries = {unit_id: _Member(unit_id, now) for unit_id in batteries}
        self._members = self._strings | self._batteries
        self._cost = cost
        self._round = 1
        self._round_began, self._round_may_end = now, now + PERIOD
        self._order = iter(self._batteries.values())
        self._up_next = next(self._order, None)
        self._string_went_last = False
        self._command_went_last = False  # among those that are not string modules

    def next(self, now: float, *, command_waits: bool) -> Turn:
        """Say what to do now. An `Ask` counts as done: report a change with `answered` or `silent`."""
        string = min(self._live(self._strings), key=lambda member: member.due, default=None)
        string_due = string.due if string else None
        battery = self._next_battery(now, string_due)
        if battery is None and now >= self._round_may_end:
            return self._end_round(now)
        # String modules go first, then commands, yet never twice in a row while somebody behind them waits: neither
        # a slow line full of string modules nor a scan may keep the batteries from being asked.
        if string and string.due <= now and not (self._string_went_last and (command_waits or battery)):
            self._string_went_last = True
            string.due = max(string.due + PERIOD, now)
            return self._ask(string)
        self._string_went_last = False
        if command_waits and not (self._command_went_last and battery):
            self._command_went_last = True
            return Serve()
        self._command_went_last = False
        if battery:
            return self._ask(battery)
        return self._wait(now, string_due)

    def answered(self, unit_id: int, now: float) -> None:
        """Take the module for live. The first to answer wakes the line: nobody is silent for long any more."""
        member = self._members[unit_id]
        if member.rest is not None:
            if not any(self._live(self._members)):
                self.wake(now)
            member.rest = None
            member.due = now

    def silent(self, unit_id: int, now: float) -> None:
        """Ask the module more seldom from now on, and again more seldom the next time."""
        member = self._members[unit_id]
        member.rest = FIRST_REST if member.rest is None else min(2 * member.rest, LONGEST_REST)
        member.due = now + member.rest
        if not any(self._live(self._members)):
            first = min(self._members.values(), key=lambda one: one.due)
            first.due = min(first.due, now + REST_IN_SILENCE)

    def wake(self, now: float) -> None:
        """Ask every silent module in the next round, without postponing any: the line came back."""
        for member in self._members.values():
            if member.rest is not None:
                member.due = now - POSTPONEMENT

    def _next_battery(self, now: float, string_due: float | None) -> _Member | None:
        """Choose who is next after the live string modules: a silent module whose rest is over, or a battery."""
        for member in self._resting():
            if member.due <= now and member.asked_in != self._round:
                fits = string_due is None or now + min(self._cost(member.unit_id), LONGEST_GAP) <= string_due
                if fits or now >= member.due + POSTPONEMENT:
                    return member
        while self._up_next is not None and (self._up_next.rest is not None or self._up_next.asked_in == self._round):
            self._up_next = next(self._order, None)
        return self._up_next

    def _end_round(self, now: float) -> RoundEnd:
        took = now - self._round_began
        self._round += 1
        self._round_began, self._round_may_end = now, now + PERIOD
        self._order = iter(self._batteries.values())
        self._up_next = next(self._order, None)
        return RoundEnd(took)

    def _wait(self, now: float, string_due: float | None) -> Wait:
        rested = [member.due for member in self._resting() if member.due > now]
        return Wait(min([self._round_may_end, *rested, *([] if string_due is None else [string_due])]) - now)

    def _ask(self, member: _Member) -> Ask:
        member.asked_in = self._round
        return Ask(member.unit_id)

    def _resting(self) -> Iterable[_Member]:
        return (member for member in self._members.values() if member.rest is not None)

    @staticmethod
    def _live(members: dict[int, _Member]) -> Iterable[_Member]:
        return (member for member in members.values() if member.rest is None)
