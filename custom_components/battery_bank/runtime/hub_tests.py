"""The resistances that a hub has measured by itself, as results of resistance tests."""

from typing import Final

from ..monitor.battery.events import OperatingState
from ..strings.members import Battery

# A hub does not say when it has tested, unless the test was commanded. A value that has changed is taken for a new
# test, and no more than one a day, because some hubs measure all the time and their values go to and fro.
AGAIN: Final = 20 * 3600.0  # s


def new_result(battery: Battery, now: float) -> float | None:
    """Return the resistance in Ω of a test that a hub has done since the last one that is known; None without one.

    `now` is in s since 1970, UTC. During a discharge, and before the journal was read, no test is taken.
    """
    string, reading = battery.string, battery.reading
    if not battery.module.profile.of_hub or reading is None or (value := reading.resistance) is None:
        return None
    if string.saved_counters is None or string.state.running.condition.condition is OperatingState.DISCHARGE:
        return None
    known = string.state.resistances.get(battery.id)
    if known is None or not known.tests:
        return value
    last = known.tests[-1]
    if string.hub_tested_at is not None and last.at < string.hub_tested_at < reading.at:
        return value
    step = battery.module.profile.quantities["resistance"].step(last.ohmic_value)
    return value if now - last.at >= AGAIN and abs(value - last.ohmic_value) > step else None
