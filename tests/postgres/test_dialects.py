"""What is said to engines that cannot be run here is at least what their documentation asks for."""

from __future__ import annotations

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.storage.databases import initialise_database
from reasoningbank.storage.postgres.dialects import (
    CITUS,
    COCKROACHDB,
    DIALECTS,
    POSTGRES,
    YUGABYTEDB,
    detect,
    dialect_named,
)


@pytest.mark.parametrize(
    ("version", "citus", "name"),
    [
        ("PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by gcc", "", "postgres"),
        ("PostgreSQL 16.4 on aarch64-unknown-linux-gnu", "13.0-1", "citus"),
        ("PostgreSQL 15.2-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu", "", "yugabytedb"),
        ("CockroachDB CCL v25.2.0 (x86_64-pc-linux-gnu, built 2025/05/09)", "", "cockroachdb"),
    ],
)
def test_a_server_is_known_by_what_it_says_of_itself(version, citus, name):
    assert detect(version, citus).name == name


def test_a_dialect_can_be_named_instead():
    assert {name: dialect_named(name) for name in DIALECTS} == DIALECTS
    with pytest.raises(InvalidInput) as refusal:
        dialect_named("oracle")
    assert refusal.value.field == "dialect"


def test_only_plain_postgresql_splits_the_table_itself():
    statements = POSTGRES.table(partitions=2)
    assert statements[0].endswith("PARTITION BY HASH (namespace)")
    assert "FOR VALUES WITH (MODULUS 2, REMAINDER 1)" in statements[2]
    for dialect in (CITUS, YUGABYTEDB, COCKROACHDB):
        with pytest.raises(InvalidInput) as refusal:
            dialect.table(partitions=2)
        assert refusal.value.field == "partitions"


def test_citus_distributes_the_table_by_namespace_beside_the_patterns():
    assert (
        "SELECT create_distributed_table('pattern_embeddings', 'namespace', "
        "colocate_with => 'patterns')"
    ) in CITUS.table()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_the_namespace_leads_every_key_and_index(dialect):
    text = " ".join(dialect.table())
    assert "PRIMARY KEY (namespace, pattern_id, model)" in text
    assert "(namespace, model, task_category)" in text
    assert f"embedding {dialect.vector_type} NOT NULL" in text


@pytest.mark.parametrize("dialect", [YUGABYTEDB, COCKROACHDB], ids=lambda dialect: dialect.name)
def test_engines_without_half_precision_or_storage_settings_are_not_asked_for_them(dialect):
    text = " ".join(dialect.table())
    assert "halfvec" not in text
    assert "toast" not in text
    assert {dialect.index_kind(kind, 768) for kind in ("halfvec", "bit", "none")} == {"none"}
    assert not dialect.search_settings


def test_an_index_is_partial_to_its_model_and_what_is_active():
    statement = POSTGRES.index("halfvec", 7, 768, "pattern_embeddings", "the_index")
    assert statement.startswith("CREATE INDEX CONCURRENTLY IF NOT EXISTS the_index ")
    assert "USING hnsw ((embedding::halfvec(768)) halfvec_cosine_ops)" in statement
    assert statement.endswith("WHERE model = 7 AND state = 'active'")


@pytest.mark.parametrize(
    ("wanted", "dimension", "given"),
    [
        ("halfvec", 768, "halfvec"),
        ("halfvec", 4_000, "halfvec"),
        ("halfvec", 4_001, "bit"),
        ("bit", 768, "bit"),
        ("none", 16_000, "none"),
    ],
)
def test_the_kind_of_index_follows_the_dimension(wanted, dimension, given):
    assert POSTGRES.index_kind(wanted, dimension) == given


def test_more_dimensions_than_the_server_holds_are_refused():
    with pytest.raises(InvalidInput) as refusal:
        POSTGRES.index_kind("halfvec", 16_001)
    assert refusal.value.field == "dimension"


@pytest.mark.parametrize("name", ["cockroachdb", "yugabytedb"])
def test_a_bank_keeps_to_the_words_of_another_engine_in_all_it_does(empty_postgres, name):
    """Those engines could not be run; that what they would be sent means the same to PostgreSQL can."""
    dsn = f"{empty_postgres}{'&' if '?' in empty_postgres else '?'}dialect={name}"
    initialise_database(dsn)
    with ReasoningBank.open(dsn) as bank:
        pattern_id = bank.store_pattern(
            task_description="Add login to the API", task_category="backend", strategy="Test first."
        )
        bank.update_pattern(pattern_id, task_description="Add a sign-in to the API")

        [found] = bank.find_similar("a sign-in for our API", top_k=3)
        assert found.id == pattern_id
        assert bank.recall("a sign-in for our API").patterns
