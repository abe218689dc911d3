"""What the cards show of values beyond a limit whose alarm waits for its delay."""

from test_watch import FLOAT, MINUTE, Played

from custom_components.battery_bank.dashboard.limits_payload import pending_payload
from custom_components.battery_bank.strings.members import String


def pending(played: Played) -> list[tuple[str, str, float | None]]:
    """Return kind, level that is due first, and how many s after the begin of the delay it is due."""
    string = String(id="s", name="A", config={}, settings=played.settings, schedule=None, state=played.state)
    return [
        (one["kind"], one["level"], None if one["due"] is None else one["due"] - one["since"])
        for one in pending_payload(string)
    ]


def test_the_level_that_is_due_first_is_named() -> None:
    """Float of 2.31 V is a warning and of 2.33 V an alarm after 10 minutes, by docs/analytics.md."""
    played = Played()
    played.hear(0.1, FLOAT, minutes=10)
    played.hear(0.1, 13.92, minutes=2)
    assert pending(played) == [("string_voltage_high", "warning", 10 * MINUTE)]
    played.hear(0.1, 14.0, minutes=2)
    assert pending(played) == [("string_voltage_high", "warning", 10 * MINUTE)]
    played.hear(0.1, FLOAT, minutes=1)
    assert pending(played) == []


def test_what_no_limit_applies_to_any_more_is_not_pending() -> None:
    """The voltage of float is exceeded for two minutes on the way to boost, in which no limit of float applies."""
    played = Played()
    played.hear(0.1, FLOAT, minutes=10)
    played.hear(0.1, 13.92, minutes=2)
    played.hear(1.0, 14.4, minutes=15)
    assert played.raised == []
    assert pending(played) == []
