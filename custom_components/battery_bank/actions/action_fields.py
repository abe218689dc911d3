"""Fields of actions: each returns the value that the action takes, or refuses it with an error that names the field.

Home Assistant answers a value that its own validators refuse with an English text. `ServiceValidationError` has a
translation, and passes through the schema.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import probatio

from homeassistant.core import async_get_hass
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..texts.number_format import NumberFormat
from ..texts.values import is_one_line

# The years in which a battery can have been monitored; the times of others do not fit into every system's clock.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


def number_text(number: float) -> str:
    """Write a number for an error as the language of Home Assistant does; a schema has no `hass` to hand on."""
    return NumberFormat.of(async_get_hass().config.language).write(number, ".10g")


def number_field(name: str, low: float, high: float, unit: str = "") -> Callable[[Any], float]:
    """Return a field that takes a number from `low` to `high`, in `unit`."""

    def read(value: Any) -> float:
        number = _number(value)
        if number is None or not low <= number <= high:
            high_text = f"{number_text(high)}\u00a0{unit}".strip()
            raise _refused("number_out_of_range", name, low=number_text(low), high=high_text)
        return number

    return read


def whole_field(name: str, low: int, high: int) -> Callable[[Any], int]:
    """Return a field that takes a whole number from `low` to `high`."""

    def read(value: Any) -> int:
        number = _number(value)
        if number is None or not low <= number <= high or number != int(number):
            raise _refused("whole_number_out_of_range", name, low=str(low), high=str(high))
        return int(number)

    return read


def choice_field[T: int | str](name: str, options: Iterable[T]) -> Callable[[Any], T]:
    """Return a field that takes one of `options`, also a number that is written as text."""
    by_text = {str(option): option for option in options}

    def read(value: Any) -> T:
        option = by_text.get(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
        if option is None:
            raise _refused("not_an_option", name, options=", ".join(by_text))
        return option

    return read


def choices_field[T: StrEnum](name: str, options: type[T]) -> Callable[[Any], list[T]]:
    """Return a field that takes one or more members of `options`."""
    read_one = choice_field(name, options)

    def read(value: Any) -> list[T]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise _refused("not_an_option", name, options=", ".join(options))
        return [read_one(one) for one in values]

    return read


def text_field(name: str, longest: int) -> Callable[[Any], str]:
    """Return a field that takes one line of at most `longest` characters, or a number as text."""

    def read(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _refused("bad_text", name, high=str(longest))
        text = str(value).strip()
        if len(text) > longest or not is_one_line(text):
            raise _refused("bad_text", name, high=str(longest))
        return text

    return read


def date_field(name: str) -> Callable[[Any], date]:
    """Return a field that takes a date from 1970 on. The action compares it with today, which depends on the zone."""

    def read(value: Any) -> date:
        day = _parsed(cv.date, value)
        if day is None or day.year < FIRST_YEAR:
            raise _refused("date_out_of_range", name)
        return day

    return read


def datetime_field(name: str) -> Callable[[Any], datetime]:
    """Return a field that takes a date with time, or a date; without a zone, in that of Home Assistant."""

    def read(value: Any) -> datetime:
        at = _parsed(cv.datetime, value)
        if at is None or not FIRST_YEAR < at.year <= LAST_YEAR:
            raise _refused("bad_datetime", name, low=str(FIRST_YEAR + 1), high=str(LAST_YEAR))
        return at

    return read


def duration_field(name: str, low: timedelta, high: timedelta) -> Callable[[Any], timedelta]:
    """Return a field that takes a duration as seconds, as "h:mm:ss", or as hours, minutes and seconds by name."""

    def read(value: Any) -> timedelta:
        duration: timedelta | None = None if isinstance(value, bool) else _parsed(cv.time_period, value)
        if duration is None or not low <= duration <= high:
            raise _refused("duration_out_of_range", name, low=str(low), high=str(high))
        return duration

    return read


def _parsed[T](parse: Callable[[Any], T], value: Any) -> T | None:
    """Return what Home Assistant's own validator makes of a value; None if it refuses the value or stumbles over it."""
    try:
        return parse(value)
    except probatio.Invalid, ValueError, OverflowError, TypeError, AttributeError:
        return None


def _number(value: Any) -> float | None:
    """Return the number that a person wrote. Only Python takes `1_0` and `true` for numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or (isinstance(value, str) and "_" in value):
        return None
    try:
        return float(value)
    except ValueError, OverflowError:
        return None


def _refused(key: str, field: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"field": field, **placeholders}
    )
