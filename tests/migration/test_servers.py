"""A target on a server: rows are written into it directly, once each, and can be taken out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.migration.rolling_back import roll_back
from reasoningbank.migration.running import migrate
from tests.migration import foreign

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

OWN = PatternInput(task_description="own", task_category="own", strategy="own")


def test_a_bank_on_a_server_takes_the_rows_once_and_gives_them_back(
    postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    source = foreign.many(tmp_path / "memory.db", 40)
    with ReasoningBank.open(postgres_dsn) as bank:
        bank.put(OWN)

    report = migrate(str(source), postgres_dsn)
    again = migrate(str(source), postgres_dsn)

    assert report.way == "written directly"
    assert (report.tally.total("migrated"), report.tally.total("merged")) == (36, 4)
    assert (again.run, again.tally.total("known")) == ("", 40)
    with ReasoningBank.open(postgres_dsn) as bank:
        assert bank.get_stats().categories == {"own": 1, "security": 36}
        assert bank.find_similar("old keys of service 7")[0].task_category == "security"
        found = bank.find_similar("old keys of service 7")[0]
        bank.record_outcome(pattern=found.id, success=True, source="test")

    back = roll_back(postgres_dsn)

    assert (back.patterns, back.removed, back.kept) == (1, False, None)
    with ReasoningBank.open(postgres_dsn) as bank:
        assert bank.get_stats().categories == {"own": 1}
    assert migrate(str(source), postgres_dsn).tally.total("migrated") == 36
