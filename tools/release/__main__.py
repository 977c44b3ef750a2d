"""Build a release into ``dist/`` and check all that can be checked of it: ``make release-check``.

Publishes nothing. Each line says what was found; the first fault ends it. ``--final`` also wants a date in
the changelog instead of `unreleased`, and a checkout without changes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.release import addresses, materials, versions
from tools.release.distributions import (
    ROOT,
    Distributions,
    build,
    check_reproducible,
    check_same_wheel,
    contents,
    copy_of_sources,
    sha256,
    tracked_files,
)
from tools.release.faults import Fault

DIST = ROOT / "dist"
WEB = ROOT / "web"
BUDGET = ROOT / "tools" / "release" / "size-budget.json"
MAIN_PATHS = ROOT / "tests" / "extras" / "main_paths.py"
MEGABYTE = 1_000_000


def check_versions(*, final: bool) -> str:
    """One version everywhere, and for a release a day."""
    stated = versions.stated_versions()
    if len(set(stated.values())) != 1:
        raise Fault(f"versions differ: {stated}")
    version, when = versions.newest_entry()
    if final and when == "unreleased":
        raise Fault("the newest entry of CHANGELOG.md has no date yet")
    if final and run("git", "status", "--porcelain").strip():
        raise Fault("the checkout has changes that are not committed")
    return f"{version} in {len(stated)} files, {when}"


def build_all(place: Path) -> str:
    """Into dist/: built twice from copies that differ in times and permissions, the wheel directly too."""
    first = build(copy_of_sources(place / "one", mode=0o644), _made(place / "first"))
    second = build(copy_of_sources(place / "two", mode=0o640), _made(place / "second"))
    sums = check_reproducible(first, second)
    direct = build(place / "one", _made(place / "third"), "--wheel")
    same = check_same_wheel(first.wheel, direct.wheel)
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    for path in first:
        shutil.copy(path, DIST)
    return f"{sums}: the same bytes twice; {same}"


def kept_distributions() -> Distributions:
    """What was built."""
    [sdist], [wheel] = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    return Distributions(sdist, wheel)


def check_distributions(made: Distributions) -> str:
    """What twine and check-wheel-contents say."""
    tool("twine", "check", "--strict", str(made.sdist), str(made.wheel))
    tool("check-wheel-contents", str(made.wheel))
    return "twine check --strict and check-wheel-contents have no complaint"


def check_shipped(made: Distributions) -> str:
    """Everything carried that is not code is listed, and named in the notice."""
    others = [
        name
        for name, _ in contents(made.wheel)
        if not name.endswith((".py", "/")) and ".dist-info/" not in name
    ]
    return _check_listed("wheel", others)


def check_installed(made: Distributions, place: Path) -> str:
    """The wheel in an environment of its own, without the sources: its main path, its doors, its size."""
    environment = place / "installed"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = str(environment / "bin" / "python")
    begun = time.monotonic()
    run(
        *(sys.executable, "-m", "pip", "--python", python), *("install", "--quiet", str(made.wheel))
    )
    seconds = time.monotonic() - begun
    (place / "elsewhere").mkdir()
    page = ROOT / "docs" / "adapters.md"
    said = run(
        *(python, "-I", "-W", "error", str(MAIN_PATHS), "nothing", str(page)),
        cwd=place / "elsewhere",
    ).strip()
    site = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file())
    size = within("installed without extras", site)
    return f"stored and found; {said}; {size}, installed in {seconds:.0f} s"


def write_wheels_bill(place: Path) -> str:
    """The bill of materials of the environment that holds the wheel and nothing more."""
    python = str(place / "installed" / "bin" / "python")
    made = place / "wheel.cdx.json"
    tool(
        *("cyclonedx-py", "environment", "--pyproject", str(ROOT / "pyproject.toml")),
        *("--output-reproducible", "--output-format", "JSON", "--output-file", str(made), python),
    )
    return _write_bill(json.loads(made.read_text("utf-8")), "wheel", "agent-reasoningbank")


def check_npm(place: Path) -> str:
    """The package of npm: packed twice alike, publint, attw, a program on two Nodes, its size and its bill."""
    if shutil.which("npm") is None:
        return "SKIPPED: npm is not installed, so the npm package is neither packed nor checked"
    if not (WEB / "node_modules").is_dir():
        run("npm", "ci", "--silent", cwd=WEB)
    first, second = (_packed(_made(place / name)) for name in ("npm1", "npm2"))
    if sha256(first) != sha256(second):
        raise Fault("npm packed other bytes the second time")
    run("npm", "run", "--silent", "check:package", cwd=WEB)
    run("npm", "run", "--silent", "sizes", cwd=WEB)
    kept = Path(shutil.copy(first, DIST))
    names = [name for name, _ in contents(kept)]
    listed = _check_listed("npm", names)
    omitted = ("--omit=dev", "--omit=peer", "--omit=optional")
    bill = json.loads(run("npm", "sbom", "--sbom-format=cyclonedx", *omitted, cwd=WEB))
    bill = materials.of_users(bill, "reasoningbank")
    told = _write_bill(bill, "npm", "reasoningbank")
    return (
        f"{kept.name}: {within('the npm package, packed', kept.stat().st_size)}; {listed}; {told}"
    )


def check_addresses() -> str:
    """No host of a mirror in what is tracked or packed; lock files name no other place."""
    for lock in ("web/package-lock.json", "tests/mcp/npm/package-lock.json"):
        strays = addresses.resolved_elsewhere(ROOT / lock)
        if strays:
            raise Fault(f"{lock} fetches from another place than the public registry: {strays[:5]}")
    hosts = addresses.hosts_of_this_place()
    files = [(name, (ROOT / name).read_bytes()) for name in tracked_files()]
    packed = [one for path in sorted(DIST.iterdir()) for one in _contents_of(path)]
    found = addresses.naming(hosts, files + packed)
    if found:
        raise Fault(f"the address of a registry used here stands in {found[:5]}")
    return f"{len(files)} tracked and {len(packed)} packed files name no registry used here"


def write_sums() -> str:
    """The sums of everything in ``dist/``."""
    made = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    lines = "".join(f"{sha256(path)}  {path.name}\n" for path in made)
    (DIST / "SHA256SUMS").write_text(lines, "utf-8")
    return f"{len(made)} files in dist/, with SHA256SUMS"


def within(what: str, size: int) -> str:
    """Give a size beside its budget, and refuse one above it."""
    limit = json.loads(BUDGET.read_text("utf-8"))[what]["megabytes"]
    told = f"{size / MEGABYTE:.2f} MB of {limit:.1f}"
    if size > limit * MEGABYTE:
        raise Fault(f"{what} takes {told}")
    return told


def _check_listed(package: materials.Package, names: list[str]) -> str:
    uncovered = materials.uncovered(package, names)
    if uncovered:
        raise Fault(f"shipped in the {package} and listed nowhere: {uncovered[:5]}")
    unnamed = materials.unnamed(package, (ROOT / "NOTICE").read_text("utf-8"))
    if unnamed:
        raise Fault(f"not in NOTICE: {unnamed}")
    return f"{len(names)} files that are listed with their licences"


def _write_bill(bill: dict[str, object], package: materials.Package, name: str) -> str:
    version = versions.newest_entry()[0]
    whole = materials.complete(bill, package, version)
    text = json.dumps(whole, indent=1, sort_keys=True) + "\n"
    error = JsonStrictValidator(SchemaVersion.from_version(whole["specVersion"])).validate_str(text)
    if error is not None:
        raise Fault(f"the bill of {name} is not as CycloneDX wants it: {error}")
    if str(Path(tempfile.gettempdir())) in text:
        raise Fault(f"the bill of {name} names a place on this machine")
    place = DIST / f"{name}-{version}.cdx.json"
    place.write_text(text, "utf-8")
    return f"{place.name}: {len(whole['components'])} components"


def _packed(folder: Path) -> Path:
    [packed] = json.loads(run("npm", "pack", "--json", "--pack-destination", str(folder), cwd=WEB))
    return folder / str(packed["filename"])


def _contents_of(path: Path) -> list[tuple[str, bytes]]:
    if path.suffix in {".whl", ".gz", ".tgz"}:
        return [(f"{path.name}: {name}", content) for name, content in contents(path)]
    return [(path.name, path.read_bytes())]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def tool(name: str, *words: str) -> str:
    """Run a program of the environment that runs this."""
    return run(str(Path(sys.executable).with_name(name)), *words)


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a program that must succeed, without what is in PYTHONPATH, and give what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - programs of this file
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )
    if done.returncode != 0:
        raise Fault(
            f"{' '.join(command[:6])} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def main() -> int:
    """Do all of it; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--final", action="store_true")
    asked = parser.parse_args()

    def step(name: str, work: Callable[[], str]) -> None:
        begun = time.monotonic()
        told = work()
        print(f"{name:13} {told} ({time.monotonic() - begun:.0f} s)", flush=True)

    with tempfile.TemporaryDirectory(prefix="release-") as name:
        place = Path(name)
        try:
            step("versions", lambda: check_versions(final=asked.final))
            step("built", lambda: build_all(place))
            made = kept_distributions()
            step("distributions", lambda: check_distributions(made))
            step("wheel", lambda: within("the wheel", made.wheel.stat().st_size))
            step("sdist", lambda: within("the sdist", made.sdist.stat().st_size))
            step("shipped", lambda: check_shipped(made))
            step("installed", lambda: check_installed(made, place))
            step("materials", lambda: write_wheels_bill(place))
            step("npm", lambda: check_npm(place))
            step("addresses", check_addresses)
            step("sums", write_sums)
        except Fault as fault:
            print(f"NOT READY: {fault}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
