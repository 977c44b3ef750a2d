"""Learning through a host: an experience in, the material out, the host's lessons in."""

from __future__ import annotations

from typing import Final, cast

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.trajectory import TrajectoryInput
from reasoningbank.learning.checking import as_trajectory_input
from reasoningbank.learning.contract import Distiller
from reasoningbank.learning.lessons import LeftToHost
from reasoningbank.learning.material import material_of
from reasoningbank.mcp.answers import Answer, object_answer
from reasoningbank.mcp.calling import Call, capped

_TELL: Final = (
    "Nobody has said how it ended. Call this tool with trajectory_id and a verdict once you know; "
    "the experience is kept."
)
_DISTIL: Final = (
    "Read distillation_request.material as its instructions say, then call this tool with "
    "trajectory_id and your lessons as distillation."
)
_LEFT: Final = "The experience is kept. Nothing could be learned from it so far."
_DONE: Final = "Nothing. The patterns will be found by the next recall."
_AROUND_MATERIAL: Final = 8_000  # instructions, schema and the rest of the answer, in bytes
_SMALLEST_MATERIAL: Final = 2_000


async def learn(call: Call) -> Answer:
    """Take an experience, the host's lessons from one, or word of how one ended."""
    given = call.arguments
    if "trajectory" in given:
        for name in ("trajectory_id", "distillation", "verdict"):
            if name in given:
                raise InvalidInput("must not be given beside trajectory", field=name)
        return await _take_experience(call)
    if "trajectory_id" not in given:
        raise InvalidInput("is missing", field="trajectory", hint="Or give trajectory_id.")
    if "distillation" in given and "verdict" in given:
        raise InvalidInput("must not be given beside distillation", field="verdict")
    if "distil" in given:
        raise InvalidInput("goes with trajectory", field="distil")
    trajectory_id = call.id("trajectory_id")
    if "distillation" in given:
        await call.progress(0.0, "keeping your lessons")
        answer = cast("JsonObject", given["distillation"])
        try:
            learned = await call.bank.record_distillation(trajectory_id, answer)
        except InvalidInput as error:
            raise _placed(error, "distillation") from error
        return await _answer(call, learned)
    if "verdict" in given:
        verdict = _capped_verdict(cast("JsonObject", given["verdict"]))
        return await _judge(call, trajectory_id, verdict)
    raise InvalidInput(
        "is missing", field="distillation", hint="Or give a verdict, if it was not known before."
    )


async def _take_experience(call: Call) -> Answer:
    await call.progress(0.0, "keeping the experience")
    given = dict(cast("JsonObject", call.arguments["trajectory"]))
    if given.get("verdict") is not None:
        given["verdict"] = _capped_verdict(cast("JsonObject", given["verdict"]))
    left_to_host = call.arguments.get("distil", "host") == "host"
    distiller: Distiller | None = LeftToHost() if left_to_host else None
    try:
        trajectory: TrajectoryInput = as_trajectory_input(given)
        learned = await call.bank.learn(trajectory, distiller=distiller)
    except InvalidInput as error:
        raise _placed(error, "trajectory") from error
    return await _answer(call, learned)


async def _judge(call: Call, trajectory_id: str, verdict: JsonObject) -> Answer:
    kind = verdict["kind"]
    score = cast("float | None", verdict.get("score"))
    if kind == "unknown":
        raise InvalidInput("says nothing new", field="verdict.kind", hint="Tell it once you know.")
    if kind == "partial" and score is None:
        raise InvalidInput("must be given for a partial success", field="verdict.score")
    try:
        learned = await call.bank.judge(
            trajectory_id,
            success=None if score is not None else kind == "success",
            score=score,
            source=cast("str", verdict["source"]),  # type: ignore[arg-type]  # the schema's enum
            evidence=cast("JsonObject | None", verdict.get("evidence")),
            distiller=LeftToHost(),
        )
    except InvalidInput as error:
        raise _placed(error, "verdict") from error
    return await _answer(call, learned)


async def _answer(call: Call, learned: Learned) -> Answer:
    answer: JsonObject = {
        "trajectory_id": str(learned.trajectory_id),
        "status": learned.status,
        "patterns": [str(one) for one in learned.patterns],
        "verdict": None,
        "note": learned.note,
        "distillation_request": None,
        "what_next": _DONE,
    }
    verdict = learned.verdict
    if verdict is not None:
        answer["verdict"] = {
            "kind": verdict.kind,
            "score": verdict.score,
            "source": verdict.source,
        }
    if learned.status == "pending":
        if verdict is None or verdict.kind == "unknown":
            answer["what_next"] = _TELL
        elif "distillation" in call.arguments:
            answer["what_next"] = _LEFT
        else:
            await call.progress(0.5, "putting the material together")
            await _ask(call, learned, answer)
    return object_answer(answer)


async def _ask(call: Call, learned: Learned, answer: JsonObject) -> None:
    """Add the material for the host to distil, cut to the budget."""
    request = await call.bank.distillation_request(learned.trajectory_id)
    material = request.material
    room = max(call.budget - _AROUND_MATERIAL, _SMALLEST_MATERIAL)
    if len(canonical_json(material).encode()) > room:
        stored = await call.bank.get_trajectory(learned.trajectory_id)
        if stored is not None:
            # A character is at most four bytes; most texts need hardly more than one.
            material = material_of(stored, room)
            answer["truncated"] = True
    answer["distillation_request"] = {
        "instructions": request.instructions,
        "material": material,
        "answer_schema": request.answer_schema,
    }
    answer["what_next"] = _DISTIL


def _capped_verdict(given: JsonObject) -> JsonObject:
    verdict = dict(given)
    source, evidence = capped(
        verdict.get("source"), cast("JsonObject | None", verdict.get("evidence"))
    )
    verdict["source"] = source
    if evidence is not None:
        verdict["evidence"] = evidence
    return verdict


def _placed(error: InvalidInput, place: str) -> InvalidInput:
    """Give the error with its field as the caller of the tool knows it."""
    field = error.field
    if field is None or field == "answer":
        field = place
    elif not field.startswith((f"{place}.", "trajectory_id")):
        field = f"{place}.{field.removeprefix('answer.')}"
    return InvalidInput(error.message, field=field, path=error.path, hint=error.hint)
