"""Databases of other programs, read row by row from a private copy; theirs are never written."""

from reasoningbank.storage.foreign.opening import opened_copy, private_copy
from reasoningbank.storage.foreign.tables import ForeignFile, ForeignRow, ForeignTable, Lost

__all__ = ["ForeignFile", "ForeignRow", "ForeignTable", "Lost", "opened_copy", "private_copy"]
