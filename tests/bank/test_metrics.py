"""What a bank counts of its operations: each once, under its own name, in all processes together."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
import threading
import uuid

import apsw
import pytest

from reasoningbank import (
    AsyncReasoningBank,
    InvalidInput,
    NotFound,
    ReasoningBank,
    Step,
    TrajectoryInput,
)
from reasoningbank.bank.measuring import operations_of
from reasoningbank.domain.metrics import BankMetrics
from reasoningbank.metrics import keeping

PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}
HOUR = 3_600


def calls(counted: BankMetrics) -> dict[str, int]:
    return {one.name: one.calls for one in counted.operations}


def operation(counted: BankMetrics, name: str):
    [found] = [one for one in counted.operations if one.name == name]
    return found


def kept(path) -> list[tuple[str, float, str]]:
    connection = apsw.Connection(str(path))
    rows = connection.execute(
        "SELECT metric_name, value, timestamp FROM performance_metrics"
    ).fetchall()
    connection.close()
    return rows


# ------------------------------------------------------------------ counting


def test_an_operation_is_counted_with_its_rows_and_its_time(any_bank):
    any_bank.store_patterns([PATTERN, {**PATTERN, "strategy": "Read the logs."}])
    any_bank.search_by_category("backend")

    counted = any_bank.metrics()

    assert calls(counted) == {"search_by_category": 1, "store_patterns": 1}
    searched = operation(counted, "search_by_category")
    assert (searched.rows, searched.timed) == (2, 1)
    assert 0 < searched.p50 == searched.p99
    assert searched.p50 == pytest.approx(searched.seconds, rel=0.033)


def test_the_first_call_and_one_in_sixteen_is_weighed_and_stands_for_those_before_it(any_bank):
    pattern_id = any_bank.store_pattern(**PATTERN)
    stored = len(json.dumps(PATTERN["task_description"])) + len(json.dumps(PATTERN["strategy"]))

    counted = any_bank.metrics()
    first = operation(counted, "store_pattern").bytes
    assert stored + len(str(pattern_id)) < first < stored + len(str(pattern_id)) + 40

    weighed = []
    for _ in range(17):
        any_bank.search_by_category("backend")
        weighed.append(operation(any_bank.metrics(), "search_by_category").bytes)
    size = weighed[0]
    assert size > stored
    assert weighed == [size] * 16 + [17 * size]


def test_a_call_that_fails_when_it_is_its_turn_to_be_weighed_leaves_its_turn_to_the_next(bank):
    for category in ("", "backend") * 16:
        with contextlib.suppress(InvalidInput):
            bank.search_by_category(category)

    counted = operation(bank.metrics(), "search_by_category")

    assert (counted.calls, counted.errors) == (32, {"invalid_input": 16})
    assert counted.bytes > 0


def test_a_look_up_that_a_subclass_wraps_is_made_by_the_wrapper_each_time():
    seen = []

    def noted(look_up):
        @functools.wraps(look_up)
        def look_up_noted(self, pattern_id):
            seen.append(pattern_id)
            return look_up(self, pattern_id)

        return look_up_noted

    class NotingBank(ReasoningBank):
        get_pattern = noted(ReasoningBank.get_pattern)

    with NotingBank.open("memory:") as bank:
        for _ in range(100):
            bank.get_pattern(uuid.uuid4())
        assert operation(bank.metrics(), "get_pattern").calls == len(seen) == 100


def test_bytes_of_other_scripts_are_those_of_utf_8(bank):
    bank.search_by_category("backend")
    bank.search_by_category("backend")
    plain = operation(bank.metrics(), "search_by_category").bytes
    with ReasoningBank.open("memory:") as other:
        other.search_by_category("日本語日本語x")  # seven characters as well
        assert operation(other.metrics(), "search_by_category").bytes == plain + 12


def test_what_is_no_json_has_no_bytes_and_fails_no_call(bank):
    bank.store_patterns(pattern for pattern in [PATTERN])
    bank.export_jsonl(io.BytesIO())
    bank.get_pattern(uuid.uuid4())

    counted = bank.metrics()

    assert operation(counted, "store_patterns").bytes < 60  # the id, and not the iterator
    assert operation(counted, "get_pattern").bytes == 38 + 2 + 4
    assert operation(counted, "export_jsonl").calls == 1


def test_an_error_is_counted_by_its_code(bank):
    with pytest.raises(InvalidInput):
        bank.search_by_category("")
    with pytest.raises(NotFound):
        bank.delete_pattern(uuid.uuid4())
    with pytest.raises(TypeError):
        bank.erase()

    counted = bank.metrics()

    assert operation(counted, "search_by_category").errors == {"invalid_input": 1}
    assert operation(counted, "delete_pattern").errors == {"not_found": 1}
    assert operation(counted, "erase").errors == {"unexpected": 1}


def test_a_pattern_stored_by_its_fields_is_one_call(bank):
    bank.store_pattern(**PATTERN)

    assert calls(bank.metrics()) == {"store_pattern": 1}


def test_a_task_counts_as_the_recall_the_learning_and_the_outcome_in_it(bank):
    bank.store_pattern(**PATTERN)
    with bank.task("Add login to the API", category="backend") as task:
        task.step("pytest -q", "1 passed")
        task.succeed(source="test")

    counted = bank.metrics()

    assert calls(counted) == {"learn": 1, "recall": 1, "record_outcome": 1, "store_pattern": 1}
    assert counted.outcomes == {"test": {"success": 1}}
    assert sum(sum(sources.values()) for sources in counted.learned.values()) == 1


def test_recalls_that_show_nothing_are_counted(bank):
    bank.store_pattern(**PATTERN)
    shown = bank.recall("add a login to our API")
    bank.recall("zzz qqq xyxyx")

    recalls = bank.metrics().recalls

    assert (recalls.recalls, recalls.abstained, recalls.items) == (2, 1, 1)
    assert recalls.prompt_bytes == len(shown.prompt.encode())


def test_what_is_learned_is_counted_by_status_and_by_who_said_how_it_ended(bank):
    given = TrajectoryInput(
        task_description="Make the tests pass",
        task_category="debugging",
        steps=(Step(action="guess", observation="?"),),
    )
    bank.learn(given)

    assert bank.metrics().learned == {"pending": {"agent": 1}}


def test_every_get_is_counted_though_few_are_timed(bank):
    pattern_id = bank.store_pattern(**PATTERN)
    for _ in range(1_000):
        bank.get_pattern(pattern_id)
    bank.get_pattern(uuid.uuid4())
    with pytest.raises(InvalidInput):
        bank.get_pattern("no id")

    bank.metrics()  # looking must not count
    got = operation(bank.metrics(), "get_pattern")

    assert (got.calls, got.rows, got.errors) == (1_002, 1_000, {"invalid_input": 1})
    assert abs(got.timed - got.calls) <= 64
    assert got.p50 is not None


def test_no_count_is_lost_between_threads(bank):
    pattern_id = bank.store_pattern(**PATTERN)

    def work() -> None:
        for _ in range(2_000):
            bank.get_pattern(pattern_id)
        for _ in range(50):
            bank.search_by_category("backend")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    counted = bank.metrics()
    assert calls(counted)["get_pattern"] == 16_000
    assert calls(counted)["search_by_category"] == 400
    assert operation(counted, "search_by_category").timed == 400


def test_every_operation_of_the_bank_is_counted_unless_it_is_named_here():
    uncounted = {"open", "close", "metrics", "task", "run", "remembering", "scale"}
    public = {
        name
        for name in dir(ReasoningBank)
        if not name.startswith("_") and callable(getattr(ReasoningBank, name))
    }

    assert set(operations_of(ReasoningBank)) == public - uncounted


def test_the_measured_bank_looks_like_the_bank(bank):
    assert isinstance(bank, ReasoningBank)
    assert repr(type(bank)) == repr(ReasoningBank)
    for name in operations_of(ReasoningBank):
        assert getattr(type(bank), name).__doc__ == getattr(ReasoningBank, name).__doc__


def test_a_class_of_the_callers_own_is_measured_as_well(tmp_path):
    class Shouting(ReasoningBank):
        def get_pattern(self, pattern_id):
            return super().get_pattern(pattern_id)

        def find_twice(self, text: str) -> list:
            return [*self.find_similar(text), *self.find_similar(text)]

    with Shouting.open(tmp_path / "bank.db") as bank:
        pattern_id = bank.store_pattern(**PATTERN)
        assert bank.get_pattern(pattern_id) is not None
        assert isinstance(bank, Shouting)
        assert calls(bank.metrics())["get_pattern"] == 1


def test_an_awaited_operation_is_counted_once(tmp_path):
    async def main() -> BankMetrics:
        async with AsyncReasoningBank.open(tmp_path / "bank.db") as bank:
            await bank.store_pattern(**PATTERN)
            async with bank.task("Add login", category="backend"):
                pass
            return await bank.metrics()

    assert calls(asyncio.run(main())) == {"learn": 1, "recall": 1, "store_pattern": 1}


# ------------------------------------------------------------------ switched off


def test_a_bank_that_is_not_measured_has_nothing_in_front_of_its_operations(tmp_path):
    with ReasoningBank.open(tmp_path / "bank.db", metrics=False) as bank:
        assert type(bank) is ReasoningBank
        bank.store_pattern(**PATTERN)

        assert bank.metrics().operations == ()
    assert kept(tmp_path / "bank.db") == []


@pytest.mark.parametrize("said", ["off", "OFF", "0", "no", "false"])
def test_the_environment_switches_measuring_off(tmp_path, monkeypatch, said):
    monkeypatch.setenv("REASONINGBANK_METRICS", said)

    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert type(bank) is ReasoningBank


# ------------------------------------------------------------------ keeping


def test_what_one_process_counted_another_reads(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_pattern(**PATTERN)
        bank.recall("add a login")

    with ReasoningBank.open(path, metrics=False) as bank:
        counted = bank.metrics(last_seconds=HOUR)

    assert calls(counted) == {"recall": 1, "store_pattern": 1}
    assert operation(counted, "store_pattern").p50 is not None
    assert counted.recalls.recalls == 1


def test_counts_of_several_banks_add_up(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as one, ReasoningBank.open(path, namespace="other") as other:
        for bank in (one, other, other):
            bank.store_pattern(**PATTERN)
        one._keeper.flush()
        other._keeper.flush()
        other.store_pattern(**PATTERN)  # not kept yet, and counted by whoever counted it

        assert calls(other.metrics(last_seconds=HOUR)) == {"store_pattern": 4}
        assert calls(one.metrics(last_seconds=HOUR)) == {"store_pattern": 3}


def test_nothing_is_counted_twice_when_it_is_written_twice(bank):
    bank.store_pattern(**PATTERN)
    bank._keeper.flush()
    bank._keeper.flush()
    bank.store_pattern(**PATTERN)
    bank._keeper.flush()

    assert calls(bank.metrics(last_seconds=HOUR)) == {"store_pattern": 2}


def test_counts_are_written_while_the_bank_is_open(tmp_path, monkeypatch):
    written = threading.Event()
    monkeypatch.setattr(keeping, "EVERY_SECONDS", 0.01)
    flush = keeping.MetricsKeeper.flush
    monkeypatch.setattr(
        keeping.MetricsKeeper, "flush", lambda self: (flush(self), written.set())[0]
    )

    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.search_by_category("backend")
        assert written.wait(30)
        written.clear()
        bank.search_by_category("backend")  # after a write the next count asks for another
        assert written.wait(30)

        assert sum(v for n, v, _ in kept(tmp_path / "bank.db") if n.endswith(".calls")) == 2


def test_a_process_that_only_read_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, metrics=False) as bank:
        pattern_id = bank.store_pattern(**PATTERN)
    before = path.read_bytes()

    with ReasoningBank.open(path) as bank:
        bank.get_pattern(pattern_id)
        bank.find_similar("add a login")
        bank.get_stats()

    assert path.read_bytes() == before


def test_a_bank_held_by_another_writer_delays_nobody_and_loses_nothing(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, busy_timeout=60) as bank:
        bank.store_pattern(**PATTERN)
        holder = apsw.Connection(str(path))
        holder.execute("BEGIN IMMEDIATE")

        assert bank._keeper.flush() is False

        holder.execute("ROLLBACK")
        holder.close()
        assert bank._keeper.flush() is True
        assert calls(bank.metrics(last_seconds=HOUR)) == {"store_pattern": 1}


def test_closing_does_not_fail_when_counts_cannot_be_written(tmp_path):
    path = tmp_path / "bank.db"
    bank = ReasoningBank.open(path)
    bank.store_pattern(**PATTERN)
    connection = apsw.Connection(str(path))
    connection.execute("DROP TABLE performance_metrics")
    connection.close()

    bank.close()


def test_a_read_only_bank_counts_and_writes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, metrics=False) as bank:
        bank.store_pattern(**PATTERN)
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK and access(place, mode))

    with ReasoningBank.open(path) as bank:
        bank.recall("add a login")
        assert bank.get_stats().read_only
        assert calls(bank.metrics()) == {"get_stats": 1, "recall": 1}
    assert kept(path) == []


PROGRAM = """
import sys
from reasoningbank import ReasoningBank
bank = ReasoningBank.open(sys.argv[1])
bank.store_pattern(task_description="Add login", task_category="backend", strategy="Test first.")
print("stored", flush=True)
if sys.argv[2] == "wait":
    sys.stdin.read()
"""


def test_a_process_that_forgets_to_close_ends_at_once(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "bank.db"), "go"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "stored\n")


def test_a_killed_process_leaves_counts_that_can_be_read(tmp_path):
    path = tmp_path / "bank.db"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"stored\n"
        process.send_signal(signal.SIGKILL)
    with ReasoningBank.open(path) as bank:
        assert bank.get_stats().total_patterns == 1
        bank.store_pattern(**PATTERN)
        bank._keeper.flush()

        assert calls(bank.metrics(last_seconds=HOUR))["store_pattern"] == 1


def test_no_count_holds_an_id_a_text_or_a_namespace(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, namespace="tenant-secret") as bank:
        pattern_id = bank.store_pattern(**PATTERN)
        bank.recall("add a login")
        with pytest.raises(InvalidInput):
            bank.get_pattern("private text")
        with bank.task("A private task", category="private") as task:
            task.fail(source="human")

    names = "\n".join(name for name, _, _ in kept(path))
    assert "get_pattern.error.invalid_input" in names
    for word in ("tenant", "secret", "private", "login", "backend", str(pattern_id)):
        assert word not in names


def test_the_use_of_connections_and_of_the_index_is_told(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank, ReasoningBank.open(path) as other:
        assert bank.metrics().storage.indexed_vectors == 0
        bank.store_pattern(**PATTERN)
        bank.find_similar("add a login")
        use = bank.metrics().storage
        assert (use.indexed_vectors, use.index_behind) == (1, 0)
        assert use.index_bytes >= 768
        assert 1 <= use.idle <= use.connections <= use.limit

        other.store_pattern(**{**PATTERN, "task_description": "Fix the flaky test"})
        assert bank.metrics().storage.index_behind == 1
        bank.find_similar("add a login")
        assert bank.metrics().storage.index_behind == 0
