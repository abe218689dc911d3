"""The figures of a bank of strings in parallel."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfElectricCurrent, UnitOfEnergy, UnitOfPower, UnitOfTime

from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.events import OperatingState
from ..strings.banks import Bank
from ..strings.members import String
from ..texts.alarm_texts import DRILL, LEVELS, NOT_MONITORED, level
from ..texts.values import percent, rounded
from .description import FigureDescription, Range

CURRENT_STEP: Final = 0.3  # A
POWER_STEP: Final = 20.0  # W


def _total(name: str) -> Callable[[Bank], float | None]:
    return lambda bank: rounded(bank.total(name), 1)


def _remaining_range(bank: Bank) -> Range:
    known = bank.state.remaining
    return Range(low=known.low, high=known.high, estimated=known.estimated) if known else Range(low=None, high=None)


def _why_no_remaining(bank: Bank) -> str:
    state = bank.state
    if state.current is None:
        return "string_unknown"
    return "string_not_predicted" if state.operating_state is OperatingState.DISCHARGE else "not_discharging"


def _why_no_share(bank: Bank) -> str:
    return "string_unknown" if bank.state.current is None else "little_current"


BANK_FIGURES: Final = (
    FigureDescription[Bank](
        key="current",
        translation_key="bank_current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda bank: rounded(bank.state.current, 2),
        step_fn=lambda _, __: CURRENT_STEP,
        reason_fn=lambda _: "string_unknown",
    ),
    FigureDescription[Bank](
        key="power",
        translation_key="bank_power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda bank: rounded(bank.state.power, 1),
        step_fn=lambda _, __: POWER_STEP,
        reason_fn=lambda _: "string_unknown",
    ),
    FigureDescription[Bank](
        key="state_of_charge",
        translation_key="bank_state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda bank: percent(bank.state.state_of_charge),
        step_fn=lambda _, __: 0.5,
        reason_fn=lambda _: "charge_unknown",
    ),
    FigureDescription[Bank](
        key="operating_state",
        translation_key="bank_operating_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(OperatingState),
        value_fn=lambda bank: bank.state.operating_state,
        reason_fn=lambda _: "state_unknown",
    ),
    FigureDescription[Bank](
        key="alarm_level",
        translation_key="alarm_level",
        device_class=SensorDeviceClass.ENUM,
        options=[*LEVELS.values(), NOT_MONITORED, DRILL],
        value_fn=lambda bank: level(bank.raised, monitored=bank.monitored),
    ),
    FigureDescription[Bank](
        key="remaining_time",
        translation_key="bank_remaining_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=lambda bank: rounded(bank.state.remaining.seconds, 0) if bank.state.remaining else None,
        range_fn=_remaining_range,
        step_fn=lambda _, __: 30.0,
        reason_fn=_why_no_remaining,
    ),
    *(
        FigureDescription[Bank](
            key=name,
            translation_key=name,
            device_class=SensorDeviceClass.ENERGY,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            state_class=SensorStateClass.TOTAL_INCREASING,
            suggested_display_precision=2,
            value_fn=_total(name),
            step_fn=lambda _, __: 10.0,
            reason_fn=lambda _: "not_loaded",
        )
        for name in ("charged_energy", "drawn_energy")
    ),
)


def share_of(string_id: str) -> FigureDescription[Bank]:
    """Return the figure of the share of a string in the current of its bank; unknown while the bank carries little."""

    def share(bank: Bank) -> float | None:
        return percent(bank.state.shares.get(string_id))

    return FigureDescription[Bank](
        key=f"share_{string_id}",
        translation_key="share",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=share,
        step_fn=lambda _, __: 1.0,
        reason_fn=_why_no_share,
    )


def uneven(string: String) -> bool:
    """Return whether a string has an alarm because of its share."""
    return any(alarm.kind is AlarmKind.CURRENT_SHARE for alarm in string.alarms)
