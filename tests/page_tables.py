"""The tables of the pages that the code has too."""

from pathlib import Path
import re


def check_table(page: Path, name: str, expected: str) -> None:
    """Compare the table between the marks of a name with that of the code, and tell which rows to put into the page."""
    between = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", page.read_text(), re.DOTALL)
    assert between is not None, f"docs/{page.name} has lost the marks of the table {name}"
    shown, rows = between[1].splitlines(), expected.splitlines()
    missing = "\n".join(row for row in rows if row not in shown)
    assert not missing, (
        f"docs/{page.name}, table {name}: put these rows into it, in place of those that they change\n{missing}"
    )
    assert shown == rows, (
        f"docs/{page.name}, table {name}: remove the rows that the code no longer has, and keep its order"
    )
