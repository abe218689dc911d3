"""A centre keeps all that fits, says what does not, and lets no site keep another back; with a real database."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import product
import json
from typing import Any

from centre import DAY, birth, journal, received, running_postgres, snapshot
import pytest

from fleet.consumer import Worker, keep_births, keep_journals, keep_snapshots
from fleet.database import Database
from fleet.messages import Answer, BadMessageError, Received, parse
from fleet.trial.engines import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.real_time]  # the views compare with the time of the database

T0 = 1_790_000_000.0


@pytest.fixture
async def postgres(socket_enabled: None) -> AsyncGenerator[Postgres]:
    async with running_postgres() as engine:
        yield engine


class Nothing:
    """What a worker is not asked for here."""

    async def batch(self) -> Sequence[tuple[str, bytes]]:
        return []

    async def done(self) -> None: ...


async def nothing(_: Sequence[Answer]) -> None: ...


class Centre:
    """A database with the functions of a consumer."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def ask(self, query: str) -> list[tuple[Any, ...]]:
        return await (await self.database._connection.execute(query)).fetchall()

    async def take(self, *messages: Received) -> dict[str, Answer]:
        """Take journals in as a worker does, and return the answers by run."""

        worker = Worker(Nothing(), keep_journals, nothing, "")
        return {answer.run: answer for answer in await worker._kept(self.database, messages)}


@pytest.fixture
async def centre(postgres: Postgres) -> AsyncGenerator[Centre]:
    database = await Database.connect(postgres.url)
    yield Centre(database)
    await database.close()


def measured(
    count: int, *, after: int = 0, begin: float = T0, run: str = "first", line: str = "line1", **content: Any
) -> Received:
    """Return a message with so many resistance tests."""
    rows = [
        {
            "seq": after + number,
            "table": "tests",
            "row": {"string": "s1", "battery": "b1", "at": begin + after + number, "ohmic_value": 0.004, "usable": 1},
        }
        for number in range(1, count + 1)
    ]
    head = {"version": 1, "run": run, "stream": 1, "after": after, "last": after + count, "acknowledged": 0}
    payload = json.dumps(head | {"rows": rows} | content).encode()
    return parse(f"battery_bank/v1/tower7/{line}/journal", payload)


def no_value(row: dict[str, Any]) -> None:
    row["ohmic_value"] = None


def far_future(row: dict[str, Any]) -> None:
    row["at"] = 1e16


def no_key(row: dict[str, Any]) -> None:
    del row["at"]


def half_a_character(row: dict[str, Any]) -> None:
    row["battery"] = "\ud800"


def no_row(row: dict[str, Any]) -> None:
    row.clear()


SPOILS = (no_value, far_future, no_key, half_a_character, no_row)


async def test_a_row_that_does_not_fit_is_put_aside_and_keeps_no_other_back(centre: Centre) -> None:
    spoilt = {}
    for number, (spoil, place) in enumerate(product(SPOILS, (0, 42, 99))):
        line = f"line{number:02}"
        bad = measured(100, line=line)
        spoil(bad.content["rows"][place]["row"])
        spoilt[line] = bad.content["rows"][place]
        answers = await centre.take(bad, measured(3, after=100, line=line), measured(5 * number + 5, line="other"))
        assert not answers["first"].lost
        await centre.take(bad)  # sent again, it is not doubled
    received_of = await centre.ask("SELECT line, acknowledged(received) FROM lines ORDER BY 1")
    assert received_of == [*((line, 103) for line in spoilt), ("other", 75)]
    kept = await centre.ask("SELECT line, count(*) FROM tests GROUP BY 1 ORDER BY 1")
    assert kept == [*((line, 102) for line in spoilt), ("other", 75)]
    refused = await centre.ask("SELECT f.line, fault, content FROM faults AS f JOIN refused USING (site, line)")
    assert {line: json.loads(content) for line, _, content in refused} == spoilt
    assert {fault for _, fault, _ in refused} == {"does not fit"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": 2}',
        b'{"version": 1}',
        b'{"version": 1, "stream": "x", "after": 0, "last": 1, "acknowledged": 0, "rows": []}',
        b'{"version": 1, "stream": true, "after": 0, "last": 1, "acknowledged": 0, "rows": []}',
        b'{"version": 1, "stream": 1, "after": 0, "last": 1, "acknowledged": 0, "rows": {}}',
        b'{"version": 1, "at": {}, "values": {}, "strings": []}',
        b'{"version": 1, "at": 1, "values": {}, "strings": 7}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", ["journal", "birth", "snapshot"])
def test_what_nothing_can_be_made_of_is_no_message(kind: str, payload: bytes) -> None:
    with pytest.raises(BadMessageError, match="tower7/line1"):
        parse(f"battery_bank/v1/tower7/line1/{kind}", payload)


@pytest.mark.parametrize(
    "odd",
    [
        {"rows": [{"seq": 900}]},  # beyond `last`: it would be acknowledged
        {"rows": [{"seq": 4}]},
        {"rows": [{"seq": 7}, {"seq": 6}]},
        {"rows": [{"seq": 6.5}]},
        {"rows": [{}]},
        {"rows": ["6"]},
        {"after": -1},
        {"after": 11},
        {"stream": -3},
        {"stream": 2**63},
        {"last": 10**30},
        {"acknowledged": -1},
    ],
)
def test_numbers_that_do_not_rise_within_their_message_are_none(odd: Mapping[str, Any]) -> None:
    good: dict[str, Any] = {
        "version": 1,
        "stream": 1,
        "after": 5,
        "last": 10,
        "acknowledged": 0,
        "rows": [{"seq": 6}, {"seq": 9}],
    }
    parse("battery_bank/v1/tower7/line1/journal", json.dumps(good).encode())
    with pytest.raises(BadMessageError, match="tower7/line1"):
        parse("battery_bank/v1/tower7/line1/journal", json.dumps({**good, **odd}).encode())


ODD: Sequence[Any] = (None, True, "x", 7, [], {}, 1e300, [[]], [{}], [{"id": []}], {"x": "y"})


async def test_an_odd_birth_or_snapshot_ends_no_query_over_all_sites(centre: Centre) -> None:
    [(now,)] = await centre.ask("SELECT extract(epoch FROM now())::float8")
    good = received("birth", birth(now, 30.0)) + received("snapshot", snapshot(now))
    await keep_births(centre.database, good[:1])
    await keep_snapshots(None)(centre.database, good[1:])
    for number, odd in enumerate(ODD):
        line = ("elsewhere", f"line{number}")
        of_string = {"id": "s1", "name": odd, "test_days": odd, "discharging_since": odd, "values": odd}
        for strings in ([odd], [of_string | {"batteries": odd}]):
            content = {"version": 1, "at": now, "name": odd, "values": {}, "strings": strings}
            content["strings"] += [of_string | {"batteries": [{"id": odd, "number": odd, "values": odd}]}]
            for kind, keep in (("birth", keep_births), ("snapshot", keep_snapshots(None))):
                message = parse(f"battery_bank/v1/elsewhere/{line[1]}/{kind}", json.dumps(content).encode())
                worker = Worker(Nothing(), keep, nothing, "")
                await worker._kept(centre.database, [message])
    views = await centre.ask("SELECT table_name FROM information_schema.views WHERE table_schema = 'public'")
    assert len(views) > 10
    for (view,) in views:
        await centre.ask(f"SELECT * FROM {view}")  # noqa: S608 - our own words
    assert ("tower7", 2, "weak") in await centre.ask("SELECT site, number, risk FROM worst_batteries")


async def test_a_site_whose_clock_was_ahead_is_shown_again_when_it_is_right(centre: Centre) -> None:
    [(now,)] = await centre.ask("SELECT extract(epoch FROM now())::float8")
    ahead = now + 14 * 365 * DAY
    for kind, keep, content in (
        ("snapshot", Database.keep_snapshots, snapshot),
        ("birth", Database.keep_births, lambda at: birth(at, 30.0)),
    ):
        await keep(centre.database, received(kind, content(ahead)))
        await keep(centre.database, received(kind, content(now)))  # one that was overtaken looks the same
        table = f"{kind}s"
        [(first,)] = await centre.ask(f"SELECT at > now() + interval '1 year' FROM {table}")  # noqa: S608
        assert first
        await centre.database._connection.execute(
            f"UPDATE {table} SET kept_at = kept_at - interval '3 minutes'"  # noqa: S608
        )
        await keep(centre.database, received(kind, content(now)))
        [(first,)] = await centre.ask(f"SELECT at > now() + interval '1 year' FROM {table}")  # noqa: S608
        assert not first


async def test_rows_of_a_site_whose_clock_is_decades_off_are_kept(centre: Centre) -> None:
    for at in (-1e9, 0.0, 86400.0 * 365 * 31, 4_102_444_800.0, 7_000_000_000.0):
        line = f"line{at:.0f}"
        answers = await centre.take(measured(50, begin=at, line=line), measured(50, after=50, line=line))
        assert answers["first"].seq == 100
    assert await centre.ask("SELECT count(*) FROM tests") == [(500,)]
    assert await centre.ask("SELECT count(*) FROM refused") == [(0,)]


async def test_an_alarm_that_a_site_has_no_more_is_not_open_for_ever(centre: Centre) -> None:
    """As after a backup, or with a new journal: the monitor raises it again if its cause is there."""
    [(now,)] = await centre.ask("SELECT extract(epoch FROM now())::float8")
    await centre.take(*received("journal", journal(now, now)))
    assert await centre.ask("SELECT count(*) FROM open_alarms") == [(1,)]
    new = journal(now, now)
    rows = [row for row in new["rows"] if row["table"] != "alarms"]
    half = {"run": "second", "stream": 2, "rows": rows[:3], "last": rows[2]["seq"]}
    await centre.take(*received("journal", new | half))
    assert await centre.ask("SELECT count(*) FROM open_alarms") == [(1,)]  # it may still come
    rest = {"run": "second", "stream": 2, "rows": rows[3:], "after": rows[2]["seq"]}
    await centre.take(*received("journal", new | rest))
    assert await centre.ask("SELECT count(*) FROM open_alarms") == [(0,)]
    assert await centre.ask("SELECT count(*) FROM alarms") == [(2,)]


async def test_a_start_anew_is_heeded_at_once_and_late_messages_of_the_one_before_are_kept(centre: Centre) -> None:
    assert (await centre.take(measured(5)))["first"].seq == 5
    answers = await centre.take(measured(5, after=10, run="second"), measured(5, after=5))
    assert {run: (answer.seq, answer.twice) for run, answer in answers.items()} == {
        "first": (15, False),
        "second": (15, False),
    }
    assert await centre.ask("SELECT count(*) FROM tests") == [(15,)]
    assert await centre.ask("SELECT * FROM faults") == []


async def test_a_site_that_has_another_name_now_is_asked_for_all(centre: Centre) -> None:
    """Its rows have the numbers that they had under the old one. So is one that a centre knows whose store was lost."""
    await centre.take(measured(800))
    answer = (await centre.take(measured(3, after=800, acknowledged=800, line="renamed")))["first"]
    assert (answer.seq, answer.lost) == (0, True)
    assert (await centre.take(measured(803, line="renamed", stream=2)))["first"].seq == 803
    # One without rows to send says in its snapshots how far it was acknowledged.
    elsewhere = snapshot(T0) | {"stream": 2, "acknowledged": 803, "run": "first"}
    [answer] = await centre.database.keep_snapshots(received("snapshot", elsewhere))
    assert (answer.line, answer.lost, answer.run) == (("tower7", "line1"), True, "first")


async def test_of_two_copies_of_a_line_the_last_one_is_heeded_and_the_other_told(centre: Centre) -> None:
    await centre.take(measured(5))
    await centre.take(measured(5, after=5, run="copy"))
    later = "UPDATE lines SET run_since = run_since - interval '{0}', run_heard = run_heard - interval '{0}'"
    await centre.database._connection.execute(later.format("3 minutes"))
    answers = await centre.take(measured(7, after=5, begin=T0 + 500), measured(1, after=10, run="copy"))
    assert {run: (answer.seq, answer.twice, answer.lost) for run, answer in answers.items()} == {
        "first": (11, True, False),
        "copy": (11, False, False),
    }
    assert b'"twice": true' in answers["first"].payload
    assert await centre.ask("SELECT count(*) FROM tests") == [(11,)]
    assert await centre.ask("SELECT site, line, fault FROM faults") == [("tower7", "line1", "two senders")]
    # Snapshots show that the copy is there, though it has no rows to send.
    await centre.database._connection.execute(later.format("1 hour"))
    at = {"stream": 1, "acknowledged": 11, "run": "copy"}
    await centre.database.keep_snapshots(received("snapshot", snapshot(T0) | at))
    assert (await centre.take(measured(7, after=5, begin=T0 + 500)))["first"].twice
    # When it has gone, the other one is heeded again, and sends what it has kept.
    await centre.database._connection.execute(later.format("1 hour"))
    answer = (await centre.take(measured(7, after=5, begin=T0 + 500)))["first"]
    assert (answer.seq, answer.twice) == (12, False)
    assert await centre.ask("SELECT count(*) FROM tests") == [(18,)]


async def test_a_copy_that_sends_all_anew_is_told_at_once(centre: Centre) -> None:
    """It has taken the other one for a backup of itself; without the answer, both would do so in turn for ever."""
    await centre.take(measured(5))
    await centre.take(measured(5, stream=2, run="copy"))
    answer = (await centre.take(measured(5, stream=3)))["first"]
    assert (answer.twice, answer.stream) == (True, 2)
