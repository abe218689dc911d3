"""The records of batteries that move to another string."""

from collections.abc import Collection, Mapping
import sqlite3
from typing import Final

OF_BATTERIES: Final = ("alarms", "baselines", "replacements", "tests")  # discharges and curves are of the string


def move(
    connection: sqlite3.Connection,
    batteries: Collection[str],
    source: str,
    target: str,
    documents: Mapping[tuple[str, str], bytes],
) -> None:
    """Move the records of batteries to another string and save documents, by string and key: all or nothing."""
    rows = [(target, source, battery) for battery in batteries]
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for table in OF_BATTERIES:
            connection.executemany(
                f"UPDATE OR REPLACE {table} SET string = ? WHERE string = ? AND battery = ?",  # noqa: S608 - constants of this module
                rows,
            )
        connection.executemany(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", [(*key, data) for key, data in documents.items()]
        )
