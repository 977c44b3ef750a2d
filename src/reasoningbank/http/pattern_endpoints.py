"""Endpoints for patterns: storing, finding, changing, removing, and what came of them."""

from __future__ import annotations

from typing import Final, cast

import msgspec
from starlette.responses import Response

from reasoningbank import (
    Erasure,
    NotFound,
    Observation,
    Outcome,
    Pattern,
    PatternChange,
    PatternInput,
    PatternLink,
    RecordedOutcome,
    Reliability,
    SimilarPattern,
    Stored,
    Trajectory,
)
from reasoningbank.bank.drafting import as_input
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.http.answers import empty_answer, json_answer
from reasoningbank.http.endpoints import Call, Endpoint
from reasoningbank.http.requests import (
    ChangePattern,
    PatternPage,
    Remove,
    Search,
    Similar,
    StorePattern,
    StorePatterns,
    TellOutcome,
    from_object,
)

_CHECK_ID: Final = "Check the id and the namespace."


class PatternList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of patterns; `next` is the `after` of the page behind it, or null."""

    patterns: list[Pattern]
    next: str | None


class Ids(msgspec.Struct, frozen=True, kw_only=True):
    """Ids in the order of what they were given for."""

    ids: list[str]


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept about one pattern, and the experiences it was derived from."""

    pattern: Pattern | None
    history: list[PatternChange]
    outcomes: list[Outcome]
    observations: list[Observation]
    links: list[PatternLink]
    reliability: Reliability | None
    trajectories: list[Trajectory]


async def _store(call: Call) -> Response:
    given = dict(call.body)
    options: JsonObject = {
        name: given.pop(name) for name in ("on_duplicate", "idempotency_key") if name in given
    }
    call.believed(given.get("source"))
    pattern = as_input(given)
    stored = await call.bank.put(
        pattern,
        on_duplicate=cast("str", options.get("on_duplicate", "merge")),  # type: ignore[arg-type]  # checked there
        idempotency_key=cast("str | None", options.get("idempotency_key")),
    )
    return json_answer(stored, 201 if stored.status == "created" else 200)


async def _store_many(call: Call) -> Response:
    given = dict(call.body)
    patterns = given.pop("patterns", None)
    on_duplicate = given.pop("on_duplicate", "merge")
    if given:
        raise InvalidInput("is not a field", field=next(iter(given)))
    if not isinstance(patterns, list):
        raise InvalidInput("must be a list", field="patterns")
    for position, one in enumerate(patterns):
        source = one.get("source") if isinstance(one, dict) else None
        call.believed(source, f"patterns[{position}].source")
    ids = await call.bank.store_patterns(
        cast("list[PatternInput]", patterns),
        on_duplicate=cast("str", on_duplicate),  # type: ignore[arg-type]  # checked there
    )
    return json_answer(Ids(ids=[str(one) for one in ids]), 201)


async def _list(call: Call) -> Response:
    page = cast("PatternPage", call.query)
    patterns = await call.bank.patterns(
        category=page.category,
        state=page.state,
        newest_first=page.newest_first,
        limit=page.limit,
        after=page.after,
    )
    more = str(patterns[-1].id) if len(patterns) == page.limit else None
    return json_answer(PatternList(patterns=patterns, next=more))


async def _get(call: Call) -> Response:
    return json_answer(await _existing(call))


async def _existing(call: Call) -> Pattern:
    pattern = await call.bank.get_pattern(call.id)
    if pattern is None:
        raise NotFound(f"no pattern has the id {call.id}", hint=_CHECK_ID)
    return pattern


async def _change(call: Call) -> Response:
    changes = dict(call.body)
    version = changes.pop("if_version", None)
    changed = await call.bank.update_pattern(
        call.id,
        if_version=cast("int | None", version),
        **changes,  # type: ignore[arg-type]  # checked there, by name
    )
    return json_answer(changed)


async def _remove(call: Call) -> Response:
    if cast("Remove", call.query).erase:
        return json_answer(await call.bank.erase(call.id))
    await call.bank.delete_pattern(call.id)
    return empty_answer()


async def _search(call: Call) -> Response:
    search = cast("Search", call.query)
    return json_answer(await call.bank.search_by_category(search.category, search.limit))


async def _similar(call: Call) -> Response:
    asked = from_object(call.body, Similar)
    return json_answer(
        await call.bank.find_similar(
            asked.task_description,
            asked.category,
            asked.top_k,
            min_similarity=asked.min_similarity,
        )
    )


async def _outcome(call: Call) -> Response:
    told = from_object(call.body, TellOutcome)
    call.believed(told.source)
    recorded = await call.bank.record_outcome(
        pattern=call.id,
        success=told.success,
        score=told.score,
        source=told.source,
        evidence=told.evidence,
    )
    return json_answer(recorded, 201)


async def _history(call: Call) -> Response:
    return json_answer(await call.bank.history(call.id))


async def _outcomes(call: Call) -> Response:
    return json_answer(await call.bank.outcomes(call.id))


async def _links(call: Call) -> Response:
    return json_answer(await call.bank.links(call.id))


async def _life(call: Call) -> Response:
    bank = call.bank
    pattern = await bank.get_pattern(call.id)
    history = await bank.history(call.id)
    if pattern is None and not history:
        raise NotFound(f"no pattern has the id {call.id}", hint=_CHECK_ID)
    links = await bank.links(call.id)
    sources = [one.target_id for one in links if one.kind == "derived_from"]
    found = [await bank.get_trajectory(one) for one in sources]
    life = Life(
        pattern=pattern,
        history=history,
        outcomes=await bank.outcomes(call.id),
        observations=await bank.observations(call.id),
        links=links,
        reliability=None if pattern is None else await bank.reliability(call.id),
        trajectories=[one for one in found if one is not None],
    )
    return json_answer(life)


_PATTERNS: Final = "/v1/patterns"
_ONE: Final = "/v1/patterns/{id}"

ENDPOINTS: Final = (
    Endpoint(
        method="POST", path=_PATTERNS, name="storePattern", body=StorePattern, handler=_store,
        summary="Store a pattern; 201 where it is new, 200 where it met an equal one.",
        answers={201: Stored, 200: Stored}, errors=(409,),
    ),
    Endpoint(
        method="POST", path="/v1/patterns/batch", name="storePatterns", body=StorePatterns,
        handler=_store_many, summary="Store patterns in one transaction, all or none.",
        answers={201: Ids}, errors=(409,),
    ),
    Endpoint(
        method="GET", path=_PATTERNS, name="listPatterns", query=PatternPage, handler=_list,
        summary="List patterns a page at a time, expired and quarantined ones too.",
        answers={200: PatternList},
    ),
    Endpoint(
        method="GET", path=_ONE, name="getPattern", handler=_get,
        summary="Give one pattern.", answers={200: Pattern}, errors=(404,),
    ),
    Endpoint(
        method="PATCH", path=_ONE, name="updatePattern", body=ChangePattern, handler=_change,
        summary="Change fields of a pattern.", answers={200: Pattern}, errors=(404, 409),
    ),
    Endpoint(
        method="DELETE", path=_ONE, name="deletePattern", query=Remove, handler=_remove,
        summary="Remove a pattern; with erase so that its bytes are gone, which is proved.",
        answers={204: None, 200: Erasure}, errors=(404,),
    ),
    Endpoint(
        method="GET", path=f"{_ONE}/life", name="patternLife", handler=_life,
        summary="Give everything kept about a pattern in one answer.",
        answers={200: Life}, errors=(404,),
    ),
    Endpoint(
        method="GET", path=f"{_ONE}/history", name="patternHistory", handler=_history,
        summary="List the changes of a pattern, also of a deleted one.",
        answers={200: list[PatternChange]},
    ),
    Endpoint(
        method="GET", path=f"{_ONE}/links", name="patternLinks", handler=_links,
        summary="List the relations in which a pattern or an experience stands.",
        answers={200: list[PatternLink]},
    ),
    Endpoint(
        method="GET", path=f"{_ONE}/outcomes", name="patternOutcomes", handler=_outcomes,
        summary="List the outcomes of a pattern.", answers={200: list[Outcome]}, errors=(404,),
    ),
    Endpoint(
        method="POST", path=f"{_ONE}/outcomes", name="recordPatternOutcome", body=TellOutcome,
        handler=_outcome, summary="Tell what came of using a pattern.",
        answers={201: RecordedOutcome}, errors=(404,),
    ),
    Endpoint(
        method="GET", path="/v1/search", name="searchByCategory", query=Search, handler=_search,
        summary="List the active patterns of a category, best first.",
        answers={200: list[Pattern]},
    ),
    Endpoint(
        method="POST", path="/v1/similar", name="findSimilar", body=Similar, handler=_similar,
        summary="Find the patterns whose task is most like this one.",
        answers={200: list[SimilarPattern]}, errors=(409,),
    ),
)  # fmt: skip
