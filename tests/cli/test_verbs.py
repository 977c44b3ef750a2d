"""What each verb does and prints, run in this process."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
import pytest

from reasoningbank import (
    Erasure,
    Pattern,
    ReasoningBank,
    RecordedOutcome,
    Reembedded,
    SimilarPattern,
    StorageStats,
    Stored,
    TransferReport,
)

STORE = ("store", "--task", "Add login", "--category", "backend", "--strategy", "Test first.")


def keys(struct: type) -> set[str]:
    return set(struct.__struct_fields__)


def line_of(task: str) -> bytes:
    return msgspec.json.encode(
        {"task_description": task, "task_category": "c", "strategy": f"do {task}"}
    )


# store


def test_store_prints_the_status_and_the_id(call, tmp_path):
    ended = call(*STORE, "--db", tmp_path / "bank.db")

    status, pattern_id = ended.stdout.split()
    assert (ended.status, status) == (0, "created")
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_pattern(pattern_id).strategy == "Test first."


def test_store_as_json_gives_stored(call, tmp_path):
    ended = call(*STORE, "--db", tmp_path / "bank.db", "--json")

    assert ended.json.keys() == keys(Stored)
    assert UUID(ended.json["id"])


def test_store_keeps_every_option(call, tmp_path):
    options = {
        "--title": "Login",
        "--score": "0.95",
        "--duration": "120.5",
        "--metadata": '{"a": [1, null]}',
        "--source": "test",
        "--expires": "2999-01-01T00:00:00Z",
    }
    flat = [part for option in options.items() for part in option]
    stored = call(*STORE, *flat, "--tag", "b", "--tag", "a", "--db", tmp_path / "b.db", "--json")

    shown = call("get", stored.json["id"], "--db", tmp_path / "b.db", "--json").json
    assert shown["title"] == "Login"
    assert shown["success_score"] == 0.95
    assert shown["duration_seconds"] == 120.5
    assert shown["tags"] == ["a", "b"]
    assert shown["metadata"] == {"a": [1, None]}
    assert shown["trust"] == "confirmed"
    assert shown["expires_at"] == "2999-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("option", "field"), [("--task", "task_description"), ("--strategy", "strategy")]
)
def test_store_reads_a_text_from_standard_input(call, tmp_path, option, field):
    arguments = list(STORE)
    arguments[arguments.index(option) + 1] = "-"
    stored = call(
        *arguments, "--db", tmp_path / "b.db", "--json", stdin="erste Zeile\nzweite ü\n".encode()
    )

    shown = call("get", stored.json["id"], "--db", tmp_path / "b.db", "--json").json
    assert shown[field] == "erste Zeile\nzweite ü"


def test_store_reads_only_one_text_from_standard_input(call):
    ended = call("store", "--task", "-", "--category", "c", "--strategy", "-", "--db", "memory:")

    assert ended.status == 2
    assert "one option only" in ended.stderr


def test_storing_again_merges_keeps_or_refuses_as_asked(call, tmp_path):
    first = call(*STORE, "--db", tmp_path / "b.db", "--json").json["id"]

    merged = call(*STORE, "--db", tmp_path / "b.db")
    kept = call(*STORE, "--db", tmp_path / "b.db", "--on-duplicate", "keep", "--json").json
    refused = call(*STORE, "--db", tmp_path / "b.db", "--on-duplicate", "error", "--json")

    assert merged.stdout == f"merged {first}\n"
    assert kept["status"] == "created"
    assert kept["id"] != first
    assert refused.status == 3
    assert refused.error["existing_id"] == first


def test_an_idempotency_key_replays_the_first_answer(call, tmp_path):
    options = ("--idempotency-key", "k", "--db", tmp_path / "b.db", "--json")
    first = call(*STORE, *options).json

    assert call(*STORE, *options).json == {**first, "status": "replayed"}


def test_a_secret_is_taken_out_with_one_warning_on_standard_error(call, tmp_path):
    secret = "ghp_" + "a1B2" * 9
    arguments = [*STORE[:-1], f"Use {secret}."]
    ended = call(*arguments, "--db", tmp_path / "b.db", "--json")

    assert [found["field"] for found in ended.json["redacted"]] == ["strategy"]
    assert re.fullmatch(r"warning: took a \w+ out of strategy before storing\n", ended.stderr)
    assert secret.encode() not in (tmp_path / "b.db").read_bytes()


def test_a_new_file_is_noted_since_its_name_may_be_a_slip(call, tmp_path):
    noted = call("stats", "--db", tmp_path / "slip.db").stderr

    assert noted == f"note: made a new bank, {tmp_path / 'slip.db'}\n"
    assert call("stats", "--db", tmp_path / "slip.db").stderr == ""


# get, search, similar, stats


def test_get_shows_a_pattern_with_its_whole_id_and_strategy(call, filled, login_id):
    ended = call("get", login_id, "--db", filled)

    assert login_id in ended.stdout
    assert "How to: Add login with a session cookie" in ended.stdout


def test_get_as_json_gives_a_pattern(call, filled, login_id):
    ended = call("get", login_id, "--db", filled, "--json")

    with ReasoningBank.open(filled) as bank:
        assert msgspec.convert(ended.json, Pattern) == bank.get_pattern(login_id)


def test_search_gives_the_best_score_first(call, filled):
    found = call("search", "backend", "--db", filled, "--json").json

    assert [pattern["success_score"] for pattern in found] == [0.9, 0.4]
    assert found[0].keys() == keys(Pattern)


def test_search_is_limited(call, filled):
    assert len(call("search", "backend", "--limit", "1", "--db", filled, "--json").json) == 1


def test_search_shows_whole_ids(call, filled, login_id):
    assert login_id in call("search", "backend", "--db", filled).stdout


def test_an_empty_search_is_an_answer_that_names_the_categories(call, filled):
    ended = call("search", "nothing", "--db", filled)

    assert ended.status == 0
    assert "backend, frontend" in ended.stdout
    assert call("search", "nothing", "--db", filled, "--json").stdout == "[]\n"


def test_similar_gives_the_most_similar_first(call, filled, login_id):
    found = call(
        "similar", "let people log in to the API with a cookie", "--db", filled, "--json"
    ).json

    assert found[0]["id"] == login_id
    assert found[0].keys() == keys(SimilarPattern)
    assert [one["similarity"] for one in found] == sorted(
        (one["similarity"] for one in found), reverse=True
    )


def test_similar_shows_the_similarity_and_whole_ids(call, filled, login_id):
    ended = call("similar", "Add login with a session cookie to the REST API", "--db", filled)

    assert "1.000" in ended.stdout
    assert login_id in ended.stdout


def test_similar_reads_the_task_from_standard_input(call, filled, login_id):
    found = call(
        "similar", "-", "--db", filled, "--json", stdin=b"log in to the API with a cookie\n"
    ).json

    assert found[0]["id"] == login_id


def test_similar_stays_within_category_number_and_similarity(call, filled):
    def found(*options):
        return call("similar", "the API", *options, "--db", filled, "--json").json

    assert {one["task_category"] for one in found("--category", "frontend")} == {"frontend"}
    assert len(found("--top-k", "2")) == 2
    assert found("--min-similarity", "0.99") == []


def test_similar_in_an_empty_bank_says_that_it_is_empty(call):
    assert "holds no patterns yet" in call("similar", "anything", "--db", "memory:").stdout


def test_stats_count_and_name_the_file(call, filled):
    ended = call("stats", "--db", filled)
    told = call("stats", "--db", filled, "--json").json

    assert ended.stdout.startswith(f"{filled}\n")
    assert told.keys() == keys(StorageStats)
    assert told["categories"] == {"backend": 2, "frontend": 1}


# update, delete, erase


def test_update_changes_what_is_given_and_nothing_else(call, filled, login_id):
    before = call("get", login_id, "--db", filled, "--json").json
    after = call("update", login_id, "--title", "New", "--db", filled, "--json").json

    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"title", "version", "updated_at"}


def test_update_clears_fields(call, filled, login_id):
    call("update", login_id, "--tag", "x", "--title", "t", "--db", filled)

    after = call(
        *("update", login_id, "--clear", "tags", "--clear", "score", "--clear", "title"),
        *("--db", filled, "--json"),
    ).json
    assert (after["tags"], after["success_score"], after["title"]) == ([], None, None)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--clear", "nonsense"),
        ("--clear", "title", "--title", "t"),
        ("--state", "gone"),
        ("--metadata", "[]"),
        ("--metadata", "{"),
        ("--metadata", "\udcff"),
        ("--score", "2"),
        ("--score", "nan"),
        ("--if-version", "0"),
        ("--expires", "tomorrow"),
    ],
)
def test_update_refuses_what_makes_no_sense(call, filled, login_id, options):
    ended = call("update", login_id, *options, "--db", filled)

    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")


def test_update_with_another_version_is_a_conflict(call, filled, login_id):
    call("update", login_id, "--title", "t", "--db", filled)

    assert call("update", login_id, "--title", "u", "--if-version", "1", "--db", filled).status == 3


def test_a_quarantined_pattern_leaves_the_search(call, filled, login_id):
    call("update", login_id, "--state", "quarantined", "--db", filled)

    assert len(call("search", "backend", "--db", filled, "--json").json) == 1
    call("update", login_id, "--state", "active", "--db", filled)
    assert len(call("search", "backend", "--db", filled, "--json").json) == 2


def test_delete_removes_the_pattern_and_keeps_its_history(call, filled, login_id):
    ended = call("delete", login_id, "--db", filled, "--json")

    assert ended.json == {"id": login_id, "deleted": True}
    assert call("get", login_id, "--db", filled).status == 1
    told = call("history", login_id, "--db", filled, "--json").json
    assert [change["kind"] for change in told["changes"]] == ["created", "deleted"]


def test_erase_removes_the_history_too(call, filled, login_id):
    ended = call("erase", login_id, "--db", filled, "--json")

    assert ended.json.keys() == keys(Erasure)
    assert call("history", login_id, "--db", filled).status == 1


def test_erasing_what_was_never_kept_does_not_claim_to_have_erased_it(call, filled, login_id):
    assert call("erase", login_id, "--db", filled).stdout.startswith(f"erased {login_id}")
    again = call("erase", login_id, "--db", filled)

    assert again.status == 0
    assert again.stdout.startswith(f"nothing was kept under {login_id}")


def test_a_tidying_without_steps_offers_nothing_to_undo(call, filled):
    ended = call("consolidate", "--db", filled)

    assert "0 steps taken" in ended.stdout
    assert "--undo" not in ended.stdout


def test_a_misspelt_verb_is_answered_with_the_nearest_in_whole_sentences(call):
    assert "Did you mean 'outcome'? Try `" in call("outcomes").stderr


# outcome, history


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (("--success",), "success"),
        (("--failure",), "failure"),
        (("--score", "0.5"), "partial"),
        (("--score", "0"), "failure"),
        (("--unknown",), "unknown"),
    ],
)
def test_an_outcome_is_told_in_one_of_four_ways(call, filled, login_id, told, kind):
    ended = call("outcome", login_id, *told, "--db", filled, "--json")

    assert ended.json.keys() == keys(RecordedOutcome)
    assert ended.json["outcome"]["kind"] == kind


@pytest.mark.parametrize("told", [(), ("--success", "--failure"), ("--unknown", "--score", "1")])
def test_an_outcome_told_otherwise_is_refused(call, filled, login_id, told):
    assert call("outcome", login_id, *told, "--db", filled).status == 2


def test_an_outcome_keeps_its_source_and_evidence(call, filled, login_id):
    evidence = ("--source", "test", "--evidence", '{"exit_code": 0}')
    ended = call("outcome", login_id, "--success", *evidence, "--db", filled)

    assert "recorded success from test" in ended.stdout
    [outcome] = call("history", login_id, "--db", filled, "--json").json["outcomes"]
    assert (outcome["source"], outcome["evidence"]) == ("test", {"exit_code": 0})


def test_history_shows_changes_outcomes_and_merged_stores(call, tmp_path):
    database = ("--db", tmp_path / "b.db")
    pattern_id = call(*STORE, *database, "--json").json["id"]
    call(*STORE, "--title", "again", *database)
    call("outcome", pattern_id, "--failure", *database)

    told = call("history", pattern_id, *database, "--json").json
    shown = call("history", pattern_id, *database).stdout
    assert [change["kind"] for change in told["changes"]] == ["created", "merged", "outcome"]
    assert len(told["observations"]) == 1
    assert "failure" in shown
    assert "merged into it: 1 store" in shown
    assert "command line" in shown


# export, import, restore, reembed


def test_an_export_restored_elsewhere_is_the_same_export(call, filled, tmp_path):
    call("export", tmp_path / "a.jsonl", "--db", filled)
    restored = call("restore", tmp_path / "a.jsonl", "--db", tmp_path / "new.db", "--json")
    call("export", tmp_path / "b.jsonl", "--db", tmp_path / "new.db")

    assert restored.json["created"] == 3
    assert restored.json.keys() == keys(TransferReport)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.jsonl", "b.jsonl"))
    assert first.split(b"\n")[1:] == second.split(b"\n")[1:]


def test_restoring_again_changes_nothing(call, filled, tmp_path):
    call("export", tmp_path / "a.jsonl", "--db", filled)

    report = call("restore", tmp_path / "a.jsonl", "--db", filled, "--json").json
    assert (report["created"], report["unchanged"]) == (0, 3)


def test_export_and_restore_work_through_pipes(call, filled):
    exported = call("export", "--db", filled)
    report = call("restore", "-", "--db", "memory:", "--json", stdin=exported.stdout.encode())

    assert exported.stderr == "exported 3 patterns\n"
    assert len(exported.stdout.splitlines()) == 4
    assert report.json["created"] == 3


def test_export_into_a_file_reports(call, filled, tmp_path):
    ended = call("export", tmp_path / "a.jsonl", "--db", filled, "--json")

    assert ended.json == {
        "exported": 3,
        "file": str(tmp_path / "a.jsonl"),
        "damaged": [],
    }
    assert (tmp_path / "a.jsonl").stat().st_mode & 0o077 == 0


def test_an_export_that_fails_leaves_the_earlier_one(call, filled, tmp_path, monkeypatch):
    target = tmp_path / "kept.jsonl"
    call("export", target, "--db", filled)
    before = target.read_bytes()

    def failing(self, file, **_):
        file.write(b"half\n")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ReasoningBank, "export_jsonl", failing)
    ended = call("export", target, "--db", filled)

    assert ended.status == 7
    assert "No space left" in ended.stderr
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_an_export_never_replaces_a_database(call, filled):
    before = filled.read_bytes()

    ended = call("export", filled, "--db", filled)
    assert ended.status == 2
    assert filled.read_bytes() == before


def test_import_takes_foreign_patterns_and_trusts_nothing(call, tmp_path):
    (tmp_path / "theirs.jsonl").write_bytes(line_of("one") + b"\n" + line_of("two") + b"\n")
    report = call("import", tmp_path / "theirs.jsonl", "--db", tmp_path / "b.db", "--json").json

    found = call("search", "c", "--db", tmp_path / "b.db", "--json").json
    assert report["created"] == 2
    assert {one["trust"] for one in found} == {"imported"}
    assert {one["metadata"]["provenance"]["origin"] for one in found} == {"theirs.jsonl"}


def test_import_stops_at_a_bad_line_and_names_it(call):
    ended = call("import", "-", "--db", "memory:", stdin=line_of("one") + b"\nnonsense\n")

    assert ended.status == 2
    assert "line 2" in ended.stderr


def test_import_skips_bad_lines_when_asked_and_reports_them(call):
    lines = b"\n".join([line_of("one"), b"nonsense", line_of("two"), b'{"task": 1}'])
    told = call("import", "-", "--skip-invalid", "--db", "memory:", "--json", stdin=lines).json
    shown = call("import", "-", "--skip-invalid", "--db", "memory:", stdin=lines).stdout

    assert [line["line"] for line in told["skipped"]] == [2, 4]
    assert "2 created" in shown
    assert "line 2" in shown


def test_import_names_the_origin_it_is_given(call, tmp_path):
    arguments = ("import", "-", "--origin", "a colleague", "--db", tmp_path / "b.db")
    call(*arguments, stdin=line_of("one"))

    [found] = call("search", "c", "--db", tmp_path / "b.db", "--json").json
    assert found["metadata"]["provenance"]["origin"] == "a colleague"


@pytest.mark.parametrize("verb", ["import", "restore"])
def test_a_file_that_is_not_there_is_named_and_no_bank_is_made(call, tmp_path, verb):
    ended = call(verb, tmp_path / "none.jsonl", "--db", tmp_path / "b.db")

    assert ended.status == 2
    assert str(tmp_path / "none.jsonl") in ended.stderr
    assert not (tmp_path / "b.db").exists()


def test_reembed_says_what_is_searched_now(call, filled):
    ended = call("reembed", "--db", filled, "--json")

    assert ended.json.keys() == keys(Reembedded)
    assert ended.json["vectors"] == 0


# init, namespaces, options before the verb


def test_init_gives_a_project_a_bank_that_commands_below_it_use(call, tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    made = call("init", tmp_path, "--json").json
    monkeypatch.chdir(tmp_path / "inner")

    assert made == {
        "path": str(tmp_path / ".reasoningbank" / "bank.db"),
        "created": True,
        "patterns": 0,
    }
    assert call("stats", "--json").json["path"] == made["path"]
    assert call("init", tmp_path, "--json").json["created"] is False


def test_init_says_what_was_there_already(call, tmp_path, filled):
    (tmp_path / ".reasoningbank").mkdir()
    filled.rename(tmp_path / ".reasoningbank" / "bank.db")

    assert "holds 3 patterns" in call("init", tmp_path).stdout


def test_namespaces_are_kept_apart(call, tmp_path):
    database = ("--db", tmp_path / "b.db")
    pattern_id = call(*STORE, *database, "--namespace", "theirs", "--json").json["id"]

    assert call("get", pattern_id, *database).status == 1
    assert call("get", pattern_id, *database, "--namespace", "theirs").status == 0


def test_shared_options_may_stand_before_the_verb(call, filled):
    before = call("--json", "--db", filled, "--namespace", "other", "stats").json
    after = call("stats", "--json", "--db", filled, "--namespace", "other").json

    assert before == after
    assert before["namespace"] == "other"


def test_an_option_after_the_verb_counts_more_than_one_before_it(call, filled):
    told = call("--namespace", "other", "stats", "--namespace", "default", "--db", filled, "--json")

    assert told.json["total_patterns"] == 3


@pytest.mark.parametrize("verb", [("init",), ("demo",), ("bench",), ("eval", "miniwob")])
def test_a_verb_with_a_bank_of_its_own_refuses_another(call, tmp_path, verb):
    ended = call("--db", tmp_path / "b.db", *verb)

    assert ended.status == 2
    assert "takes no --db" in ended.stderr


def test_bench_measures_a_small_bank(call, monkeypatch):
    import reasoningbank.benchmark
    from reasoningbank.benchmark import BenchmarkReport
    from reasoningbank.benchmark.figures import Figure
    from reasoningbank.benchmark.report import machine

    figure = Figure(name="get", size=10, unit="µs", value=12.5, ratio=1.25)
    asked = []

    def run(sizes, **options):
        asked.append((list(sizes), options["repeats"]))
        return BenchmarkReport(machine=machine(0.5), figures=(figure,), sizes=(10,), seconds=1.0)

    monkeypatch.setattr(reasoningbank.benchmark, "run", run)
    told = call("bench", "--size", "10", "--repeats", "0.1", "--json").json
    shown = call("bench").stdout

    assert asked == [([10], 0.1), ([1_000, 10_000], 1.0)]
    assert told["figures"][0]["verdict"] == "aim"
    assert "get by id" in shown
    assert "1.25x" in shown


@pytest.mark.parametrize("option", [("--size", "0"), ("--repeats", "0"), ("--repeats", "nan")])
def test_bench_refuses_sizes_that_make_no_sense(call, option):
    assert call("bench", *option).status == 2
