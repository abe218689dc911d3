"""An adapter with local echo: recognised, removed and named."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bus import GATEWAY_RTU, PACES, SERIAL_9600, bank_of, open_link, polled
from conftest import eventually, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.errors import NoAnswerError
from custom_components.battery_bank.monitor.line.library import EchoFilter
from custom_components.battery_bank.monitor.line.scan import Verdict, scan
from custom_components.battery_bank.monitor.model import CommandName
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.bank import Bank
from simulator.modules import TA
from simulator.wire import Terminal

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_a_line_with_echo_is_polled(kind: str, tmp_path: Path) -> None:
    bank = bank_of(6)
    bank.faults.echo = True
    async with polled(kind, bank, tmp_path) as bus:
        await asyncio.sleep(20)
        assert bus.line.online == 7
        assert bus.line.echoes
        bus.line._outcomes.clear()
        await asyncio.sleep(20)
        assert bus.line.quality == 1.0
        await bus.line.command(bus.line.modules[2], CommandName.START_RESISTANCE_TEST)
        module = bank.modules[2]
        assert isinstance(module, TA)
        assert module.testing
        bank.faults.echo = False  # the jumper is set
        await asyncio.sleep(20)
        assert bus.line.online == 7
        await eventually(lambda: not bus.line.echoes)
        await bus.line.command(bus.line.modules[3], CommandName.START_RESISTANCE_TEST)  # its answer equals it


async def test_the_same_question_of_another_master_is_no_echo(tmp_path: Path) -> None:
    bank = bank_of(6)
    async with polled(SERIAL_9600, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7)
        for unit_id in (1, 2, 3):
            bank.faults.echo = True  # so the same question arrives beside ours
            await eventually(lambda: bus.line._link.echo, every=0.005)
            bank.faults.echo = False
            for _ in range(100):
                assert not bus.line.echoes
                await asyncio.sleep(0.02)
            await bus.line.command(bus.line.modules[unit_id], CommandName.START_RESISTANCE_TEST)
            assert bus.line.online == 7


@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_an_echo_over_a_new_connection_is_no_answer_to_a_command(kind: str, tmp_path: Path) -> None:
    bank = bank_of(3)
    bank.faults.echo = True
    async with open_link(kind, bank, tmp_path) as link:
        await scan(link.read, [1, 2], pace=PACES[kind])
        bank.faults.dead.add(2)
        await link.recycle()
        await eventually(lambda: not link._unit(2).connected)
        with pytest.raises(NoAnswerError):
            await link.write(2, 0x0E, 2, 0.5)  # the address that it has
        bank.faults.dead.clear()
        await link.write(2, 0x0E, 2, 0.5)  # the address that it has


async def test_empty_addresses_of_a_line_with_echo_are_empty(tmp_path: Path) -> None:
    bank = bank_of(3, baud=115200)
    bank.faults.echo = True
    async with open_link(SERIAL_9600, bank, tmp_path) as link:
        found = await scan(link.read, range(1, 8), pace=PACES[SERIAL_9600])
    assert [one.verdict for one in found] == 4 * [Verdict.KNOWN] + 3 * [Verdict.NO_ANSWER]


async def test_an_echo_in_pieces_is_removed_and_the_answer_is_not() -> None:
    """A port may hand on any part of what it has; the answer follows its question without a pause."""
    received = list[bytes]()
    sent = SimpleNamespace(write=lambda _: None, close=lambda: "closed")
    protocol: Any = SimpleNamespace(transport=sent, data_received=received.append)
    echo = EchoFilter(protocol)
    protocol.transport.write(b"\x01\x03\x00\x01")
    protocol.data_received(b"\x01\x03")
    assert received == []
    protocol.data_received(b"\x00\x01\x01\x03")
    protocol.data_received(b"\x02")
    assert received == [b"\x01\x03", b"\x02"]
    assert echo.in_row == 1
    protocol.transport.write(b"\x01\x03\x00\x01")
    protocol.data_received(b"\x07\x03\x02")  # no echo this time
    assert echo.in_row == -1
    assert received[2:] == [b"\x07\x03\x02"]
    assert protocol.transport.close() == "closed"


async def test_the_echo_is_named_as_a_repair(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    bank.faults.echo = True
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)
    issue = f"adapter_echoes_{entry.entry_id}"
    await eventually(lambda: ir.async_get(hass).async_get_issue(DOMAIN, issue), seconds=120)
