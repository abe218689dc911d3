"""A string as a circuit: blocks with a rest voltage, a resistance, two wells of charge, warmth; a charger or a load.

It shares no code with `simulator/physics.py` or the product. All of it is deterministic.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import asinh, exp, log10, sqrt
from typing import Final

from .electrochemistry import RESISTANCE_RISE, Electrochemistry, read

HOUR: Final = 3600.0  # s
REFERENCE: Final = 25.0  # °C, of the charging figures
# 30 to 35 Wh/kg and 0.95 kJ/(kg K) make 54 J/K of each Ah of a 2 V cell [K]; a block follows its room in hours.
HEAT_PER_AH: Final = 54.0  # J/K
TIME_CONSTANT: Final = 8 * HOUR  # s, of a 12 V block of 100 Ah [K]
# VRLA on float: 0.09 W per cell per 100 Ah (accuoerlikon.com); in proportion to what it takes.
FLOAT_HEAT: Final = 0.9  # W of each A that makes gas, as it mostly recombines: 0.1 A on 100 Ah
CAPACITY_COEFFICIENT: Final = 0.006  # 1/K against 20 °C, C10 (velapower.com)
CAPACITY_REFERENCE: Final = 20.0  # °C
RESISTANCE_COEFFICIENT: Final = -0.004  # 1/K against 25 °C: the acid conducts better when warm [K: -0.3 to -1 %]
# What an absorption takes above gassing dies away with what is still missing; so a bulk charge at C/5
# comes to boost voltage near 80 % of charge (Victron, Blue Smart p11), and its tail below 1 % of C10 within a day [I].
ACCEPTANCE: Final = 1.7  # 1/h
ACCEPTANCE_BEND: Final = 0.04  # V
KNEE_WIDTH: Final = 0.035  # of the available well
DIP_SECONDS: Final = 25.0  # s until the coup de fouet is deepest at C/1
# Of the available well, above which nothing is taken up. What a cell takes just below must be small beside 1 mA/Ah of
# float current: in a string, the current of the cells that are full flows through the others too.
FULL: Final = 0.99999
NEAR: Final = 1e-5  # V or A, near enough for a root


@dataclass(kw_only=True)
class Block:
    """A battery: cells in one case. What differs from a new one is set by a story."""

    kind: Electrochemistry
    cells: int
    capacity: float  # Ah at C10 and 20 °C
    temperature: float = REFERENCE
    resistance_factor: float = 1.0
    leak_factor: float = 1.0  # spreads the float voltages of a string
    dip_factor: float = 1.0
    reversed_cells: int = 0  # cells that are empty and driven backwards by a discharge: -1.0 to -1.5 V each [K]
    missing: float = 0.0  # share of the charge that is missing when the others are full
    own_heat: float = 0.0  # W of a fault
    fast: float = field(init=False)  # share of all charge that is in the available well …
    bound: float = field(init=False)  # … and in the other
    drawing: float = 0.0  # s since a discharge from full began
    _asked: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _answer: float = 0.0

    def __post_init__(self) -> None:
        """Fill it."""
        self.fill(1.0 - self.missing)

    def fill(self, share: float) -> None:
        """Set the state of charge, rested."""
        self.fast = share * self.kind.fast_share
        self.bound = share * (1 - self.kind.fast_share)

    @property
    def whole(self) -> float:
        """All charge of both wells in Ah: so much that C10 is drawn in ten hours."""
        c, k, hours = self.kind.fast_share, self.kind.fast_rate, 10.0
        done = 1 - exp(-k * hours)
        share = k * c * hours / (done + c * (k * hours - done))
        warm = 1 + CAPACITY_COEFFICIENT * (self.temperature - CAPACITY_REFERENCE)
        return self.capacity * max(0.5, warm) / share

    @property
    def state(self) -> float:
        """The true state of charge, 0 to 1."""
        return min(1.0, self.fast + self.bound)

    @property
    def available(self) -> float:
        """How full the available well is, 0 to 1: it decides the voltage."""
        return min(1.0, max(0.0, self.fast / self.kind.fast_share))

    @property
    def resistance(self) -> float:
        """The internal resistance in Ω."""
        ohm_ah = self.kind.resistance if self.cells > 1 else self.kind.resistance_single
        cold = 1 + RESISTANCE_COEFFICIENT * (self.temperature - REFERENCE)
        return ohm_ah * self.cells / self.capacity * self.resistance_factor * cold * read(RESISTANCE_RISE, self.state)

    def gassing(self, cell_voltage: float) -> float:
        """Return the A that a cell voltage drives besides the main reaction."""
        kind = self.kind
        warm = 2.0 ** ((self.temperature - REFERENCE) / 10)  # doubles per 10 K (wungiel)
        over = (cell_voltage - kind.float_voltage) / kind.gassing_decade
        return float(kind.float_current * self.leak_factor * self.capacity * warm * 10.0**over)

    def voltage(self, current: float) -> float:
        """Return the voltage at the terminals in V; `current` in A, charge positive."""
        if current > 0:
            left = (
                self.kind.charging
                * min(1.0, 10 * (1 - self.available))
                * asinh(current / self.capacity / 0.02)
                / asinh(5)
            )
            return self.cells * (self._charging(current) + left) + current * self.resistance
        rate = -current / self.capacity
        cell = read(self.kind.rest, self.available) - self.kind.activation * asinh(rate / 0.02)
        if rate > 0:
            cell -= self.kind.knee * exp(-self.available / KNEE_WIDTH)
            cell -= self._dip(rate)
        good = max(0, self.cells - self.reversed_cells)
        turned = self.reversed_cells * (-1.2 if rate > 0.01 else 0.3)  # noqa: PLR2004 - any load drives it backwards
        return good * cell + turned + current * self.resistance

    def step(self, current: float, seconds: float, ambient: float) -> None:
        """Let a current flow for so long in a room of that temperature."""
        hours = seconds / HOUR
        cell = self._charging(current) if current > 0 else 0.0
        stored = 0.0
        if current > 0:
            stored = max(0.0, current - self.gassing(cell)) * self.kind.efficiency
            self.drawing = 0.0 if self.available > 0.97 else self.drawing  # noqa: PLR2004 - full again
        elif current < 0:
            stored = current
            self.drawing += seconds
        c, k = self.kind.fast_share, self.kind.fast_rate
        stored /= self.whole
        # Both wells level out with the rate k' of the model, exactly for a level current.
        level, done = self.fast + self.bound, exp(-k * hours)
        self.fast = (
            self.fast * done + (level * k * c + stored) * (1 - done) / k + stored * c * (k * hours - 1 + done) / k
        )
        self.bound = level + stored * hours - self.fast
        self.fast = min(self.fast, c)
        self.bound = min(self.bound, 1.0 - self.fast)
        ah = self.cells * self.capacity
        heat = self.own_heat + current**2 * self.resistance
        if current > 0:
            heat += FLOAT_HEAT * self.cells * min(current, self.gassing(cell))
        elif current < 0:
            heat += -current * self.cells * self.kind.activation * asinh(-current / self.capacity / 0.02)
        settled = ambient + heat / (HEAT_PER_AH * ah) * TIME_CONSTANT
        self.temperature = settled + (self.temperature - settled) * exp(-seconds / TIME_CONSTANT)

    def _charging(self, current: float) -> float:
        """Return the cell voltage at which main reaction and gassing take a current together."""
        kind, here = self.kind, (current, self.fast, self.temperature)
        if here == self._asked:
            return self._answer
        gas = self.gassing(kind.float_voltage)
        # Were there no main reaction, gassing would take it all: no voltage is higher than that.
        highest = kind.float_voltage + kind.gassing_decade * log10(max(current, 1e-9) / gas)
        rest, acceptance = read(kind.rest, self.available), ACCEPTANCE * (1 - self.available) * self.capacity

        def taken(cell: float) -> float:
            main = acceptance * (1 - exp(-max(0.0, cell - rest) / ACCEPTANCE_BEND))
            return float(main + gas * 10.0 ** ((cell - kind.float_voltage) / kind.gassing_decade) - current)

        found = max(rest, highest) if self.available > FULL or highest <= rest else _root(taken, rest, highest)
        self._asked, self._answer = here, found
        return found

    def _dip(self, rate: float) -> float:
        """Return the coup de fouet of a battery that was full: deepest after half a minute, gone in a few."""
        if not self.kind.dip or self.drawing <= 0:
            return 0.0
        place = self.drawing / (DIP_SECONDS / max(rate, 0.05) ** 0.5)
        return float(self.kind.dip * self.dip_factor * rate**0.8 * place * exp(1 - place))


@dataclass(kw_only=True)
class Circuit:
    """Blocks in series with a charger, a load, or nothing."""

    blocks: Sequence[Block]
    ambient: float = REFERENCE
    charge_voltage: float | None = None  # V per cell at 25 °C; None without a charger
    charge_limit: float = 0.1  # of C10 in A
    compensated: bool = True  # whether the charger follows the batteries' temperature
    load: float = 0.0  # A that the batteries give where there is no charger
    current: float = 0.0  # A, charge positive; since the last `settle`

    @property
    def capacity(self) -> float:
        """C10 in Ah of the first block."""
        return self.blocks[0].capacity

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return sum(block.cells for block in self.blocks)

    def voltages(self) -> list[float]:
        """Return the voltage of each battery in V."""
        return [block.voltage(self.current) for block in self.blocks]

    def settle(self) -> None:
        """Find the current that flows now."""
        if self.charge_voltage is None:
            self.current = -self.load
            return
        kind, warm = self.blocks[0].kind, sum(block.temperature for block in self.blocks) / len(self.blocks)
        lower = kind.compensation * (min(max(warm, 5.0), 40.0) - REFERENCE) if self.compensated else 0.0
        target = (self.charge_voltage - lower) * self.cells
        low, high = 0.0, self.charge_limit * self.capacity
        # The batteries are alike: the mean of a few finds the current, and all their voltages follow from it.
        few = self.blocks[:: max(1, len(self.blocks) // 4)]
        scale = self.cells / sum(block.cells for block in few)
        if scale * sum(block.voltage(high) for block in few) <= target:
            self.current = high
            return
        self.current = _root(lambda ampere: scale * sum(block.voltage(ampere) for block in few) - target, low, high)

    def advance(self, seconds: float, step: float = 60.0) -> None:
        """Let time pass in steps of at most so many s."""
        while seconds > 1e-9:  # noqa: PLR2004 - rounding
            part = min(step, seconds)
            self.settle()
            for block in self.blocks:
                block.step(self.current, part, self.ambient)
            seconds -= part
        self.settle()


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a rising function is 0 between two places; the nearer of them if it isn't (Ridders' method)."""
    at_low, at_high = function(low), function(high)
    if at_low >= 0:
        return low
    if at_high <= 0:
        return high
    for _ in range(30):
        middle = (low + high) / 2
        at_middle = function(middle)
        place = middle + (middle - low) * -at_middle / sqrt(at_middle**2 - at_low * at_high)
        at_place = function(place)
        if at_middle < 0:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
        if at_place < 0 and place > low:
            low, at_low = place, at_place
        elif at_place >= 0 and place < high:
            high, at_high = place, at_place
        if abs(at_place) < NEAR or high - low < NEAR:
            return place
    return (low + high) / 2
