"""A bank: strings in parallel on one bus bar, their totals, and the share of the current that each string carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import log
from statistics import median
from typing import Final

from .events import OperatingState

# The current of a bank, in A for each Ah, from which the shares are compared. Less current says little: the sensors are
# not exact enough, and at the end of a charge a string that is full takes less than its neighbour.
LEAST_DISCHARGE: Final = 0.05
LEAST_CHARGE: Final = 0.10
LEAST_RATIO: Final = 1e-3  # a string that carries nothing is as far off as one that carries so little

# Strings on one bus bar may differ, as one that is full floats while the other recharges, or one has an open fuse. The
# bank is in the first of these states that one of its strings is in.
STATES: Final = (
    OperatingState.DISCHARGE,
    OperatingState.RECHARGE,
    OperatingState.BOOST,
    OperatingState.FLOAT,
    OperatingState.REST,
    OperatingState.OPEN_CIRCUIT,
)
CHARGING: Final = frozenset({OperatingState.RECHARGE, OperatingState.BOOST})  # float holds a charge


@dataclass(frozen=True, kw_only=True, slots=True)
class Remaining:
    """The remaining time of a discharge with its range, in s."""

    seconds: float
    low: float | None = None
    high: float | None = None
    estimated: bool = False  # from the nameplate


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """What a bank needs to know of one of its strings."""

    capacity: float  # Ah
    current: float | None = None  # A, positive charges the string; None while it is not known
    voltage: float | None = None  # V
    operating_state: OperatingState | None = None
    state_of_charge: float | None = None  # 0 to 1
    remaining: Remaining | None = None  # of its discharge


@dataclass(frozen=True, kw_only=True, slots=True)
class BankState:
    """The totals of a bank, and how its strings share the current. None or missing: not known now."""

    current: float | None = None  # A
    voltage: float | None = None  # V, the median of the strings
    power: float | None = None  # W, positive while the bank discharges
    shares: Mapping[str, float] = field(default_factory=dict)  # of the current, by string; the sum is 1
    ratios: Mapping[str, float] = field(default_factory=dict)  # see `ratios`, by string
    operating_state: OperatingState | None = None
    state_of_charge: float | None = None  # 0 to 1
    remaining: Remaining | None = None


def bank(members: Mapping[str, Member]) -> BankState:
    """Return the state of a bank. Without the current of each string there are no totals, and nothing to compare."""
    voltage = median(volts) if (volts := [one.voltage for one in members.values() if one.voltage is not None]) else None
    state = BankState(
        voltage=voltage,
        operating_state=_operating_state(members.values()),
        state_of_charge=_state_of_charge(members.values()),
    )
    currents = {name: one.current for name, one in members.items() if one.current is not None}
    capacities = {name: one.capacity for name, one in members.items()}
    capacity = sum(capacities.values())
    if len(currents) < len(members) or not capacity:
        return state
    total = sum(currents.values())
    state = replace(state, current=total, power=discharge_power(total, voltage), remaining=_remaining(members.values()))
    if not loaded(total, capacity):
        return replace(state, ratios=fed_by_others(currents, capacities))
    shares = {name: current / total for name, current in currents.items()}
    return replace(state, shares=shares, ratios=ratios(currents, capacities))


def _operating_state(members: Iterable[Member]) -> OperatingState | None:
    """Return the state of a bank; None until that of each string is known."""
    known = {one.operating_state for one in members}
    return next((state for state in STATES if state in known), None) if None not in known else None


def _state_of_charge(members: Iterable[Member]) -> float | None:
    """Return the charge of all strings over their capacity; None until that of each string is known."""
    charges = [(one.state_of_charge, one.capacity) for one in members]
    capacity = sum(capacity for _, capacity in charges)
    known = [charge * own for charge, own in charges if charge is not None]
    return sum(known) / capacity if len(known) == len(charges) and capacity else None


def _remaining(members: Iterable[Member]) -> Remaining | None:
    """Return the remaining time of a bank: the charge that its strings have left over the current that they carry.

    The current of each string is known. On one bus bar all strings reach the end voltage together, and a string with
    more charge left takes over from one with less. None unless the time of each string that discharges is known.
    """
    parts = [
        (one.remaining, -one.current)
        for one in members
        if one.operating_state is OperatingState.DISCHARGE and one.current is not None and one.current < 0
    ]
    times = [(time, current) for time, current in parts if time is not None]
    if not times or len(times) < len(parts):
        return None
    drawn = sum(current for _, current in times)

    def mean(values: Iterable[float | None]) -> float | None:
        """Return the mean of values in the order of the strings, by the current of each."""
        known = [(value, current) for value, (_, current) in zip(values, times, strict=True) if value is not None]
        return sum(value * current for value, current in known) / drawn if len(known) == len(times) else None

    return Remaining(
        seconds=sum(time.seconds * current for time, current in times) / drawn,
        low=mean(time.low for time, _ in times),
        high=mean(time.high for time, _ in times),
        estimated=any(time.estimated for time, _ in times),
    )


def discharge_power(current: float | None, voltage: float | None) -> float | None:
    """Return the power in W that flows out; the energy dashboard of Home Assistant counts a discharge as positive.

    `current` in A, positive charges, as everywhere in the monitor; None if a value is unknown.
    """
    if current is None or voltage is None:
        return None
    return -current * voltage + 0.0  # adding 0 turns -0.0 into 0.0


def loaded(current: float, capacity: float) -> bool:
    """Return whether a bank carries enough current (A) for its capacity (Ah) to compare its strings."""
    return current <= -LEAST_DISCHARGE * capacity or current >= LEAST_CHARGE * capacity


def fed_by_others(currents: Mapping[str, float], capacities: Mapping[str, float]) -> dict[str, float]:
    """Return the ratios of strings one of which charges the other, as one with a shorted cell is charged.

    The bank carries nothing then. A string that is charged has the negative ratio of its current to its part of what
    the others give. Empty if they give little.
    """
    capacity, given = sum(capacities.values()), sum(current for current in currents.values() if current < 0)
    if given > -LEAST_DISCHARGE * capacity:
        return {}
    return {
        name: current * capacity / (given * capacities[name]) if current > 0 else 1.0
        for name, current in currents.items()
    }


def ratios(currents: Mapping[str, float], capacities: Mapping[str, float]) -> dict[str, float]:
    """Return by string its current over its part by capacity. 1 is an even share, a negative one flows the other way.

    What one string does not carry, the others must. So the string that is furthest off by factor is compared with all
    others, and then left out; the next is compared with those that are left. One cause has one ratio that is not 1.
    """
    left, found = dict(currents), dict[str, float]()
    forward = sum(currents.values())
    while len(left) > 1 and (total := sum(left.values())) * forward > 0:
        capacity = sum(capacities[name] for name in left)
        # Adding 0 turns -0.0 into 0.0.
        even = {name: current * capacity / (total * capacities[name]) + 0.0 for name, current in left.items()}
        worst = max(even, key=lambda name: abs(log(max(even[name], LEAST_RATIO))))
        found[worst] = even[worst]
        del left[worst]
    return found | dict.fromkeys(left, 1.0)
