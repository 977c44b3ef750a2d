"""Whatever text is given, in whatever field: it is data, and comes back as it does from any other backend."""

from __future__ import annotations

import io
import itertools

import psycopg
import pytest

from reasoningbank import (
    InvalidInput,
    PatternInput,
    ReasoningBank,
    ReasoningBankError,
    Step,
    TrajectoryInput,
    Verdict,
)
from reasoningbank.storage import open_storage
from tests.faults.operations import SmallEmbedder

HOSTILE = (
    "'; DROP TABLE patterns; --",
    '"; DROP TABLE patterns; --',
    "') ON CONFLICT DO NOTHING; DELETE FROM patterns; --",
    "1); SELECT set_config('reasoningbank.namespace', 'theirs', false); --",
    "$1 $2 $$ $tag$ ? ?1 %s %(x)s {name} :name",
    "E'\\x00' \\' \\\\ \\n U&'\\0041'",
    "/* -- */ */ --",
    "NULL",
    "\\N \\. \\x5c\\.",
    "COPY patterns FROM PROGRAM 'id'",
    "{1,2,3}",
    "[1,2,3]",
    "İstanbul ǅ ﬀ Ω ß \U0001f9e0 \u202e gnirts",
)
NOW = 1_795_000_000_000
BACKENDS = ("postgres", "memory")


def bank_at(target: str, namespace: str = "default", actor: str = "caller") -> ReasoningBank:
    ticks = itertools.count()
    return ReasoningBank(
        open_storage(target),
        embedder=SmallEmbedder(),
        namespace=namespace,
        actor=actor,
        clock=lambda: NOW + next(ticks),
        random_bytes=lambda count: next(ticks).to_bytes(count, "big"),
    )


def walk(bank: ReasoningBank, text: str) -> list[object]:
    """Put a text into every field there is; give every answer."""
    answers: list[object] = []

    def ask(call: str, *arguments: object, **named: object) -> object:
        try:
            answers.append(getattr(bank, call)(*arguments, **named))
        except ReasoningBankError as error:
            answers.append((error.code, error.field, str(error)))
            return None
        return answers[-1]

    given = PatternInput(
        task_description=text,
        task_category=text,
        strategy=text,
        title=text,
        tags=[text, "a tag"],
        metadata={text: text, "list": [text, {"deep": text}]},
    )
    pattern_id = ask("store_pattern", given, idempotency_key=text)
    ask("store_pattern", given, idempotency_key=text)
    ask("store_pattern", given)
    ask("store_pattern", given, on_duplicate="error")
    ask("get_pattern", pattern_id)
    ask("get_pattern", text)
    ask("update_pattern", pattern_id, title=f"{text}!", metadata={text: 1})
    ask("search_by_category", text)
    ask("find_similar", text, text)
    ask("record_outcome", pattern=pattern_id, success=True, source="human", evidence={text: text})
    ask("outcomes", pattern_id)
    ask("history", pattern_id)
    ask("observations", pattern_id)
    ask("recall", text, text, min_similarity=-1.0)
    steps = (Step(action=text, observation=text, error=text), Step(action="again", thought=text))
    learned = ask(
        "learn",
        TrajectoryInput(
            task_description=text,
            task_category=text,
            steps=steps,
            verdict=Verdict(kind="success", score=1.0, source="test", evidence={text: text}),
            metadata={text: text},
            origin=text,
        ),
    )
    if learned is not None:
        ask("get_trajectory", learned.trajectory_id)
        ask("links", learned.trajectory_id)
    ask("withdraw", origin=text)
    ask("reinstate", origin=text)
    ask("withdraw", actor=text)
    ask("trajectories", after=text)
    ask("undo_consolidation", text)
    ask("consolidate", everything=True)
    file = io.BytesIO()
    bank.export_jsonl(file)
    bank.export_trajectories_jsonl(file)
    stats = bank.get_stats()
    return [*answers, file.getvalue(), stats.total_patterns, stats.categories]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_in_every_field_is_data_and_comes_back_as_from_memory(team_dsn, postgres_dsn, text):
    with bank_at("memory:", text, text) as bank:
        expected = walk(bank, text)
    with bank_at(team_dsn, "bystander") as bystander:
        bystander.store_pattern(task_description="t", task_category="c", strategy="s")

    with bank_at(team_dsn, text, text) as bank:
        found = walk(bank, text)

    assert found == expected
    with psycopg.connect(postgres_dsn) as connection:
        counted = connection.execute("SELECT namespace, count(*) FROM patterns GROUP BY 1")
        assert dict(counted.fetchall())["bystander"] == 1


@pytest.mark.parametrize("field", ["task_description", "strategy", "title", "metadata", "tags"])
def test_a_zero_byte_is_kept_or_refused_as_by_every_backend(team_dsn, field):
    value: object = "before\0after"
    if field == "metadata":
        value = {"key\0": "value\0"}
    elif field == "tags":
        value = ["tag\0"]
    fields = {"task_description": "t", "task_category": "c", "strategy": "s", field: value}

    answers = []
    for target in ("memory:", team_dsn):
        with bank_at(target) as bank:
            try:
                pattern_id = bank.store_pattern(**fields)
                answers.append(bank.get_pattern(pattern_id))
            except InvalidInput as error:
                answers.append((error.field, error.message))

    assert answers[0] == answers[1]


def test_the_largest_texts_come_back_whole(team_dsn):
    largest = PatternInput(
        task_description="t" * 16_384,
        task_category="c" * 256,
        strategy="ß" * 32_768,
        title="x" * 512,
        tags=[f"{n:0128d}" for n in range(64)],
        metadata={"text": "m" * 1_040_000},
    )
    answers = []
    for target in ("memory:", team_dsn):
        with bank_at(target, "n" * 256) as bank:
            pattern_id = bank.store_pattern(largest)
            bank.store_pattern(largest)
            bank.update_pattern(pattern_id, title="short")
            file = io.BytesIO()
            bank.export_jsonl(file)
            [similar] = bank.find_similar("t" * 16_384, top_k=1)
            answers.append((bank.get_pattern(pattern_id), file.getvalue(), similar.similarity))

    assert answers[0] == answers[1]
