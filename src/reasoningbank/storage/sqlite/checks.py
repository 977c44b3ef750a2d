"""Looking a bank over: damage, disagreement between tables, and risks of the machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import Final

import apsw

from reasoningbank.domain.records import Finding
from reasoningbank.storage.sql import findings, trajectories
from reasoningbank.storage.sql.rows import STORED_COLUMNS, is_sound
from reasoningbank.storage.sql.verification import is_sound_vector
from reasoningbank.storage.sqlite.creation import TEMPORARY_SUFFIX
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import ENGINE_ERRORS, said

_ROWS: Final = f"SELECT {STORED_COLUMNS} FROM patterns"  # noqa: S608 - constants
_ROW: Final = f"{_ROWS} WHERE rowid = ?"
_ID_BYTES: Final = "SELECT CAST(id AS BLOB) FROM patterns WHERE rowid = ?"
_VECTORS: Final = "SELECT pattern_id, embedding, dimension, checksum FROM pattern_embeddings"
_EXPERIENCES: Final = """
SELECT t.id, CAST(t.steps AS BLOB), t.checksum, CAST(t.metadata AS BLOB), CAST(s.verdict AS BLOB)
FROM trajectories t LEFT JOIN trajectory_states s
    ON s.namespace = t.namespace AND s.trajectory_id = t.id
"""
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
_NOTES: Final = tuple(
    f"SELECT {', '.join(f'CAST({column} AS BLOB)' for column in columns)} FROM {table}"  # noqa: S608
    for table, columns in (
        ("pattern_history", ("pattern_id", "kind", "actor", "at", "before")),
        ("observations", ("pattern_id", "actor", "at", "content")),
        ("outcomes", ("pattern_id", "id", "kind", "source", "actor", "at", "evidence")),
    )
)
_WAL_RESET_FIXED: Final = (3, 51, 3)
_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"}
)
_SAVE: Final = (
    "Restore a backup with `reasoningbank restore BACKUP`. Without one, `reasoningbank recover "
    "DAMAGED NEW` saves what can be read."
)


def check(connection: apsw.Connection, path: Path | None, *, full: bool) -> Iterator[Finding]:
    """Give what was found, healthy things too; `full` also recomputes every checksum."""
    yield _engine()
    looks = {
        "structure": _structure,
        "schema": _schema,
        "vectors": _agreement,
        "counters": _counters,
        "consolidation": findings.consolidation,
    }
    if full:
        looks |= {
            "patterns": _row_checksums,
            "vector contents": _vector_checksums,
            "experiences": _experiences,
            "notes": _notes,
        }
    for name, look in looks.items():
        try:
            yield look(connection)
        except ENGINE_ERRORS as error:
            yield _unreadable(name, error)
    if path is not None:
        yield _permissions(path)
        yield _file_system(path)
        yield _left_overs(path)
        yield _names(path)


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
        hint=_SAVE,
    )


def _schema(connection: apsw.Connection) -> Finding:
    [(version,)] = connection.execute("PRAGMA user_version")
    return Finding(check="schema", level="ok", message=f"version {version} of {SCHEMA_VERSION}")


def _agreement(connection: apsw.Connection) -> Finding:
    without_vector = _ids(connection, _WITHOUT_VECTOR)
    without_pattern = _ids(connection, _WITHOUT_PATTERN)
    return findings.vectors(without_vector, without_pattern)


def _ids(connection: apsw.Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query)]


def _counters(connection: apsw.Connection) -> Finding:
    wrong = [f"{namespace}/{category}" for namespace, category in connection.execute(_COUNTS_OFF)]
    return findings.counters(wrong)


def _row_checksums(connection: apsw.Connection) -> Finding:
    try:
        checked, damaged = findings.tallied(
            (str(row[0]), is_sound(row)) for row in connection.execute(_ROWS)
        )
    except UnicodeDecodeError:
        checked, damaged = findings.tallied(_row_by_row(connection))
    return findings.patterns(checked, damaged)


def _row_by_row(connection: apsw.Connection) -> Iterator[tuple[str, bool]]:
    """Give each pattern's id and whether it is sound, where damage has made a text no text."""
    for (number,) in connection.execute("SELECT rowid FROM patterns").fetchall():
        try:
            for row in connection.execute(_ROW, (number,)):
                yield str(row[0]), is_sound(row)
        except UnicodeDecodeError:
            [(pattern_id,)] = connection.execute(_ID_BYTES, (number,))
            yield bytes(pattern_id or b"").decode(errors="replace"), False


def _vector_checksums(connection: apsw.Connection) -> Finding:
    checked, damaged = findings.tallied(
        (str(pattern_id), is_sound_vector(vector, dimension, checksum))
        for pattern_id, vector, dimension, checksum in connection.execute(_VECTORS)
    )
    return findings.vector_contents(checked, damaged)


def _experiences(connection: apsw.Connection) -> Finding:
    checked, damaged = findings.tallied(
        (str(one), trajectories.is_whole(*content))
        for one, *content in connection.execute(_EXPERIENCES)
    )
    return findings.experiences(checked, damaged)


def _notes(connection: apsw.Connection) -> Finding:
    checked, damaged = findings.tallied(
        (bytes(row[0] or b"").decode(errors="replace"), findings.is_readable(row))
        for query in _NOTES
        for row in connection.execute(query)
    )
    return findings.notes(checked, damaged)


def _unreadable(name: str, error: Exception) -> Finding:
    return Finding(
        check=name,
        level="error",
        message=f"not everything can be read: {said(error)}",
        hint=_SAVE,
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


def _names(path: Path) -> Finding:
    names = path.stat().st_nlink
    if names > 1:
        return Finding(
            check="names",
            level="warning",
            message=f"{path} has {names} names (hard links); programs that open it by different "
            "ones do not see each other's logs and locks",
            hint="Remove the other names.",
        )
    return Finding(check="names", level="ok", message="the file has one name")
