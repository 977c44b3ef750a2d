"""Putting the bank into a program's settings, checking it, and taking it out again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound
from reasoningbank.domain.json_value import same_json
from reasoningbank.hosts.handshake import Handshake, shake_hands
from reasoningbank.hosts.json_editing import (
    with_element,
    with_member,
    without_elements,
    without_member,
)
from reasoningbank.hosts.json_text import parsed
from reasoningbank.hosts.programs import (
    SERVER_NAME,
    Edit,
    SettingsFile,
    is_our_hook,
    places,
    settings_of,
)
from reasoningbank.hosts.settings_files import (
    back_up,
    content_of,
    decoded,
    difference,
    digest_of,
    make_private,
    replace,
)
from reasoningbank.hosts.toml_editing import table_at, with_table, without_table
from reasoningbank.storage.location import user_state_directory

Change = Literal["created", "changed", "unchanged", "restored", "removed", "edited"]


class ChangedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file.

    Args:
        path: The file.
        change: ``created``, ``changed`` or ``unchanged`` by installing; ``restored`` (every byte as
            it was), ``removed`` (it was not there before), ``edited`` (it was changed by others in
            the meantime, so only what is ours was taken out) or ``unchanged`` by undoing.
        backup: Where the file is kept as it was, or None.
        lines: The lines that differ, each with ``-`` or ``+`` before it.
    """

    path: str
    change: Change
    backup: str | None = None
    lines: tuple[str, ...] = ()


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What installing, or undoing it, did or would do.

    Args:
        host: The program.
        command: What it will start.
        files: Its files of settings.
        handshake: What the server said, or None when undoing.
        dry_run: Whether nothing was written.
    """

    host: str
    command: tuple[str, ...]
    files: tuple[ChangedFile, ...]
    handshake: Handshake | None
    dry_run: bool


class _KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    form: Literal["json", "toml"]
    edits: tuple[Edit, ...]
    digest_after: str
    backup: str | None


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    files: tuple[_KeptFile, ...]


def install(
    host: str,
    *,
    command: Sequence[str],
    options: Sequence[str] = (),
    hooks: bool = True,
    dry_run: bool = False,
    environment: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Installation:
    """Put the bank into a program's settings, and say what was changed.

    The server is started and shaken hands with first, with the command the program will use: what
    does not work is not written. Each file is kept as it was before it is replaced.

    Args:
        host: The program, one of `reasoningbank.hosts.programs.HOSTS`.
        command: What starts `reasoningbank`, by its absolute path.
        options: Options for the server and the hooks.
        hooks: Whether the hooks are put there as well.
        dry_run: Write nothing.
        environment: Instead of the process's own.
        home: Instead of the user's own.

    Raises:
        InvalidInput: For an unknown program, or settings that cannot be read; they stay as they are.
        Conflict: When a file is changed while this runs.
        Unavailable: When the server does not answer, or a file cannot be written.
    """
    environment = os.environ if environment is None else environment
    files = settings_of(host, places(environment, home), command, options, hooks=hooks)
    # Every file is read and edited before the first is written: one that is refused stops all.
    texts = [(file, before := content_of(file.path), _edited(file, before)) for file in files]
    handshake = shake_hands([*command, "mcp", *options])
    folder = _folder(environment)
    known = {file.path: file for file in (_record(folder, host) or _no_record(host)).files}

    def remember(file: _KeptFile) -> None:
        known[file.path] = file
        _write_record(folder, _Record(host=host, files=tuple(known.values())))

    done = [
        _put(file, before=before, after=after, folder=folder, known=known, remember=remember)
        if not dry_run
        else _planned(file, before=before, after=after)
        for file, before, after in texts
    ]
    return Installation(
        host=host,
        command=(*command, "mcp", *options),
        files=tuple(done),
        handshake=handshake,
        dry_run=dry_run,
    )


def undo(
    host: str, *, dry_run: bool = False, environment: Mapping[str, str] | None = None
) -> Installation:
    """Take the bank out of a program's settings again.

    A file that nobody changed since gets back every byte it had; from one that was changed, what is
    ours is taken out.

    Raises:
        NotFound: When nothing was installed.
        InvalidInput: When the settings cannot be read; they stay as they are.
    """
    environment = os.environ if environment is None else environment
    folder = _folder(environment)
    record = _record(folder, host)
    if record is None:
        raise NotFound(f"nothing was installed for {host}", hint="`--dry-run` shows what would be.")
    plans = [(file, *_undone(file)) for file in record.files]
    done: list[ChangedFile] = []
    for file, content, change in plans:
        path = Path(file.path)
        lines = difference(content_of(path), content)
        if not dry_run and change != "unchanged":
            if content is None:
                path.unlink()
            else:
                replace(path, content)
        done.append(ChangedFile(path=file.path, change=change, lines=lines))
    if not dry_run:
        (folder / f"{host}.json").unlink()
    return Installation(host=host, command=(), files=tuple(done), handshake=None, dry_run=dry_run)


def _planned(file: SettingsFile, *, before: bytes | None, after: bytes) -> ChangedFile:
    """Give what writing a file would change."""
    change: Change = "created" if before is None else "changed"
    return ChangedFile(
        path=str(file.path),
        change="unchanged" if before == after else change,
        lines=difference(before, after),
    )


def _put(
    file: SettingsFile,
    *,
    before: bytes | None,
    after: bytes,
    folder: Path,
    known: Mapping[str, _KeptFile],
    remember: Callable[[_KeptFile], None],
) -> ChangedFile:
    """Write one file, if it is not so already; how to undo that is noted first."""
    planned = _planned(file, before=before, after=after)
    if planned.change == "unchanged":
        return planned
    if content_of(file.path) != before:
        raise Conflict(
            f"{file.path} was changed in the meantime", hint="Close the program and run this again."
        )
    earlier = known.get(planned.path)
    if earlier is not None and before is not None and digest_of(before) == earlier.digest_after:
        backup = earlier.backup  # changed by nobody but us: what was there before us counts
    else:
        backup = None if before is None else str(back_up(file.path, before, folder))
    remember(
        _KeptFile(
            path=planned.path,
            form=file.form,
            edits=file.edits,
            digest_after=digest_of(after),
            backup=backup,
        )
    )
    replace(file.path, after)
    return msgspec.structs.replace(planned, backup=backup)


def _edited(file: SettingsFile, before: bytes | None) -> bytes:
    """Give the content with everything put into it, after making sure that nothing else changed."""
    text, mark = decoded(file.path, before or b"")
    try:
        for edit in file.edits:
            text = _with(text, file.form, edit)
        for edit in file.edits:
            _check_held(text, file.form, edit)
    except InvalidInput as error:
        raise _placed(error, file.path) from error
    return (mark + text).encode()


def _with(text: str, form: str, edit: Edit) -> str:
    if form == "toml":
        assert edit.key is not None
        assert isinstance(edit.value, dict)
        return with_table(text, edit.path, edit.key, edit.value)
    if edit.key is None:
        return with_element(text, edit.path, edit.value, is_our_hook)
    return with_member(text, edit.path, edit.key, edit.value)


def _check_held(text: str, form: str, edit: Edit) -> None:
    if not _holds(text, form, edit):
        raise InvalidInput("would not hold what was put into it", field="settings")


def _holds(text: str, form: str, edit: Edit) -> bool:
    if form == "toml":
        return table_at(text, (*edit.path, str(edit.key))) == edit.value
    held: object = parsed(text).value
    for name in (*edit.path, *([] if edit.key is None else [edit.key])):
        held = held.get(name) if isinstance(held, dict) else None
    if edit.key is None:
        return isinstance(held, list) and any(same_json(one, edit.value) for one in held)
    return same_json(held, edit.value)


def _undone(file: _KeptFile) -> tuple[bytes | None, Change]:
    """Give the content that a file gets back, None for none, and what that is to it."""
    path = Path(file.path)
    now = content_of(path)
    if now is None:
        return None, "unchanged"
    if digest_of(now) == file.digest_after:
        if file.backup is None:
            return None, "removed"
        try:
            return Path(file.backup).read_bytes(), "restored"
        except OSError:
            pass  # the backup is gone: what is ours can still be taken out
    text, mark = decoded(path, now)
    try:
        for edit in file.edits:
            text = _without(text, file.form, edit)
    except InvalidInput as error:
        raise _placed(error, path) from error
    after = (mark + text).encode()
    return after, "unchanged" if after == now else "edited"


def _without(text: str, form: str, edit: Edit) -> str:
    if form == "toml":
        return without_table(text, edit.path, str(edit.key))
    if edit.key is None:
        return without_elements(text, edit.path, is_our_hook)
    if edit.key != SERVER_NAME:
        return text  # such as the version of a file, which is not ours alone
    return without_member(text, edit.path, edit.key)


def _placed(error: InvalidInput, path: Path) -> InvalidInput:
    return InvalidInput(
        error.message, path=str(path), hint="It was left as it is; mend it and run this again."
    )


def _folder(environment: Mapping[str, str]) -> Path:
    return user_state_directory(environment) / "installed"


def _record(folder: Path, host: str) -> _Record | None:
    content = content_of(folder / f"{host}.json")
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=_Record)
    except msgspec.DecodeError as error:
        raise InvalidInput("is not a record of what was installed", path=str(folder)) from error


def _no_record(host: str) -> _Record:
    return _Record(host=host, files=())


def _write_record(folder: Path, record: _Record) -> None:
    make_private(folder)
    replace(folder / f"{record.host}.json", msgspec.json.encode(record))
