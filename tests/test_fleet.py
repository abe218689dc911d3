"""The centre of many sites, with a real broker and database: every row of every site is there exactly once."""

import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

from fleet.trial.__main__ import MISSING

ROOT = Path(__file__).parent.parent
VIEWS = (ROOT / "fleet" / "views.sql").read_text()


def test_the_dashboard_asks_for_what_is_there() -> None:
    dashboard = json.loads((ROOT / "fleet" / "grafana" / "battery-banks.json").read_text())
    queries = [target.get("rawSql") for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {name for query in queries if query for name in re.findall(r"FROM (\w+)", query)}
    views = set(re.findall(r"CREATE OR REPLACE VIEW (\w+)", VIEWS))
    assert asked
    assert asked - views == {"lines"}  # a table


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
