"""The available charge: what can still be drawn at the present rate, as a share of what a full string gives at it."""

from dataclasses import dataclass, replace
from typing import Final

from .collapse import DEEPEST
from .events import OperatingState
from .learned import Learned, capacity_at, capacity_now
from .operating_state import Cells
from .sample import Sample
from .settings import Settings
from .state_of_charge import LONGEST_UNKNOWN

FAST: Final = 1.1  # × I10; a slower discharge gives what is counted
# The coup de fouet at the begin, and the voltage after another load, say nothing until so much was drawn.
SETTLING: Final = 0.03  # of what the string gives at this rate
# … but a string that stays at its end voltage for longer than a coup de fouet does is empty [I].
DIP: Final = 10.0  # s
OTHER_LOAD: Final = 0.15  # change of the current
RISING: Final = 0.02 / 60  # 1/s; the highest rate at which the charge comes back, when the load becomes lighter
SMOOTHING: Final = 10.0  # s, time constant of the current


@dataclass(frozen=True, kw_only=True, slots=True)
class Available:
    """The available charge in a discharge, and what it began with at this load."""

    share: float | None = None  # 0 to 1; None without a discharge, in a slow one, and while it is unknown
    at: float = 0.0  # s since 1970, UTC
    current: float = 0.0  # A drawn, smoothed
    load: float = 0.0  # A drawn, when this load began; 0 in a slow discharge
    begun: float = 1.0  # share, by the Ah, when this load began …
    settled: float | None = None  # … and when the voltage had settled; None before
    voltage: float = 0.0  # V per cell, the highest since then
    below_since: float | None = None  # since when the voltage is at the end voltage or below, before it has settled


NONE: Final = Available()


def step(
    settings: Settings,
    before: Available,
    sample: Sample,
    cells: Cells | None,
    condition: OperatingState | None,
    counted: float | None,
    learned: Learned,
    temperature: float | None,
) -> Available:
    """Return what can still be drawn; `counted` is the state of charge at the 10 h rate, `temperature` in °C.

    By the Ah, 1 - drawn / capacity at this rate is left. By the voltage it is the share of the way from the voltage at
    the begin of this load down to the end voltage; that is close at high rates, where the capacity is not known well,
    and always right at the end. The nearer the end, the more it counts [I].
    """
    if condition is not OperatingState.DISCHARGE or sample.current is None:
        # A discharge whose current is unknown goes on, so what can still be drawn becomes no more.
        goes_on = sample.current is None and condition in (None, OperatingState.DISCHARGE)
        return before if goes_on else NONE
    if before.share is not None and sample.at - before.at > LONGEST_UNKNOWN:
        before = NONE
    if before.share is not None and sample.current > settings.dead_band:
        return before  # the mains are back, and the operating state follows; this voltage is that of the charger
    now = current = max(0.0, -sample.current)
    passed = max(0.0, sample.at - before.at)
    if before.share is not None:
        current = before.current + (now - before.current) * min(1.0, passed / SMOOTHING)
    if counted is None or current <= 0:
        return NONE
    if before.load == 0 and now < FAST * settings.capacity / 10:
        empty = cells is not None and cells.voltage <= settings.figure("end_voltage")
        return Available(share=0.0, at=sample.at) if empty else NONE
    drawn = (1 - counted) * capacity_now(settings, learned, temperature)
    by_charge = max(0.0, 1 - drawn / capacity_at(settings, learned, current, temperature))
    after = replace(before, at=sample.at, current=current)
    if before.load == 0 or abs(current - before.load) > OTHER_LOAD * before.load:
        after = replace(after, load=current, begun=by_charge, settled=None)
    share = by_charge
    if cells is not None:
        after, share = _by_voltage(settings, after, cells.voltage, by_charge)
    if before.share is not None and (before.below_since is None or after.below_since is not None):
        share = min(share, before.share + RISING * passed)  # after a dip, the charge is there at once
    return replace(after, share=share)


def _by_voltage(settings: Settings, after: Available, voltage: float, by_charge: float) -> tuple[Available, float]:
    """Return what is known of the voltage (V per cell) at this load, and the share by it and by the Ah."""
    end = settings.figure("end_voltage")
    if after.settled is None and voltage <= end:
        since = after.at if after.below_since is None else after.below_since
        deep = DEEPEST * settings.by_key["string_voltage_low_discharge"].alarm
        empty = after.at - since >= DIP or voltage <= deep
        return replace(after, below_since=since), 0.0 if empty else by_charge
    settled = after.settled
    if settled is None:
        if after.begun - by_charge < SETTLING:
            return replace(after, below_since=None), by_charge
        settled = by_charge
        after = replace(after, settled=settled, voltage=voltage)
    after = replace(after, below_since=None, voltage=max(after.voltage, voltage))
    part = max(0.0, voltage - end) / max(after.voltage - end, 0.001)
    return after, part * by_charge + (1 - part) * part * settled
