"""The centre of many sites, with a real broker and database: every row of every site is there exactly once."""

from collections.abc import AsyncGenerator
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from fleet.database import Database
from fleet.messages import Received, parse
from fleet.trial.__main__ import MISSING
from fleet.trial.engines import Postgres, find, running, work_folder

ROOT = Path(__file__).parent.parent
DASHBOARD = json.loads((ROOT / "fleet" / "grafana" / "battery-banks.json").read_text())


DAY = 86400.0
BATTERIES = [{"id": "b1", "number": 1}, {"id": "b2", "number": 2}]
HEAD: dict[str, Any] = {"version": 1, "site": "tower7", "line": "line1"}


def received(kind: str, content: dict[str, Any]) -> list[Received]:
    """Return a message of a site as the consumer gets it; it has to fit its schema."""
    jsonschema.validate(content, json.loads((ROOT / "fleet" / "schemas" / f"{kind}.json").read_text()))
    return [parse(f"battery_bank/v1/tower7/line1/{kind}", json.dumps(content).encode())]


def birth(now: float, test_days: float) -> dict[str, Any]:
    string = {"id": "s1", "name": "A", "chemistry": "vrla_agm", "nominal_voltage": 12.0, "cells": 6, "capacity": 100.0}
    of_home = {"home": "Tower", "time_zone": "UTC", "release": "1.0.0", "home_assistant": "2026.10.4"}
    strings = [string | {"test_days": test_days, "batteries": BATTERIES}]
    return HEAD | of_home | {"at": now - 40 * DAY, "name": "Line", "strings": strings}


def snapshot(now: float) -> dict[str, Any]:
    weak = {"risk": "weak", "resistance_ratio": 134.7, "replace_from": now + 10 * DAY}
    figures = ({"risk": "stable", "resistance_ratio": 101.0}, weak)
    batteries = [battery | {"values": values} for battery, values in zip(BATTERIES, figures, strict=True)]
    shown = {"remaining_time": 3600.0, "next_capacity_test": now - DAY}
    string = {"id": "s1", "name": "A", "discharging_since": now - 60, "values": shown}
    return HEAD | {"at": now, "values": {}, "strings": [string | {"batteries": batteries}]}


def journal(last_night: float, now: float) -> dict[str, Any]:
    common = {"string": "s1", "energy": None, "end_voltage": 43.2, "interrupted": 0}
    alarm = {"string": "s1", "battery": "b2", "kind": "resistance_high", "level": 2, "value": 1.5, "limit": 1.4}
    tested = {"string": "s1", "announced": now - 90 * DAY, "cell_voltage": 1.8, "passes": 0.8}
    result = {"capacity": 75.0, "rated": 100.0}
    rows = [
        ("discharges", common | {"start": last_night, "end": last_night + 1800, "drawn": 25.0}),
        ("discharges", common | {"start": now - 60, "end": None, "drawn": 0.5}),
        ("tests", {"string": "s1", "battery": "b1", "at": now - 3 * DAY, "ohmic_value": 0.004, "usable": 1}),
        ("alarms", alarm | {"raised": now - 60, "worst": 2, "cleared": None, "drill": 0}),
        ("alarms", alarm | {"raised": now - 9000, "worst": 2, "cleared": now - 99, "drill": 0}),
        ("capacity_tests", tested | {"start": now - 90 * DAY, "end": now - 89 * DAY, "outcome": "measured"} | result),
        ("capacity_tests", tested | {"start": now - 9 * DAY, "end": now - 8 * DAY, "outcome": "not_begun"}),
        ("documents", {"string": "s1", "key": "running", "data": {"counters": {"drawn": 77.5, "discharges": 2.0}}}),
    ]
    sent = [{"seq": seq, "table": table, "row": row} for seq, (table, row) in enumerate(rows, 1)]
    return {"version": 1, "stream": 1, "after": 0, "last": len(sent), "acknowledged": 0, "rows": sent}


@pytest.fixture
async def postgres(socket_enabled: None) -> AsyncGenerator[Postgres]:
    if find("postgres") is None:
        pytest.skip("needs PostgreSQL, Debian's package postgresql")
    with work_folder() as folder:
        engine = Postgres(folder / "postgres")
        async with running(engine):
            yield engine


@pytest.mark.slow
@pytest.mark.real_time  # the views compare with the time of the database
async def test_the_views_answer_what_a_fleet_is_asked(postgres: Postgres) -> None:
    database = await Database.connect(postgres.url)

    async def ask(query: str) -> list[tuple[Any, ...]]:
        return await (await database._connection.execute(query)).fetchall()

    [(now, last_night)] = await ask(
        "SELECT extract(epoch FROM now())::float8, extract(epoch FROM current_date::timestamptz + '1 h')::float8"
    )
    await database.keep_births(received("birth", birth(now, 30.0)))
    await database.keep_snapshots(received("snapshot", snapshot(now)))
    [answer] = await database.keep_journals(received("journal", journal(last_night, now)))
    assert (answer.seq, answer.lost) == (8, False)
    assert await ask("SELECT number, risk FROM worst_batteries") == [(2, "weak"), (1, "stable")]
    assert await ask("SELECT site FROM silent_lines") == []
    assert await ask("SELECT extract(epoch FROM predicted)::int FROM discharges_predicted ORDER BY 1 NULLS FIRST") == [
        (None,),
        (3660,),
    ]
    assert (1800, 25.0) in await ask("SELECT extract(epoch FROM lasted)::int, drawn FROM discharges_last_night")
    assert await ask("SELECT number, last_test FROM overdue_tests") == [(2, None)]
    assert await ask("SELECT batteries, sites FROM replacements_due") == [(1, 1)]
    assert await ask("SELECT string_name, number, level FROM open_alarms") == [("A", 2, 2)]
    assert await ask("SELECT drawn, discharges FROM counters") == [(77.5, 2)]
    assert await ask("SELECT string_name, outcome, share, passed FROM last_capacity_tests") == [
        ("A", "measured", 0.75, False)
    ]
    assert await ask("SELECT string_name, due < now() FROM capacity_tests_due") == [("A", True)]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            if query := target.get("rawSql"):
                await ask(query)
    await database.close()


def trial(*options: str) -> None:
    """Run a centre and its sites with every part killed once; skip where a program is not installed."""
    command = [sys.executable, "-m", "fleet.trial", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)  # noqa: S603
    if done.returncode == MISSING:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exactly once" in done.stdout


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.parametrize("engine", ["mosquitto", "nats"])
def test_nothing_is_lost_though_every_part_is_killed(engine: str) -> None:
    trial("--engine", engine, "--sites", "4", "--seconds", "8", "--rows", "300", "--without-home-assistant")


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.real_time
def test_a_real_home_assistant_sends_over_the_bridge_of_its_own_broker() -> None:
    trial("--engine", "nats", "--sites", "2", "--seconds", "20")
