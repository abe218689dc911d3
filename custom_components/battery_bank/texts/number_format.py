"""Numbers in texts, with the decimal mark of the reader's language."""

from dataclasses import dataclass
from math import floor
from typing import Final

from .translations import LANGUAGES, shown_language

# Latin American Spanish is shown the texts of Spanish, and writes a decimal point.
DECIMAL_POINT: Final = frozenset({"es-419"})
MINUTE: Final = 60.0  # s
HOUR: Final = 3600.0  # s
ONE_DIGIT: Final = frozenset({"°C", "°F", "K", "A", "d", "h"})
BLOCK: Final = 4.0  # V, from which a voltage is that of a block or a string, and has no third decimal


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How numbers are written."""

    decimal_comma: bool = False
    percent_space: bool = True  # Chinese writes 80%

    @classmethod
    def of(cls, language: str) -> NumberFormat:
        """Return the format of the language that a reader of `language` (a BCP 47 tag) is shown."""
        shown = shown_language(language)
        return cls(
            decimal_comma=LANGUAGES[shown] == "," and language not in DECIMAL_POINT,
            percent_space=not shown.startswith("zh"),
        )

    def measured(self, value: float, unit: str, word: str = "") -> str:
        """Write the value or the limit of an alarm with its unit, or with a word in place of it, as the cards do."""
        if unit == "min" and not word:
            return self.duration(value * MINUTE)
        digits = 0 if value == int(value) and not word else 2
        if unit == "V":
            digits = 2 if abs(value) >= BLOCK else 3
        elif unit in ONE_DIGIT:
            digits = 1
        return self.with_unit(self.write(value, f".{digits}f"), word or unit)

    def duration(self, seconds: float, *, left: bool = False) -> str:
        """Write a duration in s: `42 s`, `8 min`, `1 h 05 min`, to the nearest, as the cards do.

        A time that is left is rounded down: the batteries must not be said to last longer than they may.
        """
        if seconds < MINUTE and (left or round(seconds) < MINUTE):
            return f"{int(seconds) if left else round(seconds)} s"
        minutes = int(seconds // MINUTE) if left else floor(seconds / MINUTE + 0.5)
        return f"{minutes} min" if minutes < HOUR / MINUTE else f"{minutes // 60} h {minutes % 60:02} min"

    def with_unit(self, number: str, unit: str) -> str:
        """Return a written number with its unit."""
        return f"{number}%" if unit == "%" and not self.percent_space else f"{number} {unit}"

    def write(self, value: float, spec: str = "") -> str:
        """Write a number by a format specification of Python, such as `.2f`."""
        text = format(value, spec)
        return text.replace(".", ",") if self.decimal_comma else text
