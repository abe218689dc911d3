"""Strings in parallel on one bus bar: totals and shares by arithmetic, and a bank of a real Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conftest import FAST, device_of, eventually, refused_at, state_of, string_data, until, until_unknown
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from virtual_time import hurried

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.bank import BankState, Member, Remaining, bank
from custom_components.battery_bank.monitor.battery.events import (
    AlarmCleared,
    AlarmRaised,
    Event,
    Level,
    OperatingState,
)
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from homeassistant.components.device_automation import DeviceAutomationType, async_get_device_automations
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.bank import Bank, build
from simulator.physics import Battery
from simulator.wire import Terminal, Wire


def shared(
    *currents: float | None, capacities: tuple[float, ...] | None = None, voltage: float | None = 48.0
) -> BankState:
    each = capacities or (100.0,) * len(currents)
    names = "abcdef"
    return bank(
        {
            name: Member(capacity=capacity, current=current, voltage=voltage)
            for name, current, capacity in zip(names, currents, each, strict=False)
        }
    )


def test_totals_and_shares() -> None:
    state = shared(-28.0, -12.0)
    assert (state.current, state.voltage, state.power) == (-40.0, 48.0, 1920.0)
    assert state.shares == {"a": pytest.approx(0.7), "b": pytest.approx(0.3)}


@pytest.mark.parametrize(
    ("currents", "capacities", "ratios"),
    [
        ((-30.0, 30.0), (100.0, 100.0), {"a": 1.0, "b": -2.0}),
        ((-20.0, 19.0), (100.0, 100.0), {"a": 1.0, "b": -1.9}),
        ((-10.0, -10.0, 20.0), (100.0, 100.0, 200.0), {"a": 1.0, "b": 1.0, "c": -2.0}),
        ((-3.0, 3.0), (100.0, 100.0), {}),  # little
        ((0.2, 0.1), (100.0, 100.0), {}),  # float
    ],
)
def test_a_string_that_another_one_charges(
    currents: tuple[float, ...], capacities: tuple[float, ...], ratios: dict[str, float]
) -> None:
    assert shared(*currents, capacities=capacities).ratios == pytest.approx(ratios)


def test_an_open_string_carries_no_negative_zero() -> None:
    assert str(shared(-50.0, -50.0, 0.0).ratios["c"]) == "0.0"


def test_the_bus_bar_has_one_voltage() -> None:
    members = {
        "a": Member(capacity=100, current=-10.0, voltage=None),
        "b": Member(capacity=100, current=-10.0, voltage=47.0),
    }
    assert bank(members).power == 940.0


@pytest.mark.parametrize(
    ("currents", "ratios"),
    [
        ((-28.0, -12.0), (1.0, 0.6)),  # 70 : 30; the other one carries what this one does not
        ((28.0, 12.0), (1.0, 0.6)),  # a recharge
        ((-20.8, -19.2), (1.0, 0.96)),  # 52 : 48
        ((-14.0, -13.6, -12.4), (1.0, 13.6 / 13.8, 0.93)),  # 35 : 34 : 31
        ((-16.0, -16.0, -8.0), (1.0, 1.0, 0.6)),  # 40 : 40 : 20
        ((-20.0, -20.0, 0.0), (1.0, 1.0, 0.0)),  # a fuse is open
        ((-24.0, -8.0, -8.0), (1.8, 1.0, 1.0)),  # 60 : 20 : 20
        ((-18.0, -18.0, -4.0, 0.0), (1.0, 1.0, 0.3, 0.0)),  # two causes
        ((-25.0, -25.0, 5.0), (1.0, 1.0, -1 / 3)),  # charged by the others
    ],
)
def test_one_cause_is_one_string(currents: tuple[float, ...], ratios: tuple[float, ...]) -> None:
    found = shared(*currents).ratios
    assert [found[name] for name in "abcdef"[: len(currents)]] == pytest.approx(list(ratios), abs=0.001)


def test_a_share_is_by_capacity() -> None:
    """200 and 100 Ah carry 40 and 20 A."""
    assert set(shared(-40.0, -20.0, capacities=(200.0, 100.0)).ratios.values()) == {1.0}
    assert shared(-30.0, -30.0, capacities=(200.0, 100.0)).ratios == {"a": 1.0, "b": 1.5}


@pytest.mark.parametrize(
    ("currents", "known"),
    [((-5.5, -5.5), True), ((-4.5, -4.5), False), ((11.0, 10.0), True), ((9.0, 9.0), False), ((9.0, -9.0), False)],
)
def test_little_current_says_nothing(currents: tuple[float, ...], known: bool) -> None:
    """5 % of 200 Ah are 10 A out of the bank, 10 % are 20 A into it."""
    state = shared(*currents)
    assert state.current == sum(currents)
    assert bool(state.ratios) is known


def test_a_string_that_is_not_known_leaves_all_unknown() -> None:
    state = shared(-20.0, None)
    assert (state.current, state.power, state.shares, state.ratios) == (None, None, {}, {})
    assert shared(-20.0, -20.0, voltage=None).power is None


def member(
    current: float | None, state: OperatingState | None, *, charge: float | None = None, hours: float | None = None
) -> Member:
    time = Remaining(seconds=hours * 3600, low=hours * 1800, high=hours * 7200) if hours is not None else None
    return Member(
        capacity=100.0, current=current, voltage=48.0, operating_state=state, state_of_charge=charge, remaining=time
    )


@pytest.mark.parametrize(
    ("states", "of_bank"),
    [
        (("float", "float"), "float"),
        (("float", "recharge"), "recharge"),  # one is full sooner
        (("discharge", "open_circuit", "open_circuit"), "discharge"),  # one carries all
        (("discharge", "recharge"), "discharge"),  # one charges the other
        (("rest", "open_circuit"), "rest"),
        (("float", None), None),
    ],
)
def test_one_state_of_a_bank(states: tuple[str | None, ...], of_bank: str | None) -> None:
    members = {str(n): member(0.0, OperatingState(one) if one else None) for n, one in enumerate(states)}
    assert bank(members).operating_state == of_bank


def test_the_charge_of_a_bank_is_by_capacity() -> None:
    """200 Ah full and 100 Ah half full are 250 of 300 Ah."""
    members = {
        "a": replace(member(1.0, OperatingState.FLOAT, charge=1.0), capacity=200.0),
        "b": member(1.0, OperatingState.FLOAT, charge=0.5),
    }
    assert bank(members).state_of_charge == pytest.approx(250 / 300)
    assert bank(members | {"c": member(1.0, OperatingState.FLOAT)}).state_of_charge is None


def test_one_remaining_time_of_a_bank() -> None:
    """30 A for 1 h and 10 A for 2 h are 50 Ah, which last 75 min at 40 A."""
    discharge = OperatingState.DISCHARGE
    members = {"a": member(-30.0, discharge, hours=1.0), "b": member(-10.0, discharge, hours=2.0)}
    assert bank(members).remaining == Remaining(seconds=4500, low=2250, high=9000)
    # An open string has nothing to give. One that is not known may have.
    assert bank(members | {"c": member(0.0, OperatingState.OPEN_CIRCUIT)}).remaining == bank(members).remaining
    assert bank(members | {"c": member(-10.0, discharge)}).remaining is None
    assert bank(members | {"c": member(None, None)}).remaining is None
    assert bank({"a": member(1.0, OperatingState.FLOAT), "b": member(1.0, OperatingState.FLOAT)}).remaining is None


def test_a_bank_that_carries_nothing_has_no_negative_power() -> None:
    assert str(shared(0.0, 0.0).power) == "0.0"


SETTINGS = Settings(batteries=("1", "2", "3", "4"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)


class Shared:
    """Strings in parallel, each monitored with its share of the bank."""

    def __init__(self, count: int) -> None:
        self.states = [StringState() for _ in range(count)]
        self.events: list[tuple[float, int, Event]] = []
        self.at = 1.8e9

    def carry(self, seconds: int, *currents: float, cell: float = 2.0) -> None:
        for _ in range(seconds // 5):
            self.at += 5.0
            members = {str(n): Member(capacity=100.0, current=one) for n, one in enumerate(currents)}
            ratios = bank(members).ratios
            for number, current in enumerate(currents):
                voltages = dict.fromkeys(SETTINGS.batteries, 6 * cell)
                sample = Sample(at=self.at, voltages=voltages, current=current, share=ratios.get(str(number)))
                self.states[number], events = watch.step(SETTINGS, self.states[number], sample)
                self.events += [(self.at, number, event) for event in events]

    def raised(self) -> list[tuple[int, Level]]:
        return [
            (number, event.alarm.level)
            for _, number, event in self.events
            if isinstance(event, AlarmRaised) and event.alarm.kind is AlarmKind.CURRENT_SHARE
        ]


@pytest.mark.parametrize(
    ("currents", "raised"),
    [
        ((-28.0, -12.0), [(1, Level.ALARM)]),
        ((-16.0, -16.0, -8.0), [(2, Level.ALARM)]),
        ((-20.0, -20.0, 0.0), [(2, Level.ALARM)]),
        ((-22.6, -17.4), []),
        ((-23.0, -15.0), [(1, Level.WARNING)]),  # 0.789
        ((-20.8, -19.2), []),
        ((-14.0, -13.6, -12.4), []),
    ],
)
def test_an_alarm_names_the_string_within_two_minutes(
    currents: tuple[float, ...], raised: list[tuple[int, Level]]
) -> None:
    strings = Shared(len(currents))
    strings.carry(600, *(0.1 for _ in currents), cell=2.27)
    assert strings.raised() == []
    strings.carry(120, *currents)
    assert strings.raised() == raised
    strings.carry(3600, *(0.1 for _ in currents), cell=2.27)  # no load: whether it is well again is unknown
    assert strings.raised() == raised
    strings.carry(300, *(-20.0 for _ in currents))
    cleared = [number for _, number, event in strings.events if isinstance(event, AlarmCleared)]
    assert cleared == [number for number, _ in raised]
    assert all(a[0] <= b[0] for a, b in pairwise(strings.events))


def test_a_string_of_no_bank_has_no_such_alarm() -> None:
    assert Sample(at=1.0).share == 1.0


def together(one: Battery, other: Battery, total: float) -> float:
    """Return the current in A of one of two batteries in parallel: both have the same voltage."""
    low, high = -3 * abs(total), 3 * abs(total)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if one.voltage(middle) < other.voltage(total - middle) else (low, middle)
    return low


@pytest.mark.parametrize("rate", [-1.0, -0.2, -0.05, 0.1, 0.2])
@pytest.mark.parametrize(
    "differs",
    [
        {"resistance_factor": 1.15},
        {"capacity_factor": 0.92},
        {"temperature": 20.0},
        {"state": -0.03},
        {"capacity_factor": 0.8, "resistance_factor": 1.3},
    ],
    ids=" ".join,
)
def test_healthy_strings_share_well_enough(rate: float, differs: dict[str, float]) -> None:
    """The batteries of the simulator, side by side until one is nearly empty or full: no share is off by a fifth."""
    state = 1.0 if rate < 0 else 0.5
    one = Battery(nominal_voltage=12.0, capacity=100.0, state=state)
    other = replace(one, state=state + differs.get("state", 0.0))
    for name, value in differs.items():
        if name != "state":
            setattr(other, name, value)
    for _ in range(240):
        current = together(one, other, 200 * rate)
        ratios = shared(current, 200 * rate - current).ratios.values()
        assert all(0.8 < ratio < 1.25 for ratio in ratios)
        one.step(current, 60.0, 25.0)
        other.step(200 * rate - current, 60.0, 25.0)
        if min(one.state, other.state) < 0.1 or (rate > 0 and max(one.state, other.state) > 0.9):
            break


def test_a_string_that_was_away_is_found() -> None:
    """It was switched on again 10 % emptier than the other, and carries little at first."""
    one = Battery(nominal_voltage=12.0, capacity=100.0, state=0.9)
    current = together(one, replace(one, state=0.8), -20.0)
    assert shared(current, -20.0 - current).ratios["b"] < 0.7


@pytest.fixture
def bank_of_two() -> Bank:
    """Return two strings of four blocks and their TCs."""
    strings = [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 4, "first_address": 11, "string_module": 15},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    bank_of_two: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> MockConfigEntry:
    """Return a running line with these strings, and a third string without a string module."""
    plug(bank_of_two)
    entry = line_entry(
        string_data(),
        string_data(first=11, string_module=15, name="B"),
        string_data(first=21, count=1, string_module=None, name="C"),
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    for name in "ab":
        await until(hass, f"sensor.{name}_state", lambda state: state == "float")
        await until(hass, f"sensor.{name}_voltage", lambda state: float(state) > 50)
    return entry


def ids(entry: MockConfigEntry) -> dict[str, str]:
    return {subentry.title: subentry.subentry_id for subentry in entry.subentries.values()}


async def add_bank(hass: HomeAssistant, entry: MockConfigEntry, *names: str) -> None:
    """Add a bank by its form."""
    form = await hass.config_entries.subentries.async_init((entry.entry_id, "bank"), context={"source": "user"})
    assert form["type"] is FlowResultType.FORM
    strings = [ids(entry)[name] for name in names]
    done = await hass.config_entries.subentries.async_configure(form["flow_id"], {"name": "UPS", "strings": strings})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, "sensor.ups_current", lambda _: True)


@pytest.mark.usefixtures("all_enabled")
async def test_a_bank_shows_totals_shares_and_the_string_that_carries_too_little(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, bank_of_two: Bank, entry: MockConfigEntry
) -> None:
    await add_bank(hass, entry, "A", "B")
    assert state_of(hass, "binary_sensor.ups_problem") == "off"
    events = async_capture_events(hass, "battery_bank_event")
    loads = {"A": 28.0, "B": 12.0}
    for name, load in loads.items():
        bank_of_two.strings[name].load = load
        bank_of_two.strings[name].mains = False
    await until(hass, "sensor.ups_current", lambda state: abs(float(state) + 40) < 1)
    await until(hass, "sensor.ups_share_of_b", lambda state: abs(float(state) - 30) < 2)
    await until(hass, "sensor.ups_power", lambda state: 1700 < float(state) < 2100)
    assert state_of(hass, "sensor.ups_alarm_level") == "ok"
    await until(hass, "binary_sensor.ups_problem", lambda state: state == "on", seconds=150)
    await until(hass, "sensor.ups_alarm_level", lambda state: state == "alarm")
    assert state_of(hass, "sensor.ups_state") == "discharge"
    await until(hass, "sensor.ups_remaining_time", lambda state: float(state) > 0, seconds=300)
    times = [float(state_of(hass, f"sensor.{name}_remaining_time")) for name in ("a", "b")]
    assert min(times) <= float(state_of(hass, "sensor.ups_remaining_time")) <= max(times)
    raised = [event.data for event in events if event.data.get("kind") == "current_share"]
    assert [(one["string"], one["level"], one["limit"]) for one in raised] == [("B", "alarm", 0.7)]
    assert raised[0]["value"] == pytest.approx(0.6, abs=0.03)
    assert state_of(hass, "binary_sensor.a_problem") == "off"
    downloaded: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert downloaded["banks"][0]["now"]["current"] == pytest.approx(-40, abs=1)
    # The totals are those of both, from when the bank was made.
    with hurried(15):
        await asyncio.sleep(600)
    await until(hass, "sensor.ups_energy_out", lambda state: float(state) > 0.2)
    both = float(state_of(hass, "sensor.a_energy_out")) + float(state_of(hass, "sensor.b_energy_out"))
    assert float(state_of(hass, "sensor.ups_energy_out")) == pytest.approx(both, abs=0.03)

    bank_of_two.faults.dead.add(15)
    await until_unknown(hass, "sensor.ups_current")
    state = hass.states.get("sensor.ups_current")
    assert state is not None
    assert state.attributes["reason"] == "string_unknown"
    await until_unknown(hass, "sensor.ups_remaining_time")
    await until_unknown(hass, "sensor.ups_power")
    assert state_of(hass, "binary_sensor.ups_problem") == "on"  # unknown holds
    bank_of_two.faults.dead.clear()
    bank_of_two.strings["A"].load = bank_of_two.strings["B"].load = 20.0
    await until(hass, "binary_sensor.ups_problem", lambda state: state == "off", seconds=300)


async def test_the_form_of_a_bank(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = hass.config_entries.subentries
    form = await flow.async_init((entry.entry_id, "bank"), context={"source": "user"})
    assert form["data_schema"] is not None
    options = form["data_schema"].schema["strings"].config["options"]
    assert [one["label"] for one in options] == ["A", "B"]  # C measures no current
    wrong = await flow.async_configure(form["flow_id"], {"name": "UPS", "strings": [ids(entry)["A"]]})
    assert wrong["errors"] == {"strings": "too_few_chosen"}
    wrong = await flow.async_configure(form["flow_id"], {"name": " ", "strings": [ids(entry)["A"], ids(entry)["B"]]})
    assert wrong["errors"] == refused_at("name", "bad_text")
    flow.async_abort(form["flow_id"])
    await add_bank(hass, entry, "A", "B")
    again = await flow.async_init((entry.entry_id, "bank"), context={"source": "user"})
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "too_few_strings")  # both are taken
    assert await hass.config_entries.async_unload(entry.entry_id)
    stopped = await flow.async_init((entry.entry_id, "bank"), context={"source": "user"})
    assert (stopped["type"], stopped["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert await hass.config_entries.async_setup(entry.entry_id)
    # It is changed, and keeps its entities.
    bank_id = ids(entry)["UPS"]
    form = await flow.async_init((entry.entry_id, "bank"), context={"source": "reconfigure", "subentry_id": bank_id})
    strings = [ids(entry)["A"], ids(entry)["B"]]
    done = await flow.async_configure(form["flow_id"], {"name": "Plant", "strings": strings})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await eventually(lambda: [bank.name for bank in entry.runtime_data.banks] == ["Plant"])
    device = device_of(hass, entry, bank_id)
    triggers = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, [device])
    assert not [one for one in triggers[device] if one["domain"] == "battery_bank"]
    # A string that is deleted leaves the bank.
    assert hass.config_entries.async_remove_subentry(entry, ids(entry)["B"])
    await eventually(lambda: hass.states.get("sensor.ups_share_of_b") is None)
    await until(hass, "sensor.ups_current", lambda _: True)


async def test_strings_of_two_lines_make_a_bank(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """While one line is not set up, the bank is unknown."""
    other = MockConfigEntry(
        domain="battery_bank",
        title="Other",
        data=dict(entry.data),
        subentries_data=[
            ConfigSubentryData(
                data={"strings": list(ids(entry).values())[:2]}, subentry_type="bank", title="Both", unique_id=None
            )
        ],
    )
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await until(hass, "sensor.both_current", lambda state: float(state) < 1)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await until_unknown(hass, "sensor.both_current")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.both_current", lambda state: float(state) < 1)


@pytest.fixture
def there() -> Bank:
    """Return the strings of another line: one with a TC, and one without."""
    strings = [
        {"name": "C", "batteries": 4, "first_address": 21, "string_module": 25},
        {"name": "D", "batteries": 2, "first_address": 31},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def lines(
    hass: HomeAssistant,
    bank_of_two: Bank,
    there: Bank,
    plug: Callable[[Bank], Terminal],
    port: Path,
    line_entry: Callable[..., MockConfigEntry],
) -> AsyncGenerator[tuple[MockConfigEntry, MockConfigEntry]]:
    """Yield two running lines, with a bank of A, B and C at the second one, and one of B and D."""
    plug(bank_of_two)
    terminal = Terminal(Wire(there), other_port := port.with_name("ttyOTHER"))
    terminal.plug()
    entry = line_entry(string_data(), string_data(11, 4, 15, "B"))
    other = line_entry(string_data(21, 4, 25, "C"), string_data(31, 2, None, "D"), device=str(other_port))
    named = ids(entry) | ids(other)
    for title, names in (("Bus", "ABC"), ("Odd", "BD")):  # the form offers no string without a current, as D is
        data = {"strings": [named[name] for name in names]}
        subentry = ConfigSubentry(data=MappingProxyType(data), subentry_type="bank", title=title, unique_id=None)
        hass.config_entries.async_add_subentry(other, subentry)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: other.state is ConfigEntryState.LOADED)
    yield entry, other
    for line in (entry, other):
        assert await hass.config_entries.async_unload(line.entry_id)
    await terminal.pull()


@pytest.mark.usefixtures("all_enabled", "lines")
async def test_three_strings_of_two_lines_have_totals_while_all_are_known(
    hass: HomeAssistant, bank_of_two: Bank, there: Bank
) -> None:
    """Of 33, 21 and 12 A, that is 50, 32 and 18 %. A string without a string module has no part in a total."""
    await until(hass, "sensor.bus_state", lambda state: state == "float", seconds=300)
    for name in "abcd":
        await until(hass, f"sensor.{name}_voltage", lambda state: float(state) > 20)
    assert state_of(hass, "sensor.bus_alarm_level") == "ok"
    for total in ("current", "power", "state_of_charge"):
        assert state_of(hass, f"sensor.odd_{total}") == "unknown"

    strings = bank_of_two.strings | there.strings
    for name, load in (("A", 33.0), ("B", 21.0), ("C", 12.0)):
        strings[name].load, strings[name].mains = load, False
    await until(hass, "sensor.bus_current", lambda state: abs(float(state) + 66) < 1)
    await until(hass, "sensor.bus_state", lambda state: state == "discharge")
    found = sorted(one for one in hass.states.async_entity_ids("sensor") if "bus_share_of" in one)
    for entity_id, share in zip(found, (50, 32, 18), strict=True):
        await eventually(lambda one=entity_id, share=share: abs(float(state_of(hass, one)) - share) < 2)  # type: ignore[misc]
    volts = float(state_of(hass, "sensor.a_voltage"))
    await until(hass, "sensor.bus_power", lambda state: abs(float(state) - 66 * volts) < 66 * 2)

    there.faults.dead |= {21, 22, 23, 24, 25}
    totals = [f"sensor.bus_{total}" for total in ("current", "power", "state_of_charge", "state", "remaining_time")]
    for entity_id in (*totals, *found, "binary_sensor.bus_charging"):
        await until_unknown(hass, entity_id, seconds=200)
    await until(hass, "sensor.bus_alarm_level", lambda level: level not in ("ok", "warning"), seconds=200)
    energy = [float(state_of(hass, f"sensor.{name}_energy_out")) for name in "abc"]
    assert float(state_of(hass, "sensor.bus_energy_out")) == pytest.approx(sum(energy), abs=0.05)
    there.faults.dead.clear()
    await until(hass, "sensor.bus_current", lambda state: abs(float(state) + 66) < 1, seconds=300)
    await until(hass, "sensor.bus_state", lambda state: state == "discharge", seconds=300)
    # Without the string module of one string alone, its current is missing, and with it the total.
    there.faults.dead.add(25)
    for entity_id in ("sensor.bus_current", "sensor.bus_power", *found):
        await until_unknown(hass, entity_id, seconds=200)
    assert float(state_of(hass, "sensor.c_voltage")) > 40
    there.faults.dead.clear()
    await until(hass, "sensor.bus_current", lambda state: abs(float(state) + 66) < 1, seconds=300)
