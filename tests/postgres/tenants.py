"""Two tenants on one database: what the first has, and every call the second can make with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from reasoningbank import ReasoningBank, ReasoningBankError, Step, TrajectoryInput, Verdict
from tests.faults.operations import pattern

LEARNED = Verdict(kind="success", score=1.0, source="test")
STEPS = (
    Step(action="archive a b.pdf", error="archive: unknown argument b.pdf"),
    Step(action="archive 'a b.pdf'", observation="stored"),
)


@dataclass(frozen=True)
class Holdings:
    """Ids of one of everything."""

    pattern: UUID
    trajectory: UUID
    pending: UUID
    recall: UUID
    report: UUID


def fill(bank: ReasoningBank, who: str) -> Holdings:
    """Give a tenant one of everything that has an id."""
    first, second = bank.store_patterns([pattern(1, title=who), pattern(2, title=who)])
    bank.store_pattern(pattern(1, metadata={"seen": who}))
    bank.record_outcome(pattern=first, success=True, source="test")
    bank.add_link(first, "contradicts", target_id=second)
    recall = bank.recall("check bearing 1 of the line", min_similarity=-1.0)
    experience = TrajectoryInput(
        task_description=f"file the report of {who}",
        task_category="line",
        steps=STEPS,
        verdict=LEARNED,
        origin="shared file",
    )
    learned = bank.learn(experience)
    pending = bank.learn(
        TrajectoryInput(task_description="wait", task_category="line", steps=STEPS)
    )
    report = bank.consolidate(everything=True)
    bank.get_stats()
    return Holdings(first, learned.trajectory_id, pending.trajectory_id, recall.id, report.id)


Call = Callable[[ReasoningBank, Holdings, UUID], object]

CALLS: dict[str, Call] = {
    "get_pattern": lambda bank, of, own: bank.get_pattern(of.pattern),
    "update_pattern": lambda bank, of, own: bank.update_pattern(of.pattern, strategy="Mine now."),
    "update_pattern of a version": lambda bank, of, own: bank.update_pattern(
        of.pattern, if_version=3, strategy="Mine now."
    ),
    "delete_pattern": lambda bank, of, own: bank.delete_pattern(of.pattern),
    "erase": lambda bank, of, own: bank.erase(of.pattern),
    "history": lambda bank, of, own: bank.history(of.pattern),
    "observations": lambda bank, of, own: bank.observations(of.pattern),
    "outcomes": lambda bank, of, own: bank.outcomes(of.pattern),
    "reliability": lambda bank, of, own: bank.reliability(of.pattern),
    "record_outcome": lambda bank, of, own: bank.record_outcome(pattern=of.pattern, success=False),
    "record_outcome of a recall": lambda bank, of, own: bank.record_outcome(
        recall=of.recall, success=False
    ),
    "record_outcome used": lambda bank, of, own: bank.record_outcome(
        recall=bank.recall("check bearing 1 of the line", min_similarity=-1.0).id,
        used=[of.pattern],
        success=False,
    ),
    "links": lambda bank, of, own: bank.links(of.pattern),
    "links of a trajectory": lambda bank, of, own: bank.links(of.trajectory),
    "add_link from": lambda bank, of, own: bank.add_link(of.pattern, "contradicts", target_id=own),
    "add_link to": lambda bank, of, own: bank.add_link(own, "contradicts", target_id=of.pattern),
    "get_trajectory": lambda bank, of, own: bank.get_trajectory(of.trajectory),
    "judge": lambda bank, of, own: bank.judge(of.pending, success=True, source="test"),
    "judge again": lambda bank, of, own: bank.judge(of.trajectory, success=False, source="test"),
    "distillation_request": lambda bank, of, own: bank.distillation_request(of.pending),
    "record_distillation": lambda bank, of, own: bank.record_distillation(
        of.pending, {"lessons": []}
    ),
    "erase_trajectory": lambda bank, of, own: bank.erase_trajectory(of.trajectory),
    "withdraw": lambda bank, of, own: bank.withdraw(trajectory=of.trajectory),
    "reinstate": lambda bank, of, own: bank.reinstate(trajectory=of.trajectory),
    "undo_consolidation": lambda bank, of, own: bank.undo_consolidation(of.report),
}
"""Every call that takes an id, with what the given holdings name; `own` is the caller's."""

WITHOUT_ID: dict[str, Callable[[ReasoningBank], object]] = {
    "search_by_category": lambda bank: bank.search_by_category("line", 100),
    "find_similar": lambda bank: bank.find_similar("check bearing 1 of the line", top_k=100),
    "find_similar in a category": lambda bank: bank.find_similar(
        "check bearing 1 of the line", "line", 100
    ),
    "recall": lambda bank: bank.recall("check bearing 1 of the line", min_similarity=-1.0).patterns,
    "trajectories": lambda bank: bank.trajectories(),
    "retry_pending": lambda bank: bank.retry_pending(),
    "withdraw an origin": lambda bank: bank.withdraw(origin="shared file"),
    "withdraw an actor": lambda bank: bank.withdraw(actor="caller"),
    "reinstate an origin": lambda bank: bank.reinstate(origin="shared file"),
    "export": lambda bank: bank.export_jsonl(io.BytesIO()),
    "export trajectories": lambda bank: bank.export_trajectories_jsonl(io.BytesIO()),
    "consolidate": lambda bank: bank.consolidate(everything=True).proposals,
    "patterns": lambda bank: bank.patterns(),
    "recalls": lambda bank: bank.recalls(),
    "consolidations": lambda bank: bank.consolidations(),
    "progress": lambda bank: bank.progress(),
    "pattern_map": lambda bank: bank.pattern_map(),
    "stats": lambda bank: bank.get_stats().total_patterns,
    "reembed": lambda bank: bank.reembed().vectors,
}
"""Every call that looks for something, or changes what it finds: nothing, in an empty namespace."""

NO_BORDER = {
    "check": "looks at the whole of what its namespace may see",
    "close": "takes nothing",
    "metrics": "keeps the counts of each namespace apart: tested by itself",
    "namespace": "tells its own",
    "open": "names it",
    "import_jsonl": "writes under new ids",
    "import_trajectories_jsonl": "writes under new ids",
    "learn": "writes under a new id",
    "put": "writes under a new id",
    "restore_jsonl": "tested by itself",
    "restore_trajectories_jsonl": "tested by itself",
    "run": "is made of recall, learn and outcomes",
    "remembering": "is made of recall, learn and outcomes",
    "scale": "is made of recall, learn and outcomes",
    "store_pattern": "writes under a new id",
    "store_patterns": "writes under new ids",
    "task": "is made of recall, learn and outcomes",
}
"""The other methods of a bank, and why they cannot reach over a border."""


def answer(action: Callable[[], object], *ids: UUID) -> tuple[str, Any]:
    """Give what a call answers, the ids it was given left out: a foreign one must not show."""
    try:
        found = action()
    except ReasoningBankError as error:
        said = f"{error.code}|{error.field}|{error}|{error.hint}|{sorted(vars(error))}"
    else:
        said = repr(found)
    for one in ids:
        said = said.replace(str(one), "ID")
    return said


def everything(bank: ReasoningBank) -> bytes:
    """Give all that a namespace holds, without the lines that say when this was asked."""
    file = io.BytesIO()
    bank.export_jsonl(file)
    bank.export_trajectories_jsonl(file)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if b'"exported_at"' not in line)
