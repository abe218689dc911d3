"""The centre of many sites, with a real broker and database: every row of every site is there exactly once."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
import json
from pathlib import Path
import re
import subprocess
import sys
import time
from typing import Any

import aiohttp
from centre import birth, journal, received, running_postgres, snapshot
import nats
import pytest

from fleet.database import Database
from fleet.figures import Metrics
from fleet.sources import _make_stream, _subscribe, _until_ready
from fleet.trial.__main__ import MISSING
from fleet.trial.engines import NatsNode, Postgres, VictoriaMetrics, find, free_port, running, work_folder

ROOT = Path(__file__).parent.parent
HANGS = 1200.0  # s until a trial is stopped: it ends by itself long before, but on a machine that does much else
SHORT = ("--sites", "4", "--seconds", "8", "--rows", "300", "--without-home-assistant")
DASHBOARD = json.loads((ROOT / "fleet" / "grafana" / "battery-banks.json").read_text())


@pytest.fixture
async def postgres(socket_enabled: None) -> AsyncGenerator[Postgres]:
    async with running_postgres() as engine:
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
    await database.close()


# Types of PostgreSQL that Grafana shows as numbers, texts and times: int8, int4, int2, float8, text, timestamptz.
SHOWN = {20, 23, 21, 701, 25, 1184}
NUMBERS = {20, 23, 21, 701}


@pytest.mark.slow
@pytest.mark.real_time
async def test_each_query_of_the_dashboard_gives_what_its_panel_shows(postgres: Postgres) -> None:
    database = await Database.connect(postgres.url)
    connection = database._connection
    [now] = await (await connection.execute("SELECT extract(epoch FROM now())::float8")).fetchone() or ()
    await database.keep_births(received("birth", birth(now, 30.0)))
    await database.keep_snapshots(received("snapshot", snapshot(now)))
    await database.keep_journals(received("journal", journal(now, now)))
    asked = [
        (panel, target["rawSql"]) for panel in DASHBOARD["panels"] for target in panel["targets"] if "rawSql" in target
    ]
    assert len(asked) > 5
    for panel, query in asked:
        cursor = await connection.execute(query)
        rows, columns = await cursor.fetchall(), cursor.description or []
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert "?column?" not in names
        assert {column.type_code for column in columns} <= SHOWN, (panel["title"], names)
        named = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
        assert named <= set(names), panel["title"]
        if panel["type"] == "stat":
            assert len(rows) == len(columns) == 1
            assert columns[0].type_code in NUMBERS
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            assert await (await connection.execute(variable["query"])).fetchall() == [("tower7",)]
    await database.close()


def test_the_dashboard_fits_the_model_of_grafana() -> None:
    """As Grafana publishes it in kinds/dashboard/dashboard_kind.cue of its repository."""
    assert DASHBOARD["schemaVersion"] >= 36
    assert 8 <= len(DASHBOARD["uid"]) <= 40
    panels, variables = DASHBOARD["panels"], DASHBOARD["templating"]["list"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({variable["name"] for variable in variables}) == len(variables)
    sources = {f"${{{one['name']}}}": one["query"] for one in variables if one["type"] == "datasource"}
    assert set(sources.values()) == {"postgres", "prometheus"}
    filled: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["w"] > 0
        assert place["h"] > 0
        assert 0 <= place["x"] <= 24 - place["w"]
        squares = {
            (place["x"] + across, place["y"] + down) for across in range(place["w"]) for down in range(place["h"])
        }
        assert not squares & filled, panel["title"]
        filled |= squares
        assert panel["fieldConfig"].keys() == {"defaults", "overrides"}
        assert isinstance(panel["options"], dict)
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert source["type"] == sources[source["uid"]]
            assert source == panel["datasource"]
        used = re.findall(r"\$(\w+)", json.dumps([panel["title"], panel["targets"]]))
        assert set(used) <= {variable["name"] for variable in variables}
    assert max(down for _, down in filled) + 1 == len({down for _, down in filled})  # no empty rows between


@pytest.mark.slow
@pytest.mark.real_time
async def test_each_expression_of_the_dashboard_finds_what_was_written(socket_enabled: None) -> None:
    if find("victoria-metrics") is None:
        pytest.skip("needs VictoriaMetrics, Debian's package victoria-metrics")
    content = snapshot(time.time() - 60)
    content["strings"][0]["values"] |= {"voltage": 54.5, "condition": "float"}
    with work_folder() as folder:
        server = VictoriaMetrics(folder / "metrics")
        async with running(server), aiohttp.ClientSession(server.url) as session:
            await Metrics(server.url).write(received("snapshot", content))
            async with session.get("/internal/force_flush") as answer:
                assert answer.status == 200
            for panel in DASHBOARD["panels"]:
                for target in panel["targets"]:
                    if expression := target.get("expr"):
                        span = {"start": content["at"] - 300, "end": content["at"] + 60, "step": 60}
                        asked = span | {"query": expression.replace("$site", "tower7")}
                        async with session.get("/api/v1/query_range", params=asked) as answer:
                            found = await answer.json()
                        [series] = found["data"]["result"]
                        assert {float(value) for _, value in series["values"]} == {54.5}
                        assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= series["metric"].keys()


@pytest.mark.slow
@pytest.mark.real_time
async def test_figures_wait_while_victoriametrics_is_away(
    socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    if find("victoria-metrics") is None:
        pytest.skip("needs VictoriaMetrics, Debian's package victoria-metrics")
    at = time.time() - 300
    content = snapshot(at)
    content["strings"][0]["values"] |= {"voltage": 54.5}
    with work_folder() as folder:
        server = VictoriaMetrics(folder / "metrics")
        metrics = Metrics(server.url)
        for later in (0, 60):  # it is not started yet: nothing of the database's part waits for it
            await metrics.write(received("snapshot", content | {"at": at + later}))
        assert "2 snapshots wait for VictoriaMetrics" in caplog.text
        async with running(server), aiohttp.ClientSession(server.url) as session:
            await metrics.write(received("snapshot", content | {"at": at + 120}))
            async with session.get("/internal/force_flush") as answer:
                assert answer.status == 200
            async with session.get("/api/v1/export", params={"match[]": "battery_bank_voltage"}) as answer:
                exported = [json.loads(line) for line in (await answer.text()).splitlines()]
            [of_string] = [one for one in exported if "battery" not in one["metric"]]
            assert of_string["timestamps"] == [round(1000 * (at + later)) for later in (0, 60, 120)]


@pytest.mark.slow
@pytest.mark.real_time  # of NATS
async def test_a_consumer_waits_while_nats_does_not_answer(
    socket_enabled: None, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a kill of a node, while the durable consumer elects another leader."""
    if find("nats-server") is None:
        pytest.skip("needs NATS, Debian's package nats-server")
    with work_folder() as folder:
        node = NatsNode(folder / "nats", 0, [free_port()])
        async with running(node):
            client = await nats.connect(node.url)
            stream = client.jetstream(timeout=0.3)
            await _make_stream(stream, replicas=1)
            node.suspend()
            subscribing = asyncio.create_task(_until_ready(partial(_subscribe, stream, "journal")))
            while "NATS is not ready" not in caplog.text:
                await asyncio.sleep(0.05)
            node.resume()
            async with asyncio.timeout(60):
                await subscribing
            await client.close()


def trial(logs: Path, *options: str) -> str:
    """Run a centre and its sites with every part killed once; return what it printed.

    Skips where a program is not installed. A failure shows the end of the log of each part.
    """
    command = [sys.executable, "-m", "fleet.trial", "--logs", str(logs), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603
        try:
            printed, _ = process.communicate(timeout=HANGS)
        except subprocess.TimeoutExpired:
            process.terminate()  # it stops all that it has started
            printed, _ = process.communicate()
    if process.returncode == MISSING:
        pytest.skip(printed.strip())
    ends = "".join(f"\n{log}:\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(logs.rglob("*log")))
    assert process.returncode == 0, printed + ends
    assert "exactly once" in printed
    return printed


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(2 * HANGS)
def test_nothing_is_lost_though_every_part_is_killed(tmp_path: Path) -> None:
    trial(tmp_path, "--engine", "nats", *SHORT)


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(2 * HANGS)
def test_nothing_is_lost_though_the_network_is_cut_beyond_all_keep_alives(tmp_path: Path) -> None:
    printed = trial(tmp_path, "--engine", "mosquitto", *SHORT, "--cut", "1", "--keepalive", "5")
    if "LEFT OUT" in printed:
        pytest.skip("needs root and iproute2 to cut a network; all brokers were suspended instead")
    given_up = re.findall(r"given up: those of the sites after (\d+) s, those of the brokers after (\d+) s", printed)
    vanished, refused = [tuple(map(int, one)) for one in given_up]
    # While packets vanish, both ends believe in the connection until a keep-alive runs out: that of a site 5 s after it
    # last got something, that of the broker 7.5 s after it did, which was at most 5 s before the cut.
    assert min(vanished) >= 2, printed
    assert refused == (0, 0), printed


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.real_time
@pytest.mark.timeout(4 * HANGS)
def test_a_real_home_assistant_sends_over_the_bridge_of_its_own_broker(tmp_path: Path) -> None:
    trial(tmp_path, "--engine", "nats", "--sites", "2", "--seconds", "20", "--cut", "100")
