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

from reasoningbank.bank import AsyncReasoningBank, ReasoningBank
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
from reasoningbank.domain.recall import Hidden, LeftOut, Recall, RecalledPattern, Why
from reasoningbank.domain.records import Finding

__all__ = [
    "AsyncReasoningBank",
    "Busy",
    "Conflict",
    "EmbeddingMismatch",
    "Erasure",
    "Finding",
    "ForeignDatabase",
    "Hidden",
    "InvalidInput",
    "LeftOut",
    "NotFound",
    "Observation",
    "Outcome",
    "Pattern",
    "PatternChange",
    "PatternInput",
    "ProviderFailed",
    "ReasoningBank",
    "ReasoningBankError",
    "Recall",
    "RecalledPattern",
    "RecordedOutcome",
    "Redaction",
    "Reembedded",
    "Reliability",
    "SchemaTooNew",
    "SimilarPattern",
    "SkippedLine",
    "StorageCorrupt",
    "StorageStats",
    "Stored",
    "TransferReport",
    "Unavailable",
    "Why",
]
