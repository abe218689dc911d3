"""Scans of lines that are deaf at first, slow, or busy: no battery gets a wrong number without a question."""

import asyncio
from pathlib import Path

from bus import GATEWAY_RTU, GATEWAY_TCP, PACES, SERIAL_9600, bank_of, open_link
import pytest
from virtual_time import VirtualTimeLoop

from custom_components.battery_bank.monitor.line.scan import Found, Verdict, check_line, scan, settle
from custom_components.battery_bank.monitor.line.string_proposal import propose_strings
from simulator.bank import Bank

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def found_on(bank: Bank, folder: Path, last: int = 30, kind: str = SERIAL_9600) -> list[Found]:
    addresses = range(1, last + 1)
    async with open_link(kind, bank, folder) as link:
        await check_line(link.read, 1, PACES[kind])
        await settle(link.read, addresses, PACES[kind])
        return await scan(link.read, addresses, pace=PACES[kind])


def known(found: list[Found]) -> list[int]:
    return [one.unit_id for one in found if one.verdict is Verdict.KNOWN]


@pytest.mark.parametrize("deaf", [0.3, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("count", [4, 20])
async def test_a_line_that_is_deaf_after_it_was_opened(count: int, deaf: float, tmp_path: Path) -> None:
    bank = bank_of(count, baud=115200)
    bank.faults.dead |= set(bank.modules)
    asyncio.get_running_loop().call_later(deaf, bank.faults.dead.clear)
    assert known(await found_on(bank, tmp_path)) == [*range(1, count + 2)]


async def test_the_first_answer_leads_to_those_before_it(tmp_path: Path) -> None:
    """The line is deaf for longer than is waited for; the modules before the first answer are asked again."""
    bank = bank_of(20, baud=115200)
    bank.faults.dead |= set(bank.modules)
    asyncio.get_running_loop().call_later(8.0, bank.faults.dead.clear)
    assert known(await found_on(bank, tmp_path)) == [*range(1, 22)]


@pytest.mark.parametrize("delay", [0.3, 0.4, 0.45])
async def test_modules_that_answer_late(delay: float, tmp_path: Path) -> None:
    bank = bank_of(6, baud=115200)
    bank.faults.slow = dict.fromkeys(bank.modules, delay)
    assert known(await found_on(bank, tmp_path)) == [*range(1, 8)]


async def test_an_event_loop_that_is_busy_is_no_module_without_an_answer(tmp_path: Path) -> None:
    """The loop stands still for a second each 1.1 s, as while the entities of another line are created."""
    bank = bank_of(20, baud=115200)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)

    async def busy() -> None:
        while True:
            loop.move(1.0)
            await asyncio.sleep(0.1)

    other_work = asyncio.create_task(busy())
    found = await found_on(bank, tmp_path, last=22)
    other_work.cancel()
    assert known(found) == [*range(1, 22)]


@pytest.mark.parametrize(("kind", "slow"), [(SERIAL_9600, 1.5), (GATEWAY_RTU, 1.2), (GATEWAY_TCP, 2.2)])
@pytest.mark.parametrize("fast", [set[int](), {1, 2, 5}])
async def test_modules_that_answer_after_the_time_out_of_a_scan(
    kind: str, slow: float, fast: set[int], tmp_path: Path
) -> None:
    bank = bank_of(8, baud=115200)
    bank.faults.slow = dict.fromkeys(bank.modules.keys() - fast, slow)
    assert known(await found_on(bank, tmp_path, last=12, kind=kind)) == [*range(1, 10)]


@pytest.mark.parametrize(("begins", "seconds"), [(0.5, 2.0), (0.5, 8.0), (1.0, 4.0), (1.9, 2.0), (1.9, 3.5)])
async def test_a_line_that_becomes_deaf_during_a_scan(begins: float, seconds: float, tmp_path: Path) -> None:
    """Two strings with a wide gap: none of the second one answers, or the end of it does not."""
    bank = bank_of(60, baud=115200)
    for unit_id in range(21, 41):
        del bank.modules[unit_id]
    loop = asyncio.get_running_loop()

    def deafen() -> None:
        bank.faults.dead |= set(bank.modules)
        loop.call_later(seconds, bank.faults.dead.clear)

    loop.call_later(begins, deafen)
    assert known(await found_on(bank, tmp_path, last=70)) == [*range(1, 21), *range(41, 62)]


@pytest.mark.parametrize("seed", [1, 3, 5])
async def test_interference_hides_no_module_from_a_scan(seed: int, tmp_path: Path) -> None:
    bank = bank_of(20, baud=115200, seed=seed)
    bank.faults.noise, bank.faults.noise_both_ways = 0.02, True
    assert known(await found_on(bank, tmp_path, last=24)) == [*range(1, 22)]


@pytest.mark.parametrize(("kind", "seed"), [(SERIAL_9600, 2), (GATEWAY_RTU, 2), (GATEWAY_TCP, 1), (GATEWAY_TCP, 2)])
async def test_more_interference_hides_no_module_from_a_scan(kind: str, seed: int, tmp_path: Path) -> None:
    """A gateway with Modbus TCP passes no spoilt answer on: a third of the requests remains without an answer."""
    bank = bank_of(18, baud=19200, seed=seed)
    bank.faults.noise, bank.faults.noise_both_ways = 0.03, True
    bank.faults.gateway_wait = 0.3
    (proposal,) = propose_strings(await found_on(bank, tmp_path, last=24, kind=kind))
    assert (proposal.batteries, proposal.missing) == (tuple(range(1, 19)), ())
    assert proposal.string_module == 19


@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
@pytest.mark.parametrize("delay", [0.002, 0.3, 0.8])
async def test_an_echo_gives_no_battery_the_register_of_another_question(
    kind: str, delay: float, tmp_path: Path
) -> None:
    """The answer follows the echo of its question; it is not that to the next one."""
    bank = bank_of(8, baud=19200)
    bank.faults.echo = True
    bank.faults.slow = dict.fromkeys(bank.modules, delay)
    (proposal,) = propose_strings(await found_on(bank, tmp_path, last=12, kind=kind))
    assert (proposal.batteries, proposal.string_module) == (tuple(range(1, 9)), 9)


@pytest.mark.parametrize("fault", ["only_single", "only_input"])
async def test_modules_that_refuse_the_usual_request_are_recognised(fault: str, tmp_path: Path) -> None:
    bank = bank_of(6, baud=115200)
    getattr(bank.faults, fault).update({2, 3, 7})
    found = await found_on(bank, tmp_path, last=8)
    assert [one.profile.key for one in found if one.profile] == ["ta"] * 6 + ["tc"]


@pytest.mark.parametrize("dead", [{1}, {1, 2}, {1, 2, 3}, {8}, {1, 8, 9}])
async def test_modules_that_do_not_answer_keep_their_numbers(dead: set[int], tmp_path: Path) -> None:
    bank = bank_of(20, baud=115200)
    bank.faults.dead |= dead
    (proposal,) = propose_strings(await found_on(bank, tmp_path))
    assert proposal.batteries == tuple(range(1, 21))
    assert proposal.missing == tuple(sorted(dead))  # the form asks about these


async def test_a_wide_gap_in_one_string_is_asked_about(tmp_path: Path) -> None:
    bank = bank_of(20, baud=115200)
    bank.faults.dead |= {8, 9, 10, 11}
    (proposal,) = propose_strings(await found_on(bank, tmp_path), 1)
    assert proposal.batteries == tuple(range(1, 21))
    assert proposal.missing == (8, 9, 10, 11)
