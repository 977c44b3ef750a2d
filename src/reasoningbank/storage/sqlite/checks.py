"""Looking a bank over: damage, disagreement between tables, and risks of the machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import Final

import apsw

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.records import Finding
from reasoningbank.storage.sqlite.creation import TEMPORARY_SUFFIX
from reasoningbank.storage.sqlite.rows import STORED_COLUMNS, checksum_of_row
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION

_ROWS: Final = f"SELECT {STORED_COLUMNS} FROM patterns"  # noqa: S608 - constants
_VECTORS: Final = "SELECT pattern_id, embedding, dimension, checksum FROM pattern_embeddings"
_WITHOUT_VECTOR: Final = """
SELECT p.id FROM patterns p LEFT JOIN namespaces n ON n.namespace = p.namespace
LEFT JOIN pattern_embeddings e
    ON e.namespace = p.namespace AND e.pattern_id = p.id AND e.model = n.model
WHERE e.pattern_id IS NULL
"""
_WITHOUT_PATTERN: Final = """
SELECT e.pattern_id FROM pattern_embeddings e
LEFT JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id WHERE p.id IS NULL
"""
_COUNTS_OFF: Final = """
SELECT namespace, task_category FROM (
    SELECT namespace, task_category, COUNT(*) AS patterns, SUM(state = 'quarantined') AS held
    FROM patterns GROUP BY namespace, task_category
    EXCEPT SELECT namespace, task_category, patterns, quarantined FROM category_counts
)
UNION
SELECT namespace, task_category FROM (
    SELECT namespace, task_category, patterns, quarantined FROM category_counts
    EXCEPT SELECT namespace, task_category, COUNT(*), SUM(state = 'quarantined')
    FROM patterns GROUP BY namespace, task_category
)
"""
_IDS_SHOWN: Final = 1_000
_WAL_RESET_FIXED: Final = (3, 51, 3)
_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"}
)
_RESTORE: Final = "Restore these patterns from an export, or erase them."


def check(connection: apsw.Connection, path: Path | None, *, full: bool) -> Iterator[Finding]:
    """Give what was found, healthy things too; `full` also recomputes every checksum."""
    yield _engine()
    yield _structure(connection)
    yield _schema(connection)
    yield _agreement(connection)
    yield _counters(connection)
    if full:
        yield _row_checksums(connection)
        yield _vector_checksums(connection)
    if path is not None:
        yield _permissions(path)
        yield _file_system(path)
        yield _left_overs(path)


def _engine() -> Finding:
    version = apsw.sqlite_lib_version()
    if tuple(int(part) for part in version.split(".")[:3]) < _WAL_RESET_FIXED:
        return Finding(
            check="engine",
            level="warning",
            message=f"SQLite {version} can damage a file when its log is reset while others write",
            hint="Upgrade apsw to 3.51.3 or newer.",
        )
    return Finding(
        check="engine", level="ok", message=f"SQLite {version} (apsw {apsw.apsw_version()})"
    )


def _structure(connection: apsw.Connection) -> Finding:
    try:
        problems = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
        problems += [
            f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"
            for row in connection.execute("PRAGMA foreign_key_check")
        ]
    except apsw.Error as error:
        problems = [str(error)]
    if problems == ["ok"] or not problems:
        return Finding(check="structure", level="ok", message="every page and index is sound")
    problems = [problem for problem in problems if problem != "ok"]
    return Finding(
        check="structure",
        level="error",
        message="the file is damaged: " + "; ".join(problems[:5]),
        hint="Export what can be read, and restore it into a new file.",
    )


def _schema(connection: apsw.Connection) -> Finding:
    [(version,)] = connection.execute("PRAGMA user_version")
    return Finding(check="schema", level="ok", message=f"version {version} of {SCHEMA_VERSION}")


def _agreement(connection: apsw.Connection) -> Finding:
    without_vector = _ids(connection, _WITHOUT_VECTOR)
    without_pattern = _ids(connection, _WITHOUT_PATTERN)
    if not without_vector and not without_pattern:
        return Finding(check="vectors", level="ok", message="every pattern has its vector")
    return Finding(
        check="vectors",
        level="error",
        message=f"{len(without_vector)} patterns lack their vector, "
        f"{len(without_pattern)} vectors lack their pattern",
        hint="Run `reasoningbank reembed`.",
        ids=(*without_vector, *without_pattern)[:_IDS_SHOWN],
    )


def _ids(connection: apsw.Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query)]


def _counters(connection: apsw.Connection) -> Finding:
    wrong = [f"{namespace}/{category}" for namespace, category in connection.execute(_COUNTS_OFF)]
    if not wrong:
        return Finding(check="counters", level="ok", message="the counts agree with the rows")
    return Finding(
        check="counters",
        level="error",
        message=f"the counts of {', '.join(wrong[:5])} do not agree with the rows",
        hint="Export the bank and restore it into a new file.",
    )


def _row_checksums(connection: apsw.Connection) -> Finding:
    damaged: list[str] = []
    checked = 0
    try:
        for row in connection.execute(_ROWS):
            checked += 1
            if checksum_of_row(row) != row[-1]:
                damaged.append(str(row[0]))
    except (apsw.Error, UnicodeDecodeError) as error:
        return _unreadable("patterns", error)
    if damaged:
        return Finding(
            check="patterns",
            level="error",
            message=f"the content of {len(damaged)} of {checked} patterns fails its checksum",
            hint=_RESTORE,
            ids=tuple(damaged[:_IDS_SHOWN]),
        )
    return Finding(
        check="patterns", level="ok", message=f"{checked} patterns match their checksums"
    )


def _vector_checksums(connection: apsw.Connection) -> Finding:
    damaged: list[str] = []
    checked = 0
    try:
        for pattern_id, vector, dimension, checksum in connection.execute(_VECTORS):
            checked += 1
            if len(vector) != dimension or vector_checksum(vector) != checksum:
                damaged.append(str(pattern_id))
    except apsw.Error as error:
        return _unreadable("vector contents", error)
    if damaged:
        return Finding(
            check="vector contents",
            level="error",
            message=f"{len(damaged)} of {checked} vectors fail their checksums",
            hint="Run `reasoningbank reembed`.",
            ids=tuple(damaged[:_IDS_SHOWN]),
        )
    message = f"{checked} vectors match their checksums"
    return Finding(check="vector contents", level="ok", message=message)


def _unreadable(name: str, error: Exception) -> Finding:
    return Finding(
        check=name,
        level="error",
        message=f"not everything can be read: {error}",
        hint="Export what can be read, and restore it into a new file.",
    )


def _permissions(path: Path) -> Finding:
    if os.name != "posix":
        return Finding(check="permissions", level="ok", message="not checked on this platform")
    open_to_others = [
        f"{place} ({stat.S_IMODE(mode):04o})"
        for place in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))
        if place.exists() and (mode := place.stat().st_mode) & 0o077
    ]
    if open_to_others:
        return Finding(
            check="permissions",
            level="warning",
            message=f"other users may read {', '.join(open_to_others)}",
            hint=f"Run `chmod 600 {path}`.",
        )
    return Finding(check="permissions", level="ok", message="only the owner can read the file")


def _file_system(path: Path) -> Finding:
    kind = _file_system_of(path)
    if kind in _NETWORK_FILE_SYSTEMS:
        return Finding(
            check="file system",
            level="warning",
            message=f"{path} is on a network file system ({kind}), whose locks do not hold",
            hint="Keep the bank on a local disk; for a team, use a database server.",
        )
    return Finding(check="file system", level="ok", message=kind or "local, as far as can be told")


def _file_system_of(path: Path) -> str | None:
    """Give the type of the file system by the longest mount point above `path` (Linux only)."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    best, kind = "", None
    for line in mounts:
        _, mount_point, mount_kind, *_ = line.split(" ")
        inside = path.is_relative_to(mount_point.replace("\\040", " "))
        if inside and len(mount_point) >= len(best):
            best, kind = mount_point, mount_kind
    return kind


def _left_overs(path: Path) -> Finding:
    found = sorted(path.parent.glob(f"{escape(path.name)}.*{TEMPORARY_SUFFIX}*"))
    if found:
        return Finding(
            check="left-overs",
            level="warning",
            message=f"{len(found)} files of creations that were killed: {found[0].name}",
            hint="They hold nothing; remove them when no other program is creating this bank.",
        )
    return Finding(check="left-overs", level="ok", message="none")
