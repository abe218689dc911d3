"""Other programs read the register table: `mbpoll` of Debian, and fifty clients at once while the line is polled."""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path
import re
import shutil
import sys

from conftest import string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_plant_server import bank, entry, free_port, switch_on

from custom_components.battery_bank.plant_systems.client_list import ClientList
from homeassistant.core import HomeAssistant
from simulator.bank import build
from simulator.wire import Terminal

__all__ = ["bank", "entry", "free_port"]

pytestmark = [pytest.mark.usefixtures("socket_enabled"), pytest.mark.real_time]

needs_mbpoll = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed")


async def run(*command: str) -> tuple[int | None, str]:
    """Return the status and the output of a program."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def mbpoll(port: int, *options: str) -> tuple[int | None, str]:
    return await run("mbpoll", "-m", "tcp", "-p", str(port), "-a", "1", "-0", "-1", *options, "127.0.0.1")


@needs_mbpoll
@pytest.mark.parametrize("kind", ["3", "4"])
async def test_mbpoll_reads_input_and_holding_registers(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, kind: str
) -> None:
    await switch_on(hass, entry, free_port)
    status, output = await mbpoll(free_port, "-t", kind, "-r", "5000", "-c", "5")
    assert status == 0, output
    shown = dict(re.findall(r"^\[(\d+)\]:\s+(\d+)", output, re.MULTILINE))
    assert shown == {"5000": "13601", "5001": "13602", "5002": "13603", "5003": "13604", "5004": "65535"}
    status, output = await mbpoll(free_port, "-t", f"{kind}:int", "-B", "-r", "4022", "-c", "1")
    assert re.search(r"^\[4022\]:\s+-20000$", output, re.MULTILINE), output


@needs_mbpoll
async def test_mbpoll_is_refused_what_is_not_allowed(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    status, output = await mbpoll(free_port, "-t", "4", "-r", "3000", "-c", "1")
    assert (status, "Illegal data address" in output) == (1, True), output
    status, output = await run("mbpoll", "-m", "tcp", "-p", str(free_port), "-0", "-r", "4000", "127.0.0.1", "7")
    assert (status, "Illegal function" in output) == (1, True), output
    await switch_on(hass, entry, free_port, clients="10.0.0.0/8")
    status, output = await mbpoll(free_port, "-t", "4", "-r", "5000", "-c", "1")
    assert status == 1, output


@pytest.mark.slow
async def test_fifty_clients_do_not_slow_the_line(
    hass: HomeAssistant, plug: Callable[..., Terminal], line_entry: Callable[..., MockConfigEntry], free_port: int
) -> None:
    bank = build({"line": {"baud": 9600}, "string": [{"name": "A", "batteries": 20, "string_module": 21}]})
    plug(bank)
    entry = line_entry(string_data(count=20, string_module=21), baudrate=9600)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 200)
    await switch_on(hass, entry, free_port)
    line = entry.runtime_data.line

    def answered() -> int:
        return sum(module.counts.answered for module in line.modules.values())

    async def polled(seconds: float) -> float:
        """Return how many modules answered in a second."""
        before, began = answered(), asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        return (answered() - before) / (asyncio.get_running_loop().time() - began)

    async def measure() -> float:
        """Return how fast the line is polled with fifty clients, compared with before and after."""
        before = await polled(3)
        program = (sys.executable, str(Path(__file__).parent / "many_clients.py"), str(free_port), "50", "5")
        clients = asyncio.create_task(run(*program))
        await asyncio.sleep(1)
        together = await polled(3)
        status, output = await clients
        assert status == 0, output
        answers, longest = output.split()
        assert int(answers) > 200
        assert float(longest) < 2
        alone = min(before, await polled(3))
        logging.getLogger(__name__).info("%.1f and %.1f modules/s, %s answers", alone, together, answers)
        return together / alone

    # Other programs of the machine slow a measurement now and then; clients that slow the line do so in each.
    ratios = [await measure()]
    while max(ratios) < 0.9 and len(ratios) < 4:
        ratios.append(await measure())
    assert max(ratios) >= 0.9, ratios


def test_addresses_of_both_families_are_on_a_list() -> None:
    """An IPv4 client of a server that listens on `::` has an IPv6 address; link-local ones name their interface."""
    clients = ClientList("server", ["10.0.0.0/8", "2001:db8::5", "fe80::/10"])
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::5", "fe80::1%eth0", "fe80::1%2"):
        assert clients.allows(address), address
    for address in ("11.1.2.3", "::ffff:11.1.2.3", "2001:db8::6", "::1"):
        assert not clients.allows(address), address
    assert clients.refused == 4
