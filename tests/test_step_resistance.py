"""The resistance of batteries from steps of the load, beside the known one of two simulations that share no code."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from statistics import median

from conftest import FAST, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.monitor.battery import learning, operations, state_codec
from custom_components.battery_bank.monitor.battery.events import Replaced
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.step_resistance import OneStep, resistance
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from homeassistant.core import HomeAssistant
from simulator import physics
from simulator.bank import Bank, build
from simulator.truth.circuit import Circuit
from simulator.truth.monitor import START
from simulator.truth.scene import blocks, string
from simulator.wire import Terminal

HOUR = 3600.0
BATTERIES = 8
WEAK = 3  # the place of the battery that has a quarter more than the others
CAPACITY = 100.0
STEPS = (0.1, 0.2, 0.12, 0.25, 0.1, 0.3, 0.15, 0.1, 0.22, 0.1)  # of C10, five minutes each

type Load = Callable[[float], float]  # A, by the s since the discharge began


def stepped(at: float) -> float:
    return CAPACITY * STEPS[int(at // 300) % len(STEPS)]


def pulsed(at: float) -> float:
    return CAPACITY * (0.3 if at % 60 < 30 else 0.1)


@dataclass(kw_only=True)
class Rig:
    """Modules that are read one after another in each round, on batteries that a load discharges."""

    settings: Settings
    volts: Callable[[float], list[float]]  # of the batteries, after a second with this load in A
    true: list[float]  # Ω
    round_time: float = 5.0  # s
    at: float = 0.0
    learned: Learned = field(default_factory=Learned)

    def discharge(self, load: Load, hours: float) -> None:
        random, settings = Random(4), self.settings
        read: dict[str, tuple[float, float]] = {}
        turn, place = 0.0, 0
        for second in range(1, int(hours * HOUR) + 1):
            self.at += 1.0
            volts = self.volts(load(second))
            turn += BATTERIES / self.round_time
            while turn >= 1:
                turn, place = turn - 1, (place + 1) % BATTERIES
                value = volts[place] + random.gauss(0, 0.0003 * settings.cells)
                step = settings.voltage_step
                read[settings.batteries[place]] = (START + self.at - random.random(), round(value / step) * step)
            self.hear(round(random.gauss(-load(second), 0.03), 1), read)

    def hear(self, current: float | None, read: Mapping[str, tuple[float, float]]) -> None:
        sample = Sample(
            at=START + self.at,
            voltages={battery: volts for battery, (_, volts) in read.items()},
            read_at={battery: at for battery, (at, _) in read.items()},
            current=current,
        )
        self.learned = learning.stepped(self.settings, self.learned, sample)

    @property
    def found(self) -> list[float | None]:
        """The resistance of each battery in Ω."""
        all_ = (resistance(self.learned.battery_steps, one) for one in self.settings.batteries)
        return [one.ohms if one else None for one in all_]

    def errors(self) -> list[float]:
        """Return the errors of the differences from the median of the string, over that of the true values."""
        found = [one for one in self.found if one is not None]
        assert len(found) == BATTERIES
        shown, right = median(found), median(self.true)
        return [((ohms - shown) - (true - right)) / right for ohms, true in zip(found, self.true, strict=True)]


def of_circuit(chemistry: Chemistry, nominal_voltage: float, voltage_step: float = 0.001) -> Rig:
    settings = string(BATTERIES, chemistry, nominal_voltage, CAPACITY, uses_load_steps=True, voltage_step=voltage_step)
    made = blocks(settings)
    made[WEAK].resistance_factor *= 1.25
    circuit = Circuit(blocks=made)

    def volts(load: float) -> list[float]:
        circuit.load = load
        circuit.advance(1.0, 1.0)
        return circuit.voltages()

    return Rig(settings=settings, volts=volts, true=[one.resistance for one in made])


def of_physics() -> Rig:
    random = Random(2)
    made = [
        physics.Battery(nominal_voltage=12.0, capacity=CAPACITY, resistance_factor=random.gauss(1, 0.03))
        for _ in range(BATTERIES)
    ]
    made[WEAK].resistance_factor *= 1.25

    def volts(load: float) -> list[float]:
        for one in made:
            one.step(-load, 1.0, 25.0)
        return [one.voltage(-load) for one in made]

    settings = string(BATTERIES, uses_load_steps=True, voltage_step=0.001)
    return Rig(settings=settings, volts=volts, true=[one.ohmic_value for one in made])


@pytest.mark.parametrize(("seconds", "steps"), [(4, BATTERIES), (20, 0)])
def test_a_load_that_rises_slowly_is_no_step(seconds: int, steps: int) -> None:
    """From 10 A to 30 A: meanwhile the voltage also falls by what was drawn."""
    rig = of_circuit(Chemistry.VRLA_AGM, 12.0)
    rig.discharge(lambda at: 10.0 + 20.0 * min(1.0, max(0.0, (at - 60) / seconds)), 0.05)
    assert len(rig.learned.battery_steps) == steps


def test_batteries_that_are_not_read_after_a_step_learn_nothing_from_it() -> None:
    rig, read = of_circuit(Chemistry.VRLA_AGM, 12.0), dict[str, tuple[float, float]]()
    for second in range(150):
        rig.at += 1.0
        if second < 30:
            read = dict.fromkeys(rig.settings.batteries, (START + rig.at, 12.5))
        rig.hear(-10.0 if second < 30 else -30.0, read)
    assert rig.learned.battery_steps == {}


@pytest.mark.parametrize(("load", "round_time"), [(stepped, 2.0), (stepped, 45.0), (pulsed, 5.0), (pulsed, 15.0)])
def test_differences_from_the_string_are_those_of_the_known_resistances(load: Load, round_time: float) -> None:
    rig = replace(of_physics(), round_time=round_time)
    rig.discharge(load, 0.6)
    assert max(abs(one) for one in rig.errors()) < 0.06
    found = [one or 0.0 for one in rig.found]
    assert found.index(max(found)) == WEAK
    # The reaction itself takes part of the voltage, and all of them alike.
    assert 1.9 < median(found) / median(rig.true) < 2.7


@pytest.mark.parametrize(
    ("chemistry", "nominal_voltage", "voltage_step", "worst"),
    [
        (Chemistry.VRLA_AGM, 12.0, 0.001, 0.08),
        (Chemistry.VRLA_AGM, 12.0, 0.01, 0.15),
        (Chemistry.VRLA_AGM, 2.0, 0.001, 0.06),
        (Chemistry.VRLA_GEL, 6.0, 0.001, 0.08),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 0.001, 0.06),
        (Chemistry.NICD, 1.2, 0.001, 0.06),
    ],
)
def test_other_chemistries_and_voltages(
    chemistry: Chemistry, nominal_voltage: float, voltage_step: float, worst: float
) -> None:
    rig = of_circuit(chemistry, nominal_voltage, voltage_step)
    rig.discharge(stepped, 0.6)
    assert max(abs(one) for one in rig.errors()) < worst
    found = [one or 0.0 for one in rig.found]
    assert found.index(max(found)) == WEAK


@pytest.mark.parametrize(
    "load",
    [
        lambda _: 20.0,  # no step
        lambda at: 20.0 if at % 300 < 150 else 17.0,  # too small
        lambda at: 20.0 if at % 300 < 150 else 0.0,  # from no load: most of it is the reaction
        lambda at: 30.0 if at % 4 < 2 else 10.0,  # no voltage is surely read in such a short time
        lambda at: 10.0 + 20.0 * (at % 300) / 300,  # a ramp
    ],
)
def test_nothing_else_is_a_step(load: Load) -> None:
    rig = of_physics()
    rig.discharge(load, 0.4)
    assert set(rig.found) == {None}


def test_a_resolution_that_is_too_coarse_gives_no_value() -> None:
    rig = of_circuit(Chemistry.VRLA_AGM, 12.0, voltage_step=0.1)
    rig.discharge(stepped, 0.4)
    assert set(rig.found) == {None}


def test_a_voltage_that_may_have_been_read_before_the_step_does_not_count() -> None:
    """The current is read once a second. A voltage of 12.4 V that is read in the same second may be of either load."""
    settings = string(1, uses_load_steps=True, voltage_step=0.001)
    rig = Rig(settings=settings, volts=lambda _: [], true=[])
    for second in range(20):
        rig.at += 1.0
        low = second >= 10
        late = {"b1": (START + 10.3, 12.4)} if second == 10 else {"b1": (START + rig.at - 0.1, 12.0 if low else 12.4)}
        rig.hear(-30.0 if low else -10.0, late)
    rig.hear(0.0, {})
    (one,) = rig.learned.battery_steps["b1"]
    assert one.ohms == pytest.approx(0.4 / 20)
    assert one.uncertainty == pytest.approx(((0.001**2 + (0.02 * 0.1) ** 2) / 6) ** 0.5 / 20)


def test_a_battery_that_missed_the_last_steps_has_no_value() -> None:
    """Its older steps are those of another load: they would show it far from the others."""
    rig = of_physics()
    rig.discharge(stepped, 0.9)
    hear, weak = rig.hear, rig.settings.batteries[WEAK]
    rig.hear = lambda current, read: hear(current, {one: at for one, at in read.items() if one != weak})  # type: ignore[method-assign]
    rig.discharge(lambda at: 80.0 if at % 60 < 30 else 50.0, 0.2)
    assert [one is None for one in rig.found] == [place == WEAK for place in range(BATTERIES)]


@pytest.mark.parametrize("round_time", [75.0, 90.0, 120.0])
def test_slow_rounds_give_no_wrong_value(round_time: float) -> None:
    """A step in which few batteries were read has a median of those few only."""
    rig = replace(of_physics(), round_time=round_time)
    rig.discharge(lambda at: stepped(at * 300 / 97), 2.0)
    assert set(rig.found) == {None} or max(abs(one) for one in rig.errors()) < 0.08


@pytest.mark.parametrize("scan", [2.5, 3.0, 3.5, 5.0, 10.0])
def test_voltages_that_are_older_than_they_say_give_no_value(scan: float) -> None:
    """A hub that answers each second from a scan of its own."""
    rig = of_physics()
    hear, held, taken = rig.hear, dict[str, float](), -scan

    def late(current: float | None, read: Mapping[str, tuple[float, float]]) -> None:
        nonlocal taken
        if rig.at - taken >= scan:
            held.update({battery: volts for battery, (_, volts) in read.items()})
            taken = rig.at
        hear(current, {battery: (START + rig.at - 0.1, volts) for battery, volts in held.items()})

    rig.hear = late  # type: ignore[method-assign]
    rig.discharge(pulsed, 0.6)
    assert all(one is None or 0.5 < one / median(rig.true) < 4 for one in rig.found)


@pytest.mark.parametrize("wired", [lambda volts: -volts, lambda _: 13.1, lambda volts: 2 * volts])
def test_a_module_that_is_wired_wrongly_hides_only_its_own_value(wired: Callable[[float], float]) -> None:
    """With its wires exchanged, at another battery, or at two batteries: then it shows a value, and an alarm."""
    rig, wrong = of_physics(), "b6"
    hear = rig.hear

    def other(current: float | None, read: Mapping[str, tuple[float, float]]) -> None:
        hear(current, {one: (at, wired(volts) if one == wrong else volts) for one, (at, volts) in read.items()})

    rig.hear = other  # type: ignore[method-assign]
    rig.discharge(pulsed, 0.4)
    known = {one: value for one, value in zip(rig.settings.batteries, rig.found, strict=True) if value is not None}
    assert {*rig.settings.batteries} - {wrong} <= known.keys()
    values = [known[one] for one in rig.settings.batteries if one != wrong]
    assert max(known, key=lambda one: known[one] if one != wrong else 0.0) == rig.settings.batteries[WEAK]
    assert 1.9 < median(values) / median(rig.true) < 2.7
    assert (wrong in known) is (wired(12.0) == 24.0)


def test_a_current_that_is_shown_again_does_not_confirm_a_voltage() -> None:
    """The string module misses two polls, in which the load changes: its old reading says nothing of them."""
    settings = string(1, uses_load_steps=True, voltage_step=0.001)
    learned = Learned()
    for second in range(21):
        low, missed = second >= 10, 10 <= second < 13
        sample = Sample(
            at=START + second,
            voltages={"b1": 12.0 if low else 12.4},
            read_at={"b1": START + second - 0.1},
            current=-30.0 if low and not missed else -10.0,
            current_at=START + (9 if missed else second),
        )
        learned = learning.stepped(settings, learned, sample)
    learned = learning.stepped(settings, learned, Sample(at=START + 21, current=0.0))
    (one,) = learned.battery_steps["b1"]
    assert one.ohms == pytest.approx(0.4 / 20)


def test_a_pause_in_the_current_hides_a_step() -> None:
    settings = string(1, uses_load_steps=True, voltage_step=0.001)
    rig = Rig(settings=settings, volts=lambda _: [], true=[])
    for second in range(20):
        rig.at += 1.0 if second != 10 else 30.0
        low = second >= 10
        rig.hear(-30.0 if low else -10.0, {"b1": (START + rig.at - 0.1, 12.0 if low else 12.4)})
    rig.hear(None, {})
    assert rig.learned.battery_steps == {}


def test_the_value_is_the_string_s_median_and_the_difference_from_it() -> None:
    """Steps of another size have another median; the battery is always 1 mΩ above it."""
    medians = (0.010, 0.014, 0.011, 0.012, 0.019)
    steps = tuple(
        OneStep(at=at, ohms=one + 0.001, string_median=one, uncertainty=0.0002) for at, one in enumerate(medians)
    )
    found = resistance({"b1": steps}, "b1")
    assert found is not None
    assert found.ohms == pytest.approx(0.013)
    # 2 · 1.25 · 0.2 mΩ / √5
    assert (found.low, found.high) == pytest.approx((0.013 - 0.000224, 0.013 + 0.000224), abs=1e-6)
    assert resistance({"b1": steps[:4]}, "b1") is None


def test_a_battery_that_missed_some_steps_is_compared_over_those_of_its_string() -> None:
    """Four steps at one load with a median of 12 mΩ, then five at another with 6 mΩ, of which it missed four."""
    medians = (0.012,) * 4 + (0.006,) * 5
    steps = tuple(OneStep(at=at, ohms=one, string_median=one, uncertainty=0.0001) for at, one in enumerate(medians))
    known = {"b1": steps[:5], "b2": steps}
    assert [found.ohms for one in known if (found := resistance(known, one))] == pytest.approx([0.006, 0.006])


def test_a_replacement_between_two_levels_gives_no_step() -> None:
    """The voltages before the step are those of the old battery."""
    settings = string(3, uses_load_steps=True, voltage_step=0.001)
    rig = Rig(settings=settings, volts=lambda _: [], true=[])
    for second in range(1, 21):
        rig.at += 1.0
        volts = 12.4 if second <= 10 else 12.0
        rig.hear(-10.0 if second <= 10 else -30.0, dict.fromkeys(settings.batteries, (START + rig.at - 0.1, volts)))
        if second == 10:
            replacement = Replaced(battery="b1", at=START + rig.at)
            state, _ = operations.replaced(settings, StringState(learned=rig.learned), replacement, START + rig.at)
            rig.learned = state.learned
    rig.hear(0.0, {})
    assert rig.learned.battery_steps == {}


def test_steps_are_saved_and_end_with_the_battery() -> None:
    settings = string(2, uses_load_steps=True)
    steps = (OneStep(at=1.0, ohms=0.01, string_median=0.011, uncertainty=0.0002),)
    learned = Learned(battery_steps={"b1": steps, "b2": steps})
    assert state_codec.decode_learned(state_codec.encode_learned(learned)) == learned
    assert state_codec.decode_learned(b'{"capacity": 90.0}').battery_steps == {}
    state, _ = operations.replaced(settings, StringState(learned=learned), Replaced(battery="b1", at=START), START)
    assert state.learned.battery_steps == {"b2": steps}


@pytest.fixture
def bank() -> Bank:
    """Return a string of voltage modules with a string module, and one with modules that measure resistance."""
    strings = [
        {"name": "V", "batteries": 4, "battery_module": "tv", "string_module": 5},
        {"name": "A", "batteries": 2, "first_address": 11, "string_module": 13, "tested": False},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.mark.slow
async def test_batteries_without_another_resistance_have_the_sensor(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    entry = line_entry(string_data(name="V", battery_module="tv"), string_data(11, 2, 13, name="A"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.v_state", lambda state: state == "float", seconds=600)
    name = "sensor.v_battery_{}_resistance_from_load_steps"
    shown = hass.states.get(name.format(1))
    assert shown is not None
    assert (shown.state, shown.attributes["reason"]) == ("unknown", "no_load_steps")
    assert hass.states.get("sensor.a_battery_1_resistance_from_load_steps") is None

    bank.strings["V"].batteries[2].resistance_factor = 1.5
    bank.strings["V"].mains = False
    for number in range(7):
        bank.strings["V"].load = 25.0 if number % 2 else 12.0
        await asyncio.sleep(15)
    values = [float(state_of(hass, name.format(number)) or 0) for number in (1, 2, 3, 4)]
    assert values.index(max(values)) == 2
    new = 1000 * physics.OHM_AMPERE_HOURS_PER_CELL * 6 / 100
    assert values[2] - median(values) == pytest.approx(0.5 * new, rel=0.15)
    attributes = hass.states.get(name.format(3)).attributes  # type: ignore[union-attr]
    assert attributes["low"] < values[2] < attributes["high"]
    assert attributes["estimated"] is True
