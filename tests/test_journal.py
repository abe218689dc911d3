"""The journal: what was written is there after a restart, a kill, a full disk and a damaged file."""
# ruff: noqa: ASYNC240 - the files are small, and nothing else waits for the loop

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from random import Random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from typing import Any

import pytest

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import CapacityTestResult, Outcome
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDeescalated,
    AlarmRaised,
    Baseline,
    BaselineKind,
    BaselineSet,
    CapacityTested,
    CurvePoint,
    Discharge,
    DischargeEnded,
    DischargePoints,
    DischargeStarted,
    Event,
    Level,
    OperatingState,
    OperatingStateChanged,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.errors import JournalError, Reason
from custom_components.battery_bank.monitor.journal import store as journal_module
from custom_components.battery_bank.monitor.journal.files import reason_of
from custom_components.battery_bank.monitor.journal.schema import APPLICATION_ID, MIGRATIONS
from custom_components.battery_bank.monitor.journal.store import Journal, migrate

INTEGRATION = Path(journal_module.__file__).parent.parent.parent

T0 = 1_790_000_000.123456  # s; a time as clocks say it

ALARM = Alarm(
    kind=AlarmKind.VOLTAGE_LOW, battery="A3", level=Level.ALARM, value=1.75, limit=1.8, raised=T0, worst=Level.ALARM
)
DISCHARGE = Discharge(
    start=T0,
    end=T0 + 3600,
    drawn=123.456789,
    energy=6543.21,
    start_voltage=54.1,
    end_voltage=43.2,
    lowest_battery="A2",
    lowest_voltage=10.7,
    lowest_at=T0 + 3500.5,
    first_below="A2",
    first_below_at=T0 + 3400.25,
    dip=0.4,
    temperature=21.5,
    capacity=99.5,
    interrupted=True,
)
POINTS = (
    CurvePoint(battery=None, seconds=0.0, voltage=54.123, drawn=0.0),
    CurvePoint(battery="A1", seconds=0.0, voltage=13.456, drawn=None),
    CurvePoint(battery=None, seconds=12.34, voltage=50.001, drawn=1.234),
    CurvePoint(battery="A1", seconds=86400.5, voltage=-0.005, drawn=3000.001),
)
TEST = ResistanceTest(battery="A1", at=T0, ohmic_value=0.00123456, temperature=22.5, string_median=0.0012, usable=False)
CAPACITY_TEST = CapacityTestResult(
    announced=T0 - 3600,
    announced_by="Ilse",
    start=T0,
    end=T0 + 36000,
    duty=10.0,
    current=10.05,
    drawn=100.5,
    temperature=21.5,
    cell_voltage=1.8,
    first_below="A3",
    passes=0.8,
    outcome=Outcome.MEASURED,
    capacity=99.6,
    rated=100.0,
)
BASELINE = Baseline(battery="A1", kind=BaselineKind.FINAL, ohmic_value=0.00117, at=T0)
REPLACED = Replaced(battery="A1", at=T0 + 100, by="Ilse", serial="№ 7", note="leaked — 'bad'")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"  # Home Assistant's own things are beside it
    folder.mkdir()
    return folder / "line.db"


@asynccontextmanager
async def opened(path: Path, **more: Any) -> AsyncGenerator[Journal]:
    journal = await Journal.open(path, **more)
    try:
        yield journal
    finally:
        await journal.close()


def points(count: int, battery: str = "A1") -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(battery=battery, seconds=float(n), voltage=12.0, drawn=n / 10) for n in range(count))


async def rows(journal: Journal, table: str) -> int:
    return await journal._run(lambda connection: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


async def test_an_empty_journal_has_nothing_and_goes_away_clean(path: Path) -> None:
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert await journal.resistance_tests("A") == []
        assert await journal.baselines("A") == []
        assert await journal.replacements("A") == []
        assert await journal.open_alarms("A") == []
        assert await journal.alarms("A") == []
        assert await journal.discharges("A") == []
        assert await journal.curve("A", T0) == {}
        assert await journal.load("A", "running") is None
        assert await journal.purge_curves(inf) == 0
        await journal.write("A", [])
    assert beside(path) == ["line.db"]


async def test_everything_comes_back_as_it_was(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write(
            "A",
            [
                AlarmRaised(alarm=ALARM),
                OperatingStateChanged(at=T0, before=None, condition=OperatingState.DISCHARGE),
                DischargeStarted(discharge=DISCHARGE),
                DischargePoints(start=T0, points=POINTS),
                ResistanceTested(test=TEST),
                BaselineSet(baseline=BASELINE),
                Replaced(battery="A2", at=T0),
            ],
        )
        await journal.write("B", [REPLACED])
    async with opened(path) as journal:
        assert await journal.alarms("A") == await journal.open_alarms("A") == [ALARM]
        assert await journal.discharges("A") == [DISCHARGE]
        assert await journal.curve("A", T0) == {None: [POINTS[0], POINTS[2]], "A1": [POINTS[1], POINTS[3]]}
        assert await journal.resistance_tests("A") == [TEST]
        assert await journal.baselines("A") == [BASELINE]
        assert await journal.replacements("A") == [Replaced(battery="A2", at=T0)]
        assert await journal.replacements("B") == [REPLACED]
        assert await journal.alarms("B") == []
        found = (await journal.alarms("A"))[0]
        assert (type(found.kind), type(found.level)) == (AlarmKind, Level)
        assert (await journal.discharges("A"))[0].interrupted is True


@pytest.mark.parametrize("kind", AlarmKind)
async def test_every_kind_of_alarm_comes_back(path: Path, kind: AlarmKind) -> None:
    alarm = replace(ALARM, kind=kind, battery=None, value=None, limit=None)
    async with opened(path) as journal:
        await journal.write("A", [AlarmRaised(alarm=alarm)])
        assert await journal.alarms("A") == [alarm]


async def test_an_alarm_is_one_row_from_raised_to_cleared(path: Path) -> None:
    worse = replace(ALARM, level=Level.ALARM, value=1.7)
    lower = replace(worse, level=Level.WARNING)
    seen = replace(lower, acknowledged=T0 + 60, acknowledged_by="Ilse")
    over = replace(seen, cleared=T0 + 120)
    async with opened(path) as journal:
        for event in (AlarmRaised(alarm=ALARM), AlarmRaised(alarm=worse), AlarmDeescalated(alarm=lower)):
            await journal.write("A", [event])
            assert await journal.open_alarms("A") == [event.alarm]
        await journal.write("A", [AlarmAcknowledged(alarm=seen)])
        assert await journal.open_alarms("A") == [seen]
        await journal.write("A", [AlarmCleared(alarm=over)])
        assert await journal.open_alarms("A") == []
        assert await journal.alarms("A") == [over]
        # What differs in string, battery, kind or time is another one.
        others = [
            replace(ALARM, battery="A4"),
            replace(ALARM, battery=None),
            replace(ALARM, kind=AlarmKind.DEVIATION),
            replace(ALARM, raised=T0 + 1),
        ]
        await journal.write("A", [AlarmRaised(alarm=alarm) for alarm in others])
        await journal.write("B", [AlarmRaised(alarm=ALARM)])
        assert len(await journal.open_alarms("A")) == 4
        assert await rows(journal, "alarms") == 6


async def test_a_discharge_is_one_row_from_start_to_end_and_keeps_its_curve(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [DischargeStarted(discharge=Discharge(start=T0, drawn=0.0))])
        await journal.write("A", [DischargePoints(start=T0, points=POINTS[:2])])
        assert await journal.discharges("A") == [Discharge(start=T0, drawn=0.0)]
        await journal.write("A", [DischargePoints(start=T0, points=POINTS[2:]), DischargeEnded(discharge=DISCHARGE)])
        assert await journal.discharges("A") == [DISCHARGE]
        assert sum(len(curve) for curve in (await journal.curve("A", T0)).values()) == 4


async def test_a_curve_keeps_the_times_without_a_voltage(path: Path) -> None:
    absent = CurvePoint(battery="A1", seconds=90.0, voltage=None, drawn=1.5)
    async with opened(path) as journal:
        await journal.write("A", [DischargePoints(start=T0, points=(*POINTS[:2], absent))])
        assert await journal.curve("A", T0) == {None: [POINTS[0]], "A1": [POINTS[1], absent]}


async def test_which_discharges_have_curves(path: Path) -> None:
    async with opened(path) as journal:
        other = replace(DISCHARGE, start=T0 + 7200, end=T0 + 9000)
        await journal.write("A", [DischargeStarted(discharge=DISCHARGE), DischargeStarted(discharge=other)])
        await journal.write("A", [DischargePoints(start=T0, points=POINTS)])
        assert await journal.with_curves("A") == {T0}
        assert await journal.with_curves("B") == set()


@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (OSError(28, "No space left on device"), Reason.DISK_FULL),
        (OSError("without a number"), None),
        (sqlite3.OperationalError("without a code"), None),
        (ValueError("of another kind"), None),
    ],
)
def test_the_reason_of_an_error(err: Exception, reason: Reason | None) -> None:
    assert reason_of(err) is reason


async def test_points_of_a_discharge_that_the_journal_never_heard_of(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [DischargePoints(start=T0, points=POINTS)])
        assert await journal.discharges("A") == [Discharge(start=T0)]
        assert len(await journal.curve("A", T0)) == 2
        await journal.write("A", [DischargeEnded(discharge=DISCHARGE)])
        assert await journal.discharges("A") == [DISCHARGE]


async def test_curves_of_two_strings_with_the_same_names_and_times_stay_apart(path: Path) -> None:
    async with opened(path) as journal:
        for number, string in enumerate("AB"):
            point = CurvePoint(battery="1", seconds=0.0, voltage=12.0 + number, drawn=None)
            await journal.write(string, [DischargePoints(start=T0, points=(point,))])
        assert (await journal.curve("A", T0))["1"][0].voltage == 12.0
        assert (await journal.curve("B", T0))["1"][0].voltage == 13.0


async def test_the_same_events_may_be_written_again(path: Path) -> None:
    events: list[Event] = [
        AlarmRaised(alarm=ALARM),
        DischargeStarted(discharge=DISCHARGE),
        DischargePoints(start=T0, points=POINTS),
        ResistanceTested(test=TEST),
        BaselineSet(baseline=BASELINE),
        REPLACED,
        CapacityTested(result=CAPACITY_TEST),
    ]
    tables = {"alarms": 1, "discharges": 1, "curves": 4, "tests": 1, "baselines": 1, "replacements": 1}
    tables["capacity_tests"] = 1
    async with opened(path) as journal:
        for _ in range(3):
            await journal.write("A", events)
        assert {table: await rows(journal, table) for table in tables} == tables


async def test_capacity_tests_come_oldest_first_and_whole(path: Path) -> None:
    not_begun = replace(
        CAPACITY_TEST, start=T0 - 9e6, outcome=Outcome.NOT_BEGUN, duty=None, current=None, capacity=None, rated=None
    )
    async with opened(path) as journal:
        await journal.write("A", [CapacityTested(result=CAPACITY_TEST), CapacityTested(result=not_begun)])
        assert await journal.capacity_tests("A") == [not_begun, CAPACITY_TEST]
        assert await journal.capacity_tests("A", since=T0) == [CAPACITY_TEST]
        assert await journal.capacity_tests("B") == []
        assert (await journal.facts())["capacity_tests"] == 2


async def test_pages_come_newest_first_and_in_order(path: Path) -> None:
    alarms = [replace(ALARM, raised=T0 + n // 2, battery=str(n % 2)) for n in range(40)]
    discharges = [Discharge(start=T0 + n) for n in range(25)]
    shuffled: list[Event] = [AlarmRaised(alarm=alarm) for alarm in alarms]
    shuffled += [DischargeStarted(discharge=discharge) for discharge in discharges]
    Random(4).shuffle(shuffled)
    async with opened(path) as journal:
        await journal.write("A", shuffled)
        pages = [await journal.alarms("A", limit=7, offset=offset) for offset in range(0, 49, 7)]
        assert [alarm for page in pages for alarm in page] == alarms[::-1]
        later = [await journal.discharges("A", limit=10, offset=offset) for offset in (0, 10, 20, 30)]
        assert [discharge for page in later for discharge in page] == discharges[::-1]
        between = await journal.alarms("A", since=T0 + 3, until=T0 + 5)
        assert between == alarms[9:5:-1]  # those of the begin, and none of the end


async def test_tests_come_oldest_first_of_one_battery_or_of_all(path: Path) -> None:
    tests = [ResistanceTest(battery=f"A{n % 3}", at=T0 + n, ohmic_value=0.001 + n / 1e6) for n in range(30)]
    async with opened(path) as journal:
        await journal.write("A", [ResistanceTested(test=test) for test in reversed(tests)])
        assert await journal.resistance_tests("A") == tests
        assert await journal.resistance_tests("A", since=T0 + 20) == tests[20:]
        assert await journal.resistance_tests("A", battery="A1") == tests[1::3]
        assert await journal.resistance_tests("A", battery="A1", since=T0 + 20) == tests[22::3]
        assert await journal.resistance_tests("A", battery="") == []


async def test_the_newest_baseline_counts_and_every_one_is_kept(path: Path) -> None:
    first = replace(BASELINE, kind=BaselineKind.PROVISIONAL)
    typed = Baseline(battery="A1", kind=BaselineKind.TYPED, ohmic_value=0.001, at=T0 + 10)
    later = Baseline(battery="A1", kind=BaselineKind.FINAL, ohmic_value=0.002, at=T0 + 10)  # in the same moment
    other = Baseline(battery="A2", kind=BaselineKind.STRING, ohmic_value=0.003, at=T0 + 5)
    async with opened(path) as journal:
        await journal.write("A", [BaselineSet(baseline=one) for one in (typed, later, other, first)])
        assert {one.battery: one for one in await journal.baselines("A")} == {"A1": later, "A2": other}
        assert await journal.baselines("A", current_only=False) == [first, other, typed, later]


async def test_a_replaced_battery_hides_what_was_of_the_one_before_and_keeps_it(path: Path) -> None:
    old = [ResistanceTest(battery=battery, at=T0, ohmic_value=0.002) for battery in ("A1", "A2")]
    fresh = ResistanceTest(battery="A1", at=T0 + 200, ohmic_value=0.001)
    of_old = [replace(BASELINE, battery=battery) for battery in ("A1", "A2")]
    of_fresh = replace(BASELINE, at=REPLACED.at)  # in the very step that published the replacement
    async with opened(path) as journal:
        await journal.write("A", [ResistanceTested(test=test) for test in old])
        await journal.write("A", [BaselineSet(baseline=baseline) for baseline in of_old])
        await journal.write("A", [REPLACED])
        assert await journal.resistance_tests("A") == old[1:]
        assert await journal.resistance_tests("A", battery="A1") == []
        assert await journal.baselines("A") == of_old[1:]
        await journal.write("A", [BaselineSet(baseline=of_fresh), ResistanceTested(test=fresh)])
        assert await journal.resistance_tests("A") == [old[1], fresh]
        assert await journal.baselines("A") == [of_old[1], of_fresh]
        assert await journal.resistance_tests("A", current_only=False) == [*old, fresh]
        assert await journal.baselines("A", current_only=False) == [*of_old, of_fresh]
        # The same battery's name in another string is another battery.
        await journal.write("B", [ResistanceTested(test=old[0])])
        assert await journal.resistance_tests("B") == old[:1]


async def test_documents_are_replaced_and_apart_by_string_and_key(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [], {"running": b"1"})
        await journal.write("A", [], {"running": bytes(range(256)) * 1000})
        await journal.write("A", [], {"learned": b""})
        await journal.write("B", [], {"running": b"2"})
    async with opened(path) as journal:
        assert await journal.load("A", "running") == bytes(range(256)) * 1000
        assert await journal.load("A", "learned") == b""
        assert await journal.load("B", "running") == b"2"
        assert await journal.load("B", "learned") is None
        assert await rows(journal, "documents") == 3


@pytest.mark.parametrize("bad", [nan, inf, -inf])
async def test_what_is_no_number_is_none_or_left_out_and_spoils_nothing(path: Path, bad: float) -> None:
    async with opened(path) as journal:
        await journal.write(
            "A",
            [
                ResistanceTested(test=replace(TEST, ohmic_value=bad)),
                ResistanceTested(test=replace(TEST, at=bad)),
                BaselineSet(baseline=replace(BASELINE, ohmic_value=bad)),
                DischargePoints(start=bad, points=POINTS),
                DischargeStarted(discharge=replace(DISCHARGE, start=bad)),
                DischargeEnded(discharge=replace(DISCHARGE, dip=bad)),
                DischargePoints(
                    start=T0,
                    points=(
                        CurvePoint(battery="A1", seconds=bad, voltage=12.0, drawn=1.0),
                        CurvePoint(battery="A1", seconds=1.0, voltage=bad, drawn=1.0),
                        CurvePoint(battery="A1", seconds=2.0, voltage=12.0, drawn=bad),
                    ),
                ),
                ResistanceTested(test=replace(TEST, temperature=bad)),
                AlarmRaised(alarm=replace(ALARM, raised=bad)),
                AlarmRaised(alarm=replace(ALARM, value=bad, limit=None)),
            ],
        )
        assert await journal.resistance_tests("A") == [replace(TEST, temperature=None)]
        assert await journal.baselines("A") == []
        assert await journal.discharges("A") == [replace(DISCHARGE, dip=None)]
        assert await journal.curve("A", T0) == {"A1": [CurvePoint(battery="A1", seconds=2.0, voltage=12.0, drawn=None)]}
        assert await journal.alarms("A") == [replace(ALARM, value=None, limit=None)]


async def test_a_kind_that_a_later_release_wrote_is_passed_over(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [AlarmRaised(alarm=ALARM), AlarmRaised(alarm=replace(ALARM, battery=None))])
        await journal._run(lambda connection: connection.execute("UPDATE alarms SET kind = 'x' WHERE battery = ''"))
        assert await journal.alarms("A") == [ALARM]


async def test_purge_forgets_old_curves_and_nothing_else(path: Path) -> None:
    async with opened(path) as journal:
        for number in range(6):
            start = T0 + number * 1000
            await journal.write("A", [DischargeStarted(discharge=Discharge(start=start))])
            await journal.write("A", [DischargePoints(start=start, points=points(20_000))])
        await journal.write("A", [ResistanceTested(test=TEST), AlarmRaised(alarm=ALARM)])
        await journal._run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        before = path.stat().st_size
        assert await journal.purge_curves(T0 + 4000) == 80_000
        assert await journal.purge_curves(T0 + 4000) == 0
        assert len(await journal.discharges("A")) == 6
        assert await journal.curve("A", T0 + 3000) == {}
        assert len((await journal.curve("A", T0 + 4000))["A1"]) == 20_000
        assert await journal.resistance_tests("A") == [TEST]
        assert await journal.alarms("A") == [ALARM]
    assert path.stat().st_size < before * 0.45
    async with opened(path) as journal:
        assert journal.set_aside is None


async def test_a_write_gets_its_turn_within_a_purge(path: Path) -> None:
    async with opened(path) as journal:
        for number in range(20):
            await journal.write("A", [DischargePoints(start=T0 + number, points=points(2000))])
        purge = asyncio.create_task(journal.purge_curves(inf))
        await asyncio.sleep(0)
        await journal.write("A", [ResistanceTested(test=TEST)])
        assert not purge.done()
        assert await purge == 40_000


async def test_writes_keep_their_order(path: Path) -> None:
    async with opened(path) as journal:
        writes = [journal.write("A", [AlarmRaised(alarm=replace(ALARM, value=float(number)))]) for number in range(200)]
        await asyncio.gather(*writes)
        assert (await journal.alarms("A"))[0].value == 199.0


async def test_a_write_is_whole_or_not_at_all(path: Path) -> None:
    async with opened(path) as journal:
        wrong = replace(TEST, temperature="warm")  # type: ignore[arg-type]
        with pytest.raises(JournalError):
            await journal.write("A", [AlarmRaised(alarm=ALARM), ResistanceTested(test=wrong)])
        assert await journal.alarms("A") == []
        with pytest.raises(JournalError):
            await journal.write("A", [AlarmRaised(alarm=ALARM), replace(REPLACED, note="\ud800")])
        assert await journal.alarms("A") == []
        await journal.write("A", [AlarmRaised(alarm=ALARM)])
        assert await journal.alarms("A") == [ALARM]


async def test_who_is_cancelled_has_written_all_the_same(path: Path) -> None:
    async with opened(path) as journal:
        slow = asyncio.create_task(journal.write("A", [DischargePoints(start=T0, points=points(50_000))]))
        quick = asyncio.create_task(journal.write("A", [ResistanceTested(test=TEST)]))
        await asyncio.sleep(0)
        quick.cancel()
        with pytest.raises(asyncio.CancelledError):
            await quick
        await slow
        assert await journal.resistance_tests("A") == [TEST]


async def test_close_waits_for_writes_and_may_be_called_again(path: Path) -> None:
    journal = await Journal.open(path)
    write = asyncio.create_task(journal.write("A", [DischargePoints(start=T0, points=points(20_000))]))
    await asyncio.sleep(0)
    await asyncio.gather(journal.close(), journal.close())
    await journal.close()
    await write
    with pytest.raises(JournalError, match="closed"):
        await journal.write("A", [ResistanceTested(test=TEST)])
    with pytest.raises(JournalError, match="closed"):
        await journal.load("A", "running")
    assert beside(path) == ["line.db"]
    async with opened(path) as journal:
        assert len((await journal.curve("A", T0))["A1"]) == 20_000


async def test_an_opening_that_is_cancelled_leaves_nothing_open(path: Path) -> None:
    opening = asyncio.create_task(Journal.open(path))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with opened(path) as journal:
        assert journal.set_aside is None


@pytest.mark.real_time
async def test_the_event_loop_goes_on_while_much_is_written(path: Path) -> None:
    turns = []  # the processor time of each turn of the event loop, in s: other programs have no part in it
    async with opened(path) as journal:
        event = DischargePoints(start=T0, points=points(50_000))
        last = time.thread_time()
        write = asyncio.create_task(journal.write("A", [event]))
        while not write.done():
            await asyncio.sleep(0.001)
            now = time.thread_time()
            turns.append(now - last)
            last = now
    assert len(turns) > 10
    assert max(turns) < 0.05


# The version of the file


async def test_a_file_of_version_0_becomes_a_journal(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # so that there is a first page
    connection.close()
    assert path.stat().st_size > 0
    async with opened(path) as journal:
        assert journal.set_aside is None
        await journal.write("A", [ResistanceTested(test=TEST)])
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()
    path.write_bytes(b"")
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert await journal.resistance_tests("A") == []


async def test_the_file_is_as_it_should_be(path: Path) -> None:
    async with opened(path) as journal:
        for pragma, value in {
            "journal_mode": "wal",
            "synchronous": 1,
            "foreign_keys": 1,
            "auto_vacuum": 2,
            "user_version": len(MIGRATIONS),
        }.items():
            found = await journal._run(
                lambda connection, pragma=pragma: connection.execute(f"PRAGMA {pragma}").fetchone()  # type: ignore[misc]
            )
            assert found == (value,), pragma


async def test_alarms_of_the_first_version_were_no_drills(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, MIGRATIONS[:1])
    connection.execute("INSERT INTO alarms VALUES ('A', 5.0, 'voltage_low', 'A1', 1, 2.0, 2.1, 2, NULL, NULL, 9.0)")
    connection.close()
    async with opened(path) as journal:
        assert journal.set_aside is None
        (alarm,) = await journal.alarms("A")
        assert (alarm.kind, alarm.battery, alarm.cleared, alarm.drill) == (AlarmKind.VOLTAGE_LOW, "A1", 9.0, False)
        await journal.write("A", [AlarmRaised(alarm=replace(alarm, raised=10.0, drill=True))])
        assert [one.drill for one in await journal.alarms("A")] == [True, False]


async def test_a_later_migration_runs_once_and_keeps_what_is_there(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [ResistanceTested(test=TEST)])
    later = (*MIGRATIONS, "ALTER TABLE tests ADD COLUMN remark TEXT; UPDATE tests SET remark = 'old';")
    failing = (*later, "CREATE TABLE more (id INTEGER PRIMARY KEY); SELECT nonsense;")
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, later)
    migrate(connection, later)
    assert connection.execute("SELECT battery, remark FROM tests").fetchall() == [("A1", "old")]
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, failing)
    assert not connection.in_transaction
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchone() == (0,)
    migrate(connection, (*failing[:-1], "CREATE TABLE more (id INTEGER PRIMARY KEY)"))
    assert connection.execute("PRAGMA user_version").fetchone() == (len(failing),)
    connection.close()


@pytest.mark.parametrize("in_log", [False, True])
async def test_a_file_of_a_later_version_is_refused_and_left_alone(path: Path, *, in_log: bool) -> None:
    async with opened(path) as journal:
        await journal.write("A", [ResistanceTested(test=TEST)])
    connection = sqlite3.connect(path)
    if in_log:  # as after a kill of that later version: the number is only in the write-ahead log
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.commit()
    connection.close()
    wal = Path(f"{path}-wal")
    before = path.read_bytes(), wal.read_bytes() if in_log else b""
    for _ in range(2):
        with pytest.raises(JournalError, match=f"version {len(MIGRATIONS) + 1}") as later:
            await Journal.open(path)
        assert later.value.reason is Reason.NEWER_VERSION
    assert path.read_bytes() == before[0]
    assert (wal.read_bytes() if wal.exists() else b"") == before[1]
    assert not list(path.parent.glob("*damaged*"))


# Damage


async def filled(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [AlarmRaised(alarm=ALARM), ResistanceTested(test=TEST)])
        await journal.write("A", [DischargePoints(start=T0, points=points(5000))])
        await journal.write("A", [], {"running": b"state" * 1000})


async def works_afresh(path: Path, original: bytes) -> None:
    """Prove that the file was set aside whole, and that there is a journal all the same."""
    async with opened(path, clock=lambda: 1_790_000_000.9) as journal:
        aside = journal.set_aside
        assert aside == path.with_name("line.db.damaged-20260921T141320Z")
        assert aside.read_bytes() == original
        assert await journal.resistance_tests("A") == []
        await journal.write("A", [ResistanceTested(test=TEST)])
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert await journal.resistance_tests("A") == [TEST]


async def test_garbage_is_set_aside(path: Path) -> None:
    garbage = Random(1).randbytes(10_000)
    path.write_bytes(garbage)
    await works_afresh(path, garbage)


@pytest.mark.parametrize("size", [50, 100, 4096, 20_000])
async def test_a_truncated_file_is_set_aside(path: Path, size: int) -> None:
    await filled(path)
    whole = path.read_bytes()
    assert size < len(whole)
    path.write_bytes(whole[:size])
    await works_afresh(path, whole[:size])


async def test_a_file_cut_within_a_page_is_set_aside(path: Path) -> None:
    await filled(path)
    half = path.read_bytes()[: path.stat().st_size // 2 + 123]
    path.write_bytes(half)
    await works_afresh(path, half)


@pytest.mark.parametrize("version", [0, 1, 99])
async def test_somebody_elses_database_is_set_aside(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(f"CREATE TABLE states (id INTEGER); PRAGMA user_version = {version}")
    connection.close()
    await works_afresh(path, path.read_bytes())


@pytest.mark.parametrize(
    "script", ["DROP TABLE curves", "DROP TABLE documents", "ALTER TABLE alarms DROP COLUMN value", "DROP TABLE tests"]
)
async def test_a_file_without_a_table_or_column_is_set_aside(path: Path, script: str) -> None:
    await filled(path)
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    await works_afresh(path, path.read_bytes())


async def test_the_log_goes_with_the_damaged_file(path: Path) -> None:
    await filled(path)
    path.write_bytes(b"not a database" * 1000)
    Path(f"{path}-wal").write_bytes(b"log")
    Path(f"{path}-shm").write_bytes(b"index")
    async with opened(path) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.read_bytes() == b"not a database" * 1000
        assert Path(f"{journal.set_aside}-wal").read_bytes() == b"log"
        assert Path(f"{journal.set_aside}-shm").exists()  # SQLite makes it anew


@pytest.mark.parametrize("empty", [False, True])
async def test_a_log_whose_file_is_gone_is_not_lost(path: Path, *, empty: bool) -> None:
    Path(f"{path}-wal").write_bytes(b"log")
    if empty:
        path.write_bytes(b"")
    async with opened(path) as journal:
        assert journal.set_aside is not None
        assert Path(f"{journal.set_aside}-wal").read_bytes() == b"log"
        await journal.write("A", [ResistanceTested(test=TEST)])


async def test_two_damaged_files_in_one_second_are_both_kept(path: Path) -> None:
    names = []
    for number in range(3):
        path.write_bytes(b"garbage %d" % number * 100)
        async with opened(path, clock=lambda: T0) as journal:
            assert journal.set_aside is not None
            names.append(journal.set_aside)
    assert [name.read_bytes()[:9] for name in names] == [b"garbage 0", b"garbage 1", b"garbage 2"]


async def test_whatever_bytes_are_spoilt_there_is_a_journal(path: Path) -> None:
    """Spoil a few bytes in many ways: only own errors leave, and what is set aside is what was there."""
    await filled(path)
    whole = path.read_bytes()
    random = Random(11)
    aside = 0
    for _ in range(60):
        for file in path.parent.iterdir():
            file.unlink()
        spoilt = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            # Not the version, a later one of which is refused.
            at = random.choice(
                [random.randrange(60), random.randrange(64, 4096), random.randrange(64, len(whole) - 64)]
            )
            length = min(random.randint(1, 64), 60 - at) if at < 60 else random.randint(1, 64)
            spoilt[at : at + length] = random.randbytes(length)
        path.write_bytes(spoilt)
        async with opened(path) as journal:
            if journal.set_aside:
                aside += 1
                assert journal.set_aside.read_bytes() == spoilt
            with suppress(JournalError):
                await journal.alarms("A")
                await journal.curve("A", T0)
                await journal.resistance_tests("A")
                await journal.write("A", [ResistanceTested(test=TEST)])
    assert aside > 20


async def test_damage_while_in_use_is_an_error_and_set_aside_at_the_next_start(path: Path) -> None:
    await filled(path)
    async with opened(path) as journal:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        await journal._run(lambda connection: connection.execute("PRAGMA shrink_memory").fetchall())
        with pytest.raises(JournalError, match="malformed"):
            await journal.curve("A", T0)
        with pytest.raises(JournalError, match="malformed"):
            await journal.write("A", [DischargePoints(start=T0, points=points(10))])
    async with opened(path) as journal:
        assert journal.set_aside is not None
        await journal.write("A", [ResistanceTested(test=TEST)])
        assert await journal.resistance_tests("A") == [TEST]


# The disk


async def test_a_place_where_nothing_can_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="unable to open"):
        await Journal.open(tmp_path / "nowhere" / "line.db")
    with pytest.raises(JournalError, match="unable to open"):
        await Journal.open(tmp_path)


async def test_a_full_disk_is_an_error_and_later_all_is_well(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [AlarmRaised(alarm=ALARM)])
        pages = await journal._run(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        await journal._run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())
        for _ in range(2):
            with pytest.raises(JournalError, match="full") as full:
                await journal.write("A", [ResistanceTested(test=TEST), DischargePoints(start=T0, points=points(5000))])
            assert full.value.reason is Reason.DISK_FULL
            assert await journal.resistance_tests("A") == []
            assert await journal.alarms("A") == [ALARM]
        await journal._run(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchall())
        await journal.write("A", [ResistanceTested(test=TEST), DischargePoints(start=T0, points=points(5000))])
        assert await journal.resistance_tests("A") == [TEST]
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert len((await journal.curve("A", T0))["A1"]) == 5000


async def test_a_disk_that_takes_no_more_bytes_is_an_error_and_later_all_is_well(path: Path) -> None:
    async with opened(path) as journal:
        await journal.write("A", [AlarmRaised(alarm=ALARM)])
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{path}-wal").stat().st_size + 5000, limits[1]))
        try:
            with pytest.raises(JournalError):
                await journal.write("A", [DischargePoints(start=T0, points=points(5000))])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert await journal.curve("A", T0) == {}
        await journal.write("A", [DischargePoints(start=T0, points=points(5000))])
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert await journal.alarms("A") == [ALARM]
        assert len((await journal.curve("A", T0))["A1"]) == 5000


async def test_a_disk_that_can_only_be_read_is_an_error_and_later_all_is_well(path: Path) -> None:
    async with opened(path) as journal:
        await journal._run(lambda connection: connection.execute("PRAGMA query_only = TRUE"))
        with pytest.raises(JournalError, match="readonly"):
            await journal.write("A", [ResistanceTested(test=TEST)])
        with pytest.raises(JournalError, match="readonly") as refused:
            await journal.write("A", [], {"running": b"1"})
        assert refused.value.reason is Reason.READ_ONLY
        assert await journal.load("A", "running") is None
        await journal._run(lambda connection: connection.execute("PRAGMA query_only = FALSE"))
        await journal.write("A", [ResistanceTested(test=TEST)])
        assert await journal.resistance_tests("A") == [TEST]


async def test_a_file_that_somebody_else_writes_to_is_an_error_and_later_all_is_well(path: Path) -> None:
    async with opened(path) as journal:
        await journal._run(lambda connection: connection.execute("PRAGMA busy_timeout = 50").fetchall())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            await journal.write("A", [ResistanceTested(test=TEST)])
        other.execute("ROLLBACK")
        other.close()
        await journal.write("A", [ResistanceTested(test=TEST)])
        assert await journal.resistance_tests("A") == [TEST]


# Killed

KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from monitor.battery.events import CurvePoint, DischargePoints, ResistanceTest, ResistanceTested
from monitor.journal import Journal

async def main():
    journal = await Journal.open(Path(sys.argv[2]))
    number = 0
    while True:
        test = ResistanceTest(battery="A1", at=float(number), ohmic_value=0.001)
        seconds = range(number, number + 50)
        points = tuple(CurvePoint(battery="A1", seconds=float(n), voltage=12.0, drawn=None) for n in seconds)
        await journal.write("A", [DischargePoints(start=0.0, points=points), ResistanceTested(test=test)])
        await journal.write("A", [], {"running": str(number).encode()})
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 100])
async def test_what_was_acknowledged_outlives_a_kill(path: Path, after: int) -> None:
    with subprocess.Popen(  # noqa: S603, ASYNC220 - our own interpreter, our own words
        [sys.executable, "-c", KILLED, str(INTEGRATION), str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        assert process.wait() == -signal.SIGKILL
    assert Path(f"{path}-wal").exists()
    async with opened(path) as journal:
        assert journal.set_aside is None
        tests = [test.at for test in await journal.resistance_tests("A")]
        assert tests[: len(acknowledged)] == acknowledged
        assert len(tests) <= len(acknowledged) + 1  # the one under way is whole, or not there
        assert len((await journal.curve("A", 0.0))["A1"]) == len(tests) + 49
        state = await journal.load("A", "running")
        assert state is not None
        assert int(state) >= acknowledged[-1]
