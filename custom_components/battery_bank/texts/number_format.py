"""Numbers in texts, with the decimal mark of the reader's language."""

from dataclasses import dataclass
from typing import Final

from .translations import LANGUAGES, shown_language

# Latin American Spanish is shown the texts of Spanish, and writes a decimal point.
DECIMAL_POINT: Final = frozenset({"es-419"})


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How numbers are written."""

    decimal_comma: bool = False

    @classmethod
    def of(cls, language: str) -> NumberFormat:
        """Return the format of the language that a reader of `language` (a BCP 47 tag) is shown."""
        return cls(LANGUAGES[shown_language(language)] == "," and language not in DECIMAL_POINT)

    def write(self, value: float, spec: str = "") -> str:
        """Write a number by a format specification of Python, such as `.2f`."""
        text = format(value, spec)
        return text.replace(".", ",") if self.decimal_comma else text
