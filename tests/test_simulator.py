"""The bank that isn't there behaves enough like one that is."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from conftest import FAST, SMALL_BANK
from modbus_connection import ModbusSerialParams, ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import NoAnswerError, RefusedError
from custom_components.battery_bank.monitor.line.link import Link
from simulator.bank import SCENARIOS, Bank, ScenarioError, build, load
from simulator.house import House
from simulator.hubs import Hub
from simulator.modules import TA
from simulator.physics import Battery, String
from simulator.wire import Gateway, Terminal, Wire

HOUR = 3600.0


def string(count: int = 4, **changes: object) -> String:
    batteries = [Battery(nominal_voltage=12.0, capacity=100.0) for _ in range(count)]
    made = String(batteries=batteries)
    for name, value in changes.items():
        setattr(made, name, value)
    made.settle()
    return made


def test_float_takes_about_a_milliampere_for_each_ampere_hour() -> None:
    floating = string()
    floating.advance(24 * HOUR)
    assert 0.05 < floating.current < 0.2
    assert sum(floating.voltages()) == pytest.approx(4 * 6 * 2.27, rel=1e-3)


def test_float_current_doubles_with_ten_kelvin() -> None:
    cool, warm = string(), string()
    for battery in warm.batteries:
        battery.temperature = 35.0
    warm.settle()
    assert warm.current == pytest.approx(2 * cool.current, rel=0.05)


def test_a_discharge_ends_about_when_the_capacity_is_out_and_a_recharge_fills_up() -> None:
    discharging = string(mains=False, load=20.0)
    hours = 0.0
    while min(discharging.voltages()) > 10.8:
        discharging.advance(60)
        hours += 1 / 60
    assert 3.5 < hours < 5.0
    discharging.mains = True
    discharging.advance(12 * HOUR)
    assert 0.8 < discharging.batteries[0].state < 1
    discharging.advance(36 * HOUR)
    assert discharging.batteries[0].state > 0.99
    assert discharging.current < 0.3


def test_a_weak_battery_sags_first() -> None:
    discharging = string(mains=False, load=20.0)
    discharging.batteries[2].capacity_factor = 0.5
    discharging.advance(1.8 * HOUR)
    voltages = discharging.voltages()
    assert voltages.index(min(voltages)) == 2
    assert median(voltages) - min(voltages) > 0.3


def test_a_battery_that_cannot_lose_its_heat_runs_away_and_the_others_do_not() -> None:
    hot = string(20, ambient=35.0, charge_voltage=2.35)
    for battery in hot.batteries:
        battery.temperature = 35.0
    hot.batteries[0].insulation = 15.0
    hot.advance(7 * 24 * HOUR)
    assert hot.batteries[0].temperature > 60
    assert max(battery.temperature for battery in hot.batteries[1:]) < 45


@pytest.mark.parametrize("name", sorted(file.stem for file in SCENARIOS.glob("*.toml")))
def test_every_scenario_plays(name: str) -> None:
    now = 0.0
    bank = load(name, clock=lambda: now)
    assert len(bank.modules) == (1 if name == "hub" else 42)
    for _ in range(20):
        now += 60
        bank.advance()
        for module in bank.modules.values():
            register = 1301 if isinstance(module, Hub) else 0x0001 if isinstance(module, TA) else 0x0003
            assert 0 <= module.read(register) <= 0xFFFF


@pytest.mark.parametrize(
    ("name", "hours", "check"),
    [
        ("discharge", 0.9, lambda bank: bank.strings["A"].current == -40.0),
        ("discharge", 1.1, lambda bank: bank.strings["A"].current > 5.0),
        ("weak_battery", 1.6, lambda bank: lowest(bank, "A") == 7),
        ("dry_out", 100 * 24, lambda bank: bank.strings["A"].batteries[11].resistance_factor == 2.1),
        ("thermal_runaway", 24 * 10, lambda bank: bank.strings["A"].batteries[2].temperature > 60),
    ],
)
def test_scenarios_lead_where_they_say(name: str, hours: float, check: Callable[[Bank], bool]) -> None:
    now = 0.0
    bank = load(name, clock=lambda: now)
    bank.advance()
    now = hours * HOUR / bank.speed
    bank.advance()
    assert check(bank)


def lowest(bank: Bank, name: str) -> int:
    voltages = bank.strings[name].voltages()
    return 1 + voltages.index(min(voltages))


def test_a_scenario_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario 'flaot'. There are: dead_modules, discharge, dry_out, float"):
        load("flaot")


def test_a_scenario_that_says_what_cannot_be() -> None:
    with pytest.raises(ScenarioError, match="A battery has no 'color'"):
        build({"string": [{"name": "A", "battery": {"2": {"color": 1}}}]})
    with pytest.raises(ScenarioError, match="Two modules have address 3"):
        build({"string": [{"name": "A", "batteries": 4, "string_module": 3}]})


@asynccontextmanager
async def line(kind: str, wire: Wire, folder: Path) -> AsyncGenerator[Link]:
    """Put a wire behind a port or gateway and open it with the library."""
    terminal, gateway = Terminal(wire, folder / "tty"), Gateway(wire, modbus_tcp=kind == "modbus_tcp")
    if kind == "serial":
        terminal.plug()
        connection = ModbusConnection(ModbusSerialParams(device=str(terminal.link), baudrate=wire.bank.baud))
    else:
        port = await gateway.start()
        params = (
            ModbusTcpParams(host="127.0.0.1", port=port)
            if kind == "modbus_tcp"
            else ModbusSerialParams(device=f"socket://127.0.0.1:{port}", baudrate=FAST)
        )
        connection = ModbusConnection(params)
    yield Link(connection.for_unit)
    await connection.close()
    await terminal.pull()
    await gateway.stop()


@pytest.mark.parametrize("kind", ["serial", "rtu_over_tcp", "modbus_tcp"])
async def test_every_line_answers_refuses_and_is_silent_alike(socket_enabled: None, tmp_path: Path, kind: str) -> None:
    bank = build(SMALL_BANK)
    async with line(kind, Wire(bank), tmp_path) as link:
        assert (await link.read(1, 0x0E, 1, 0.5)).words == [1]
        with pytest.raises(RefusedError, match="exception 2"):
            await link.read(1, 0x1C, 1, 0.5)
        with pytest.raises(NoAnswerError):
            await link.read(77, 0, 1, 0.1)
        bank.faults.dead.add(2)
        with pytest.raises(NoAnswerError):
            await link.read(2, 0, 1, 0.1)
        # A slow module answers late, and that is not taken for the answer of the next.
        bank.faults.slow[3] = 0.3
        with pytest.raises(NoAnswerError):
            await link.read(3, 0x0E, 1, 0.1)
        assert (await link.read(4, 0x0E, 1, 0.8)).words == [4]
        assert (await link.read(3, 0x0E, 1, 0.8)).words == [3]
        await asyncio.sleep(0.4)  # until what module 3 still says has passed


async def test_a_reset_module_is_silent_until_it_has_restarted(tmp_path: Path) -> None:
    bank = build(SMALL_BANK)
    async with line("serial", Wire(bank), tmp_path) as link:
        await link.write(1, 0x000B, 0xF0F0, 0.5)
        with pytest.raises(NoAnswerError):
            await link.read(1, 0, 1, 0.1)
        await asyncio.sleep(2)
        assert (await link.read(1, 0, 1, 0.5)).words == [0x0A03]


async def test_bytes_take_their_time(tmp_path: Path) -> None:
    """At 1200 baud, 8 bytes there and 11 back take 158 ms."""
    slow = build({**SMALL_BANK, "line": {"baud": 1200}})
    async with line("serial", Wire(slow), tmp_path) as link:
        await link.read(1, 0, 1, 1.0)
        times = []
        for _ in range(3):
            began = asyncio.get_running_loop().time()
            await link.read(1, 1, 3, 1.0)
            times.append(asyncio.get_running_loop().time() - began)
    assert min(times) >= 19 * 10 / 1200
    assert min(times) < 1.5 * 19 * 10 / 1200


@pytest.mark.usefixtures("socket_enabled")
async def test_a_login_that_ends_is_renewed(tmp_path: Path) -> None:
    """Home Assistant ends a login after half an hour; the demo goes on until a person ends it."""
    grants: list[str] = []

    async def token(request: web.Request) -> web.Response:
        grants.append(str((await request.post())["grant_type"]))
        tokens = {"access_token": f"token {len(grants)}", "expires_in": 0}
        return web.json_response(tokens | ({} if grants[1:] else {"refresh_token": "kept"}))

    async def states(request: web.Request) -> web.Response:
        valid = request.headers["Authorization"] == f"Bearer token {len(grants)}"
        return web.json_response([], status=200 if valid else 401)

    app = web.Application()
    app.add_routes([web.post("/auth/token", token), web.get("/api/states", states)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        assert server.port is not None
        house = House(tmp_path, server.port)
        house._session = session
        await house._log_in({"grant_type": "authorization_code", "code": "1"})
        assert [await house.get("/api/states") for _ in range(2)] == [[], []]
    assert grants == ["authorization_code", "refresh_token", "refresh_token"]
