"""The past that a demo begins with: a battery that has worn, and what the journal knows of it."""

from random import Random

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.events import (
    BaselineKind,
    DischargeEnded,
    OperatingState,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.limits import DAY
from custom_components.battery_bank.monitor.battery.resistance_trend import Risk
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.bank import build
from simulator.past import Past

TODAY = 1_780_000_000.0
IDS = tuple(f"b{number}" for number in range(1, 5))


@pytest.mark.slow
def test_a_string_has_lived_before_today() -> None:
    described = {"string": [{"name": "A", "batteries": 4, "load": 28.0, "battery": {"2": {"resistance_factor": 1.6}}}]}
    bank = build(described | {"past": {"days": 300, "discharges": [20]}})
    past = Past(**bank.past)
    settings = Settings(
        batteries=IDS, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0, installed=TODAY - 300 * DAY
    )
    happened, state = past.of(bank.strings["A"], settings, TODAY, Random(1))
    (ended,) = [event.discharge for event in happened if isinstance(event, DischargeEnded)]
    assert ended.start == pytest.approx(TODAY - 20 * DAY, abs=600)
    assert ended.drawn == pytest.approx(56, rel=0.1)
    assert len([event for event in happened if isinstance(event, ResistanceTested)]) > 100
    assert state.running.at == pytest.approx(TODAY, abs=600)
    assert state.running.condition.condition is OperatingState.FLOAT
    assert state.running.charge.state == 1.0
    assert [state.resistances[one].risk for one in IDS if one != "b2"] == [Risk.STABLE] * 3
    assert state.resistances["b2"].risk in (Risk.WEAK, Risk.REPLACE)
    baseline = state.resistances["b2"].baseline
    assert baseline is not None
    assert baseline.kind is BaselineKind.FINAL
    # Today's batteries are as they were.
    assert bank.strings["A"].batteries[1].resistance_factor == 1.6

    # The bank goes on from here on float: the step from that past to its voltages is no opened breaker.
    voltages = dict(zip(IDS, bank.strings["A"].voltages(), strict=True))
    for number in range(120):
        sample = Sample(at=state.running.at + 30, voltages=voltages, temperatures=dict.fromkeys(IDS, 22.0), current=0.1)
        state, _ = watch.step(settings, state, sample)
        assert state.running.condition.condition is OperatingState.FLOAT, number
