"""What the display says of a latched alarm whose cause is gone."""

from dataclasses import replace
from types import MappingProxyType

from conftest import string_data
import pytest
from test_alarms import HIGH, play

from custom_components.battery_bank.dashboard.limits_payload import cause_gone
from custom_components.battery_bank.dashboard.payload import alarms_payload
from custom_components.battery_bank.monitor.battery.acknowledgement import acknowledge
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmStates
from custom_components.battery_bank.monitor.battery.alarms import Judge
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.strings.configuration import string_of
from custom_components.battery_bank.strings.members import String
from custom_components.battery_bank.texts.alarm_texts import AlarmTexts
from homeassistant.config_entries import ConfigSubentry

LATCHED = (AlarmKind.TEMPERATURE_HIGH,)
HOT, COOL = [36.0] * 10, [20.0] * 90  # every 10 s; the delay of the alarm is 10 min


def string_with(watch: AlarmStates, now: float, *latched: str) -> String:
    """Return a string with these alarms at that time."""
    data = MappingProxyType(string_data(latched=[*latched])["data"])
    string = string_of(ConfigSubentry(data=data, subentry_type="string", title="A", unique_id=None), SERIAL)
    string.state = replace(string.state, running=replace(string.state.running, watch=watch, at=now))
    return string


@pytest.mark.parametrize(("cool", "gone"), [(0, None), (30, None), (90, 100.0)])
def test_a_latched_alarm_says_since_when_its_cause_is_gone(cool: int, gone: float | None) -> None:
    watch, _ = play(HIGH, HOT + COOL[:cool], latched=LATCHED)
    (state,) = watch.values()
    assert cause_gone(string_with(watch, 90.0 + 10 * cool, "temperature_high"), state) == gone


def test_what_stays_for_another_reason_says_nothing() -> None:
    watch, _ = play(HIGH, HOT + COOL, latched=LATCHED)
    (state,) = watch.values()
    assert cause_gone(string_with(watch, 990.0), state) is None  # clears by itself
    unknown = replace(state, alarm=replace(state.alarm, value_now=None)) if state.alarm else state
    assert cause_gone(string_with(watch, 990.0, "temperature_high"), unknown) is None
    seen, _ = acknowledge(watch, None, None, "Ana", None, 1000.0)
    (state,) = seen.values()
    assert cause_gone(string_with(seen, 1000.0, "temperature_high"), state) is None


def test_an_alarm_has_the_limit_that_holds_now_and_since_when_it_has_its_level() -> None:
    """After a change of a limit the display showed the old one, and the time of the warning beside *Alarm*."""
    watch, _ = play(HIGH, [36.0] * 10 + [51.0] * 10)
    judge = Judge(watch, 200.0)
    judge.check(replace(HIGH, alarm=50.5), "b7", 51.0)
    (shown,) = alarms_payload(AlarmTexts(), string_with(judge.states, 200.0))
    assert (shown["level"], shown["limit"]) == ("alarm", 50.5)
    assert (shown["since"], shown["level_since"]) == (60.0, 160.0)
