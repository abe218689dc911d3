"""What an assistant learns of strings: the worst batteries, the remaining time, and what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from ..figures.by_key import OF_BATTERY, OF_STRING, figure
from ..figures.discharge_figures import remaining_range
from ..monitor.battery.events import Discharge, Level, ResistanceTest
from ..monitor.battery.limits import HOUR, MINUTE
from ..monitor.battery.resistance_trend import Risk
from ..monitor.journal.store import Journal
from ..runtime.local_time import local_time
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, AlarmTexts, level, most_urgent_first, numbers_of
from ..texts.translations import Translations
from ..texts.values import percent, rounded

WORST: Final = 5  # batteries of a string
MOST: Final = 20  # records of a kind; the newest ones count

type Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The words of an answer, in the language of the person who asks."""

    alarms: AlarmTexts
    sensors: Translations  # of the category `entity`


def worst_batteries(words: Words, string: String) -> Answer:
    """Return the batteries of a string with the worst first, its alarms, and what to do."""
    raised = most_urgent_first(string.raised)
    return {
        "alarm_level": level(string.raised, monitored=string.monitored),
        "alarms": [words.alarms.line(string, alarm) for alarm in raised[:MOST]],
        "what_to_do": [words.alarms.advice(kind) for kind in dict.fromkeys(alarm.kind for alarm in raised)][:MOST],
        "worst_batteries_first": [
            _battery(string, one) for one in sorted(string.batteries, key=lambda one: _badness(string, one))[:WORST]
        ],
        "batteries": len(string.batteries),
        "batteries_not_monitored": [one.number for one in string.batteries if not one.monitored],
    }


def _badness(string: String, battery: Battery) -> tuple[float, ...]:
    """Return what sorts batteries by: alarm, risk, resistance against baseline, deviation of the voltage."""
    levels = [alarm.level for alarm in string.alarms if alarm.concerns(battery.id)]
    known = string.state.resistances.get(battery.id)
    risk = list(Risk).index(known.risk) if known and known.risk else -1
    ratio = (known.ratio or known.string_ratio or 0.0) if known else 0.0
    deviation = abs(string.state.spread.deviations.get(battery.id) or 0.0)
    return -max(levels, default=Level.OK), -risk, -ratio, -deviation, battery.number


def _battery(string: String, battery: Battery) -> Answer:
    levels = [alarm.level for alarm in string.alarms if alarm.concerns(battery.id)]
    online = battery.reading is not None
    return {
        "number": battery.number,
        "module": "online" if online else "offline: its values are not known",
        "alarm_level": LEVELS[max(levels, default=Level.OK)] if battery.monitored or levels else "not_monitored",
        "risk_by_resistance": figure(OF_BATTERY, "risk", battery),
        "resistance_percent_of_baseline": figure(OF_BATTERY, "resistance_ratio", battery),
        "deviation_from_string_v": figure(OF_BATTERY, "deviation", battery) if online else None,
        "voltage_v": battery.reading.voltage if battery.reading else None,
        "temperature_c": battery.reading.temperature if battery.reading else None,
    }


def remaining_time(words: Words, string: String) -> Answer:
    """Return how long a string will last, or why that is not known, with what is known of its charge and capacity."""
    between, last = remaining_range(string), string.state.learned.last
    seconds = figure(OF_STRING, "remaining_time", string)
    return {
        "operating_state": figure(OF_STRING, "condition", string),
        "remaining_minutes": rounded(seconds / MINUTE, 0) if seconds is not None else None,
        "at_least_minutes": rounded(between.low / MINUTE, 0)
        if seconds is not None and between.low is not None
        else None,
        "at_most_minutes": rounded(between.high / MINUTE, 0)
        if seconds is not None and between.high is not None
        else None,
        "estimated_from_nameplate": between.estimated if seconds is not None else None,
        "why_unknown": _why(words, string) if seconds is None else None,
        "battery_that_ends_first": figure(OF_STRING, "limiting_battery", string),
        "state_of_charge_percent": figure(OF_STRING, "state_of_charge", string),
        "nominal_capacity_ah": string.settings.capacity,
        "measured_capacity_ah": figure(OF_STRING, "capacity", string),
        "last_discharge": _discharge(string, last) if last else None,
    }


def _why(words: Words, string: String) -> str:
    """Return why the remaining time is not known, as the sensor says it."""
    description = OF_STRING["remaining_time"]
    key = description.reason_fn(string) if description.exists_fn(string) and description.reason_fn else "no_current"
    return words.sensors.text(f"entity.sensor.remaining_time.state_attributes.reason.state.{key}")


async def changes(words: Words, string: String, journal: Journal, since: float) -> Answer:
    """Return what has changed of a string since a time, in s since 1970, as the journal has it.

    Raises `JournalError` if the journal can't be read.
    """
    alarms = await journal.alarms(string.id, since=since, limit=MOST + 1)
    discharges = [one for one in await journal.discharges(string.id, limit=MOST) if one.start >= since]
    replaced = [one for one in await journal.replacements(string.id) if one.at >= since]
    gaps = await journal.gaps(string.id, since=since)
    return {
        "since": _time(since),
        "monitored_now": string.monitored,
        "alarms_newest_first": [
            {
                "name": words.alarms.title(alarm),
                "batteries": numbers_of(string, alarm),
                "worst_level": LEVELS[alarm.worst],
                "raised": _time(alarm.raised),
                "cleared": _time(alarm.cleared),
            }
            for alarm in alarms[:MOST]
        ],
        "there_are_more_alarms": len(alarms) > MOST,
        "discharges_newest_first": [_discharge(string, one) for one in discharges],
        "batteries_replaced": [{"number": string.number(one.battery), "at": _time(one.at)} for one in replaced],
        "hours_not_monitored": round(sum(gap.end - max(gap.start, since) for gap in gaps) / HOUR, 1),
        "resistance": _resistances(string, await journal.resistance_tests(string.id), since),
    }


def _resistances(string: String, tests: Sequence[ResistanceTest], since: float) -> Answer:
    """Return how the resistances have changed: the newest test of each battery against its last one before `since`."""
    before = {test.battery: test.ohmic_value for test in tests if test.usable and test.at < since}
    now = {test.battery: test.ohmic_value for test in tests if test.usable and test.at >= since}
    change = {battery: value / before[battery] - 1 for battery, value in now.items() if before.get(battery)}
    if not change:
        return {"why_unknown": "There are no tests of the same battery before and after this day."}
    ranked = sorted(change, key=lambda battery: -change[battery])[:WORST]
    return {
        "median_change_percent": percent(median(change.values())),
        "batteries_that_rose_most_first": [
            {"number": string.number(battery), "change_percent": percent(change[battery])} for battery in ranked
        ],
    }


def _discharge(string: String, one: Discharge) -> Answer:
    return {
        "began": _time(one.start),
        "minutes": rounded((one.end - one.start) / MINUTE, 1) if one.end is not None else None,
        "under_way": one.end is None,
        "drawn_ah": rounded(one.drawn, 1),
        "capacity_ah": rounded(one.capacity, 1),
        "lowest_battery": string.number(one.lowest_battery),
        "lowest_battery_v": rounded(one.lowest_voltage, 2),
    }


def _time(at: float | None) -> str | None:
    return None if at is None else local_time(at).isoformat(timespec="minutes")
