"""What becomes a training text: extraction from repositories, licences, evaluation texts kept out."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from pathlib import Path

import pytest

from tools.train_embedder.assemble import MOST_OF_KIND, choose, without_repeats
from tools.train_embedder.code_comments import named_comments, words_of_name
from tools.train_embedder.collecting import Collected, Pair, reads_as_prose
from tools.train_embedder.commit_messages import clean_subject, prose_paragraphs
from tools.train_embedder.corpus import collect, write_source
from tools.train_embedder.decontamination import EvaluationFilter
from tools.train_embedder.documents import DocumentReader, without_markup
from tools.train_embedder.licences import check, is_acceptable, licence_files, read_as
from tools.train_embedder.snapshots import Snapshot
from tools.train_embedder.sources import Source, read_sources
from tools.train_embedder.teacher_texts import shares
from tools.train_embedder.translations import paragraphs
from tools.train_embedder.utterances import rasa_examples_of

MIT = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy"


class TestLicences:
    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            (MIT, ["MIT"]),
            (
                "                 Apache License\n           Version 2.0, January 2004",
                ["Apache-2.0"],
            ),
            ("Redistribution and use in source\nand binary forms, with or without", ["BSD"]),
            ("Permission to use, copy, modify, and distribute this software for any", ["ISC-like"]),
            ("CC0 1.0 Universal", ["CC0-1.0"]),
            ("licensed under https://creativecommons.org/licenses/by/4.0/", ["CC-BY-4.0"]),
        ],
    )
    def test_permissive_terms_are_recognised_across_line_breaks(self, text, kinds):
        assert read_as(text) == kinds
        assert is_acceptable(kinds)

    @pytest.mark.parametrize(
        "text",
        [
            "GNU GENERAL PUBLIC LICENSE Version 3",
            "GNU AFFERO GENERAL PUBLIC LICENSE",
            "GNU Lesser General Public License",
            "Creative Commons Attribution-ShareAlike 4.0 International",
            "Attribution-NonCommercial 4.0 International",
            "Business Source License 1.1",
            MIT + " GNU General Public License",
            "All rights reserved.",
            "",
        ],
    )
    def test_binding_unknown_and_missing_terms_are_refused(self, text):
        assert not is_acceptable(read_as(text))

    def test_the_files_of_the_source_itself_are_read(self):
        names = [
            "LICENSE",
            "LICENSE-MIT",
            "COPYING.txt",
            "LICENSE-3rdparty.csv",
            "src",
            "README.md",
        ]
        assert licence_files([*names, "LICENSE-THIRD-PARTY", "LICENSE-binary"]) == names[:4]

    def test_the_readme_is_read_where_no_file_is_named_for_it(self):
        assert licence_files(["src", "README.md", "setup.py"]) == ["README.md"]

    def test_the_shipped_list_can_be_read(self):
        sources = read_sources()
        assert len({source.repo for source in sources}) == len(sources) == 43
        kinds = {kind for source in sources for kind in source.kinds}
        assert kinds == {"commits", "docs", "code", "intents", "taskmaster"}


class TestEvaluationFilter:
    evaluation = EvaluationFilter(
        [
            "Restart the worker!",
            "show me the cheapest pair of blue running shoes under fifty dollars",
            "please cancel my last order",
        ]
    )

    @pytest.mark.parametrize(
        "text",
        [
            "restart  THE worker",
            "Now: the cheapest pair of blue running shoes under fifty of them",
            "so please cancel my last order at once",
        ],
    )
    def test_what_repeats_an_evaluation_text_is_recognised(self, text):
        assert self.evaluation.repeats(text)

    @pytest.mark.parametrize(
        "text",
        [
            "restart the worker pool",
            "the cheapest pair of blue running shoes",
            "please cancel my order",
            "something else entirely",
        ],
    )
    def test_what_only_resembles_one_is_kept(self, text):
        assert not self.evaluation.repeats(text)

    def test_a_folder_gives_documents_and_queries(self, tmp_path):
        (tmp_path / "a.docs.jsonl").write_text('{"id": 1, "text": "one two three"}\n')
        (tmp_path / "a.queries.jsonl").write_text('{"id": 1, "text": "four five"}\n')
        (tmp_path / "a.qrels.jsonl").write_text('{"query": 1}\n')
        evaluation = EvaluationFilter.of_folder(tmp_path)
        assert evaluation.repeats("One, two, three.")
        assert evaluation.repeats("four five")
        assert not evaluation.repeats("six")


class TestCollecting:
    def test_what_is_short_or_not_prose_is_left_out(self):
        collected = Collected()
        for text in [
            "two words",
            "0x1f 0x2e 0x3d 0x4c",
            "\u043f\u0440\u0438\u0432\u0435\u0442 " * 5,
            "w " * 81,
        ]:
            collected.add_text(text)
        collected.add_pair("alone", "a partner of four words", "doc")
        collected.add_pair("a title here", "too short", "doc")
        collected.add_pair("The Same Four Words", "the same four words", "doc")
        assert collected.texts == []
        assert collected.pairs == []

    def test_each_is_kept_once_and_cut(self):
        collected = Collected()
        collected.add_text("word " * 70)
        collected.add_text("word " * 75)
        collected.add_pair("a   b", "one two\nthree four", "doc")
        collected.add_pair("a b", "one two three four", "doc")
        assert collected.texts == [" ".join(["word"] * 60)]
        assert collected.pairs == [Pair("a b", "one two three four", "doc")]

    def test_prose_is_mostly_letters(self):
        assert reads_as_prose("Restart the worker, then wait.")
        assert not reads_as_prose("1 2 3 4 a")
        assert not reads_as_prose("")


class TestCommitMessages:
    @pytest.mark.parametrize(
        ("subject", "clean"),
        [
            ("fix(api)!: close the file (#123)", "close the file"),
            ("[core] KAFKA-17: Handle `null` keys", "Handle null keys"),
            ("Bump numpy from 1 to 2", ""),
            ("v1.2.3", ""),
            ("Merge branch main", ""),
            ("Rename the flag. GH-42.", "Rename the flag."),
        ],
    )
    def test_references_and_prefixes_are_taken_off(self, subject, clean):
        assert clean_subject(subject) == clean

    def test_trailers_code_and_links_are_no_paragraphs(self):
        body = (
            "It failed when the queue\nwas empty, see https://example.org/1 for more.\n\n"
            "```\nthis is code that nobody should learn\n```\n\n"
            "- it waits for a while now\n\nSigned-off-by: A B <a@b>\nReviewed-by: C D <c@d>\n"
        )
        assert list(prose_paragraphs(body)) == [
            "It failed when the queue was empty, see for more.",
            "it waits for a while now",
        ]


class TestDocuments:
    text = (
        "---\ntitle: Workers\n---\n"
        "Workers take jobs from the queue and run them. They stop when told. Nothing is lost.\n\n"
        "Restarting\n----------\n\n"
        "Send the signal to the [main process](x.md) and wait for it.\n\n"
        "```\nkill -HUP this is not prose at all\n```\n\n"
        "* Timeout: how long a job may run before it is stopped\n* Retries: how often it is tried again\n"
        "* Name of it\n"
    )

    def read(self, *, is_changelog: bool) -> list[Pair]:
        collected = Collected()
        DocumentReader(collected, random.Random(1), is_changelog=is_changelog).read(self.text)
        return collected.pairs

    def test_headings_paragraphs_and_items_are_paired(self):
        pairs = {pair.kind: pair for pair in self.read(is_changelog=False)}
        assert pairs["doc"].first == "Workers Restarting"
        assert pairs["doc"].second == "Send the signal to the main process and wait for it."
        assert pairs["split"].second == "They stop when told. Nothing is lost."
        assert pairs["list"].second.startswith("Timeout: how long")
        assert not [pair for pair in pairs.values() if "kill" in pair.second]

    def test_a_changelog_has_no_lists_under_headings(self):
        assert "list" not in {pair.kind for pair in self.read(is_changelog=True)}

    def test_markup_is_taken_off(self):
        block = "![x](y) See [the *docs*](z), :class:`Worker <a.b>` and <b>`it`</b>."
        assert without_markup(block) == "See the docs, Worker and it ."


class TestCodeComments:
    @pytest.mark.parametrize(
        ("suffix", "code"),
        [
            (".py", 'def restart_worker(self):\n    """Restart the worker and wait."""\n'),
            (".go", "// restart_worker Restart the worker and wait.\nfunc restart_worker() {\n"),
            (".rs", "/// Restart the worker and wait.\npub fn restart_worker() {\n"),
            (".rb", "  # Restart the worker and wait.\n  def restart_worker\n"),
            (".c", "/* Restart the worker and wait. */\nstatic int restart_worker(void)\n"),
            (
                ".java",
                "/** Restart the worker and wait. */\n@Deprecated\npublic void restart_worker() {\n",
            ),
            (".ts", "/** Restart the worker and wait. */\nexport function restart_worker() {\n"),
        ],
    )
    def test_a_documented_name_is_found_in(self, suffix, code):
        ((name, comment),) = named_comments(code, suffix)
        assert name == "restart_worker"
        assert comment.strip() == "Restart the worker and wait."

    def test_a_copyright_notice_is_no_documentation(self):
        assert (
            list(named_comments("/* Copyright 2026 somebody or other */\nint main(void)\n", ".c"))
            == []
        )

    @pytest.mark.parametrize("name", ["getUserName", "get_user_name", "GET-USER-NAME"])
    def test_a_name_is_read_as_words(self, name):
        assert words_of_name(name) == "get user name"


def test_rasa_examples_are_read_from_both_formats():
    text = (
        "## intent:greet\n- hello there\n- hi [Bob](name) again\n## lookup:city\n- Oslo town\n"
        "- intent: bye\n  examples: |\n    - see you later\n- rule: x\n    - not an example\n"
    )
    assert list(rasa_examples_of(text)) == [
        ("greet", "hello there"),
        ("greet", "hi Bob again"),
        ("bye", "see you later"),
    ]


def test_translated_paragraphs_come_with_their_heading():
    text = (
        "# Erste Schritte { #first-steps }\n\n"
        "Der Dienst wird mit einem [Befehl](x.md) neu gestartet.\n\n```\ncode\n```\n\n/// tip\n\nKurz.\n"
    )
    assert list(paragraphs(text)) == [
        ("Erste Schritte", "Der Dienst wird mit einem Befehl neu gestartet.")
    ]


class TestAssemble:
    def extracted(self, pairs):
        texts = ["a text to count", "please cancel my last order", "w " * 61]
        return {"repo": "a/b", "commit": "c", "licence": "MIT", "pairs": pairs, "texts": texts}

    def test_one_repository_gives_no_more_than_its_share_of_a_kind(self):
        pairs = [[f"item {number}", "what it is", "item"] for number in range(5000)]
        chosen = choose(self.extracted(pairs), EvaluationFilter([]))
        assert len(chosen.pairs) == MOST_OF_KIND["item"]
        assert chosen.source["pairs"] == {"item": MOST_OF_KIND["item"]}
        assert chosen.pairs[0][3] == "a/b"

    def test_evaluation_texts_are_left_out_of_pairs_and_texts(self):
        evaluation = EvaluationFilter(["please cancel my last order"])
        pairs = [
            ["Please cancel my last order", "done that", "intent:a/b:cancel"],
            ["keep me", "as I am", "intent:a/b:keep"],
        ]
        chosen = choose(self.extracted(pairs), evaluation)
        assert [pair[0] for pair in chosen.pairs] == ["keep me"]
        assert chosen.texts == ["a text to count"]
        assert chosen.left_out == 1

    def test_a_pair_is_kept_once_whatever_its_case(self):
        pairs = [("A b", "C", "doc", "x"), ("a B", "c", "log", "y"), ("a", "d", "doc", "x")]
        assert without_repeats(pairs) == [pairs[0], pairs[2]]

    def test_large_sources_give_less_than_their_share_and_conversations_more(self):
        wanted = shares({"a/small": 100, "b/large": 10_000, "c/Taskmaster": 100}, 1350)
        assert wanted == {"a/small": 100, "b/large": 1000, "c/Taskmaster": 250}


@pytest.fixture
def mirror(tmp_path) -> Path:
    """A mirror of one repository with one commit."""
    repository = tmp_path / "mirror" / "made+up" / "repo"
    (repository / "docs").mkdir(parents=True)
    (repository / "LICENSE").write_text(MIT)
    (repository / "docs" / "guide.md").write_text(TestDocuments.text)
    (repository / "docs" / "\u00e9t\u00e9.md").write_text(
        "# Name\n\nA file whose name is not ASCII is read.\n"
    )
    (repository / "vendor").mkdir()
    (repository / "vendor" / "x.md").write_text(
        "# Alien\n\nNobody here wrote this paragraph of text.\n"
    )
    (repository / "worker.py").write_text(
        'def restart_worker():\n    """Restart the worker and wait. It takes about one second."""\n'
    )
    message = "Notice a lost broker\n\nThe worker went on waiting for jobs that never came.\n"
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", message]):
        subprocess.run(["git", "-C", str(repository), *command], check=True)
    return tmp_path / "mirror"


class TestSnapshot:
    source = Source("made/up", "MIT")

    def test_a_repository_yields_commits_documents_and_comments(self, mirror):
        collected = collect(Snapshot.in_mirror(mirror, "made/up"), self.source)
        kinds = {pair.kind for pair in collected.pairs}
        assert kinds >= {"commit", "doc", "list", "dstr", "name"}
        assert "A file whose name is not ASCII is read." in collected.texts
        assert not [text for text in collected.texts if text.startswith("Nobody here")]

    def test_the_same_snapshot_yields_the_same_every_time(self, mirror):
        snapshot = Snapshot.in_mirror(mirror, "made/up")
        assert collect(snapshot, self.source).pairs == collect(snapshot, self.source).pairs

    def test_what_is_written_names_commit_and_licence(self, mirror, tmp_path):
        write_source(self.source, mirror=mirror, out=tmp_path)
        written = json.loads((tmp_path / "made+up.json").read_text())
        assert written["commit"] == Snapshot.in_mirror(mirror, "made/up").commit()
        assert written["licence"] == "MIT"
        assert written["pairs"]
        assert written["texts"]

    def test_its_licence_file_is_read_and_hashed(self, mirror):
        finding = check(self.source, Snapshot.in_mirror(mirror, "made/up"))
        assert finding["accepted"]
        assert finding["files"] == [
            {
                "file": "LICENSE",
                "sha256": hashlib.sha256(MIT.encode()).hexdigest(),
                "reads_as": ["MIT"],
            }
        ]

    def test_a_missing_repository_is_noticed(self, mirror):
        assert Snapshot.in_mirror(mirror, "made/up").exists()
        assert not Snapshot.in_mirror(mirror, "not/there").exists()
