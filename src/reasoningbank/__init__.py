"""The memory that makes an agent better at its next task.

>>> from reasoningbank import ReasoningBank
>>> with ReasoningBank.open("memory:") as bank:
...     _ = bank.store_pattern(
...         task_description="Add login to the API",
...         task_category="backend",
...         strategy="Write the failing test first.",
...     )
...     [found] = bank.find_similar("add a login")
...     found.strategy
'Write the failing test first.'
"""

import typing

from reasoningbank.domain.errors import (
    Busy,
    Conflict,
    EmbeddingMismatch,
    ForeignDatabase,
    InvalidInput,
    NotFound,
    ProviderFailed,
    ReasoningBankError,
    SchemaTooNew,
    StorageCorrupt,
    Unavailable,
)
from reasoningbank.domain.lesson import (
    Distillation,
    DistillationRequest,
    Judgement,
    Learned,
    LearnedTogether,
    Lesson,
    Usage,
)
from reasoningbank.domain.metrics import (
    BankMetrics,
    OperationMetrics,
    RecallMetrics,
    StorageUse,
)
from reasoningbank.domain.outcome import Outcome, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Erasure,
    Observation,
    Pattern,
    PatternChange,
    PatternInput,
    Redaction,
    Reembedded,
    SimilarPattern,
    SkippedLine,
    StorageStats,
    Stored,
    TransferReport,
)
from reasoningbank.domain.recall import (
    Hidden,
    LeftOut,
    Recall,
    RecalledPattern,
    RecallEvent,
    Why,
)
from reasoningbank.domain.records import Finding
from reasoningbank.domain.trajectory import (
    PatternLink,
    Step,
    Trajectory,
    TrajectoryInput,
    Verdict,
)
from reasoningbank.learning.contract import ContrastingDistiller, Distiller, Judge
from reasoningbank.learning.lessons import LeftToHost

if typing.TYPE_CHECKING:
    from reasoningbank.bank import AsyncReasoningBank, Attempt, ReasoningBank, Scaled
    from reasoningbank.bank.observing import instrument, log_operations
    from reasoningbank.learning.readers import read_test_report, read_trajectories

__all__ = [
    "AsyncReasoningBank",
    "Attempt",
    "BankMetrics",
    "Busy",
    "Conflict",
    "ContrastingDistiller",
    "Distillation",
    "DistillationRequest",
    "Distiller",
    "EmbeddingMismatch",
    "Erasure",
    "Finding",
    "ForeignDatabase",
    "Hidden",
    "InvalidInput",
    "Judge",
    "Judgement",
    "Learned",
    "LearnedTogether",
    "LeftOut",
    "LeftToHost",
    "Lesson",
    "NotFound",
    "Observation",
    "OperationMetrics",
    "Outcome",
    "Pattern",
    "PatternChange",
    "PatternInput",
    "PatternLink",
    "ProviderFailed",
    "ReasoningBank",
    "ReasoningBankError",
    "Recall",
    "RecallEvent",
    "RecallMetrics",
    "RecalledPattern",
    "RecordedOutcome",
    "Redaction",
    "Reembedded",
    "Reliability",
    "Scaled",
    "SchemaTooNew",
    "SimilarPattern",
    "SkippedLine",
    "Step",
    "StorageCorrupt",
    "StorageStats",
    "StorageUse",
    "Stored",
    "Trajectory",
    "TrajectoryInput",
    "TransferReport",
    "Unavailable",
    "Usage",
    "Verdict",
    "Why",
    "instrument",
    "log_operations",
    "read_test_report",
    "read_trajectories",
]


_WHEN_FIRST_ASKED_FOR: typing.Final = {
    "AsyncReasoningBank": "reasoningbank.bank",
    "Attempt": "reasoningbank.bank",
    "ReasoningBank": "reasoningbank.bank",
    "Scaled": "reasoningbank.bank",
    "instrument": "reasoningbank.bank.observing",
    "log_operations": "reasoningbank.bank.observing",
    "read_test_report": "reasoningbank.learning.readers",
    "read_trajectories": "reasoningbank.learning.readers",
}


def __getattr__(name: str) -> object:
    """Load the banks and the readers of files when they are first asked for.

    The help of the command line, and a program that only names types, need neither.
    """
    if name not in _WHEN_FIRST_ASKED_FOR:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    found: object = getattr(import_module(_WHEN_FIRST_ASKED_FOR[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Give all names, loaded or not."""
    return sorted({*globals(), *__all__})
