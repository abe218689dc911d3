"""The state of charge: Ah are counted, and corrected by the tail current and the open-circuit voltage."""

from dataclasses import dataclass
from typing import Final

from ..model import Chemistry
from .counters import LONGEST_GAP, Flow
from .events import OperatingState
from .limits import HOUR
from .operating_state import Cells
from .recent import Recent
from .sample import Sample
from .settings import Settings
from .tail_current import AT_CHARGE, full

TAIL: Final = 0.01  # of C10 in A: the string is full if its charge current is no higher …
TAIL_HOLD: Final = HOUR  # … for this long (practice of the trade; EnerSys: constant for 3 h)
ALMOST: Final = 0.99  # the most that counting alone can reach; only the tail current shows that the string is full
FULL: Final = 0.995  # counted; full less what a sensor may be wrong by in a short discharge
LEAST_DRAWN: Final = 0.05  # of C10 in Ah: less may be the error of a tail current [I]
RETURNED: Final = 1.15  # × what was drawn: after so much charge, less its losses, all of it makes gas [I]
REST_HOLD: Final = 8 * HOUR  # s of rest, until the open-circuit voltage shows the state of charge (Discover Battery)
# A string that has rested for so long and whose voltage shows so much less than what is counted was discharged by a
# current that the sensor did not show. Just after a fast discharge the voltage shows somewhat less, too [I].
DOUBT_HOLD: Final = 0.5 * HOUR  # s
DOUBT: Final = 0.7  # of the state of charge
REST_CURRENT: Final = 0.002  # of C10 in A
# If the current was unknown for longer than this, the state of charge is unknown, except on float.
LONGEST_UNKNOWN: Final = 15 * 60.0  # s


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """The state of charge of a string, and what is needed to correct it."""

    state: float | None = None  # 0 to 1; None while it is unknown
    full_at: float | None = None  # when it was last full, s since 1970, UTC
    tail_since: float | None = None  # since when its charge current is no higher than the tail current
    rest_since: float | None = None  # since when it has been at rest without current
    drawn: float | None = None  # Ah drawn …
    returned: float = 0.0  # … and Ah charged since it was last full; `drawn` is None where not all of it is known

    def is_full(self, settings: Settings, cells: Cells | None) -> bool:
        """Whether it is full, or so much was charged that it must be.

        A small load that the sensor does not show may have been drawn since: so it must be at its charge voltage, and
        with a coarse sensor nothing is known.
        """
        if cells is None or cells.voltage < settings.figure("float_voltage") + cells.compensation - AT_CHARGE:
            return False
        if settings.dead_band > TAIL * settings.capacity:
            return False
        if self.state is not None and self.state >= FULL:
            return True
        return self.drawn is not None and self.returned * settings.cell.charge_efficiency >= RETURNED * self.drawn

    def is_overcharged(self, settings: Settings, cells: Cells | None) -> bool:
        """Whether all of a charge current must make gas.

        That is so after an hour of a small tail current, or after more charge than was drawn. A current that flattens
        shows that a string is full while the string still takes up a part of it.
        """
        if self.drawn is None or not self.is_full(settings, cells):
            return False
        enough = self.returned * settings.cell.charge_efficiency >= RETURNED * self.drawn
        return self.drawn == 0.0 or (enough and self.drawn >= LEAST_DRAWN * settings.capacity)


def step(
    settings: Settings,
    before: Charge,
    flow: Flow,
    *,
    sample: Sample,
    cells: Cells | None,
    condition: OperatingState | None,
    recent: Recent,
    capacity: float,
) -> Charge:
    """Count the charge of one interval; `capacity` in Ah is that of now.

    SoC = SoC0 + (1/C) ∫ I η dt, η of charging only (0.95: Victron). The tail current sets it to full, and the
    open-circuit voltage corrects it after 8 h of rest. After a long time without a current it is unknown.
    """
    if condition is None:  # no readings, as just after a restart; `current_age` counts until there are some
        return before
    current, now = sample.current, sample.at
    current_age, flowed = flow.current_age, flow.charge
    if current_age > LONGEST_UNKNOWN and condition is not OperatingState.FLOAT and before.state is not None:
        before = Charge(full_at=before.full_at)
    if current is None:
        return before
    state, drawn, returned = before.state, before.drawn, before.returned
    if drawn is not None and flowed:
        drawn, returned = drawn + max(0.0, -flowed), returned + max(0.0, flowed)
    if state is not None and flowed:
        efficiency = settings.cell.charge_efficiency if flowed > 0 else 1.0
        counted = state + flowed * efficiency / capacity
        state = max(0.0, min(counted, max(ALMOST, state)))
    float_voltage = settings.figure("float_voltage") + (cells.compensation if cells else 0.0)
    charging = condition in (OperatingState.FLOAT, OperatingState.BOOST, OperatingState.RECHARGE)
    at_tail = charging and cells is not None and cells.voltage >= float_voltage - AT_CHARGE
    at_tail = at_tail and current <= max(TAIL * settings.capacity, settings.dead_band)
    tail_since = _since(before.tail_since, at_tail, now, current_age)
    full_at = before.full_at
    if tail_since is not None and now - tail_since >= TAIL_HOLD:
        state, full_at, drawn, returned = 1.0, now, 0.0, 0.0
    elif charging and (seen := full(settings, recent, now)) is not None:
        state, full_at, returned = max(seen, state or 0.0), now, 0.0
        drawn = (1 - state) * capacity
    elif charging and settings.chemistry is Chemistry.NICD and before.is_full(settings, cells):
        state, full_at, drawn, returned = 1.0, now, 0.0, 0.0  # its current does not fall by itself
    resting = condition is OperatingState.REST and abs(current) <= max(
        REST_CURRENT * settings.capacity, settings.dead_band
    )
    rest_since = _since(before.rest_since, resting, now, current_age)
    if rest_since is not None and cells is not None:
        state = _rested(state, settings.cell.state_of_charge(cells.voltage), now - rest_since)
    after = Charge(
        state=state, full_at=full_at, tail_since=tail_since, rest_since=rest_since, drawn=drawn, returned=returned
    )
    return before if after == before else after


def _rested(counted: float | None, by_voltage: float, seconds: float) -> float | None:
    """Return the state of charge of a string that has rested for so long; None where voltage and count contradict."""
    if seconds >= REST_HOLD:
        return by_voltage
    doubtful = counted is not None and counted - by_voltage > DOUBT and seconds >= DOUBT_HOLD
    return None if doubtful else counted


def _since(before: float | None, holds: bool, now: float, current_age: float) -> float | None:  # noqa: FBT001 - the condition
    """Return since when a condition holds; a gap in the monitoring restarts it."""
    if not holds:
        return None
    return before if before is not None and current_age <= LONGEST_GAP else now
