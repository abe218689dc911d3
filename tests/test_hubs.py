"""Hubs: one Modbus unit with the values of many batteries, from the wire to the sensors."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import eventually, loop_clock, refused_at, string_data, until, until_gone
from foreign_hub import ForeignHub, Registers, foreign_hub
from modbus_connection import IllegalDataAddressError, ModbusExceptionError, ModbusTimeoutError, ServerDeviceBusyError
from modbus_connection.mock import MockModbusConnection
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_config_flow import Flow, suggestions
from test_string_flow import StringFlow
from virtual_time import hurried

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.errors import NoAnswerError
from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_survey import survey
from custom_components.battery_bank.monitor.line.hub_table import Place, reference
from custom_components.battery_bank.monitor.line.line_events import RoundEnded
from custom_components.battery_bank.monitor.line.link import Answer, Link, ReadFunction
from custom_components.battery_bank.monitor.line.module import Contact, Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from custom_components.battery_bank.monitor.model import BatteryReading, StringReading
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

HOLDING = ReadFunction.HOLDING_REGISTERS
# From the source's table: 410004 is register 10003.
VOLTAGE, RESISTANCE, TEMPERATURE, CURRENT, AMBIENT = 10003, 10251, 10499, 11729, 11731


def sh980(batteries: int, **values: Mapping[int, int]) -> dict[int, int]:
    """Return the registers of an SH 980 with so many batteries; the places of the others read 0."""
    registers = {VOLTAGE + place: 2250 + place % 7 if place < batteries else 0 for place in range(245)}
    registers |= {RESISTANCE + place: 480 + place % 5 if place < batteries else 0 for place in range(245)}
    registers |= {TEMPERATURE + place: 750 + place % 3 if place < batteries else 0 for place in range(245)}
    registers |= dict.fromkeys(range(11728, 11751), 0) | {CURRENT: 29752, AMBIENT: 721}
    for changed in values.values():
        registers |= changed
    return registers


def units(*batteries: int) -> dict[int, Registers]:
    return {unit_id: {HOLDING: sh980(count)} for unit_id, count in enumerate(batteries, 1)}


@pytest.mark.usefixtures("socket_enabled")
async def test_a_hub_from_the_first_page_to_its_sensors(hass: HomeAssistant) -> None:
    async with foreign_hub(units(24) | {2: {HOLDING: {0: 0x0A03, 1: 13600}}}) as hub:
        flow = Flow(hass)
        await flow.begin("gateway")
        step = await flow.answer(
            host="127.0.0.1", port=hub.port, connection="modbus_tcp", scan={"first_address": 1, "last_address": 1}
        )
        assert step["step_id"] == "nothing_found"
        assert "hub" in step["menu_options"]
        form = await flow.choose("hub")
        assert form["step_id"] == "hub"
        other = await flow.answer(family="sh980", unit_id=2, string_number=1)
        assert other["errors"] == refused_at("family", "hub_refuses")
        step = await flow.answer(family="sh980", unit_id=1, string_number=1)
        shown = suggestions(step)
        assert shown | {"addresses": "100001-100024", "battery_module": "sh980", "nominal_voltage": "2"} == shown
        assert (shown["string_module_address"], shown["string_module"]) == (100000, "sh980_string")
        done = await flow.proposals(step)
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await until(hass, "sensor.string_1_battery_24_voltage", lambda state: float(state) == 2.252)
        await until(hass, "sensor.string_1_battery_3_temperature", lambda state: float(state) == 25.2)
        await until(hass, "sensor.string_1_battery_5_internal_resistance", lambda state: float(state) == 0.484)
        await until(hass, "sensor.string_1_current", lambda state: float(state) == -24.8)
        await until(hass, "sensor.string_1_ambient_temperature", lambda state: float(state) == 22.1)
        # Three places each of 2250 to 2256 mV, and of the first three once more.
        await until(hass, "sensor.string_1_voltage", lambda state: float(state) == 54.066)
        assert hass.states.get("button.string_1_battery_1_start_resistance_test") is None
        assert hub.written == []
        assert await hass.config_entries.async_unload(done["result"].entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_line_with_a_hub_only_is_not_scanned(hass: HomeAssistant) -> None:
    """Also with the protocol that the form suggests first, which is that of a transparent gateway."""
    async with foreign_hub(units(24)) as hub:
        flow = Flow(hass)
        await flow.begin("gateway")
        line = {
            "host": "127.0.0.1",
            "port": hub.port,
            "only_hub": True,
            "scan": {"first_address": 1, "last_address": 247},
        }
        step = await flow.answer(**line, connection="rtu_over_tcp")
        if step["step_id"] == "hub":  # the server may keep the connection open, or close it at once
            step = await flow.answer(family="sh980", unit_id=1, string_number=1)
        assert (step["step_id"], step["errors"]) == (
            "gateway",
            {"base": "other_protocol", "connection": "other_protocol"},
        )
        assert suggestions(step)["only_hub"] is True
        form = await flow.answer(**line, connection="modbus_tcp")
        assert form["step_id"] == "hub"
        step = await flow.answer(family="sh980", unit_id=1, string_number=1)
        assert suggestions(step)["addresses"] == "100001-100024"
        done = await flow.proposals(step)
        assert done["type"] is FlowResultType.CREATE_ENTRY
        assert "only_hub" not in done["result"].data
        await until(hass, "sensor.string_1_battery_24_voltage", lambda state: float(state) == 2.252)
        assert {unit_id for unit_id, *_ in hub.reads} <= {1, 2}  # the check of the protocol, and the hub
        assert await hass.config_entries.async_unload(done["result"].entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_string_has_its_batteries_on_several_hubs(hass: HomeAssistant) -> None:
    async with foreign_hub(units(8, 8)) as hub:
        entry = entry_of(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        flow = StringFlow(hass, entry)
        await flow.add("hub")
        form = await flow.answer(family="sh980", unit_id=1, string_number=1)
        shown = suggestions(form)  # type: ignore[arg-type]
        both = {"addresses": "100001-100008, 200001-200008", "capacity": 500, "name": "A"}
        done = await flow.answer(**shown | both)
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        await until(hass, "sensor.a_battery_16_voltage", lambda state: float(state) == 2.25)
        await until(hass, "sensor.a_current", lambda state: float(state) == -24.8)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_two_strings_of_one_hub_are_added_to_a_line(hass: HomeAssistant) -> None:
    async with foreign_hub(units(48)) as hub:
        entry = entry_of(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        flow = StringFlow(hass, entry)
        await flow.add("hub")
        too_far = await flow.answer(family="sh980", unit_id=1, string_number=1, last_battery=246)
        assert too_far["errors"] == refused_at("last_battery", "whole_number_out_of_range")
        backwards = await flow.answer(family="sh980", unit_id=1, string_number=1, first_battery=5, last_battery=4)
        assert backwards["errors"] == refused_at("last_battery", "bad_batteries")
        form = await flow.answer(family="sh980", unit_id=1, string_number=1, last_battery=24)
        shown = suggestions(form)  # type: ignore[arg-type]
        assert (shown["addresses"], shown["string_module_address"]) == ("100001-100024", 100000)
        wrong = await flow.answer(**shown | {"capacity": 500, "battery_module": "ta"})
        assert wrong["errors"] == refused_at("battery_module", "address_of_other_kind")
        done = await flow.answer(**shown | {"capacity": 500, "name": "A"})
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        await until(hass, "sensor.a_battery_24_voltage", lambda state: float(state) == 2.252)
        await flow.add("hub")
        form = await flow.answer(family="sh980", unit_id=1, string_number=1)
        shown = suggestions(form)  # type: ignore[arg-type]
        assert shown["addresses"] == "100025-100048"  # those that no string has yet
        taken = await flow.answer(**shown | {"name": "B"})
        assert taken["errors"] == refused_at("string_module_address", "address_taken")
        del shown["string_module_address"]
        done = await flow.answer(**shown | {"name": "B"})
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        await until(hass, "sensor.b_battery_1_voltage", lambda state: float(state) == 2.253)
        await until(hass, "sensor.a_current", lambda state: float(state) == -24.8)
        form = await flow.change("B")
        assert suggestions(form)["addresses"] == "100025-100048"  # type: ignore[arg-type]
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_alarms_that_the_other_monitor_raises(hass: HomeAssistant) -> None:
    """Bits of the maker's table: 3 is voltage low, 6 that the current sensor is disconnected."""
    registers = dict.fromkeys(range(14), 0) | {13: 0x0048} | dict.fromkeys(range(1600, 1612), 2250)
    async with foreign_hub({1: {HOLDING: registers}}) as hub:
        string = hub_string("A", 1, 12)
        string["data"] |= {"battery_module": "pbat600", "string_module": "pbat600_string"}
        entry = entry_of(hass, hub, string)
        assert await hass.config_entries.async_setup(entry.entry_id)
        stem = "binary_sensor.a_monitor_alarm_"
        await until(hass, f"{stem}voltage_low", lambda state: state == "on")
        assert hass.states.is_state(f"{stem}current_sensor_disconnected", "on")
        assert hass.states.is_state(f"{stem}charge_current_high", "off")
        hub.put(1, {13: 0x0001})
        await until(hass, f"{stem}voltage_low", lambda state: state == "off")
        assert hass.states.is_state(f"{stem}charge_current_high", "on")
        assert hass.states.get("sensor.a_battery_1_temperature") is None  # its register is not published
        assert hass.states.get("sensor.a_highest_battery_temperature") is None
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.slow
@pytest.mark.usefixtures("socket_enabled")
async def test_resistances_of_a_hub_are_results_of_tests(hass: HomeAssistant) -> None:
    """A changed value is a test, at most once in 20 h; noise is none."""
    registers = sh980(3, at_rest={CURRENT: 30000})
    async with foreign_hub({1: {HOLDING: registers}}) as hub:
        entry = entry_of(hass, hub, hub_string("A", 1, 3))
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_1_internal_resistance", lambda state: float(state) == 0.48)
        (string,) = entry.runtime_data.strings

        def results() -> list[list[float]]:
            of = string.state.resistances
            return [[test.ohmic_value for test in of[battery.id].tests] for battery in string.batteries]

        # The counters are shown from the first time on that they are saved.
        await eventually(lambda: results() == [[0.00048], [0.000481], [0.000482]], seconds=600)
        hub.put(1, {RESISTANCE: 600})
        await until(hass, "sensor.a_battery_1_internal_resistance", lambda state: float(state) == 0.6)
        assert results() == [[0.00048], [0.000481], [0.000482]]
        with hurried(600):
            await asyncio.sleep(21 * 3600)
        assert results() == [[0.00048, 0.0006], [0.000481], [0.000482]]
        assert hass.states.get("sensor.a_battery_1_health_by_resistance") is not None
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_hub_that_goes_away_and_comes_back(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    strings = [hub_string("A", 1, 24)]
    async with foreign_hub(units(24)) as hub:
        entry = entry_of(hass, hub, *strings)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_24_voltage", lambda state: float(state) == 2.252)
        port = hub.port
    await until_gone(hass, "sensor.a_battery_24_voltage")
    await until_gone(hass, "sensor.a_current")
    async with foreign_hub({1: {HOLDING: sh980(24, colder={TEMPERATURE + 23: 700})}}, port=port):
        await until(hass, "sensor.a_battery_24_temperature", lambda state: float(state) == 20.0)
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert caplog.text.count("can't be used") == 1
    assert "battery 1 of A" not in caplog.text


def hub_string(name: str, unit_id: int, batteries: int) -> Any:
    addresses = [Place(unit_id, 0, number).address for number in range(1, batteries + 1)]
    data = string_data(name=name, string_module=Place(unit_id, 0, 0).address)
    data["data"] = {
        **data["data"],
        "batteries": [{"id": f"{name}{address}", "address": address} for address in addresses],
        "battery_module": "sh980",
        "string_module": "sh980_string",
        "nominal_voltage": 2.0,
    }
    return data


def entry_of(hass: HomeAssistant, hub: ForeignHub, *strings: Any) -> MockConfigEntry:
    """Configure the line of a hub."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Hub",
        unique_id=f"127.0.0.1:{hub.port}",
        data={"connection": "modbus_tcp", "host": "127.0.0.1", "port": hub.port},
        subentries_data=list(strings),
    )
    entry.add_to_hass(hass)
    return entry


class PolledHub:
    """An SH 980 in memory, polled without Home Assistant."""

    def __init__(self, connection: MockModbusConnection, batteries: int = 240) -> None:
        self.unit = connection.for_unit(1)
        self.unit.holding.update(sh980(batteries))
        self.reads: Counter[tuple[int, int]] = Counter()  # by first register and number of registers
        profiles = PROFILES["sh980"], PROFILES["sh980_string"]
        self.modules = [
            Module(Place(1, 0, number).address, profiles[number == 0], pace=MODBUS_TCP, nominal_voltage=2.0)
            for number in range(batteries + 1)
        ]
        read = self.unit.read_holding_registers

        async def counted(address: int, count: int) -> list[int]:
            self.reads[address, count] += 1
            await asyncio.sleep(0.02)
            return await read(address, count)

        self.unit.read_holding_registers = counted  # type: ignore[method-assign]
        self.line = Line(HubLink(connection.for_unit, self.modules), self.modules, clock=loop_clock())

    def voltage(self, number: int) -> float | None:
        reading = self.modules[number].reading
        assert reading is None or isinstance(reading, BatteryReading)
        return reading.voltage if reading else None

    def online(self) -> list[int]:
        return [number for number, one in enumerate(self.modules) if number and one.contact is Contact.ONLINE]


async def test_each_block_is_read_once_in_a_round(mock_modbus_connection: MockModbusConnection) -> None:
    hub = PolledHub(mock_modbus_connection)
    polling = hub.line.poll()
    rounds = 0
    async for event in polling:
        rounds += isinstance(event, RoundEnded)
        if rounds == 5:
            break
    of_batteries = {block: count for block, count in hub.reads.items() if block[0] < CURRENT}
    # 240 of each quantity follow each other, with 8 unused places between: 736 registers, in six reads.
    assert sorted(of_batteries.values()) == [5] * 6
    assert sum(count for _, count in of_batteries) == 736
    assert 5 <= hub.reads[CURRENT, 3] <= 7  # each second
    assert hub.voltage(240) == pytest.approx(2.251)
    reading = hub.modules[0].reading
    assert isinstance(reading, StringReading)
    assert (reading.current, reading.ambient_temperature) == (-24.8, 22.1)
    await polling.aclose()


async def test_values_are_those_of_their_round(mock_modbus_connection: MockModbusConnection) -> None:
    hub = PolledHub(mock_modbus_connection, 24)
    polling = hub.line.poll()
    clock = loop_clock()
    seen: list[float] = []
    async for event in polling:
        if isinstance(event, RoundEnded):
            assert all(one.reading and clock.now() - one.reading.at < 1.2 for one in hub.modules)
            seen.append(hub.voltage(24) or 0.0)
            hub.unit.holding[VOLTAGE + 23] = 2300 + len(seen)
            if len(seen) == 4:
                break
    assert seen == [2.252, 2.301, 2.302, 2.303]
    await polling.aclose()


@pytest.mark.parametrize("most", [100, 64, 7])
async def test_a_hub_that_refuses_long_reads(mock_modbus_connection: MockModbusConnection, most: int) -> None:
    hub = PolledHub(mock_modbus_connection)
    limited(hub, most)
    async for event in (polling := hub.line.poll()):
        if isinstance(event, RoundEnded) and len(hub.online()) == 240:
            break
    hub.reads.clear()
    async for event in polling:
        if isinstance(event, RoundEnded):
            break
    assert all(count <= most for _, count in hub.reads)  # it has learned
    assert all(times == 1 for (register, _), times in hub.reads.items() if register < CURRENT)
    await polling.aclose()


async def test_a_register_that_does_not_exist_costs_only_its_battery(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    hub = PolledHub(mock_modbus_connection, 24)
    hub.unit.fail_read(VOLTAGE + 11, IllegalDataAddressError(), register_type="holding")
    async for event in (polling := hub.line.poll()):
        if isinstance(event, RoundEnded) and hub.modules[12].contact is Contact.OFFLINE:
            break
    assert hub.online() == [number for number in range(1, 25) if number != 12]
    assert hub.modules[12].problem == "refused with exception 2"
    await polling.aclose()


@pytest.mark.parametrize("place", [Place(1, 0, 999), Place(1, 1, 1)])  # beyond the last; of a string
async def test_a_battery_that_the_hub_can_not_have_is_offline_and_takes_nothing_from_the_others(
    mock_modbus_connection: MockModbusConnection, place: Place
) -> None:
    hub = PolledHub(mock_modbus_connection, 24)
    hub.modules.append(Module(place.address, PROFILES["sh980"], pace=MODBUS_TCP, nominal_voltage=2.0))
    hub.line = Line(HubLink(mock_modbus_connection.for_unit, hub.modules), hub.modules, clock=loop_clock())
    async for event in (polling := hub.line.poll()):
        if isinstance(event, RoundEnded) and hub.modules[25].contact is Contact.OFFLINE:
            break
    assert hub.online() == list(range(1, 25))
    assert hub.modules[25].problem == f"the hub has no registers for address {place.address}"
    assert hub.voltage(25) is None
    await polling.aclose()


async def test_a_block_without_an_answer_is_asked_three_times_in_a_round(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    """Each request may cost a whole time-out; after three the other 21 batteries fail at once."""
    hub, asked = PolledHub(mock_modbus_connection, 24), list[int]()
    link = HubLink(mock_modbus_connection.for_unit, hub.modules)

    async def lost(
        unit_id: int, address: int, count: int, timeout: float, function: ReadFunction = ReadFunction.HOLDING_REGISTERS
    ) -> Answer:
        asked.append(address)
        raise NoAnswerError("lost")

    for module in hub.modules[1:]:
        with pytest.raises(NoAnswerError):
            await link.hubs.read(lost, module.unit_id, 0.5)
    assert asked == [VOLTAGE] * 3


@pytest.mark.parametrize("failure", [ModbusTimeoutError("lost"), ServerDeviceBusyError()])
async def test_one_lost_answer_makes_nothing_unavailable(
    mock_modbus_connection: MockModbusConnection, failure: Exception
) -> None:
    hub = PolledHub(mock_modbus_connection)
    lost = [False]
    read = hub.unit.read_holding_registers

    async def spoiled(address: int, count: int) -> list[int]:
        if lost[0] and address < CURRENT:
            lost[0] = False
            raise failure
        return await read(address, count)

    hub.unit.read_holding_registers = spoiled  # type: ignore[method-assign]
    rounds = 0
    async for event in (polling := hub.line.poll()):
        if rounds >= 2:
            assert len(hub.online()) == 240
            assert all(one.reading for one in hub.modules)
        if isinstance(event, RoundEnded):
            rounds += 1
            lost[0] = rounds in (2, 5, 8)
            if rounds == 10:
                break
    # One battery missed one poll for each of the three lost answers; the next one had the block read again.
    assert sum(one.counts.no_answer + one.counts.refused for one in hub.modules) == 3
    await polling.aclose()


async def test_a_hub_beside_a_chain(mock_modbus_connection: MockModbusConnection) -> None:
    """A hub without answers takes nothing from the modules of a chain, and comes back by itself."""
    chain = mock_modbus_connection.for_unit(20)
    chain.holding.update({0: 0x0A03, 1: 13600, 2: 231, 3: 4500})
    hub = PolledHub(mock_modbus_connection, 24)
    hub.modules.append(Module(20, PROFILES["ta"], pace=MODBUS_TCP, nominal_voltage=12.0))
    hub.line = Line(HubLink(mock_modbus_connection.for_unit, hub.modules), hub.modules, clock=loop_clock())
    loop = asyncio.get_running_loop()
    began = loop.time()
    async for _ in (polling := hub.line.poll()):
        if loop.time() > began + 5 and len(hub.online()) == 25:
            break
    read, hub.unit.read_holding_registers = hub.unit.read_holding_registers, silent  # type: ignore[method-assign]
    began = loop.time()
    async for _ in polling:
        if loop.time() > began + 60:
            break
    assert hub.online() == [25]
    assert all(one.reading is None for one in hub.modules[:25])
    assert hub.modules[25].answered_at is not None
    assert loop.time() - hub.modules[25].answered_at < 5
    hub.unit.read_holding_registers = read  # type: ignore[method-assign]
    began = loop.time()
    async for _ in polling:
        if len(hub.online()) == 25:
            break
    assert loop.time() - began < 60
    await polling.aclose()


def limited(hub: PolledHub, most: int) -> None:
    """Let the hub refuse reads of more registers."""
    read = hub.unit.read_holding_registers

    async def refusing(address: int, count: int) -> list[int]:
        if count > most:
            raise ModbusExceptionError.from_code(3, "too many registers")
        return await read(address, count)

    hub.unit.read_holding_registers = refusing  # type: ignore[method-assign]


async def silent(address: int, count: int) -> list[int]:
    await asyncio.sleep(3600)
    raise AssertionError


async def test_which_batteries_a_hub_has(mock_modbus_connection: MockModbusConnection) -> None:
    unit = mock_modbus_connection.for_unit(1)
    unit.holding.update(sh980(60, dead={VOLTAGE: 0, VOLTAGE + 30: 0}))
    link = Link(mock_modbus_connection.for_unit)
    found = await survey(link.read, PROFILES["sh980"], 1, 1, MODBUS_TCP)
    assert sorted(found.voltages) == [number for number in range(2, 61) if number != 31]
    proposal = found.proposal(2, 60)
    assert (proposal.batteries, proposal.missing) == (tuple(range(100002, 100061)), (100031,))
    assert (proposal.string_module, proposal.nominal_voltage) == (100000, 2.0)
    unit.fail_read(CURRENT, IllegalDataAddressError(), register_type="holding")
    assert (await survey(link.read, PROFILES["sh980"], 1, 1, MODBUS_TCP)).string_module is None
    unit.read_holding_registers = silent  # type: ignore[method-assign]
    nothing = await survey(link.read, PROFILES["sh980"], 1, 1, MODBUS_TCP)
    assert isinstance(nothing.error, NoAnswerError)
    assert nothing.voltages == {}


def test_reference_numbers_are_converted_once() -> None:
    assert [reference(number) for number in (30001, 40001, 300001, 400001, 40100, 410004)] == [0, 0, 0, 0, 99, 10003]


def test_addresses_of_hubs_and_of_modules_are_apart() -> None:
    assert Place(3, 2, 12).address == 302012
    assert Place.of(302012) == (3, 2, 12)
    assert Place.of(247 * 100_000 + 99_999) == (247, 99, 999)
    assert [Place.of(address) for address in (0, 1, 247, 99_999, 24_800_000)] == [None] * 5


BATTERY_ALARMS = """
manufacturer: Acme
model: Hub
batteries:
  count: 3
  quantities:
    voltage: {register: 0, scale: 0.001}
  alarms: {register: 20, table: discrete_input, bits: {voltage_low: 0, temperature_high: 300}}
"""


@pytest.mark.usefixtures("socket_enabled")
async def test_alarms_that_the_other_monitor_raises_of_batteries(hass: HomeAssistant, hass_config_dir: str) -> None:
    """A block of discrete inputs for each kind of alarm, in it an input for each battery."""
    (folder := Path(hass_config_dir) / "battery_bank").mkdir()
    (folder / "acme.yaml").write_text(BATTERY_ALARMS)
    inputs = dict.fromkeys(range(20, 323), 0) | {21: 1, 322: 1}
    voltages = dict.fromkeys(range(3), 2250)
    async with foreign_hub({1: {HOLDING: voltages, ReadFunction.DISCRETE_INPUTS: inputs}}) as hub:
        string = hub_string("A", 1, 3)
        string["data"] |= {"battery_module": "own_acme", "string_module_address": None}
        entry = entry_of(hass, hub, string)
        assert await hass.config_entries.async_setup(entry.entry_id)
        stem = "binary_sensor.a_battery_{}_monitor_alarm_{}"
        await until(hass, stem.format(2, "voltage_low"), lambda state: state == "on")
        await until(hass, stem.format(3, "temperature_high"), lambda state: state == "on")
        for number, name in ((1, "voltage_low"), (3, "voltage_low"), (1, "temperature_high"), (2, "temperature_high")):
            assert hass.states.is_state(stem.format(number, name), "off")
        assert hass.states.is_state("binary_sensor.a_battery_2_problem", "off")  # it is no alarm of our own
        assert len({read for read in hub.reads if read[1] == ReadFunction.DISCRETE_INPUTS}) == 1
        assert await hass.config_entries.async_unload(entry.entry_id)


VALIDITY = """
manufacturer: Acme
model: Hub
batteries:
  count: 3
  quantities:
    voltage: {register: 0, scale: 0.001}
  validity: {register: 100, step: 2, low: 0, high: 60, no_value: 7}
"""


@pytest.mark.usefixtures("socket_enabled")
async def test_a_hub_that_keeps_the_last_values_of_a_battery_without_an_answer(
    hass: HomeAssistant, hass_config_dir: str
) -> None:
    """The hub has the age of each value. A voltage that is there, but old, is never shown."""
    (folder := Path(hass_config_dir) / "battery_bank").mkdir()
    (folder / "acme.yaml").write_text(VALIDITY)
    registers = {0: 2251, 1: 2252, 2: 2253, 100: 4, 101: 999, 102: 61, 103: 999, 104: 60}
    async with foreign_hub({1: {HOLDING: registers}}) as hub:
        string = hub_string("A", 1, 3)
        string["data"] |= {"battery_module": "own_acme", "string_module_address": None}
        entry = entry_of(hass, hub, string)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) == 2.251)
        await until(hass, "sensor.a_battery_3_voltage", lambda state: float(state) == 2.253)
        await until(hass, "binary_sensor.a_battery_2_connectivity", lambda state: state == "off")
        assert hass.states.is_state("sensor.a_battery_2_voltage", "unavailable")
        hub.put(1, {100: 7, 102: 3})
        await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) == 2.252)
        await until_gone(hass, "sensor.a_battery_1_voltage", seconds=10)
        hub.put(1, {100: 5})
        await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) == 2.251)
        assert await hass.config_entries.async_unload(entry.entry_id)
