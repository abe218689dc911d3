"""The export: what the journal and the recorder have, as JSON, as CSV and as files; who may, and what is refused."""

# ruff: noqa: ASYNC240 - the files are small, and nothing else waits for the loop

import asyncio
from collections.abc import Awaitable, Callable
import csv
from datetime import datetime
import io
import json
from pathlib import Path
import time
from typing import Any, cast

from conftest import device_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import CapacityTestResult, Outcome
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmRaised,
    Baseline,
    BaselineKind,
    BaselineSet,
    CapacityTested,
    Discharge,
    DischargeEnded,
    Level,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.reporting.export import as_json
from custom_components.battery_bank.reporting.table_queries import PAGE, tables
from custom_components.battery_bank.reporting.tables import RECORD_TABLES, Table, TableName
from custom_components.battery_bank.runtime.journal_writer import JournalWriter
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from simulator.bank import Bank
from simulator.wire import Terminal

HOUR = 3600.0
DAY = 24 * HOUR
JOURNAL = [name for name in TableName if name in RECORD_TABLES]

type Export = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.fixture
def now() -> float:
    """Return the full hour before this one."""
    return time.time() // HOUR * HOUR


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line of two strings, A on modules and B on none."""
    await hass.config.async_set_time_zone("Europe/Madrid")
    plug(bank)
    entry = line_entry(string_data(), string_data(first=11, count=2, string_module=None, name="B"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    return entry


@pytest.fixture
async def history(entry: MockConfigEntry, now: float) -> None:
    """Write what happened to string A: battery 2 was replaced ten days ago."""
    string, _ = entry.runtime_data.strings
    tests = [
        ResistanceTest(battery="A1", at=now - 20 * DAY, ohmic_value=0.0045, temperature=20.5, string_median=0.0044),
        ResistanceTest(battery="A2", at=now - 20 * DAY, ohmic_value=0.0091, temperature=21.0, string_median=0.0044),
        ResistanceTest(battery="A2", at=now - 9 * DAY, ohmic_value=0.0043, usable=False),
        ResistanceTest(battery="gone", at=now - 300 * DAY, ohmic_value=0.0047),
    ]
    raised = Alarm(
        kind=AlarmKind.RESISTANCE_BASELINE,
        battery="A2",
        level=Level.WARNING,
        value=2.1,
        limit=1.3,
        raised=now - 20 * DAY,
        worst=Level.ALARM,
        acknowledged=now - 19 * DAY,
        acknowledged_by="Somebody",
        cleared=now - 10 * DAY,
    )
    hydrogen = Alarm(
        kind=AlarmKind.HYDROGEN,
        battery=None,
        level=Level.WARNING,
        value=1.2,
        limit=1.0,
        raised=now - 5 * DAY,
        worst=Level.WARNING,
        drill=True,
    )
    discharge = Discharge(
        start=now - 5 * DAY,
        end=now - 5 * DAY + 1800,
        drawn=12.34567,
        energy=600.0,
        start_voltage=54.5,
        end_voltage=47.9,
        lowest_battery="A2",
        lowest_voltage=11.2,
        lowest_at=now - 5 * DAY + 1700,
        capacity=None,
    )
    measured = CapacityTestResult(
        announced=now - 5 * DAY - HOUR,
        announced_by="Somebody",
        start=now - 5 * DAY,
        end=now - 5 * DAY + 9 * HOUR,
        duty=10.0,
        current=10.04,
        drawn=90.36,
        temperature=25.0,
        cell_voltage=1.8,
        first_below="A2",
        passes=0.8,
        capacity=87.9,
        rated=100.0,
    )
    not_begun = CapacityTestResult(
        announced=now - 40 * DAY,
        announced_by=None,
        start=now - 40 * DAY,
        end=now - 39 * DAY,
        duty=None,
        current=None,
        drawn=None,
        temperature=None,
        cell_voltage=1.75,
        first_below=None,
        passes=0.8,
        outcome=Outcome.NOT_BEGUN,
    )
    await entry.runtime_data.journal_writer.journal.write(
        string.id,
        [
            *(ResistanceTested(test=test) for test in tests),
            *(CapacityTested(result=result) for result in (measured, not_begun)),
            AlarmCleared(alarm=raised),
            AlarmRaised(alarm=hydrogen),
            DischargeEnded(discharge=discharge),
            BaselineSet(
                baseline=Baseline(battery="A1", kind=BaselineKind.TYPED, ohmic_value=0.0044, at=now - 15 * DAY)
            ),
            Replaced(battery="A2", at=now - 10 * DAY, by="Somebody", serial="S-2", note='=HYPERLINK("x"), "new"\nold'),
        ],
    )


@pytest.fixture
def export(hass: HomeAssistant, entry: MockConfigEntry) -> Export:
    """Call the action for strings and batteries by their ids; A and B stand for the strings."""
    strings = {string.name: string.id for string in entry.runtime_data.strings}

    async def _export(*of: str, user: MockUser | None = None, response: bool = True, **data: Any) -> dict[str, Any]:
        devices = [device_of(hass, entry, strings.get(one, one)) for one in of]
        exported: Any = await hass.services.async_call(
            DOMAIN,
            "export",
            {"device_id": devices, **data},
            blocking=True,
            return_response=response,
            context=Context(user_id=user.id if user else None),
        )
        return cast(dict[str, Any], exported)

    return _export


def rows(exported: dict[str, Any], table: str, part: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exported["exports"][part]["tables"][table]["rows"]
    return found


def parsed(text: str, like: Table | dict[str, Any]) -> list[dict[str, Any]]:
    """Read a CSV back as what it was made of: names of columns without units, numbers where there were some."""
    units = like["units"] if isinstance(like, dict) else like.units
    expected = like["rows"] if isinstance(like, dict) else like.rows
    header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = [name.partition(" (")[0] for name in header]
    assert {name.partition(" (")[0]: name.partition(" (")[2].rstrip(")") or None for name in header} == {
        name: units.get(name) for name in names
    }
    found: list[dict[str, Any]] = []
    for line, row in zip(lines, expected, strict=True):
        assert len(line) == len(names)
        values: dict[str, Any] = {}
        for name, cell in zip(names, line, strict=True):
            match row[name]:
                case bool():
                    values[name] = {"true": True, "false": False}[cell]
                case int() | float():
                    values[name] = float(cell)
                case str():
                    values[name] = cell.removeprefix("'")
                case None:
                    values[name] = cell or None
        found.append(values)
    return found


async def test_a_string_as_json(
    hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, now: float
) -> None:
    exported = await export("A")
    assert json.loads(json.dumps(exported, allow_nan=False)) == exported
    (part,) = exported["exports"]
    assert (exported["format"], part["line"], part["string"], part["battery"]) == ("json", "Line", "A", None)
    assert list(part["tables"]) == list(TableName)
    assert part["left_out"] == {}

    tests = rows(exported, "resistance_tests")
    assert [(row["battery"], row["battery_id"], row["serial"], row["resistance"]) for row in tests] == [
        (None, "gone", None, 4.7),  # taken out since
        (1, "A1", None, 4.5),
        (2, "A2", None, 9.1),
        (2, "A2", "S-2", 4.3),
    ]
    assert (tests[1]["temperature"], tests[3]["temperature"], tests[3]["usable"]) == (20.5, None, False)
    assert datetime.fromisoformat(tests[1]["at"]).timestamp() == now - 20 * DAY
    assert tests[1]["at"][-6:] in ("+01:00", "+02:00")  # as people in Madrid read it
    assert part["tables"]["resistance_tests"]["units"] == {
        "resistance": "mΩ",
        "temperature": "°C",
        "string_median": "mΩ",
    }

    (discharge,) = rows(exported, "discharges")
    assert (discharge["duration"], discharge["drawn"], discharge["lowest_battery"]) == (1800, 12.346, 2)
    assert (discharge["capacity"], discharge["first_below_end_voltage"]) == (None, None)

    not_begun, tested = rows(exported, "capacity_tests")
    assert {key: tested[key] for key in tested if key not in ("start", "end", "announced")} == {
        "announced_by": "Somebody",
        "outcome": "measured",
        "duty": 10.0,
        "current": 10.04,
        "drawn": 90.36,
        "temperature": 25.0,
        "cell_voltage": 1.8,
        "first_below_end_voltage": 2,
        "capacity": 87.9,
        "rated": 100.0,
        "share": 87.9,
        "pass_limit": 80.0,
        "passed": True,
    }
    assert datetime.fromisoformat(tested["announced"]).timestamp() == now - 5 * DAY - HOUR
    assert datetime.fromisoformat(tested["end"]).timestamp() == now - 5 * DAY + 9 * HOUR
    assert (not_begun["outcome"], not_begun["share"], not_begun["passed"]) == ("not_begun", None, None)

    raised, drill = rows(exported, "alarms")
    assert (raised["kind"], raised["name"]) == ("resistance_baseline", "Resistance above baseline")
    assert (raised["level"], raised["worst"], raised["acknowledged_by"]) == ("warning", "alarm", "Somebody")
    assert (raised["value"], raised["limit"], raised["unit"], raised["drill"]) == (2.1, 1.3, "×", False)
    assert (drill["battery"], drill["cleared"], drill["drill"]) == (None, None, True)

    (baseline,) = rows(exported, "baselines")
    assert (baseline["battery"], baseline["kind"], baseline["resistance"]) == (1, "typed", 4.4)
    (replaced,) = rows(exported, "replacements")
    assert (replaced["serial"], replaced["by"], replaced["note"][0]) == ("S-2", "Somebody", "=")


async def test_csv_says_what_json_says(
    hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, now: float
) -> None:
    await measured(hass, now)
    as_data, as_text = await export("A"), await export("A", format="csv")
    texts = as_text["exports"][0]["tables"]
    for name, table in as_data["exports"][0]["tables"].items():
        assert table["rows"], name
        assert parsed(texts[name], table) == table["rows"], name
        assert texts[name].count("\r\n") == 1 + len(table["rows"])
    assert "'=HYPERLINK" in texts["replacements"]  # or a spreadsheet would run it
    assert "resistance (mΩ)" in texts["resistance_tests"]


async def measured(hass: HomeAssistant, now: float) -> None:
    """Let the recorder know two days of battery 1's voltage, and of the string's current."""
    for entity_id, unit, unit_class, base in (
        ("sensor.a_battery_1_voltage", "V", "voltage", 13.5),
        ("sensor.a_current", "A", "electric_current", 0.5),
    ):
        async_import_statistics(
            hass,
            {
                "mean_type": StatisticMeanType.ARITHMETIC,
                "has_sum": False,
                "name": None,
                "source": "recorder",
                "statistic_id": entity_id,
                "unit_class": unit_class,
                "unit_of_measurement": unit,
            },
            [
                {
                    "start": dt_util.utc_from_timestamp(now - hours * HOUR),
                    "mean": base + hours / 100,
                    "min": base - 0.1,
                    "max": base + 1.0,
                }
                for hours in range(1, 49)
            ],
        )
    await async_wait_recording_done(hass)


async def test_statistics(hass: HomeAssistant, recorder_mock: Any, export: Export, now: float) -> None:
    await measured(hass, now)
    begin = datetime.fromtimestamp(now - 6 * HOUR).astimezone(dt_util.get_default_time_zone())
    local = {"start": begin.replace(tzinfo=None).isoformat(" "), "what": "battery_statistics"}
    hourly = rows(await export("A", **local), "battery_statistics")
    assert len(hourly) == 6
    assert {key: hourly[0][key] for key in ("battery", "battery_id", "serial", "temperature_mean")} == {
        "battery": 1,
        "battery_id": "A1",
        "serial": None,
        "temperature_mean": None,
    }
    assert [row["voltage_mean"] for row in hourly] == [13.56, 13.55, 13.54, 13.53, 13.52, 13.51]
    assert (hourly[0]["voltage_min"], hourly[0]["voltage_max"]) == (13.4, 14.5)
    assert datetime.fromisoformat(hourly[0]["start"]).timestamp() == now - 6 * HOUR
    assert datetime.fromisoformat(hourly[0]["end"]).timestamp() == now - 5 * HOUR

    daily = rows(await export("A", what=["string_statistics"]), "string_statistics")
    assert 2 <= len(daily) <= 3  # two days, by the calendar
    assert all(row["start"][11:19] == "00:00:00" for row in daily)
    assert daily[0]["current_max"] == 1.5
    long_ago = f"{dt_util.now().year - 3}-01-01 00:00:00"
    monthly = rows(await export("A", what=["string_statistics"], start=long_ago), "string_statistics")
    assert 1 <= len(monthly) <= 2
    assert monthly[0]["start"][8:19] == "01T00:00:00"


async def test_statistics_are_in_the_units_that_they_say(
    hass: HomeAssistant, recorder_mock: Any, export: Export, now: float
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.ARITHMETIC,
            "has_sum": False,
            "name": None,
            "source": "recorder",
            "statistic_id": "sensor.a_battery_1_temperature",
            "unit_class": "temperature",
            "unit_of_measurement": "°F",
        },
        [{"start": dt_util.utc_from_timestamp(now - HOUR), "mean": 77.0, "min": 68.0, "max": 86.0}],
    )
    await async_wait_recording_done(hass)
    exported = await export("A", what="battery_statistics")
    (row,) = rows(exported, "battery_statistics")
    assert (row["temperature_mean"], row["temperature_min"], row["temperature_max"]) == (25.0, 20.0, 30.0)
    assert exported["exports"][0]["tables"]["battery_statistics"]["units"]["temperature_mean"] == "°C"


async def test_a_battery_gives_its_part(
    hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, now: float
) -> None:
    await measured(hass, now)
    exported = await export("A2", "A1")
    second, first = exported["exports"]
    assert (second["battery"], first["battery"]) == (2, 1)
    assert {row["battery"] for part in (0, 1) for row in rows(exported, "resistance_tests", part)} == {1, 2}
    assert {row["battery"] for row in rows(exported, "resistance_tests", 0)} == {2}
    assert [row["kind"] for row in rows(exported, "alarms", 0)] == ["resistance_baseline"]
    assert rows(exported, "alarms", 1) == []
    assert rows(exported, "battery_statistics", 0) == []
    assert {row["battery"] for row in rows(exported, "battery_statistics", 1)} == {1}
    assert first["left_out"] == {
        "string_statistics": "of_string",
        "discharges": "of_string",
        "capacity_tests": "of_string",
    }
    # A string has its batteries in it already.
    assert [part["battery"] for part in (await export("A2", "A", "A"))["exports"]] == [None]
    assert [part["string"] for part in (await export("A", "B"))["exports"]] == ["A", "B"]


async def test_a_period(hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, now: float) -> None:
    def said(at: float) -> str:
        return datetime.fromtimestamp(at, dt_util.get_default_time_zone()).isoformat()

    exported = await export("A", start=said(now - 20 * DAY), end=said(now - 10 * DAY), what=JOURNAL)
    found = {name: len(rows(exported, name)) for name in JOURNAL}
    assert found == {
        "resistance_tests": 2,
        "discharges": 0,
        "capacity_tests": 0,
        "alarms": 1,
        "baselines": 1,
        "replacements": 0,
    }
    earlier = await export("A", start=said(now - 50 * DAY), end=said(now - 5 * DAY), what="capacity_tests")
    assert [row["outcome"] for row in rows(earlier, "capacity_tests")] == ["not_begun"]
    later = await export("A", start=said(now - 10 * DAY), what=["resistance_tests", "replacements"])
    assert list(later["exports"][0]["tables"]) == ["resistance_tests", "replacements"]
    assert [row["serial"] for row in rows(later, "resistance_tests")] == ["S-2"]
    assert len(rows(later, "replacements")) == 1
    for end in (said(now - DAY), said(now - 2 * DAY)):
        with pytest.raises(ServiceValidationError) as refused:
            await export("A", start=said(now - DAY), end=end)
        assert refused.value.translation_key == "end_before_start"


async def test_all_pages_are_read(
    hass: HomeAssistant, recorder_mock: Any, entry: MockConfigEntry, export: Export, now: float
) -> None:
    string, _ = entry.runtime_data.strings
    count = 2 * PAGE + 1
    alarms = [
        Alarm(
            kind=AlarmKind.DEVIATION,
            battery="A3",
            level=Level.WARNING,
            value=0.06,
            limit=0.05,
            raised=now - number,
            worst=Level.WARNING,
        )
        for number in range(count)
    ]
    discharges = [Discharge(start=now - 100 * number, end=now - 100 * number + 50) for number in range(count)]
    await entry.runtime_data.journal_writer.journal.write(
        string.id,
        [
            *(AlarmRaised(alarm=alarm) for alarm in alarms),
            *(DischargeEnded(discharge=discharge) for discharge in discharges),
        ],
    )
    exported = await export("A", what=["alarms", "discharges"])
    for name, at in (("alarms", "raised"), ("discharges", "start")):
        times = [row[at] for row in rows(exported, name)]
        assert len(set(times)) == len(times) == count
        assert [datetime.fromisoformat(one) for one in times] == sorted(map(datetime.fromisoformat, times))


async def test_files(
    hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, tmp_path: Path, entry: MockConfigEntry
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    folder, today = tmp_path / "exports", dt_util.now().date().isoformat()
    shown = await export("A", "A2", what=JOURNAL)
    for form in ("csv", "json"):
        written = await export("A", format=form, folder=str(folder), what=JOURNAL)
        (part,) = written["exports"]
        assert part["files"] == {name: f"{folder}/a_{name}_{today}.{form}" for name in JOURNAL}
    one = await export("A2", format="csv", folder=str(folder), what="alarms")
    assert one["exports"][0]["files"] == {"alarms": f"{folder}/a_battery_2_alarms_{today}.csv"}
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            f"a_battery_2_alarms_{today}.csv",
            *(f"a_{name}_{today}.{form}" for name in JOURNAL for form in ("csv", "json")),
        ]
    )
    for name in JOURNAL:
        table = shown["exports"][0]["tables"][name]
        text = (folder / f"a_{name}_{today}.csv").read_bytes().decode("utf-8-sig")
        assert parsed(text, table) == table["rows"]
        stored = json.loads((folder / f"a_{name}_{today}.json").read_text())
        assert stored == {"line": "Line", "string": "A", "battery": None, "table": name} | table
    # The same day it is written anew, and the caller need not take the response.
    assert await export("A", folder=str(folder), what="alarms", response=False) is None
    with pytest.raises(ServiceValidationError) as refused:
        await export("A", response=False)
    assert refused.value.translation_key == "no_folder_no_response"


async def test_strings_of_one_name_have_files_of_their_own(
    hass: HomeAssistant, recorder_mock: Any, entry: MockConfigEntry, export: Export, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    first, second = entry.runtime_data.strings
    second.name = "a"
    exported = await export("A", "B", folder=str(tmp_path), what="alarms")
    files = [part["files"]["alarms"] for part in exported["exports"]]
    assert [Path(name).name.partition("_alarms")[0] for name in files] == [
        f"a_{first.id.lower()}",
        f"a_{second.id.lower()}",
    ]


@pytest.mark.parametrize("folder", ["{out}", "{tmp}/../", "{tmp}/missing/../../x", "/proc/self", "{tmp}/link"])
async def test_a_folder_outside_is_refused(
    hass: HomeAssistant,
    recorder_mock: Any,
    history: None,
    export: Export,
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    folder: str,
) -> None:
    out = tmp_path_factory.mktemp("out")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(out)
    hass.config.allowlist_external_dirs = {str(inside)}
    with pytest.raises(ServiceValidationError) as refused:
        await export("A", folder=folder.format(out=out, tmp=inside))
    assert refused.value.translation_key == "folder_not_allowed"
    assert str(refused.value).startswith("Folder: ")
    assert list(out.iterdir()) == []
    assert "files" in (await export("A", folder=str(inside)))["exports"][0]


@pytest.mark.parametrize(
    ("language", "reasons"),
    [
        (
            "en",
            [
                "a file has the name of the folder",
                "the folder above it does not exist",
                "a folder has the name of the file",
            ],
        ),
        (
            "de",
            [
                "eine Datei hat den Namen des Ordners",
                "der übergeordnete Ordner ist nicht vorhanden",
                "ein Ordner hat den Namen der Datei",
            ],
        ),
    ],
)
async def test_why_a_folder_cannot_be_written(
    hass: HomeAssistant,
    recorder_mock: Any,
    history: None,
    export: Export,
    tmp_path: Path,
    language: str,
    reasons: list[str],
) -> None:
    hass.config.language = language
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "taken").write_text("a file")
    for folder, reason in zip(("taken", "missing/deeper"), reasons, strict=False):
        with pytest.raises(HomeAssistantError) as refused:
            await export("A", folder=str(tmp_path / folder))
        assert refused.value.translation_key == "folder_unwritable"
        assert refused.value.translation_placeholders == {"folder": str(tmp_path / folder), "reason": reason}
    today = dt_util.now().date().isoformat()
    (tmp_path / f"a_alarms_{today}.json").mkdir()  # in the way of the file
    with pytest.raises(HomeAssistantError) as failed:
        await export("A", folder=str(tmp_path), what="alarms")
    assert failed.value.translation_key == "folder_unwritable"
    assert failed.value.translation_placeholders == {"folder": str(tmp_path), "reason": reasons[2]}
    (tmp_path / f"a_alarms_{today}.json").rmdir()
    assert (await export("A", folder=str(tmp_path), what="alarms"))["exports"][0]["files"]
    assert [path.name for path in tmp_path.glob("a_*")] == [f"a_alarms_{today}.json"]  # and nothing half done


async def test_without_a_recorder_its_tables_are_left_out(hass: HomeAssistant, history: None, export: Export) -> None:
    exported = await export("A")
    (part,) = exported["exports"]
    assert list(part["tables"]) == JOURNAL
    assert part["left_out"] == {"battery_statistics": "no_recorder", "string_statistics": "no_recorder"}
    assert (await export("A2"))["exports"][0]["left_out"] == {
        "battery_statistics": "no_recorder",
        "string_statistics": "no_recorder",
        "discharges": "of_string",
        "capacity_tests": "of_string",
    }


async def test_a_journal_that_cannot_be_used_is_said_and_used_again(
    hass: HomeAssistant, recorder_mock: Any, history: None, entry: MockConfigEntry, export: Export, now: float
) -> None:
    await measured(hass, now)
    writer: JournalWriter = entry.runtime_data.journal_writer
    before = await export("A")
    await writer.async_hold()  # as during a backup
    with pytest.raises(HomeAssistantError) as refused:
        await export("A")
    assert refused.value.translation_key == "journal_unusable"
    assert "a backup is running" in str(refused.value)
    only = await export("A", what=["battery_statistics", "string_statistics"])
    assert rows(only, "battery_statistics") == rows(before, "battery_statistics")
    await writer.async_release()
    assert await export("A") == before

    journal = writer.journal
    assert isinstance(journal, Journal)
    await journal._run(lambda connection: connection.execute("ALTER TABLE alarms RENAME TO elsewhere"))
    with pytest.raises(HomeAssistantError) as failed:
        await export("A")
    assert failed.value.translation_key == "journal_unusable"
    assert "no such table" in str(failed.value)
    assert rows(await export("A", what="resistance_tests"), "resistance_tests")
    await journal._run(lambda connection: connection.execute("ALTER TABLE elsewhere RENAME TO alarms"))
    assert await export("A") == before


async def test_a_line_that_is_not_loaded_is_refused(
    hass: HomeAssistant, recorder_mock: Any, history: None, entry: MockConfigEntry, export: Export
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await export("A")
    assert refused.value.translation_key == "no_battery_or_string"
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (await export("A"))["exports"]


async def test_who_may(
    hass: HomeAssistant, recorder_mock: Any, history: None, export: Export, hass_read_only_user: MockUser
) -> None:
    assert not hass_read_only_user.is_admin
    assert len((await export("A", user=hass_read_only_user))["exports"]) == 1

    some = MockUser(groups=[]).add_to_hass(hass)
    sensors = [state.entity_id for state in hass.states.async_all("sensor") if "a_battery_2" in state.entity_id]
    some.mock_policy({"entities": {"entity_ids": {one: {"read": True} for one in sensors}}})
    for of in ("A", "A1", "B"):
        with pytest.raises(Unauthorized):
            await export(of, user=some)
    assert {row["battery"] for row in rows(await export("A2", user=some), "resistance_tests")} == {2}
    some.mock_policy({})
    with pytest.raises(Unauthorized):
        await export("A2", user=some)
    nobody = MockUser(id="nobody")
    with pytest.raises(Unauthorized):
        await export("A2", user=nobody)


async def test_every_row_has_its_columns(
    hass: HomeAssistant, recorder_mock: Any, history: None, entry: MockConfigEntry, now: float
) -> None:
    await measured(hass, now)
    string, _ = entry.runtime_data.strings
    found = (await tables(hass, entry.runtime_data, string)).found
    for name, table in found.items():
        assert table.rows, name
        assert all(list(row) == list(table.units) for row in table.rows), name
        assert as_json(table)["rows"] == table.rows


@pytest.mark.slow
@pytest.mark.real_time
async def test_a_large_bank_does_not_hold_up_the_loop(
    hass: HomeAssistant, recorder_mock: Any, line_entry: Callable[..., MockConfigEntry], now: float
) -> None:
    """240 batteries with three years of tests, and 5000 alarms; the line itself is down."""
    entry = line_entry(string_data(count=240, string_module=None))
    assert await hass.config_entries.async_setup(entry.entry_id)
    (string,) = entry.runtime_data.strings
    ids = [battery.id for battery in string.batteries]
    tests = [
        ResistanceTested(test=ResistanceTest(battery=battery, at=now - 30 * DAY * back, ohmic_value=0.0045))
        for back in range(36)
        for battery in ids
    ]
    alarms = [
        AlarmRaised(
            alarm=Alarm(
                kind=AlarmKind.DEVIATION,
                battery=ids[number % 240],
                level=Level.WARNING,
                value=0.06,
                limit=0.05,
                raised=now - HOUR * number,
                worst=Level.WARNING,
            )
        )
        for number in range(5000)
    ]
    await entry.runtime_data.journal_writer.journal.write(string.id, [*tests, *alarms])
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()  # other programs have no part in it
            await asyncio.sleep(0.005)
            longest = max(longest, time.thread_time() - before)

    await hass.async_block_till_done()
    watching = hass.async_create_background_task(watch(), "watch the loop")
    await asyncio.sleep(0.05)
    longest = 0.0
    began = time.monotonic()
    exported: Any = await hass.services.async_call(
        DOMAIN,
        "export",
        {"device_id": [device_of(hass, entry, string.id)], "format": "csv"},
        blocking=True,
        return_response=True,
    )
    took = time.monotonic() - began
    watching.cancel()
    texts = exported["exports"][0]["tables"]
    assert texts["resistance_tests"].count("\r\n") == 1 + 240 * 36
    assert texts["alarms"].count("\r\n") == 1 + 5000
    assert longest < 0.05, f"{longest:.3f} s of {took:.3f} s"
