"""The default limits of every alarm, with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model import Chemistry
from .alarm_kinds import AlarmKind
from .limits import HOUR, MINUTE, Limit

type Pair = tuple[float, float]  # of the warning and of the alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitDefault:
    """The default of one limit, in the unit of its kind. A kind may have one for each operating state."""

    key: str  # names the limit in the settings of a string
    kind: AlarmKind
    lead: Pair  # VRLA, AGM or gel
    vented: Pair | None = None  # where they differ from `lead`
    nicd: Pair | None = None
    hysteresis: float = 0.0
    delay: float = 0.0  # s
    low: float  # the least and the most that a person may set
    high: float
    source: str

    @property
    def unit(self) -> str:
        """The unit of the limit."""
        return self.kind.traits.unit

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
    """Describe a limit of a battery's voltage, in V of one cell."""
    return LimitDefault(
        key=key,
        kind=kind,
        lead=lead,
        vented=vented,
        nicd=nicd,
        hysteresis=0.01,
        delay=delay,
        low=0.5,
        high=3.0,
        source=source,
    )


# "Inferred" is a figure that follows from the neighbouring ones, because no published one was found.
DEFAULTS: Final = (
    _volts(
        "voltage_high",
        AlarmKind.VOLTAGE_HIGH,
        (2.37, 2.42),
        (2.33, 2.40),
        (1.46, 1.50),
        delay=2 * MINUTE,
        source="float voltage + 4.5 %, the spread within which cells settle (EnerSys); inferred: alarm",
    ),
    _volts(
        "voltage_high_boost",
        AlarmKind.VOLTAGE_HIGH,
        (2.50, 2.56),
        (2.65, 2.75),
        (1.65, 1.70),
        delay=2 * MINUTE,
        source="boost voltage + 4.5 %; inferred: alarm, vented, NiCd",
    ),
    _volts(
        "voltage_low",
        AlarmKind.VOLTAGE_LOW,
        (2.20, 2.10),
        (2.14, 2.08),
        (1.34, 1.30),
        delay=5 * MINUTE,
        source="a 12 V block on float is suspect at 13.2 V, to be replaced at 12.6 V (Alpha); inferred: vented, NiCd",
    ),
    _volts(
        "voltage_low_discharge",
        AlarmKind.VOLTAGE_LOW,
        (1.85, 1.75),
        (1.85, 1.75),
        (1.05, 1.00),
        delay=10.0,
        source="end voltages by discharge rate, 1.65 to 1.80 V (EnerSys, Eurobat); inferred: warning, NiCd",
    ),
    _volts(
        "voltage_low_rest",
        AlarmKind.VOLTAGE_LOW,
        (2.08, 2.00),
        (2.05, 2.00),
        (1.24, 1.20),
        delay=30 * MINUTE,
        source="boost charge below 2.10 V (C&D), never below 2.0 V (Remco); inferred: warning, lower after a discharge",
    ),
    LimitDefault(
        key="deviation",
        kind=AlarmKind.DEVIATION,
        lead=(0.05, 0.10),
        nicd=(0.04, 0.08),
        hysteresis=0.01,
        delay=30 * MINUTE,
        low=0.005,
        high=1.0,
        source="±50 mV per cell is usual among makers, ±4.5 % (EnerSys); twice as wide for six months; inferred: NiCd",
    ),
    LimitDefault(
        key="deviation_discharge",
        kind=AlarmKind.DEVIATION,
        lead=(0.10, 0.20),
        nicd=(0.08, 0.15),
        hysteresis=0.02,
        delay=MINUTE,
        low=0.005,
        high=1.0,
        source="inferred from the practice of users: more than 0.5 V between 12 V blocks",
    ),
    LimitDefault(
        key="resistance_baseline",
        kind=AlarmKind.RESISTANCE_BASELINE,
        lead=(1.3, 1.5),
        vented=(1.6, 2.0),
        hysteresis=0.03,
        low=1.05,
        high=5.0,
        source="1.5 times the initial value (Hioki, Battery Association of Japan); inferred: warning, vented, NiCd",
    ),
    LimitDefault(
        key="resistance_string",
        kind=AlarmKind.RESISTANCE_STRING,
        lead=(1.25, 1.5),
        vented=(1.4, 1.8),
        hysteresis=0.03,
        low=1.05,
        high=5.0,
        source="a conductance 30 % below the best: hardly 80 % of the capacity (Franklin); inferred: both limits",
    ),
    LimitDefault(
        key="resistance_low",
        kind=AlarmKind.RESISTANCE_LOW,
        lead=(0.75, 0.6),
        hysteresis=0.03,
        low=0.2,
        high=0.95,
        source="inferred: more than the 5 to 10 % that batches differ by (Battery University)",
    ),
    LimitDefault(
        key="resistance_rise",
        kind=AlarmKind.RESISTANCE_RISE,
        lead=(1.1, 1.25),
        hysteresis=0.02,
        low=1.02,
        high=3.0,
        source="inferred: VRLA can fail within two weeks (BTECH), so 14 days are compared with the 60 before",
    ),
    LimitDefault(
        key="resistance_unsteady",
        kind=AlarmKind.RESISTANCE_UNSTEADY,
        lead=(1.08, 1.5),
        hysteresis=0.02,
        low=1.02,
        high=3.0,
        source="inferred: tests differ by 1 to 4 %, a contact that is loose now and then by 10 to 50 %",
    ),
    LimitDefault(
        key="temperature_high",
        kind=AlarmKind.TEMPERATURE_HIGH,
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
        lead=(5.0, 10.0),
        hysteresis=1.0,
        delay=15 * MINUTE,
        low=1.0,
        high=40.0,
        source="5 K above the room (Critical Power); at 10 K thermal runaway is suspected (C&D)",
    ),
    LimitDefault(
        key="thermal_runaway",
        kind=AlarmKind.THERMAL_RUNAWAY,
        lead=(10.0, 15.0),
        hysteresis=1.0,
        delay=10 * MINUTE,
        low=2.0,
        high=40.0,
        source="temperature and current together (Alber, Generex); 10 K above the room (C&D); inferred: alarm",
    ),
    LimitDefault(
        key="shorted_cell",
        kind=AlarmKind.SHORTED_CELL,
        lead=(0.5, 0.75),
        hysteresis=0.1,
        delay=5 * MINUTE,
        low=0.2,
        high=1.0,
        source="inferred: the voltage of one cell is missing",
    ),
    LimitDefault(
        key="reversed_cell",
        kind=AlarmKind.REVERSED_CELL,
        lead=(0.5, 0.75),
        hysteresis=0.1,
        delay=5.0,
        low=0.2,
        high=2.0,
        source="inferred: an empty cell is missing once, a reversed one 1.6 times, and healthy ones differ by 0.02",
    ),
    LimitDefault(
        key="string_voltage_high",
        kind=AlarmKind.STRING_VOLTAGE_HIGH,
        lead=(2.31, 2.33),
        vented=(2.28, 2.32),
        nicd=(1.44, 1.47),
        hysteresis=0.005,
        delay=10 * MINUTE,
        low=0.5,
        high=3.0,
        source="an average of 2.33 V halves the life (Exide); inferred: warning, vented, NiCd",
    ),
    LimitDefault(
        key="string_voltage_low",
        kind=AlarmKind.STRING_VOLTAGE_LOW,
        lead=(2.23, 2.20),
        vented=(2.18, 2.14),
        nicd=(1.37, 1.34),
        hysteresis=0.005,
        delay=30 * MINUTE,
        low=0.5,
        high=3.0,
        source="lower end of the float range: 2.23 V (Absolyte), 2.24 V (C&D); inferred: alarm, vented, NiCd",
    ),
    LimitDefault(
        key="string_voltage_low_discharge",
        kind=AlarmKind.STRING_VOLTAGE_LOW,
        lead=(1.85, 1.80),
        nicd=(1.08, 1.03),
        hysteresis=0.01,
        delay=10.0,
        low=0.5,
        high=3.0,
        source="C10 is measured down to 1.80 V (Eurobat); inferred: warning, NiCd",
    ),
    LimitDefault(
        key="charge_current",
        kind=AlarmKind.CHARGE_CURRENT,
        lead=(0.3, 0.4),
        nicd=(0.5, 1.0),
        hysteresis=0.02,
        delay=2 * MINUTE,
        low=0.01,
        high=5.0,
        source="0.25 × C10 is usual among makers; inferred: a margin for the error of the sensor",
    ),
    LimitDefault(
        key="discharge_current",
        kind=AlarmKind.DISCHARGE_CURRENT,
        lead=(5.0, 7.0),
        hysteresis=0.1,
        delay=10.0,
        low=0.05,
        high=20.0,
        source="inferred: above the 4 × C10 for which UPS batteries are laid out; set it to your load",
    ),
    LimitDefault(
        key="float_current",
        kind=AlarmKind.FLOAT_CURRENT,
        lead=(2.0, 3.0),
        hysteresis=0.2,
        delay=HOUR,
        low=1.1,
        high=10.0,
        source="more than 3 times the steady current (Critical Power); inferred: warning",
    ),
    LimitDefault(
        key="current_share",
        kind=AlarmKind.CURRENT_SHARE,
        lead=(1.25, 1.35),
        hysteresis=0.05,
        delay=MINUTE,
        low=1.05,
        high=10.0,
        source="inferred: ±10 % is usual among strings in parallel",
    ),
    LimitDefault(
        key="current_share_low",
        kind=AlarmKind.CURRENT_SHARE,
        lead=(0.8, 0.7),
        hysteresis=0.05,
        delay=MINUTE,
        low=0.0,
        high=0.95,
        source="inferred: ±10 % is usual among strings in parallel",
    ),
    LimitDefault(
        key="undercharge",
        kind=AlarmKind.UNDERCHARGE,
        lead=(72.0, 168.0),
        low=1.0,
        high=2000.0,
        source="inferred: a battery that is never full sulphates",
    ),
    LimitDefault(
        key="never_full",
        kind=AlarmKind.NEVER_FULL,
        lead=(7.0, 14.0),
        nicd=(30.0, 60.0),
        low=0.5,
        high=1000.0,
        source="inferred: a cycled lead-acid battery is charged fully every one to two weeks",
    ),
    LimitDefault(
        key="hydrogen",
        kind=AlarmKind.HYDROGEN,
        lead=(0.4, 0.8),
        vented=(0.6, 1.0),  # a tail current of 1 % of C10, at which the string is full, is 0.5
        nicd=(0.4, 0.8),
        hysteresis=0.05,
        delay=30 * MINUTE,
        low=0.1,
        high=10.0,
        source="inferred: two and four times what a full string makes in boost (IEC 62485-2: 0.2 of its ventilation)",
    ),
    LimitDefault(
        key="open_string",
        kind=AlarmKind.OPEN_STRING,
        lead=(1.0, 12.0),
        low=0.1,
        high=1000.0,
        source="inferred: the string is neither charged nor discharged",
    ),
    LimitDefault(
        key="ambient_high",
        kind=AlarmKind.AMBIENT_HIGH,
        lead=(35.0, 40.0),
        hysteresis=1.5,
        delay=30 * MINUTE,
        low=-20.0,
        high=80.0,
        source="10 to 35 °C (APC battery management); inferred: alarm",
    ),
    LimitDefault(
        key="ambient_low",
        kind=AlarmKind.AMBIENT_LOW,
        lead=(10.0, 0.0),
        hysteresis=1.5,
        delay=30 * MINUTE,
        low=-40.0,
        high=40.0,
        source="10 to 35 °C (APC battery management); inferred: alarm",
    ),
    LimitDefault(
        key="module_fault",
        kind=AlarmKind.MODULE_FAULT,
        lead=(10.0, 1440.0),
        hysteresis=2.0,
        low=0.5,
        high=100000.0,
        source="inferred: longer than a short disturbance",
    ),
    LimitDefault(
        key="module_silent",
        kind=AlarmKind.MODULE_SILENT,
        lead=(10.0, 1440.0),
        hysteresis=2.0,
        low=0.5,
        high=100000.0,
        source="inferred: longer than a short disturbance",
    ),
    LimitDefault(
        key="line_down",
        kind=AlarmKind.LINE_DOWN,
        lead=(0.25, 2.0),
        low=0.1,
        high=100000.0,
        source="inferred: nothing is monitored meanwhile; the alarm is later than a restart of the gateway",
    ),
    LimitDefault(
        key="not_monitored",
        kind=AlarmKind.NOT_MONITORED,
        lead=(0.25, 0.5),
        low=0.1,
        high=100000.0,
        source="inferred: nothing is monitored meanwhile; longer than a short disturbance",
    ),
    LimitDefault(
        key="room_hydrogen",
        kind=AlarmKind.ROOM_HYDROGEN,
        lead=(1.0, 2.0),
        hysteresis=0.1,
        delay=MINUTE,
        low=0.05,
        high=4.0,
        source="1 % is a quarter of what explodes (IFC 608, IEEE 1635); inferred: alarm",
    ),
    LimitDefault(
        key="ground_fault",
        kind=AlarmKind.GROUND_FAULT,
        lead=(1.0, 60.0),
        low=0.1,
        high=100000.0,
        source="inferred: a second fault at the other pole is a short circuit",
    ),
    LimitDefault(
        key="electrolyte_low",
        kind=AlarmKind.ELECTROLYTE_LOW,
        lead=(60.0, 10080.0),
        low=0.1,
        high=100000.0,
        source="inferred: water is lost over weeks, and a float sensor sways",
    ),
    LimitDefault(
        key="leak",
        kind=AlarmKind.LEAK,
        lead=(0.25, 1.0),
        low=0.1,
        high=100000.0,
        source="inferred: longer than a splash",
    ),
    LimitDefault(
        key="door_open",
        kind=AlarmKind.DOOR_OPEN,
        lead=(15.0, 480.0),
        low=0.1,
        high=100000.0,
        source="inferred: longer than a visit; alarm after a working day",
    ),
    LimitDefault(
        key="fan_off",
        kind=AlarmKind.FAN_OFF,
        lead=(5.0, 60.0),
        low=0.1,
        high=100000.0,
        source="inferred: hydrogen gathers within hours",
    ),
    LimitDefault(
        key="charger_fault",
        kind=AlarmKind.CHARGER_FAULT,
        lead=(1.0, 15.0),
        low=0.1,
        high=100000.0,
        source="inferred: longer than a restart of the charger",
    ),
    LimitDefault(
        key="mains_lost",
        kind=AlarmKind.MAINS_LOST,
        lead=(0.25, 15.0),
        low=0.1,
        high=100000.0,
        source="inferred: longer than a switch-over to another supply",
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
