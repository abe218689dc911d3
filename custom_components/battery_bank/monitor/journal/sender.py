"""Sends the journal of a line to a receiver elsewhere, until the receiver has said that it has it.

What a broker confirms proves nothing: only the receiver's own acknowledgement does. So a row is kept until that comes,
and sent again if it does not.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

import orjson

from .outbox import Outbox, Status

VERSION: Final = 1  # of the messages, and in the name of their topics
ROOT: Final = f"battery_bank/v{VERSION}"

ROWS: Final = 100  # in a message
SIZE: Final = 60_000  # bytes of rows in a message; a single row may be larger
WINDOW: Final = 4  # messages that may wait for an acknowledgement
PAUSE: Final = 0.2  # s between two messages, so that a bank that was cut off for months is no flood
IDLE: Final = 2.0  # s between two looks for rows
FIRST_PATIENCE: Final = 30.0  # s without an acknowledgement until rows are sent again, twice as long each time
LONGEST_PATIENCE: Final = 300.0
FARTHEST: Final = 2**62  # the highest stream that an answer may have: SQLite could keep few beyond
LATER: Final = 3600.0  # s between two sendings of a document that is saved each minute

type Publish = Callable[[bytes], Awaitable[None]]


class Sender:
    """Sends what an outbox has, in order, and again what was not acknowledged."""

    def __init__(
        self, publish: Publish, monotonic: Callable[[], float], *, run: str, patience: float = FIRST_PATIENCE
    ) -> None:
        """Publish messages of the journal by a function; it may fail silently, and come too late or twice.

        `run` is a word that no other sender has, nor this one after its next start.
        """
        self.status: Status | None = None  # None before `begin`
        self.doubled_at: float | None = None  # monotonic s, when the receiver said that another sends as this one
        self.run = run
        self._publish = publish
        self._monotonic = monotonic
        self._cursor = 0  # the number of the last row that was sent, since rows were last sent again
        self._on_the_way: deque[int] = deque()  # last numbers of messages without an acknowledgement
        self._sent_at = 0.0
        self._first_patience = self._patience = patience
        self._later_at: float | None = None
        self._resumes_at = -LONGEST_PATIENCE
        self._answers: deque[bytes] = deque(maxlen=100)

    def answered(self, payload: bytes) -> None:
        """Take an acknowledgement of the receiver; the next step takes it into account."""
        self._answers.append(payload)

    def start_over(self) -> None:
        """Send again at once what was not acknowledged: the way to the receiver was interrupted."""
        self._patience = self._first_patience
        self._sent_at = -LONGEST_PATIENCE

    async def begin(self, outbox: Outbox, now: float) -> None:
        """Have all that is written noted from now on; `now` in s since 1970. Raises `JournalError`."""
        self.status = await outbox.begin(int(1000 * now))
        self._rewind(self.status.acknowledged)

    async def step(self, outbox: Outbox) -> float:
        """Do what is next, and return the s until the next step. Raises `JournalError`."""
        assert self.status is not None  # noqa: S101 - it has begun
        at = self._monotonic()
        while self._answers:
            await self._heed(outbox, self._answers.popleft())
        if at < self._resumes_at:
            return IDLE
        if self._later_at is None or at - self._later_at >= LATER:
            self._later_at = at
            await outbox.note_later()
        if self._on_the_way and at - self._sent_at >= self._patience:
            self._rewind(self.status.acknowledged)
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        if len(self._on_the_way) >= WINDOW:
            return PAUSE
        batch = await outbox.take(self._cursor, ROWS, SIZE)
        if batch is None:
            return IDLE
        self._cursor = batch.last
        self._on_the_way.append(batch.last)
        self._sent_at = at
        await self._publish(orjson.dumps({"version": VERSION, "run": self.run, **asdict(batch)}))
        return PAUSE

    async def _heed(self, outbox: Outbox, payload: bytes) -> None:
        """Forget what was acknowledged; fill the receiver from the beginning if it has lost what it had."""
        assert self.status is not None  # noqa: S101 - it has begun
        try:
            answer = orjson.loads(payload)
            stream, seq = answer["stream"], answer["seq"]
            own = answer.get("run", self.run) == self.run
            lost, twice = own and bool(answer.get("lost")), own and bool(answer.get("twice"))
        except orjson.JSONDecodeError, KeyError, TypeError, AttributeError:
            return  # not an acknowledgement
        if type(stream) is not int or type(seq) is not int or seq < 0 or stream > max(FARTHEST, self.status.stream):
            return  # nor is this: a text, a fraction, or a number that cannot be
        if twice:  # another sends as this one; rows are kept until it is gone, or this one has another name
            self.doubled_at = self._monotonic()
            self._resumes_at = self.doubled_at + LONGEST_PATIENCE
            self._rewind(self.status.acknowledged)
            return
        status = self.status
        if stream < status.stream or (stream == status.stream and not lost and seq <= status.acknowledged):
            return  # late: the receiver has said more since then
        if stream == status.stream and not lost and seq <= (await outbox.status()).sent:
            if own:  # an answer to others may be of rows that had these numbers before a backup or a power cut
                self.status = await outbox.acknowledge(seq)
                self._patience = self._first_patience
                while self._on_the_way and self._on_the_way[0] <= seq:
                    self._on_the_way.popleft()
                self._cursor = max(self._cursor, seq)
            return
        # It has lost rows that are not noted any more, or has more than this journal ever sent: that is from a backup.
        self.status = await outbox.fill(stream + 1)
        self._patience = self._first_patience
        self._rewind(0)

    def _rewind(self, cursor: int) -> None:
        self._cursor = cursor
        self._on_the_way.clear()
