"""The clock of this Home Assistant, and the local time in its zone."""

from datetime import date, datetime
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..monitor.clock import Clock, time_in

DATA_CLOCK: Final[HassKey[Clock]] = HassKey(f"{DOMAIN}.clock")


@callback
def clock_of(hass: HomeAssistant) -> Clock:
    """Return the clock that all lines use."""
    if DATA_CLOCK not in hass.data:
        hass.data[DATA_CLOCK] = Clock(monotonic=hass.loop.time)
    return hass.data[DATA_CLOCK]


def local_time(at: float) -> datetime:
    """Return a time in s since 1970, UTC, in the zone of this Home Assistant."""
    return time_in(at, dt_util.get_default_time_zone())


@callback
def today(hass: HomeAssistant) -> date:
    """Return the day that it is now in the zone of this Home Assistant."""
    return local_time(clock_of(hass).now()).date()
