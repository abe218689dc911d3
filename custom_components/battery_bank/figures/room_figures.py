"""The room temperature of a string without a string module, by the sensor that was chosen for it."""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfTemperature

from ..monitor.battery.room import TEMPERATURE
from ..strings.members import String
from ..strings.room_sensors import sensors_of
from ..texts.values import rounded
from .description import FigureDescription

KEY: Final = "ambient_temperature"  # as of the quantity of a string module
STEP: Final = 0.2  # K; sensors of rooms have a resolution of 0.1 K


def _has_no_other(string: String) -> bool:
    """Return whether a sensor was chosen for the room temperature, and no string module measures it."""
    quantities = string.module.profile.quantities if string.module else ()
    return TEMPERATURE in sensors_of(string.config) and KEY not in quantities


ROOM_FIGURES: Final = (
    FigureDescription[String](
        key=KEY,
        translation_key=KEY,
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda string: rounded(string.ambient, 1),
        available_fn=lambda string: string.ambient is not None,
        step_fn=lambda _, __: STEP,
        exists_fn=_has_no_other,
    ),
)
