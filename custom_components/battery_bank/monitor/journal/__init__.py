"""The journal: a SQLite file of what must outlive a restart."""

from .store import Journal

__all__ = ["Journal"]
