"""The capacity at the rate of a UPS: it is kept by its rate, and changes nothing that is of ten hours."""

import pytest

from custom_components.battery_bank.monitor.battery import state_codec
from custom_components.battery_bank.monitor.battery.learned import Learned, capacity_at
from custom_components.battery_bank.monitor.battery.rate_class import coefficient, rate_class
from simulator.truth.monitor import Monitor
from simulator.truth.scene import HOUR, Scene, string

SETTINGS = string(3)


def emptied(monitor: Monitor, scene: Scene, rate: float, hours: float) -> None:
    """Make a string full, and discharge it at a rate in times C10 down to 1.79 V at 20 °C."""
    warm = {"temperature": 20.0, "ambient": 20.0}
    monitor.hear(scene.floating(3.0, every=60.0, **warm))

    def cell(at: float) -> float:
        part = at / (hours * HOUR)
        return 1.79 + 0.2 * (1 - 0.4 * part) * (1 - part**8)

    monitor.hear(
        scene.part(
            hours * HOUR,
            every=max(1.0, 2 * hours),
            cell=cell,
            current=-rate * 100.0,
            temperature=20.0,
            ambient=20.0,
        )
    )
    monitor.hear(scene.part(0.2 * HOUR, every=10.0, cell=2.0, current=0.0, temperature=20.0, ambient=20.0))


@pytest.fixture(name="played")
def _played() -> tuple[Monitor, Scene]:
    return Monitor(settings=SETTINGS), Scene(settings=SETTINGS, noisy=False)


@pytest.mark.parametrize(("rate", "hours", "name"), [(2.0, 0.32, "fast"), (4.0, 0.12, "very_fast")])
def test_a_fast_discharge_is_kept_by_its_rate(
    played: tuple[Monitor, Scene], rate: float, hours: float, name: str
) -> None:
    monitor, scene = played
    emptied(monitor, scene, rate, hours)
    learned = monitor.state.learned
    assert learned.capacity is None
    assert monitor.discharges()[-1].discharge.rate == pytest.approx(100 * rate, rel=0.03)
    assert list(learned.capacities) == [name]
    assert learned.capacities[name].capacity == pytest.approx(100 * rate * hours, rel=0.03)
    assert learned.curves
    emptied(monitor, scene, rate, 0.8 * hours)  # weaker
    assert monitor.state.learned.capacities[name].health == pytest.approx(0.8, abs=0.02)
    assert monitor.state.learned.capacities[name].first == learned.capacities[name].first


def test_a_slow_discharge_is_that_of_ten_hours(played: tuple[Monitor, Scene]) -> None:
    monitor, scene = played
    emptied(monitor, scene, 0.3, 2.7)
    assert monitor.state.learned.capacity == pytest.approx(81 * 3**0.11, rel=0.02)
    assert not monitor.state.learned.capacities
    emptied(monitor, scene, 4.0, 0.1)
    assert monitor.state.learned.capacity == pytest.approx(81 * 3**0.11, rel=0.02)


def test_what_was_measured_at_a_rate_is_expected_at_it(played: tuple[Monitor, Scene]) -> None:
    """40 Ah at 4 C10; Peukert's law would say 100 · 40^-0.11 = 66.6. At 2C, 40 · 2^p, p from 0.11 to 0.30."""
    monitor, scene = played
    assert capacity_at(SETTINGS, Learned(), 400.0, None) == pytest.approx(66.6, rel=0.001)
    emptied(monitor, scene, 4.0, 0.1)
    assert capacity_at(SETTINGS, monitor.state.learned, 400.0, None) == pytest.approx(40.0, rel=0.03)
    assert 43.0 < capacity_at(SETTINGS, monitor.state.learned, 200.0, None) < 50.0


def test_what_is_learned_is_stored(played: tuple[Monitor, Scene]) -> None:
    monitor, scene = played
    emptied(monitor, scene, 4.0, 0.1)
    stored = state_codec.encode_learned(monitor.state.learned)
    assert state_codec.decode_learned(stored).capacities == monitor.state.learned.capacities


@pytest.mark.parametrize(("rate", "name"), [(0.1, None), (1.0, None), (1.5, "fast"), (3.0, "fast"), (4.0, "very_fast")])
def test_classes(rate: float, name: str | None) -> None:
    assert rate_class(SETTINGS, 100.0 * rate) == name


def test_the_temperature_coefficient_follows_the_duration() -> None:
    """0.006 /K from 8 h on, 0.01 up to 1 h; half-way in log t is 2.83 h."""
    assert [coefficient(SETTINGS, hours) for hours in (20.0, 8.0, 1.0, 0.1)] == [0.006, 0.006, 0.01, 0.01]
    assert coefficient(SETTINGS, 2.828) == pytest.approx(0.008, abs=0.0001)


def test_a_fast_discharge_that_ends_above_the_end_voltage_teaches_no_capacity(played: tuple[Monitor, Scene]) -> None:
    monitor, scene = played
    monitor.hear(scene.floating(3.0, every=60.0))
    monitor.hear(scene.part(300.0, every=5.0, cell=1.95, current=-200.0))
    monitor.hear(scene.part(0.2 * HOUR, every=10.0, cell=2.2, current=10.0))
    assert len(monitor.discharges()) == 1
    assert (monitor.state.learned.capacity, monitor.state.learned.capacities) == (None, {})
