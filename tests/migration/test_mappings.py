"""What becomes of the rows of each kind of database, told apart by their columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reasoningbank import Pattern, ReasoningBank
from reasoningbank.migration.running import MigrationReport, migrate
from tests.migration import foreign


def brought(source: Path, target: Path) -> tuple[MigrationReport, dict[str, Pattern]]:
    """Migrate, and give the patterns by the id they had."""
    report = migrate(str(source), target)
    with ReasoningBank.open(target) as bank:
        stats = bank.get_stats()
        assert all(finding.level == "ok" for finding in bank.check())
        found = [
            pattern
            for category in stats.categories
            for pattern in bank.search_by_category(category, limit=1000)
        ]
    return report, {str(p.metadata["provenance"]["id"]): p for p in found}


def fates(report: MigrationReport, table: str) -> tuple[int, int, int, int]:
    [found] = [t for file in report.tally.files for t in file.tables if t.table == table]
    return found.rows, found.migrated, found.merged, found.rejected


def test_agentic_flow_patterns_keep_title_domain_usage_tags_and_times(tmp_path: Path) -> None:
    row = foreign.flow_pattern(
        "01HF7YAT0CW3D4GETVE2MF9W5A",
        title="Retry",
        description="The upload fails now and then",
        content="Wait longer after each try.",
        domain="networking",
        tags=["retry", "upload"],
        created_at="2023-11-16T22:13:20.000Z",
        source={"task_id": "t-9"},
    ) | {"usage_count": 4, "last_used": "2026-11-21 01:02:20", "confidence": 0.9}
    source = foreign.agentic_flow(tmp_path / "memory.db", [row])

    report, patterns = brought(source, tmp_path / "bank.db")

    pattern = patterns["01HF7YAT0CW3D4GETVE2MF9W5A"]
    assert pattern.task_description == "The upload fails now and then"
    assert pattern.strategy == "Wait longer after each try."
    assert (pattern.title, pattern.task_category) == ("Retry", "networking")
    assert pattern.tags == ("retry", "upload")
    assert (pattern.uses, pattern.last_used_at) == (4, "2026-11-21T01:02:20.000Z")
    assert pattern.created_at == "2023-11-16T22:13:20.000Z"
    assert pattern.trust == "imported"
    assert pattern.metadata["source"] == {"task_id": "t-9"}
    provenance = pattern.metadata["provenance"]
    assert provenance["kind"] == "migration"
    assert provenance["claimed"] == {"confidence": 0.9, "uses": 4}
    assert fates(report, "patterns") == (1, 1, 0, 0)


def test_agentic_flow_links_come_as_links_or_in_the_metadata(tmp_path: Path) -> None:
    rows = [foreign.flow_pattern(name) for name in ("a", "b", "c")]
    links = [
        {"src_id": "a", "dst_id": "b", "relation": "contradicts"},
        {"src_id": "a", "dst_id": "c", "relation": "refines", "weight": 0.5},
        {"src_id": "a", "dst_id": "gone", "relation": "contradicts"},
    ]
    source = foreign.database(
        tmp_path / "memory.db", foreign.AGENTIC_FLOW, {"patterns": rows, "pattern_links": links}
    )

    report, patterns = brought(source, tmp_path / "bank.db")

    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        [link] = bank.links(patterns["a"].id)
    assert (link.kind, link.target_id) == ("contradicts", patterns["b"].id)
    told = patterns["a"].metadata["links"]
    assert {"relation": "refines", "to": "c", "weight": 0.5} in told
    assert fates(report, "pattern_links") == (3, 2, 0, 1)


def test_agentic_flow_trajectories_come_with_their_verdict(tmp_path: Path) -> None:
    row = {
        "task_id": "t1", "agent_id": "a1", "query": "Fix the login",
        "trajectory_json": '{"steps": [{"action": "open"}, {"action": "save", "result": "ok"}]}',
        "started_at": "2025-10-10T10:00:00Z", "judge_label": "Success", "judge_conf": 0.9,
        "judge_reasons": '["it works"]',
    }  # fmt: skip
    broken = {**row, "task_id": "t2", "trajectory_json": "not json {", "judge_label": None}
    source = foreign.database(
        tmp_path / "memory.db", foreign.AGENTIC_FLOW, {"task_trajectories": [row, broken]}
    )

    report = migrate(str(source), tmp_path / "bank.db")

    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        first, second = sorted(bank.trajectories(), key=lambda one: one.verdict is None)
    assert first.verdict is not None
    assert (first.verdict.kind, first.verdict.source) == ("success", "imported")
    assert first.verdict.reasons == ("it works",)
    assert [(step.action, step.observation) for step in first.steps] == [
        ("open", None),
        ("save", "ok"),
    ]
    assert (first.state, first.created_at) == ("judged", "2025-10-10T10:00:00.000Z")
    assert second.steps[0].action == "not json {"
    assert fates(report, "task_trajectories") == (2, 2, 0, 0)


def test_one_file_may_hold_the_tables_of_two_programs(tmp_path: Path) -> None:
    memory = {
        "key": "swarm/plan", "value": "Test first.", "namespace": "für",
        "created_at": 1795223356, "access_count": 3, "accessed_at": 1795223400,
        "metadata": '{"n": 1}',
    }  # fmt: skip
    expired = {
        "key": "old", "value": "gone", "created_at": 1600000000, "ttl": 60,
        "expires_at": 1600000060,
    }  # fmt: skip
    source = foreign.database(
        tmp_path / "memory.db",
        foreign.AGENTIC_FLOW + foreign.MEMORY_ENTRIES_2,
        {"patterns": [foreign.flow_pattern("a")], "memory_entries": [memory, expired]},
    )

    report, patterns = brought(source, tmp_path / "bank.db")

    pattern = patterns["1"]
    assert (pattern.task_description, pattern.strategy) == ("swarm/plan", "Test first.")
    assert pattern.tags == ("für",)
    assert (pattern.created_at, pattern.uses) == ("2026-11-21T01:09:16.000Z", 3)
    assert pattern.metadata["n"] == 1
    assert set(patterns) == {"a", "1"}  # the expired one is not offered
    assert report.tally.expired == 1
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        stats = bank.get_stats()
    assert (stats.total_patterns, stats.active_patterns) == (3, 2)


def test_the_hive_mind_of_claude_flow_2(tmp_path: Path) -> None:
    stored = {
        "key": "k", "namespace": "agents", "value": '{"plan": "split the work"}',
        "type": "knowledge", "tags": '["cache"]', "created_at": 1795223443, "compressed": 0,
    }  # fmt: skip
    shared = {
        "id": "m1", "swarm_id": "s1", "key": "decision", "value": "use one queue",
        "confidence": 0.8, "created_at": "2026-11-21 01:02:03",
    }  # fmt: skip
    note = {"version": 1, "description": "x", "applied_at": 1}
    source = foreign.database(
        tmp_path / "hive.db",
        foreign.HIVE_MIND,
        {"memory_store": [stored], "collective_memory": [shared], "migrations": [note]},
    )

    report, patterns = brought(source, tmp_path / "bank.db")

    assert patterns["1"].strategy == '{"plan": "split the work"}'
    assert patterns["1"].tags == ("agents", "cache")
    assert (patterns["m1"].task_description, patterns["m1"].success_score) == ("decision", 0.8)
    assert patterns["m1"].created_at == "2026-11-21T01:02:03.000Z"
    [left] = [t for t in report.tally.files[0].tables if t.table == "migrations"]
    assert (left.rows, left.left) == (1, 1)


def test_claude_flow_3_with_milliseconds_json_vectors_and_steps_beside(tmp_path: Path) -> None:
    entry = {
        "id": "entry_1795223766858_z006py", "key": "deploy", "namespace": "ops",
        "content": "Roll out behind a flag.", "embedding": "[0.1, 0.2]",
        "tags": '["ops"]', "created_at": 1795223766858, "expires_at": 4102444800000,
    }  # fmt: skip
    put_away = {"id": "entry_2", "key": "x", "content": "old", "status": "archived"}
    pattern = {
        "id": "p1", "name": "Backoff", "pattern_type": "error-recovery",
        "condition": "timeouts", "action": "Wait longer each time.", "confidence": 0.6,
        "success_count": 5, "failure_count": 2, "created_at": 1795223766858,
    }  # fmt: skip
    trajectory = {
        "id": "t1", "task_description": "Deploy", "success": 1, "total_steps": 2,
        "created_at": 1795223766858, "completed_at": 1795223799999,
    }  # fmt: skip
    steps = [
        {"id": "s2", "trajectory_id": "t1", "step_number": 2, "action": "verify"},
        {"id": "s1", "trajectory_id": "t1", "step_number": 1, "action": "push", "result": "ok"},
        {"id": "s3", "trajectory_id": "nowhere", "step_number": 1, "action": "lost"},
    ]
    source = foreign.database(
        tmp_path / "memory.db",
        foreign.CLAUDE_FLOW_3,
        {
            "memory_entries": [entry, put_away], "patterns": [pattern],
            "trajectories": [trajectory], "trajectory_steps": steps,
        },
    )  # fmt: skip

    report, patterns = brought(source, tmp_path / "bank.db")

    kept = patterns["entry_1795223766858_z006py"]
    assert (kept.created_at, kept.expires_at) == (
        "2026-11-21T01:16:06.858Z",
        "2100-01-01T00:00:00.000Z",
    )
    assert "entry_2" not in patterns  # quarantined, as it was archived
    backoff = patterns["p1"]
    assert (backoff.task_description, backoff.strategy) == ("timeouts", "Wait longer each time.")
    assert (backoff.uses, backoff.successes, backoff.failures) == (7, 5, 2)
    assert fates(report, "trajectory_steps") == (3, 2, 0, 1)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        [experience] = bank.trajectories()
        assert bank.get_stats().total_patterns == 3
    assert [step.action for step in experience.steps] == ["push", "verify"]


def test_agentdb_1_0_vectors(tmp_path: Path) -> None:
    told = {
        "id": "x", "type": "pattern", "domain": "frontend", "confidence": 0.8,
        "pattern": {"title": "Cache", "description": "The form is slow", "content": "Memoise it."},
        "usage_count": 3, "success_count": 2, "created_at": 1795222947851,
    }  # fmt: skip
    rows = [
        {"id": "vec_1", "embedding": b"\0" * 8, "norm": 1.0, "metadata": json.dumps(told),
         "timestamp": 1795222947851},
        {"id": "vec_2", "embedding": b"\0" * 8, "norm": 1.0, "metadata": None, "timestamp": 1},
    ]  # fmt: skip
    source = foreign.database(tmp_path / "rb.db", foreign.AGENTDB_1, {"vectors": rows})

    report, patterns = brought(source, tmp_path / "bank.db")

    assert patterns["vec_1"].strategy == "Memoise it."
    assert patterns["vec_1"].task_category == "frontend"
    assert (patterns["vec_1"].uses, patterns["vec_1"].successes) == (3, 2)
    assert patterns["vec_1"].created_at == "2026-11-21T01:02:27.851Z"
    assert fates(report, "vectors") == (2, 1, 0, 1)


def test_agentdb_patterns_skills_facts_and_notes_become_patterns_episodes_experiences(
    tmp_path: Path,
) -> None:
    approach = {
        "ts": 1795222951, "task_type": "debugging", "approach": "Bisect: halve the commits.",
        "success_rate": 0.7, "uses": 2, "tags": '["git"]', "metadata": '{"desc": "A test fails"}',
    }  # fmt: skip
    episode = {
        "ts": 1795222953, "session_id": "s1", "task": "Find the commit", "input": "git bisect",
        "output": "found", "success": 1, "reward": 0.9, "latency_ms": 2000,
    }  # fmt: skip
    skill = {
        "name": "bisecting", "description": "Find what broke", "signature": '{"inputs": {}}',
        "code": "git bisect run make", "created_from_episode": 1, "created_at": 1795222953,
    }  # fmt: skip
    fact = {"subject": "CI", "predicate": "runs on", "object": "Linux", "confidence": 0.5}
    note = {"title": "Flaky", "text": "Ask twice.", "note_type": "insight"}
    source = foreign.database(
        tmp_path / "agentdb.db",
        foreign.AGENTDB,
        {
            "reasoning_patterns": [approach], "episodes": [episode], "skills": [skill],
            "facts": [fact], "notes": [note],
            "causal_edges": [{"from_memory_id": 1, "to_memory_id": 2}],
        },
    )  # fmt: skip

    report = migrate(str(source), tmp_path / "bank.db")

    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().categories == {
            "debugging": 1, "fact": 1, "note": 1, "skill": 1,
        }  # fmt: skip
        [approach_kept] = bank.search_by_category("debugging")
        [skill_kept] = bank.search_by_category("skill")
        [experience] = bank.trajectories()
        [link] = bank.links(skill_kept.id)
    assert approach_kept.task_description == "A test fails"
    assert (approach_kept.uses, approach_kept.tags) == (2, ("git",))
    assert (link.kind, link.target_id) == ("derived_from", experience.id)
    assert experience.steps[0].duration_seconds == 2.0
    [edges] = [t for t in report.tally.files[0].tables if t.table == "causal_edges"]
    assert (edges.left, edges.why) == (1, "causal claims, for which a bank has no place")


def test_the_source_documents_own_schema(tmp_path: Path) -> None:
    row = {
        "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "task_category": "backend",
        "task_description": "Add login", "strategy": "Test first.", "success_score": 0.95,
        "data": '{"duration_seconds": 120.5, "tags": ["auth"], "metadata": {"team": "a"}}',
        "created_at": "2025-10-10 12:00:00",
    }  # fmt: skip
    source = foreign.database(tmp_path / "rb.db", foreign.SOURCE_DOCUMENT, {"patterns": [row]})

    _, patterns = brought(source, tmp_path / "bank.db")

    [pattern] = patterns.values()
    assert (pattern.task_description, pattern.strategy) == ("Add login", "Test first.")
    assert (pattern.success_score, pattern.duration_seconds) == (0.95, 120.5)
    assert (pattern.tags, pattern.metadata["team"]) == (("auth",), "a")
    assert pattern.created_at == "2025-10-10T12:00:00.000Z"


def test_json_lines_of_the_papers_code(tmp_path: Path) -> None:
    markdown = (
        "# Memory Item 1\n## Title Page through\n## Description Lists are cut\n"
        "## Content Click next until it is grey."
    )
    lines = [
        {"task_id": "7", "query": "Count the orders", "memory_items": [markdown],
         "status": "success", "think_list": ["look"], "action_list": ["click('next')"]},
        {"task_id": "8", "query": "Fix it", "status": "fail", "memory_items":
         ["# Memory Item 1", "## Title One", "## Content Do one.", "# Memory Item 2",
          "## Title Two", "## Content Do two."]},
        {"task_id": "9", "query": "None", "memory_items": [], "status": "fail"},
        {"id": "7", "text": "Count", "embedding": [0.1]},
    ]  # fmt: skip
    source = tmp_path / "memory.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)) + "\nnot json\n")

    report, patterns = brought(source, tmp_path / "bank.db")

    assert {own: pattern.title for own, pattern in patterns.items()} == {
        "7/1": "Page through", "8/1": "One", "8/2": "Two",
    }  # fmt: skip
    assert patterns["7/1"].task_description == "Count the orders"
    assert patterns["7/1"].strategy == "Click next until it is grey."
    assert patterns["8/1"].metadata["status"] == "fail"
    assert fates(report, "memory items") == (4, 3, 0, 1)
    assert fates(report, "other lines") == (1, 0, 0, 1)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        [experience] = bank.trajectories()
        [link] = bank.links(patterns["7/1"].id)
    assert link.target_id == experience.id


@pytest.mark.parametrize("whole", [True, False])
def test_memories_of_mem0_as_lines_or_as_one_answer(tmp_path: Path, whole: bool) -> None:
    memories = [
        {"id": "m1", "memory": "Prefers tabs over spaces", "hash": "x", "user_id": "ann",
         "categories": ["style"], "created_at": "2025-10-10T10:00:00.123456-07:00"},
        {"id": "m2", "memory": "", "metadata": None},
    ]  # fmt: skip
    text = (
        json.dumps({"results": memories}, indent=1)
        if whole
        else "\n".join(map(json.dumps, memories))
    )
    (tmp_path / "mem0.jsonl").write_text(text)

    report, patterns = brought(tmp_path / "mem0.jsonl", tmp_path / "bank.db")

    assert patterns["m1"].strategy == "Prefers tabs over spaces"
    assert (patterns["m1"].task_category, patterns["m1"].metadata["user_id"]) == ("style", "ann")
    assert patterns["m1"].created_at == "2025-10-10T17:00:00.123Z"
    assert fates(report, "memories") == (2, 1, 0, 1)


def test_a_bank_of_ones_own_comes_as_imported_with_its_trust_as_a_claim(tmp_path: Path) -> None:
    with ReasoningBank.open(tmp_path / "old.db", namespace="team") as old:
        own = old.store_pattern(task_description="Add login", task_category="b", strategy="Test.")
        old.record_outcome(pattern=own, success=True, source="test")

    _, patterns = brought(tmp_path / "old.db", tmp_path / "bank.db")

    kept = patterns[str(own)]
    assert (kept.trust, kept.uses, kept.successes) == ("imported", 1, 1)
    assert kept.metadata["provenance"]["claimed"]["trust"] == "confirmed"
    assert kept.metadata["provenance"]["claimed"]["namespace"] == "team"
