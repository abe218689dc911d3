"""The settings of a string, with defaults for those that a person has not changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ..model import Chemistry
from .alarm_kinds import AlarmKind, Group
from .cell import CELLS, COMPENSATED, VOLTAGE_REFERENCE, Cell
from .limit_defaults import DEFAULTS, limits_of
from .limits import Limit
from .room import TEMPERATURE


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure of a string that a person may set, by chemistry."""

    key: str
    unit: str
    lead: float  # VRLA, AGM or gel
    vented: float | None = None  # if it differs from `lead`
    nicd: float | None = None
    low: float
    high: float
    source: str

    def default(self, chemistry: Chemistry) -> float:
        """Return the figure of a chemistry."""
        if chemistry is Chemistry.NICD and self.nicd is not None:
            return self.nicd
        if chemistry in (Chemistry.VENTED_LEAD_ACID, Chemistry.NICD) and self.vented is not None:
            return self.vented
        return self.lead


FIGURES: Final = (
    Figure(
        key="float_voltage",
        unit="V",
        lead=2.27,
        vented=2.23,
        nicd=1.40,
        low=0.5,
        high=3.0,
        source="for one cell at 25 °C (estimation.tools); makers say 2.25 to 2.30 V for VRLA",
    ),
    Figure(
        key="boost_voltage",
        unit="V",
        lead=2.40,
        nicd=1.55,
        low=0.5,
        high=3.0,
        source="for one cell at 25 °C (estimation.tools)",
    ),
    Figure(
        key="end_voltage",
        unit="V",
        lead=1.80,
        nicd=1.00,
        low=0.5,
        high=3.0,
        source="for one cell discharged at the C10 rate (Eurobat); 1.65 to 1.75 V at higher rates (EnerSys)",
    ),
    Figure(
        key="compensation",
        unit="mV/K",
        lead=3.0,
        nicd=0.0,
        low=0.0,
        high=6.0,
        source="decrease of the charging voltage for each kelvin (Narada); makers say 1.7 to 5; none for NiCd (Alpha)",
    ),
    Figure(
        key="reference_temperature",
        unit="°C",
        lead=20.0,
        low=10.0,
        high=30.0,
        source="capacity and design life are stated at 20 °C (Eurobat, IEC) or at 25 °C (US)",
    ),
)

# The least and the most that a person may set, by the key of a figure, or of a limit with _warning or _alarm.
RANGES: Final[Mapping[str, tuple[float, float]]] = {one.key: (one.low, one.high) for one in FIGURES} | {
    f"{limit.key}_{level}": (limit.low, limit.high) for limit in DEFAULTS for level in ("warning", "alarm")
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one string. Voltages in `figures` and limits are for one cell."""

    batteries: tuple[str, ...]  # their ids, in order
    chemistry: Chemistry
    nominal_voltage: float  # V, of one battery
    capacity: float  # Ah, for 10 h (NiCd: 5 h)
    installed: float | None = None  # s since 1970, UTC
    measures_current: bool = True
    current_step: float = 0.1  # A, the resolution of the sensor
    voltage_step: float = 0.01  # V, the resolution of the voltage of a battery
    uses_load_steps: bool = False  # whether resistances are taken from them, because its modules measure none
    inverted: bool = False  # whether the sign of the current is inverted
    design_life: float | None = None  # years; None for that of the chemistry
    ventilation: float | None = None  # m³/h of the room; None for what the standard requires
    figures: Mapping[str, float] = field(default_factory=dict)  # chosen ones, by key
    limits: Mapping[str, float] = field(default_factory=dict)  # chosen ones, by key with _warning or _alarm
    latched: frozenset[AlarmKind] = frozenset()
    room: frozenset[str] = frozenset()  # what other sensors of its room measure: kinds of alarms, and `TEMPERATURE`
    capacity_test_months: float | None = None  # from one capacity test to the next; None: none is due
    test_interval: float | None = 30.0  # days between the scheduled resistance tests of a battery; None without tests

    @cached_property
    def cell(self) -> Cell:
        """The figures of its cells."""
        return CELLS[self.chemistry]

    @cached_property
    def cells(self) -> int:
        """The number of cells of one battery."""
        return max(1, round(self.nominal_voltage / self.cell.nominal_voltage))

    @cached_property
    def all_cells(self) -> int:
        """The number of cells of the string."""
        return self.cells * len(self.batteries)

    @cached_property
    def by_key(self) -> Mapping[str, Limit]:
        """All limits."""
        return limits_of(self.chemistry, self.limits)

    @cached_property
    def years(self) -> float:
        """The design life in years at the reference temperature."""
        return self.design_life or self.cell.design_life

    @cached_property
    def rated_current(self) -> float:
        """The current in A at which a new string gives its nameplate capacity."""
        return self.capacity / self.cell.rated_hours

    @cached_property
    def dead_band(self) -> float:
        """The current in A below which it counts as 0: the error of the sensor, or a five-hundredth of C10."""
        return max(2 * self.current_step, 0.002 * self.capacity)

    def measures(self, kind: AlarmKind) -> bool:
        """Return whether something measures what alarms of the string of that kind are judged by."""
        if kind.traits.group is Group.ROOM:
            return kind in self.room
        of_room = kind in (AlarmKind.AMBIENT_HIGH, AlarmKind.AMBIENT_LOW) and TEMPERATURE in self.room
        return of_room or self.measures_current or not kind.traits.needs_string_module

    def figure(self, key: str) -> float:
        """Return a figure as chosen, or its default."""
        return self._figures[key]

    @cached_property
    def _figures(self) -> Mapping[str, float]:
        return {one.key: one.default(self.chemistry) for one in FIGURES} | dict(self.figures)

    def compensation(self, temperature: float | None) -> float:
        """Return by how much a cell's charging voltages differ from those at 25 °C, in V.

        V(T) = V(25 °C) - k (T - 25 °C), between 5 and 40 °C (Narada). Without a temperature there is no compensation.
        """
        if temperature is None:
            return 0.0
        low, high = COMPENSATED
        return -self.figure("compensation") / 1000 * (min(max(temperature, low), high) - VOLTAGE_REFERENCE)
