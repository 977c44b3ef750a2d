"""Endpoints for recall before a task, learning after it, and consolidation."""

from __future__ import annotations

from typing import Final, cast

import msgspec
from starlette.responses import Response

from reasoningbank import Learned, NotFound, Recall, RecallEvent, RecordedOutcome, Trajectory
from reasoningbank.domain.consolidation import ConsolidationReport, KeptConsolidation
from reasoningbank.http.answers import json_answer
from reasoningbank.http.endpoints import Call, Endpoint
from reasoningbank.http.requests import (
    Consolidate,
    Learn,
    Newest,
    RecallFor,
    TellOutcome,
    TellRecallOutcome,
    TrajectoryPage,
    from_object,
)
from reasoningbank.learning.checking import as_trajectory_input


class TrajectoryList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of experiences; `next` is the `after` of the page behind it, or null."""

    trajectories: list[Trajectory]
    next: str | None


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """How many steps were taken back."""

    undone: int


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """The patterns that changed their state."""

    ids: list[str]


async def _recall(call: Call) -> Response:
    asked = from_object(call.body, RecallFor)
    return json_answer(
        await call.bank.recall(
            asked.task_description,
            asked.category,
            k=asked.k,
            experiences=asked.experiences,
            token_budget=asked.token_budget,
            min_similarity=asked.min_similarity,
        )
    )


async def _recalls(call: Call) -> Response:
    return json_answer(await call.bank.recalls(limit=cast("Newest", call.query).limit))


async def _recall_outcome(call: Call) -> Response:
    told = from_object(call.body, TellRecallOutcome)
    call.believed(told.source)
    recorded = await call.bank.record_outcome(
        recall=call.id,
        used=told.used,
        success=told.success,
        score=told.score,
        source=told.source,
        evidence=told.evidence,
    )
    return json_answer(recorded, 201)


async def _learn(call: Call) -> Response:
    given = as_trajectory_input(call.body)
    if given.verdict is not None:
        call.believed(given.verdict.source, "verdict.source")
    return json_answer(await call.bank.learn(given), 201)


async def _trajectories(call: Call) -> Response:
    page = cast("TrajectoryPage", call.query)
    found = await call.bank.trajectories(state=page.state, limit=page.limit, after=page.after)
    more = str(found[-1].id) if len(found) == page.limit else None
    return json_answer(TrajectoryList(trajectories=found, next=more))


async def _trajectory(call: Call) -> Response:
    found = await call.bank.get_trajectory(call.id)
    if found is None:
        raise NotFound(f"no experience has the id {call.id}", hint="Check the id.")
    return json_answer(found)


async def _judge(call: Call) -> Response:
    told = from_object(call.body, TellOutcome)
    call.believed(told.source)
    learned = await call.bank.judge(
        call.id,
        success=told.success,
        score=told.score,
        source=told.source,
        evidence=told.evidence,
    )
    return json_answer(learned)


async def _withdraw(call: Call) -> Response:
    ids = await call.bank.withdraw(trajectory=call.id)
    return json_answer(Affected(ids=[str(one) for one in ids]))


async def _reinstate(call: Call) -> Response:
    ids = await call.bank.reinstate(trajectory=call.id)
    return json_answer(Affected(ids=[str(one) for one in ids]))


async def _consolidate(call: Call) -> Response:
    asked = from_object(call.body, Consolidate)
    return json_answer(
        await call.bank.consolidate(dry_run=asked.dry_run, everything=asked.everything)
    )


async def _consolidations(call: Call) -> Response:
    return json_answer(await call.bank.consolidations(limit=cast("Newest", call.query).limit))


async def _undo(call: Call) -> Response:
    return json_answer(Undone(undone=await call.bank.undo_consolidation(call.id)))


_ONE: Final = "/v1/trajectories/{id}"

ENDPOINTS: Final = (
    Endpoint(
        method="POST", path="/v1/recalls", name="recall", body=RecallFor, handler=_recall,
        summary="Give the few patterns that fit a task, and why these.",
        answers={200: Recall}, errors=(409,),
    ),
    Endpoint(
        method="GET", path="/v1/recalls", name="listRecalls", query=Newest, handler=_recalls,
        summary="List the newest recalls.", answers={200: list[RecallEvent]},
    ),
    Endpoint(
        method="POST", path="/v1/recalls/{id}/outcomes", name="recordRecallOutcome",
        body=TellRecallOutcome, handler=_recall_outcome,
        summary="Tell how the task ended that a recall was for.",
        answers={201: list[RecordedOutcome]}, errors=(404,),
    ),
    Endpoint(
        method="POST", path="/v1/trajectories", name="learn", body=Learn, handler=_learn,
        summary="Keep an experience and learn from it.",
        answers={201: Learned}, errors=(409, 502),
    ),
    Endpoint(
        method="GET", path="/v1/trajectories", name="listTrajectories", query=TrajectoryPage,
        handler=_trajectories, summary="List experiences a page at a time.",
        answers={200: TrajectoryList},
    ),
    Endpoint(
        method="GET", path=_ONE, name="getTrajectory", handler=_trajectory,
        summary="Give one experience.", answers={200: Trajectory}, errors=(404,),
    ),
    Endpoint(
        method="POST", path=f"{_ONE}/verdict", name="judge", body=TellOutcome, handler=_judge,
        summary="Say how an experience ended, and learn from it.",
        answers={200: Learned}, errors=(404, 409, 502),
    ),
    Endpoint(
        method="POST", path=f"{_ONE}/withdraw", name="withdraw", handler=_withdraw,
        summary="Quarantine what came of an experience alone.",
        answers={200: Affected}, errors=(404,),
    ),
    Endpoint(
        method="POST", path=f"{_ONE}/reinstate", name="reinstate", handler=_reinstate,
        summary="Undo a withdrawal.", answers={200: Affected}, errors=(404,),
    ),
    Endpoint(
        method="POST", path="/v1/consolidations", name="consolidate", body=Consolidate,
        handler=_consolidate,
        summary="Propose steps that keep the bank lean; unless dry_run, take them.",
        answers={200: ConsolidationReport}, errors=(409,),
    ),
    Endpoint(
        method="GET", path="/v1/consolidations", name="listConsolidations", query=Newest,
        handler=_consolidations, summary="List the newest consolidations.",
        answers={200: list[KeptConsolidation]},
    ),
    Endpoint(
        method="POST", path="/v1/consolidations/{id}/undo", name="undoConsolidation",
        handler=_undo, summary="Take the steps of a consolidation back.",
        answers={200: Undone}, errors=(404, 409),
    ),
)  # fmt: skip
