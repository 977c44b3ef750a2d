"""A search over every namespace is for who may see them all."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.embedding import default_embedder
from reasoningbank.storage.postgres.everywhere import nearest_in_all_namespaces
from reasoningbank.storage.postgres.migrations import initialise, upgrade
from tests.postgres.vector_tables import NOW

TASKS = ("Rotate the signing key", "Rotate the key that signs", "Bake bread")


def asked(dsn: str, k: int = 5) -> list[tuple[str, str]]:
    embedder = default_embedder()
    with psycopg.connect(dsn) as owner:
        [identity] = owner.execute(
            "SELECT DISTINCT name, dimension, version FROM embedding_models"
        ).fetchall()
    found = nearest_in_all_namespaces(
        dsn, EmbeddingModel(*identity), embedder.embed_query(TASKS[0]).tobytes(), k, now=NOW
    )
    assert [one.similarity for one in found] == sorted(
        (one.similarity for one in found), reverse=True
    )
    return [(one.namespace, one.task_description) for one in found]


@pytest.fixture
def three_tenants(postgres_dsn):
    for namespace, task in zip(("first", "second", "third"), TASKS, strict=True):
        with ReasoningBank.open(postgres_dsn, namespace=namespace) as bank:
            bank.store_pattern(task_description=task, task_category="ops", strategy="Do it.")
    return postgres_dsn


@pytest.mark.parametrize("indexed", [False, True])
def test_the_nearest_of_all_come_with_their_namespaces(three_tenants, indexed):
    if indexed:
        upgrade(three_tenants)
    assert asked(three_tenants) == list(zip(("first", "second", "third"), TASKS, strict=True))
    assert asked(three_tenants, 1) == [("first", TASKS[0])]


def test_what_is_quarantined_stays_out(three_tenants):
    with psycopg.connect(three_tenants) as owner:
        owner.execute(
            "UPDATE pattern_embeddings SET state = 'quarantined' WHERE namespace = 'first'"
        )
    assert [namespace for namespace, _ in asked(three_tenants)] == ["second", "third"]


def test_a_role_that_sees_one_namespace_at_a_time_is_refused(three_tenants):
    with psycopg.connect(three_tenants, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS everywhere_tenant")
        owner.execute("CREATE ROLE everywhere_tenant LOGIN")
    try:
        initialise(three_tenants, role="everywhere_tenant")
        parts = urlsplit(three_tenants)
        held = urlunsplit(parts._replace(netloc=f"everywhere_tenant@{parts.hostname}:{parts.port}"))
        with pytest.raises(Unavailable) as refusal:
            nearest_in_all_namespaces(held, EmbeddingModel("any", 768, "1"), bytes(768), now=NOW)
        assert "owner" in (refusal.value.hint or "")
    finally:
        with psycopg.connect(three_tenants, autocommit=True) as owner:
            owner.execute("DROP OWNED BY everywhere_tenant; DROP ROLE everywhere_tenant")
