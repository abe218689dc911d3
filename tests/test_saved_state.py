"""A saved state that can't be read is one error, and readings before the journal are added to what was saved."""

import pytest

from custom_components.battery_bank.monitor.battery.counters import Counters
from custom_components.battery_bank.monitor.battery.running_state import Count, Running, resumed
from custom_components.battery_bank.monitor.battery.since_full import SinceFull
from custom_components.battery_bank.monitor.battery.state_codec import (
    decode_count,
    decode_learned,
    decode_running,
    encode_count,
)
from custom_components.battery_bank.monitor.errors import SavedStateError


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"counters": 3}', b'{"watch": [1]}', b"\xff"])
def test_a_running_state_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SavedStateError, match="saved state can't be read"):
        decode_running(data)


@pytest.mark.parametrize("data", [b"", b"{", b"null", b'{"curves": 7}', b'{"capacity": "much"}'])
def test_what_was_learned_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SavedStateError, match="learned can't be read"):
        decode_learned(data)


def test_a_copy_of_the_counters() -> None:
    count = Count(counters=Counters(drawn=12.5, discharges=3))
    assert decode_count(encode_count(count)) == count
    with pytest.raises(SavedStateError, match="copy of the counters can't be read"):
        decode_count({"counters": "many"})


def test_a_string_without_a_reading_yet_goes_on_as_it_was_saved() -> None:
    saved = Running(at=1000.0, counters=Counters(drawn=5.0))
    assert resumed(saved, Running()) is saved


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
