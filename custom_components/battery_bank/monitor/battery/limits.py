"""The limits of all alarms: their defaults, where those are from, and how an alarm behaves around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model import Chemistry
from .events import AlarmKind, Level

MINUTE: Final = 60.0  # s
HOUR: Final = 3600.0  # s
DAY: Final = 86400.0  # s

type Pair = tuple[float, float]  # of the warning and of the alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """Where a warning and an alarm begin, in `unit`, and how steady a value must be."""

    kind: AlarmKind
    unit: str
    warning: float
    alarm: float
    hysteresis: float  # in `unit`: how far a value must come back
    delay: float  # s for which a value must be beyond the limit, and within it to clear

    @property
    def above(self) -> bool:
        """Whether it is a limit for what is too high."""
        return self.alarm >= self.warning

    def level(self, value: float) -> Level:
        """Return how bad a value is."""
        return self._level(value, 0.0)

    def held(self, value: float) -> Level:
        """Return the level that a value is not far enough away from to leave it."""
        return self._level(value, self.hysteresis)

    def of(self, level: Level) -> float:
        """Return the limit of a level."""
        return self.alarm if level is Level.ALARM else self.warning

    def shifted(self, by: float) -> Limit:
        """Return the same with both limits moved, in `unit`."""
        return self._with(self.warning + by, self.alarm + by)

    def widened(self, factor: float) -> Limit:
        """Return the same with both limits that many times as far from 0."""
        return self._with(self.warning * factor, self.alarm * factor)

    def _with(self, warning: float, alarm: float) -> Limit:
        return Limit(
            kind=self.kind,
            unit=self.unit,
            warning=warning,
            alarm=alarm,
            hysteresis=self.hysteresis,
            delay=self.delay,
        )

    def _level(self, value: float, grace: float) -> Level:
        if self.above:
            return Level((value >= self.warning - grace) + (value >= self.alarm - grace))
        return Level((value <= self.warning + grace) + (value <= self.alarm + grace))


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitDefault:
    """A limit as the table below has it; `key` names it in the settings."""

    key: str
    kind: AlarmKind
    unit: str
    lead: Pair  # VRLA, AGM or gel
    vented: Pair | None = None  # where they differ from `lead`
    nicd: Pair | None = None
    hysteresis: float
    delay: float
    low: float  # the least and the most that a person may set
    high: float
    source: str

    def pair(self, chemistry: Chemistry) -> Pair:
        """Return warning and alarm for a chemistry."""
        match chemistry:
            case Chemistry.VENTED_LEAD_ACID:
                return self.vented or self.lead
            case Chemistry.NICD:
                return self.nicd or self.vented or self.lead
            case _:
                return self.lead


def _volts(
    key: str, kind: AlarmKind, lead: Pair, vented: Pair, nicd: Pair, *, delay: float, source: str
) -> LimitDefault:
    return LimitDefault(
        key=key,
        kind=kind,
        unit="V",  # of one cell
        lead=lead,
        vented=vented,
        nicd=nicd,
        hysteresis=0.01,
        delay=delay,
        low=0.5,
        high=3.0,
        source=source,
    )


# Marked [I]: inferred from the neighbouring figures, for want of a published one.
DEFAULTS: Final = (
    _volts(
        "voltage_high",
        AlarmKind.VOLTAGE_HIGH,
        (2.37, 2.42),
        (2.33, 2.40),
        (1.46, 1.50),
        delay=2 * MINUTE,
        source="float voltage + 4.5 %, within which cells settle (EnerSys); alarm [I]",
    ),
    _volts(
        "voltage_high_boost",
        AlarmKind.VOLTAGE_HIGH,
        (2.50, 2.56),
        (2.65, 2.75),
        (1.65, 1.70),
        delay=2 * MINUTE,
        source="boost voltage + 4.5 %; alarm, vented, NiCd [I]",
    ),
    _volts(
        "voltage_low",
        AlarmKind.VOLTAGE_LOW,
        (2.20, 2.10),
        (2.14, 2.08),
        (1.34, 1.30),
        delay=5 * MINUTE,
        source="13.2 V suspect, 12.6 V replace for a 12 V block on float (Alpha); vented, NiCd [I]",
    ),
    _volts(
        "voltage_low_discharge",
        AlarmKind.VOLTAGE_LOW,
        (1.85, 1.75),
        (1.85, 1.75),
        (1.05, 1.00),
        delay=10.0,
        source="end of discharge by duty, 1.65 to 1.80 V (EnerSys, Eurobat); warning, NiCd [I]",
    ),
    _volts(
        "voltage_low_rest",
        AlarmKind.VOLTAGE_LOW,
        (2.08, 2.00),
        (2.05, 2.00),
        (1.24, 1.20),
        delay=30 * MINUTE,
        source="2.10 V: boost charge (C&D); never below 2.0 V (Remco); some lower for what a discharge has left [I]",
    ),
    LimitDefault(
        key="deviation",
        kind=AlarmKind.DEVIATION,
        unit="V",
        lead=(0.05, 0.10),
        nicd=(0.04, 0.08),
        hysteresis=0.01,
        delay=30 * MINUTE,
        low=0.005,
        high=1.0,
        source="±50 mV per cell, usual maker limit; ±4.5 % (EnerSys); twice as wide in the first six months; NiCd [I]",
    ),
    LimitDefault(
        key="deviation_discharge",
        kind=AlarmKind.DEVIATION,
        unit="V",
        lead=(0.10, 0.20),
        nicd=(0.08, 0.15),
        hysteresis=0.02,
        delay=MINUTE,
        low=0.005,
        high=1.0,
        source="> 0.5 V between 12 V blocks (practice of users) [I]",
    ),
    LimitDefault(
        key="resistance_baseline",
        kind=AlarmKind.RESISTANCE_BASELINE,
        unit="×",
        lead=(1.3, 1.5),
        vented=(1.6, 2.0),
        hysteresis=0.03,
        delay=0.0,
        low=1.05,
        high=5.0,
        source="1.5 × initial (Hioki, Battery Association of Japan), 20/30/50 % family; vented and NiCd wider [I]",
    ),
    LimitDefault(
        key="resistance_string",
        kind=AlarmKind.RESISTANCE_STRING,
        unit="×",
        lead=(1.25, 1.5),
        vented=(1.4, 1.8),
        hysteresis=0.03,
        delay=0.0,
        low=1.05,
        high=5.0,
        source="30 % below the best in conductance: difficulty making 80 % (Franklin); the figures [I]",
    ),
    LimitDefault(
        key="resistance_low",
        kind=AlarmKind.RESISTANCE_LOW,
        unit="×",
        lead=(0.75, 0.6),
        hysteresis=0.03,
        delay=0.0,
        low=0.2,
        high=0.95,
        source="beyond what batches differ by, 5 to 10 % (Battery University) [I]",
    ),
    LimitDefault(
        key="resistance_rise",
        kind=AlarmKind.RESISTANCE_RISE,
        unit="×",
        lead=(1.1, 1.25),
        hysteresis=0.02,
        delay=0.0,
        low=1.02,
        high=3.0,
        source="VRLA can fail within two weeks (BTECH): 14 days against the 60 before [I]",
    ),
    LimitDefault(
        key="temperature_high",
        kind=AlarmKind.TEMPERATURE_HIGH,
        unit="°C",
        lead=(35.0, 50.0),
        hysteresis=1.5,
        delay=10 * MINUTE,
        low=0.0,
        high=80.0,
        source="35 °C (APC battery management); no charging above 50 °C (C&D)",
    ),
    LimitDefault(
        key="temperature_rise",
        kind=AlarmKind.TEMPERATURE_RISE,
        unit="K",
        lead=(5.0, 10.0),
        hysteresis=1.0,
        delay=15 * MINUTE,
        low=1.0,
        high=40.0,
        source="ambient + 5 K (Critical Power), + 10 K: suspect thermal runaway (C&D)",
    ),
    LimitDefault(
        key="thermal_runaway",
        kind=AlarmKind.THERMAL_RUNAWAY,
        unit="K",
        lead=(10.0, 15.0),
        hysteresis=1.0,
        delay=10 * MINUTE,
        low=2.0,
        high=40.0,
        source="temperature and current together (Alber, Generex); + 10 K (C&D); alarm [I]",
    ),
    LimitDefault(
        key="shorted_cell",
        kind=AlarmKind.SHORTED_CELL,
        unit="×",  # of a cell's open-circuit voltage
        lead=(0.5, 0.75),
        hysteresis=0.1,
        delay=5 * MINUTE,
        low=0.2,
        high=1.0,
        source="one cell's voltage missing [I]",
    ),
    LimitDefault(
        key="string_voltage_high",
        kind=AlarmKind.STRING_VOLTAGE_HIGH,
        unit="V",
        lead=(2.31, 2.33),
        vented=(2.28, 2.32),
        nicd=(1.44, 1.47),
        hysteresis=0.005,
        delay=10 * MINUTE,
        low=0.5,
        high=3.0,
        source="2.33 V average halves the life (Exide); warning, vented, NiCd [I]",
    ),
    LimitDefault(
        key="string_voltage_low",
        kind=AlarmKind.STRING_VOLTAGE_LOW,
        unit="V",
        lead=(2.23, 2.20),
        vented=(2.18, 2.14),
        nicd=(1.37, 1.34),
        hysteresis=0.005,
        delay=30 * MINUTE,
        low=0.5,
        high=3.0,
        source="lower end of float: 2.23 V (Absolyte), 2.24 V (C&D); alarm, vented, NiCd [I]",
    ),
    LimitDefault(
        key="string_voltage_low_discharge",
        kind=AlarmKind.STRING_VOLTAGE_LOW,
        unit="V",
        lead=(1.85, 1.80),
        nicd=(1.08, 1.03),
        hysteresis=0.01,
        delay=10.0,
        low=0.5,
        high=3.0,
        source="C10 to 1.80 V (Eurobat); warning, NiCd [I]",
    ),
    LimitDefault(
        key="charge_current",
        kind=AlarmKind.CHARGE_CURRENT,
        unit="×C10",
        lead=(0.3, 0.4),
        nicd=(0.5, 1.0),
        hysteresis=0.02,
        delay=2 * MINUTE,
        low=0.01,
        high=5.0,
        source="0.25 C10, usual maker limit, and what a sensor may be wrong by [I]",
    ),
    LimitDefault(
        key="discharge_current",
        kind=AlarmKind.DISCHARGE_CURRENT,
        unit="×C10",
        lead=(4.0, 6.0),
        hysteresis=0.1,
        delay=10.0,
        low=0.05,
        high=20.0,
        source="rates of UPS batteries [I]: set it to your load",
    ),
    LimitDefault(
        key="float_current",
        kind=AlarmKind.FLOAT_CURRENT,
        unit="×",  # of what is expected at the temperature
        lead=(2.0, 3.0),
        hysteresis=0.2,
        delay=HOUR,
        low=1.1,
        high=10.0,
        source="more than 3 × the steady state (Critical Power); doubles per 10 K; warning [I]",
    ),
    LimitDefault(
        key="undercharge",
        kind=AlarmKind.UNDERCHARGE,
        unit="h",
        lead=(72.0, 168.0),
        hysteresis=0.0,
        delay=0.0,
        low=1.0,
        high=2000.0,
        source="never full: sulphation [I]",
    ),
    LimitDefault(
        key="hydrogen",
        kind=AlarmKind.HYDROGEN,
        unit="×",  # of what the room's ventilation is laid out for
        lead=(1.0, 2.0),
        hysteresis=0.1,
        delay=30 * MINUTE,
        low=0.1,
        high=10.0,
        source="IEC 62485-2, ventilation for boost charge; alarm [I]",
    ),
    LimitDefault(
        key="open_string",
        kind=AlarmKind.OPEN_STRING,
        unit="h",
        lead=(1.0, 12.0),
        hysteresis=0.0,
        delay=0.0,
        low=0.1,
        high=1000.0,
        source="neither charged nor used [I]",
    ),
    LimitDefault(
        key="ambient_high",
        kind=AlarmKind.AMBIENT_HIGH,
        unit="°C",
        lead=(35.0, 40.0),
        hysteresis=1.5,
        delay=30 * MINUTE,
        low=-20.0,
        high=80.0,
        source="10 to 35 °C (APC battery management); alarm [I]",
    ),
    LimitDefault(
        key="ambient_low",
        kind=AlarmKind.AMBIENT_LOW,
        unit="°C",
        lead=(10.0, 0.0),
        hysteresis=1.5,
        delay=30 * MINUTE,
        low=-40.0,
        high=40.0,
        source="10 to 35 °C (APC battery management); alarm [I]",
    ),
    LimitDefault(
        key="module_fault",
        kind=AlarmKind.MODULE_FAULT,
        unit="min",
        lead=(10.0, 1440.0),
        hysteresis=0.0,
        delay=0.0,
        low=0.5,
        high=100000.0,
        source="longer than a hiccup [I]",
    ),
    LimitDefault(
        key="module_silent",
        kind=AlarmKind.MODULE_SILENT,
        unit="min",
        lead=(10.0, 1440.0),
        hysteresis=0.0,
        delay=0.0,
        low=0.5,
        high=100000.0,
        source="longer than a hiccup [I]",
    ),
    LimitDefault(
        key="line_down",
        kind=AlarmKind.LINE_DOWN,
        unit="min",
        lead=(2.0, 30.0),
        hysteresis=0.0,
        delay=0.0,
        low=0.5,
        high=100000.0,
        source="longer than a restart of the gateway [I]",
    ),
)


def limits_of(chemistry: Chemistry, chosen: Mapping[str, float]) -> dict[str, Limit]:
    """Return all limits by key; what a person has `chosen` stands under the key with `_warning` or `_alarm` behind."""
    limits = {}
    for default in DEFAULTS:
        warning, alarm = default.pair(chemistry)
        limits[default.key] = Limit(
            kind=default.kind,
            unit=default.unit,
            warning=chosen.get(f"{default.key}_warning", warning),
            alarm=chosen.get(f"{default.key}_alarm", alarm),
            hysteresis=default.hysteresis,
            delay=default.delay,
        )
    return limits
