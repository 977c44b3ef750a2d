"""The pages for those who run a bank say what the program says: codes, tables, layouts, settings, tests they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reasoningbank.cli.exits import MEANINGS, ExitStatus, codes_of
from reasoningbank.storage.postgres.schema import SCHEMA_VERSION as SERVER_VERSION
from reasoningbank.storage.postgres.schema import TENANT_TABLES
from reasoningbank.storage.sqlite.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION

CHECKOUT = Path(__file__).resolve().parent.parent
NEEDS_WEB = pytest.mark.skipif(
    not (CHECKOUT / "web").exists(), reason="the sdist has no TypeScript package"
)
PAGES = ("storage", "sizes", "tuning", "upgrading", "file-format", "security", "browsers")


def page(name: str) -> str:
    return (CHECKOUT / "docs" / f"{name}.md").read_text("utf-8")


def section(text: str, heading: str) -> str:
    """Give what stands below a heading, up to the next of its level or above."""
    level = heading.count("#", 0, heading.index(" "))
    begun = text.index(f"\n{heading}\n") + len(heading) + 2
    following = re.search(rf"^#{{1,{level}}} ", text[begun:], re.MULTILINE)
    return text[begun:] if following is None else text[begun : begun + following.start()]


def spec(name: str) -> str:
    return (CHECKOUT / "spec" / name).read_text("utf-8")


def columns_of(sql: str) -> dict[str, list[str]]:
    """Give the columns of each table that some statements make, added ones last."""
    tables: dict[str, list[str]] = {}
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", sql, re.DOTALL):
        lines = [line.strip() for line in body.splitlines()]
        named = [one for line in lines for one in re.findall(r"(?:^|, )([a-z_]+) [A-Z]", line)]
        tables[name] = [one for one in named if one]
    for name, column in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", sql):
        tables[name].append(column)
    return tables


def tables_told(text: str) -> dict[str, list[str]]:
    """Give the columns of each table as the page lists them."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", columns) for name, columns, _ in rows}


# ------------------------------------------------------------------ troubleshooting


def test_every_code_that_only_http_answers_with_has_a_paragraph_and_no_other_has():
    answers = pytest.importorskip("reasoningbank.http.answers", exc_type=ImportError)
    of_banks = {code for status in ExitStatus for code in codes_of(status)}
    told = set(re.findall(r"^### `(\w+)`$", page("troubleshooting"), re.MULTILINE))

    assert told == {*answers.CODES.values(), "usage"} - of_banks


def test_every_paragraph_of_a_code_says_something():
    for code in re.findall(r"^#+ (`\w+`)$", page("troubleshooting"), re.MULTILINE):
        level = "###" if f"\n### {code}\n" in page("troubleshooting") else "##"
        assert len(section(page("troubleshooting"), f"{level} {code}").split()) >= 15, code


def test_every_code_of_a_bank_comes_with_an_example():
    codes = re.findall(r"^## `(\w+)`$", page("troubleshooting"), re.MULTILINE)

    assert len(codes) >= 10
    assert [
        code for code in codes if "\n```" not in section(page("troubleshooting"), f"## `{code}`")
    ] == []


def test_every_exit_status_is_listed_with_its_codes():
    listed = re.findall(
        r"^\| (\d+) \| (.*?) \|", section(page("troubleshooting"), "## Exit statuses"), re.MULTILINE
    )
    told = {int(status): set(re.findall(r"`(\w+)`", codes)) for status, codes in listed}

    expected = {int(status): set(codes_of(status)) for status in MEANINGS}
    expected[int(ExitStatus.INVALID)].add("usage")
    assert told == expected


# ------------------------------------------------------------------ the file format


def test_the_page_lists_every_table_and_column_of_a_bank_file():
    told = tables_told(section(page("file-format"), "## Tables"))

    assert told == columns_of(spec("schema-steps.sql"))


def test_a_new_bank_has_the_tables_and_columns_of_the_page(tmp_path):
    import apsw

    from reasoningbank import ReasoningBank

    with ReasoningBank.open(tmp_path / "bank.db"):
        pass
    connection = apsw.Connection(str(tmp_path / "bank.db"))
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    found = {
        name: [
            str(row[0])
            for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        ]
        for (name,) in names
    }
    connection.close()

    assert tables_told(section(page("file-format"), "## Tables")) == found


def test_the_page_names_each_schema_version_with_what_it_added():
    text = page("file-format")
    assert f"0x{APPLICATION_ID:X}" in text
    rows = dict(
        re.findall(r"^\| (\d+) \| (.*?) \|$", section(text, "## Schema versions"), re.MULTILINE)
    )

    assert set(rows) == {str(version) for version in MIGRATIONS}
    assert max(map(int, rows)) == SCHEMA_VERSION
    for version, sql in MIGRATIONS.items():
        made = set(re.findall(r"CREATE TABLE (\w+)", sql))
        made |= {f"{t}.{c}" for t, c in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", sql)}
        assert set(re.findall(r"`([\w.]+)`", rows[str(version)])) == made


@NEEDS_WEB
def test_the_page_names_the_layout_of_browsers_and_its_stores():
    source = (CHECKOUT / "web/src/storage/indexeddb/schema.ts").read_text("utf-8")
    version = re.search(r"DATABASE_VERSION = (\d+)", source).group(1)
    stores = re.findall(r'"(\w+)"', re.search(r"STORES = \[(.*?)\]", source, re.DOTALL).group(1))
    told = section(page("file-format"), "## IndexedDB")

    assert set(re.findall(r"^\| (\d+) \|", told, re.MULTILINE)) == {
        str(number) for number in range(1, int(version) + 1)
    }
    listed = re.search(r"Stores: (.*?)\.$", told, re.MULTILINE | re.DOTALL).group(1)
    assert re.findall(r"`(\w+)`", listed) == stores


def test_the_page_names_the_tables_on_a_server():
    told = section(page("file-format"), "## PostgreSQL")

    assert f"Version {SERVER_VERSION}" in told
    listed = re.search(r"Tables: (.*?)\.$", told, re.MULTILINE | re.DOTALL).group(1)
    assert set(re.findall(r"`(\w+)`", listed)) == {
        *TENANT_TABLES,
        "pattern_embeddings",
        "bank_schema",
    }


def test_the_page_names_the_versions_of_exports():
    from reasoningbank.domain.export_formats import EVERYTHING, EXPERIENCES, PATTERNS, VERSION

    told = section(page("file-format"), "## Exports")
    for name in (PATTERNS, EXPERIENCES, EVERYTHING):
        assert f"`{name}` | {VERSION} |" in told


# ------------------------------------------------------------------ security and the rest


@NEEDS_WEB
def test_every_threat_of_the_security_model_names_tests_that_exist():
    text = page("security")
    named = re.findall(r"`((?:tests|web/test)/[\w/.-]+)`", text)

    assert [name for name in named if not (CHECKOUT / name).exists()] == []
    rows = re.findall(r"^\| (.+) \|$", section(text, "## Threats"), re.MULTILINE)[2:]
    assert len(rows) >= 12
    assert [row for row in rows if "`tests/" not in row and "`web/test/" not in row] == []


@pytest.mark.parametrize("target", ["metrics.md", "backup.md", "console.md"])
def test_those_who_run_a_bank_are_led_to_metrics_backup_and_console(target):
    assert f"]({target}" in page("storage")
    assert f"]({target}" in page("troubleshooting") or target == "backup.md"


@pytest.mark.parametrize("name", PAGES)
def test_a_script_that_a_page_names_is_there(name):
    modules = re.findall(r"python -m (benchmarks(?:\.\w+)?)", page(name))
    files = [
        CHECKOUT / module.replace(".", "/") / "__main__.py"
        if module == "benchmarks"
        else CHECKOUT / f"{module.replace('.', '/')}.py"
        for module in modules
    ]
    files += [CHECKOUT / "web" / path for path in re.findall(r"node (scripts/[\w.-]+)", page(name))]

    assert [str(path) for path in files if not path.exists()] == []


def test_every_option_of_opening_a_bank_is_weighed_on_the_tuning_page_or_said_to_cost_nothing():
    import inspect

    from reasoningbank import ReasoningBank

    options = set(inspect.signature(ReasoningBank.open).parameters) - {"target"}

    assert {name for name in options if f"`{name}" not in page("tuning")} == set()
