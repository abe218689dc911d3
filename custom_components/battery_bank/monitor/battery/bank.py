"""A bank: strings in parallel on one bus bar, their totals, and the share of the current that each string carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from statistics import median
from typing import Final

# The current of a bank, in A for each Ah, from which the shares are compared. Less current says little: the sensors are
# not exact enough, and at the end of a charge a string that is full takes less than its neighbour.
LEAST_DISCHARGE: Final = 0.05
LEAST_CHARGE: Final = 0.10
LEAST_RATIO: Final = 1e-3  # a string that carries nothing is as far off as one that carries so little


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """What a bank needs to know of one of its strings."""

    capacity: float  # Ah
    current: float | None = None  # A, positive charges the string; None while it is not known
    voltage: float | None = None  # V


@dataclass(frozen=True, kw_only=True, slots=True)
class BankState:
    """The totals of a bank, and how its strings share the current. None or missing: not known now."""

    current: float | None = None  # A
    voltage: float | None = None  # V, the median of the strings
    power: float | None = None  # W
    shares: Mapping[str, float] = field(default_factory=dict)  # of the current, by string; the sum is 1
    ratios: Mapping[str, float] = field(default_factory=dict)  # see `ratios`, by string


def bank(members: Mapping[str, Member]) -> BankState:
    """Return the state of a bank. Without the current of each string there are no totals, and nothing to compare."""
    voltage = median(volts) if (volts := [one.voltage for one in members.values() if one.voltage is not None]) else None
    currents = {name: one.current for name, one in members.items() if one.current is not None}
    capacity = sum(one.capacity for one in members.values())
    if len(currents) < len(members) or not capacity:
        return BankState(voltage=voltage)
    total = sum(currents.values())
    power = total * voltage if voltage is not None else None
    if not loaded(total, capacity):
        fed = fed_by_others(currents, {name: one.capacity for name, one in members.items()})
        return BankState(current=total, voltage=voltage, power=power, ratios=fed)
    return BankState(
        current=total,
        voltage=voltage,
        power=power,
        shares={name: current / total for name, current in currents.items()},
        ratios=ratios(currents, {name: one.capacity for name, one in members.items()}),
    )


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
