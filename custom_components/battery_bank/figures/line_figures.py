"""The figures of a line."""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime

from ..coordinator import LineCoordinator
from ..texts.alarm_texts import DRILL, LEVELS, NOT_MONITORED, level
from ..texts.values import percent, rounded
from .description import FigureDescription

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
        step_fn=lambda _, value: 0.1 * value,  # it varies a little from round to round
    ),
    FigureDescription[LineCoordinator](
        key="modules_answering",
        translation_key="modules_answering",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.line.online,
    ),
    FigureDescription[LineCoordinator](
        key="link_quality",
        translation_key="link_quality",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value_fn=lambda coordinator: percent(coordinator.line.quality),
        available_fn=lambda coordinator: coordinator.line.online > 0,
        step_fn=lambda _, __: 0.5,
    ),
    FigureDescription[LineCoordinator](
        key="alarm_level",
        translation_key="alarm_level",
        device_class=SensorDeviceClass.ENUM,
        options=[*LEVELS.values(), NOT_MONITORED, DRILL],
        value_fn=lambda coordinator: level(
            coordinator.raised, monitored=all(string.monitored for string in coordinator.strings)
        ),
    ),
    FigureDescription[LineCoordinator](
        key="alarms",
        translation_key="alarms",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda coordinator: len(coordinator.alarms),
    ),
    FigureDescription[LineCoordinator](
        key="journal_backlog",
        translation_key="journal_backlog",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.journal_sender.backlog,
        available_fn=lambda coordinator: coordinator.journal_sender.backlog is not None,
    ),
)
