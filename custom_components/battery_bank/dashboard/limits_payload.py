"""The limits that the cards draw, and the values beyond a limit whose alarm is not raised yet."""

from typing import Any, Final

from ..monitor.battery.alarm_state import AlarmState
from ..monitor.battery.alarms import COMES_BACK, SHORTEST_CALM
from ..monitor.battery.events import Level
from ..monitor.battery.limits import Limit
from ..monitor.battery.settings import Settings
from ..strings.members import String
from ..texts.alarm_texts import LEVELS


def _of_one(_: Settings) -> float:
    return 1.0


def _of_battery(settings: Settings) -> float:
    return settings.cells


# The limits that the cards draw, and of how many cells they are.
LIMITS: Final = {
    "voltage_high": _of_battery,
    "voltage_low": _of_battery,
    "deviation": _of_battery,
    "deviation_discharge": _of_battery,
    "temperature_rise": _of_one,
    "temperature_high": _of_one,
    "resistance_baseline": _of_one,
    "resistance_string": _of_one,
    "ambient_high": _of_one,
    "ambient_low": _of_one,
}
# Those that depend on the operating state, and their fields in the analysis.
CHANGING: Final = {"voltage_high": "high", "voltage_low": "low", "deviation": "deviation", "temperature_rise": "rise"}
LEAST_CHANGE: Final = 0.005  # of a limit: those of voltages vary a little with the temperature


def limits(string: String) -> dict[str, dict[str, Any]]:
    """Return the limits that the cards draw, as the analysis applies them now.

    Voltages are of a battery; `applies` is False while no value is judged by a limit.
    """
    settings, applying = string.settings, string.state.applying
    shown: dict[str, dict[str, Any]] = {}
    for key, scale in LIMITS.items():
        limit, applies = settings.by_key[key], key not in CHANGING
        if applying and not applies:
            changed: Limit | None = getattr(applying, CHANGING[key])
            limit, applies = changed or limit, changed is not None
        factor = scale(settings)
        shown[key] = {
            "warning": round(limit.warning * factor, 3),
            "alarm": round(limit.alarm * factor, 3),
            "unit": limit.unit,
            "applies": applies,
        }
    return shown


def pending_payload(string: String) -> list[dict[str, Any]]:
    """Return the values beyond a limit whose alarm waits for its delay: the level that is due first, and when.

    `due` is None if the kind has several limits, and it is not known here which of them is applied.
    """
    found = []
    for name, state in string.state.running.watch.items():
        kind, _, battery = name.partition(" ")
        if kind not in string.settings.by_key or state.alarm is not None or state.warning_since is None:
            continue
        delay = _delay(string, kind)
        found.append(
            {
                "kind": kind,
                "battery": string.number(battery),
                "level": LEVELS[Level.ALARM if state.alarm_since == state.warning_since else Level.WARNING],
                "since": state.warning_since,
                "due": None if delay is None else state.warning_since + delay,
            }
        )
    return found


def cause_gone(string: String, state: AlarmState) -> float | None:
    """Return since when (in s since 1970) a latched alarm waits for an acknowledgement alone; None if it does not."""
    alarm, since, now = state.alarm, state.calm_since, string.state.running.at
    if alarm is None or since is None or now is None or alarm.acknowledged is not None:
        return None
    if not (alarm.kind.traits.latched or alarm.kind in string.settings.latched):
        return None
    if alarm.value_at is not None and alarm.value_now is None:
        return None
    delays = [limit.delay for limit in string.settings.by_key.values() if limit.kind == alarm.kind]
    # An alarm that is still a warning has de-escalated by then, and is not calm any more.
    wait = max([*delays, COMES_BACK if state.again else SHORTEST_CALM])
    return since if now - since >= wait else None


def differ(before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> bool:
    """Return whether limits have changed by more than the temperature moves them."""
    return any(
        one["applies"] != now[key]["applies"]
        or any(abs(one[end] - now[key][end]) > LEAST_CHANGE * abs(one[end]) for end in ("warning", "alarm"))
        for key, one in before.items()
    )


def _delay(string: String, kind: str) -> float | None:
    """Return the delay of the limit that is applied now, in s."""
    if (applying := string.state.applying) and kind in CHANGING:
        limit: Limit | None = getattr(applying, CHANGING[kind])
        return limit.delay if limit else None
    delays = {limit.delay for limit in string.settings.by_key.values() if limit.kind == kind}
    return delays.pop() if len(delays) == 1 else None
