"""One cause is one alarm, alarms do not chatter, and an alarm carries its value now and its worst value."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.battery import operations, state_codec, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.common_alarms import Common, Crowd, Judged, explanation_of, fewest
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmCleared, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.limits import Limit
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

BEGIN = 1.8e9  # s since 1970


def a_string(batteries: int = 20, **other: object) -> Settings:
    ids = tuple(f"b{number}" for number in range(1, batteries + 1))
    usual: dict[str, object] = {"chemistry": Chemistry.VRLA_AGM, "nominal_voltage": 12.0, "capacity": 100.0}
    return Settings(batteries=ids, **usual | other)  # type: ignore[arg-type]


class Played:
    """A string that takes sample after sample."""

    def __init__(self, batteries: int = 20, **other: object) -> None:
        self.settings, self.state, self.now = a_string(batteries, **other), StringState(), BEGIN
        self.raised, self.cleared = list[tuple[float, Alarm]](), list[Alarm]()

    def hear(
        self,
        seconds: float,
        volts: float | None = 13.62,
        current: float | None = 0.1,
        *,
        every: float = 5.0,
        of: dict[str, float] | None = None,
        missing: int = 0,
        **known: object,
    ) -> None:
        """Take samples; the last `missing` batteries do not answer."""
        answering = self.settings.batteries[: len(self.settings.batteries) - missing] if volts is not None else ()
        voltages = {battery: volts for battery in answering if volts is not None} | (of or {})
        for _ in range(round(seconds / every)):
            self.now += every
            self.step(Sample(at=self.now, voltages=voltages, current=current, **known))  # type: ignore[arg-type]

    def step(self, sample: Sample) -> None:
        self.state, events = watch.step(self.settings, self.state, sample)
        self.raised += [(sample.at, event.alarm) for event in events if isinstance(event, AlarmRaised)]
        self.cleared += [event.alarm for event in events if isinstance(event, AlarmCleared)]

    @property
    def kinds(self) -> list[tuple[AlarmKind, Level]]:
        return [(alarm.kind, alarm.level) for _, alarm in self.raised]

    @property
    def open(self) -> list[Alarm]:
        return [one.alarm for one in self.state.running.watch.values() if one.alarm]


# Not monitored


@pytest.mark.parametrize(
    ("batteries", "missing"), [(20, 20), (20, 11), (20, 10), (2, 2), (2, 1), (240, 240), (240, 120)]
)
@pytest.mark.parametrize("current", [0.1, None])
def test_a_string_that_mostly_does_not_answer(batteries: int, missing: int, current: float | None) -> None:
    played = Played(batteries)
    played.hear(120)
    assert (played.state.monitored, played.state.level) == (True, Level.OK)
    played.hear(5, current=current, missing=missing)
    assert (played.state.monitored, played.state.level) == (False, Level.WARNING)  # before the alarm is raised
    assert played.raised == []
    lost = frozenset(played.settings.batteries[-missing:])
    played.hear(3600, current=current, missing=missing, offline=lost)
    assert played.raised[0][0] - BEGIN - 120 <= 20
    assert [alarm.battery for _, alarm in played.raised] == [None, None]
    assert played.kinds == [(AlarmKind.NOT_MONITORED, Level.WARNING), (AlarmKind.NOT_MONITORED, Level.ALARM)]
    played.hear(120)
    assert played.open == []
    assert played.state.level is Level.OK


@pytest.mark.parametrize("missing", [1, 3, 9])
def test_some_modules_that_do_not_answer(missing: int) -> None:
    played = Played()
    played.hear(120)
    played.hear(300, missing=missing, offline=frozenset(played.settings.batteries[-missing:]))
    assert played.raised == []
    assert played.state.level is Level.OK


def test_no_answer_for_12_s_is_no_alarm() -> None:
    played = Played()
    played.hear(120)
    for _ in range(5):
        played.hear(12, None, None, every=2.0)
        played.hear(10, every=2.0)
    assert played.raised == []


def test_a_line_that_is_down_is_one_alarm() -> None:
    played = Played()
    played.hear(120)
    played.hear(600, None, None, line_down=True)
    assert played.kinds == [(AlarmKind.LINE_DOWN, Level.WARNING), (AlarmKind.LINE_DOWN, Level.ALARM)]
    assert played.state.monitored is False


@pytest.mark.parametrize("quiet", [0, 5, 10])
@pytest.mark.parametrize(("down", "alarms"), [(10, 0), (35, 1), (63, 1), (115, 1), (200, 2)])
def test_a_line_that_is_back_is_given_the_time_to_ask_its_modules(quiet: int, down: int, alarms: int) -> None:
    played = Played()
    played.hear(120)
    played.hear(down, None, None, line_down=True)
    played.hear(quiet, None, None)
    played.hear(300)
    assert [kind for kind, _ in played.kinds] == [AlarmKind.LINE_DOWN] * alarms
    assert played.open == []


@pytest.mark.parametrize("before", [0, 10])
def test_modules_that_stay_offline_after_the_line_is_back_are_an_alarm_after_its_delay(before: int) -> None:
    """They may have been the first that did not answer."""
    played = Played()
    played.hear(120)
    played.hear(before, None, None)
    played.hear(63, None, None, line_down=True)
    back = played.now
    played.raised.clear()
    played.hear(60, None, None)
    assert played.kinds == [(AlarmKind.NOT_MONITORED, Level.WARNING), (AlarmKind.NOT_MONITORED, Level.ALARM)]
    assert 15 <= played.raised[0][0] - back <= 25
    played.hear(300, None, None)
    assert [alarm.kind for alarm in played.open] == [AlarmKind.NOT_MONITORED]
    played.hear(60, None, None, line_down=True)
    played.hear(60, None, None)
    assert [alarm.kind for alarm in played.open] == [AlarmKind.NOT_MONITORED]


def test_a_line_that_is_only_up_for_moments_is_down() -> None:
    """A gateway that is in use by another program takes the connection, and ends it."""
    played = Played()
    played.hear(120)
    for _ in range(30):
        played.hear(5, None, None, line_down=True)
        played.hear(5, None, None)
    assert {kind for kind, _ in played.kinds} == {AlarmKind.LINE_DOWN}


def test_a_start_is_given_the_time_to_ask_every_module() -> None:
    settings = a_string()
    before = Played()
    before.hear(120)
    running = state_codec.decode_running(state_codec.encode_running(before.state.running))
    state, _ = watch.begin(settings, running, before.state.learned, {}, [], [], before.now + 30)
    played = Played()
    played.state, played.now = state, before.now + 30
    played.hear(40, None, 0.1)
    played.hear(60)
    assert played.raised == []
    played.state = watch.begin(settings, running, before.state.learned, {}, [], [], played.now)[0]
    played.hear(65, None, 0.1)
    assert played.kinds == [(AlarmKind.NOT_MONITORED, Level.WARNING)]


# One cause


def test_a_charger_set_too_high_is_one_alarm_that_names_the_batteries() -> None:
    played = Played()
    played.hear(120)
    played.hear(60 * 60, 6 * 2.39, 0.1)  # boost to the monitor, which is judged by its own limit
    assert played.raised == []
    played = Played(figures={"boost_voltage": 2.6})
    played.hear(120)
    played.hear(300, 6 * 2.39, 0.1)
    ((_, alarm),) = played.raised
    assert (alarm.kind, alarm.battery, alarm.level) == (AlarmKind.VOLTAGE_HIGH, None, Level.WARNING)
    assert alarm.batteries == played.settings.batteries


@pytest.mark.parametrize(("beyond", "alarms"), [(1, 1), (5, 5), (6, 1), (20, 1)])
def test_from_more_than_a_quarter_on_it_is_one_alarm(beyond: int, alarms: int) -> None:
    played = Played()
    played.hear(24 * 3600, every=60.0)
    played.hear(400, of={f"b{number}": 13.1 for number in range(1, beyond + 1)})
    low = [alarm for _, alarm in played.raised if alarm.kind is AlarmKind.VOLTAGE_LOW]
    assert len(low) == alarms
    assert {battery for alarm in low for battery in alarm.batteries or (alarm.battery,)} == {
        f"b{number}" for number in range(1, beyond + 1)
    }


def test_the_normal_end_of_a_discharge_is_one_alarm_of_the_string() -> None:
    played = Played()
    played.hear(600)
    for step in range(120):
        cell = 2.0 - 0.18 * step / 120
        of = {f"b{number}": 6 * cell - 0.005 * number for number in range(1, 21)}
        played.hear(60, 6 * cell, -20.0, of=of)
    assert played.kinds == [(AlarmKind.STRING_VOLTAGE_LOW, Level.WARNING)]


def test_the_end_of_a_discharge_is_known_without_one_battery() -> None:
    played = Played()
    played.hear(600)
    played.hear(3600, 11.8, -20.0, missing=1)
    played.hear(60, 10.9, -20.0, missing=1)
    assert (AlarmKind.STRING_VOLTAGE_LOW, Level.WARNING) in played.kinds


def test_a_battery_that_goes_to_and_fro_with_the_load_is_one_alarm() -> None:
    played = Played()
    played.hear(600)
    for _ in range(20):
        played.hear(120, 11.9, -10.0, of={"b7": 11.8})
        played.hear(120, 11.5, -50.0, of={"b7": 10.75})
    assert [(alarm.kind, alarm.battery) for _, alarm in played.raised] == [(AlarmKind.VOLTAGE_LOW, "b7")]
    assert played.cleared == []


def test_an_alarm_that_comes_back_clears_after_an_hour() -> None:
    """A cell at its limit on float: 13.15 V for 6 min, 13.4 V for 6 min, and so on for three hours."""
    played = Played()
    played.hear(24 * 3600, every=60.0)
    for _ in range(15):
        played.hear(360, of={"b7": 13.15})
        played.hear(360, of={"b7": 13.4})
    assert len(played.raised) == 2
    played.hear(3700)
    assert played.open == []


def test_a_common_alarm_is_acknowledged_at_any_of_its_batteries_and_survives_a_restart() -> None:
    played = Played()
    played.hear(24 * 3600, every=60.0)
    played.hear(400, 13.1)
    (alarm,) = played.open
    running = state_codec.decode_running(state_codec.encode_running(played.state.running))
    played.state, events = watch.begin(
        played.settings, running, played.state.learned, {}, [], [replace(alarm, batteries=())], played.now
    )
    assert events == []
    played.state, events = operations.acknowledge(played.settings, played.state, "b3", None, "Ana", None, played.now)
    assert len(events) == 1
    played.hear(600)
    assert played.open == []


def test_a_saved_alarm_of_0_4_0_is_decoded() -> None:
    document = (
        b'{"watch": {"voltage_low b1": {"alarm": {"kind": "voltage_low", "battery": "b1", "level": 1, "value": 2.1,'
        b' "limit": 2.2, "raised": 5.0, "worst": 1}}}}'
    )
    alarm = state_codec.decode_running(document).watch["voltage_low b1"].alarm
    assert alarm is not None
    assert (alarm.batteries, alarm.value_now, alarm.worst_value) == ((), None, None)


# Values


def test_an_alarm_carries_its_value_now_and_its_worst_value() -> None:
    """14.3, then 15.0, then 14.4 V; then unknown."""
    played = Played()
    played.hear(600)
    played.hear(600, of={"b4": 14.3})
    played.hear(600, of={"b4": 15.0})
    worst_at = played.now - 600 + 5
    played.hear(600, of={"b4": 14.4})
    (alarm,) = [one for one in played.open if one.kind is AlarmKind.VOLTAGE_HIGH]
    assert alarm.value_now == pytest.approx(14.4 / 6)
    assert alarm.value_at == played.now
    assert alarm.worst_value == pytest.approx(15.0 / 6)
    assert alarm.worst_at == worst_at
    known_at = played.now
    played.hear(60, missing=17)  # b4 does not answer
    (alarm,) = [one for one in played.open if one.kind is AlarmKind.VOLTAGE_HIGH]
    assert (alarm.value_now, alarm.value_at) == (None, known_at)


# Float


def test_on_float_the_voltages_of_batteries_settle_for_half_a_day() -> None:
    """2.15 V among 2.27 V three hours after a discharge is no alarm, 2.097 V is one; the next day both are."""
    played = Played()
    played.hear(600)
    played.hear(1200, 12.0, -30.0)
    played.hear(3 * 3600, of={"b2": 12.9}, every=30.0)
    assert played.raised == []
    played.hear(600, of={"b2": 12.9, "b3": 12.58})
    assert [(alarm.kind, alarm.battery, alarm.level) for _, alarm in played.raised] == [
        (AlarmKind.VOLTAGE_LOW, "b3", Level.ALARM)
    ]
    played.hear(13 * 3600, of={"b2": 12.9}, every=60.0)
    assert {AlarmKind.VOLTAGE_LOW, AlarmKind.DEVIATION} <= {
        alarm.kind for _, alarm in played.raised if alarm.battery == "b2"
    }


# One bad reading


@pytest.mark.parametrize(
    ("cell", "bad", "current"), [(1.74, 9.48, -50.0), (1.84, 10.2, -300.0), (1.70, 0.5, -50.0), (1.80, 9.9, -20.0)]
)
def test_one_bad_reading_while_the_voltage_of_all_is_low_is_no_alarm(cell: float, bad: float, current: float) -> None:
    """A battery that stands out has an alarm after the delay, however long all of them were low before."""
    played = Played()
    played.hear(600)
    played.hear(400, 6 * 1.9, current, every=1.0)
    played.hear(100, 6 * cell, current, every=1.0)
    for _ in range(5):
        played.hear(4, 6 * cell, current, every=1.0, of={"b4": bad})
        played.hear(20, 6 * cell, current, every=1.0)
    assert [alarm for _, alarm in played.raised if alarm.battery] == []
    played.hear(15, 6 * cell, current, every=1.0, of={"b4": 6 * cell - 1.5})
    assert [alarm.battery for _, alarm in played.raised if alarm.battery] == ["b4"]


# One shorted cell


@pytest.mark.parametrize(
    ("batteries", "chemistry", "volts", "healthy", "shorted"),
    [
        (20, Chemistry.VRLA_AGM, 12.0, 13.62, 11.5),
        (24, Chemistry.VENTED_LEAD_ACID, 2.0, 2.23, 0.3),
        (40, Chemistry.NICD, 1.2, 1.40, 0.1),
        (24, Chemistry.VRLA_GEL, 6.0, 6.81, 4.7),
        (3, Chemistry.VRLA_AGM, 12.0, 13.62, 11.2),
        (4, Chemistry.VRLA_AGM, 12.0, 13.62, 11.5),
        (6, Chemistry.VRLA_AGM, 6.0, 6.81, 4.7),
        (6, Chemistry.VRLA_AGM, 6.0, 6.81, 5.5),  # 0.6 cells are missing, but 1.83 V per cell are an alarm
    ],
)
@pytest.mark.parametrize("charger", [True, False])
def test_a_shorted_cell_on_float_is_one_alarm(
    batteries: int, chemistry: Chemistry, volts: float, healthy: float, shorted: float, charger: bool
) -> None:
    """The charger raises the others so that the sum stays; with a charger that does not, they stay."""
    played = Played(batteries, chemistry=chemistry, nominal_voltage=volts)
    played.hear(24 * 3600, healthy, every=60.0)
    others = healthy + (healthy - shorted) / (batteries - 1) if charger and batteries > 6 else healthy
    played.hear(3 * 3600, others, 0.3, of={"b2": shorted}, every=10.0)
    ((at, alarm),) = played.raised
    assert (alarm.battery, alarm.level) == ("b2", Level.ALARM)
    assert alarm.kind is (AlarmKind.VOLTAGE_LOW if shorted == 5.5 else AlarmKind.SHORTED_CELL)
    assert at - BEGIN - 24 * 3600 <= 330


def test_a_charger_that_is_low_is_found_beside_a_shorted_cell() -> None:
    played = Played()
    played.hear(24 * 3600, every=60.0)
    played.hear(3 * 3600, 6 * 2.225, 0.3, of={"b2": 11.2}, every=10.0)
    assert {alarm.kind for _, alarm in played.raised} == {AlarmKind.SHORTED_CELL, AlarmKind.STRING_VOLTAGE_LOW}


# Implausible values of most batteries


@pytest.mark.parametrize(
    ("batteries", "implausible", "silent", "kind"),
    [
        (24, 24, 0, AlarmKind.MODULE_FAULT),
        (24, 13, 0, AlarmKind.MODULE_FAULT),
        (24, 13, 5, AlarmKind.MODULE_FAULT),
        (2, 2, 0, AlarmKind.MODULE_FAULT),
        (1, 1, 0, AlarmKind.MODULE_FAULT),
        (24, 8, 8, AlarmKind.NOT_MONITORED),
        (24, 2, 11, AlarmKind.NOT_MONITORED),
    ],
)
def test_voltages_that_are_mostly_unknown_are_one_alarm(
    batteries: int, implausible: int, silent: int, kind: AlarmKind
) -> None:
    played = Played(batteries)
    played.hear(120)
    ids = played.settings.batteries
    lost = frozenset(ids[-implausible:])
    offline = frozenset(ids[-implausible - silent : -implausible])
    unknown = implausible + silent
    played.hear(590, missing=unknown, implausible=lost, no_voltage=lost, offline=offline)
    assert played.kinds == [(kind, Level.WARNING), (kind, Level.ALARM)]
    assert played.raised[0][0] - BEGIN - 120 <= 20
    assert len({alarm.battery for _, alarm in played.raised}) == 1
    played.hear(600)
    assert played.open == []


def test_half_of_the_modules_still_show_the_end_of_a_discharge() -> None:
    played = Played(2)
    played.hear(600)
    lost = frozenset({"b2"})
    played.hear(600, 11.8, -20.0, missing=1, offline=lost)
    played.hear(60, 10.9, -20.0, missing=1, offline=lost)
    assert (AlarmKind.STRING_VOLTAGE_LOW, Level.WARNING) in played.kinds


@pytest.mark.parametrize(("batteries", "alone"), [(2, 1), (4, 2), (8, 2), (16, 4), (20, 5), (240, 5)])
def test_so_many_batteries_may_be_faulty_each_by_itself(batteries: int, alone: int) -> None:
    """A quarter of a string, but two at least and five at most; of two batteries, both have a common cause."""
    assert fewest(batteries) == alone + 1


@pytest.mark.parametrize(("delay", "wait"), [(5.0, 120.0), (60.0, 600.0), (900.0, 3600.0)])
def test_the_warning_of_one_waits_for_the_others_ten_times_its_delay(delay: float, wait: float) -> None:
    """And two minutes at least, an hour at most, where enough others hold the level that it has."""
    limit = Limit(kind=AlarmKind.VOLTAGE_LOW, unit="V", warning=2.2, alarm=2.1, hysteresis=0.02, delay=delay)
    one = Judged(limit=limit, battery="b1", value=2.19, reached=Level.WARNING, held=Level.WARNING)
    others = Judged(limit=limit, battery=None, value=2.21, reached=Level.OK, held=Level.WARNING)
    crowd = Crowd(judged=others, batteries=("b1", "b2", "b3"))
    assert explanation_of(one, Common(), crowd, Level.OK) == (Level.OK, wait)
