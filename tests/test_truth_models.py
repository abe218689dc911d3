"""The independent batteries are held to published figures and to the laws that any battery obeys."""

from itertools import pairwise
import os
from pathlib import Path
import subprocess

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth import table
from simulator.truth.circuit import Block, Circuit
from simulator.truth.counting import sum_of
from simulator.truth.electrochemistry import AGM, GEL, NICD, VENTED, Electrochemistry
from simulator.truth.scene import HOUR, Recorded, Scene, blocks, relaxing, string
from simulator.truth.stories import stories
from simulator.truth.trajectories import FOLDER, NOMINAL, trajectory

LEAD = (AGM, GEL, VENTED)
ALL = (*LEAD, NICD)
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv"))


def block(kind: Electrochemistry = AGM, cells: int = 6, temperature: float = 20.0) -> Block:
    return Block(kind=kind, cells=cells, capacity=100.0, temperature=temperature)


def drawn_until(one: Block, rate: float, end: float) -> float:
    """Discharge a block at a rate to V per cell in its own room; return the Ah."""
    ampere, ah = rate * one.capacity, 0.0
    while one.voltage(-ampere) > end * one.cells:
        one.step(-ampere, 10.0, 20.0)
        one.temperature = 20.0
        ah += ampere * 10.0 / 3600.0
    return ah


# The circuit


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.nominal:g} V {kind.resistance}")
def test_ten_hours_give_the_rated_capacity(kind: Electrochemistry) -> None:
    assert drawn_until(block(kind), 0.1, kind.end_voltage) == pytest.approx(100.0, rel=0.05)


@pytest.mark.parametrize(
    ("rate", "end", "low", "high"),
    # A VRLA block's usual table: C/5 about 85 %, C/2 55 to 65 %, 1C in about half an hour 45 to 55 %, 2C 30 to 42 %.
    [(0.2, 1.80, 76, 88), (0.5, 1.75, 52, 66), (1.0, 1.70, 44, 56), (2.0, 1.65, 30, 44)],
)
def test_higher_rates_give_less(rate: float, end: float, low: float, high: float) -> None:
    assert low <= drawn_until(block(), rate, end) <= high


def test_a_warmer_battery_gives_more() -> None:
    """C = C20 (1 + 0.006 /K (T - 20 °C)), velapower.com."""
    cold, warm = block(temperature=0.0).whole, block(temperature=30.0).whole
    assert warm / block().whole == pytest.approx(1.06)
    assert cold / block().whole == pytest.approx(0.88)


@pytest.mark.parametrize(
    ("kind", "state", "volts"),
    [
        (AGM, 1.0, 2.14),
        (AGM, 0.8, 2.10),
        (AGM, 0.4, 2.04),
        (AGM, 0.2, 2.00),
        (GEL, 0.5, 12.40 / 6),
        (VENTED, 1.0, 12.65 / 6),
        (VENTED, 0.25, 12.06 / 6),
    ],
)
def test_the_rest_voltage_is_the_table_s(kind: Electrochemistry, state: float, volts: float) -> None:
    """EnerSys for VRLA; 12 V gel and wet batteries at 26.7 °C."""
    one = block(kind)
    one.fill(state)
    one.step(0.0, 24 * HOUR, 20.0)
    assert one.voltage(0.0) / 6 == pytest.approx(volts, abs=0.001)


@pytest.mark.parametrize(
    ("kind", "volts", "milliamperes", "tolerance"),
    [
        (AGM, 2.27, 1.0, 0.1),
        (AGM, 2.40, 8.0, 0.2),
        (VENTED, 2.23, 1.0, 0.1),
        (VENTED, 2.40, 4.0, 0.2),
        (NICD, 1.55, 10, 1),
    ],
)
def test_a_full_string_takes_the_standard_s_current(
    kind: Electrochemistry, volts: float, milliamperes: float, tolerance: float
) -> None:
    """mA/Ah of IEC 62485-2: I_float 1; I_boost 8 for VRLA, 4 for vented lead-acid, 10 for NiCd."""
    one = block(kind, temperature=25.0)
    assert one.gassing(volts) / one.capacity * 1000 == pytest.approx(milliamperes, abs=tolerance)
    charged = Circuit(blocks=[one], charge_voltage=volts, compensated=False, ambient=25.0)
    charged.settle()
    assert charged.current == pytest.approx(one.gassing(volts), rel=0.15)  # the drop over its resistance


def test_the_float_current_doubles_with_ten_kelvin() -> None:
    assert block(temperature=35.0).gassing(2.27) / block(temperature=25.0).gassing(2.27) == pytest.approx(2.0)


def test_the_resistance_rises_as_a_battery_empties() -> None:
    """Alber: 3 % more when 32 % are drawn; 2 to 3 times at the end."""
    one = block()
    full = one.resistance
    one.fill(0.68)
    assert one.resistance / full == pytest.approx(1.03)
    one.fill(0.0)
    assert 2.0 <= one.resistance / full <= 3.0
    assert 0.3 <= full * one.capacity <= 0.6  # Ω·Ah of a 12 V AGM block
    assert 0.1 <= block(cells=1).resistance * 100.0 <= 0.3  # of a 2 V cell


def test_the_coup_de_fouet_dips_and_comes_back() -> None:
    for kind in LEAD:
        one, seen = block(kind), []
        for _ in range(180):
            one.step(-100.0, 1.0, 20.0)
            seen.append(one.voltage(-100.0))
        lowest = min(seen[:60])
        assert max(seen[seen.index(lowest) :]) - lowest > 0.003
    one, seen = block(NICD), []
    for _ in range(180):
        one.step(-100.0, 1.0, 20.0)
        seen.append(one.voltage(-100.0))
    assert all(after <= before + 1e-9 for before, after in pairwise(seen))


def test_a_discharged_battery_recovers_at_rest() -> None:
    one = block()
    drawn_until(one, 1.0, 1.70)
    loaded, early = one.voltage(-100.0), one.voltage(0.0)
    one.step(0.0, HOUR, 20.0)
    assert loaded < early < one.voltage(0.0)


def test_a_turned_cell_costs_its_voltage_and_more() -> None:
    healthy, turned = block(), block()
    turned.reversed_cells = 1
    assert healthy.voltage(-100.0) - turned.voltage(-100.0) == pytest.approx(1.2 + healthy.voltage(-100.0) / 6, abs=0.2)


@given(
    st.sampled_from(ALL),
    st.floats(0.02, 1.0),
    st.lists(st.tuples(st.floats(-1.5, 0.2), st.floats(1.0, 3600.0)), min_size=1, max_size=12),
)
def test_no_charge_and_no_energy_out_of_nothing(
    kind: Electrochemistry, state: float, parts: list[tuple[float, float]]
) -> None:
    """Ah balance between the terminals and the wells; a load never sees more than rest, a charger never less."""
    one = block(kind)
    one.fill(state)
    one.temperature = 20.0
    for rate, seconds in parts:
        before, ampere = one.state, rate * one.capacity
        if rate < 0 and before * one.whole < -ampere * seconds / 3600:
            continue
        rest = one.voltage(0.0)
        loaded = one.voltage(ampere)
        assert loaded <= rest + 1e-9 if rate < 0 else loaded >= rest - 0.2 * (rate == 0)
        one.step(ampere, seconds, 20.0)
        one.temperature = 20.0
        gained = (one.state - before) * one.whole
        flowed = ampere * seconds / 3600
        assert gained == pytest.approx(flowed, abs=1e-6) if rate < 0 else gained <= flowed + 1e-6
        assert 0.0 <= one.available <= 1.0


@given(st.sampled_from(ALL), st.floats(0.1, 1.0), st.floats(0.01, 1.5), st.floats(0.01, 1.5))
def test_more_current_means_less_voltage(kind: Electrochemistry, state: float, first: float, second: float) -> None:
    one = block(kind)
    one.fill(state)
    low, high = sorted((first, second))
    assert one.voltage(-high * 100) <= one.voltage(-low * 100) + 1e-9


def test_warmth_follows_the_room_in_hours() -> None:
    one = block(temperature=25.0)
    one.step(0.0, 8 * HOUR, 5.0)
    assert one.temperature == pytest.approx(25.0 - 20.0 * (1 - 1 / 2.718281828), abs=0.1)
    follow = relaxing(25.0, lambda _: 5.0, 8.0)
    assert follow(8 * HOUR) == pytest.approx(one.temperature, abs=0.2)


def test_a_charger_brings_all_back() -> None:
    charged = Circuit(blocks=[block() for _ in range(3)], charge_voltage=2.40, charge_limit=0.2, ambient=20.0)
    for one in charged.blocks:
        one.fill(0.3)
    flowed = 0.0
    for _ in range(30 * 60):
        charged.advance(60.0)
        flowed += charged.current / 60.0
    assert charged.blocks[0].state > 0.99
    assert 1.0 < flowed / (0.7 * charged.blocks[0].whole) < 1.35  # Ah put in for each Ah stored
    assert charged.current < 0.01 * 100.0


@pytest.mark.parametrize("chemistry", [Chemistry.VENTED_LEAD_ACID, Chemistry.VRLA_GEL])
def test_float_voltages_settle_without_steps(chemistry: Chemistry) -> None:
    """The current of a full cell and the uptake of one that is nearly full change little by little, and so do both."""
    settings = string(24, chemistry, 2.0, 500.0)
    circuit = Circuit(blocks=blocks(settings, 21), charge_limit=0.1, ambient=22.0, load=75.0)
    circuit.advance(HOUR)
    circuit.charge_voltage, circuit.load = circuit.blocks[0].kind.float_voltage, 0.0
    circuit.advance(6 * HOUR)
    before = circuit.voltages()
    for _ in range(24 * 12):
        circuit.advance(300.0, 300.0)
        after = circuit.voltages()
        assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < 0.005
        before = after


@pytest.mark.parametrize("chemistry", list(Chemistry))
def test_lives_are_repeatable(chemistry: Chemistry) -> None:
    def live() -> list[object]:
        settings = string(6, chemistry)
        circuit = Circuit(blocks=blocks(settings, 3), charge_voltage=None, load=20.0)
        return list(Recorded(settings=settings, circuit=circuit, seed=3).run(600.0, every=30.0))

    assert live() == live()


def test_a_scene_says_what_was_typed() -> None:
    settings = string(3)
    samples = list(Scene(settings=settings, noisy=False).part(10.0, cell=2.0, current=-5.0, of={2: -1.5}, unheard=[3]))
    assert [sample.at for sample in samples] == [float(second) for second in range(1, 11)]
    assert samples[-1].voltages == {"b1": 12.0, "b2": -1.5}
    assert samples[-1].current == -5.0


# PyBaMM's discharges


@pytest.mark.parametrize("name", NAMES)
def test_a_trajectory_is_a_discharge(name: str) -> None:
    run = trajectory(name)
    assert all(before < after for before, after in pairwise(run.seconds))
    assert all(before <= after for before, after in pairwise(run.drawn))
    assert run.volts[0] == pytest.approx(2.10, abs=0.07)
    assert run.volts[-1] == pytest.approx(1.60, abs=0.001)
    assert run.end(1.80) < run.end(1.70) < run.seconds[-1]
    level = len(set(run.rates)) == 1
    if level:  # a constant load never lets the voltage rise
        assert all(after < before + 1e-4 for before, after in pairwise(run.volts))
        assert run.capacity(1.70) == pytest.approx(run.rates[0] * NOMINAL * run.end(1.70) / HOUR)


def test_capacities_are_those_of_such_a_battery() -> None:
    """The recorded one of the same kind gave 19.39 Ah at C/5.6 down to 1.80 V; less at higher rates, and when cold."""
    ah = {rate: trajectory(f"constant_{rate}c").capacity(1.80) for rate in ("0.05", "0.1", "0.2", "0.5", "1", "2", "4")}
    assert ah["0.2"] / 10 == pytest.approx(19.39, rel=0.05)
    assert all(after < before for before, after in pairwise(ah.values()))
    for rate in ("1", "4"):
        cold, warm = (trajectory(f"constant_{rate}c_{celsius}_degrees").capacity(1.70) for celsius in (5, 35))
        assert cold < trajectory(f"constant_{rate}c").capacity(1.70) < warm
    lost = trajectory("constant_0.2c_28_percent_lost").capacity(1.80)
    assert lost == pytest.approx(0.72 * trajectory("constant_0.2c").capacity(1.80), rel=0.05)


def test_a_lighter_load_lets_the_voltage_rise() -> None:
    run = trajectory("step_1c_to_0.3c")
    before, after = run.at(1899.0), run.at(1960.0)
    assert (before[1], after[1]) == pytest.approx((1.0, 0.3))
    assert after[0] > before[0] + 0.05
    assert run.last_change == pytest.approx(1901.0)
    assert run.at(1900.0)[2] == pytest.approx(1900 / 3600 * NOMINAL, rel=0.001)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["constant_4c", "step_1c_to_0.3c_5_degrees", "constant_0.2c_28_percent_lost"])
def test_pybamm_still_says_so(name: str, tmp_path: Path) -> None:
    """`BATTERY_BANK_PYBAMM` is a Python that has PyBaMM; see the module that this runs."""
    python = os.environ.get("BATTERY_BANK_PYBAMM")
    if not python:
        pytest.skip("BATTERY_BANK_PYBAMM is not set")
    script = Path(__file__).parents[1] / "simulator" / "truth" / "pybamm_runs.py"
    subprocess.run([python, script, tmp_path, name], check=True, capture_output=True)  # noqa: S603 - our own script
    kept = trajectory(name)
    rows = [line.split(",") for line in (tmp_path / f"{name}.csv").read_text().splitlines()[2:]]
    assert float(rows[-1][0]) == pytest.approx(kept.seconds[-1], rel=0.005)
    for at, volts, rate in ((float(a), float(b), float(c)) for a, b, c in rows[:-3]):
        assert volts == pytest.approx(kept.at(at)[0], abs=0.003)
        assert rate == pytest.approx(kept.at(at)[1], abs=0.01)


# The stories


@pytest.mark.parametrize(
    ("states", "total"),
    [
        ([1.0, 2.0, 5.0], 4.0),
        ([1000.0, 0.0, 1000.0], 1000.0),  # a fall is a new meter: the whole life counts again
        ([1000.0, None, 1000.2], 0.2),
        ([10.0, 9.5, 11.0], 1.0),  # less than a tenth is not
        ([], 0.0),
    ],
)
def test_long_term_sums_are_home_assistant_s(states: list[float | None], total: float) -> None:
    assert sum_of(states) == pytest.approx(total)


def test_every_number_has_its_reported_story_and_neighbours() -> None:
    told = list(stories())
    assert len({(story.number, story.name) for story in told}) == len(told)
    for number in range(1, 17):
        of_it = [story for story in told if story.number == number]
        assert any(story.reported for story in of_it), number
        assert len(of_it) >= 2, number
    assert sum(story.long for story in told if story.number == 0) == 6


@pytest.mark.parametrize("name", ["one of 20 for 5 min", "healthy dip, three batteries, 2C", "mains back at 1.86 V"])
def test_what_is_well_today_stays_well(name: str) -> None:
    (story,) = [one for one in stories() if one.name == name]
    verdicts, _ = table.run(story)
    assert [verdict for verdict in verdicts if not verdict.ok] == []
    assert "| ok |" in table.row(story, verdicts, 0.0)
