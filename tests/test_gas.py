"""Hydrogen and ventilation, against the example of the standard and by hand."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.gas import Gas, gas
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

# 24 cells of 200 Ah: the example of IEC 62485-2.
VRLA = Settings(
    batteries=("a", "b", "c", "d"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=200.0, current_step=0.1
)
VENTED = replace(VRLA, chemistry=Chemistry.VENTED_LEAD_ACID)


def made(settings: Settings, current: float, *, full: bool = True) -> Gas:
    found = gas(settings, current, full=full)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("settings", "laid_out"),
    [
        (VRLA, 1.92),  # 0.05 · 24 · 8 mA/Ah · 200 Ah
        (replace(VRLA, chemistry=Chemistry.VRLA_GEL), 1.92),
        (VENTED, 4.8),  # 20 mA/Ah
        (replace(VRLA, chemistry=Chemistry.NICD, nominal_voltage=7.2), 12.0),  # 50 mA/Ah
    ],
)
def test_what_the_standard_lays_ventilation_out_for(settings: Settings, laid_out: float) -> None:
    assert made(settings, 0.0).laid_out == pytest.approx(laid_out, rel=0.01)  # it rounds 0.0504 to 0.05


def test_the_current_that_the_standard_takes_for_boost_needs_a_fifth_of_it() -> None:
    """I_gas is 8 mA/Ah with f_g 0.2, and 4 mA/Ah with f_g 1; both with f_s 5 for faulty cells, which a measured
    current does not need.
    """
    assert made(VRLA, 1.6).share == pytest.approx(0.2)
    assert made(VENTED, 0.8).share == pytest.approx(0.2)


def test_hydrogen_from_the_current() -> None:
    """0.42 l for each Ah and cell; a fifth of that where it recombines."""
    assert made(VENTED, 10.0).hydrogen == pytest.approx(0.1008)
    assert made(VRLA, 10.0).hydrogen == pytest.approx(0.02016)


def test_ventilation_keeps_it_below_4_percent_with_a_safety_of_5() -> None:
    assert made(VENTED, 10.0).ventilation == pytest.approx(12.096)  # 24 · 5 · 0.1008
    assert made(VRLA, 10.0).ventilation == pytest.approx(2.4192)


def test_openings() -> None:
    """28 cm² for each m³/h."""
    assert made(VRLA, 1.6).opening == pytest.approx(28 * 0.3871, rel=0.001)
    assert Gas(hydrogen=0.001, ventilation=2.0, laid_out=4.0).opening == pytest.approx(56.0)


@pytest.mark.parametrize(("settings", "lost"), [(VRLA, 0.05), (VENTED, 0.10)])
def test_while_it_recharges_only_what_is_lost_makes_gas(settings: Settings, lost: float) -> None:
    assert made(settings, 20.0, full=False).hydrogen == pytest.approx(lost * made(settings, 20.0).hydrogen)


@pytest.mark.parametrize("current", [-50.0, 0.0, 0.4])
def test_no_charge_no_gas(current: float) -> None:
    """0.4 A is what a sensor of that kind is wrong by."""
    assert made(VRLA, current).hydrogen == 0.0
    assert made(VRLA, current).share == 0.0


def test_unknown_without_a_current() -> None:
    assert gas(VRLA, None, full=True) is None


def test_the_ventilation_that_a_room_really_has() -> None:
    small = replace(VRLA, ventilation=0.9677)
    assert made(small, 1.6).laid_out == 0.9677
    assert made(small, 1.6).share == pytest.approx(0.4, rel=0.001)


def stepped(state: float | None, current: float, cell: float, cycled: float | None) -> Gas:
    running = Running(at=1e9, charge=Charge(state=state), cycled=cycled)
    sample = Sample(at=1e9 + 10, voltages=dict.fromkeys(VRLA.batteries, 6 * cell), current=current)
    found = watch.step(VRLA, StringState(running=running), sample)[0].gas
    assert found is not None
    return found


def test_a_string_that_recharges_is_not_full() -> None:
    """0.2 A of 200 Ah make gas at 2.27 V; at 2.20 V it is 10^(-0.07/0.144) of that, 0.0653 A."""
    assert stepped(0.5, 20.0, 2.20, None).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 0.0653, rel=0.001)


def test_the_voltage_limits_the_gas_of_a_boost_charge() -> None:
    """At 2.40 V it is 8 times the 0.2 A of float (IEC 62485-2's table: 8 mA/Ah), also when the tail says full."""
    assert stepped(0.5, 20.0, 2.40, 1e9).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 1.6, rel=0.001)
    assert stepped(0.97, 20.0, 2.40, 1e9).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 1.6, rel=0.001)
    assert stepped(1.0, 20.0, 2.40, 1e9).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 1.6, rel=0.001)
    assert stepped(0.5, 1.0, 2.40, 1e9).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 1.0)  # no more than flows


def test_a_string_on_float_for_half_a_day_is_full() -> None:
    assert stepped(None, 1.5, 2.27, 1e9 - 11 * 3600).hydrogen == pytest.approx(0.42e-3 * 24 * 0.2 * 0.2)
    assert stepped(None, 1.5, 2.27, 1e9 - 13 * 3600).hydrogen == pytest.approx(0.42e-3 * 24 * 1.5 * 0.2)
