"""Makes the files that fuzzing begins with: ``python -m tests.fuzz.seeds`` writes them into the corpus.

They are small and of our own making. Files that fuzzing failed on lie beside them, named ``found-...``,
and are not touched.
"""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict
from reasoningbank.bank.whole_export import export_copies
from reasoningbank.storage import open_storage
from tests.faults.operations import SmallEmbedder
from tests.fuzz.targets import SCHEMAS, SEPARATOR
from tests.hooks.host import RECORDED
from tests.learning import runs as written
from tests.learning.faulty_answers import JUDGED, LESSONS
from tests.migration import foreign

CORPUS = Path(__file__).parent / "corpus"
_MINI = {
    "messages": [
        {"role": "system", "content": "You are"},
        {"role": "user", "content": "<pr_description>\nIt is slow\n</pr_description>"},
        {"role": "assistant", "content": "THOUGHT: look\n\n```mswea_bash_command\nls\n```"},
        {"role": "user", "content": "<returncode>0</returncode>\n<output>\na.py\n</output>"},
        {
            "role": "assistant",
            "content": "Again.",
            "tool_calls": [{"id": "1", "function": {"name": "bash", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "done", "extra": {"returncode": 0}},
    ],
    "info": {"exit_status": "Submitted", "submission": "diff"},
}
_NOW = "2026-11-21T01:02:03.004Z"


def main() -> None:
    """Write every seed."""
    with tempfile.TemporaryDirectory() as folder:
        _databases(Path(folder))
        _exports(Path(folder))
    _rows()
    _lines()
    _runs()
    for path in RECORDED.glob("*.json"):
        _keep("hook_input", path.stem, path.read_bytes())
    for name, answer in {"judged": JUDGED, "lessons": LESSONS}.items():
        text = json.loads(answer.body)["choices"][0]["message"]["content"]
        _keep("model_answer", name, text.encode())
    _keep("model_answer", "fenced", b'Here it is:\n```json\n{"verdict": "success"}\n```\n{"a": [')


def _keep(target: str, name: str, content: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def _databases(folder: Path) -> None:
    row = foreign.flow_pattern("a", tags=["x"], domain="security")
    wanted = {
        "agentic-flow": (
            foreign.AGENTIC_FLOW.partition("CREATE TABLE pattern_links")[0],
            "patterns",
            row,
        ),
        "claude-flow-2": (
            foreign.MEMORY_ENTRIES_2,
            "memory_entries",
            {"key": "k", "value": '{"a": 1}', "metadata": "{}", "created_at": 1_700_000_000},
        ),
        "agentdb-1": (
            foreign.AGENTDB_1,
            "vectors",
            {
                "id": "v",
                "embedding": b"\0" * 8,
                "norm": 1.0,
                "metadata": '{"text": "t"}',
                "timestamp": 1,
            },
        ),
        "source-document": (
            foreign.SOURCE_DOCUMENT,
            "patterns",
            {
                "id": "s",
                "task_category": "c",
                "task_description": "t",
                "strategy": "s",
                "data": "{}",
            },
        ),
    }
    for name, (schema, table, values) in wanted.items():
        path = folder / f"{name}.db"
        foreign.database(
            path, f"PRAGMA page_size=512; {schema}", {table: [values, _without_key(values)]}
        )
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM")
        _keep("foreign_database", name, path.read_bytes())


def _without_key(values: dict[str, object]) -> dict[str, object]:
    return {**values, **{name: f"{values[name]}2" for name in ("id", "key") if name in values}}


def _rows() -> None:
    texts = [
        b"a",
        b'{"title": "t", "content": "c", "tags": ["x"]}',
        b"i7",
        b"f0.5",
        b"n",
        b"b\0\1",
        b"2026-01-02",
    ]
    for number, name in enumerate(SCHEMAS):
        values = [texts[(number + place) % len(texts)] for place in range(24)]
        _keep("foreign_rows", name.replace(" ", "-"), bytes([number]) + SEPARATOR.join(values))


def _lines() -> None:
    pattern = {
        "task_description": "t",
        "task_category": "c",
        "strategy": "s",
        "tags": ["a"],
        "metadata": {"n": 1},
    }
    experience = {
        "task_description": "t",
        "task_category": "c",
        "steps": [{"action": "a", "observation": "o"}],
    }
    _keep("lines_imported", "patterns", b"\n".join([json.dumps(pattern).encode()] * 2))
    _keep("lines_imported", "experiences", json.dumps(experience).encode())
    memory = {
        "task_id": "1", "query": "fix it", "status": "success",
        "memory_items": [{"title": "t", "description": "d", "content": "c"}],
    }  # fmt: skip
    _keep("foreign_lines", "memory", json.dumps(memory).encode())
    _keep(
        "foreign_lines",
        "text-items",
        json.dumps({**memory, "memory_items": ["# Title t\n## Content c"]}).encode(),
    )
    _keep("foreign_lines", "document", json.dumps([memory, pattern]).encode())


def _exports(folder: Path) -> None:
    path = folder / "bank.db"
    with ReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
        ids = bank.store_patterns(
            {"task_description": f"t{number}", "task_category": "c", "strategy": "s", "tags": ["a"]}
            for number in range(2)
        )
        bank.record_outcome(pattern=ids[0], success=True, source="test")
        bank.add_link(ids[0], "supersedes", target_id=ids[1])
        bank.learn(
            TrajectoryInput(
                task_description="t",
                task_category="c",
                steps=(Step(action="a"),),
                verdict=Verdict(kind="failure", score=0.0, source="test"),
            )
        )
        file = io.BytesIO()
        bank.export_jsonl(file)
    _keep("export_restored", "export", file.getvalue())
    storage = open_storage(path)
    whole = io.BytesIO()
    export_copies(storage, ["default"], whole, _NOW)
    storage.close()
    _keep("whole_export", "export", whole.getvalue())


def _runs() -> None:
    runs: dict[str, object] = {"swe-agent": written.SWE_AGENT, "mini": _MINI, "own": written.OWN}
    for name, content in runs.items():
        _keep("trajectories", name, json.dumps(content).encode())
    _keep("trajectories", "claude-code", "\n".join(map(json.dumps, written.TRANSCRIPT)).encode())
    _keep("trajectories", "junit", written.REPORT.encode())
    _keep("junit_report", "report", written.REPORT.encode())


if __name__ == "__main__":
    main()
