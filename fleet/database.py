"""What the centre keeps, in PostgreSQL."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
import json
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from .lines import LOCK as LOCK_LINES, UPDATE, Known, Taken
from .messages import Answer, Line, Received, run_of
from .tables import STATEMENTS, month, newest

FOLDER: Final = Path(__file__).parent
LOCK: Final = 1111640652  # of the schema, among consumers that start together

NEW_LINES: Final = """INSERT INTO lines (site, line)
    SELECT s, l FROM unnest(%(sites)s::text[], %(lines)s::text[]) AS g(s, l) ORDER BY s, l ON CONFLICT DO NOTHING"""
HEARD: Final = """UPDATE lines SET heard_at = now(), run_heard = CASE WHEN run = r THEN now() ELSE run_heard END
    FROM unnest(%(sites)s::text[], %(lines)s::text[], %(runs)s::text[]) AS g(s, l, r) WHERE site = s AND line = l"""
# The clock of a site may have been ahead: what was kept before is no obstacle for longer than messages overtake others.
_OF_LINE: Final = """INSERT INTO {0} (site, line, at, content) VALUES (%s, %s, to_timestamp(%s), %s)
    ON CONFLICT (site, line) DO UPDATE SET at = excluded.at, content = excluded.content, kept_at = now()
    WHERE {0}.at <= excluded.at OR {0}.kept_at < now() - interval '2 minutes'"""
BIRTH: Final = _OF_LINE.format("births")
SNAPSHOT: Final = _OF_LINE.format("snapshots")
REFUSED: Final = """INSERT INTO refused (site, line, stream, seq, why, content) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING"""
PREDICTION: Final = """INSERT INTO predictions VALUES (%s, %s, %s, to_timestamp(%s), to_timestamp(%s), %s)
    ON CONFLICT DO NOTHING"""


class Database:
    """A connection of one consumer. Each method is one transaction: all of it is kept, or an error is raised."""

    def __init__(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        """Use a connection in autocommit mode."""
        self._connection = connection
        self._months: set[date] = set()  # whose partitions are there

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Connect, and make what is not there yet."""
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=tuple_row)
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                for name in ("schema.sql", "views.sql"):
                    await connection.execute((FOLDER / name).read_bytes())
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._connection.close()

    async def keep_journals(self, messages: Sequence[Received], *, refused: str | None = None) -> list[Answer]:
        """Keep rows of journals, and return what each line is to be told: after the commit, so it is true.

        `refused` is why these rows do not fit their tables: they are put aside as they are.
        """
        by_line = defaultdict[Line, list[dict[str, Any]]](list)
        for message in messages:
            by_line[message.line].append(message.content)
        if refused is None:
            await self._ensure_months(by_line)
        answers: list[Answer] = []
        async with self._connection.transaction():
            lines = await self._lock(by_line)
            rows = defaultdict[str, list[dict[str, Any]]](list)
            for line, contents in sorted(by_line.items()):
                of_line = Taken.of(line, lines[line], contents)
                for one in of_line.rows:
                    if refused is None:
                        _sort_in(rows, line, of_line.stream, one)
                    else:
                        refusal = (*line, of_line.stream, one["seq"], refused, json.dumps(one))
                        await self._connection.execute(REFUSED, refusal)
                [seq] = await self._one(UPDATE, of_line.given())
                answers += of_line.answers(seq)
            for table, statements in STATEMENTS.items():
                if found := newest(table, rows[table]):
                    for statement in statements:
                        await self._connection.execute(statement, {"rows": Jsonb(found)})
        return answers

    async def keep_births(self, messages: Sequence[Received]) -> None:
        """Keep what lines are."""
        async with self._connection.transaction():
            await self._lock({message.line for message in messages})
            for message in sorted(messages, key=lambda one: one.line):
                given = (*message.line, message.content["at"], Jsonb(message.content))
                await self._connection.execute(BIRTH, given)

    async def keep_snapshots(self, messages: Sequence[Received]) -> list[Answer]:
        """Keep the last figures of lines; return what lines are to be told that were acknowledged more than is here."""
        last = {message.line: message for message in sorted(messages, key=lambda one: one.content["at"])}
        found = sorted(last.items())
        predictions = [one for line, message in found for one in _predictions(line, message.content)]
        await self._ensure({day for *_, start, _, _ in predictions if (day := month({"at": start}))})
        async with self._connection.transaction(), self._connection.cursor() as cursor:
            known = await self._lock(last)
            runs = [run_of(message.content) for _, message in found]
            await cursor.execute(HEARD, _columns(last) | {"runs": runs})
            await cursor.executemany(
                SNAPSHOT, [(*line, message.content["at"], Jsonb(message.content)) for line, message in found]
            )
            await cursor.executemany(PREDICTION, predictions)
        return [
            Answer(line=line, stream=message.content["stream"], seq=0, lost=True, run=run_of(message.content))
            for line, message in found
            if message.content.get("acknowledged", 0) > 0
            and (message.content["stream"], message.content["acknowledged"])
            > (known[line].stream, known[line].acknowledged)
        ]

    async def _lock(self, lines: Sequence[Line] | dict[Line, Any] | set[Line]) -> dict[Line, Known]:
        """Return what is known of lines, which no other consumer changes during the transaction."""
        columns = _columns(lines)
        await self._connection.execute(NEW_LINES, columns)
        cursor = await self._connection.execute(LOCK_LINES, columns)
        return {
            (site, line): Known(
                stream=stream, acknowledged=seq, run=run, earlier=earlier, started=started or 0.0, silent=silent or 0.0
            )
            for site, line, stream, seq, run, earlier, started, silent in await cursor.fetchall()
        }

    async def _ensure_months(self, by_line: dict[Line, list[dict[str, Any]]]) -> None:
        rows = (one["row"] for contents in by_line.values() for content in contents for one in content["rows"])
        await self._ensure({day for row in rows if (day := month(row))})

    async def _ensure(self, months: set[date]) -> None:
        for day in sorted(months - self._months):
            await self._connection.execute("SELECT ensure_month(%s)", [day])
            self._months.add(day)

    async def _one(self, statement: str, given: dict[str, Any]) -> tuple[Any, ...]:
        row = await (await self._connection.execute(statement, given)).fetchone()
        assert row is not None  # noqa: S101 - the line was locked
        return row


def _columns(lines: Sequence[Line] | dict[Line, Any] | set[Line]) -> dict[str, list[str]]:
    found = sorted(set(lines))
    return {"sites": [site for site, _ in found], "lines": [line for _, line in found]}


def _sort_in(rows: dict[str, list[dict[str, Any]]], line: Line, stream: int, one: dict[str, Any]) -> None:
    """Put a row of a message to those of its table. One of a table that only a later release knows is left out."""
    table, row = one["table"], one["row"]
    of = {"site": line[0], "line": line[1]}
    if table == "curves":
        for battery, curve in row["curves"].items():
            rows[table].append(of | {"string": row["string"], "start": row["start"], "battery": battery} | curve)
    elif table in STATEMENTS:
        subject = row.get("battery") or row["string"]
        rows[table].append(row | of | {"subject": subject, "stream": stream, "seq": one["seq"]})


def _predictions(line: Line, content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the remaining time of each string that is being discharged."""
    return [
        (*line, string["id"], string["discharging_since"], content["at"], remaining)
        for string in content["strings"]
        if string.get("discharging_since") is not None
        and (remaining := string["values"].get("remaining_time")) is not None
    ]
