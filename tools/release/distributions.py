"""Building the sdist and the wheel, and what must hold of them: the same bytes twice, and from each other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.release.faults import Fault

ROOT = Path(__file__).resolve().parents[2]


class Distributions(NamedTuple):
    """The two files of a release on PyPI."""

    sdist: Path
    wheel: Path


def tracked_files() -> list[str]:
    """Give the names of the files under version control."""
    said = subprocess.run(  # noqa: S603
        [_git(), "-C", str(ROOT), "ls-files", "-z"], check=True, capture_output=True
    ).stdout
    return [name for name in said.decode().split("\0") if name and (ROOT / name).is_file()]


def moment() -> str:
    """Give the time of the last commit, which the archives are dated with, in seconds."""
    said = subprocess.run(  # noqa: S603
        [_git(), "-C", str(ROOT), "log", "-1", "--format=%ct"], check=True, capture_output=True
    ).stdout
    return said.decode().strip()


def copy_of_sources(folder: Path, *, mode: int) -> Path:
    """Copy what is under version control, with times of now and other permissions."""
    for name in tracked_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        executable = os.access(ROOT / name, os.X_OK)
        target.chmod(mode | (0o111 if executable else 0))
    return folder


def build(sources: Path, out: Path, *what: str) -> Distributions:
    """Build from a folder; without more, the sdist and from it the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(out)]
    done = subprocess.run(  # noqa: S603 - this interpreter
        [*command, str(sources)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": moment()},
    )
    if done.returncode != 0:
        raise Fault(f"the build failed:\n{done.stdout}{done.stderr}")
    [wheel] = out.glob("*.whl")
    sdist = next(iter(out.glob("*.tar.gz")), wheel)
    return Distributions(sdist, wheel)


def check_reproducible(one: Distributions, other: Distributions) -> str:
    """Hold two builds from copies of different age and permissions to the same bytes; give the sums."""
    for first, second in zip(one, other, strict=True):
        if sha256(first) != sha256(second):
            raise Fault(f"{first.name} came out in two ways: {', '.join(_parting(first, second))}")
    return ", ".join(f"{path.name} {sha256(path)[:12]}" for path in one)


def check_same_wheel(from_sdist: Path, from_checkout: Path) -> str:
    """Hold the wheel made from the sdist to that made from the checkout."""
    if sha256(from_sdist) != sha256(from_checkout):
        parting = ", ".join(_parting(from_sdist, from_checkout))
        raise Fault(f"the wheel from the sdist is not that from the checkout: {parting}")
    return "the wheel from the sdist is that from the checkout, to the byte"


def contents(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give the names and contents of the files of a wheel, an sdist or a package of npm."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, opened.read(name)
        return
    with tarfile.open(archive) as opened_tar:
        for member in opened_tar.getmembers():
            file = opened_tar.extractfile(member)
            if file is not None:
                yield member.name.partition("/")[2], file.read()


def sha256(path: Path) -> str:
    """Give the sum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _parting(one: Path, other: Path) -> list[str]:
    first, second = dict(contents(one)), dict(contents(other))
    return sorted(name for name in first.keys() | second if first.get(name) != second.get(name))[
        :5
    ] or ["names, times or permissions"]


def _git() -> str:
    place = shutil.which("git")
    if place is None:
        raise Fault("git is not installed, and says which files are the project's")
    return place
