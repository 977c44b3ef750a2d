"""The distribution: what is in it, and that what it declares is all it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from tools.release import addresses, materials, versions

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "src" / "reasoningbank"
MEGABYTE = 1_000_000


class Built(NamedTuple):
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist made from the checkout, and the wheel made from that sdist; without network."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def contents(built: Built) -> dict[str, bytes]:
    """Every file of the wheel."""
    with zipfile.ZipFile(built.wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_is_pure_python_and_below_six_megabytes(built, contents):
    assert built.wheel.name.endswith("-py3-none-any.whl")
    assert built.wheel.stat().st_size < 6 * MEGABYTE
    assert [name for name in contents if name.endswith((".so", ".pyd", ".dylib", ".dll"))] == []


def test_the_wheel_holds_the_package_and_nothing_else(contents):
    sources = {
        f"reasoningbank/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    shipped = {name: data for name, data in contents.items() if ".dist-info/" not in name}
    mapped = {  # from examples/ and benchmarks/
        "reasoningbank/demo/starter-bank.jsonl",
        "reasoningbank/demo/demo-questions.json",
        "reasoningbank/evaluation/miniwob/matrix.jsonl.gz",
    }

    assert shipped.keys() - mapped == sources.keys()
    assert [name for name in sources if shipped[name] != sources[name]] == []


@pytest.mark.parametrize(
    "name",
    [
        "embedding/data/table.int4",
        "embedding/data/vocab.txt",
        "embedding/data/meta.json",
        "py.typed",
    ],
)
def test_the_wheel_holds_the_table_and_the_typing_marker(contents, name):
    assert f"reasoningbank/{name}" in contents


@pytest.mark.parametrize("name", ["starter-bank.jsonl", "demo-questions.json"])
def test_the_wheel_holds_what_the_demonstration_reads(contents, name):
    assert contents[f"reasoningbank/demo/{name}"] == (CHECKOUT / "examples" / name).read_bytes()


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE"])
def test_the_wheel_holds_the_licence_and_the_notices(contents, name):
    [inside] = [path for path in contents if path.endswith(f".dist-info/licenses/{name}")]

    assert contents[inside] == (CHECKOUT / name).read_bytes()


def test_everything_shipped_that_is_no_code_is_listed_with_its_licence(contents):
    """`tools/release/shipped.json` is what the bill of materials is made from."""
    others = [
        name for name in contents if not name.endswith((".py", "/")) and ".dist-info/" not in name
    ]

    assert materials.uncovered("wheel", others) == []


@pytest.mark.parametrize("package", ["wheel", "npm"])
def test_everything_listed_as_shipped_stands_in_the_notice(package):
    assert materials.unnamed(package, (CHECKOUT / "NOTICE").read_text("utf-8")) == []


def test_the_version_listed_of_sql_js_is_the_one_that_is_shipped():
    if not (package := CHECKOUT / "web" / "package.json").exists():
        pytest.skip("the sdist has no TypeScript package")
    [listed] = [one for one in materials.shipped("npm") if one["name"] == "sql.js"]

    assert listed["version"] == json.loads(package.read_text("utf-8"))["devDependencies"]["sql.js"]


def test_one_version_stands_wherever_a_version_does():
    assert len(set(versions.stated_versions().values())) == 1


@pytest.mark.parametrize("name", ["web/package-lock.json", "tests/mcp/npm/package-lock.json"])
def test_a_lock_file_fetches_from_the_public_registry_or_names_none(name):
    if not (CHECKOUT / name).exists():
        pytest.skip("the sdist has no TypeScript package")

    assert addresses.resolved_elsewhere(CHECKOUT / name) == []


def test_the_citation_names_the_project_and_its_licence():
    yaml = pytest.importorskip("yaml", reason="needs the extra agents")
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text("utf-8"))

    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what must be there
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "The ReasoningBank maintainers"}]
    assert citation["license"] == "Apache-2.0"


def test_the_newest_entry_of_the_changelog_tells_of_the_file_format():
    newest = (CHECKOUT / "CHANGELOG.md").read_text("utf-8").split("\n## [")[1]
    headings = [line[4:] for line in newest.splitlines() if line.startswith("### ")]
    kept = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "File format"}

    assert set(headings) <= kept
    assert len(set(headings)) == len(headings)
    assert "File format" in headings


def test_the_wheel_installs_the_command(contents):
    [entry_points] = [data for name, data in contents.items() if name.endswith("entry_points.txt")]

    assert "reasoningbank = reasoningbank.cli:main" in entry_points.decode()


def test_the_sdist_holds_what_is_needed_to_test_it_and_no_caches(built):
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    rooms = {name.partition("/")[0] for name in names}

    assert {"src", "tests", "spec", "examples", "docs", "Makefile", "LICENSE", "NOTICE"} <= rooms
    assert [name for name in names if "__pycache__" in name or ".hypothesis" in name] == []
    assert rooms.isdisjoint({".venv", ".demo", "site", "build", "dist", ".git"})


# ------------------------------------------------------------------ installed


NO_NETWORK = """
import sys

def refuse(event, args):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise AssertionError(f"the main path used the network: {event} {args}")

sys.addaudithook(refuse)
"""
MAIN_PATH = """
import reasoningbank
from reasoningbank import ReasoningBank

assert "site-packages" in reasoningbank.__file__, reasoningbank.__file__
with ReasoningBank.open(sys.argv[1]) as bank:
    wanted = bank.store_pattern(
        task_description="Add login with a session cookie to the REST API",
        task_category="backend",
        strategy="Write the failing test for the protected route first.",
    )
    bank.store_pattern(
        task_description="Draw a histogram of page load times",
        task_category="data",
        strategy="Choose the bin width from the interquartile range.",
    )
    assert bank.get_pattern(wanted).strategy.startswith("Write the failing test")
    assert bank.find_similar("let users sign in to the API", top_k=1)[0].id == wanted
    assert bank.search_by_category("backend")[0].id == wanted
    assert bank.get_stats().total_patterns == 2
with ReasoningBank.open(sys.argv[1]) as again:
    assert again.find_similar("let users sign in to the API", top_k=1)[0].id == wanted
print("stored and found")
"""


def declared_dependencies(of: str) -> set[str]:
    """The distributions that installing `of` without extras brings, by their declarations."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in metadata.requires(of) or ()]
    while waiting:
        requirement = waiting.pop()
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and requirement.name not in found:
            found.add(requirement.name)
            waiting += [Requirement(line) for line in metadata.requires(requirement.name) or ()]
    return found


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its declared dependencies only; returns its bin directory.

    The dependencies are linked from the environment running the tests, so that no network is needed
    and one that is used but not declared is missed.
    """
    root = tmp_path_factory.mktemp("installed")
    venv.create(root, with_pip=False, symlinks=True)
    [site_packages] = root.glob("lib/python*/site-packages")
    for name in declared_dependencies("agent-reasoningbank"):
        distribution = metadata.distribution(name)
        for top in {Path(file).parts[0] for file in distribution.files or ()} - {
            "..",
            "__pycache__",
        }:
            (site_packages / top).symlink_to(distribution.locate_file(top))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(root / "bin" / "python")),
            *("install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(built.wheel)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "bin"


def run(*command: str | Path) -> str:
    """Run a command that must succeed and print no warning; return what it printed."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


@pytest.mark.package
def test_the_installed_package_imports_with_warnings_as_errors(installed):
    assert run(installed / "python", "-W", "error", "-c", "import reasoningbank") == ""


@pytest.mark.package
def test_the_installed_package_stores_and_finds_without_network_or_extras(installed, tmp_path):
    said = run(
        *(installed / "python", "-W", "error", "-c"),
        *(NO_NETWORK + MAIN_PATH, tmp_path / "bank.db"),
    )

    assert said == "stored and found\n"


@pytest.mark.package
def test_the_installed_command_starts(installed):
    assert "similar" in run(installed / "reasoningbank", "--help")


@pytest.mark.package
def test_the_demonstration_runs_without_network(installed):
    demonstration = "from reasoningbank.cli import main; sys.argv[1:] = ['demo']; main()"

    assert "similarity" in run(installed / "python", "-c", NO_NETWORK + demonstration).lower()


@pytest.mark.package
def test_a_use_of_the_network_would_be_noticed(installed):
    looking_up = "import socket; socket.getaddrinfo('localhost', 80)"

    with pytest.raises(AssertionError, match="the main path used the network"):
        run(installed / "python", "-c", NO_NETWORK + looking_up)
