"""What lines send, as `fleet/schemas` describes it, and what the centre answers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
import json
from typing import Any, Final, Protocol

ROOT: Final = "battery_bank/v1"
KINDS: Final = ("journal", "snapshot", "birth")

type Line = tuple[str, str]  # site and line, as in the topic


class BadMessageError(Exception):
    """A message that the schemas don't allow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A message of a line."""

    line: Line
    content: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the centre has of a line's journal."""

    line: Line
    stream: int
    seq: int  # everything up to this number
    lost: bool  # whether it once acknowledged more than it has, and has to be filled from the beginning

    @property
    def topic(self) -> str:
        """Where the line hears it."""
        return "/".join((ROOT, *self.line, "ack"))

    @property
    def payload(self) -> bytes:
        """What is said there."""
        return json.dumps({"stream": self.stream, "seq": self.seq} | ({"lost": True} if self.lost else {})).encode()


class Source(Protocol):
    """Messages of one kind, in batches."""

    async def batch(self) -> Sequence[tuple[str, bytes]]:
        """Wait for messages, and return their topics and payloads."""

    async def done(self) -> None:
        """Confirm the last batch: it is kept."""


type PublishAnswers = Callable[[Sequence[Answer]], Awaitable[None]]


def parse(topic: str, payload: bytes) -> Received:
    """Return a message, or raise `BadMessageError`."""
    parts = topic.split("/")
    try:
        site, line = parts[2:4]
        # What PostgreSQL can't keep in a text, nobody has meant to write.
        content = json.loads(payload.replace(rb"\u0000", b""))
        if content["version"] != 1:
            raise BadMessageError(f"{topic}: version {content['version']}")
    except (ValueError, KeyError, TypeError) as err:
        raise BadMessageError(f"{topic}: {err!r}") from err
    return Received(line=(site, line), content=content)
