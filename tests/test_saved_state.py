"""A saved state that can't be read is one error, and readings before the journal are added to what was saved."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmState
from custom_components.battery_bank.monitor.battery.counters import Counters
from custom_components.battery_bank.monitor.battery.discharge_recorder import Recording
from custom_components.battery_bank.monitor.battery.event_codec import decode_events, encode_events
from custom_components.battery_bank.monitor.battery.events import Discharge, DischargeEnded
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.remaining_time import Curve
from custom_components.battery_bank.monitor.battery.running_state import Count, Running, resumed
from custom_components.battery_bank.monitor.battery.since_full import SinceFull
from custom_components.battery_bank.monitor.battery.state_codec import (
    decode_learned,
    decode_running,
    encode_count,
    encode_learned,
    encode_running,
    readable_count,
    readable_learned,
    readable_running,
)
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.errors import SavedStateError
from custom_components.battery_bank.runtime.counters_copy import CountersCopy
from homeassistant.core import HomeAssistant


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"7", b"\xff"])
def test_a_running_state_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SavedStateError, match="saved state can't be read"):
        decode_running(data)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("capacity_tests", {"last": {"outcome": "of_a_later_release"}}),
        ("capacity_tests", {"now": {"current": 10.0}}),  # without the time of its announcement
        ("condition", {"condition": "of_a_later_release"}),
        ("recording", {"whole": True}),
        ("float_current", 3),
        ("rests", [{"of_a_later_release": 1}]),
        ("watch", [1]),
    ],
)
def test_a_part_in_words_of_a_later_release_costs_that_part_only(part: str, words: object) -> None:
    saved = Running(
        at=1000.0,
        counters=Counters(drawn=5.0),
        charge=Charge(state=0.75),
        watch={"voltage_low a": AlarmState(warning_since=900.0)},
    )
    document = json.loads(encode_running(saved)) | {part: words}
    running, unreadable = readable_running(json.dumps(document).encode())
    assert list(unreadable) == [part]
    assert running == replace(saved, **{part: getattr(Running(), part)})


def test_the_counters_that_cannot_be_read_cost_the_counters() -> None:
    running, unreadable = readable_running(b'{"at": 1000.0, "counters": 3, "charge": {"state": 0.75}}')
    assert list(unreadable) == ["counters"]
    assert running == Running(at=1000.0, charge=Charge(state=0.75))


def test_an_alarm_of_a_later_release_costs_no_other_alarm() -> None:
    saved = Running(watch={"voltage_low a": AlarmState(warning_since=900.0)})
    document = json.loads(encode_running(saved))
    document["watch"]["new b"] = {"alarm": {"kind": "new"}}
    running, unreadable = readable_running(json.dumps(document).encode())
    assert (running, list(unreadable)) == (saved, ["new b"])


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[1]"])
def test_what_was_learned_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SavedStateError, match="learned can't be read"):
        decode_learned(data)


def test_a_copy_of_the_counters() -> None:
    count = Count(counters=Counters(drawn=12.5, discharges=3))
    assert readable_count(encode_count(count)) == (count, {})
    with pytest.raises(SavedStateError, match="copy of the counters can't be read"):
        readable_count([])  # type: ignore[arg-type]  # as a file may have it
    assert readable_count({"at": 5.0, "counters": "many"})[0] == Count(at=5.0)


async def test_a_copy_that_cannot_be_read_costs_no_other(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The copy of one string has no names: that of the other is there. One of a later version is as none at all."""
    key, count = f"{DOMAIN}.line.counters", Count(at=5.0, counters=Counters(drawn=12.5))
    stored = {"a": [], "b": encode_count(count)}
    hass_storage[key] = {"version": 1, "key": key, "data": stored}
    copy = CountersCopy(hass, "line")
    await copy.async_load()
    assert copy.loaded("b") == count
    assert copy.loaded("a") == Count()
    assert caplog.messages == ["String a: the copy of the counters can't be read: []"]

    hass_storage[key] = {"version": 2, "key": key, "data": stored}
    later = CountersCopy(hass, "line")
    await later.async_load()
    assert later.loaded("b") == Count()
    assert caplog.messages[1].startswith("The copy of the counters can't be read")
    await later.async_save({"b": count})  # and the next one can be read again
    await copy.async_load()
    assert copy.loaded("b") == count


def test_a_counter_of_a_later_release_costs_no_other_counter() -> None:
    count = Count(at=5.0, counters=Counters(drawn=12.5, discharges=3))
    document = encode_count(count)
    document["counters"] |= {"charged": {"of": "a later release"}, "new": 7}
    document["current"] = "much"
    read, unreadable = readable_count(document)
    assert read == count
    assert sorted(unreadable) == ["charged", "current"]
    running = json.loads(encode_running(Running(counters=count.counters)))
    running["counters"]["hot"] = [1]
    assert readable_running(json.dumps(running).encode())[0].counters == count.counters


@pytest.mark.parametrize(
    ("part", "words", "name"),
    [
        ("capacity", "much", "capacity"),
        ("capacity_at", [], "capacity_at"),
        ("last", {"of": "a later release"}, "last"),
        ("rates", 7, "rates"),
        ("step_resistances", "few", "step_resistances"),
        ("curves", {"b1": {"of": "a later release"}}, "b1"),
        ("capacities", {"new": "class"}, "new"),
    ],
)
def test_a_part_of_what_was_learned_costs_that_part_only(part: str, words: object, name: str) -> None:
    curve = Curve(at=1000.0, current=10.0, capacity=95.0, points=((0.0, 12.5), (5.0, 12.0)))
    saved = Learned(capacity=90.0, capacity_at=1000.0, curves={"": curve, "b2": curve}, step_resistances=(0.01,))
    document = json.loads(encode_learned(saved))
    document[part] = document[part] | words if isinstance(words, dict) and document[part] else words
    learned, unreadable = readable_learned(json.dumps(document).encode())
    assert list(unreadable) == [name]
    assert learned == (saved if name != part else replace(saved, **{part: getattr(Learned(), part)}))


def test_a_string_without_a_reading_yet_goes_on_as_it_was_saved() -> None:
    saved = Running(at=1000.0, counters=Counters(drawn=5.0))
    assert resumed(saved, Running()) is saved


@pytest.mark.parametrize(
    ("late", "drawn", "expected"),
    [
        (200.0, 30.0, (False, 35.0)),
        (200.0, None, (False, None)),
        (400.0, 30.0, (True, 30.0)),  # beyond what is bridged
    ],
)
def test_a_discharge_that_was_saved_goes_on_when_the_journal_is_readable(
    late: float, drawn: float | None, expected: tuple[bool, float | None]
) -> None:
    discharge = Discharge(start=100.0, drawn=drawn, energy=drawn)
    saved = Running(at=1000.0, recording=Recording(discharge=discharge))
    after = resumed(saved, Running(at=1000.0 + late, counters=Counters(drawn=5.0, drawn_energy=60.0))).recording
    assert after is not None
    assert (after.discharge.interrupted, after.discharge.drawn) == expected
    assert after.whole is not after.discharge.interrupted


@pytest.mark.parametrize(
    ("saved", "live", "expected"),
    [
        (SinceFull(at=100.0, drawn=30.0), SinceFull(at=900.0, drawn=5.0), SinceFull(at=100.0, drawn=35.0)),
        (SinceFull(at=100.0, drawn=30.0), SinceFull(at=900.0), SinceFull(at=100.0, drawn=30.0)),
        (SinceFull(at=100.0, drawn=30.0), SinceFull(), SinceFull(at=100.0, drawn=30.0)),
        (SinceFull(), SinceFull(at=900.0, drawn=5.0), SinceFull(at=900.0, drawn=5.0)),
    ],
)
def test_what_was_drawn_since_the_string_was_full(saved: SinceFull, live: SinceFull, expected: SinceFull) -> None:
    after = resumed(Running(at=500.0, since_full=saved), Running(at=1000.0, since_full=live))
    assert after.since_full == expected


def test_events_that_cannot_be_read_are_counted_and_cost_no_others() -> None:
    known = DischargeEnded(discharge=Discharge(start=1000.0, end=4600.0, drawn=10.0))
    encoded = encode_events([known])
    assert decode_events([{"event": "OfALaterRelease"}, *encoded, {}, {"event": "DischargeEnded"}]) == ([known], 3)
