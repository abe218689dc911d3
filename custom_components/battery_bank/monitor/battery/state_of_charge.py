"""The state of charge: counted, and set right where the battery itself tells."""

from dataclasses import dataclass
from typing import Final

from .counters import LONGEST_GAP, Flow
from .events import OperatingState
from .limits import HOUR
from .operating_state import Cells
from .settings import Settings

TAIL: Final = 0.01  # of C10 in A: a full string takes no more …
TAIL_HOLD: Final = HOUR  # … for so long (practice of the trade; EnerSys: constant for 3 h)
AT_CHARGE: Final = 0.04  # V per cell below float voltage, and it still counts as being charged
ALMOST: Final = 0.99  # what counting alone can reach; the rest is for the tail current to say
REST_HOLD: Final = 8 * HOUR  # s of rest until the open-circuit voltage tells (Discover Battery)
REST_CURRENT: Final = 0.002  # of C10 in A
# A gap in monitoring while a current flowed longer than this leaves the count without ground.
LONGEST_UNSEEN: Final = 15 * 60.0  # s


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """How full a string is."""

    state: float | None = None  # 0 to 1; None while nothing has told yet
    full_at: float | None = None  # when it was full last, s since 1970, UTC
    tail_since: float | None = None  # since when it takes no more than the tail current
    rest_since: float | None = None


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
    """Count what flowed, by the capacity in Ah that the string has now; `current` in A is that of now.

    SoC = SoC0 + (1/C) ∫ I η dt, η of charging only (0.95: Victron). It becomes full by the tail current, and is
    corrected by the open-circuit voltage after 8 h of rest. Without a current for long it is unknown.
    """
    if condition is None:  # nothing is heard, as just after a restart: what was lost shows when something is
        return before
    unheard, flowed = flow.unheard, flow.charge
    if unheard > LONGEST_UNSEEN and condition is not OperatingState.FLOAT and before.state is not None:
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
    tail_since = _since(before.tail_since, at_tail, now, unheard)
    full_at = before.full_at
    if tail_since is not None and now - tail_since >= TAIL_HOLD:
        state, full_at = 1.0, now
    resting = condition is OperatingState.REST and abs(current) <= max(
        REST_CURRENT * settings.capacity, settings.dead_band
    )
    rest_since = _since(before.rest_since, resting, now, unheard)
    if rest_since is not None and now - rest_since >= REST_HOLD and cells is not None:
        state = settings.cell.state_of_charge(cells.voltage)
    after = Charge(state=state, full_at=full_at, tail_since=tail_since, rest_since=rest_since)
    return before if after == before else after


def _since(before: float | None, holds: bool, now: float, unheard: float) -> float | None:  # noqa: FBT001 - what holds
    """Return since when something holds; what nobody watched doesn't count."""
    if not holds:
        return None
    return before if before is not None and unheard <= LONGEST_GAP else now
