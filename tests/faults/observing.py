"""What a bank holds and whether it is sound, seen from outside the code under test."""

from __future__ import annotations

import hashlib
from pathlib import Path

import apsw

from reasoningbank import Finding, ReasoningBank


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table of a bank, read beside the bank's own connections."""
    # Read and write, though nothing is written: a read-only connection leaves its side files behind.
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        names = [
            str(name)
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            )
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
        }
    finally:
        connection.close()


def faults(bank: ReasoningBank) -> list[Finding]:
    """Give what a full check calls an error."""
    return [finding for finding in bank.check(full=True) if finding.level == "error"]


def assert_sound(path: Path) -> None:
    """Fail when a full check of the bank finds an error; no repair step comes before it."""
    with ReasoningBank.open(path) as bank:
        assert faults(bank) == []


def digests(directory: Path) -> dict[str, str]:
    """Give every file below a directory with the SHA-256 of its bytes."""
    return {
        str(place.relative_to(directory)): hashlib.sha256(place.read_bytes()).hexdigest()
        for place in sorted(directory.rglob("*"))
        if place.is_file()
    }
