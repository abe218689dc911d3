"""The centre of many sites, with a real broker and database: every row of every site is there exactly once."""

import importlib.util
import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).parent.parent
VIEWS = (ROOT / "fleet" / "views.sql").read_text()


def test_the_dashboard_asks_for_what_is_there() -> None:
    dashboard = json.loads((ROOT / "fleet" / "grafana" / "battery-banks.json").read_text())
    queries = [target.get("rawSql") for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {name for query in queries if query for name in re.findall(r"FROM (\w+)", query)}
    views = set(re.findall(r"CREATE OR REPLACE VIEW (\w+)", VIEWS))
    assert asked
    assert asked - views == {"lines"}  # a table


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.parametrize("engine", ["mosquitto", "nats"])
def test_nothing_is_lost_though_every_part_is_killed(engine: str) -> None:
    if missing := [name for name in ("aiomqtt", "nats", "psycopg") if importlib.util.find_spec(name) is None]:
        pytest.skip(f"needs the packages of the group fleet: {', '.join(missing)}")
    command = [sys.executable, "-m", "fleet.trial", "--engine", engine, "--sites", "4", "--seconds", "20"]
    command += ["--rows", "300", "--without-home-assistant"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)  # noqa: S603
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exactly once" in done.stdout
