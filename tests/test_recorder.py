"""Discharges on record: by hand, through restarts and gaps, and on recorded ones where those are at hand."""

from collections import Counter
from collections.abc import Iterator
import csv
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conftest import rough
import pytest

from custom_components.battery_bank.dashboard.discharge_payload import below, measured_seconds
from custom_components.battery_bank.monitor.battery import state_codec, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    AlarmRaised,
    CurvePoint,
    Discharge,
    DischargeEnded,
    DischargePoints,
    DischargeStarted,
    Event,
    OperatingState,
    OperatingStateChanged,
)
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.remaining_time import Curve
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.predict import TELEMETRY, discharges

BEGIN = 1.8e9  # s since 1970
HOUR = 3600.0  # s
FLOAT = 13.62  # V of a block

# 48 V, 100 Ah; 10 A empty it in ten hours, to 43.2 V.
SETTINGS = Settings(
    batteries=("a", "b", "c", "d"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0, current_step=0.1
)


class Played:
    """A string that is stepped on and on, and all that happened to it."""

    def __init__(self, settings: Settings = SETTINGS, *, state_of_charge: float | None = None) -> None:
        self.settings = settings
        self.state = StringState(running=Running(charge=Charge(state=state_of_charge)))
        self.now = BEGIN
        self.events: list[Event] = []

    def hear(
        self,
        current: float | None,
        *voltages: float,
        temperature: float | None = None,
        after: float = 10.0,
    ) -> None:
        """Take one sample so many s after the last; one voltage is that of all batteries."""
        self.now += after
        each = voltages * len(self.settings.batteries) if len(voltages) == 1 else voltages
        sample = Sample(
            at=self.now,
            voltages=dict(zip(self.settings.batteries, each, strict=True)) if voltages else {},
            temperatures=dict.fromkeys(self.settings.batteries, temperature) if temperature is not None else {},
            current=current,
        )
        self.state, events = watch.step(self.settings, self.state, sample)
        self.events += events

    def on_float(self, minutes: float = 10.0, temperature: float | None = None) -> None:
        for _ in range(round(minutes * 6)):
            self.hear(0.1, FLOAT, temperature=temperature)

    def drawn(self, hours: float, current: float, end: float, temperature: float | None = None) -> None:
        """Draw a current for so many hours, while all batteries sink from 12.4 V to the end in a line."""
        steps = round(hours * 120)
        for number in range(steps + 1):
            voltage = 12.4 + (end - 12.4) * number / steps
            self.hear(-current, voltage, temperature=temperature, after=30.0)

    def recharge(self) -> None:
        for _ in range(6):
            self.hear(10.0, 12.7)

    def restart(self, *, down: float = 0.0) -> None:
        """Save what goes on, forget all, and read it again, with the curve from the journal."""
        running = state_codec.decode_running(state_codec.encode_running(self.state.running))
        learned = state_codec.decode_learned(state_codec.encode_learned(self.state.learned))
        start = running.recording.discharge.start if running.recording else None
        curve = [
            point
            for event in self.events
            if isinstance(event, DischargePoints) and event.start == start
            for point in event.points
        ]
        self.now += down
        self.state, events = watch.begin(self.settings, running, learned, self.state.resistances, curve, [], self.now)
        self.events += events

    @property
    def ended(self) -> list[Discharge]:
        return [event.discharge for event in self.events if isinstance(event, DischargeEnded)]

    def points(self, battery: str | None) -> list[CurvePoint]:
        return [
            point
            for event in self.events
            if isinstance(event, DischargePoints)
            for point in event.points
            if point.battery == battery
        ]


def test_what_is_recorded_of_a_discharge() -> None:
    played = Played()
    played.on_float(temperature=25.0)
    began = played.now + 10
    for number in range(361):  # an hour
        temperature = 25.0 if number <= 180 else 27.0
        played.hear(-20.0, 12.0, 12.1, 12.2, 11.7 if number == 200 else 11.9, temperature=temperature)
    ended = played.now + 10
    played.recharge()
    (discharge,) = played.ended
    assert (discharge.start, discharge.end) == (began, ended)
    assert discharge.drawn == pytest.approx(20.0)
    # 48.2 V, but for 10 s at 48.0 V; each reading stands for the time before it.
    assert discharge.energy == pytest.approx(20.0 * 48.2 - 20 / 360 * 0.2)
    assert discharge.start_voltage == pytest.approx(4 * 13.62)
    assert discharge.end_voltage == pytest.approx(48.2)
    assert (discharge.lowest_battery, discharge.lowest_voltage) == ("d", 11.7)
    assert discharge.lowest_at == began + 2000
    assert discharge.temperature == pytest.approx(26.0)
    assert (discharge.first_below, discharge.dip, discharge.capacity) == (None, None, None)
    assert not discharge.interrupted
    assert sum(isinstance(event, DischargeStarted) for event in played.events) == 1
    assert played.state.running.counters.discharges == 1
    assert played.state.running.recording is None


def test_the_first_battery_at_the_end_voltage() -> None:
    played = Played()
    played.on_float()
    for _ in range(10):
        played.hear(-20.0, 11.0, 11.0, 10.9, 11.0)
    at = played.now + 10
    played.hear(-20.0, 11.0, 11.0, 10.8, 11.0)
    played.hear(-20.0, 10.0, 11.0, 10.7, 11.0)
    played.recharge()
    (discharge,) = played.ended
    assert (discharge.first_below, discharge.first_below_at) == ("c", at)
    assert (discharge.lowest_battery, discharge.lowest_at) == ("a", at + 10)


def test_the_coup_de_fouet() -> None:
    """From 48 V down to 46.8 V, and up to 47.6 V: it recovers by 0.8 V. What comes after 15 min is none."""
    played = Played()
    played.on_float()
    for voltage in [12.0, 11.8, 11.7, 11.8, *[11.9] * 80]:
        played.hear(-20.0, voltage)
    for voltage in [*[11.5] * 30, *[12.2] * 10]:
        played.hear(-20.0, voltage)
    played.recharge()
    (discharge,) = played.ended
    assert discharge.dip == pytest.approx(0.8)


def test_noise_is_no_coup_de_fouet() -> None:
    """3 mV of a cell is 18 mV of a block."""
    played = Played()
    played.on_float()
    for number in range(80):
        played.hear(-20.0, 12.0 + 0.017 * (number % 2))
    played.recharge()
    (discharge,) = played.ended
    assert discharge.dip is None


def test_a_curve_gets_a_point_when_it_has_moved_or_ten_minutes_are_over() -> None:
    """4 mV of a cell: 24 mV of a block, 96 mV of the string."""
    played = Played()
    played.on_float()
    for number in range(181):  # half an hour; after 100 s battery b sinks by 30 mV
        played.hear(-20.0, 12.0, 12.0 if number < 10 else 11.97, 12.0, 12.0)
    assert [point.seconds for point in played.points("a")] == [10, 610, 1210]
    assert [point.seconds for point in played.points("b")] == [10, 100, 700, 1300]
    assert [point.seconds for point in played.points(None)] == [10, 610, 1210]
    last = played.points("b")[-1]
    assert last.voltage == 11.97
    assert last.drawn == pytest.approx(20 * 1300 / 3600)
    for voltage in (11.99, 11.98, 11.97, 11.966):
        played.hear(-20.0, voltage)
    assert [(point.seconds, point.voltage) for point in played.points("a")[3:]] == [(1810, 11.99), (1840, 11.966)]


def test_a_curve_gets_a_point_at_the_end_voltage() -> None:
    """Or one that stops there would never be seen to have reached it."""
    played = Played()
    played.on_float()
    for voltage in [10.9, 10.9, *[10.805] * 5, *[10.8] * 5]:
        played.hear(-20.0, voltage)
    assert [point.voltage for point in played.points("b")] == [10.9, 10.805, 10.8]


def test_without_a_current_voltages_alone_are_recorded() -> None:
    played = Played(replace(SETTINGS, measures_current=False))
    for _ in range(60):
        played.hear(None, FLOAT)
    for number in range(360):
        played.hear(None, 12.2 - number * 0.001)
    for number in range(60):
        played.hear(None, 12.2 + number * 0.02)
    (discharge,) = played.ended
    assert (discharge.drawn, discharge.energy, discharge.capacity) == (None, None, None)
    assert discharge.lowest_voltage == pytest.approx(11.841)
    assert {point.drawn for point in played.points(None)} == {None}
    counters = played.state.running.counters
    assert (counters.drawn, counters.drawn_energy, counters.charged) == (0.0, 0.0, 0.0)


def test_a_second_of_load_is_no_discharge() -> None:
    played = Played()
    played.on_float()
    played.hear(-20.0, 12.1, after=1.0)
    played.hear(-20.0, 12.1, after=1.0)
    played.hear(0.1, FLOAT, after=1.0)
    played.on_float()
    assert not any(isinstance(event, DischargeStarted) for event in played.events)


def emptied(
    hours: float = 9.0,
    current: float = 10.0,
    end: float = 10.79,
    temperature: float | None = 20.0,
    *,
    state_of_charge: float | None = 1.0,
) -> Played:
    played = Played(state_of_charge=state_of_charge)
    played.on_float(temperature=temperature)
    played.drawn(hours, current, end, temperature)
    played.recharge()
    return played


@pytest.mark.parametrize(
    ("hours", "current", "temperature", "capacity"),
    [
        (9.0, 10.0, 20.0, 90.0),
        (9.0, 10.0, None, 90.0),
        (9.0, 10.0, 10.0, 95.7),  # / 0.94
        (9.0, 10.0, 30.0, 84.9),  # / 1.06
        (4.0, 20.0, 20.0, 86.3),  # 80 · 2^0.11
        (1.5, 50.0, 20.0, 89.5),  # 75 · 5^0.11
        (20.0, 5.0, 20.0, 100.0),  # less than I10 gives no more than was seen
    ],
)
def test_capacity_at_20_degrees_and_for_ten_hours(
    hours: float, current: float, temperature: float | None, capacity: float
) -> None:
    played = emptied(hours, current, temperature=temperature)
    (discharge,) = played.ended
    assert discharge.drawn == pytest.approx(hours * current, rel=0.001)
    # The nameplate has a part in the exponent, and so at five times I10 in the capacity.
    assert discharge.capacity == pytest.approx(capacity, rel=0.025 if current > 20 else 0.01)
    assert played.state.learned.capacity == discharge.capacity
    assert played.state.learned.capacity_at == discharge.end


def test_what_is_drawn_below_the_end_voltage_is_no_capacity() -> None:
    """From 12.4 to 10.0 V in nine hours: at 10.8 V six are over."""
    (discharge,) = emptied(9.0, 10.0, 10.0).ended
    assert discharge.drawn == pytest.approx(90.0, rel=0.001)
    assert discharge.capacity == pytest.approx(60.0, rel=0.01)


def test_no_capacity_from_a_discharge_that_stopped_before_its_end() -> None:
    played = emptied(end=10.9)
    assert played.ended[0].capacity is None
    assert played.state.learned.capacity is None
    assert not played.state.learned.curves


def test_no_capacity_from_a_string_that_was_not_full() -> None:
    assert emptied(3.0, 10.0, state_of_charge=0.5).ended[0].capacity is None
    assert emptied(9.0, 10.0, state_of_charge=None).ended[0].capacity is not None


def test_the_voltage_that_comes_back_with_the_charger_is_no_end_voltage() -> None:
    played = Played()
    played.on_float()
    played.drawn(9.0, 10.0, 10.79)
    for current, voltage in [(0.0, 11.3), (0.0, 11.5), (10.0, 12.6), (10.0, 12.7), (10.0, 12.7), (10.0, 12.7)]:
        played.hear(current, voltage)
    (discharge,) = played.ended
    assert discharge.end_voltage == pytest.approx(4 * 10.79)
    assert discharge.capacity is not None
    assert max(point.voltage or 0.0 for point in played.points(None)) <= 4 * 12.4


def test_a_load_that_is_off_for_a_moment_makes_no_second_discharge() -> None:
    played = Played()
    played.on_float()
    for current in [-20.0] * 60 + [0.0] * 5 + [-20.0] * 60:
        played.hear(current, 12.0)
    played.recharge()
    (discharge,) = played.ended
    assert discharge.drawn == pytest.approx(20 * 1190 / 3600, rel=0.02)


def play_on(played: Played, *, restart_at: tuple[int, ...] = ()) -> Discharge:
    played.on_float(temperature=22.0)
    for number in range(1081):
        if number in restart_at:
            played.restart()
        sag = 0.8 if 2 < number < 20 else 0.5
        voltages = [12.9 - sag - 0.0016 * number * (1 + place / 20) for place in range(4)]
        played.hear(-20.0 - number / 500, *voltages, temperature=22.0 + number / 540)
    played.recharge()
    (discharge,) = played.ended
    return discharge


def voltage_of(curve: Curve, drawn: float) -> float:
    """Return the V of a curve at so many Ah, straight between its points."""
    for (left, high), (right, low) in pairwise(curve.points):
        if drawn <= right:
            return high + (low - high) * (drawn - left) / (right - left)
    return curve.points[-1][1]


def test_restarts_in_the_middle_change_nothing() -> None:
    once, often = Played(state_of_charge=1.0), Played(state_of_charge=1.0)
    discharge = play_on(once)
    assert discharge.capacity is not None
    assert discharge.dip is not None
    assert rough(play_on(often, restart_at=(0, 1, 2, 10, 500, 501, 1080))) == rough(discharge)
    assert rough(often.events) == rough(once.events)
    learned, other = once.state.learned, often.state.learned
    assert rough(replace(other, curves={}, rates=())) == rough(replace(learned, curves={}, rates=()))
    # After a restart, the curves come from the journal: the points of the string are fewer, single ones.
    assert set(other.curves) == set(learned.curves)
    assert other.rates == (other.curves[""],)
    for battery, curve in learned.curves.items():
        like = other.curves[battery]
        assert (like.current, like.capacity) == pytest.approx((curve.current, curve.capacity), rel=0.002)
        for drawn, voltage in curve.points[5:]:
            assert voltage_of(like, drawn) == pytest.approx(voltage, rel=0.0015)
    assert rough(often.state.running) == rough(once.state.running)


@pytest.mark.parametrize(("gap", "interrupted"), [(290.0, False), (310.0, True), (7200.0, True)])
def test_a_gap_of_more_than_five_minutes_interrupts(gap: float, interrupted: bool) -> None:
    played = Played(state_of_charge=1.0)
    played.on_float()
    played.drawn(4.0, 10.0, 11.6)
    played.restart(down=gap - 30.0)
    played.drawn(4.0, 10.0, 10.7)
    played.recharge()
    (discharge,) = played.ended
    assert discharge.interrupted is interrupted
    assert (discharge.capacity is None) is interrupted
    assert discharge.drawn == pytest.approx(80 + (0 if interrupted else gap / 360), abs=0.1)


def silent(played: Played, minutes: float, cell: float | None) -> None:
    """Hear nothing of the current, or nothing at all."""
    for _ in range(round(minutes * 6)):
        played.hear(None, *([6 * cell] if cell else []))


@pytest.mark.parametrize("cell", [1.95, None])
@pytest.mark.parametrize(("minutes", "interrupted"), [(4, False), (6, True), (60, True)])
def test_a_string_module_or_a_line_that_is_silent_interrupts(
    minutes: float, cell: float | None, interrupted: bool
) -> None:
    """What flows while the current is missing is made up for within five minutes, and lost after."""
    played = Played(state_of_charge=1.0)
    played.on_float()
    played.drawn(4.0, 10.0, 11.7)
    silent(played, minutes, cell)
    played.drawn(4.0, 10.0, 10.7)
    played.recharge()
    (discharge,) = played.ended
    assert discharge.interrupted is interrupted
    assert (discharge.capacity is None) is interrupted


@pytest.mark.parametrize(("end", "capacity"), [(10.9, None), (10.79, 86.3)])
def test_an_end_that_nobody_saw_interrupts(end: float, capacity: float | None) -> None:
    """But the capacity is known where it was at the end voltage before."""
    played = Played(state_of_charge=1.0)
    played.on_float()
    played.drawn(4.0, 20.0, end)
    played.restart(down=3 * HOUR)
    played.recharge()
    (discharge,) = played.ended
    assert discharge.interrupted
    assert discharge.capacity == (pytest.approx(capacity, rel=0.01) if capacity else None)


def test_a_begin_that_nobody_saw_interrupts() -> None:
    """Neither before the monitor's first look, nor during a long gap, nor while the line was down."""
    first = Played(state_of_charge=1.0)
    gap = Played(state_of_charge=1.0)
    gap.on_float()
    gap.now += HOUR
    down = Played(state_of_charge=1.0)
    down.on_float()
    silent(down, 60.0, None)
    seen = Played(state_of_charge=1.0)
    seen.on_float()
    for played in (first, gap, down, seen):
        played.drawn(5.0, 10.0, 10.79)
        played.recharge()
        (discharge,) = played.ended
        assert discharge.interrupted is (played is not seen)
        assert (discharge.capacity is not None) is (played is seen)
        assert (discharge.start_voltage is not None) is (played is seen)


def test_the_next_discharge_is_one_of_its_own() -> None:
    played = emptied()
    for _ in range(20):
        played.hear(10.0, 12.9)
    played.on_float(30)
    played.drawn(1.0, 20.0, 11.9)
    played.recharge()
    first, second = played.ended
    assert second.drawn == pytest.approx(20.0)
    assert second.lowest_voltage == pytest.approx(11.9)
    assert second.first_below is None
    assert second.capacity is None
    assert played.state.learned.capacity == first.capacity
    assert played.state.learned.last == second
    assert played.state.learned.under_way == Learned().under_way


# The recordings: one 12 V battery of 17 Ah. Their discharges are positive, and they are not part of the project.
FOLDER = os.environ.get("BATTERY_BANK_DATA")
REAL = Settings(
    batteries=("a",),
    chemistry=Chemistry.VRLA_AGM,
    nominal_voltage=12.0,
    capacity=17.0,
    current_step=0.001,
    figures={"end_voltage": 1.80},
)


def recorded(path: Path) -> Iterator[Sample]:
    """Return what was recorded, with the last temperature that was."""
    temperatures: dict[str, float] = {}
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            if line["temperature"]:
                temperatures = {"a": float(line["temperature"])}
            if line["voltage"] and line["current"]:
                at = datetime.fromisoformat(line["time"]).timestamp()
                yield Sample(
                    at=at,
                    voltages={"a": float(line["voltage"])},
                    temperatures=temperatures,
                    current=-float(line["current"]),
                )


def integrated(samples: list[Sample], start: float, end: float) -> float:
    """Return the Ah drawn between two times, by trapezoids."""
    within = [(one.at, one.current or 0.0) for one in samples if start <= one.at <= end]
    return -sum((after - before) * (a + b) / 2 for (before, a), (after, b) in pairwise(within)) / HOUR


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER, reason="BATTERY_BANK_DATA does not say where the recordings are")
def test_ten_recorded_days_of_a_real_battery() -> None:
    """Eight discharges, of which one was broken off at 12.2 V; rest and float between them came every ten minutes."""
    path = Path(FOLDER or "") / TELEMETRY
    samples = list(recorded(path))
    state, happened = StringState(), list[tuple[float, Event]]()
    for sample in samples:
        state, events = watch.step(REAL, state, sample)
        happened += [(sample.at, event) for event in events]
    ended = [event.discharge for _, event in happened if isinstance(event, DischargeEnded)]
    assert [round(one.drawn or 0, 1) for one in ended] == [19.7, 19.8, 19.7, 8.7, 19.3, 19.0, 18.3, 18.4]
    deep = [one for one in ended if one.first_below]
    assert len(deep) == 7
    for one in deep:
        assert one.end is not None
        assert one.drawn == pytest.approx(integrated(samples, one.start, one.end), rel=0.01)
        assert (one.lowest_battery, one.first_below) == ("a", "a")
        assert one.dip is None  # its coup de fouet is 20 mV
    # What was drawn down to 10.8 V, as another reader of the same file has it, for ten hours and at 20 °C.
    for one, run in zip(deep, discharges(path), strict=True):
        rate = max(1.0, run[-1].drawn / run[-1].seconds * HOUR / 1.7)
        assert one.temperature is not None
        expected = run[-1].drawn * rate**0.11 / (1 + 0.006 * (one.temperature - 20))
        assert one.capacity == pytest.approx(expected, rel=0.01)
    assert [one.capacity is None for one in ended] == [one not in deep for one in ended]
    conditions = {event.condition for _, event in happened if isinstance(event, OperatingStateChanged)}
    assert conditions == {
        OperatingState.FLOAT,
        OperatingState.DISCHARGE,
        OperatingState.RECHARGE,
        OperatingState.BOOST,
        OperatingState.REST,
    }
    counters = state.running.counters
    assert counters.discharges == 8
    assert counters.drawn == pytest.approx(sum(one.drawn or 0 for one in ended), rel=0.01)
    assert counters.charged == pytest.approx(counters.drawn, rel=0.1)
    # Empty to the end seven times: that is all there is to complain of.
    raised = Counter(event.alarm.kind for _, event in happened if isinstance(event, AlarmRaised))
    assert set(raised) == {AlarmKind.VOLTAGE_LOW, AlarmKind.STRING_VOLTAGE_LOW}


def test_a_module_that_does_not_answer_is_a_gap_in_its_curve() -> None:
    played = Played()
    played.on_float()
    for _ in range(6):
        played.hear(-20.0, 12.0)
    for _ in range(9):  # b is offline; the voltage of the string is known from the others
        played.now += 10
        sample = Sample(at=played.now, voltages={"a": 12.0, "c": 12.0, "d": 12.0}, temperatures={}, current=-20.0)
        played.state, events = watch.step(SETTINGS, played.state, sample)
        played.events += events
    played.hear(-20.0, 12.0)
    assert [(point.seconds, point.voltage) for point in played.points("b")] == [(10, 12.0), (60, None), (150, 12.0)]
    assert [point.voltage for point in played.points("a")] == [12.0]
    assert [point.voltage for point in played.points(None)] == [48.0]


@pytest.mark.parametrize(("down", "gap"), [(60.0, False), (3600.0, True)])
def test_a_time_without_monitoring_is_a_gap_in_all_curves(down: float, gap: bool) -> None:
    played = Played()
    played.on_float()
    for _ in range(6):
        played.hear(-20.0, 12.0)
    played.restart(down=down)
    played.hear(-20.0, 11.9)
    voltages = [point.voltage for point in played.points("b")]
    assert voltages == [12.0, *([None] if gap else []), 11.9]
    if gap:
        assert [point.seconds for point in played.points("b")] == pytest.approx([10.0, 50.0, 50.0 + down + 10.0])


def shown(played: Played, **voltages: float) -> Any:
    """Return the string as the display has it, with what its modules say now."""
    return SimpleNamespace(
        state=played.state,
        settings=played.settings,
        batteries=[SimpleNamespace(id=one, reading=SimpleNamespace(voltage=volts)) for one, volts in voltages.items()],
        number=lambda battery: None if battery is None else "abcd".index(battery) + 1,
    )


def test_the_mean_current_is_over_the_time_in_which_the_current_was_known() -> None:
    played = Played()
    played.on_float()
    for _ in range(10):
        played.hear(-20.0, 12.0)
    for _ in range(12):  # the string module is offline for two minutes
        played.hear(None, 12.0)
        recording = played.state.running.recording
        assert recording is not None
        assert recording.discharge.drawn is not None
        seconds = measured_seconds(shown(played))
        assert seconds is not None
        assert recording.discharge.drawn / seconds * HOUR == pytest.approx(20.0, rel=0.05)
    played.hear(-20.0, 12.0)
    assert measured_seconds(shown(played)) == pytest.approx(220.0, abs=10.0)


def test_the_battery_that_is_below_the_end_voltage_is_that_of_now() -> None:
    played = Played()
    played.on_float()
    assert below(shown(played, a=10.7)) is None
    for b in (10.7, 10.7, 11.2):
        played.hear(-20.0, 12.0, b, 12.0, 12.0)
    recording = played.state.running.recording
    assert recording is not None
    assert recording.discharge.first_below == "b"
    assert below(shown(played, a=12.0, b=11.2, c=12.0)) is None
    assert below(shown(played, a=10.7, b=11.2, c=10.6)) == 3
    assert below(shown(played, a=10.7, b=10.8, c=10.6)) == 2
