"""What the cards receive, over a real websocket; written down as the fixture of the JavaScript tests."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count, pairwise
import json
from pathlib import Path
import re
import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from conftest import FAST, Still, device_of, eventually, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.dashboard.feed import DATA_FEED
from custom_components.battery_bank.dashboard.payload import STRING_VALUES
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    Baseline,
    BaselineKind,
    BaselineSet,
    CurvePoint,
    Discharge,
    DischargeEnded,
    DischargePoints,
    Level,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.limits import DAY, HOUR
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.bank import Bank, build
from simulator.modules import TA
from simulator.wire import Terminal

FIXTURE = Path(__file__).parent / "fixtures" / "display.json"
NOW = 1_780_000_000.0  # when the fixture is of
WEAK, GONE, LATER = 3, 5, 6  # batteries: weak, never online, lost while a page is open
COUNT = 8


@pytest.fixture
def bank() -> Bank:
    """Return two strings that always measure the same: A with all there is to measure, B with voltages alone."""
    bank = build(
        {
            "line": {"baud": FAST},
            "string": [
                {"name": "A", "batteries": COUNT, "first_address": 1, "string_module": 20},
                {"name": "B", "batteries": 4, "first_address": 31, "battery_module": "tv", "nominal_voltage": 2.0},
            ],
            "faults": {"dead": [GONE]},
        }
    )
    for module in bank.modules.values():
        module.random = Still()
    return bank


@pytest.fixture
def time_zone() -> str:
    """Return the zone of the fixture."""
    return "Europe/Madrid"


@pytest.fixture
def start_time() -> datetime:
    """Return the time of the fixture."""
    return datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def now() -> float:
    """Return the time of the fixture."""
    return NOW


@pytest.fixture
async def terminal(bank: Bank, plug: Callable[[Bank], Terminal]) -> Terminal:
    """Put the bank behind the port."""
    return plug(bank)


@pytest.fixture
async def entry(
    hass: HomeAssistant, terminal: Terminal, now: float, line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with a past."""
    entry = line_entry(
        string_data(count=COUNT, string_module=20),
        string_data(31, 4, None, "B", battery_module="tv", nominal_voltage=2.0),
    )
    await fill(hass, entry)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.b_voltage", lambda state: float(state) > 8)
    await until(hass, "sensor.a_state", lambda state: state == "float")
    return entry


async def fill(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Write a year of tests with one battery that weakens, a discharge with its curve, and an alarm that is over."""
    events: list[Any] = [
        Replaced(battery="A2", at=NOW - 400 * DAY, by="Operator", serial="SN 4711", note="was swollen", maker="Acme")
    ]
    for number in range(1, COUNT + 1):
        weak, battery = number == WEAK, f"A{number}"
        baseline = Baseline(battery=battery, kind=BaselineKind.FINAL, ohmic_value=0.004, at=NOW - 300 * DAY)
        events.append(BaselineSet(baseline=baseline))
        for month in range(12):
            value = 0.004 * (1 + (0.032 * month if weak else 0.003 * number))
            at = NOW - (335 - 30 * month) * DAY
            events.append(ResistanceTested(test=ResistanceTest(battery=battery, at=at, ohmic_value=value)))
    start, batteries = NOW - 40 * DAY, [f"A{number}" for number in range(1, COUNT + 1)]
    points = [
        CurvePoint(
            battery=battery,
            seconds=300.0 * step,
            voltage=round(12.5 - 0.12 * step * (1.6 if battery == f"A{WEAK}" else 1.0), 3),
            drawn=round(1.6 * step, 1),
        )
        for battery in batteries
        for step in range(13)
    ]
    points += [
        CurvePoint(battery=None, seconds=300.0 * step, voltage=round(100 - 1.03 * step, 2), drawn=round(1.6 * step, 1))
        for step in range(13)
    ]
    ended = Discharge(
        start=start,
        end=start + HOUR,
        drawn=19.2,
        energy=1800.0,
        start_voltage=108.9,
        end_voltage=87.6,
        lowest_battery=f"A{WEAK}",
        lowest_voltage=10.196,
        first_below=f"A{WEAK}",
        first_below_at=start + 0.8 * HOUR,
    )
    events += [DischargePoints(start=start, points=tuple(points)), DischargeEnded(discharge=ended)]
    events.append(DischargeEnded(discharge=Discharge(start=start - 300 * DAY, end=start - 299 * DAY, interrupted=True)))
    over = Alarm(
        kind=AlarmKind.VOLTAGE_LOW,
        battery=f"A{WEAK}",
        level=Level.WARNING,
        value=1.69,
        limit=1.7,
        raised=start + 0.9 * HOUR,
        worst=Level.ALARM,
        acknowledged=start + HOUR,
        acknowledged_by="Operator",
        note="Battery ordered",
        cleared=start + 2 * HOUR,
    )
    events.append(AlarmCleared(alarm=over))
    path = journal_path(hass, entry.entry_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = await Journal.open(path)
    await journal.write(next(iter(entry.subentries)), events)
    await journal.close()


type Ask = Callable[..., Awaitable[dict[str, Any]]]


class Page:
    """A page that shows cards: what it asks, and what it receives meanwhile."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self.numbers: Iterator[int] = count(1)
        self.told: list[dict[str, Any]] = []

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.client.send_json({"id": number, "type": kind, **fields})
        while True:
            message: dict[str, Any] = await self.client.receive_json()
            if message["type"] == "result" and message["id"] == number:
                return message
            self.told.append(message["event"])

    async def result(self, kind: str, **fields: Any) -> Any:
        answer = await self.ask(f"{DOMAIN}/{kind}", **fields)
        assert answer["success"], answer
        return answer["result"]

    async def error(self, kind: str, **fields: Any) -> str:
        answer = await self.ask(f"{DOMAIN}/{kind}", **fields)
        assert not answer["success"], answer
        return str(answer["error"]["code"])

    async def next(self, kind: str | None = None, *, seconds: float = 15.0) -> dict[str, Any]:
        """Return the next message of the feed, of a kind."""
        async with asyncio.timeout(seconds):
            while True:
                message = self.told.pop(0) if self.told else (await self.client.receive_json())["event"]
                if kind in (None, message["kind"]):
                    return message


class Known:
    """What a page knows of the bank: a snapshot, brought on by updates as the cards do it."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.all = snapshot

    def take(self, message: dict[str, Any]) -> None:
        if message["kind"] == "snapshot":
            self.all = message
            return
        for line in message["lines"]:
            self.all["lines"] = [line if line["id"] == one["id"] else one for one in self.all["lines"]]
        for update in message["strings"]:
            string = self.string(update["id"])
            string["values"] |= update.get("values", {})
            string["alarms"] = update.get("alarms", string["alarms"])
            string["pending"] = update.get("pending", string["pending"])
            for key, cells in update.get("cells", {}).items():
                for index, value in cells.items():
                    string["cells"][key][int(index)] = value

    def string(self, name: str) -> dict[str, Any]:
        return next(one for one in self.all["strings"] if name in (one["id"], one["name"]))

    async def until(self, page: Page, what: Callable[[], bool]) -> None:
        while not what():
            self.take(await page.next())


@pytest.fixture
async def page(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_access_token: str) -> Page:
    """Return the page of an administrator."""
    return Page(await hass_ws_client(hass, hass_access_token))


def merged(updates: list[dict[str, Any]], string_id: str) -> dict[str, Any]:
    """Put the updates of one string together in one."""
    whole: dict[str, Any] = {"id": string_id, "values": {}, "cells": {}}
    for update in updates:
        for string in update["strings"]:
            if string["id"] == string_id:
                whole["values"] |= string.get("values", {})
                for key, cells in string.get("cells", {}).items():
                    whole["cells"].setdefault(key, {}).update(cells)
                whole |= {key: string[key] for key in ("alarms", "pending") if key in string}
    return {"kind": "update", "at": NOW, "lines": [], "strings": [whole]}


async def test_the_payload_is_as_written_down(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, page: Page, request: pytest.FixtureRequest
) -> None:
    """With --snapshot-update it is written anew."""
    string_a, string_b = entry.subentries
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    string = known.string("A")
    lost, cells = GONE - 1, string["cells"]
    await known.until(page, lambda: cells["contact"][lost] == "lost" and cells["contact"][lost - 1] == "answering")
    await known.until(page, lambda: cells["risk"][WEAK - 1] == "weak" and bool(string["alarms"]))
    # Another page gets the same in one piece.
    snapshot = json.loads(json.dumps(known.all))
    bank.faults.dead.add(LATER)
    updates = []
    while cells["contact"][LATER - 1] != "lost":
        updates.append(await page.next("update"))
        known.take(updates[-1])
    payload = {
        "snapshot": snapshot,
        "update": merged(updates, string_a),
        "battery": await page.result("battery", string=string_a, battery=f"A{WEAK}"),
        "replaced": await page.result("battery", string=string_a, battery="A2"),
        "untested": await page.result("battery", string=string_b, battery="B31"),
        "resistances": await page.result("resistances", string=string_a),
        "discharges": await page.result("discharges", string=string_a, limit=1),
        "curve": await page.result("curve", string=string_a, start=NOW - 40 * DAY),
        "alarms": await page.result("alarms", string=string_a),
    }
    text = settled(hass, entry, payload)
    if request.config.option.update_snapshots:
        FIXTURE.parent.mkdir(exist_ok=True)
        FIXTURE.write_text(text)
    assert json.loads(text) == json.loads(FIXTURE.read_text())


def settled(hass: HomeAssistant, entry: MockConfigEntry, payload: dict[str, Any]) -> str:
    """Put names for ids, and the time of the fixture for those of this run."""
    payload["snapshot"] |= {"version": "0.0.0", "at": NOW}
    for line in payload["snapshot"]["lines"]:
        line["round_time"] = 0.1
    forecast = payload["battery"]["trend"]["forecast"]  # moves by fractions of a second with the time of the run
    forecast |= {level: between and [round(at, -2) for at in between] for level, between in forecast.items()}
    text = json.dumps(payload, indent=1, ensure_ascii=False) + "\n"
    names = [
        entry.entry_id,
        *entry.subentries,
        *(f"A{n}" for n in range(1, COUNT + 1)),
        *(f"B{n}" for n in range(31, 35)),
    ]
    for name in names:
        text = text.replace(device_of(hass, entry, name), f"device of {name}")
    for name, plain in ((entry.entry_id, "line"), *zip(entry.subentries, ("string A", "string B"), strict=True)):
        text = text.replace(name, plain)
    # What this run raised has the second it did so in.
    text = re.sub(
        rf"\b{int(NOW) // 1000}\d\d\d(\.\d+)?\b", lambda found: f"{NOW:.0f}" if "." in found[0] else found[0], text
    )
    text = re.sub(r"\b(1[78]\d{6})\d\d\.\d+", r"\g<1>00", text)  # the dates of a trend, which begin with this run
    # Columns in one line are read, and not scrolled.
    return re.sub(
        r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text
    )


async def test_a_value_beyond_its_limit_is_pending_until_the_alarm(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, page: Page
) -> None:
    """The delays are those of docs/analytics.md: 10 min for the temperature, 15 min for its rise above the room's."""
    waits = {"temperature_high": 600, "temperature_rise": 900}
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))

    def pending() -> dict[str, Any]:
        return {one["kind"]: one for one in known.string("A")["pending"] if one["battery"] == 2}

    hot = bank.strings["A"].batteries[1]
    usual, hot.temperature = hot.temperature, 60.0
    await known.until(page, lambda: pending().keys() >= waits.keys())
    waiting = pending()
    for kind, seconds in waits.items():
        assert waiting[kind]["due"] - waiting[kind]["since"] == pytest.approx(seconds)
        assert waiting[kind]["level"] == "alarm"
    assert known.string("A")["cells"]["level"][1] == "ok"
    hot.temperature = usual
    await known.until(page, lambda: not pending().keys() & waits.keys())


async def test_a_string_module_that_is_offline_is_named(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, page: Page
) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    assert known.string("B")["values"]["string_module"] is None
    bank.faults.dead.add(20)
    await known.until(page, lambda: known.string("A")["values"]["string_module"] == "lost")
    bank.faults.dead.remove(20)
    await known.until(page, lambda: known.string("A")["values"]["string_module"] == "answering")


async def test_a_card_and_an_entity_never_disagree(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    string = known.string("A")
    await known.until(page, lambda: bool(string["alarms"]) and string["cells"]["contact"][GONE - 1] == "lost")
    await asyncio.sleep(2)
    checked = 0
    for index, battery in enumerate(string["batteries"]):
        detail = await page.result("battery", string=string["id"], battery=battery["id"])
        for cell, key in (
            ("voltage",) * 2,
            ("deviation",) * 2,
            ("resistance",) * 2,
            ("temperature",) * 2,
            ("risk",) * 2,
        ):
            state, value = state_of(hass, detail["entities"][key]), string["cells"][cell][index]
            if battery["number"] == GONE and cell != "risk":
                assert (state, value) in (("unavailable", None), ("unknown", None)), cell
            else:
                assert state == str(value), cell
            assert detail["values"][key] == value
            checked += 1
        assert float(state_of(hass, detail["entities"]["resistance_ratio"])) == pytest.approx(
            100 * string["cells"]["ratio"][index], abs=0.06
        )
        problem = state_of(hass, detail["entities"]["problem"])
        well = "unknown" if battery["number"] == GONE else "off"
        assert problem == (well if string["cells"]["level"][index] == "ok" else "on")
    assert checked == 5 * COUNT
    entities = er.async_get(hass)
    for name, key in STRING_VALUES.items():
        entity_id = entities.async_get_entity_id("sensor", DOMAIN, f"{string['id']}_{key}")
        value = string["values"][name]
        if there := hass.states.get(entity_id or ""):
            shown = there.state if there.state not in ("unknown", "unavailable") else None
            if name in ("next_resistance_test", "last_discharge", "end_of_life") and shown:
                assert datetime.fromisoformat(shown).timestamp() == value
            else:
                assert shown == (None if value is None else str(value)), name


async def test_all_pages_are_told_the_same_at_most_once_a_second_and_nothing_without_any(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    coordinator, feed = entry.runtime_data, hass.data[DATA_FEED]

    def listeners() -> int:
        updates = coordinator.updates
        return sum(len(one) for by_subject in (updates._polls, updates._others) for one in by_subject.values())

    alone = listeners()
    other = Page(await hass_ws_client(hass))
    await page.result("subscribe")
    first = Known(await page.next("snapshot"))
    assert listeners() > alone
    once = listeners()
    await asyncio.sleep(60)
    await other.result("subscribe")
    second = Known(await other.next("snapshot"))
    assert listeners() == once
    times: list[float] = []
    while len(times) < 4:
        module = bank.modules[1 + len(times)]
        assert isinstance(module, TA)
        module.offset += 0.05
        message = await other.next()
        times.append(hass.loop.time())
        second.take(message)
        while first.all["at"] != message["at"]:
            first.take(told := await page.next())
            first.all["at"] = told["at"]
    assert min(later - before for before, later in pairwise(times)) > 0.9
    assert first.all["strings"] == second.all["strings"]
    await other.client.send_json({"id": next(other.numbers), "type": "unsubscribe_events", "subscription": 1})
    await page.client.close()
    await eventually(lambda: listeners() == alone)
    assert feed._timer is None
    assert not feed._lines


async def test_a_line_that_is_reloaded_or_taken_down_is_told_anew(
    hass: HomeAssistant, entry: MockConfigEntry, page: Page
) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    assert known.all["lines"][0]["loaded"]
    await hass.config_entries.async_unload(entry.entry_id)
    await known.until(page, lambda: not known.all["lines"][0]["loaded"])
    string = known.string("A")
    assert len(string["batteries"]) == COUNT
    assert set(string["cells"]["voltage"]) == {None}
    assert set(string["cells"]["contact"]) == {"unknown"}
    assert string["values"]["state"] is None
    assert await page.error("resistances", string=string["id"]) == "not_found"
    await hass.config_entries.async_setup(entry.entry_id)
    await known.until(page, lambda: known.all["lines"][0]["loaded"])
    await known.until(page, lambda: known.string("A")["cells"]["voltage"][0] is not None)
    hass.config_entries.async_update_entry(entry, title="Cellar")
    await known.until(page, lambda: known.all["lines"][0]["name"] == "Cellar")
    await hass.config_entries.async_remove(entry.entry_id)
    await known.until(page, lambda: not known.all["lines"])
    assert not known.all["strings"]


async def test_what_is_old_is_not_sent_as_current(
    entry: MockConfigEntry, bank: Bank, page: Page, terminal: Terminal
) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    await known.until(page, lambda: known.string("A")["cells"]["voltage"][0] is not None)
    bank.faults.dead.add(1)
    await known.until(page, lambda: known.string("A")["cells"]["contact"][0] == "lost")
    for column in ("voltage", "deviation", "resistance", "temperature", "rise"):
        assert known.string("A")["cells"][column][0] is None, column
    bank.faults.dead.discard(1)
    await known.until(page, lambda: known.string("A")["cells"]["voltage"][0] is not None)
    await terminal.pull()
    await known.until(page, lambda: known.all["lines"][0]["down"] == "no_such_port")
    await known.until(page, lambda: set(known.string("A")["cells"]["voltage"]) == {None})
    assert set(known.string("A")["cells"]["contact"]) == {"unknown"}
    assert known.string("A")["values"]["current"] is None
    terminal.plug()
    await known.until(page, lambda: known.all["lines"][0]["down"] is None)
    await known.until(page, lambda: known.string("A")["cells"]["voltage"][0] is not None)


async def test_limits_and_measures_that_change_are_told(entry: MockConfigEntry, bank: Bank, page: Page) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    on_float = known.string("A")["limits"]["voltage_low"]
    assert on_float["applies"]
    bank.faults.registers[20] = {0x0004: 0xFFFF}  # no probe at the string module
    await known.until(page, lambda: not known.string("A")["measures"]["ambient"])
    assert set(known.string("A")["cells"]["rise"]) == {None}
    bank.faults.registers.clear()
    await known.until(page, lambda: known.string("A")["measures"]["ambient"])
    bank.strings["A"].mains = False
    await known.until(page, lambda: known.string("A")["values"]["state"] == "discharge")
    await known.until(page, lambda: known.string("A")["limits"]["voltage_low"] != on_float)
    assert known.string("A")["limits"]["voltage_low"]["alarm"] < on_float["alarm"]


async def test_alarms_are_told_when_raised_acknowledged_and_drilled(
    hass: HomeAssistant, entry: MockConfigEntry, page: Page, hass_admin_user: MockUser
) -> None:
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))
    await known.until(page, lambda: bool(known.string("A")["alarms"]))
    assert known.string("A")["alarms"][0]["acknowledged_by"] is None
    drill = {"device_id": device_of(hass, entry, "B31"), "kind": "voltage_high", "level": "alarm"}
    await hass.services.async_call(DOMAIN, "simulate_alarm", drill, blocking=True)
    await known.until(page, lambda: bool(known.string("B")["alarms"]))
    (drilled,) = known.string("B")["alarms"]
    assert (drilled["drill"], drilled["level"], drilled["name"][:11]) == (True, "alarm", "Test alarm:")
    assert known.string("B")["values"]["level"] == "ok"
    assert known.string("B")["cells"]["level"][0] == "ok"
    await hass.services.async_call(
        DOMAIN,
        "acknowledge_alarms",
        {"device_id": [device_of(hass, entry, f"A{WEAK}")], "note": "New battery on Monday"},
        blocking=True,
    )
    await known.until(page, lambda: known.string("A")["alarms"][0]["acknowledged"] is not None)
    assert known.string("A")["alarms"][0]["note"] == "New battery on Monday"
    assert known.string("A")["alarms"][0]["acknowledged_by"] == "Home Assistant"  # because no name of a user is known
    await hass.services.async_call(
        "button",
        "press",
        {"entity_id": "button.b_acknowledge_alarms"},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    await known.until(page, lambda: known.string("B")["alarms"][0]["acknowledged_by"] == hass_admin_user.name)


async def test_what_is_not_there_is_said(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    string = next(iter(entry.subentries))
    assert await page.error("battery", string=string, battery="B31") == "not_found"
    for kind in ("resistances", "resistance_weeks", "discharges", "alarms", "entities"):
        assert await page.error(kind, string="none") == "not_found"
    assert await page.error("battery", string="none", battery="A1") == "not_found"
    assert await page.error("curve", string="none", start=1) == "not_found"
    assert await page.error("curve", string=string, start=1.5) == "not_found"
    for wrong in ({"limit": 0}, {"limit": 51}, {"offset": -1}, {"string": 4}):
        assert await page.error("discharges", **{"string": string} | wrong) == "invalid_format"
    assert await page.error("texts", language="../../x") == "invalid_format"
    assert await page.error("texts") == "invalid_format"


async def test_resistances_week_by_week(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    answer = await page.result("resistance_weeks", string=next(iter(entry.subentries)))
    weeks, rows = answer["weeks"], answer["rows"]
    begins = [datetime.fromtimestamp(at, ZoneInfo("Europe/Madrid")) for at in weeks]
    assert {(at.isoweekday(), at.hour, at.minute) for at in begins} == {(1, 0, 0)}
    assert weeks[0] <= NOW - 335 * DAY < weeks[1]  # the first tests
    assert NOW - 7 * DAY < weeks[-1] <= NOW
    assert len(rows) == COUNT
    assert rows[WEAK - 1][0] == 1
    assert rows[WEAK - 1][-1] == 1.352  # 1 + 11 × 0.032, 5 days ago or more
    month = rows[WEAK - 1].index(1.032)
    assert weeks[month] <= NOW - 305 * DAY < weeks[month + 1]  # the second test …
    assert rows[WEAK - 1][month - 1] == 1  # … and until then the first


async def test_pages_of_what_was(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    string = next(iter(entry.subentries))
    first = await page.result("discharges", string=string, limit=1)
    second = await page.result("discharges", string=string, limit=1, offset=1)
    assert first["more"]
    assert not second["more"]
    assert [one["has_curve"] for one in (*first["discharges"], *second["discharges"])] == [True, False]
    assert second["discharges"][0]["interrupted"]
    (over,) = (await page.result("alarms", string=string, limit=1, offset=2))["alarms"]
    assert (over["kind"], over["worst"], over["acknowledged_by"]) == ("voltage_low", "alarm", "Operator")
    assert over["note"] == "Battery ordered"
    assert over["raised"] < over["acknowledged"] < over["cleared"]


async def test_the_entities_of_a_string_and_its_batteries_are_those_that_have_a_history(
    hass: HomeAssistant, entry: MockConfigEntry, page: Page
) -> None:
    found = await page.result("entities", string=next(iter(entry.subentries)))
    assert found["string"]["voltage"] == "sensor.a_voltage"
    assert found["string"]["condition"] == "sensor.a_state"
    assert list(found["batteries"]) == [f"A{number}" for number in range(1, COUNT + 1)]
    for entities in found["batteries"].values():
        assert {"voltage", "deviation", "temperature"} <= set(entities)
        assert all(hass.states.get(entity) for entity in entities.values())


async def test_the_discharge_under_way_grows_in_the_feed_the_list_and_the_curve(
    bank: Bank, entry: MockConfigEntry, page: Page
) -> None:
    """144 A take 0.04 Ah in each second."""
    string, load = next(iter(entry.subentries)), bank.strings["A"]
    await page.result("subscribe")
    known = Known(await page.next("snapshot"))

    def value(key: str) -> Any:
        return known.string("A")["values"][key]  # other limits apply to a discharge, so that a snapshot comes

    assert (value("discharge_start"), value("discharge_drawn")) == (None, None)
    assert (value("first_below"), value("first_below_at")) == (None, None)
    load.load, load.mains = 144.0, False
    await known.until(page, lambda: (value("discharge_drawn") or 0.0) >= 0.05)
    lengths = []
    for _ in range(2):
        listed = (await page.result("discharges", string=string))["discharges"]
        assert [one["end"] is None for one in listed] == [True, False, False]
        now = listed[0]
        assert now["start"] == value("discharge_start")
        assert now["has_curve"]
        assert now["drawn"] == pytest.approx(value("discharge_drawn"), abs=0.2)
        assert now["lowest_voltage"] < 13.0
        curve = await page.result("curve", string=string, start=now["start"])
        assert [one["battery"] for one in curve["curves"]][:2] == [None, "A1"]
        assert curve["expected"] is None  # no discharge down to the end voltage was seen
        lengths.append(sum(len(one["points"]) for one in curve["curves"]))
        drawn = value("discharge_drawn")
        await known.until(page, lambda drawn=drawn: value("discharge_drawn") >= drawn + 4.0)  # type: ignore[misc]
    assert lengths[1] > lengths[0]
    load.mains = True
    await known.until(page, lambda: value("discharge_start") is None)
    listed = (await page.result("discharges", string=string))["discharges"]
    assert listed[0]["end"] is not None
    assert len(listed) == 3
    curve = await page.result("curve", string=string, start=listed[0]["start"])
    assert sum(len(one["points"]) for one in curve["curves"]) >= lengths[1]


async def test_a_journal_that_cannot_be_read_is_said_and_read_again(
    hass: HomeAssistant, entry: MockConfigEntry, page: Page
) -> None:
    string = next(iter(entry.subentries))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("battery", {"battery": "A1"}),
        ("discharges", {}),
        ("curve", {"start": NOW - 40 * DAY}),
        ("alarms", {}),
    ]
    await entry.runtime_data.journal_writer.async_hold()  # as for a backup
    for kind, fields in asked:
        answer = await page.ask(f"{DOMAIN}/{kind}", string=string, **fields)
        assert answer["error"]["translation_key"] == "journal_unreadable", kind
        assert answer["error"]["translation_placeholders"] == {"error": "a backup is running"}
    await entry.runtime_data.journal_writer.async_release()
    for kind, fields in asked:
        await page.result(kind, string=string, **fields)
    with closing(sqlite3.connect(journal_path(hass, entry.entry_id))) as other:
        for table in ("tests", "discharges", "curves", "alarms"):
            other.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        for kind, fields in asked:
            answer = await page.ask(f"{DOMAIN}/{kind}", string=string, **fields)
            assert answer["error"]["translation_key"] == "journal_unreadable", kind
        for table in ("tests", "discharges", "curves", "alarms"):
            other.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
    for kind, fields in asked:
        await page.result(kind, string=string, **fields)


async def test_texts_in_the_language_of_the_user(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    english = await page.result("texts", language="en")
    assert english["language"] == "en"
    texts = english["texts"]
    assert texts["overview"] == "Overview"
    assert texts["alarm.module_silent"] == "Module offline"
    assert texts["what_to_do.thermal_runaway"].startswith("Danger")
    assert texts["condition.float"] == "Float"
    assert {"risk.weak", "baseline_kind.final"} <= texts.keys()
    assert texts["name.risk"] == "Risk"
    spanish = await page.result("texts", language="es")
    assert spanish["language"] == "es"
    assert spanish["texts"].keys() == texts.keys()
    assert spanish["texts"]["alarm.module_silent"] != texts["alarm.module_silent"]
    # Without a translation of its own, a language is shown its nearest; the cards write numbers and dates accordingly.
    assert await page.result("texts", language="es-419") == spanish
    chinese = await page.result("texts", language="zh-Hant")
    assert chinese == await page.result("texts", language="zh-Hans")
    assert chinese["language"] == "zh-Hans"
    for other in ("pt-BR", "xx-YY"):
        assert await page.result("texts", language=other) == english
