"""The extras that a verb needs, looked for before anything is loaded or opened."""

from __future__ import annotations

from importlib.util import find_spec

from reasoningbank.domain.missing_library import library_missing


def need_libraries(*libraries: str, extra: str, verb: str) -> None:
    """Raise `Unavailable` where one of some libraries is not installed.

    Args:
        libraries: Names as they are imported.
        extra: What brings them.
        verb: What needs them.
    """
    for library in libraries:
        if find_spec(library) is None:
            raise library_missing(library, extra=extra, field=verb)
