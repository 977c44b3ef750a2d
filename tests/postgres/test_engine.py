"""What the engine does beneath a bank: one message, one commit, one epoch after the other, and no thread of its own."""

from __future__ import annotations

import os
import sys
import threading

import psycopg
import pytest

from reasoningbank import InvalidInput, ReasoningBank, Unavailable
from reasoningbank.domain.consolidation import Reached
from reasoningbank.storage.postgres import connection as connections_of_the_bank
from reasoningbank.storage.postgres import transactions
from reasoningbank.storage.postgres.server import server_of, shown_url
from reasoningbank.storage.postgres.statements import worded
from tests.faults.operations import pattern


def storage_of(bank: ReasoningBank):
    return bank._storage


def test_a_missing_driver_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(Unavailable) as refused:
        ReasoningBank.open("postgresql://team@127.0.0.1/bank")

    assert "agent-reasoningbank[postgres]" in str(refused.value)


def test_a_bank_opened_before_a_fork_is_not_used_after_it(postgres_dsn):
    with ReasoningBank.open(postgres_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                bank.get_pattern(pattern_id)
                answer = b"an answer"
            except Unavailable as error:
                answer = str(error).encode()
            bank._storage.close()
            os.write(tell, answer)
            os._exit(0)
        os.waitpid(child, 0)

        assert b"forked" in os.read(told, 1000)
        assert bank.get_pattern(pattern_id) is not None


def test_nothing_is_prepared_where_the_url_says_so(postgres_dsn):
    with ReasoningBank.open(f"{postgres_dsn}?prepared_statements=off&pool_size=1") as bank:
        for number in range(5):
            bank.store_pattern(pattern(number))
            bank.find_similar("line 1")
        storage = storage_of(bank)
        prepared = storage._transactions.read(
            "default",
            lambda lent: lent.execute("SELECT COUNT(*) FROM pg_prepared_statements").fetchall(),
        )

    assert prepared == [(0,)]


def test_a_change_that_is_not_committed_when_an_epoch_ends_belongs_to_it(postgres_dsn):
    with ReasoningBank.open(postgres_dsn) as bank, ReasoningBank.open(postgres_dsn) as other:
        first = bank.store_pattern(pattern(1))
        pages = []
        looking = threading.Thread(
            target=lambda: pages.append(
                storage_of(other).patterns_to_consolidate("default", Reached(0), 10)
            )
        )

        def store_slowly(lent) -> None:
            lent.execute("UPDATE patterns SET title = 'b' WHERE namespace = ?", ("default",))
            assert lent.changes() == 1
            looking.start()
            looking.join(0.3)
            assert pages == []

        storage_of(bank)._write("default", store_slowly)
        looking.join()

        [(patterns, reached)] = pages
        assert [(one.id, one.title) for one in patterns] == [(first, "b")]
        assert storage_of(bank).patterns_to_consolidate("default", reached, 10) == ([], reached)
        bank.update_pattern(first, title="c")
        [again], _ = storage_of(bank).patterns_to_consolidate("default", reached, 10)
        assert again.title == "c"


def test_pages_of_changes_leave_nothing_out(postgres_dsn):
    with ReasoningBank.open(postgres_dsn) as bank:
        ids = set(bank.store_patterns(pattern(number) for number in range(25)))
        point: Reached | None = None
        seen = []
        while True:
            found, after = storage_of(bank).patterns_to_consolidate("default", point, 10)
            seen += [one.id for one in found]
            if after == point:
                break
            point = after

        assert sorted(seen) == sorted(ids)


def test_an_interrupt_leaves_the_bank_usable(postgres_dsn, monkeypatch):
    with ReasoningBank.open(f"{postgres_dsn}?pool_size=1") as bank:
        pattern_id = bank.store_pattern(pattern(1))
        with monkeypatch.context() as interrupted:

            def interrupt(*_: object, **__: object) -> None:
                raise KeyboardInterrupt

            interrupted.setattr(connections_of_the_bank, "_ready", interrupt)
            with pytest.raises(KeyboardInterrupt):
                bank.update_pattern(pattern_id, title="b")

        found = bank.get_pattern(pattern_id)
        assert found is not None
        assert found.title in {None, "b"}
        assert bank.update_pattern(pattern_id, title="c").title == "c"


def test_old_operations_are_forgotten(postgres_dsn, monkeypatch):
    monkeypatch.setattr(transactions, "_OPERATIONS_PER_PRUNING", 1)
    monkeypatch.setattr(transactions, "_OPERATIONS_KEPT_NS", 0)
    with ReasoningBank.open(postgres_dsn) as bank:
        for number in range(10):
            bank.store_pattern(pattern(number))

    with psycopg.connect(postgres_dsn) as raw:
        assert raw.execute("SELECT COUNT(*) FROM operations").fetchone() == (1,)


def test_the_model_of_a_namespace_is_chosen_once_by_many_first_stores(postgres_dsn):
    with ReasoningBank.open(postgres_dsn) as bank:
        threads = [
            threading.Thread(target=bank.store_pattern, args=(pattern(number),))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert bank.get_stats().total_patterns == 8
        assert [one.message for one in bank.check() if one.level == "error"] == []


def test_texts_come_back_letter_for_letter_and_a_zero_byte_cuts_nothing(postgres_dsn):
    text = "a\u00e9\U0001f600 %s ? $1 \\ ' \""
    with ReasoningBank.open(postgres_dsn) as bank:
        pattern_id = bank.store_pattern(
            task_description=text, task_category="b", strategy=text, metadata={"zero": "a\0b"}
        )

        found = bank.get_pattern(pattern_id)

    assert found is not None
    assert (found.task_description, found.metadata) == (text, {"zero": "a\0b"})


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1 WHERE a = ? AND b = ?", "SELECT 1 WHERE a = $1 AND b = $2"),
        ("SELECT 1 WHERE a = ?2 OR b = ?1 OR c = ?2", "SELECT 1 WHERE a = $2 OR b = $1 OR c = $2"),
    ],
)
def test_placeholders_become_those_of_the_server(statement, expected):
    assert worded(statement) == expected


def test_a_parameter_that_nobody_knows_is_refused_with_those_of_the_bank():
    with pytest.raises(InvalidInput, match=r"parameter that is not known.*pool_size") as refused:
        server_of("postgresql://a:secret@h/d?pool=3")

    assert "secret" not in f"{refused.value} {refused.value.__cause__}"


def test_what_a_url_leaves_out_is_set_and_what_it_says_is_kept():
    server = server_of("postgresql://a:secret@h1:1,h2:2/d?connect_timeout=9&pool_size=3")

    assert "connect_timeout=9" in server.conninfo
    assert "target_session_attrs=read-write" in server.conninfo
    assert "host=h1,h2" in server.conninfo
    assert server.pool_size == 3
    assert "secret" not in f"{server!r} {server.shown}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:b@h/d", "postgresql://a@h/d"),
        ("postgresql://h/d?password=b&sslmode=require", "postgresql://h/d?sslmode=require"),
        ("postgresql://a:b@[::1/d", "postgresql://..."),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert shown_url(url) == shown
