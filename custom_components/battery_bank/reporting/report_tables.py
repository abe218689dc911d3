"""The tables of a report."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; one with a level, that of an alarm, stands out."""

    text: str | None  # None: not measured, or not known
    level: str = ""
    section: str = ""  # of the report, which the cell refers to in place of a text


# Columns whose texts are never broken at the hyphens of a date, or between a value and its unit.
WHOLE: Final = frozenset(
    {
        *("start", "raised", "cleared", "date", "from", "to", "length", "baseline_of", "replace", "result", "evidence"),
        *("value", "limit"),
    }
)

type Row = Sequence[Cell | str | None]


class Rows[T]:
    """The rows of a table, each made when it is its turn: thousands of them would be work for the garbage collector."""

    def __init__(self, records: Sequence[T], row: Callable[[T], Row]) -> None:
        self._records = records
        self._row = row

    def __len__(self) -> int:
        """Return the number of rows, which is also how a template knows that there are none."""
        return len(self._records)

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        """Yield the cells of each row."""
        for record in self._records:
            yield [cell if isinstance(cell, Cell) else Cell(cell) for cell in self._row(record)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table; its columns are the keys of their names."""

    columns: Sequence[str]
    rows: Rows[Any]
    numbers: Collection[str]  # columns that are aligned to the right

    def style(self, column: str) -> str:
        """Return the class of the cells of a column in the style sheet; "" for none."""
        return "n" if column in self.numbers else "w" if column in WHOLE else ""


def table[T](
    columns: Sequence[str], records: Sequence[T], row: Callable[[T], Row], numbers: Collection[str] = ()
) -> Table:
    """Return a table with a row for each record."""
    return Table(columns=columns, rows=Rows(records, row), numbers=numbers)
