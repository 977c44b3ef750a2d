"""Paths nobody thinks of: every name works that a file may have, and nothing that is no file hangs."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from reasoningbank import InvalidInput, ReasoningBank, Unavailable
from tests.faults.observing import digests
from tests.faults.operations import build, opened, pattern

NAMES = [
    "with space.db",
    "question?mode=ro.db",
    "hash#fragment.db",
    "percent%20.db",
    "100%.db",
    "amper&sand=1.db",
    "quote'single.db",
    'quote"double.db',
    "back\\slash.db",
    "semi;colon.db",
    "new\nline.db",
    "brackets[0-9]*.db",
    "umlaut-ä.db",
    "umlaut-a\u0308.db",
    "記憶.db",
    "\U0001f9e0.db",
    "-dash.db",
    "~tilde.db",
    "file:looks-like-a-uri.db",
    "no extension",
    ".hidden",
    "x" * 200,
]


@pytest.mark.skipif(sys.platform == "win32", reason="most of these are no names on Windows")
@pytest.mark.parametrize("name", NAMES)
def test_a_bank_may_have_any_name_that_a_file_may_have(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with opened(path) as bank:
        stored = bank.store_pattern(pattern(1))
    with opened(path) as bank, opened(path) as beside:
        assert bank.get_pattern(stored) is not None
        assert beside.find_similar(pattern(1).task_description)[0].id == stored
        bank.erase(stored)
        assert bank.get_stats().path == str(path)
        assert [finding for finding in bank.check() if finding.level != "ok"] == []
    assert [place.name for place in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(os.name != "posix", reason="a file cannot be made read-only for its maker")
@pytest.mark.parametrize("name", NAMES)
def test_a_bank_of_any_name_can_be_read_where_it_cannot_be_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reasoningbank.storage import sqlite

    build(tmp_path / name)
    before = digests(tmp_path)
    monkeypatch.setattr(sqlite.os, "access", lambda *_: False)  # type: ignore[attr-defined]
    with opened(tmp_path / name) as bank:
        assert bank.get_stats().read_only
        assert len(bank.find_similar(pattern(1).task_description)) == 5
    assert digests(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="two slashes begin a share on Windows")
def test_two_slashes_at_the_beginning_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reasoningbank.storage import sqlite

    build(tmp_path / "bank.db")
    monkeypatch.setattr(sqlite.os, "access", lambda *_: False)  # type: ignore[attr-defined]
    with ReasoningBank.open(f"/{tmp_path}/bank.db") as bank:
        assert bank.get_stats().total_patterns == 5


def test_a_directory_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is a directory"):
        ReasoningBank.open(tmp_path)


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        ReasoningBank.open(tmp_path / "file" / "bank.db")
    assert (tmp_path / "file").stat().st_size == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no pipes with names")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unavailable, match="no regular file"):
        ReasoningBank.open(tmp_path / "pipe")


@pytest.mark.skipif(sys.platform == "win32", reason="this platform has no devices as files")
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_refused(device: str) -> None:
    with pytest.raises(Unavailable, match="no regular file"):
        ReasoningBank.open(device)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this platform has no such sockets")
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(Unavailable, match="no regular file"):
            ReasoningBank.open("socket")


def test_a_name_that_is_too_long_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        ReasoningBank.open(tmp_path / ("x" * 300))


def test_a_name_that_is_no_text_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        ReasoningBank.open(os.fsdecode(os.fsencode(tmp_path) + b"/bank-\xff.db"))
    assert raised.value.field == "target"
    assert list(tmp_path.iterdir()) == []


def test_a_link_leads_to_one_bank_with_one_log(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "bank.db"
    link.symlink_to(tmp_path / "real" / "bank.db")
    with opened(link) as bank, opened(tmp_path / "real" / "bank.db", begin=500) as beside:
        stored = bank.store_pattern(pattern(1))
        assert beside.get_pattern(stored) is not None
        assert bank.get_stats().path == str(tmp_path / "real" / "bank.db")
        assert [place.name for place in (tmp_path / "links").iterdir()] == ["bank.db"]
    assert link.is_symlink()


def test_a_link_that_leads_in_a_circle_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(Unavailable):
        ReasoningBank.open(tmp_path / "one")
    assert sorted(place.name for place in tmp_path.iterdir()) == ["one", "two"]


def test_a_second_name_of_the_file_is_warned_of(tmp_path: Path) -> None:
    build(tmp_path / "bank.db")
    (tmp_path / "alias.db").hardlink_to(tmp_path / "bank.db")
    with opened(tmp_path / "bank.db") as bank:
        [finding] = [finding for finding in bank.check() if finding.check == "names"]
    assert finding.level == "warning"
