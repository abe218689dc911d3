"""A discharge and the recharge after it, as a UPS monitor (UPS-MIB) and a plant system (register table) see them.

The objects are typed by hand as RFC 1628 has them, and the registers as docs/plant.md has them.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from importlib.util import find_spec

from conftest import eventually, string_data, until
from pymodbus.client import AsyncModbusTcpClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_plant_server import client_of, free_port, switch_on, words
from test_snmp_agent import switch_on as switch_agent_on, udp_port

from homeassistant.core import HomeAssistant
from simulator.bank import Bank, build
from simulator.wire import Terminal

__all__ = ["free_port", "udp_port"]

pytestmark = [
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(find_spec("pysnmp") is None, reason="pysnmp is not installed"),
    pytest.mark.slow,
]

BATTERY_GROUP = "1.3.6.1.2.1.33.1.2"
NORMAL, LOW, DEPLETED = 2, 3, 4
STATUS, SECONDS, MINUTES, CHARGE, VOLTAGE, CURRENT, TEMPERATURE = range(1, 8)
UNKNOWN, UNKNOWN_LONG = 0xFFFF, [0xFFFF, 0xFFFF]
FLOAT, DISCHARGE, RECHARGE = 1, 3, 4
LOAD = 150  # A


type Ups = Callable[[], Awaitable[dict[int, int]]]


@pytest.fixture
async def ups(udp_port: int) -> AsyncGenerator[Ups]:
    """Return a reader of the battery group: the objects by their numbers, without those that do not exist now."""
    from pysnmp.hlapi.v3arch.asyncio import (
        CommunityData,
        ContextData,
        ObjectIdentity,
        ObjectType,
        SnmpEngine,
        UdpTransportTarget,
        get_cmd,
    )
    from pysnmp.proto.rfc1905 import NoSuchInstance

    engine = SnmpEngine()
    target = await UdpTransportTarget.create(("127.0.0.1", udp_port), timeout=5, retries=1)

    async def read() -> dict[int, int]:
        asked = [ObjectType(ObjectIdentity(f"{BATTERY_GROUP}.{number}.0")) for number in range(1, 8)]
        error, status, _, found = await get_cmd(
            engine, CommunityData("plant"), target, ContextData(), *asked, lookupMib=False
        )
        assert not error, error
        assert not status
        values = enumerate((value for _, value in found), 1)
        return {number: int(value) for number, value in values if not isinstance(value, NoSuchInstance)}

    yield read
    engine.close_dispatcher()


async def until_low(ups: Ups) -> dict[int, int]:
    """Return the battery group as soon as its status is not normal."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + 7200
    while (group := await ups())[STATUS] == NORMAL:
        assert loop.time() < ends, group
        await asyncio.sleep(20)
    return group


def long(both: list[int]) -> int:
    """Return the number in two registers."""
    return both[0] << 16 | both[1]


@pytest.fixture
def bank() -> Bank:
    """Return a string of four blocks of 100 Ah with a heavy load, and a slow line, which saves time."""
    string = {"name": "A", "batteries": 4, "string_module": 5, "load": float(LOAD), "current_limit": 10.0}
    return build({"line": {"baud": 9600}, "string": [string]})


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    free_port: int,
    udp_port: int,
) -> MockConfigEntry:
    """Return a line with both servers on."""
    plug(bank)
    entry = line_entry(string_data(), baudrate=9600)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_state", lambda state: state == "float", seconds=600)
    await switch_on(hass, entry, free_port)
    await switch_agent_on(hass, entry, udp_port)
    return entry


async def test_before_in_and_after_a_discharge(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, ups: Ups, free_port: int
) -> None:
    string = bank.strings["A"]
    group = await ups()
    assert {MINUTES, CHARGE}.isdisjoint(group)  # nothing is drawn, and the string was not seen full yet
    assert (group[STATUS], group[SECONDS], group[TEMPERATURE]) == (NORMAL, 0, 23)
    assert group[VOLTAGE] == pytest.approx(4 * 13.6 * 10, abs=3)
    async with client_of(free_port) as client:
        assert await words(client, 4000 + 7) == [FLOAT]
        assert await words(client, 4000 + 40, 2) == UNKNOWN_LONG
        assert await words(client, 4000 + 80, 2) == UNKNOWN_LONG
        assert await words(client, 4000 + 100) == [0]

        string.mains = False
        await asyncio.sleep(60)
        group = await ups()
        assert group[STATUS] == NORMAL
        assert 40 <= group[SECONDS] <= 60
        assert group[CURRENT] == pytest.approx(-10 * LOAD, abs=2)
        assert 5 < group[MINUTES] < 60
        before = group
        await discharging(client, group)

        group = await until_low(ups)
        assert group[STATUS] == LOW
        assert group[VOLTAGE] < before[VOLTAGE]
        assert group[MINUTES] < before[MINUTES]
        assert group[SECONDS] > before[SECONDS] + 60
        await discharging(client, group)
        while (group := await ups())[MINUTES]:
            assert group[STATUS] == LOW, group  # a monitor that asks once a minute still sees it
            await asyncio.sleep(20)
        await eventually(lambda: sum(string.voltages()) < 4 * 10.6, seconds=600)
        await asyncio.sleep(10)
        assert (await ups())[STATUS] in {LOW, DEPLETED}

        string.mains = True
        await asyncio.sleep(60)
        group = await ups()
        assert group[SECONDS] == 0
        assert MINUTES not in group
        assert group[CURRENT] == pytest.approx(100, abs=2)
        assert await words(client, 4000 + 7) == [RECHARGE]
        assert await words(client, 4000 + 100, 4) == [0, UNKNOWN, *UNKNOWN_LONG]
        assert await words(client, 4000 + 40, 2) == UNKNOWN_LONG
        duration, charge = long(await words(client, 4000 + 82, 2)), long(await words(client, 4000 + 84, 2))
        assert charge == pytest.approx(10 * LOAD * duration / 3600, rel=0.03)
        assert await words(client, 4000 + 88, 2) == [0, pytest.approx(4 * 10_600, abs=800)]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def discharging(client: AsyncModbusTcpClient, group: dict[int, int]) -> None:
    """Compare the table during a discharge with the battery group at the same moment."""
    assert await words(client, 4000 + 7) == [DISCHARGE]
    assert long(await words(client, 4000 + 40, 2)) // 60 == group[MINUTES]
    least, most = long(await words(client, 4000 + 42, 2)), long(await words(client, 4000 + 44, 2))
    assert least < most
    assert await words(client, 4000 + 100) == [1]
    began, now = long(await words(client, 4000 + 102, 2)), long(await words(client, 10, 2))
    assert now - began == pytest.approx(group[SECONDS], abs=1)
    assert long(await words(client, 4000 + 104, 2)) == pytest.approx(10 * LOAD * group[SECONDS] / 3600, abs=4)


@pytest.mark.long
async def test_the_charge_when_the_mains_are_back(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, ups: Ups
) -> None:
    string = bank.strings["A"]
    await until(hass, "sensor.a_state_of_charge", lambda state: float(state) == 100, seconds=7200)
    assert (await ups())[CHARGE] == 100
    string.load, string.mains = 60.0, False
    await until(hass, "sensor.a_state_of_charge", lambda state: float(state) <= 26, seconds=7200)
    charges = [(await ups())[CHARGE]]
    assert 20 < charges[0] <= 26
    string.mains = True
    for _ in range(40):  # the operating state follows the current after some seconds
        await asyncio.sleep(1)
        group = await ups()
        charges.append(group[CHARGE])
    assert charges == sorted(charges)
    assert group[SECONDS] == 0
    assert await hass.config_entries.async_unload(entry.entry_id)
