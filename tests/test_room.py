"""The other sensors of the room: states of other integrations become alarms, and what has no value is not measured."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conftest import FAST, eventually, refused_at, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from test_report import Document, get
from test_string_flow import StringFlow
from virtual_time import WallClock, hurried

from custom_components.battery_bank.coordinator import async_find_string
from custom_components.battery_bank.figures.by_key import OF_STRING, figure
from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmCleared, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.room import Room
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from custom_components.battery_bank.strings.room_sensors import NotMeasured, read_room, room_of
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.wire import Terminal

SETTINGS = Settings(
    batteries=("a", "b", "c", "d"),
    chemistry=Chemistry.VRLA_AGM,
    nominal_voltage=12.0,
    capacity=100.0,
    room=frozenset(AlarmKind),
)


class Played:
    """A string on float beside whose room other sensors measure, step by step."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.state = StringState()
        self.at = 1_000_000.0
        self.raised: list[Alarm] = []
        self.cleared: list[Alarm] = []

    def passes(self, seconds: float, room: Room, **values: Any) -> None:
        """Let a time pass in steps of 5 s."""
        ends = self.at + seconds
        while self.at < ends:
            self.at += 5
            sample = Sample(
                at=self.at,
                voltages=dict.fromkeys(self.settings.batteries, 13.6),
                temperatures=dict.fromkeys(self.settings.batteries, 22.0),
                room=room,
                **{"current": 0.05, "ambient": 21.0} | values,
            )
            self.state, events = watch.step(self.settings, self.state, sample)
            self.raised += [one.alarm for one in events if isinstance(one, AlarmRaised)]
            self.cleared += [one.alarm for one in events if isinstance(one, AlarmCleared)]

    def level(self, kind: AlarmKind) -> Level:
        watched = self.state.running.watch.get(str(kind))
        return watched.level if watched else Level.OK


def fault(kind: AlarmKind, *, on: bool) -> Room:
    return Room(faults={kind: on})


@pytest.mark.parametrize(
    ("kind", "warning", "alarm"),
    [  # minutes, as docs/analytics.md has them
        (AlarmKind.LEAK, 0.25, 1),
        (AlarmKind.MAINS_LOST, 0.25, 15),
        (AlarmKind.CHARGER_FAULT, 1, 15),
        (AlarmKind.GROUND_FAULT, 1, 60),
        (AlarmKind.FAN_OFF, 5, 60),
        (AlarmKind.DOOR_OPEN, 15, 480),
        (AlarmKind.ELECTROLYTE_LOW, 60, 10080),
    ],
)
def test_a_fault_is_a_warning_and_later_an_alarm(kind: AlarmKind, warning: float, alarm: float) -> None:
    played = Played()
    played.passes(60, fault(kind, on=False))
    played.passes(60 * warning - 10, fault(kind, on=True))
    assert played.level(kind) is Level.OK
    played.passes(20, fault(kind, on=True))
    assert played.level(kind) is Level.WARNING
    if alarm <= 60:
        played.passes(60 * (alarm - warning) - 20, fault(kind, on=True))
        assert played.level(kind) is Level.WARNING
        played.passes(20, fault(kind, on=True))
        assert played.level(kind) is Level.ALARM
    played.passes(300, fault(kind, on=False))
    assert played.level(kind) is Level.OK
    assert {one.kind for one in played.raised} == {one.kind for one in played.cleared} == {kind}


def test_what_is_not_measured_is_neither_raised_nor_cleared() -> None:
    played = Played()
    played.passes(50, fault(AlarmKind.CHARGER_FAULT, on=True))
    played.passes(50, Room())  # pending: its delay starts again
    played.passes(50, fault(AlarmKind.CHARGER_FAULT, on=True))
    assert played.raised == []
    played.passes(20, fault(AlarmKind.CHARGER_FAULT, on=True))
    assert played.level(AlarmKind.CHARGER_FAULT) is Level.WARNING
    played.passes(3600, Room())  # raised: it stays, and says that its value is unknown
    watched = played.state.running.watch[str(AlarmKind.CHARGER_FAULT)]
    assert watched.alarm is not None
    assert (watched.alarm.level, watched.alarm.value_now) == (Level.WARNING, None)
    played.passes(120, fault(AlarmKind.CHARGER_FAULT, on=False))
    assert [one.kind for one in played.cleared] == [AlarmKind.CHARGER_FAULT]


@pytest.mark.parametrize(
    ("share", "level"), [(0.9, Level.OK), (1.0, Level.WARNING), (1.9, Level.WARNING), (2.0, Level.ALARM)]
)
def test_hydrogen_of_the_room(share: float, level: Level) -> None:
    played = Played()
    played.passes(55, Room(hydrogen=share))
    assert played.level(AlarmKind.ROOM_HYDROGEN) is Level.OK
    played.passes(15, Room(hydrogen=share))
    assert played.level(AlarmKind.ROOM_HYDROGEN) is level
    assert {one.kind for one in played.raised} <= {AlarmKind.ROOM_HYDROGEN}


def test_a_room_with_its_own_sensor_needs_no_string_module() -> None:
    alone = replace(SETTINGS, measures_current=False, room=frozenset({"room_temperature"}))
    played = Played(alone)
    played.passes(3600, Room(has_temperature=True, temperature=41.0), ambient=41.0, current=None)
    assert played.level(AlarmKind.AMBIENT_HIGH) is Level.ALARM
    state, events = watch.begin(alone, played.state.running, played.state.learned, {}, (), (), played.at + 5)
    assert not [one for one in events if isinstance(one, AlarmCleared)]
    gone = replace(alone, room=frozenset())
    _, events = watch.begin(gone, state.running, state.learned, {}, (), (), played.at + 5)
    assert [one.alarm.kind for one in events if isinstance(one, AlarmCleared)] == [AlarmKind.AMBIENT_HIGH]


def test_a_sensor_that_is_chosen_no_more_ends_its_alarm() -> None:
    played = Played()
    played.passes(120, fault(AlarmKind.LEAK, on=True))
    gone = replace(SETTINGS, room=frozenset())
    _, events = watch.begin(gone, played.state.running, played.state.learned, {}, (), (), played.at + 5)
    assert [one.alarm.kind for one in events if isinstance(one, AlarmCleared)] == [AlarmKind.LEAK]


def test_the_temperature_of_the_room_does_not_make_the_string_module_online() -> None:
    played = Played(replace(SETTINGS, room=frozenset({"room_temperature"})))
    room = Room(has_temperature=True, temperature=21.0)
    played.passes(60, room)
    played.passes(720, room, current=None, string_offline=True)
    assert played.level(AlarmKind.MODULE_SILENT) is Level.WARNING


@pytest.mark.parametrize(
    ("field", "state", "attributes", "value"),
    [
        ("room_temperature", "21.5", {"unit_of_measurement": "°C", "device_class": "temperature"}, 21.5),
        ("room_temperature", "95", {"unit_of_measurement": "°F"}, 35.0),
        ("room_temperature", "293.15", {"unit_of_measurement": "K"}, 20.0),
        ("room_temperature", "21", {"unit_of_measurement": "%"}, NotMeasured.UNIT_OF_TEMPERATURE),
        ("room_temperature", "21", {}, NotMeasured.UNIT_OF_TEMPERATURE),
        ("room_temperature", "-127", {"unit_of_measurement": "°C"}, NotMeasured.IMPLAUSIBLE),  # a DS18B20 that is off
        ("room_temperature", "nan", {"unit_of_measurement": "°C"}, NotMeasured.IMPLAUSIBLE),
        ("room_temperature", "warm", {"unit_of_measurement": "°C"}, NotMeasured.IMPLAUSIBLE),
        ("room_temperature", "unavailable", {"unit_of_measurement": "°C"}, NotMeasured.NO_VALUE),
        ("room_hydrogen", "1.5", {"unit_of_measurement": "%"}, 1.5),
        ("room_hydrogen", "12000", {"unit_of_measurement": "ppm"}, 1.2),
        ("room_hydrogen", "25", {"unit_of_measurement": "% LEL"}, 1.0),  # 4 % of the air is 100 % LEL
        ("room_hydrogen", "50", {"unit_of_measurement": "%LEL"}, 2.0),
        ("room_hydrogen", "-0.05", {"unit_of_measurement": "%"}, 0.0),
        ("room_hydrogen", "-5", {"unit_of_measurement": "%"}, NotMeasured.IMPLAUSIBLE),
        ("room_hydrogen", "101", {"unit_of_measurement": "%"}, NotMeasured.IMPLAUSIBLE),
        ("room_hydrogen", "3", {"unit_of_measurement": "mg/m³"}, NotMeasured.UNIT_OF_HYDROGEN),
        ("room_hydrogen", "40", {"unit_of_measurement": "%", "device_class": "humidity"}, NotMeasured.UNIT_OF_HYDROGEN),
        ("leak", "on", {"device_class": "moisture"}, True),
        ("leak", "off", {"device_class": "moisture"}, False),
        ("leak", "on", {}, True),
        ("leak", "unknown", {"device_class": "moisture"}, NotMeasured.NO_VALUE),
        ("leak", "wet", {"device_class": "moisture"}, NotMeasured.IMPLAUSIBLE),
        ("leak", "on", {"device_class": "power"}, NotMeasured.UNCLEAR),
        ("electrolyte_low", "on", {"device_class": "moisture"}, NotMeasured.UNCLEAR),
        ("electrolyte_low", "on", {"device_class": "problem"}, True),
        ("door_open", "on", {"device_class": "door"}, True),
        ("ground_fault", "on", {"device_class": "safety"}, True),
        ("mains_lost", "off", {"device_class": "power"}, True),
        ("mains_lost", "on", {"device_class": "power"}, False),
        ("mains_lost", "on", {"device_class": "plug"}, False),
        ("mains_lost", "on", {"device_class": "problem"}, True),
        ("mains_lost", "off", {}, NotMeasured.UNCLEAR),
        ("charger_fault", "off", {"device_class": "running"}, True),
        ("charger_fault", "off", {"device_class": "battery_charging"}, NotMeasured.UNCLEAR),
        ("fan_off", "off", {"device_class": "running"}, True),
        ("fan_off", "on", {"device_class": "running"}, False),
    ],
)
async def test_what_a_state_of_another_integration_means(
    hass: HomeAssistant, field: str, state: str, attributes: dict[str, str], value: float | bool | NotMeasured
) -> None:
    domain = "sensor" if field in ("room_temperature", "room_hydrogen") else "binary_sensor"
    hass.states.async_set(f"{domain}.other", state, attributes)
    (reading,) = read_room(hass, {"room": {field: f"{domain}.other"}})
    assert reading.value == (pytest.approx(value) if isinstance(value, float) else value)
    assert isinstance(reading.value, NotMeasured) is isinstance(value, NotMeasured)
    room = room_of([reading])
    if isinstance(value, NotMeasured):
        assert (room.temperature, room.hydrogen, dict(room.faults)) == (None, None, {})
    assert room.has_temperature is (field == "room_temperature")


async def test_a_fan_that_stands_is_the_fault(hass: HomeAssistant) -> None:
    for state, off in (("on", False), ("off", True)):
        hass.states.async_set("fan.room", state)
        (reading,) = read_room(hass, {"room": {"fan_off": "fan.room"}})
        assert reading.value is off


async def test_an_unknown_field_of_a_later_release_is_left_out(hass: HomeAssistant) -> None:
    assert read_room(hass, {"room": {"later": "sensor.x"}}) == []
    assert read_room(hass, {}) == read_room(hass, {"room": None}) == []


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with one string, and entities of other integrations beside it."""
    hass.states.async_set("binary_sensor.floor", "off", {"device_class": "moisture", "friendly_name": "Floor"})
    hass.states.async_set("sensor.room", "68", {"unit_of_measurement": "°F", "friendly_name": "Room"})
    hass.states.async_set("sensor.humidity", "40", {"unit_of_measurement": "%", "device_class": "humidity"})
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(name="A"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def test_a_leak_becomes_an_alarm_and_stands_in_the_report(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    flow = StringFlow(hass, entry)
    form = await flow.change("A", "room")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "room")
    wrong = await flow.answer(room_hydrogen="sensor.humidity")
    assert wrong["errors"] == refused_at("room_hydrogen", "unit_of_hydrogen")
    wrong = await flow.answer(leak="binary_sensor.gone")
    assert wrong["errors"] == refused_at("leak", "no_entity")
    wrong = await flow.answer(mains_lost="binary_sensor.floor")
    assert wrong["errors"] == refused_at("mains_lost", "unclear")
    wrong = await flow.answer(room_temperature="sensor.humidity")
    assert wrong["errors"] == refused_at("room_temperature", "unit_of_temperature")
    done = await flow.answer(room_temperature="sensor.room", leak="binary_sensor.floor")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    await until(hass, "sensor.a_alarm_level", lambda level: level == "ok")
    (string,) = entry.subentries
    found = async_find_string(hass, string)
    assert found is not None
    assert found[1].ambient == pytest.approx(20.0)

    hass.states.async_set("binary_sensor.floor", "on", {"device_class": "moisture", "friendly_name": "Floor"})
    await until(hass, "sensor.a_alarm_level", lambda level: level == "warning", seconds=40)
    assert state_of(hass, "sensor.a_most_urgent_alarm").startswith("Leak ")
    await until(hass, "sensor.a_alarm_level", lambda level: level == "alarm", seconds=90)
    text = await get(await hass_client(), f"/api/battery_bank/report/{string}.html")
    sensors = {row["Quantity"]: row for row in Document(text).table("Source")}
    assert sensors["Leak"] == {"Quantity": "Leak", "Source": "Floor (binary_sensor.floor)", "Value now": "fault"}
    assert sensors["Room temperature"]["Value now"] == "20.0 °C"
    measured = {row["Parameter"]: row["By this installation"] for row in Document(text).table("Parameter")}
    assert measured["Room temperature"] == "continuously, with alarms, by sensor.room"
    assert measured["Unintentional grounds"] == "NOT measured by this installation"

    hass.states.async_set("binary_sensor.floor", "off", {"device_class": "moisture", "friendly_name": "Floor"})
    await until(hass, "sensor.a_alarm_level", lambda level: level == "ok", seconds=200)


async def test_a_string_without_a_string_module_shows_the_temperature_of_the_chosen_sensor(
    hass: HomeAssistant, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    hass.states.async_set("sensor.room", "68", {"unit_of_measurement": "°F", "friendly_name": "Room"})
    strings = [
        {"name": "A", "batteries": 4, "first_address": 1},
        {"name": "B", "batteries": 4, "first_address": 11, "string_module": 15},
    ]
    plug(build({"line": {"baud": FAST}, "string": strings}))
    entry = line_entry(string_data(1, 4, None, "A"), string_data(11, 4, 15, "B"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.b_ambient_temperature", lambda state: 15 < float(state) < 30)
    of_module = state_of(hass, "sensor.b_ambient_temperature")
    assert hass.states.get("sensor.a_ambient_temperature") is None

    for name in ("A", "B"):
        flow = StringFlow(hass, entry)
        await flow.change(name, "room")
        await flow.answer(room_temperature="sensor.room")
        await hass.async_block_till_done()
    await until(hass, "sensor.a_ambient_temperature", lambda state: float(state) == 20.0)
    await until(hass, "sensor.b_ambient_temperature", lambda state: state == of_module)
    coordinator = entry.runtime_data
    by_name = {string.name: string for string in coordinator.strings}
    assert figure(OF_STRING, "ambient_temperature", by_name["A"]) == 20.0
    assert figure(OF_STRING, "ambient_temperature", by_name["B"]) is None
    hass.states.async_set("sensor.room", "77", {"unit_of_measurement": "°F", "friendly_name": "Room"})
    await until(hass, "sensor.a_ambient_temperature", lambda state: float(state) == 25.0)
    hass.states.async_set("sensor.room", "unavailable", {"unit_of_measurement": "°F", "friendly_name": "Room"})
    await eventually(lambda: state_of(hass, "sensor.a_ambient_temperature") == "unavailable")

    # Chosen no more, the sensor goes.
    flow = StringFlow(hass, entry)
    await flow.change("A", "room")
    await flow.answer()
    await hass.async_block_till_done()
    await eventually(lambda: hass.states.get("sensor.a_ambient_temperature") is None)


async def test_a_sensor_without_a_value_is_named_and_never_ok(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator, clock: WallClock
) -> None:
    flow = StringFlow(hass, entry)
    await flow.change("A", "room")
    await flow.answer(leak="binary_sensor.floor")
    await hass.async_block_till_done()
    (string,) = entry.subentries
    issue = f"room_sensor_{string}_leak"
    registry = ir.async_get(hass)
    hass.states.async_set("binary_sensor.floor", "unavailable", {"device_class": "moisture"})
    await asyncio.sleep(600)
    assert registry.async_get_issue("battery_bank", issue) is None
    text = await get(await hass_client(), f"/api/battery_bank/report/{string}.html")
    (row,) = Document(text).table("Source")
    assert row["Value now"] == "NOT measured: unavailable or unknown"
    with hurried():
        await asyncio.sleep(3600)
    await eventually(lambda: registry.async_get_issue("battery_bank", issue), seconds=120)
    found = registry.async_get_issue("battery_bank", issue)
    assert found is not None
    assert found.translation_placeholders == {
        "string": "A",
        "sensor": "Leak",
        "entity": "binary_sensor.floor",
        "reason": "unavailable or unknown",
    }
    hass.states.async_set("binary_sensor.floor", "off", {"device_class": "moisture"})
    await eventually(lambda: registry.async_get_issue("battery_bank", issue) is None)
