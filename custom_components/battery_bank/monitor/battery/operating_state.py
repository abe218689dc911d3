"""The operating state of a string: from its current, or less reliably from its voltages if no current is measured."""

from dataclasses import dataclass, replace
from typing import Final

from .events import OperatingState
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
# Current in shares of C10. Between begin and end, the operating state does not change.
RECHARGE_BEGINS: Final = 0.02
RECHARGE_ENDS: Final = 0.01  # the tail current; below it the string is on float
DISCHARGE_BEGINS: Final = 0.005

VOLTAGE_HYSTERESIS: Final = 0.01  # V per cell
# Without a current: the change of the cell voltage that shows a new operating state.
MOVED: Final = 0.02  # V
# A boost charge that doesn't end is a charger that is set too high, and is judged as float.
LONGEST_BOOST: Final = 48 * 3600.0  # s

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
    turned: float | None = None  # V per cell, without a current: the last turning point of the voltage
    overlong: bool = False  # whether a boost charge is longer than `LONGEST_BOOST` and is judged as float


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """A string as one mean cell."""

    voltage: float  # V, the median of the batteries for one cell
    compensation: float  # V, to be added to the charging voltages for 25 °C
    broken: bool = False  # whether a battery is outside the range `BROKEN`


def step(
    settings: Settings, state: DetectedState, cells: Cells | None, current: float | None, now: float
) -> DetectedState:
    """Return the operating state now; `current` in A, None if it isn't measured or not current."""
    if cells is None and current is None:
        return state if state.condition is None else DetectedState(since=now, from_current=state.from_current)
    seen, turned = _looks_like(settings, state, cells, current)
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
    if state.condition is None or now - state.candidate_since >= HOLD[seen]:
        return replace(state, condition=seen, since=now, candidate=None)
    return state


def _looks_like(
    settings: Settings, state: DetectedState, cells: Cells | None, current: float | None
) -> tuple[OperatingState, float | None]:
    if current is not None:
        return _from_current(settings, state, cells, current), None
    assert cells is not None  # noqa: S101 - one of the two is there
    return _from_voltage(settings, state, cells)


def _thresholds(settings: Settings, state: DetectedState, cells: Cells) -> tuple[float, float]:
    """Return the voltages (V per cell) above which a string is on float, and on boost."""
    float_voltage = settings.figure("float_voltage") + cells.compensation
    boost = (float_voltage + settings.figure("boost_voltage") + cells.compensation) / 2
    resting = float_voltage - 0.75 * (settings.figure("float_voltage") - settings.cell.full_voltage)
    if state.condition in (OperatingState.FLOAT, OperatingState.RECHARGE):
        resting -= VOLTAGE_HYSTERESIS
    if state.condition is OperatingState.BOOST:
        boost -= VOLTAGE_HYSTERESIS
    return resting, boost


def _from_current(settings: Settings, state: DetectedState, cells: Cells | None, current: float) -> OperatingState:
    begins = max(1.5 * settings.dead_band, DISCHARGE_BEGINS * settings.capacity)
    if current < -(settings.dead_band if state.condition is OperatingState.DISCHARGE else begins):
        return OperatingState.DISCHARGE
    recharging = state.condition is OperatingState.RECHARGE
    charging = current > settings.capacity * (RECHARGE_ENDS if recharging else RECHARGE_BEGINS)
    if cells is None:
        return OperatingState.RECHARGE if charging else state.condition or OperatingState.FLOAT
    resting, boost = _thresholds(settings, state, cells)
    if cells.voltage >= boost:
        return OperatingState.BOOST
    if charging:
        return OperatingState.RECHARGE
    if cells.voltage >= resting or current > settings.dead_band:
        return OperatingState.FLOAT
    return OperatingState.OPEN_CIRCUIT if cells.broken else OperatingState.REST


def _from_voltage(settings: Settings, state: DetectedState, cells: Cells) -> tuple[OperatingState, float | None]:
    """Return the operating state, and the last turning point of the voltage in V per cell."""
    voltage = cells.voltage
    resting, boost = _thresholds(settings, state, cells)
    if voltage >= boost:
        return OperatingState.BOOST, None
    turned = state.turned if state.turned is not None else voltage
    if state.condition is OperatingState.DISCHARGE:
        turned = min(turned, voltage)
        if voltage - turned < MOVED and voltage < settings.cell.full_voltage:
            return OperatingState.DISCHARGE, turned
        return (OperatingState.RECHARGE if voltage >= settings.cell.full_voltage else OperatingState.REST), turned
    if voltage >= resting:
        float_voltage = settings.figure("float_voltage") + cells.compensation
        charged = (
            state.condition in (None, OperatingState.FLOAT, OperatingState.BOOST) or voltage >= float_voltage - MOVED
        )
        return (OperatingState.FLOAT if charged else OperatingState.RECHARGE), voltage
    if cells.broken:
        return OperatingState.OPEN_CIRCUIT, turned
    turned = max(turned, voltage)
    # After a charge, the voltage falls to that of a full cell without any discharge.
    used = turned - voltage >= 2 * MOVED and voltage < settings.cell.full_voltage - MOVED
    return (OperatingState.DISCHARGE if used else OperatingState.REST), turned
