"""CSV for spreadsheets: RFC 4180, and no text that a spreadsheet would run as a formula."""

from collections.abc import Iterable, Sequence
import csv
from io import StringIO
from typing import Final

# Spreadsheets take UTF-8 without a byte order mark for the encoding of their country, and show "mΩ" as "mÎ©".
ENCODING: Final = "utf-8-sig"
# The last four are the full-width forms of the first four.
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A spreadsheet may drop these, and run what follows.
CONTROL_CHARACTERS: Final = ("\t", "\r", "\n")
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
        case str() if value.startswith(CONTROL_CHARACTERS) or value.lstrip().startswith(FORMULA_SIGNS):
            return f"{TEXT_MARK}{value}"
    return value
