"""No address of the place a release is made at may be in what is published.

Whoever builds may use a mirror of a registry. Its host is read from the settings of pip and npm, and must
stand in no tracked and no packed file; lock files name no place at all, or the public one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

PUBLIC = {"pypi.org", "files.pythonhosted.org", "registry.npmjs.org", "localhost", "127.0.0.1"}


def hosts_of_this_place() -> set[str]:
    """Give the hosts that pip and npm are set to use here, the public ones left out."""
    told = [
        os.environ.get(name, "")
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL")
    ]
    told += [_said("pip", "config", "list"), _said("npm", "config", "get", "registry")]
    words = " ".join(told).replace("'", " ").replace("=", " ").split()
    hosts = {urlsplit(word).hostname for word in words if "://" in word}
    return {host for host in hosts if host is not None} - PUBLIC


def naming(hosts: Iterable[str], files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Give the names of files in which one of some hosts stands."""
    wanted = [host.encode() for host in hosts]
    return [name for name, content in files if any(host in content for host in wanted)]


def resolved_elsewhere(lock: Path) -> list[str]:
    """Give what a lock file of npm fetches from another place than the public registry."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    return [
        name
        for name, one in packages.items()
        if urlsplit(one.get("resolved", "")).hostname not in {None, "registry.npmjs.org"}
    ]


def _said(program: str, *words: str) -> str:
    place = shutil.which(program)
    if place is None:
        return ""
    return subprocess.run(  # noqa: S603 - pip and npm, asked for their settings
        [place, *words], capture_output=True, text=True, check=False
    ).stdout
