"""What hundreds of batteries cost: states, updates, and how much is done while other work waits. It is counted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
import gc
from pathlib import Path
from statistics import fmean
import sys
from time import process_time
from types import FunctionType, ModuleType

from conftest import FAST, string_data, until, until_gone
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from virtual_time import VirtualTimeLoop, hurried

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.runtime.updates import Updates
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_registry import EVENT_ENTITY_REGISTRY_UPDATED
from simulator.bank import Bank, build
from simulator.modules import BatteryModule
from simulator.wire import Terminal, Wire

BATTERIES = 40
ONE_BATTERY = 25  # states of a battery at the most, with all its entities
ONE_STRING = 60  # and of a string


@pytest.fixture
def long_string() -> Bank:
    """Return a string of 40 batteries with a string module."""
    return build({"line": {"baud": FAST}, "string": [{"name": "A", "batteries": BATTERIES, "string_module": 101}]})


class Passes:
    """Counts the states that are written and removed in one pass of the event loop."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to count."""
        assert isinstance(hass.loop, VirtualTimeLoop)
        self.most = self.all = self._now = 0
        self._unlisten = hass.bus.async_listen(EVENT_STATE_CHANGED, self._written)
        hass.loop.each_pass = self._next_pass

    def end(self) -> None:
        """Count no more."""
        self._unlisten()

    @callback
    def _written(self, _: Event[EventStateChangedData]) -> None:
        self._now += 1
        self.all += 1
        self.most = max(self.most, self._now)

    def _next_pass(self) -> None:
        self._now = 0


async def test_other_work_runs_while_a_line_is_set_up_and_unloaded(
    hass: HomeAssistant, long_string: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """In one go, 40 batteries would write more than 500 states."""
    plug(long_string)
    entry = line_entry(string_data(count=BATTERIES, string_module=101))
    passes = Passes(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    passes.end()
    assert passes.all > 9 * BATTERIES
    assert passes.most <= ONE_BATTERY + ONE_STRING

    await until(hass, f"sensor.a_battery_{BATTERIES}_voltage", lambda state: float(state) > 13)
    passes = Passes(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    passes.end()
    assert passes.all > 9 * BATTERIES
    assert passes.most <= 5 * 20  # of five platforms


async def test_a_new_entity_is_registered_in_one_step(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """Each step is an event that the recorder writes: most of the work when hundreds of batteries are added."""
    plug(bank)
    entry = line_entry()
    steps = async_capture_events(hass, EVENT_ENTITY_REGISTRY_UPDATED)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert {event.data["action"] for event in steps} == {"create"}
    voltage = er.async_get(hass).async_get("sensor.a_battery_1_voltage")
    assert voltage is not None
    assert voltage.options["sensor"]["suggested_display_precision"] == 3


async def test_other_work_runs_while_the_values_of_a_line_go(
    hass: HomeAssistant, long_string: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """The port is pulled: all values become unavailable, but not in one go."""
    terminal = plug(long_string)
    entry = line_entry(string_data(count=BATTERIES, string_module=101))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, f"sensor.a_battery_{BATTERIES}_voltage", lambda state: float(state) > 13)
    passes = Passes(hass)
    await terminal.pull()
    await until_gone(hass, f"sensor.a_battery_{BATTERIES}_voltage")
    passes.end()
    assert passes.all > 3 * BATTERIES
    assert passes.most <= ONE_BATTERY + 2 * ONE_STRING


@pytest.mark.parametrize("offline", [False, True], ids=["the port is pulled", "no module answers"])
async def test_other_work_runs_after_each_string_of_a_line_that_goes(
    hass: HomeAssistant,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    offline: bool,
) -> None:
    """Each string has about a dozen states that change then; those of four strings in one go would be 53."""
    first = {"A": 1, "B": 11, "C": 21, "D": 31}
    bank = build(
        {
            "line": {"baud": FAST},
            "string": [
                {"name": name, "batteries": 2, "first_address": at, "string_module": at + 2}
                for name, at in first.items()
            ],
        }
    )
    terminal = plug(bank)
    entry = line_entry(*(string_data(at, 2, at + 2, name) for name, at in first.items()))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.d_battery_2_voltage", lambda state: float(state) > 13)
    await asyncio.sleep(5)
    passes = Passes(hass)
    if offline:
        bank.faults.dead |= bank.modules.keys()
    else:
        await terminal.pull()
    await until_gone(hass, "sensor.d_battery_2_voltage")
    await asyncio.sleep(5)
    passes.end()
    assert passes.all > 4 * 10
    assert passes.most <= 30, passes.most


def test_a_poll_updates_only_what_shows_polls() -> None:
    updates, updated = Updates(), list[str]()
    updates.async_subscribe("a", lambda: updated.append("voltage"))
    end = updates.async_subscribe("a", lambda: updated.append("risk"), polls=False)
    updates.async_notify_polled("a")
    assert updated == ["voltage"]
    updates.async_notify("a", "b")
    assert updated == ["voltage", "voltage", "risk"]
    end()
    updates.async_notify("a")
    assert updated == ["voltage", "voltage", "risk", "voltage"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("warming", "rows"), [(0.0, 4.0), (0.25, 6.0)], ids=["quiet", "the room warms up"])
async def test_a_quiet_hour_makes_few_states_and_they_tell_the_truth(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    warming: float,
    rows: float,
) -> None:
    """A chart of the states is within the accuracy of the sensor, and their hourly mean within its resolution.

    The sensors' accuracy is 0.2 % of the voltage, 24 mV; their resolution is 1 mV and 0.1 °C. The truth is that of the
    simulated batteries. The room warms up by so many K in an hour, and the charger follows with 3 mV/K of a cell.
    """
    plug(bank)
    entry = line_entry()
    string = bank.strings["A"]
    for battery in string.batteries:
        battery.temperature = string.ambient + 1.0
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage_deviation", lambda state: abs(float(state)) < 1)
    await asyncio.sleep(60)
    written = Counter[str]()

    @callback
    def count(event: Event[EventStateChangedData]) -> None:
        if "battery_" in event.data["entity_id"]:
            written[event.data["entity_id"]] += 1

    hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    modules = [module for module in bank.modules.values() if isinstance(module, BatteryModule)]
    errors: dict[tuple[str, int], list[float]] = {
        (kind, module.unit_id): [] for kind in ("voltage", "temperature") for module in modules
    }
    for _ in range(720):
        await asyncio.sleep(5)
        if warming:
            string.ambient += warming / 720
            string.charge_voltage -= 0.003 * warming / 720
            for battery in string.batteries:
                battery.temperature += warming / 720
        for module in modules:
            truth = {"voltage": module.battery.voltage(string.current), "temperature": module.battery.temperature}
            for kind, true in truth.items():
                shown = hass.states.get(f"sensor.a_battery_{module.unit_id}_{kind}")
                assert shown is not None
                errors[kind, module.unit_id].append(float(shown.state) - true)
    for (kind, _), away in errors.items():
        accuracy, resolution = (0.024, 0.001) if kind == "voltage" else (0.5, 0.1)
        assert max(map(abs, away)) < accuracy
        assert abs(fmean(away)) < resolution
    assert sum(written.values()) / len(modules) <= rows, written


async def test_timers_are_due_in_the_virtual_time_of_any_month() -> None:
    """After half a year, the next number after the s of the loop is further away than the 1 ns that asyncio allows."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    for _ in range(20):
        loop.move(30 * 86400)
        for wait in (0.001, 0.0016493, 0.37):  # a timer that is never due would hang here
            await asyncio.sleep(wait)


def held(lines: Sequence[MockConfigEntry]) -> dict[str, int]:
    """Return what this process holds: objects of ours and of asyncio, tasks, open files, bytes of the strings' states.

    The memory of the process tells nothing here: the storage and the log of the test remember everything.
    """
    gc.collect()
    objects = Counter(type(one).__module__.split(".")[0] for one in gc.get_objects())
    strings = [string for entry in lines for string in entry.runtime_data.strings]
    return {
        "ours": objects["custom_components"],
        "asyncio": objects["asyncio"] + objects["_asyncio"],
        "tasks": len(asyncio.all_tasks()),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "bytes": size(*(string.state for string in strings)),
    }


def size(*values: object) -> int:
    """Return the bytes of values with all that they refer to, besides classes and functions."""
    seen, left = set[int](), list(values)
    total = 0
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        left += gc.get_referents(one)
    return total


async def assert_nothing_grows(*lines: MockConfigEntry, periods: int, parts: int, days: float, stall: float) -> None:
    """Let periods go by, and compare what is held after the second one with after the later ones.

    A period has parts of so many days, each with a second at the end in which the lines are polled as always.
    """
    counts = []
    for period in range(periods):
        for _ in range(parts):
            with hurried(stall):
                await asyncio.sleep(days * 86400)
            await asyncio.sleep(1)
        counts.append(held(lines))
        print(period + 1, counts[-1], f"{process_time():.0f} s", flush=True)  # noqa: T201 - shown with -s
    first, *later = counts[1:]  # the running means of the first weeks fill up
    for one in later:
        assert one["tasks"] <= first["tasks"] + 1
        assert one["files"] <= first["files"]
        assert one["asyncio"] <= 1.15 * first["asyncio"]  # a round may be under way
        assert one["ours"] <= 1.02 * first["ours"], counts
        assert one["bytes"] <= 1.05 * first["bytes"], counts


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_nothing_grows_from_week_to_week(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """A line is polled every four minutes for weeks, and has no more objects, tasks or open files than before."""
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage_deviation", lambda state: abs(float(state)) < 1)
    await assert_nothing_grows(entry, periods=4, parts=1, days=7, stall=240)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_nothing_grows_in_a_year_of_240_batteries(hass: HomeAssistant, tmp_path: Path) -> None:
    """240 batteries on four lines are polled every 20 hours for a year, so at another time of each day.

    A round has to end within a second, or the line never waits, and its time can't be hurried: 240 modules on one line
    take longer.
    """
    terminals, entries = list[Terminal](), list[MockConfigEntry]()
    for name in "ABCD":
        port = tmp_path / f"tty{name}"
        string = {"name": name, "batteries": 60, "string_module": 61}
        simulated = build({"line": {"baud": FAST}, "string": [string]})
        simulated.speed = 0.001  # batteries on float do nothing in a year, and each of their hours has to be calculated
        terminals.append(Terminal(Wire(simulated), port))
        terminals[-1].plug()
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=f"Line {name}",
            unique_id=str(port),
            data={"connection": "serial", "device": str(port), "baudrate": FAST, "parity": "N"},
            subentries_data=[string_data(count=60, string_module=61, name=name)],
        )
        entry.add_to_hass(hass)
        entries.append(entry)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.d_battery_60_voltage_deviation", lambda state: abs(float(state)) < 1)
    try:
        await assert_nothing_grows(*entries, periods=12, parts=10, days=3.04, stall=72000)
    finally:
        for terminal in terminals:
            await terminal.pull()
