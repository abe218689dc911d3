"""The figures of a battery."""

from datetime import datetime
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfElectricPotential

from ..monitor.battery.events import BaselineKind
from ..monitor.battery.resistance import ResistanceState
from ..monitor.battery.resistance_trend import Risk
from ..monitor.battery.step_resistance import StepResistance, resistance
from ..strings.members import MILLIOHMS, Battery
from ..texts.values import MILLIOHM, percent, timestamp
from .description import FigureDescription, Range


def _ohmic(battery: Battery) -> ResistanceState:
    return battery.string.state.resistances.get(battery.id) or ResistanceState()


def _deviation(battery: Battery) -> float | None:
    away = battery.string.state.spread.deviations.get(battery.id)
    return None if away is None else round(away * battery.string.settings.cells, 3)


def _limit_reached(battery: Battery, *, latest: bool) -> datetime | None:
    trend = _ohmic(battery).trend
    return timestamp(trend.limit_to if latest else trend.limit_from)


def _slope(battery: Battery) -> float | None:
    return percent(_ohmic(battery).trend.slope_per_year)


def _risk(battery: Battery) -> str | None:
    return _ohmic(battery).risk


def _baseline_kind(battery: Battery) -> str | None:
    baseline = _ohmic(battery).baseline
    return baseline.kind if baseline else None


def _why_no_ratio(battery: Battery) -> str:
    return "no_baseline" if _ohmic(battery).last else "no_test"


def _why_no_trend(battery: Battery) -> str:
    return "not_rising" if _ohmic(battery).trend.enough else "not_enough_data"


def _from_steps(battery: Battery) -> StepResistance | None:
    return resistance(battery.string.state.learned.battery_steps, battery.id)


def _step_resistance(battery: Battery) -> float | None:
    found = _from_steps(battery)
    return round(MILLIOHMS * found.ohms, 3) if found else None


def step_range(battery: Battery) -> Range:
    """Return the range, in mΩ, in which the value can be compared with those of the other batteries."""
    found = _from_steps(battery)
    low, high = (round(MILLIOHMS * found.low, 3), round(MILLIOHMS * found.high, 3)) if found else (None, None)
    return Range(low=low, high=high, estimated=True)


BATTERY_FIGURES: Final = (
    FigureDescription[Battery](
        key="resistance_ratio",
        translation_key="resistance_ratio",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda battery: percent(_ohmic(battery).ratio),
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_ratio,
    ),
    FigureDescription[Battery](
        key="step_resistance",
        translation_key="step_resistance",
        native_unit_of_measurement=MILLIOHM,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=_step_resistance,
        range_fn=step_range,
        exists_fn=lambda battery: battery.string.settings.uses_load_steps,
        reason_fn=lambda _: "no_load_steps",
    ),
    FigureDescription[Battery](
        key="risk",
        translation_key="risk",
        device_class=SensorDeviceClass.ENUM,
        options=list(Risk),
        value_fn=_risk,
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=lambda _: "no_test",
    ),
    FigureDescription[Battery](
        key="health",
        translation_key="health",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda battery: percent(_ohmic(battery).health),
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_ratio,
    ),
    FigureDescription[Battery](
        key="deviation",
        translation_key="deviation",
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=_deviation,
        step_fn=lambda battery, _: 2 * battery.voltage_step,
        shows_polls=True,
    ),
    FigureDescription[Battery](
        key="resistance_trend",
        translation_key="resistance_trend",
        native_unit_of_measurement="%/a",
        suggested_display_precision=1,
        value_fn=_slope,
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="replace_from",
        translation_key="replace_from",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda battery: _limit_reached(battery, latest=False),
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="replace_to",
        translation_key="replace_to",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda battery: _limit_reached(battery, latest=True),
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="baseline_kind",
        translation_key="baseline_kind",
        device_class=SensorDeviceClass.ENUM,
        options=[kind for kind in BaselineKind if kind is not BaselineKind.NONE],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_baseline_kind,
        exists_fn=lambda battery: battery.measures_resistance,
        reason_fn=_why_no_ratio,
    ),
)
