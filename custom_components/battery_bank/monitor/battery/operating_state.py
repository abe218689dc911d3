"""The operating state of a string: from its current, or less reliably from its voltages if no current is measured."""

from dataclasses import dataclass, replace
from typing import Final

from .counters import LONGEST_GAP
from .events import OperatingState
from .limits import HOUR, MINUTE
from .settings import Settings

# How long a new operating state must last until the string is said to be in it, in s.
HOLD: Final = {
    OperatingState.DISCHARGE: 5.0,  # short, so that the first minutes are recorded
    OperatingState.RECHARGE: 30.0,
    OperatingState.BOOST: 60.0,
    OperatingState.FLOAT: 120.0,
    OperatingState.REST: 120.0,
    OperatingState.OPEN_CIRCUIT: 120.0,
}
# A recharge follows a discharge, or a rest. On float, a current that goes to and fro is that of the charger's control;
# but it charges, so that the string is not settled, see `charges`.
RECHARGE_FROM_FLOAT: Final = 10 * MINUTE
# Current in shares of C10. Between begin and end, the operating state does not change.
RECHARGE_BEGINS: Final = 0.02
RECHARGE_ENDS: Final = 0.01  # the tail current; below it the string is on float
DISCHARGE_BEGINS: Final = 0.005

VOLTAGE_HYSTERESIS: Final = 0.01  # V per cell
# A string is on float at this much less than its float voltage. Below, a small current is a weak charge …
BELOW_FLOAT: Final = 0.05  # V per cell
# … unless the voltage does not rise any more: then the charger is set too low, and the string is judged as on float.
WEAK_LONGEST: Final = 12 * HOUR
WEAK_RISE: Final = 0.005  # V per cell
# Steps of the voltage that show that a charger is there again.
HELD: Final = 0.005  # V per cell
# Without a current: the change of the cell voltage that shows a new operating state.
MOVED: Final = 0.02  # V
# A boost charge that doesn't end is a charger that is set too high, and is judged as float.
LONGEST_BOOST: Final = 48 * HOUR

# Without current, a battery outside this range shows that the string is interrupted beside it.
BROKEN: Final = (0.3, 1.25)  # × the median


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectedState:
    """The operating state of the string, and the next one that is pending."""

    condition: OperatingState | None = None  # None while it is unknown
    since: float = 0.0
    candidate: OperatingState | None = None  # pending until it has lasted as long as `HOLD` says
    candidate_since: float = 0.0
    from_current: bool = True  # whether it was found from a current, not only from voltages
    # V per cell, without a current: the last turning point of the voltage. In a discharge also what it was with it.
    turned: float | None = None
    overlong: bool = False  # whether a boost charge is longer than `LONGEST_BOOST` and is judged as float
    weak_since: float | None = None  # since when a charge has not raised the voltage …
    weak_voltage: float = 0.0  # … above this, in V per cell at 25 °C
    residual: float = 0.0  # A; a discharge begins above it, because a disconnect leaves so much flowing
    offset: float = 0.0  # A that seem to flow out while a charger holds the voltage: the zero of the sensor is wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """What the voltage of the string has done in the last half hour."""

    sinking: bool = False  # as without a charger
    steady: bool = False  # as with one
    last: float | None = None  # V per cell, the last mean of ten minutes
    current: float | None = None  # A, the same of the current; None if it was not always known

    def risen(self, voltage: float) -> bool:
        """Whether the voltage of a cell in V is higher than that of the last minutes: a charger is there."""
        return self.last is not None and voltage > self.last + HELD

    def dropped(self, voltage: float) -> bool:
        """Whether the voltage of a cell in V is so much lower than that of the last minutes: a load is there."""
        return self.last is not None and self.last - voltage >= 2 * MOVED


UNKNOWN: Final = Trend()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """A string as one mean cell."""

    voltage: float  # V, the median of the batteries for one cell
    compensation: float  # V, to be added to the charging voltages for 25 °C
    broken: bool = False  # whether a battery is outside the range `BROKEN`


def step(
    settings: Settings,
    state: DetectedState,
    cells: Cells | None,
    current: float | None,
    now: float,
    *,
    trend: Trend = UNKNOWN,
    over_below: float = 0.0,
    under_way: float | None = None,
) -> DetectedState:
    """Return the operating state now; `current` in A, None if it isn't measured or not current.

    `over_below` is a current in A: a discharge that has come to its end is over when less than that flows. `under_way`
    is since when a discharge lasts that goes on if its operating state has been unknown for no longer than a gap.
    """
    if cells is None and current is None:
        return state if state.condition is None else DetectedState(since=now, from_current=state.from_current)
    if state.condition is None and under_way is not None:
        state = replace(state, condition=OperatingState.DISCHARGE, since=under_way)
    state = _weak(settings, state, cells, current, now)
    state = _with_offset(settings, state, cells, trend)
    seen, turned = _looks_like(settings, state, cells, current, now, trend, over_below)
    if (turned, current is not None) != (state.turned, state.from_current):
        state = replace(state, turned=turned, from_current=current is not None)
    overlong = seen is OperatingState.BOOST and (
        state.overlong or (state.condition is OperatingState.BOOST and now - state.since > LONGEST_BOOST)
    )
    if overlong:
        seen = OperatingState.FLOAT
    if overlong != state.overlong:
        state = replace(state, overlong=overlong)
    if seen == state.condition:
        return replace(state, candidate=None) if state.candidate is not None else state
    if seen != state.candidate:
        state = replace(state, candidate=seen, candidate_since=now)
    if state.condition is None or now - state.candidate_since >= _hold(settings, state, seen, current):
        cut_off = state.condition is OperatingState.DISCHARGE and seen is OperatingState.REST
        kept = state.residual if seen is OperatingState.REST else 0.0
        return replace(state, condition=seen, since=now, candidate=None, residual=over_below if cut_off else kept)
    return state


def _hold(settings: Settings, state: DetectedState, seen: OperatingState, current: float | None) -> float:
    """Return how long the operating state that is seen must last, in s."""
    if seen is OperatingState.RECHARGE and state.condition is OperatingState.FLOAT and current is not None:
        return RECHARGE_FROM_FLOAT
    if seen is OperatingState.REST and state.condition is OperatingState.DISCHARGE and current is None:
        # A lighter load raises the voltage too. The current tells as soon as it is known again.
        return LONGEST_GAP if settings.measures_current else HOLD[seen]
    return HOLD[seen]


def charges(state: DetectedState, now: float) -> bool:
    """Return whether the string is recharged, or on float with the current of a recharge."""
    if state.candidate is OperatingState.RECHARGE and state.condition is OperatingState.FLOAT:
        return now - state.candidate_since >= HOLD[OperatingState.RECHARGE]
    return state.condition is OperatingState.RECHARGE


@dataclass(frozen=True, kw_only=True, slots=True)
class _Thresholds:
    """Voltages in V per cell."""

    boost: float  # from here on it is boost
    charged: float  # below, a small current does not mean that the string is charged
    resting: float  # below, no charger holds it


def _thresholds(settings: Settings, state: DetectedState, cells: Cells) -> _Thresholds:
    float_voltage = settings.figure("float_voltage") + cells.compensation
    boost = (float_voltage + settings.figure("boost_voltage") + cells.compensation) / 2
    resting = float_voltage - 0.75 * (settings.figure("float_voltage") - settings.cell.full_voltage)
    charged = max(float_voltage - BELOW_FLOAT, resting)
    if state.condition is OperatingState.FLOAT:
        charged -= VOLTAGE_HYSTERESIS
    if state.condition in (OperatingState.FLOAT, OperatingState.RECHARGE):
        resting -= VOLTAGE_HYSTERESIS
    if state.condition is OperatingState.BOOST:
        boost -= VOLTAGE_HYSTERESIS
    return _Thresholds(boost=boost, charged=charged, resting=resting)


def _weak(
    settings: Settings, state: DetectedState, cells: Cells | None, current: float | None, now: float
) -> DetectedState:
    """Note since when a charge has not raised the voltage: it is weak, or the sensor shows a current that is none."""
    if cells is None or current is None:
        return state
    # A charge in which the voltage comes to that of float, with a small current, is float already.
    small = current <= RECHARGE_BEGINS * settings.capacity
    if current <= settings.dead_band or (small and cells.voltage >= _thresholds(settings, state, cells).charged):
        return state if state.weak_since is None else replace(state, weak_since=None)
    voltage = cells.voltage - cells.compensation
    if state.weak_since is None or voltage > state.weak_voltage + WEAK_RISE:
        return replace(state, weak_since=now, weak_voltage=voltage)
    return state


def _with_offset(settings: Settings, state: DetectedState, cells: Cells | None, trend: Trend) -> DetectedState:
    """Note what seems to flow out of a string whose voltage is held by a charger, so that nothing can flow out."""
    if not trend.steady or trend.current is None or not _at_charge(settings, state, cells):
        return state
    offset = max(0.0, -trend.current)
    return state if offset == state.offset else replace(state, offset=offset)


def _at_charge(settings: Settings, state: DetectedState, cells: Cells | None) -> bool:
    """Return whether the voltage is that of a charger, which a string that is discharged does not keep."""
    return cells is not None and cells.voltage >= _thresholds(settings, state, cells).charged


def _looks_like(
    settings: Settings,
    state: DetectedState,
    cells: Cells | None,
    current: float | None,
    now: float,
    trend: Trend,
    over_below: float,
) -> tuple[OperatingState, float | None]:
    if current is not None:
        stuck = state.weak_since is not None and now - state.weak_since >= WEAK_LONGEST
        if state.offset and _at_charge(settings, state, cells):
            current += state.offset
        seen = _from_current(settings, state, cells, current, trend, over_below, stuck=stuck)
        if state.condition is not OperatingState.DISCHARGE:
            return seen, None
        return seen, cells.voltage if cells is not None and seen is OperatingState.DISCHARGE else state.turned
    assert cells is not None  # noqa: S101 - one of the two is there
    return _from_voltage(settings, state, cells, trend)


def _from_current(
    settings: Settings,
    state: DetectedState,
    cells: Cells | None,
    current: float,
    trend: Trend,
    over_below: float,
    *,
    stuck: bool,
) -> OperatingState:
    if state.condition is OperatingState.DISCHARGE:
        least = max(settings.dead_band, over_below)
    else:
        least = max(1.5 * settings.dead_band, DISCHARGE_BEGINS * settings.capacity, state.residual)
    if current < -least:
        return OperatingState.DISCHARGE
    recharging = state.condition is OperatingState.RECHARGE
    charging = current > settings.capacity * (RECHARGE_ENDS if recharging else RECHARGE_BEGINS)
    if cells is None:
        return OperatingState.RECHARGE if charging else state.condition or OperatingState.FLOAT
    thresholds = _thresholds(settings, state, cells)
    flows = charging or current > settings.dead_band
    if cells.voltage >= thresholds.boost and (flows or _held(state, cells, trend)):
        return OperatingState.BOOST
    if not flows:
        return _without_current(state, cells, thresholds, trend)
    charged = stuck or (not charging and cells.voltage >= thresholds.charged)
    return OperatingState.FLOAT if charged else OperatingState.RECHARGE


def _without_current(state: DetectedState, cells: Cells, thresholds: _Thresholds, trend: Trend) -> OperatingState:
    """Return the operating state of a string into which no current can be seen to flow."""
    if cells.voltage < thresholds.resting:
        return OperatingState.OPEN_CIRCUIT if cells.broken else OperatingState.REST
    rested = state.condition in (OperatingState.REST, OperatingState.OPEN_CIRCUIT)
    rests = rested and cells.voltage < thresholds.charged
    return OperatingState.FLOAT if not rests and _held(state, cells, trend) else OperatingState.REST


def _held(state: DetectedState, cells: Cells, trend: Trend) -> bool:
    """Return whether a charger holds the voltage of a string into which no current can be seen to flow."""
    if state.condition not in (OperatingState.REST, OperatingState.OPEN_CIRCUIT):
        return not trend.sinking or trend.risen(cells.voltage)
    return trend.steady or trend.risen(cells.voltage)


def _from_voltage(
    settings: Settings, state: DetectedState, cells: Cells, trend: Trend
) -> tuple[OperatingState, float | None]:
    """Return the operating state, and the last turning point of the voltage in V per cell."""
    voltage = cells.voltage
    thresholds = _thresholds(settings, state, cells)
    turned = state.turned
    if turned is None:  # the string module may have stopped answering when the load came
        turned = trend.last if trend.last is not None else voltage
    resting = state.condition is OperatingState.REST
    float_voltage = settings.figure("float_voltage") + cells.compensation
    if voltage >= thresholds.resting and (trend.sinking or (resting and not trend.steady)):
        risen = voltage >= turned + MOVED if resting else trend.risen(voltage)
        if not risen:  # the charger is off
            return OperatingState.REST, min(turned, voltage)
    if voltage >= thresholds.boost:
        return OperatingState.BOOST, turned if resting else None
    if state.condition is OperatingState.DISCHARGE:
        turned = min(turned, voltage)
        if voltage - turned < MOVED and voltage < thresholds.resting:
            return OperatingState.DISCHARGE, turned
        return (OperatingState.RECHARGE if voltage >= settings.cell.full_voltage else OperatingState.REST), turned
    if voltage >= thresholds.resting:
        charged = (
            state.condition in (None, OperatingState.FLOAT, OperatingState.BOOST) or voltage >= float_voltage - MOVED
        )
        # The turning point of a rest stays until the charge is believed.
        return (OperatingState.FLOAT if charged else OperatingState.RECHARGE), (turned if resting else voltage)
    if not cells.broken:
        turned = max(turned, voltage)
    # After a charge, the voltage falls to that of a full cell without any discharge.
    fallen = turned - voltage >= 2 * MOVED and voltage < settings.cell.full_voltage - MOVED
    # A battery far from the others is beside a break, unless a load has just lowered the others: then it is empty.
    loaded = fallen and (not cells.broken or trend.dropped(voltage))
    rest = OperatingState.OPEN_CIRCUIT if cells.broken else OperatingState.REST
    return (OperatingState.DISCHARGE if loaded else rest), turned
