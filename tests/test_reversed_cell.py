"""Empty and reversed batteries: found within 15 s, from the first second of a discharge on; a healthy dip is none."""

from dataclasses import replace
from random import Random

import pytest

from custom_components.battery_bank.monitor.battery import state_codec, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

FLOAT = {Chemistry.VRLA_AGM: 2.27, Chemistry.VRLA_GEL: 2.27, Chemistry.VENTED_LEAD_ACID: 2.23, Chemistry.NICD: 1.40}
BEGIN = 1.8e9  # s since 1970


class Discharged:
    """A string on float that is then discharged, sample by sample."""

    def __init__(
        self, batteries: int, volts: float = 12.0, chemistry: Chemistry = Chemistry.VRLA_AGM, *, current: bool = True
    ) -> None:
        self.settings = Settings(
            batteries=tuple(f"b{number}" for number in range(1, batteries + 1)),
            chemistry=chemistry,
            nominal_voltage=volts,
            capacity=100.0,
            measures_current=current,
        )
        self.state, self.now, self.raised = StringState(), BEGIN, list[tuple[float, Alarm]]()
        self.hear(600, FLOAT[chemistry], 0.1, every=10.0)
        self.begun = self.now

    def hear(
        self,
        seconds: float,
        cell: float,
        current: float | None,
        *,
        every: float = 1.0,
        of: dict[str, float] | None = None,
        **known: object,
    ) -> None:
        """Take samples: all batteries at `cell` V per cell, but those in `of`, in V."""
        voltages = dict.fromkeys(self.settings.batteries, cell * self.settings.cells) | (of or {})
        for _ in range(round(seconds / every)):
            self.now += every
            self.step(Sample(at=self.now, voltages=voltages, current=current, **known))  # type: ignore[arg-type]

    def step(self, sample: Sample) -> None:
        if not self.settings.measures_current:
            sample = replace(sample, current=None)
        self.state, events = watch.step(self.settings, self.state, sample)
        self.raised += [(sample.at, event.alarm) for event in events if isinstance(event, AlarmRaised)]

    def found(self, battery: str) -> float | None:
        """Return after how many s of discharge an alarm named a battery."""
        return next(
            (at - self.begun for at, alarm in self.raised if alarm.concerns(battery) and alarm.level is Level.ALARM),
            None,
        )


@pytest.mark.parametrize("lasts", [294, 600])
def test_a_battery_at_minus_1_5_v_of_20_at_200_a(lasts: int) -> None:
    played = Discharged(20)
    played.hear(60, 1.9, -200.0)
    played.hear(lasts - 60, 1.9, -200.0, of={"b7": -1.5})
    found = played.found("b7")
    assert found is not None
    assert found <= 60 + 15
    own = {alarm.kind for _, alarm in played.raised if alarm.concerns("b7")}
    assert own == {AlarmKind.REVERSED_CELL}
    # From the sixth minute on, 1.79 V per cell are too little for the load too.
    common = {alarm.kind for _, alarm in played.raised} - own
    assert common == ({AlarmKind.STRING_VOLTAGE_LOW} if lasts > 300 else set())
    played.hear(3600, 2.1, 10.0, of={"b7": 12.0})
    played.hear(3600, 2.27, 0.1)
    (alarm,) = [one.alarm for one in played.state.running.watch.values() if one.alarm]
    assert (alarm.kind, alarm.battery) == (AlarmKind.REVERSED_CELL, "b7")  # stays until a person has seen it


@pytest.mark.parametrize("batteries", [2, 3, 5, 24, 240])
@pytest.mark.parametrize(
    ("chemistry", "volts", "cell"),
    [
        (Chemistry.VRLA_AGM, 2.0, 1.9),
        (Chemistry.VRLA_GEL, 6.0, 1.9),
        (Chemistry.VENTED_LEAD_ACID, 12.0, 1.85),
        (Chemistry.NICD, 1.2, 1.15),
    ],
)
@pytest.mark.parametrize("missing", [1.0, 1.6])
def test_one_cell_that_is_empty_or_reversed(
    chemistry: Chemistry, volts: float, cell: float, batteries: int, missing: float
) -> None:
    played = Discharged(batteries, volts, chemistry)
    played.hear(20, cell, -100.0, of={"b2": cell * (played.settings.cells - missing)})
    found = played.found("b2")
    assert found is not None
    assert found <= 15
    assert all(alarm.battery == "b2" for _, alarm in played.raised)


@pytest.mark.parametrize(("volts", "reversed_cell"), [(0.5, False), (-0.5, True)])
def test_without_a_load_only_a_negative_voltage_is_a_reversed_cell(volts: float, *, reversed_cell: bool) -> None:
    """0.5 V of a 12 V block on float is an open wire of its module, or a block that is missing."""
    played = Discharged(20)
    played.hear(600, 2.27, 0.1, of={"b7": volts})
    own = {alarm.kind for _, alarm in played.raised if alarm.concerns("b7")}
    assert (AlarmKind.REVERSED_CELL in own) == reversed_cell
    assert own


def test_a_battery_alone_and_without_a_string_module() -> None:
    """10.5 V may be the end of a discharge; 5 V is not."""
    played = Discharged(1)
    played.hear(60, 1.75, -100.0)
    assert not played.raised
    played.hear(15, 5.0 / 6, -100.0)
    assert played.found("b1") is not None
    played = Discharged(20, current=False)
    played.hear(15, 1.95, -20.0, of={"b3": 9.5})
    assert played.found("b3") is not None


def test_a_healthy_dip_with_a_battery_20_mv_per_cell_lower() -> None:
    random = Random(3)
    played = Discharged(20)
    for second in range(294):
        dip = 1.80 if second < 40 else 1.84
        of = {battery: 6 * (dip + random.gauss(0, 0.008)) for battery in played.settings.batteries}
        played.hear(1, dip, -300.0, of=of | {"b4": 6 * (dip - 0.02)})
    assert played.raised == []


@pytest.mark.parametrize(("batteries", "round_time"), [(20, 8), (240, 60)])
def test_a_round_that_mixes_voltages_from_before_and_after_the_load(batteries: int, round_time: int) -> None:
    """13.62 V before and 11.1 V after it differ by more than a cell; only one battery is empty."""
    played = Discharged(batteries)
    read_at = dict.fromkeys(played.settings.batteries, played.now)
    voltages = dict.fromkeys(played.settings.batteries, 13.62)
    for second in range(1, 4 * round_time + 1):
        for place, battery in enumerate(voltages):
            if place * round_time // batteries == (second - 1) % round_time:
                voltages[battery] = 8.0 if battery == "b9" and second > 2 * round_time else 11.1
                read_at[battery] = played.now + second
        at = played.now + second
        played.step(Sample(at=at, voltages=dict(voltages), read_at=dict(read_at), current=-300.0))
        if second == 2 * round_time:
            assert played.raised == []
    assert {alarm.battery for _, alarm in played.raised} == {"b9"}


def test_a_voltage_that_becomes_implausible_in_a_discharge() -> None:
    """A TA reads -1.5 V as 64 V, which no battery has. A module that was faulty before says nothing."""
    played = Discharged(20)
    seen = {battery: 13.62 for battery in played.settings.batteries if battery != "b5"}
    broken = frozenset({"b5"})
    for _ in range(60):
        played.now += 1
        played.step(Sample(at=played.now, voltages=seen, current=0.1, implausible=broken, no_voltage=broken))
    less = {battery: 11.4 for battery in seen if battery != "b7"}
    for _ in range(15):
        played.now += 1
        lost = broken | {"b7"}
        played.step(Sample(at=played.now, voltages=less, current=-200.0, implausible=lost, no_voltage=lost))
    assert {alarm.battery for _, alarm in played.raised} == {"b7"}


def test_a_restart_in_the_discharge_does_not_hide_it() -> None:
    played = Discharged(20)
    played.hear(3, 1.9, -200.0, of={"b7": 8.0})
    running = state_codec.decode_running(state_codec.encode_running(played.state.running))
    played.state = StringState(running=running)
    played.hear(12, 1.9, -200.0, of={"b7": 8.0})
    assert played.found("b7") is not None


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    ("batteries", "chemistry", "volts", "rest", "load", "empty"),
    [
        (24, Chemistry.VRLA_AGM, 2.0, 2.14, 1.95, 0.3),
        (24, Chemistry.VRLA_AGM, 2.0, 2.14, 1.95, 0.55),
        (12, Chemistry.VENTED_LEAD_ACID, 2.0, 2.11, 1.92, 0.5),
        (38, Chemistry.NICD, 1.2, 1.30, 1.20, 0.05),
        (6, Chemistry.VRLA_GEL, 12.0, 2.12, 1.90, 3.0),
        (2, Chemistry.VRLA_AGM, 12.0, 2.12, 1.98, 2.0),
    ],
)
def test_an_empty_battery_in_100_s_of_load_from_rest_without_a_current(
    batteries: int, chemistry: Chemistry, volts: float, rest: float, load: float, empty: float, offline: bool
) -> None:
    """A battery below 0.3 times the others looks like a break beside it, but a break does not lower the others."""
    played = Discharged(batteries, volts, chemistry, current=offline)
    played.hear(7200, rest, 0.0, every=30.0)
    assert played.raised == [] or {alarm.kind for _, alarm in played.raised} == {AlarmKind.OPEN_STRING}
    played.raised.clear()
    played.begun = played.now
    played.hear(100, load, None, of={"b2": empty}, string_offline=offline)
    played.hear(300, rest - 0.01, None, every=5.0, string_offline=offline)
    found = played.found("b2")
    assert found is not None
    assert found <= 15
    assert all(alarm.battery == "b2" for _, alarm in played.raised)
    assert played.raised[0][1].kind is AlarmKind.REVERSED_CELL
