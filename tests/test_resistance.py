"""Resistance tests, one at a time, over the simulator on a pseudo-terminal."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from random import Random

from conftest import FAST, SMALL_BANK, Still, eventually, loop_clock
from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import (
    LineDownError,
    MonitorError,
    NoAnswerError,
    RefusedError,
    UnknownCommandError,
    UnreadableAnswerError,
)
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.resistance_tests import Outcome, Progress, ResistanceTests
from custom_components.battery_bank.monitor.line.resistance_turns import Commanded, ResistanceTurns
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName
from simulator.bank import Bank, build
from simulator.modules import TA
from simulator.wire import Terminal


@pytest.fixture
def bank() -> Bank:
    """Return a bank that was never tested."""
    untested = {"string": [{**SMALL_BANK["string"][0], "tested": False}], "line": {"baud": FAST}}
    return build(untested)


class Run:
    """A line being polled and its tests being worked off."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.steps: list[Progress] = []
        self.results: dict[int, float | None] = {}
        self.tests = ResistanceTests(
            line,
            progressed=lambda: self.steps.append(self.tests.progress),
            finished=lambda module, result: self.results.update({module.unit_id: result.resistance}),
            clock=loop_clock(),
        )

    @property
    def modules(self) -> list[Module]:
        return [self.line.modules[unit_id] for unit_id in (1, 2, 3, 4)]

    async def until(self, what: Callable[[], bool]) -> None:
        await eventually(what, seconds=600)


@pytest.fixture
async def run(bank: Bank, plug: Callable[[Bank], Terminal]) -> AsyncGenerator[Run]:
    terminal = plug(bank)
    connection = ModbusConnection(ModbusSerialParams(device=str(terminal.link), baudrate=FAST))
    profiles = {**dict.fromkeys((1, 2, 3, 4), "ta"), 5: "tc"}
    modules = [Module(unit, PROFILES[key], pace=SERIAL, nominal_voltage=12.0) for unit, key in profiles.items()]
    running = Run(Line(Link(connection.for_unit), modules, clock=loop_clock()))

    async def poll() -> None:
        async for _ in running.line.poll():
            pass

    polling, testing = asyncio.create_task(poll()), asyncio.create_task(running.tests.run())
    yield running
    running.line.close()
    testing.cancel()
    await asyncio.gather(polling, testing, return_exceptions=True)
    await connection.close()


def tas(bank: Bank) -> list[TA]:
    return [module for module in bank.modules.values() if isinstance(module, TA)]


async def test_a_string_is_tested_one_battery_after_another(bank: Bank, run: Run) -> None:
    await run.until(lambda: run.line.online == 5)
    assert run.tests.request(run.modules) == 4
    loaded: list[int] = []

    def finished() -> bool:
        loaded.append(sum(module.testing for module in tas(bank)))
        return not run.tests.progress.active

    await run.until(finished)
    assert max(loaded) == 1
    assert run.tests.progress.finished == dict.fromkeys((1, 2, 3, 4), Outcome.DONE)
    shares = [progress.share for progress in run.steps]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(share for share in shares if share is not None)
    assert [progress.running for progress in run.steps if progress.running] == [1, 2, 3, 4]
    await run.until(
        lambda: isinstance(run.modules[3].reading, BatteryReading) and bool(run.modules[3].reading.resistance)
    )


async def test_what_is_asked_twice_is_tested_once(bank: Bank, run: Run) -> None:
    assert run.tests.request(run.modules[:2]) == 2
    assert run.tests.request(run.modules[:3]) == 1
    await run.until(lambda: not run.tests.progress.active)
    assert len(run.tests.progress.finished) == 3
    assert run.tests.request(run.modules[:1]) == 1  # a new run
    assert run.tests.progress.finished == {}


async def test_a_queue_that_is_cancelled_before_its_turn_tests_nothing(bank: Bank, run: Run) -> None:
    assert run.tests.request(run.modules) == 4
    await asyncio.sleep(0)
    assert run.tests.cancel(run.modules) == 4
    await asyncio.sleep(60)
    assert run.results == {}
    assert not any(module.testing for module in tas(bank))
    assert run.tests.request(run.modules[:1]) == 1
    await run.until(lambda: not run.tests.progress.active)
    assert set(run.results) == {1}


class Starts:
    """Notes which module was commanded to start, and spoils what comes back."""

    def __init__(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        self.of: list[int] = []
        self.lose: list[MonitorError] = []  # before it reaches the module, one each time
        self.spoil: list[MonitorError] = []  # on the way back
        command = line.command

        async def start(module: Module, name: CommandName) -> None:
            self.of.append(module.unit_id)
            if self.lose:
                raise self.lose.pop()
            await command(module, name)
            if self.spoil:
                raise self.spoil.pop()

        monkeypatch.setattr(line, "command", start)


@pytest.fixture
def starts(run: Run, monkeypatch: pytest.MonkeyPatch) -> Starts:
    return Starts(run.line, monkeypatch)


async def test_a_test_that_runs_already_is_waited_for(bank: Bank, run: Run, starts: Starts) -> None:
    module = tas(bank)[0]
    module.write(0x000C, 0xF0F0)
    await run.until(lambda: run.line.online == 5)
    run.tests.request(run.modules[1:2])  # of another battery: never two at once
    loaded: list[int] = []

    def finished() -> bool:
        loaded.append(sum(module.testing for module in tas(bank)))
        return not run.tests.progress.active

    await run.until(finished)
    assert run.tests.progress.finished == {2: Outcome.DONE}
    assert max(loaded) == 1
    module.write(0x000C, 0xF0F0)
    run.tests.request(run.modules[:1])  # of the same: not started twice
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE}
    assert starts.of == [2]


async def test_modules_that_always_say_they_are_at_it_hold_the_others_up_once(bank: Bank, run: Run) -> None:
    bank.faults.registers |= {unit_id: {0x000C: 0xF0F0} for unit_id in (2, 3, 4)}
    began = asyncio.get_running_loop().time()
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE}
    assert asyncio.get_running_loop().time() - began < 2 * 60 + 40  # s, and not thrice the time that is given to one


@pytest.mark.parametrize("error", [NoAnswerError("lost"), UnreadableAnswerError("spoilt"), LineDownError("pulled")])
async def test_a_start_that_nobody_confirms_counts_as_one(
    bank: Bank, run: Run, starts: Starts, error: MonitorError
) -> None:
    starts.spoil.append(error)
    run.tests.request(run.modules[:2])
    loaded: list[int] = []

    def finished() -> bool:
        loaded.append(sum(module.testing for module in tas(bank)))
        return not run.tests.progress.active

    await run.until(finished)
    assert max(loaded) == 1
    assert run.tests.progress.finished == {1: Outcome.DONE, 2: Outcome.DONE}
    assert starts.of == [1, 2]


async def test_a_module_that_says_late_that_it_is_at_it_is_not_done(bank: Bank, run: Run) -> None:
    module = tas(bank)[0]
    bank.faults.registers[1] = {0x000C: 0x0000}  # it is at it, and does not say so
    run.tests.request(run.modules[:2])
    await run.until(lambda: module.testing)
    await asyncio.sleep(8)
    assert run.tests.progress.running == 1
    bank.faults.registers.clear()
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE, 2: Outcome.DONE}


async def test_a_start_that_was_lost_is_tried_once_more(run: Run, starts: Starts) -> None:
    starts.lose.append(NoAnswerError("lost"))
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE}
    assert starts.of == [1, 1]


async def test_a_start_that_is_lost_twice_or_refused_has_failed(run: Run, starts: Starts) -> None:
    starts.lose += [NoAnswerError("lost"), NoAnswerError("lost")]
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert (run.tests.progress.finished, starts.of) == ({1: Outcome.FAILED}, [1, 1])
    starts.lose += [RefusedError("no")]
    run.tests.request(run.modules[1:2])
    await run.until(lambda: not run.tests.progress.active)
    assert (run.tests.progress.finished, starts.of) == ({2: Outcome.FAILED}, [1, 1, 2])


async def test_a_dead_module_fails_its_test_and_the_next_goes_on(bank: Bank, run: Run) -> None:
    bank.faults.dead.add(2)
    run.tests.request(run.modules[:3])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE, 2: Outcome.FAILED, 3: Outcome.DONE}


async def test_a_module_that_never_finishes_fails_its_test(bank: Bank, run: Run) -> None:
    bank.faults.registers[1] = {0x000C: 0xF0F0, 0x0003: 4500}
    run.tests.request(run.modules[:2])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.FAILED, 2: Outcome.DONE}


async def test_modules_without_resistance_are_refused_before_anything_starts(run: Run) -> None:
    tc = run.line.modules[5]
    with pytest.raises(UnknownCommandError):
        run.tests.request([run.modules[0], tc])
    assert not run.tests.progress.active


def test_progress_of_a_part() -> None:
    progress = Progress(waiting=(3, 4), running=2, finished={1: Outcome.DONE})
    assert progress.share == 0.25
    part = progress.of({1, 2})
    assert (part.waiting, part.running, part.share, part.active) == ((), 2, 0.5, True)
    other = progress.of({9})
    assert (other.share, other.active) == (None, False)


class Loads:
    """Notes, each time a test is started, which other modules test at that moment."""

    def __init__(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started: list[int] = []
        self.overlaps: list[tuple[int, int]] = []
        write = TA.write

        def started(module: TA, register: int, value: int) -> None:
            if register == 0x000C:
                self.started.append(module.unit_id)
                self.overlaps += [(one.unit_id, module.unit_id) for one in tas(bank) if one.testing]
            write(module, register, value)

        monkeypatch.setattr(TA, "write", started)


@pytest.fixture
def loads(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Loads:
    return Loads(bank, monkeypatch)


async def test_a_module_that_reports_the_end_at_once_is_not_believed(bank: Bank, run: Run, loads: Loads) -> None:
    """0x000C reads 0 right after the command, while the module tests for 30 s."""
    bank.faults.registers = {unit_id: {0x000C: 0} for unit_id in (1, 2, 3, 4)}
    run.tests.request(run.modules)
    await run.until(lambda: not run.tests.progress.active)
    assert loads.started == [1, 2, 3, 4]
    assert loads.overlaps == []
    assert run.tests.progress.finished == dict.fromkeys((1, 2, 3, 4), Outcome.DONE)


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_modules_report_no_two_test_at_once(bank: Bank, run: Run, loads: Loads, seed: int) -> None:
    """State of the test and result are random at each read, as long as the tests run."""
    random = Random(seed)
    read = TA.read

    def liar(module: TA, register: int) -> int:
        if register in (0x0003, 0x000C) and random.random() < 0.7:
            return random.choice((0, 0xF0F0, 4000 + random.randrange(1000)))
        return read(module, register)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TA, "read", liar)
        run.tests.request(run.modules)
        await run.until(lambda: not run.tests.progress.active)
    assert loads.overlaps == []


@pytest.mark.parametrize("always", [0x0001, 0xF0F0])
async def test_modules_that_always_report_a_test_are_tested_all_the_same(
    bank: Bank, run: Run, loads: Loads, always: int
) -> None:
    bank.faults.registers = {ta.unit_id: {0x000C: always} for ta in tas(bank)}
    for count in (1, 2):
        run.tests.request(run.modules)
        await run.until(lambda: not run.tests.progress.active)
        assert set(run.tests.progress.finished.values()) == {Outcome.DONE}
        assert len(loads.started) == count * len(run.modules)
    assert loads.overlaps == []


async def test_the_old_value_is_no_result(bank: Bank, run: Run) -> None:
    """The module confirms the command and does nothing: its old value stays, and it is never seen running."""
    for module in tas(bank):
        module.ohmic_value = 0.0045
    bank.faults.forgetful.add(1)
    run.tests.request(run.modules[:2])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.FAILED, 2: Outcome.DONE}
    assert run.results[1] is None


async def test_the_same_value_is_a_result_of_a_test_that_was_seen(bank: Bank, run: Run) -> None:
    module = tas(bank)[0]
    module.ohmic_value = module.battery.ohmic_value
    module.random = Still()
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert run.results[1] == pytest.approx(module.battery.ohmic_value, abs=1e-6)


@pytest.mark.parametrize("lost", [1, 2, 4])
async def test_answers_lost_before_the_start_do_not_end_the_test(bank: Bank, run: Run, loads: Loads, lost: int) -> None:
    await run.until(lambda: run.line.online == 5)
    bank.faults.lost[1, 0x000C] = lost + 1  # of these, one is of the check for tests of others
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.DONE}
    assert loads.started == [1]


async def test_a_module_that_falls_silent_while_it_tests_keeps_the_next_waiting(
    bank: Bank, run: Run, loads: Loads
) -> None:
    run.tests.request(run.modules[:2])
    await run.until(lambda: loads.started == [1])
    bank.faults.dead.add(1)
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.FAILED, 2: Outcome.DONE}
    assert loads.overlaps == []


async def test_a_command_that_cannot_be_saved_is_not_sent(bank: Bank, run: Run, loads: Loads) -> None:
    async def disk_full(_: object) -> None:
        raise MonitorError("no space left on device")

    run.tests._turns._save = disk_full
    run.tests.request(run.modules[:1])
    await run.until(lambda: not run.tests.progress.active)
    assert run.tests.progress.finished == {1: Outcome.FAILED}
    assert loads.started == []


async def test_a_restart_waits_for_the_longest_time_of_a_test() -> None:
    clock = loop_clock()
    saved: list[dict[str, Commanded]] = []

    async def save(commanded: Mapping[str, Commanded]) -> None:
        saved.append(dict(commanded))

    turns = ResistanceTurns(save=save, clock=clock)
    async with turns.take({"/dev/ttyUSB0"}) as turn, turn.command(30.0):
        assert [*saved[-1]] == ["/dev/ttyUSB0"]  # before anything is sent
        killed = clock.monotonic()
    async with ResistanceTurns(commanded=saved[-1], clock=clock).take({"/dev/ttyUSB1"}):
        assert clock.monotonic() - killed >= 33


async def test_places_in_common_take_turns_and_others_do_not_wait() -> None:
    clock = loop_clock()
    turns = ResistanceTurns(clock=clock)
    began = clock.monotonic()
    async with turns.take({"localhost:502", "[127.0.0.1]:502"}) as turn, turn.command(30.0):
        pass
    async with turns.take({"/dev/ttyUSB0"}):
        assert clock.monotonic() == began
    async with turns.take({"127.0.0.1:502", "[127.0.0.1]:502"}):
        assert clock.monotonic() - began >= 33
