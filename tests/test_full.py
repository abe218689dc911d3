"""When a string is full: by a current that falls at a constant voltage."""

from collections.abc import Callable

import pytest

from custom_components.battery_bank.monitor.battery.recent import Mean, Recent
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.tail_current import full
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth.monitor import Monitor
from simulator.truth.scene import HOUR, MINUTE, Scene, string


def absorbed(
    current: Callable[[float], float],
    *,
    minutes: float,
    settings: Settings | None = None,
    cell: float = 2.40,
) -> Charge:
    """Return the state after a discharge of a third, a recharge, and an absorption with a current by its minute."""
    monitor = Monitor(settings=settings or string(3))
    scene, capacity = Scene(settings=monitor.settings), monitor.settings.capacity
    every = {"every": 60.0}
    monitor.hear(scene.part(3 * HOUR, cell=0.85 * cell, current=-0.11 * capacity, **every))  # type: ignore[arg-type]
    monitor.hear(
        scene.part(
            2.6 * HOUR,
            cell=lambda at: cell - 0.2 * (1 - at / (2.6 * HOUR)),
            current=0.11 * capacity,
            **every,  # type: ignore[arg-type]
        )
    )
    monitor.hear(
        scene.part(
            minutes * MINUTE,
            cell=cell,
            current=lambda at: current(at / MINUTE) * capacity,
            **every,  # type: ignore[arg-type]
        )
    )
    return monitor.state.running.charge


@pytest.mark.parametrize(
    ("chemistry", "cell", "start", "halving", "floor", "minutes"),
    [
        (Chemistry.VRLA_AGM, 2.40, 0.10, 25.0, 0.004, 90.0),
        (Chemistry.VRLA_GEL, 2.35, 0.08, 20.0, 0.008, 70.0),
        (Chemistry.VENTED_LEAD_ACID, 2.40, 0.10, 30.0, 0.015, 120.0),
        (Chemistry.VRLA_AGM, 2.27, 0.06, 40.0, 0.002, 140.0),  # on float voltage, without boost
    ],
)
def test_full_by_a_tail_that_flattens(
    chemistry: Chemistry, cell: float, start: float, halving: float, floor: float, minutes: float
) -> None:
    """What is missing at the end: start · 0.5^(minutes / halving) · halving / ln 2, at most 2 % of the capacity."""
    missing = start * 0.5 ** (minutes / halving) * halving / 60 / 0.693
    assert missing <= 0.012
    charge = absorbed(
        lambda at: start * 0.5 ** (at / halving) + floor,
        minutes=minutes,
        settings=string(3, chemistry, 2.0, 300.0),
        cell=cell,
    )
    assert charge.full_at is not None
    assert charge.state == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("start", "halving", "floor", "minutes"),
    [
        (0.10, 60.0, 0.0, 120.0),  # 2.5 %, and 3.6 % are missing
        (0.04, 240.0, 0.0, 180.0),  # 2.4 %, and 14 % are missing: a slow tail is nearly flat
        (0.05, 120.0, 0.0, 60.0),  # 3.5 %, and 10 % are missing
        (0.06, 90.0, 0.045, 300.0),  # more than 4 % is no tail
    ],
)
def test_not_full_while_much_is_missing(start: float, halving: float, floor: float, minutes: float) -> None:
    assert absorbed(lambda at: start * 0.5 ** (at / halving) + floor, minutes=minutes).full_at is None


def test_a_current_that_falls_with_its_voltage_shows_nothing() -> None:
    """The sun goes down: 10 % of C10 falls to nothing within an hour, and the voltage with it."""
    monitor = Monitor(settings=string(3))
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.part(4 * HOUR, every=60.0, cell=2.0, current=-10.0))
    monitor.hear(
        scene.part(
            2 * HOUR,
            every=60.0,
            cell=lambda at: 2.34 - 0.12 * at / (2 * HOUR),
            current=lambda at: 10 * 0.5 ** (at / (20 * MINUTE)) + 0.3,
        )
    )
    assert monitor.state.running.charge.full_at is None


@pytest.mark.parametrize(("floor", "state"), [(0.015, 1.0), (0.03, 0.97)])
def test_a_flat_current_is_full_after_an_hour(floor: float, state: float) -> None:
    charge = absorbed(lambda _: floor, minutes=100.0)
    assert charge.full_at is not None
    assert charge.state == pytest.approx(state, abs=0.02)


def test_a_coarse_sensor_shows_no_tail() -> None:
    """1 A on 30 Ah: a tail of 2 % is no more than its error, so only the old rule is left."""
    settings = string(3, capacity=30.0, current_step=1.0)
    assert absorbed(lambda at: 0.2 * 0.5 ** (at / 25) + 0.1, minutes=100.0, settings=settings).full_at is None


def test_nicd_is_full_by_the_ah_that_came_back() -> None:
    """Its current does not fall by itself: 30 Ah are drawn, and 43.1 Ah or more must be charged (1.15 ÷ 0.8)."""
    monitor = Monitor(settings=string(4, Chemistry.NICD, 1.2))
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.floating(3.0, every=60.0))
    monitor.hear(scene.part(3 * HOUR, every=60.0, cell=1.2, current=-10.0))
    full = monitor.state.running.charge.full_at
    monitor.hear(scene.part(4.2 * HOUR, every=60.0, cell=lambda at: 1.40 + 0.03 * at / HOUR, current=10.0))
    assert monitor.state.running.charge.full_at == full
    monitor.hear(scene.part(0.2 * HOUR, every=60.0, cell=1.54, current=10.0))
    assert monitor.state.running.charge.full_at == monitor.state.running.at
    assert monitor.state.running.charge.state == 1.0


@pytest.mark.parametrize(
    ("currents", "state"),
    [((1.405, 1.405, 1.105, 1.105, 1.0, 1.0), None), ((1.405, 1.25, 1.14, 1.07, 1.02, 0.99), 1.0)],
)
def test_a_current_that_falls_in_stairs_is_no_tail(currents: tuple[float, ...], state: float | None) -> None:
    """Each stair is a third as high as the one before, but a tail would have gone on falling since the last one."""
    means = tuple(
        Mean(at=600.0 * place, voltage=2.40, compensation=0.0, current=amperes)
        for place, amperes in enumerate(currents)
    )
    found = full(string(3), Recent(means=means, begun=3600.0), 3600.0)
    assert found == (state if state is None else pytest.approx(state, abs=0.01))
