"""The sensors of what readings mean: tables of a battery's and a string's figures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfElectricPotential, UnitOfTime

from .bank import Battery, String
from .coordinator import LineCoordinator
from .monitor.battery.events import BaselineKind
from .monitor.battery.ohmic import Ohmic
from .monitor.battery.trend import Risk
from .words import DRILL, LEVELS, level

AMPERE_HOURS: Final = "Ah"  # Home Assistant has no unit of charge

type Value = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class FigureDescription[S: Battery | String | LineCoordinator](SensorEntityDescription):
    """Describe a figure that is worked out; None is what can't be known."""

    value_fn: Callable[[S], Value]
    available_fn: Callable[[S], bool] = lambda _: True  # False where what it is made of does not answer
    step_fn: Callable[[S, float], float] = lambda _, __: 0.0  # by how much it must move to be news
    exists_fn: Callable[[S], bool] = lambda _: True
    reason_fn: Callable[[S], str] | None = None  # why it is unknown, while it is: a key of the translations


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Cut what no sensor could tell; None stays."""
    return None if value is None else round(value, digits)


def percent(share: float | None) -> float | None:
    """Return a share in percent; None stays."""
    return None if share is None else round(100 * share, 1)


def timestamp(at: float | None) -> datetime | None:
    """Return a time in s since 1970 as Home Assistant shows times; None stays."""
    return None if at is None else datetime.fromtimestamp(round(at), UTC)


def has_current(string: String) -> bool:
    """Whether the current of a string is measured."""
    return string.settings.measures_current


def _ohmic(battery: Battery) -> Ohmic:
    return battery.string.state.ohmic.get(battery.id) or Ohmic()


def _deviation(battery: Battery) -> float | None:
    away = battery.string.state.spread.deviations.get(battery.id)
    return None if away is None else round(away * battery.string.settings.cells, 3)


def _limit_reached(battery: Battery, *, latest: bool) -> datetime | None:
    trend = _ohmic(battery).trend
    return timestamp(trend.limit_to if latest else trend.limit_from) if trend else None


def _slope(battery: Battery) -> float | None:
    trend = _ohmic(battery).trend
    return percent(trend.slope_per_year) if trend else None


def _risk(battery: Battery) -> str | None:
    return _ohmic(battery).risk


def _baseline_kind(battery: Battery) -> str | None:
    baseline = _ohmic(battery).baseline
    return baseline.kind if baseline else None


def _why_no_ratio(battery: Battery) -> str:
    return "no_baseline" if _ohmic(battery).last else "no_test"


def _why_no_trend(battery: Battery) -> str:
    trend = _ohmic(battery).trend
    if trend is None or not trend.enough:
        return "not_enough_data"
    return "not_rising"


BATTERY_FIGURES: Final = (
    FigureDescription[Battery](
        key="resistance_ratio",
        translation_key="resistance_ratio",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda battery: percent(_ohmic(battery).ratio),
        exists_fn=lambda battery: battery.testable,
        reason_fn=_why_no_ratio,
    ),
    FigureDescription[Battery](
        key="risk",
        translation_key="risk",
        device_class=SensorDeviceClass.ENUM,
        options=list(Risk),
        value_fn=_risk,
        exists_fn=lambda battery: battery.testable,
        reason_fn=lambda _: "no_test",
    ),
    FigureDescription[Battery](
        key="health",
        translation_key="health",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda battery: percent(_ohmic(battery).health),
        exists_fn=lambda battery: battery.testable,
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
    ),
    FigureDescription[Battery](
        key="resistance_trend",
        translation_key="resistance_trend",
        native_unit_of_measurement="%/a",
        suggested_display_precision=1,
        entity_registry_enabled_default=False,  # of use to who studies a bank
        value_fn=_slope,
        exists_fn=lambda battery: battery.testable,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="replace_from",
        translation_key="replace_from",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda battery: _limit_reached(battery, latest=False),
        exists_fn=lambda battery: battery.testable,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="replace_to",
        translation_key="replace_to",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda battery: _limit_reached(battery, latest=True),
        exists_fn=lambda battery: battery.testable,
        reason_fn=_why_no_trend,
    ),
    FigureDescription[Battery](
        key="baseline_kind",
        translation_key="baseline_kind",
        device_class=SensorDeviceClass.ENUM,
        options=[kind for kind in BaselineKind if kind is not BaselineKind.NONE],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_baseline_kind,
        exists_fn=lambda battery: battery.testable,
        reason_fn=_why_no_ratio,
    ),
)

LINE_FIGURES: Final = (
    FigureDescription[LineCoordinator](
        key="round_time",
        translation_key="round_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=2,
        value_fn=lambda coordinator: rounded(coordinator.line.round_time),
        available_fn=lambda coordinator: coordinator.line.round_time is not None,
        step_fn=lambda _, value: 0.1 * value,  # it is a little different every time
    ),
    FigureDescription[LineCoordinator](
        key="modules_answering",
        translation_key="modules_answering",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.line.answering,
    ),
    FigureDescription[LineCoordinator](
        key="link_quality",
        translation_key="link_quality",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value_fn=lambda coordinator: percent(coordinator.line.quality),
        available_fn=lambda coordinator: coordinator.line.answering > 0,
        step_fn=lambda _, __: 0.5,
    ),
    FigureDescription[LineCoordinator](
        key="alarm_level",
        translation_key="alarm_level",
        device_class=SensorDeviceClass.ENUM,
        options=[*LEVELS.values(), DRILL],
        value_fn=lambda coordinator: level(coordinator.raised),
    ),
    FigureDescription[LineCoordinator](
        key="alarms",
        translation_key="alarms",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda coordinator: len(coordinator.alarms),
    ),
)
