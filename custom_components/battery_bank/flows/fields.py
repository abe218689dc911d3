"""Fields of forms that the step checks itself, so that an error names the field and the allowed range in any language.

The selectors of Home Assistant refuse a value before the step sees it, with an English text, and name no field of a
section. The fields here look the same in the browser and accept every value; `read_form` checks them in the step.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, override

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    AreaSelector,
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SerialPortSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
from homeassistant.util import dt as dt_util

from ..texts.number_format import NumberFormat
from ..texts.translations import Translations
from ..texts.values import is_one_line

LONGEST_NAME: Final = 100  # characters
LONGEST_HOST: Final = 253  # characters, of a domain name (RFC 1035)
LONGEST_PATH: Final = 255  # characters
EARLIEST: Final = date(1970, 1, 1)


class FieldError(Exception):
    """A value that can't be accepted: its field, its section, the key of the error text and the numbers in it."""

    def __init__(
        self,
        field: str,
        key: str,
        *,
        section: str = "",
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(key)
        self.field = field
        self.key = key
        self.section = section
        self.low = low
        self.high = high
        self.unit = unit

    def amounts(self, numbers: NumberFormat) -> dict[str, str]:
        """Return the numbers for the placeholders of the text; the unit follows the last one, on its line."""
        low, high = ("" if number is None else numbers.write(number, ".10g") for number in (self.low, self.high))
        if high:
            return {"low": low, "high": f"{high}\u00a0{self.unit}".strip()}
        return {"low": f"{low}\u00a0{self.unit}".strip(), "high": high}


class CheckedField:
    """A selector that accepts every value; `read` checks it."""

    def __call__(self, data: Any) -> Any:
        """Accept the value unchecked."""
        return data

    def read(self, name: str, value: Any) -> Any:
        """Return the value as it is stored, or raise `FieldError`; `name` is that of the field."""
        raise NotImplementedError


class NumberField(CheckedField, NumberSelector):
    """A number from `low` to `high`, in `unit`."""

    def __init__(self, low: float, high: float, unit: str = "", *, whole: bool = False) -> None:
        config = NumberSelectorConfig(min=low, max=high, step=1 if whole else "any", mode=NumberSelectorMode.BOX)
        if unit:
            config["unit_of_measurement"] = unit
        super().__init__(config)
        self._low = low
        self._high = high
        self._unit = unit
        self._whole = whole

    @override
    def read(self, name: str, value: Any) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not self._low <= value <= self._high or (self._whole and value != int(value)):
            key = "whole_number_out_of_range" if self._whole else "number_out_of_range"
            raise FieldError(name, key, low=self._low, high=self._high, unit=self._unit)
        return int(value) if self._whole else float(value)


class TextField(CheckedField, TextSelector):
    """Text of one line, of 1 to `longest` characters; the browser hides a secret one."""

    def __init__(self, longest: int, *, secret: bool = False) -> None:
        super().__init__(TextSelectorConfig(type=TextSelectorType.PASSWORD if secret else TextSelectorType.TEXT))
        self._longest = longest

    @override
    def read(self, name: str, value: Any) -> str:
        return _line_of_text(name, value, self._longest)


class AreaField(CheckedField, AreaSelector):
    """An area of Home Assistant."""

    @override
    def read(self, name: str, value: Any) -> str:
        return _line_of_text(name, value, LONGEST_PATH)


class SerialPortField(CheckedField, SerialPortSelector):
    """A serial port, chosen or typed in."""

    @override
    def read(self, name: str, value: Any) -> str:
        return _line_of_text(name, value, LONGEST_PATH)


class DateField(CheckedField, DateSelector):
    """A date from 1970 on. The caller compares it with today, which depends on the time zone."""

    @override
    def read(self, name: str, value: Any) -> str:
        day = dt_util.parse_date(value) if isinstance(value, str) else None
        if day is None or day < EARLIEST:
            raise FieldError(name, "date_out_of_range")
        return day.isoformat()


class TimeField(CheckedField, TimeSelector):
    """A time of day."""

    @override
    def read(self, name: str, value: Any) -> str:
        time = dt_util.parse_time(value) if isinstance(value, str) else None
        if time is None:
            raise FieldError(name, "bad_time")
        return time.isoformat()


def read_form(schema: probatio.Schema, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to a form as they are stored, or raise the `FieldError` of the first unacceptable one."""
    stored = dict(answers)
    for marker, field in schema.schema.items():
        if (name := str(marker)) not in answers:
            continue
        if isinstance(field, section):
            try:
                stored[name] = read_form(field.schema, answers[name])
            except FieldError as err:
                err.section = name
                raise
        elif isinstance(field, CheckedField):
            stored[name] = field.read(name, answers[name])
    return stored


def unfolded(schema: probatio.Schema, name: str) -> probatio.Schema:
    """Return a form with one of its sections unfolded, so that the field with the error can be seen."""
    return probatio.Schema(
        {
            marker: section(field.schema, {"collapsed": False}) if str(marker) == name else field
            for marker, field in schema.schema.items()
        }
    )


async def async_errors(hass: HomeAssistant, err: FieldError, step: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the errors of a form and the placeholders of their texts.

    `step` is where the translations have the form, such as `config.step.serial`. The browser can't show an error at a
    field of a section. It shows that error above the section, so the text names the field. The error stands above the
    form too, because the field may be where one has to scroll to.
    """
    translations = await Translations.load(hass, step.partition(".")[0])
    inside = f"sections.{err.section}." if err.section else ""
    label = translations.text(f"{step}.{inside}data.{err.field}")
    amounts = err.amounts(NumberFormat.of(hass.config.language))
    return {"base": err.key, err.section or err.field: err.key}, {"field": label, **amounts}


def _line_of_text(name: str, value: Any, longest: int) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= longest or not is_one_line(text):
        raise FieldError(name, "bad_text", high=longest)
    return text
