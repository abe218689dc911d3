"""CSV for spreadsheets: RFC 4180, and no text that a spreadsheet would run as a formula."""

from collections.abc import Iterable, Sequence
import csv
from io import StringIO
from typing import Final
from unicodedata import category, normalize

# Spreadsheets take UTF-8 without a byte order mark for the encoding of their country, and show "mΩ" as "mÎ©".
ENCODING: Final = "utf-8-sig"
FORMULA_SIGNS: Final = ("=", "+", "-", "@")
TEXT_MARK: Final = "'"  # marks what follows as text

type Cell = str | float | bool | None


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as CSV: numbers with a decimal point in every language, an empty cell for None."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_file(text: str) -> bytes:
    """Return CSV as the content of a file or download."""
    return text.encode(ENCODING)


def _cell(value: Cell) -> str | float:
    """Return what is written for a value. Only a text can get the mark: a negative number stays a number."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if _may_be_a_formula(value):
            return f"{TEXT_MARK}{value}"
    return value


def _may_be_a_formula(text: str) -> bool:
    """Return whether a spreadsheet might take a text for a formula.

    It may drop blanks, control characters and invisible characters at the beginning and run what follows. It may read
    the full-width, small and raised forms of a sign as the sign. A text that begins with a tab or a line break gets the
    mark in any case (OWASP, CSV injection).
    """
    if text.startswith(("\t", "\r", "\n")):
        return True
    seen = next((character for character in text if category(character)[0] not in "CZ"), "")
    return normalize("NFKC", seen).startswith(FORMULA_SIGNS)
