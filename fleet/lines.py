"""Which of several senders of one line is heeded: each start of a sender is a run of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .messages import Answer, Line, run_of

LATE: Final = 120.0  # s in which messages of the run before may still come
GONE: Final = 600.0  # s without a message, after which a run has ended
RUNS: Final = 20  # earlier runs that are remembered

LOCK: Final = """SELECT l.site, l.line, l.stream, acknowledged(l.received), l.run, l.earlier_runs,
        extract(epoch FROM now() - l.run_since)::float8, extract(epoch FROM now() - l.run_heard)::float8
    FROM lines AS l JOIN unnest(%(sites)s::text[], %(lines)s::text[]) AS given(site, line) USING (site, line)
    ORDER BY l.site, l.line FOR UPDATE OF l"""
UPDATE: Final = """UPDATE lines SET heard_at = now(), stream = %(stream)s,
    received = CASE WHEN stream = %(stream)s THEN received ELSE '{}' END + %(ranges)s::int8multirange,
    run = %(run)s, earlier_runs = %(earlier)s, run_since = now() - make_interval(secs => %(started)s),
    run_heard = now() - make_interval(secs => %(silent)s),
    doubled_at = CASE WHEN %(doubled)s THEN now() ELSE doubled_at END
    WHERE site = %(site)s AND line = %(line)s RETURNING acknowledged(received)"""


@dataclass(kw_only=True, slots=True)
class Known:
    """What the centre knows of a line and of its senders."""

    stream: int
    acknowledged: int
    run: str | None = None  # the one that is heeded
    earlier: list[str] = field(default_factory=list)
    started: float = 0.0  # s since the run was heard of first
    silent: float = 0.0  # s since it was heard of last
    doubled: bool = False  # whether another one sends too

    def heeds(self, run: str, stream: int) -> bool:
        """Return whether a message is to be kept, and note which run it is of.

        The run that began last is heeded. One that goes on sending beside it is a copy, whose rows have the same
        numbers: it is told so, and keeps them.
        """
        if run == self.run:
            self.silent = 0.0
        elif run not in self.earlier or self.silent > GONE:
            earlier = [one for one in (*self.earlier, self.run) if one not in (run, None)]
            self.run, self.earlier = run, [one for one in earlier if one is not None][-RUNS:]
            self.started = self.silent = 0.0
        elif self.started > LATE or stream > self.stream:
            self.doubled = True
            return False
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What is taken of the journal messages of one line that came together."""

    line: Line
    known: Known
    stream: int
    contents: Sequence[Mapping[str, Any]]  # those that are kept
    lost: bool
    runs: Mapping[str, bool]  # those that messages came of, and whether they are heeded

    @classmethod
    def of(cls, line: Line, known: Known, contents: Sequence[Mapping[str, Any]]) -> Self:
        """Choose which messages are kept: those of a run that is heeded, and of the newest stream."""
        runs: dict[str, bool] = {}
        heeded = []
        for content in contents:
            run = run_of(content)
            runs[run] = known.heeds(run, content["stream"])
            if runs[run]:
                heeded.append(content)
        stream = max(known.stream, *(content["stream"] for content in heeded), 0)
        acknowledged = known.acknowledged if stream == known.stream else 0
        current = [content for content in heeded if content["stream"] == stream]
        lost = any(content["acknowledged"] > acknowledged for content in current)
        return cls(line=line, known=known, stream=stream, contents=current, lost=lost, runs=runs)

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of all messages that are kept."""
        return (row for content in self.contents for row in content["rows"])

    def given(self) -> dict[str, Any]:
        """Return what `UPDATE` asks for."""
        ranges = ",".join(f"[{content['after'] + 1},{content['last'] + 1})" for content in self.contents)
        names = ("run", "earlier", "started", "silent", "doubled")
        of_runs = {name: getattr(self.known, name) for name in names}
        return of_runs | {"site": self.line[0], "line": self.line[1], "stream": self.stream, "ranges": f"{{{ranges}}}"}

    def answers(self, seq: int) -> list[Answer]:
        """Return what each run is to be told, with the number up to which the centre has all rows."""
        return [
            Answer(line=self.line, stream=self.stream, seq=seq, lost=self.lost and kept, run=run, twice=not kept)
            for run, kept in self.runs.items()
        ]
