"""The three ways in which a backend works on a connection of its engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from reasoningbank.storage.sql.connection import SqlConnection

_T = TypeVar("_T")


class SqlWork(ABC):
    """Lend a function of a connection one that is fit for what it does, and give what it gives."""

    @abstractmethod
    def _read(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        """Give what `work` finds with one question."""

    @abstractmethod
    def _moment(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        """Give what `work` finds with several questions about one moment."""

    @abstractmethod
    def _write(
        self, namespace: str, work: Callable[[SqlConnection], _T], *, alone: bool = False
    ) -> _T:
        """Give what `work` gives once what it did is committed; it may be called again.

        With `alone` nobody else writes to the namespace at the same time.
        """
