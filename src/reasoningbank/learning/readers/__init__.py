"""Reading experiences from the files that agents and test runners leave."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reasoningbank.learning.readers.junit import read_test_report
    from reasoningbank.learning.readers.recognising import read_trajectories

__all__ = ["read_test_report", "read_trajectories"]

_WHEN_FIRST_ASKED_FOR: Final = {
    "read_test_report": "reasoningbank.learning.readers.junit",
    "read_trajectories": "reasoningbank.learning.readers.recognising",
}


def __getattr__(name: str) -> object:
    """Load a reader when it is first asked for: who needs one format does without the others."""
    if name not in _WHEN_FIRST_ASKED_FOR:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    found: object = getattr(import_module(_WHEN_FIRST_ASKED_FOR[name]), name)
    globals()[name] = found
    return found
