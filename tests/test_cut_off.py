"""A discharge that a low-voltage disconnect ends: what it teaches, and what is recorded of it."""

import pytest

from custom_components.battery_bank.monitor.battery import running_state
from custom_components.battery_bank.monitor.battery.events import Discharge
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth import seen
from simulator.truth.checks import Story
from simulator.truth.discharges import cut_off
from simulator.truth.monitor import Monitor
from simulator.truth.scene import HOUR, MINUTE, Scene, string


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("story", cut_off(), ids=lambda story: story.name)
def test_story(story: Story) -> None:
    monitor = story.run()
    for check in story.checks:
        verdict = check.look(monitor)
        assert verdict.ok, f"{check.expected}: {verdict.seen}"


class Cut:
    """A full string that is discharged at C / 5 for 4.5 h, down to a voltage, and then cut off."""

    def __init__(self, settings: Settings, last: float) -> None:
        self.monitor = Monitor(settings=settings)
        self.scene = Scene(settings=settings, noisy=False)
        self.capacity = settings.capacity
        self.monitor.hear(self.scene.floating(3.0, every=60.0))
        high = {1.2: 1.25, 2.0: 2.06}[settings.cell.nominal_voltage]

        def cell(at: float) -> float:
            part = at / (4.5 * HOUR)
            return last + (high - last) * (1 - 0.4 * part) * (1 - part**10)

        self.monitor.hear(self.scene.part(4.5 * HOUR, every=15.0, cell=cell, current=-0.2 * self.capacity))

    def leave(self, amperes: float, cell: float, minutes: float = 20.0) -> None:
        """Stand with a residual load."""
        self.monitor.hear(self.scene.part(minutes * MINUTE, every=5.0, cell=cell, current=-amperes))

    @property
    def ended(self) -> list[Discharge]:
        return [one.discharge for one in self.monitor.discharges()]

    @property
    def capacity_learned(self) -> float | None:
        return seen.learned_capacity(self.monitor.state)


@pytest.mark.parametrize(
    ("chemistry", "volts", "end", "above"),
    [
        (Chemistry.VRLA_AGM, 12.0, 1.80, 0.002),
        (Chemistry.VRLA_AGM, 2.0, 1.75, 0.009),
        (Chemistry.VRLA_GEL, 6.0, 1.85, 0.007),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 1.80, 0.005),
        (Chemistry.NICD, 1.2, 1.05, 0.008),
    ],
)
@pytest.mark.parametrize("residual", [0.0, 0.003, 0.015])
def test_a_disconnect_near_the_end_voltage_teaches(
    chemistry: Chemistry, volts: float, end: float, above: float, residual: float
) -> None:
    """90 Ah of 100 are drawn in 4.5 h; the residual load is in times C10.

    At 25 °C, NiCd gives 3.75 % more than at its reference of 20 °C; 0.2 of C10 is the rate of its nameplate.
    """
    cut = Cut(string(3, chemistry, volts, 200.0, figures={"end_voltage": end}), end + above)
    cut.leave(residual * 200.0, end + 0.08)
    assert len(cut.ended) == 1
    assert cut.ended[0].drawn == pytest.approx(180.0, rel=0.01)
    assert cut.ended[0].end_voltage == pytest.approx(3 * cut.monitor.settings.cells * (end + above), rel=0.001)
    assert cut.capacity_learned is not None
    assert 0.96 * 180.0 <= cut.capacity_learned <= 1.35 * 180.0
    assert seen.learned_curve(cut.monitor.state)


@pytest.mark.parametrize("above", [0.015, 0.06, 0.2])
def test_a_discharge_that_ends_well_above_the_end_voltage_teaches_nothing(above: float) -> None:
    cut = Cut(string(3), 1.80 + above)
    cut.leave(0.0, 2.0)
    assert len(cut.ended) == 1
    assert cut.capacity_learned is None
    assert not seen.learned_curve(cut.monitor.state)


def test_a_residual_load_is_no_part_of_the_discharge_and_a_real_load_begins_another() -> None:
    cut = Cut(string(3), 1.803)
    cut.leave(0.6, 1.93, minutes=300.0)
    assert cut.ended[0].drawn == pytest.approx(90.0, rel=0.01)
    assert str(seen.condition(cut.monitor.state)) == "rest"
    cut.leave(20.0, 1.85, minutes=2.0)
    assert str(seen.condition(cut.monitor.state)) == "discharge"


def test_a_restart_in_the_moment_of_the_cut_loses_nothing() -> None:
    cut = Cut(string(3), 1.803)
    cut.monitor.restart(cut.scene.at + 170.0)
    cut.scene.at += 170.0
    cut.leave(0.6, 1.93)
    assert len(cut.ended) == 1
    assert cut.capacity_learned is not None


def test_a_load_that_goes_on_near_the_end_goes_on() -> None:
    cut = Cut(string(3), 1.803)
    cut.leave(20.0, 1.79, minutes=1.0)
    cut.leave(8.0, 1.86, minutes=5.0)  # less, but no residual load
    assert cut.ended == []
    assert str(seen.condition(cut.monitor.state)) == "discharge"


def test_a_clock_that_is_set_back_moves_the_time_near_the_end() -> None:
    running = Cut(string(3), 1.803).monitor.state.running
    back = running_state.set_back(running, 100.0)
    assert running.recording is not None
    assert back.recording is not None
    assert running.recording.near_at is not None
    assert back.recording.near_at is not None
    moved = (back.recording.near_at + back.recording.ahead) - (running.recording.near_at + running.recording.ahead)
    assert moved == -100.0
