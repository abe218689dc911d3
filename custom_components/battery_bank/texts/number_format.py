"""Numbers in texts, with the decimal mark of the reader's language."""

from dataclasses import dataclass
from typing import Final

from .translations import LANGUAGES, shown_language

# Latin American Spanish is shown the texts of Spanish, and writes a decimal point.
DECIMAL_POINT: Final = frozenset({"es-419"})
ONE_DIGIT: Final = frozenset({"°C", "°F", "K", "A", "d", "h"})
BLOCK: Final = 4.0  # V, from which a voltage is that of a block or a string, and has no third decimal


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How numbers are written."""

    decimal_comma: bool = False

    @classmethod
    def of(cls, language: str) -> NumberFormat:
        """Return the format of the language that a reader of `language` (a BCP 47 tag) is shown."""
        return cls(LANGUAGES[shown_language(language)] == "," and language not in DECIMAL_POINT)

    def measured(self, value: float, unit: str, word: str = "") -> str:
        """Write the value or the limit of an alarm with its unit, or with a word in place of it, as the cards do."""
        if unit == "min":
            return _duration(value)
        digits = 0 if value == int(value) and not word else 2
        if unit == "V":
            digits = 2 if abs(value) >= BLOCK else 3
        elif unit in ONE_DIGIT:
            digits = 1
        return f"{self.write(value, f'.{digits}f')} {word or unit}"

    def write(self, value: float, spec: str = "") -> str:
        """Write a number by a format specification of Python, such as `.2f`."""
        text = format(value, spec)
        return text.replace(".", ",") if self.decimal_comma else text


def _duration(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    hours, rest = divmod(int(minutes), 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"
