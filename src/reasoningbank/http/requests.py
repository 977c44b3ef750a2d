"""What requests may hold, and how it is read: by name, by type, and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource
from reasoningbank.domain.pattern import OnDuplicate, State
from reasoningbank.domain.trajectory import TrajectoryState

Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Cosine: TypeAlias = Annotated[float, Meta(ge=-1, le=1)]
Amount: TypeAlias = Annotated[float, Meta(ge=0)]
Many: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]
Few: TypeAlias = Annotated[int, Meta(ge=1, le=50)]
Tokens: TypeAlias = Annotated[int, Meta(ge=100, le=100_000)]

_T = TypeVar("_T")
_PLACE: Final = re.compile(r" - at `\$\.?(?:query\.)?([^`]*)`$")
_NAMED: Final = re.compile(r"(?:unknown|missing required) field `([^`]*)`")


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a query or a body may hold."""


class Nothing(Request, frozen=True, kw_only=True):
    """No query at all."""


class GivenPattern(Request, frozen=True, kw_only=True):
    """A pattern to store, as JSON writes a `PatternInput`; the bank checks it like any other."""

    task_description: Text
    task_category: Text
    strategy: Text
    title: str | None = None
    success_score: Share | None = None
    duration_seconds: Amount | None = None
    tags: list[str] = []
    metadata: JsonObject = {}
    source: OutcomeSource = "caller"
    expires_at: str | None = None


class StorePattern(GivenPattern, frozen=True, kw_only=True):
    """A pattern to store, and how; the same key with the same content gives the first answer again."""

    on_duplicate: OnDuplicate = "merge"
    idempotency_key: Text | None = None


class StorePatterns(Request, frozen=True, kw_only=True):
    """Patterns to store in one transaction."""

    patterns: list[GivenPattern]
    on_duplicate: OnDuplicate = "merge"


class ChangePattern(Request, frozen=True, kw_only=True):
    """Fields to change; with `if_version` only if this is still the version."""

    task_description: str | None = None
    task_category: str | None = None
    strategy: str | None = None
    title: str | None = None
    success_score: Share | None = None
    duration_seconds: Amount | None = None
    tags: list[str] | None = None
    metadata: JsonObject | None = None
    expires_at: str | None = None
    state: State | None = None
    if_version: int | None = None


class PatternPage(Request, frozen=True, kw_only=True):
    """Which patterns to list."""

    category: str | None = None
    state: State | None = None
    newest_first: bool = False
    limit: Many = 100
    after: str | None = None


class Search(Request, frozen=True, kw_only=True):
    """Which category to list, best first."""

    category: Text
    limit: Many = 10


class Similar(Request, frozen=True, kw_only=True):
    """The task to find patterns for."""

    task_description: Text
    category: str | None = None
    top_k: Many = 5
    min_similarity: Cosine | None = None


class RecallFor(Request, frozen=True, kw_only=True):
    """The task to recall for."""

    task_description: Text
    category: str | None = None
    k: Few = 3
    experiences: Few = 1
    token_budget: Tokens = 1_000
    min_similarity: Cosine | None = None


class TellOutcome(Request, frozen=True, kw_only=True):
    """How a task ended: `success` or `score`, and who says so."""

    success: bool | None = None
    score: Share | None = None
    source: OutcomeSource = "caller"
    evidence: JsonObject | None = None


class TellRecallOutcome(TellOutcome, frozen=True, kw_only=True):
    """The same for a recall, and which of the patterns shown were used."""

    used: list[str] | None = None


class TrajectoryPage(Request, frozen=True, kw_only=True):
    """Which experiences to list."""

    state: TrajectoryState | None = None
    limit: Many = 100
    after: str | None = None


class Newest(Request, frozen=True, kw_only=True):
    """How many of the newest."""

    limit: Many = 20


class Consolidate(Request, frozen=True, kw_only=True):
    """Whether steps are only proposed, and whether all patterns are looked at."""

    dry_run: bool = False
    everything: bool = False


class Remove(Request, frozen=True, kw_only=True):
    """Whether its bytes are to be gone as well."""

    erase: bool = False


class Lately(Request, frozen=True, kw_only=True):
    """How far back; without it since the server was started, and what it alone was asked."""

    last_seconds: Amount | None = None


class Take(Request, frozen=True, kw_only=True):
    """Where imported patterns come from, and what to do with lines that cannot be taken."""

    origin: str = "import"
    on_invalid: Literal["raise", "skip"] = "raise"


class GivenStep(Request, frozen=True, kw_only=True):
    """One step of an experience."""

    action: Text
    observation: str | None = None
    error: str | None = None
    thought: str | None = None
    started_at: str | None = None
    duration_seconds: Amount | None = None


class GivenVerdict(Request, frozen=True, kw_only=True):
    """How an experience ended, and who says so."""

    kind: OutcomeKind
    score: Share | None
    source: OutcomeSource
    evidence: JsonObject = {}
    reasons: list[str] = []


class Learn(Request, frozen=True, kw_only=True):
    """An experience, as JSON writes a `TrajectoryInput`; the bank checks it like any other."""

    task_description: Text
    task_category: Text
    steps: list[GivenStep]
    verdict: GivenVerdict | None = None
    metadata: JsonObject = {}
    origin: Text | None = None


def from_query(pairs: Iterable[tuple[str, str]], kind: type[_T]) -> _T:
    """Give the query of an address as a struct.

    Raises:
        InvalidInput: Naming the parameter.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput("is given twice", field=name)
        found[name] = value
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise refused(error) from error


def from_object(given: JsonObject, kind: type[_T]) -> _T:
    """Give a JSON object as a struct.

    Raises:
        InvalidInput: Naming the field.
    """
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise refused(error) from error


def refused(error: msgspec.ValidationError) -> InvalidInput:
    """Give the bank's error for one of decoding, naming the field where it is known."""
    said = str(error)
    place = _PLACE.search(said)
    named = _NAMED.search(said)
    field = ".".join(part[1] for part in (place, named) if part is not None and part[1])
    message = _PLACE.sub("", said)
    if named is not None:
        message = "is missing" if "missing" in said else "is not a field"
    return InvalidInput(message[:1].lower() + message[1:], field=field or "request")
