"""A figure that a sensor shows: how it is described, and how its value is rounded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components.sensor import SensorEntityDescription

from ..coordinator import LineCoordinator
from ..strings.members import Battery, String

type Value = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class FigureDescription[S: Battery | String | LineCoordinator](SensorEntityDescription):
    """Describe a figure that is worked out; None is what can't be known."""

    value_fn: Callable[[S], Value]
    available_fn: Callable[[S], bool] = lambda _: True  # False where what it is made of does not answer
    step_fn: Callable[[S, float], float] = lambda _, __: 0.0  # by how much it must move to be news
    exists_fn: Callable[[S], bool] = lambda _: True
    reason_fn: Callable[[S], str] | None = None  # why it is unknown, while it is: a key of the translations


def has_current(string: String) -> bool:
    """Whether the current of a string is measured."""
    return string.settings.measures_current
