"""The outbox: what is written to a journal is sent, in order, until a receiver has it; and only while it is sent."""

from collections.abc import AsyncGenerator, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
import json
from pathlib import Path
from random import Random
from shutil import copyfile
import sqlite3
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from test_journal import CAPACITY_TEST as RESULT

from custom_components.battery_bank.monitor.battery import events
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import Outcome
from custom_components.battery_bank.monitor.battery.events import Event, Level
from custom_components.battery_bank.monitor.journal.outbox_schema import KEYS, STRETCH
from custom_components.battery_bank.monitor.journal.schema import MIGRATIONS
from custom_components.battery_bank.monitor.journal.sender import FIRST_PATIENCE, LATER, WINDOW, Sender
from custom_components.battery_bank.monitor.journal.store import Journal

RELEASE = Path(__file__).parent / "fixtures" / "release_0_4_0" / "journal.sql"
T0 = 1_790_000_000.25
ALARM = events.Alarm(
    kind=AlarmKind.VOLTAGE_LOW, battery="b1", level=Level.ALARM, value=1.75, limit=1.8, raised=T0, worst=Level.ALARM
)
DISCHARGE = events.Discharge(start=T0, drawn=0.0, start_voltage=54.1)
CAPACITY_TEST = replace(RESULT, start=T0, first_below="b1")
TEST = events.ResistanceTest(battery="b1", at=T0, ohmic_value=0.0012, temperature=22.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "line.db"


@pytest.fixture
async def journal(path: Path) -> AsyncGenerator[Journal]:
    journal = await Journal.open(path)
    yield journal
    await journal.close()


@contextmanager
def sql(path: Path) -> Generator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def points(*seconds: float, battery: str | None = "b1", start: float = T0) -> events.DischargePoints:
    found = (events.CurvePoint(battery=battery, seconds=one, voltage=12.0, drawn=one / 10) for one in seconds)
    return events.DischargePoints(start=start, points=tuple(found))


def contents(path: Path) -> dict[str, set[Any]]:
    """Return the rows of a journal by table, as a receiver has to have them: read by SQL of this test's own."""
    queries = {
        "gaps": 'SELECT string, start, "end" FROM gaps',
        "replacements": "SELECT string, nullif(battery, ''), at, \"by\", serial, note FROM replacements",
        "baselines": "SELECT string, nullif(battery, ''), kind, ohmic_value, at FROM baselines",
        "tests": "SELECT string, battery, at, ohmic_value, temperature, string_median, usable FROM tests",
        "alarms": "SELECT string, raised, kind, nullif(battery, ''), level, cleared, acknowledged FROM alarms",
        "discharges": 'SELECT string, start, "end", drawn, interrupted FROM discharges',
        "capacity_tests": 'SELECT string, start, "end", outcome, first_below, capacity, rated FROM capacity_tests',
        "documents": "SELECT string, key, data FROM documents",
        "curves": """SELECT d.string, d.start, n.battery, centiseconds, millivolts, milliampere_hours FROM curves AS c
            JOIN discharges AS d ON d.id = c.discharge JOIN names AS n ON n.id = c.battery""",
    }
    with sql(path) as connection:
        return {table: set(connection.execute(query)) for table, query in queries.items()}


class Receiver:
    """A receiver as simple as can be: it keeps the newest of each row, and knows which numbers it has."""

    COLUMNS: ClassVar = {
        "gaps": ("string", "start", "end"),
        "replacements": ("string", "battery", "at", "by", "serial", "note"),
        "baselines": ("string", "battery", "kind", "ohmic_value", "at"),
        "tests": ("string", "battery", "at", "ohmic_value", "temperature", "string_median", "usable"),
        "alarms": ("string", "raised", "kind", "battery", "level", "cleared", "acknowledged"),
        "discharges": ("string", "start", "end", "drawn", "interrupted"),
        "capacity_tests": ("string", "start", "end", "outcome", "first_below", "capacity", "rated"),
        "documents": ("string", "key", "data"),
    }

    def __init__(self) -> None:
        self.stream = 0
        self.had: set[int] = set()  # numbers, with those in between that are of no row
        self.rows: dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]] = {}
        self.points: set[tuple[Any, ...]] = set()
        self.runs: list[str] = []  # in the order in which they began to send

    @property
    def acknowledged(self) -> int:
        seq = 0
        while seq + 1 in self.had:
            seq += 1
        return seq

    def take(self, payload: bytes) -> bytes:
        """Keep what a message brings, and return the acknowledgement."""
        message = json.loads(payload)
        twice = self.run_of(message) != message["run"]
        if message["stream"] > self.stream and not twice:
            self.stream, self.had, self.rows = message["stream"], set(), {}
        lost = message["acknowledged"] > self.acknowledged
        if message["stream"] == self.stream and not twice:
            self.had |= set(range(message["after"] + 1, message["last"] + 1))
            for one in message["rows"]:
                self._keep(one["seq"], one["table"], one["row"])
        answer = {"stream": self.stream, "seq": self.acknowledged, "run": message["run"]}
        answer |= {name: True for name, said in (("lost", lost), ("twice", twice)) if said}
        return json.dumps(answer).encode()

    def run_of(self, message: dict[str, Any]) -> str:
        """Return the sender that is heeded: the one that started last."""
        if message["run"] not in self.runs:
            self.runs.append(message["run"])
        return self.runs[-1]

    def _keep(self, seq: int, table: str, row: dict[str, Any]) -> None:
        if table == "curves":
            for battery, curve in row["curves"].items():
                columns = (curve["centiseconds"], curve["millivolts"], curve["milliampere_hours"])
                self.points |= {(row["string"], row["start"], battery, *one) for one in zip(*columns, strict=True)}
            return
        # A battery is the same in another string.
        key = table, *(row[name] for name in KEYS[table] if name != "string" or not row.get("battery"))
        if table == "documents":
            row["data"] = json.dumps(row["data"], separators=(",", ":")).encode()
        if key not in self.rows or self.rows[key][0] <= seq:
            self.rows[key] = seq, tuple(row[name] for name in self.COLUMNS[table])

    def contents(self) -> dict[str, set[Any]]:
        found: dict[str, set[Any]] = {table: set() for table in self.COLUMNS} | {"curves": self.points}
        for (table, *_), (_, row) in self.rows.items():
            found[table].add(row)
        return found


class Way:
    """The way from a sender to a receiver and back; the clock is wound by hand."""

    def __init__(self, receiver: Receiver | None = None) -> None:
        self.now = 0.0
        self.messages: list[bytes] = []
        self.receiver = receiver or Receiver()
        self.sender = Sender(self._publish, lambda: self.now, run=uuid4().hex)

    async def _publish(self, payload: bytes) -> None:
        self.messages.append(payload)

    async def deliver(self, journal: Journal, steps: int = 60) -> None:
        """Step until nothing is left to be sent, with everything delivered and acknowledged at once."""
        for _ in range(steps):
            self.now += await self.sender.step(journal.outbox)
            for message in self.messages:
                self.sender.answered(self.receiver.take(message))
            self.messages.clear()


async def begun(journal: Journal) -> Way:
    way = Way()
    await way.sender.begin(journal.outbox, T0)
    return way


def objects(path: Path) -> set[str]:
    with sql(path) as connection:
        return {
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema") if not name.startswith("sqlite")
        }


async def test_every_table_is_sent_or_known_to_be_part_of_another(journal: Journal, path: Path) -> None:
    """A table that a later release adds has to be thought of here."""
    tables = {name for name in objects(path) if not name.startswith("outbox")}
    assert tables == {*KEYS, "curves", "names"}  # `names` are in the curves


async def test_switched_off_there_is_nothing(journal: Journal, path: Path) -> None:
    before = objects(path)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await begun(journal)
    assert objects(path) > before
    await journal.outbox.end()
    await journal.outbox.end()
    assert objects(path) == before
    await journal.write("A", [events.AlarmCleared(alarm=replace(ALARM, cleared=T0 + 5))])
    with sql(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


async def test_what_was_there_before_is_sent_first_and_what_comes_after(journal: Journal, path: Path) -> None:
    await journal.write("A", [events.ResistanceTested(test=TEST), events.AlarmRaised(alarm=ALARM)], {"learned": b"[1]"})
    await journal.write(
        "A", [events.DischargeStarted(discharge=DISCHARGE), points(0, 90, 4000), points(0, battery=None)]
    )
    way = await begun(journal)
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    await journal.write("A", [events.MonitoringGap(start=T0, end=T0 + 60), events.Replaced(battery="b1", at=T0 + 9)])
    baseline = events.Baseline(battery="b1", kind=events.BaselineKind.FINAL, ohmic_value=0.001, at=T0 + 99)
    await journal.write("A", [events.BaselineSet(baseline=baseline)], {"learned": b"[2]"})
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert await journal.outbox.waiting(10**9) == 0
    await journal.write("A", [events.MonitoredAgain(start=T0 - 10, end=T0 + 20)])  # the clock had been wrong
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path) | {"gaps": {("A", T0, T0), ("A", T0 + 20, T0 + 60)}}


async def test_a_row_that_changes_gets_a_new_number_though_the_statement_ignores_conflicts(
    journal: Journal, path: Path
) -> None:
    """The events are written with INSERT OR IGNORE … ON CONFLICT DO UPDATE: its IGNORE goes for triggers too."""
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await way.sender.step(journal.outbox)  # sent, and not acknowledged
    [first] = way.messages
    await journal.write("A", [events.AlarmAcknowledged(alarm=replace(ALARM, acknowledged=T0 + 3))])
    way.sender.answered(way.receiver.take(first))  # the acknowledgement of the row as it was
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert {row[6] for row in way.receiver.contents()["alarms"]} == {T0 + 3}


async def test_the_same_written_again_is_not_sent_again(journal: Journal) -> None:
    way = await begun(journal)
    for _ in range(3):
        await journal.write("A", [events.AlarmRaised(alarm=ALARM), points(0, 90)], {"learned": b"{}"})
    status = await journal.outbox.status()
    await way.deliver(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    assert await journal.outbox.waiting(10**9) == 0
    # Documents are replaced, not updated: each of the three was noted.
    assert status.last == len({"alarm", "discharge", "curve"}) + 3


async def test_points_are_sent_once_each_as_they_come(journal: Journal, path: Path) -> None:
    way = await begun(journal)
    await way.deliver(journal)
    sent = 0
    await journal.write("A", [events.DischargeStarted(discharge=DISCHARGE)])
    for number in range(100):
        await journal.write("A", [points(10 * number), points(10 * number + 5, battery="b2")])
        if number == 50:
            await journal.write("A", [points(7.5)])  # a late one
        if number % 3 == 0:
            for _ in range(3):
                way.now += await way.sender.step(journal.outbox)
            for message in way.messages:
                rows = json.loads(message)["rows"]
                stretches = [
                    curve for row in rows if row["table"] == "curves" for curve in row["row"]["curves"].values()
                ]
                sent += sum(len(curve["centiseconds"]) for curve in stretches)
                way.sender.answered(way.receiver.take(message))
            way.messages.clear()
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert len(way.receiver.points) == 201
    assert sent <= 201 + 2 * STRETCH // 1000  # only what is in the stretch of the late one came twice


async def test_an_outage_of_hours_makes_few_rows(journal: Journal) -> None:
    """Of a discharge of ten hours with 20,000 points, the outbox holds the stretches."""
    way = await begun(journal)
    await journal.write("A", [events.DischargeStarted(discharge=DISCHARGE)])
    for minute in range(600):
        for battery in ("b1", "b2", None):
            await journal.write("A", [points(*(60 * minute + 5 * n for n in range(11)), battery=battery)])
    assert way.sender.status is not None
    assert await journal.outbox.waiting(10**9) <= 600 * 60 * 100 / STRETCH + 2


async def test_batteries_that_move_are_sent_with_their_new_string(journal: Journal, path: Path) -> None:
    way = await begun(journal)
    other = replace(ALARM, battery="b2")
    await journal.write("A", [events.AlarmRaised(alarm=ALARM), events.AlarmRaised(alarm=other)])
    await journal.write("A", [events.ResistanceTested(test=TEST), events.Replaced(battery="b1", at=T0 - 5)])
    await way.deliver(journal)
    await journal.write("A", [events.AlarmCleared(alarm=replace(ALARM, cleared=T0 + 5))])  # not sent before the move
    await journal.move(["b1"], "A", "B", {("B", "learned"): b"{}"})
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert {row[:4:3] for row in way.receiver.contents()["alarms"]} == {("B", "b1"), ("A", "b2")}


async def test_a_document_that_is_saved_each_minute_is_sent_each_hour(journal: Journal) -> None:
    way = await begun(journal)
    documents = 0
    for minute in range(121):
        await journal.write("A", (), {"running": b'{"minute": %d}' % minute})
        way.now = 60.0 * minute
        await way.sender.step(journal.outbox)
        for message in way.messages:
            documents += sum(row["table"] == "documents" for row in json.loads(message)["rows"])
            way.sender.answered(way.receiver.take(message))
        way.messages.clear()
    assert documents == 121 * 60 // LATER + 1
    assert way.receiver.contents()["documents"] == {("A", "running", b'{"minute":120}')}


async def test_an_unanswered_message_is_sent_again_more_and_more_seldom(journal: Journal) -> None:
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    sent_at = []
    while way.now < 2000:
        pause = await way.sender.step(journal.outbox)
        if way.messages:
            sent_at.append(way.now)
            assert json.loads(way.messages.pop())["after"] == 0
        way.now += pause
    waits = [later - earlier for earlier, later in pairwise(sent_at)]
    assert [round(wait, -1) for wait in waits[:4]] == [30, 60, 120, 240]
    assert all(300 <= wait < 305 for wait in waits[4:])


async def test_a_flood_is_paced_and_waits_for_the_receiver(journal: Journal) -> None:
    await journal.write("A", [events.ResistanceTested(test=replace(TEST, at=T0 + n)) for n in range(5000)])
    way = await begun(journal)
    while way.now < FIRST_PATIENCE - 3:
        way.now += await way.sender.step(journal.outbox)
    assert len(way.messages) == WINDOW
    began = way.now
    await way.deliver(journal, steps=51)
    assert len(way.receiver.rows) == 5000
    assert way.now - began > 45 * 0.2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"stream": "x", "seq": 1}',
        b"\xff",
        b'{"stream": 1}',
        b"null",
        b'{"stream": "1890000000000", "seq": "1"}',
        b'{"stream": 1.9e12, "seq": 1}',
        b'{"stream": 1e300, "seq": 1}',
        b'{"stream": 9223372036854775806, "seq": 1}',
        b'{"stream": 9223372036854775807, "seq": 1}',
        b'{"stream": 1890000000000, "seq": -1}',
        b'{"stream": true, "seq": true}',
    ],
)
async def test_an_answer_that_is_none_changes_nothing(journal: Journal, answer: bytes) -> None:
    way = await begun(journal)
    before = way.sender.status
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    way.sender.answered(answer)
    await way.sender.step(journal.outbox)
    assert await journal.outbox.waiting(10**9) == 1
    assert before is not None
    assert (way.sender.status or before).stream == before.stream


async def test_a_receiver_that_lost_its_store_is_filled_from_the_beginning(journal: Journal, path: Path) -> None:
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM), points(0, 90, 4000)], {"running": b"{}"})
    await way.deliver(journal)
    before = way.receiver.stream
    way.receiver = Receiver()
    await journal.write("A", [events.ResistanceTested(test=TEST)])
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert way.receiver.stream > before


async def test_a_journal_from_a_backup_begins_anew(journal: Journal, path: Path, tmp_path: Path) -> None:
    """The receiver has acknowledged more than this journal has ever had."""
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await way.deliver(journal)
    await journal.close()
    old = tmp_path / "old.db"
    copyfile(path, old)
    journal = await Journal.open(path)
    await way.sender.begin(journal.outbox, T0)
    await journal.write("A", [events.ResistanceTested(test=replace(TEST, at=T0 + n)) for n in range(9)])
    await way.deliver(journal)
    await journal.close()
    journal = await Journal.open(old)
    again = await begun(journal)
    again.receiver = way.receiver
    await journal.write("A", [events.ResistanceTested(test=replace(TEST, at=T0 + 100 + n)) for n in range(3)])
    again.sender.answered(b'{"stream": %d, "seq": %d}' % (way.receiver.stream, way.receiver.acknowledged))
    await again.deliver(journal)
    await journal.close()
    assert again.receiver.contents() == contents(old)


def measured(count: int, begin: float) -> list[Event]:
    return [events.ResistanceTested(test=replace(TEST, at=begin + n)) for n in range(count)]


@pytest.mark.parametrize("rows", [3, 9, 30, 300])
async def test_a_journal_from_a_backup_is_sent_though_it_has_grown_before_the_receiver_is_heard(
    journal: Journal, path: Path, tmp_path: Path, rows: int
) -> None:
    """Its new rows have the numbers of others that the receiver has acknowledged."""
    way = await begun(journal)
    await journal.write("A", measured(20, T0))
    await way.deliver(journal)
    await journal.close()
    old = tmp_path / "old.db"
    copyfile(path, old)
    journal = await Journal.open(path)
    await way.sender.begin(journal.outbox, T0)
    await journal.write("A", measured(9, T0 + 100))
    await way.deliver(journal)
    retained = b'{"stream": %d, "seq": %d, "run": "before"}' % (way.receiver.stream, way.receiver.acknowledged)
    await journal.close()
    journal = await Journal.open(old)
    again = Way(way.receiver)
    await again.sender.begin(journal.outbox, T0)
    await journal.write("A", measured(rows, T0 + 1000))
    again.sender.answered(retained)
    await again.deliver(journal)
    await journal.close()
    assert contents(old)["tests"] <= again.receiver.contents()["tests"]
    assert len(contents(old)["tests"]) == 20 + rows


async def test_an_acknowledgement_of_an_earlier_start_is_none_of_rows_that_have_its_numbers_now(
    journal: Journal, path: Path
) -> None:
    """As after a power cut that took the last rows from the disk: their numbers are given to others."""
    way = await begun(journal)
    await journal.write("A", measured(5, T0))
    await way.sender.step(journal.outbox)  # sent, and lost on the way
    way.messages.clear()
    way.sender.answered(b'{"stream": %d, "seq": 5, "run": "before"}' % int(1000 * T0))
    await way.sender.step(journal.outbox)
    assert await journal.outbox.waiting(10**9) == 5
    way.now += FIRST_PATIENCE
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)


async def test_two_copies_of_a_line_lose_nothing_and_are_told_of_each_other(
    journal: Journal, path: Path, tmp_path: Path
) -> None:
    """As two virtual machines of which one was cloned: their rows have the same numbers, on the same topics."""
    receiver = Receiver()
    first = Way(receiver)
    await first.sender.begin(journal.outbox, T0)
    await journal.write("A", measured(20, T0))
    await first.deliver(journal)
    await journal.close()
    copied = tmp_path / "copy.db"
    copyfile(path, copied)
    journal, copy = await Journal.open(path), await Journal.open(copied)
    ways = [Way(receiver), Way(receiver)]
    for way, one in zip(ways, (journal, copy), strict=True):
        await way.sender.begin(one.outbox, T0)
    streams, arrived = set(), set[Any]()
    now = 0.0
    for second in range(3000):
        now += 1.0
        if second == 1500:  # the copy is taken away, and the receiver forgets that it was there
            receiver.runs.pop()
            await copy.close()
            ways = ways[:1]
        for number, (way, one) in enumerate(zip(ways, (journal, copy), strict=False)):
            way.now = now
            if second % 100 == 10 * number and second < 1400:
                await one.write("A", measured(5, T0 + 1000 + 10 * second + number / 2))
            await way.sender.step(one.outbox)
            for message in way.messages:
                answer = receiver.take(message)
                arrived |= receiver.contents()["tests"]
                for each in ways:
                    each.sender.answered(answer)
            way.messages.clear()
        streams.add(receiver.stream)
        if second == 1499:
            [there] = [way for way in ways if way.sender.doubled_at is None]
            assert there is ways[1]  # the one that started last
            assert contents(copied)["tests"] <= arrived
            assert not contents(path)["tests"] <= arrived
    assert contents(path)["tests"] <= arrived
    assert await journal.outbox.waiting(10**9) == 0
    await journal.close()
    assert len(streams) <= 4  # each is a journal that is sent from the beginning


async def test_a_new_journal_in_place_of_a_damaged_one_is_a_new_stream(journal: Journal, tmp_path: Path) -> None:
    """Also where the clock has been set back: the retained acknowledgement tells what streams there were."""
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await way.deliver(journal)
    fresh = await Journal.open(tmp_path / "fresh.db")
    again = Way()
    again.receiver = way.receiver
    await again.sender.begin(fresh.outbox, T0 - 1e6)
    again.sender.answered(b'{"stream": %d, "seq": %d}' % (way.receiver.stream, way.receiver.acknowledged))
    await fresh.write("A", [events.ResistanceTested(test=TEST)])
    await again.deliver(fresh)
    assert again.receiver.contents() == contents(tmp_path / "fresh.db")
    await fresh.close()


async def test_a_restart_goes_on_and_triggers_of_another_release_are_replaced(journal: Journal, path: Path) -> None:
    way = await begun(journal)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await journal.close()
    with sql(path) as connection:
        connection.executescript(
            "DROP TRIGGER outbox_gaps_insert;"
            "CREATE TRIGGER outbox_gaps_insert AFTER INSERT ON gaps BEGIN SELECT 1; END;"
        )
    journal = await Journal.open(path)
    await way.sender.begin(journal.outbox, T0 + 9)
    assert way.sender.status is not None
    assert way.sender.status.stream == int(1000 * T0)  # it is the same stream
    await journal.write("A", [events.MonitoringGap(start=T0, end=T0 + 60)])
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    await journal.close()
    with sql(path) as connection:
        connection.execute("DROP TRIGGER outbox_tests_insert")  # as of a release that did not have it
        connection.execute("INSERT INTO tests VALUES ('A', 'b3', 1, 0.001, NULL, NULL, 1)")
    journal = await Journal.open(path)
    await way.sender.begin(journal.outbox, T0 + 9)
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    await journal.close()


async def test_the_rows_of_a_new_table_are_sent_in_the_stream_that_there_is(path: Path) -> None:
    """The receiver has the rest already: ten thousand sites are not filled from the beginning after an update."""
    with sql(path) as connection:
        for number, script in enumerate(MIGRATIONS[:5], 1):
            connection.executescript(f"{script}; PRAGMA user_version = {number}")
    journal = await Journal.open(path)
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    way = await begun(journal)
    await way.deliver(journal)
    await journal.close()
    with sql(path) as connection:  # as the release before leaves it
        connection.executescript(
            "DROP TRIGGER outbox_capacity_tests_insert; DROP TRIGGER outbox_capacity_tests_update;"
            "DROP TABLE capacity_tests; PRAGMA user_version = 5"
        )
    journal = await Journal.open(path)
    await journal.write("A", [events.CapacityTested(result=CAPACITY_TEST)])  # before the sender begins
    await way.sender.begin(journal.outbox, T0 + 9)
    assert way.sender.status is not None
    assert way.sender.status.stream == int(1000 * T0)
    assert await journal.outbox.waiting(2**62) == 1
    later = replace(CAPACITY_TEST, start=T0 + 9e6, end=T0 + 9e6, outcome=Outcome.NOT_BEGUN, capacity=None, rated=None)
    await journal.write("A", [events.CapacityTested(result=later)])
    await way.deliver(journal)
    assert len(contents(path)["capacity_tests"]) == 2
    assert way.receiver.contents() == contents(path)
    await journal.close()


# As release 0.4.0 writes an alarm.
OF_0_4_0 = """INSERT OR IGNORE INTO alarms (string, [kind], [battery], [level], [value], [limit], [raised], [worst],
    [acknowledged], [acknowledged_by], [cleared], [drill]) VALUES ('A', 'gas', coalesce(NULL, ''), 1, 1.0, 0.5, 77, 1,
    NULL, NULL, NULL, 0) ON CONFLICT (string, raised, kind, battery) DO UPDATE SET [level] = excluded.[level]"""


async def test_a_journal_of_release_0_4_0_is_sent_and_that_release_goes_on_with_it(path: Path) -> None:
    with sql(path) as connection:
        connection.executescript(RELEASE.read_text())
        connection.executescript("PRAGMA application_id = 1111640652; PRAGMA user_version = 3")
    journal = await Journal.open(path)
    way = await begun(journal)
    await way.deliver(journal, steps=300)
    assert way.receiver.contents().keys() == contents(path).keys()
    for table, rows in contents(path).items():
        if table != "documents":  # their numbers are written in another way
            assert way.receiver.contents()[table] == rows, table
    await journal.close()
    with sql(path) as connection:
        # What that release looks at before it takes a file, and what it would write.
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA application_id").fetchone() == (1111640652,)
        assert connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        connection.execute(OF_0_4_0)
    journal = await Journal.open(path)
    await way.sender.begin(journal.outbox, T0)
    await way.deliver(journal)
    assert contents(path)["alarms"] == way.receiver.contents()["alarms"]
    await journal.close()


class House:
    """What happens at random to batteries, each of which is in one string at a time."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._string = {"b1": "A", "b2": "A", "b3": "B"}

    async def happen(self, journal: Journal) -> None:
        random = self._random
        at, battery = T0 + random.randrange(40), random.choice(("b1", "b2", "b3"))
        string = self._string[battery]
        if random.random() < 0.1:
            self._string[battery] = target = "B" if string == "A" else "A"
            await journal.move([battery], string, target, {(target, "learned"): b"[%d]" % int(at)})
            return
        documents = {"running": b"[%d]" % random.randrange(99)} if random.random() < 0.3 else {}
        await journal.write(string, [self._event(at, battery)], documents)

    def _event(self, at: float, battery: str) -> Event:
        random = self._random
        of_any, start = random.choice((battery, None)), T0 + 1000 * random.randrange(2)
        alarm = replace(ALARM, raised=at, battery=of_any, cleared=random.choice((None, at + 5)))
        return random.choice(
            (
                events.AlarmRaised(alarm=alarm),
                events.ResistanceTested(test=replace(TEST, at=at, battery=battery, temperature=random.random())),
                events.DischargeEnded(discharge=replace(DISCHARGE, start=start, end=at)),
                events.Replaced(battery=battery, at=at, note=str(random.randrange(9))),
                events.MonitoringGap(start=at, end=at + random.random()),
                points(*(2000 * random.random() for _ in range(4)), battery=of_any, start=start),
            )
        )


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_and_nothing_twice_on_a_bad_way(path: Path, seed: int) -> None:
    """Messages and acknowledgements are lost, late, doubled and out of order; site and receiver stop and start."""
    random = Random(seed)
    house = House(random)
    journal = await Journal.open(path)
    way = await begun(journal)
    late: list[bytes] = []
    answers: list[bytes] = []
    for _ in range(400):
        match random.randrange(12):
            case 0 | 1 | 2 | 3:
                await house.happen(journal)
            case 4 | 5 | 6:
                way.now += await way.sender.step(journal.outbox)
            case 7:
                way.now += random.choice((1, 40, 400, 4000))
            case 8 if late:
                answers.append(way.receiver.take(late.pop(random.randrange(len(late)))))
            case 9 if answers:
                way.sender.answered(answers.pop(random.randrange(len(answers))))
            case 10 if random.random() < 0.2:  # the site is killed
                await journal.close()
                journal = await Journal.open(path)
                again = Way()
                again.receiver, again.now, way = way.receiver, way.now, again
                await way.sender.begin(journal.outbox, T0 + way.now)
            case 11 if random.random() < 0.05:
                way.receiver = Receiver()
        late += [message for message in way.messages if random.random() < 0.7]
        late += [message for message in late[-1:] if random.random() < 0.1]
        way.messages.clear()
    way.now += LATER
    way.receiver.runs.clear()  # a late message of an earlier start may have come first; it has long gone
    await way.deliver(journal, steps=300)
    way.now += LATER
    await way.deliver(journal, steps=20)
    assert way.receiver.contents() == contents(path)
    assert await journal.outbox.waiting(10**9) == 0
    await journal.close()


async def test_a_message_holds_so_many_bytes_or_one_row(journal: Journal, path: Path) -> None:
    way = await begun(journal)
    sizes = {"a": 40_000, "b": 30_000, "c": 25_000, "d": 200_000, "e": 10}
    for name, size in sizes.items():
        await journal.write("A", [], {name: b'"%s"' % (b"x" * size)})
    for _ in range(6):
        way.now += await way.sender.step(journal.outbox)
        for message in way.messages:
            way.sender.answered(way.receiver.take(message))
    keys = [[row["row"]["key"] for row in json.loads(message)["rows"]] for message in way.messages]
    assert keys == [["a"], ["b", "c"], ["d"], ["e"]]  # 60 kB, or one row
    assert way.receiver.contents() == contents(path)


async def test_a_document_that_is_no_json_is_sent_as_its_bytes(journal: Journal) -> None:
    way = await begun(journal)
    await journal.write("A", [], {"odd": b"\xff\x00\x01"})
    await way.sender.step(journal.outbox)
    [row] = json.loads(way.messages[0])["rows"]
    assert row["row"] == {"string": "A", "key": "odd", "data": {"base64": "/wAB"}}


async def test_what_a_later_release_noted_of_its_own_tables_is_passed_over(journal: Journal, path: Path) -> None:
    """Its tables and triggers stay when the release before it is installed again."""
    way = await begun(journal)
    with sql(path) as connection:
        connection.execute("CREATE TABLE visits (string TEXT, at REAL)")
        connection.execute(
            "CREATE TRIGGER outbox_visits_insert AFTER INSERT ON visits "
            "BEGIN INSERT INTO outbox (\"table\", k1, k2) VALUES ('visits', NEW.string, NEW.at); END"
        )
        connection.execute("INSERT INTO visits VALUES ('A', 5.0)")
    await journal.write("A", [events.AlarmRaised(alarm=ALARM)])
    await way.deliver(journal)
    assert way.receiver.contents() == contents(path)
    assert await journal.outbox.waiting(10**9) == 0
