"""What lines send, as `fleet/schemas` describes it, and what the centre answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
import json
from typing import Any, Final, Protocol

ROOT: Final = "battery_bank/v1"
KINDS: Final = ("journal", "snapshot", "birth")

# What a message of each kind must have: without it nothing can be made of it.
FIELDS: Final[dict[str, dict[str, tuple[type, ...]]]] = {
    "journal": {"stream": (int,), "after": (int,), "last": (int,), "acknowledged": (int,), "rows": (list,)},
    "snapshot": {"at": (int, float), "values": (dict,), "strings": (list,)},
    "birth": {"at": (int, float), "strings": (list,)},
}

HIGHEST: Final = 2**62  # of the numbers of a journal: a column of the database takes twice as much

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
    run: str  # the start of the sender that is answered
    twice: bool = False  # whether nothing of it was kept, because another one sends as the same line

    @property
    def topic(self) -> str:
        """Where the line hears it."""
        return "/".join((ROOT, *self.line, "ack"))

    @property
    def payload(self) -> bytes:
        """What is said there."""
        said = {name: True for name in ("lost", "twice") if getattr(self, name)}
        return json.dumps({"stream": self.stream, "seq": self.seq, "run": self.run} | said).encode()


class Source(Protocol):
    """Messages of one kind, in batches."""

    async def batch(self) -> Sequence[tuple[str, bytes]]:
        """Wait for messages, and return their topics and payloads."""

    async def done(self) -> None:
        """Confirm the last batch: it is kept."""


type PublishAnswers = Callable[[Sequence[Answer]], Awaitable[None]]


def parse(topic: str, payload: bytes) -> Received:
    """Return a message, or raise `BadMessageError`."""
    _, _, site, line, kind = topic.split("/")
    try:
        # What PostgreSQL can't keep in a text, nobody has meant to write.
        content = json.loads(payload.replace(rb"\u0000", b""))
        if content["version"] != 1:
            raise BadMessageError(f"{topic}: version {content['version']}")
        for name, types in FIELDS[kind].items():
            if not isinstance(content[name], types) or isinstance(content[name], bool):
                raise BadMessageError(f"{topic}: {name} {content[name]!r:.40}")
        if kind == "journal" and not _in_order(content):
            raise BadMessageError(f"{topic}: the numbers of its rows do not rise from `after` to `last`")
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        raise BadMessageError(f"{topic}: {err!r}") from err
    return Received(line=(site, line), content=content)


def _in_order(content: Mapping[str, Any]) -> bool:
    """Return whether the rows of a journal lie between `after` and `last`: the last number is acknowledged."""
    numbers = [content["after"], *(row["seq"] for row in content["rows"])]
    others = (content["stream"], content["acknowledged"], content["last"])
    whole = all(type(number) is int and 0 <= number <= HIGHEST for number in (*numbers, *others))
    return whole and numbers[-1] <= content["last"] and all(one < after for one, after in pairwise(numbers))


def run_of(content: Mapping[str, Any]) -> str:
    """Return the start of the sender that a message is of."""
    return str(content.get("run", ""))


def halves(message: Received) -> list[Received]:
    """Return the rows of a message in two messages; none if there is only one row, or if it is no journal."""
    content = message.content
    rows = content.get("rows", ())
    if len(rows) <= 1:
        return []
    middle = len(rows) // 2
    first = content | {"rows": rows[:middle], "last": rows[middle - 1]["seq"]}
    second = content | {"rows": rows[middle:], "after": first["last"]}
    return [Received(line=message.line, content=one) for one in (first, second)]
