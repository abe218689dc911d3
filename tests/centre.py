"""A centre's real database, and messages of a site as its consumer gets them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fleet.messages import Received, parse
from fleet.trial.engines import Postgres, find, running, work_folder

SCHEMAS = Path(__file__).parent.parent / "fleet" / "schemas"
DAY = 86400.0
BATTERIES = [{"id": "b1", "number": 1}, {"id": "b2", "number": 2}]
HEAD: dict[str, Any] = {"version": 1, "site": "tower7", "line": "line1"}


def received(kind: str, content: dict[str, Any]) -> list[Received]:
    """Return a message of a site as the consumer gets it; it has to fit its schema."""
    jsonschema.validate(content, json.loads((SCHEMAS / f"{kind}.json").read_text()))
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
    return {"version": 1, "stream": 1, "after": 0, "last": len(sent), "acknowledged": 0, "rows": sent, "run": "first"}


@asynccontextmanager
async def running_postgres() -> AsyncGenerator[Postgres]:
    """Yield a new server; skip the test where none is installed."""
    if find("postgres") is None:
        pytest.skip("needs PostgreSQL, Debian's package postgresql")
    with work_folder() as folder:
        engine = Postgres(folder / "postgres")
        async with running(engine):
            yield engine
