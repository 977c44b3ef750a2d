"""A bank against a dictionary: whatever is done to it, in whatever order, it does what that would."""

from __future__ import annotations

import hashlib
import io
import math
import shutil
import tempfile
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reasoningbank import Conflict, NotFound, Pattern, PatternInput, ReasoningBank
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage import open_storage
from tests.postgres.fixtures import Databases

_BEGIN = 1_795_000_000_000
_TRUST = ("imported", "judged", "reported", "confirmed")
_TRUST_OF = {"agent": "judged", "caller": "reported", "test": "confirmed"}

# Few texts, some of them equal up to case, space and accents, so that patterns meet their equals.
CATEGORIES = st.sampled_from(["line", "plant"])
TASKS = st.sampled_from(
    ["Fix the pump", "fix  the PUMP", "tune the loop", "oil a café", "oil a cafe"]
)
STRATEGIES = st.sampled_from(["Close the valve first.", "close the valve FIRST.", "Listen to it."])
TAGS = st.lists(st.sampled_from(["hot", "cold", "loud"]), max_size=2)
METADATA = st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2)
SCORES = st.none() | st.sampled_from([0.0, 0.5, 1.0])
TITLES = st.none() | st.sampled_from(["One", "Two"])
SOURCES = st.sampled_from(sorted(_TRUST_OF))
# In milliseconds from the beginning; the clock comes past all of them.
EXPIRIES = st.none() | st.integers(1, 50)
INPUTS = st.builds(
    lambda expires_in, **fields: PatternInput(
        **fields, expires_at=None if expires_in is None else format_timestamp(_BEGIN + expires_in)
    ),
    expires_in=EXPIRIES,
    task_description=TASKS,
    task_category=CATEGORIES,
    strategy=STRATEGIES,
    title=TITLES,
    success_score=SCORES,
    tags=TAGS,
    metadata=METADATA,
    source=SOURCES,
)


class Letters:
    """Give texts vectors that can be checked by hand: how often each of eight groups of letters stands."""

    name = "letters"
    dimension = 8

    def embed_query(self, text: str) -> np.ndarray:
        counts = np.bincount([ord(letter) % 8 for letter in text.lower()], minlength=8)
        return np.minimum(counts, 127).astype(np.int8)

    def embed_documents(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.embed_query(text) for text in texts])


def key_of(pattern: Pattern | PatternInput) -> tuple[str, str, str]:
    """Give what equals have in common, by the letters that occur here."""
    plain = [
        " ".join(text.lower().replace("é", "e").split())
        for text in (pattern.task_description, pattern.strategy)
    ]
    return (pattern.task_category, *plain)


def similarity(first: str, second: str) -> float:
    one, other = Letters().embed_query(first).tolist(), Letters().embed_query(second).tolist()
    squares = sum(n * n for n in one) * sum(n * n for n in other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.sqrt(squares)


class BankAgainstDictionary(RuleBasedStateMachine):
    """Do the same to a bank and to a dictionary of patterns, and compare what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.now = _BEGIN
        self.drawn = 0
        self.patterns: dict[UUID, Pattern] = {}
        self.kept: set[UUID] = set()  # those that stand beside their equals
        self.changes: dict[UUID, list[str]] = {}
        self.outcomes: dict[UUID, list[float | None]] = {}
        self.answered: dict[str, tuple[PatternInput, UUID]] = {}
        self.gone: list[UUID] = []
        self.banks = self.opened()

    def opened(self) -> list[ReasoningBank]:
        """Open the bank, once or in several handles."""
        raise NotImplementedError

    def bank_on(self, target: str | Path) -> ReasoningBank:
        return ReasoningBank(
            open_storage(target),
            embedder=Letters(),
            clock=lambda: self.now,
            random_bytes=self.random_bytes,
        )

    def random_bytes(self, count: int) -> bytes:
        """Give bytes that are in no order, and the same when a run is repeated."""
        self.drawn += 1
        return hashlib.sha256(str(self.drawn).encode()).digest()[:count]

    @property
    def bank(self) -> ReasoningBank:
        """One handle after the other."""
        self.banks.append(self.banks.pop(0))
        return self.banks[-1]

    def teardown(self) -> None:
        for bank in self.banks:
            assert [one for one in bank.check() if one.level == "error"] == []
            bank.close()

    # The model

    def time(self) -> str:
        return format_timestamp(self.now)

    def equal_of(self, key: tuple[str, str, str], *, but: UUID | None = None) -> UUID | None:
        for pattern_id, pattern in self.patterns.items():
            if pattern_id not in self.kept and pattern_id != but and key_of(pattern) == key:
                return pattern_id
        return None

    def active(self) -> list[Pattern]:
        return [
            pattern
            for pattern in self.patterns.values()
            if pattern.state == "active"
            and (pattern.expires_at is None or pattern.expires_at > self.time())
        ]

    def created(self, pattern_id: UUID, given: PatternInput) -> None:
        assert pattern_id not in self.patterns
        assert pattern_id not in self.gone
        self.patterns[pattern_id] = Pattern(
            id=pattern_id,
            namespace="default",
            task_category=given.task_category,
            task_description=given.task_description,
            strategy=given.strategy,
            title=given.title,
            success_score=given.success_score,
            duration_seconds=None,
            tags=tuple(sorted(set(given.tags))),
            metadata=given.metadata,
            trust=_TRUST_OF[given.source],  # type: ignore[arg-type]
            state="active",
            uses=0,
            successes=0,
            failures=0,
            last_used_at=None,
            created_at=self.time(),
            updated_at=self.time(),
            expires_at=given.expires_at,  # type: ignore[arg-type]
            version=1,
        )
        self.changes[pattern_id] = ["created"]
        self.outcomes[pattern_id] = []

    def merged(self, pattern_id: UUID, given: PatternInput) -> None:
        before = self.patterns[pattern_id]
        expiries = [before.expires_at, given.expires_at]
        self.changed(
            pattern_id,
            "merged",
            task_description=given.task_description,
            strategy=given.strategy,
            title=before.title if given.title is None else given.title,
            success_score=(
                before.success_score if given.success_score is None else given.success_score
            ),
            tags=tuple(sorted({*before.tags, *given.tags})),
            metadata={**before.metadata, **given.metadata},
            trust=min(before.trust, _TRUST_OF[given.source], key=_TRUST.index),
            expires_at=None if None in expiries else max(expiries),  # type: ignore[type-var]
        )

    def changed(self, pattern_id: UUID, kind: str, **values: object) -> None:
        before = self.patterns[pattern_id]
        after = msgspec.structs.replace(before, **values)
        if after != before:
            self.patterns[pattern_id] = msgspec.structs.replace(
                after, version=before.version + 1, updated_at=self.time()
            )
            self.changes[pattern_id].append(kind)

    def removed(self, pattern_id: UUID) -> None:
        del self.patterns[pattern_id]
        self.kept.discard(pattern_id)
        self.gone.append(pattern_id)

    def stored(self, pattern_id: UUID, given: PatternInput) -> None:
        """Do to the dictionary what a store with merging did to the bank."""
        equal = self.equal_of(key_of(given))
        if equal is None:
            self.created(pattern_id, given)
        else:
            assert pattern_id == equal
            self.merged(equal, given)

    # Storing

    @rule(given=INPUTS)
    def store(self, given: PatternInput) -> None:
        equal = self.equal_of(key_of(given))
        answer = self.bank.put(given)
        assert answer.status == ("created" if equal is None else "merged")
        self.stored(answer.id, given)

    @rule(given=INPUTS)
    def store_beside_equals(self, given: PatternInput) -> None:
        stored = self.bank.store_pattern(given, on_duplicate="keep")
        self.created(stored, given)
        self.kept.add(stored)

    @rule(given=INPUTS)
    def store_unless_there(self, given: PatternInput) -> None:
        equal = self.equal_of(key_of(given))
        if equal is None:
            self.created(self.bank.store_pattern(given, on_duplicate="error"), given)
        else:
            with pytest.raises(Conflict) as raised:
                self.bank.store_pattern(given, on_duplicate="error")
            assert raised.value.existing_id == str(equal)

    @rule(given=st.lists(INPUTS, min_size=1, max_size=5))
    def store_many(self, given: list[PatternInput]) -> None:
        for pattern_id, item in zip(self.bank.store_patterns(given), given, strict=True):
            self.stored(pattern_id, item)

    @rule(given=INPUTS, key=st.sampled_from("xyz"))
    def store_under_a_key(self, given: PatternInput, key: str) -> None:
        if key not in self.answered:
            stored = self.bank.store_pattern(given, idempotency_key=key)
            self.stored(stored, given)
            self.answered[key] = given, stored
            return
        before, stored = self.answered[key]
        if same_content(before, given):
            answer = self.bank.put(given, idempotency_key=key)
            assert (answer.id, answer.status) == (stored, "replayed")
        else:
            with pytest.raises(Conflict):
                self.bank.store_pattern(given, idempotency_key=key)

    # Changing

    @precondition(lambda self: self.patterns)
    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        pattern_id = self.one_of_them(data)
        values = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "task_description": TASKS,
                    "task_category": CATEGORIES,
                    "strategy": STRATEGIES,
                    "title": TITLES,
                    "success_score": SCORES,
                    "tags": TAGS.map(lambda tags: tuple(sorted(set(tags)))),
                    "metadata": METADATA,
                    "state": st.sampled_from(["active", "quarantined"]),
                    "expires_at": st.none()
                    | st.integers(1, 50).map(lambda after: format_timestamp(_BEGIN + after)),
                },
            ).filter(bool)
        )
        after = msgspec.structs.replace(self.patterns[pattern_id], **values)
        equal = None
        if pattern_id not in self.kept:
            equal = self.equal_of(key_of(after), but=pattern_id)
        if equal is None:
            self.changed(pattern_id, "updated", **values)
            assert self.bank.update_pattern(pattern_id, **values) == self.patterns[pattern_id]
        else:
            with pytest.raises(Conflict) as raised:
                self.bank.update_pattern(pattern_id, **values)
            assert raised.value.existing_id == str(equal)

    @precondition(lambda self: self.patterns)
    @rule(data=st.data(), off=st.integers(-1, 1))
    def update_the_version_seen(self, data: st.DataObject, off: int) -> None:
        pattern_id = self.one_of_them(data)
        version = self.patterns[pattern_id].version
        if off == 0 or version + off < 1:
            self.bank.update_pattern(pattern_id, if_version=version, title=f"v{version}")
            self.changed(pattern_id, "updated", title=f"v{version}")
        else:
            with pytest.raises(Conflict):
                self.bank.update_pattern(pattern_id, if_version=version + off, title="late")

    @precondition(lambda self: self.patterns)
    @rule(data=st.data(), score=st.none() | st.sampled_from([0.0, 0.5, 1.0]), source=SOURCES)
    def record_an_outcome(self, data: st.DataObject, score: float | None, source: str) -> None:
        pattern_id = self.one_of_them(data)
        before = self.patterns[pattern_id]
        recorded = self.bank.record_outcome(pattern=pattern_id, score=score, source=source)  # type: ignore[arg-type]
        trust = before.trust
        if score == 1.0:
            trust = max(trust, _TRUST_OF[source], key=_TRUST.index)  # type: ignore[assignment]
        self.changed(
            pattern_id,
            "outcome",
            uses=before.uses + 1,
            successes=before.successes + (score == 1.0),
            failures=before.failures + (score == 0.0),
            last_used_at=self.time(),
            trust=trust,
        )
        self.outcomes[pattern_id].append(score)
        after = self.patterns[pattern_id]
        assert (recorded.uses, recorded.successes, recorded.failures, recorded.trust) == (
            after.uses, after.successes, after.failures, after.trust,
        )  # fmt: skip

    @precondition(lambda self: self.patterns)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        pattern_id = self.one_of_them(data)
        self.bank.delete_pattern(pattern_id)
        self.removed(pattern_id)
        self.changes[pattern_id].append("deleted")

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        pattern_id = data.draw(st.sampled_from(sorted(self.changes)))
        self.bank.erase(pattern_id)
        if pattern_id in self.patterns:
            self.removed(pattern_id)
        del self.changes[pattern_id], self.outcomes[pattern_id]
        self.answered = {k: v for k, v in self.answered.items() if v[1] != pattern_id}

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def touch_what_is_gone(self, data: st.DataObject) -> None:
        pattern_id = data.draw(st.sampled_from(self.gone))
        for touch in (
            lambda: self.bank.delete_pattern(pattern_id),
            lambda: self.bank.update_pattern(pattern_id, title="No"),
            lambda: self.bank.record_outcome(pattern=pattern_id, success=True),
        ):
            with pytest.raises(NotFound):
                touch()
        assert self.bank.get_pattern(pattern_id) is None

    @rule(milliseconds=st.integers(1, 20))
    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    def one_of_them(self, data: st.DataObject) -> UUID:
        return data.draw(st.sampled_from(sorted(self.patterns)))

    # Asking

    @rule(category=CATEGORIES, limit=st.integers(1, 6))
    def search(self, category: str, limit: int) -> None:
        expected = [one for one in self.active() if one.task_category == category]
        expected.sort(key=lambda one: one.id)
        expected.sort(key=lambda one: one.created_at, reverse=True)
        expected.sort(
            key=lambda one: -1.0 if one.success_score is None else one.success_score, reverse=True
        )
        assert self.bank.search_by_category(category, limit) == expected[:limit]

    @rule(
        task=TASKS | st.just("something else"),
        category=st.none() | CATEGORIES,
        k=st.integers(1, 6),
        floor=st.none() | st.sampled_from([0.5, 0.9, 1.0]),
    )
    def find_similar(self, task: str, category: str | None, k: int, floor: float | None) -> None:
        scored = [
            (-similarity(task, one.task_description), one.id)
            for one in self.active()
            if category in (None, one.task_category)
        ]
        expected = [
            (pattern_id, -negative)
            for negative, pattern_id in sorted(scored)
            if floor is None or -negative >= floor
        ][:k]
        found = self.bank.find_similar(task, category, k, min_similarity=floor)
        assert [(one.id, one.similarity) for one in found] == expected
        for one in found:
            whole = {name: getattr(one, name) for name in Pattern.__struct_fields__}
            assert Pattern(**whole) == self.patterns[one.id]

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        pattern_id = data.draw(st.sampled_from(sorted(self.changes)))
        history = self.bank.history(pattern_id)
        assert [change.kind for change in history] == self.changes[pattern_id]
        assert [change.version for change in history] == list(range(len(history)))
        recorded = [outcome.score for outcome in self.bank.outcomes(pattern_id)]
        assert recorded == self.outcomes[pattern_id]

    @rule()
    def move_to_another_bank(self) -> None:
        file = io.BytesIO()
        assert self.bank.export_jsonl(file) == len(self.patterns)
        with self.bank_on("memory:") as other:
            file.seek(0)
            assert other.restore_jsonl(file).created == len(self.patterns)
            assert {one: other.get_pattern(one) for one in self.patterns} == self.patterns
            again = io.BytesIO()
            other.export_jsonl(again)
        assert again.getvalue() == file.getvalue()
        file.seek(0)
        assert self.bank.restore_jsonl(file).unchanged == len(self.patterns)

    @rule(given=INPUTS)
    def let_another_tenant_use_it(self, given: PatternInput) -> None:
        stranger = ReasoningBank(
            self.bank._storage, namespace="other", embedder=Letters(), clock=lambda: self.now
        )
        for pattern_id in (*self.patterns, *self.gone):
            assert stranger.get_pattern(pattern_id) is None
            assert stranger.history(pattern_id) == []
            with pytest.raises(NotFound):
                stranger.delete_pattern(pattern_id)
            with pytest.raises(NotFound):
                stranger.erase(pattern_id)
        stored = stranger.put(given)
        assert stored.status == "created"
        assert {one.id for one in stranger.find_similar(given.task_description)} <= {stored.id}
        assert {one.id for one in stranger.search_by_category(given.task_category)} <= {stored.id}
        assert stranger.get_stats().total_patterns == 1
        assert self.bank.get_pattern(stored.id) is None
        stranger.erase(stored.id)

    @rule()
    def reembed(self) -> None:
        assert self.bank.reembed().vectors == 0

    @invariant()
    def it_holds_what_the_dictionary_holds(self) -> None:
        bank = self.bank
        assert {one: bank.get_pattern(one) for one in self.patterns} == self.patterns
        stats = bank.get_stats()
        categories: dict[str, int] = {}
        for pattern in self.patterns.values():
            categories[pattern.task_category] = categories.get(pattern.task_category, 0) + 1
        assert stats.categories == categories
        assert stats.total_patterns == len(self.patterns)
        assert stats.active_patterns == len(self.active())


def same_content(first: PatternInput, second: PatternInput) -> bool:
    """Tell whether two inputs are one to the bank, which keeps tags sorted and without repeats."""
    return msgspec.structs.replace(first, tags=sorted(set(first.tags))) == (
        msgspec.structs.replace(second, tags=sorted(set(second.tags)))
    )


class BankInMemory(BankAgainstDictionary):
    def opened(self) -> list[ReasoningBank]:
        return [self.bank_on("memory:")]


class BankOnAFile(BankAgainstDictionary):
    """With two handles, as two processes would have, that are closed and opened again at times."""

    def __init__(self) -> None:
        in_memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=in_memory if in_memory.is_dir() else None))
        super().__init__()

    def opened(self) -> list[ReasoningBank]:
        return [self.bank_on(self.folder / "bank.db") for _ in range(2)]

    @rule()
    def open_one_again(self) -> None:
        self.bank.close()
        self.banks[-1] = self.bank_on(self.folder / "bank.db")

    @rule()
    def open_all_again(self) -> None:
        for bank in self.banks:
            bank.close()
        assert [place.name for place in self.folder.iterdir()] == ["bank.db"]
        self.banks = self.opened()

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)


def walk(machine: type[BankAgainstDictionary], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


def bank_on_a_server(databases: Databases) -> type[BankAgainstDictionary]:
    """Give the walk on two handles of one database, a new one for each."""

    class BankOnAServer(BankAgainstDictionary):
        def __init__(self) -> None:
            self.database = databases.bank()
            super().__init__()

        def opened(self) -> list[ReasoningBank]:
            return [self.bank_on(self.database) for _ in range(2)]

        @rule()
        def open_one_again(self) -> None:
            self.bank.close()
            self.banks[-1] = self.bank_on(self.database)

        def teardown(self) -> None:
            super().teardown()
            databases.drop(self.database)

    return BankOnAServer


def test_a_bank_on_a_server_does_what_a_dictionary_would(postgres_databases: Databases) -> None:
    walk(bank_on_a_server(postgres_databases), examples=10, steps=40)


@pytest.mark.long
def test_a_bank_on_a_server_does_what_a_dictionary_would_on_many_walks(
    postgres_databases: Databases,
) -> None:
    walk(bank_on_a_server(postgres_databases), examples=200, steps=80)


@pytest.mark.parametrize("machine", [BankInMemory, BankOnAFile])
def test_a_bank_does_what_a_dictionary_would(machine: type[BankAgainstDictionary]) -> None:
    walk(machine, examples=30, steps=40)


@pytest.mark.long
@pytest.mark.parametrize("machine", [BankInMemory, BankOnAFile])
def test_a_bank_does_what_a_dictionary_would_on_a_thousand_walks(
    machine: type[BankAgainstDictionary],
) -> None:
    walk(machine, examples=1_000, steps=80)
