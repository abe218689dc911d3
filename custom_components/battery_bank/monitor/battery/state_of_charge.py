"""The state of charge: Ah are counted, and corrected by the tail current and the open-circuit voltage."""

from dataclasses import dataclass
from typing import Final

from .counters import LONGEST_GAP, Flow
from .events import OperatingState
from .limits import HOUR
from .operating_state import Cells
from .settings import Settings

TAIL: Final = 0.01  # of C10 in A: the string is full if its charge current is no higher …
TAIL_HOLD: Final = HOUR  # … for this long (practice of the trade; EnerSys: constant for 3 h)
AT_CHARGE: Final = 0.04  # V per cell below float voltage, down to which the string counts as being charged
ALMOST: Final = 0.99  # the most that counting alone can reach; only the tail current shows that the string is full
REST_HOLD: Final = 8 * HOUR  # s of rest, until the open-circuit voltage shows the state of charge (Discover Battery)
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


def step(
    settings: Settings,
    before: Charge,
    flow: Flow,
    *,
    current: float | None,
    cells: Cells | None,
    condition: OperatingState | None,
    capacity: float,
    now: float,
) -> Charge:
    """Count the charge of one interval; `capacity` in Ah and `current` in A are those of now.

    SoC = SoC0 + (1/C) ∫ I η dt, η of charging only (0.95: Victron). The tail current sets it to full, and the
    open-circuit voltage corrects it after 8 h of rest. After a long time without a current it is unknown.
    """
    if condition is None:  # no readings, as just after a restart; `current_age` counts until there are some
        return before
    current_age, flowed = flow.current_age, flow.charge
    if current_age > LONGEST_UNKNOWN and condition is not OperatingState.FLOAT and before.state is not None:
        before = Charge(full_at=before.full_at)
    if current is None:
        return before
    state = before.state
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
        state, full_at = 1.0, now
    resting = condition is OperatingState.REST and abs(current) <= max(
        REST_CURRENT * settings.capacity, settings.dead_band
    )
    rest_since = _since(before.rest_since, resting, now, current_age)
    if rest_since is not None and now - rest_since >= REST_HOLD and cells is not None:
        state = settings.cell.state_of_charge(cells.voltage)
    after = Charge(state=state, full_at=full_at, tail_since=tail_since, rest_since=rest_since)
    return before if after == before else after


def _since(before: float | None, holds: bool, now: float, current_age: float) -> float | None:  # noqa: FBT001 - the condition
    """Return since when a condition holds; a gap in the monitoring restarts it."""
    if not holds:
        return None
    return before if before is not None and current_age <= LONGEST_GAP else now
