"""Every file that fuzzing began with or failed on, played back: each is taken or refused by a typed error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import SCHEMAS, TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
MOST_BYTES = 200_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_kept_input_is_taken_or_refused_by_a_typed_error(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_files_to_begin_with() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)


def test_the_corpus_stays_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < MOST_BYTES


def test_the_targets_reach_what_they_are_for() -> None:
    """A target that refused everything at its door would find nothing behind it."""
    from reasoningbank.migration import fitting

    seen = []
    real = fitting.pattern_input
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fitting,
            "pattern_input",
            lambda material, file: (seen.append(material), real(material, file))[1],
        )
        for name in ("foreign_database", "foreign_rows", "foreign_lines"):
            before = len(seen)
            for path in FILES:
                if path.parent.name == name:
                    TARGETS[name](path.read_bytes())
            assert len(seen) > before, name
    assert len(SCHEMAS) > 6
