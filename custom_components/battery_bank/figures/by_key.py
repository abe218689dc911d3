"""Figures and quantities by the key of their sensor, for what shows values without being an entity."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..strings.members import Battery, String
from .battery_figures import BATTERY_FIGURES
from .description import FigureDescription
from .discharge_figures import DISCHARGE_FIGURES
from .readings import READINGS
from .string_figures import STRING_FIGURES

type Figures[S: Battery | String] = Mapping[str, FigureDescription[S]]

READING: Final = {description.key: description for description in READINGS}
OF_BATTERY: Final[Figures[Battery]] = {description.key: description for description in BATTERY_FIGURES}
OF_STRING: Final[Figures[String]] = {
    description.key: description for description in (*STRING_FIGURES, *DISCHARGE_FIGURES)
}


def figure[S: Battery | String](figures: Figures[S], key: str, subject: S) -> Any:
    """Return the value of a sensor by its key, times in s since 1970; None without the sensor or a value."""
    description = figures[key]
    if not description.exists_fn(subject) or not description.available_fn(subject):
        return None
    value = description.value_fn(subject)
    return value.timestamp() if isinstance(value, datetime) else value
