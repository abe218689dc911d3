"""A figure that a sensor shows: how it is described, and how its value is rounded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components.sensor import SensorEntityDescription

from ..coordinator import LineCoordinator
from ..strings.banks import Bank
from ..strings.members import Battery, String

type Value = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class Range:
    """The range of a figure, and whether it is only estimated; None where that is not known."""

    low: float | None
    high: float | None
    estimated: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FigureDescription[S: Battery | String | LineCoordinator | Bank](SensorEntityDescription):
    """Describe a figure that the monitor calculates; a value of None is unknown."""

    value_fn: Callable[[S], Value]
    available_fn: Callable[[S], bool] = lambda _: True  # False while the modules it depends on are offline
    step_fn: Callable[[S, float], float] = lambda _, __: 0.0  # the least change that is written at once
    exists_fn: Callable[[S], bool] = lambda _: True
    # The range of the value in its native unit, and whether it is an estimate.
    range_fn: Callable[[S], Range] | None = None
    shows_polls: bool = False  # whether it has to follow each answer of the module, and not only events and rounds
    reason_fn: Callable[[S], str] | None = None  # why it is unknown: a key of the translations


def has_current(string: String) -> bool:
    """Return whether the current of a string is measured."""
    return string.settings.measures_current
