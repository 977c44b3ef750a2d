"""The layers of the house, held by reading every import under src/reasoningbank.

    cli, mcp, hooks, hosts, http                the doors
    benchmark, demo, evaluation, migration      programs beside them, which use a bank like any caller; what
                                                migration reads of others it reads through storage.foreign
    adapters                                    the bank in the words of agent frameworks
    bank                                        the facade, and reasoningbank/__init__.py
    learning, retrieval, metrics
    storage, embedding
    domain

and beside bank, for the doors that listen on a port: serving.

An import may only point down this list, never up, and never sideways between storage and embedding or
between learning, retrieval and metrics. Imports inside functions and under TYPE_CHECKING count like the others: what
a module needs to know is what it depends on.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "reasoningbank"

DOORS = {"cli", "mcp", "hooks", "hosts", "http", "benchmark", "demo", "evaluation", "migration"}
BELOW_BANK = {"learning", "retrieval", "metrics", "storage", "embedding", "domain"}
MAY_IMPORT: dict[str, set[str]] = {
    "domain": set(),
    "storage": {"domain"},
    "embedding": {"domain"},
    "learning": {"storage", "embedding", "domain"},
    "retrieval": {"storage", "embedding", "domain"},
    # Counts are taken by the bank and kept by its storage; they know neither vectors nor learning.
    "metrics": {"storage", "domain"},
    "bank": BELOW_BANK,
    # Tokens, names, limits and sockets: of no bank, and needed by every door that listens on a port.
    "serving": {"storage", "domain"},
    # The command line starts the other doors; they do not know it.
    "cli": BELOW_BANK | {"bank", "serving"} | DOORS,
    **{door: BELOW_BANK | {"bank", "serving"} for door in DOORS - {"cli"}},
    "adapters": {"bank", "domain"},
    "__main__": {"cli"},
}

# domain is pure: these can neither reach a disk, a socket or a clock, nor keep state between calls.
DOMAIN_LIBRARIES = {
    "__future__", "abc", "base64", "bisect", "collections", "contextlib", "copy",
    "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools",
    "hashlib", "heapq", "hmac", "html", "itertools", "json", "keyword", "math", "msgspec",
    "numbers", "operator", "re", "string", "struct", "textwrap", "types", "typing",
    "typing_extensions", "unicodedata", "uuid", "zlib",
}  # fmt: skip
IMPURE_CALLS = {
    "now",
    "utcnow",
    "today",
    "uuid1",
    "uuid4",
    "open",
    "input",
    "print",
    "exec",
    "eval",
}
# Which room alone may know a library.
LIBRARY_OWNERS = {
    "apsw": {"storage"},
    "sqlite3": {"storage"},
    "psycopg": {"storage"},
    "typer": DOORS,
    "click": DOORS,
    "rich": DOORS,
    "prometheus_client": {"metrics"},
    "opentelemetry": {"metrics", "bank"},
    "agents": {"adapters"},
    "crewai": {"adapters"},
    "langchain_core": {"adapters"},
    "langgraph": {"adapters"},
    "llama_index": {"adapters"},
}
SQL = re.compile(
    r"^\s*(SELECT\s.*|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+[\w{\"]+\s+SET\s|DELETE\s+FROM\s|"
    r"(CREATE|ALTER|DROP)\s+(TEMP\s+|UNIQUE\s+|VIRTUAL\s+)*(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w|"
    r"BEGIN(\s+(IMMEDIATE|EXCLUSIVE|DEFERRED))?\s*;?\s*$|(COMMIT|ROLLBACK)\s*;?\s*$|SAVEPOINT\s+\w|"
    r"ATTACH\s|VACUUM\b|WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\s*\()",
    re.DOTALL,
)


class Import(NamedTuple):
    target: str
    line: int


def module_name(path: Path, root: Path) -> str:
    """The dotted name below the package: "" for its __init__, "storage.sqlite" for a package in it."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    # reasoningbank/__init__.py re-exports the facade, so it stands where the facade stands.
    return module.partition(".")[0] or "bank"


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Every module named by an import in the file, as an absolute dotted name."""
    package = ["reasoningbank", *path.relative_to(root).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from reasoningbank import storage` names a room; `from reasoningbank import Pattern` the root.
                inside = root.joinpath(*base.split(".")[1:], alias.name)
                is_module = inside.is_dir() or inside.with_suffix(".py").is_file()
                yield Import(f"{base}.{alias.name}" if is_module else base, node.lineno)


def strings_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every string in the code that is not documentation; the holes of an f-string become {}."""
    standing_alone = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside_f_string: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside_f_string.update(id(part) for part in node.values)
            pieces = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
            yield "".join(map(str, pieces)), node.lineno
    seen = standing_alone | inside_f_string
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in seen:
            yield node.value, node.lineno


def import_violations(path: Path, root: Path) -> Iterator[str]:
    module = module_name(path, root)
    layer = layer_of(module)
    where = f"{module or '__init__'}"
    if layer not in MAY_IMPORT:
        yield f"{where}: no layer is named {layer!r}; give the module a room, or the room a line in MAY_IMPORT"
        return
    for target, line in imports_of(path, root):
        library, _, inner = target.partition(".")
        if library == "reasoningbank":
            wanted = layer_of(inner)
            if wanted != layer and wanted not in MAY_IMPORT[layer]:
                yield f"{where}:{line}: {layer} must not import {wanted} ({target})"
        elif layer == "domain" and library not in DOMAIN_LIBRARIES:
            yield f"{where}:{line}: domain is pure and must not import {library}"
        elif layer not in LIBRARY_OWNERS.get(library, {layer}):
            yield f"{where}:{line}: {library} belongs to {', '.join(sorted(LIBRARY_OWNERS[library]))}"


def impurities(path: Path, root: Path) -> Iterator[str]:
    """Calls in domain that reach a clock, a random source, a file or the terminal, and state kept in globals."""
    module = module_name(path, root)
    if layer_of(module) != "domain":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Global):
            yield f"{module}:{node.lineno}: domain keeps no state in globals"
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE_CALLS:
                yield f"{module}:{node.lineno}: domain is pure and must not call {name}()"


def sql_outside_storage(path: Path, root: Path) -> Iterator[str]:
    module = module_name(path, root)
    if layer_of(module) == "storage":
        return
    for text, line in strings_of(ast.parse(path.read_text("utf-8"))):
        if SQL.match(text):
            yield f"{module}:{line}: SQL outside storage: {text.strip()[:60]!r}"


def violations(root: Path) -> list[str]:
    return [
        found
        for path in sorted(root.rglob("*.py"))
        for rule in (import_violations, impurities, sql_outside_storage)
        for found in rule(path, root)
    ]


def test_imports_point_down_domain_is_pure_and_sql_stays_in_storage():
    assert violations(SOURCE) == []


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("domain/pattern.py", "from reasoningbank.storage import open_storage", "domain must not import storage"),
        ("domain/pattern.py", "import numpy", "domain is pure and must not import numpy"),
        ("domain/pattern.py", "import time", "domain is pure and must not import time"),
        ("domain/clock.py", "import datetime\nx = datetime.datetime.now()", "must not call now()"),
        ("domain/ids.py", "import uuid\nx = uuid.uuid4()", "must not call uuid4()"),
        ("domain/cache.py", "def f():\n    global seen\n    seen = 1", "no state in globals"),
        ("storage/memory.py", "from reasoningbank import embedding", "storage must not import embedding"),
        ("storage/memory.py", "from ..embedding import builtin", "storage must not import embedding"),
        ("embedding/table.py", "import reasoningbank.storage.sqlite", "embedding must not import storage"),
        ("embedding/table.py", "from reasoningbank import Pattern", "embedding must not import bank"),
        ("retrieval/rank.py", "def f():\n    from reasoningbank.learning import judge", "must not import learning"),
        ("learning/judge.py", "from reasoningbank.retrieval import rank", "learning must not import retrieval"),
        ("bank/facade.py", "from reasoningbank.cli import main", "bank must not import cli"),
        ("__init__.py", "from reasoningbank.demo import run", "bank must not import demo"),
        ("mcp/server.py", "from reasoningbank.cli import main", "mcp must not import cli"),
        ("adapters/x.py", "from reasoningbank.storage import sqlite", "adapters must not import storage"),
        ("cli/x.py", "from reasoningbank.adapters import x", "cli must not import adapters"),
        ("retrieval/index.py", "import apsw", "apsw belongs to storage"),
        ("bank/facade.py", "from rich.table import Table", "rich belongs to"),
        ("cli/stats.py", 'QUERY = "SELECT count(*) FROM patterns"', "SQL outside storage"),
        ("retrieval/index.py", 'def f(t):\n    return f"DELETE FROM {t} WHERE id = ?"', "SQL outside storage"),
        ("bank/facade.py", 'def f(c):\n    c.execute("BEGIN IMMEDIATE")', "SQL outside storage"),
        ("helpers.py", "x = 1", "no layer is named 'helpers'"),
    ],
)  # fmt: skip
def test_a_planted_violation_is_found(tmp_path, file, line, said):
    for room in (
        "domain",
        "storage",
        "embedding",
        "learning",
        "retrieval",
        "bank",
        "cli",
        "mcp",
        "demo",
        "adapters",
    ):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / file).write_text(line, "utf-8")

    found = violations(tmp_path)

    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("storage/memory.py", "import apsw\nfrom reasoningbank.domain import pattern"),
        ("storage/memory.py", 'QUERY = "SELECT 1"'),
        ("retrieval/index.py", "import numpy\nfrom reasoningbank.storage import contract"),
        ("bank/facade.py", "from reasoningbank import learning, retrieval\nfrom .. import storage"),
        ("cli/__init__.py", "import typer\nfrom reasoningbank import ReasoningBank\nfrom reasoningbank import mcp"),
        ("cli/help.py", 'HELP = "Select the patterns of a category, update them, or delete from a bank"'),
        ("domain/text.py", '"""SELECT in a docstring is prose."""'),
    ],
)  # fmt: skip
def test_what_the_layers_allow_passes(tmp_path, file, line):
    for room in ("domain", "storage", "embedding", "learning", "retrieval", "bank", "cli", "mcp"):
        (tmp_path / room).mkdir()
    (tmp_path / file).write_text(line, "utf-8")

    assert violations(tmp_path) == []


# What a program pays for `import reasoningbank`. The heavy ones wait for the first vector, the first
# command or the first await; a file of the table opened now would mean its 4 MB are read now.
HEAVY = {
    "numpy",
    "typer",
    "click",
    "rich",
    "asyncio",
    "pydantic",
    "ssl",
    "http.client",
    "urllib.request",
}
REPORT = """
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
try:
    {statement}
except SystemExit as stop:
    assert not stop.code, stop.code
table = [path for path in opened if "embedding" in path and not path.endswith((".py", ".pyc"))]
print(json.dumps({{"modules": sorted(sys.modules), "table": table}}), file=sys.stderr)
"""


def loaded_by(statement: str) -> tuple[set[str], list[str]]:
    """The modules loaded, and the table files opened, by one statement in a fresh interpreter."""
    program = REPORT.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stderr.splitlines()[-1])
    return set(report["modules"]), report["table"]


def test_importing_the_package_loads_nothing_heavy():
    modules, table = loaded_by("import reasoningbank; reasoningbank.ReasoningBank")

    assert "reasoningbank" in modules
    assert sorted(modules & HEAVY) == []
    assert table == []


def test_asking_for_help_loads_neither_numpy_nor_the_table():
    modules, table = loaded_by(
        "sys.argv = ['reasoningbank', '--help']; from reasoningbank.cli import main; main()"
    )

    assert "reasoningbank.cli" in modules
    assert "numpy" not in modules
    assert table == []


def test_the_report_on_loaded_modules_would_show_a_heavy_one():
    modules, _ = loaded_by("import numpy, asyncio")

    assert {"numpy", "asyncio"} <= modules & HEAVY
