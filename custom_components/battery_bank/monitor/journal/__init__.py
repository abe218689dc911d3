"""The journal: the SQLite file of the records that must outlive a restart."""

from .store import Journal

__all__ = ["Journal"]
