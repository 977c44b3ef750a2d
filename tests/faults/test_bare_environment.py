"""The main path without a network, without an extra, and with every warning an error."""

from __future__ import annotations

from pathlib import Path

from tests.faults.children import run

_STRICT = ("-X", "dev", "-W", "error")


def test_the_main_path_needs_no_network_no_extra_and_gives_no_warning(tmp_path: Path) -> None:
    # `run` fails on anything written to stderr; the program refuses sockets and other modules.
    loaded = run("walk_the_main_path", tmp_path / "bank.db", flags=_STRICT)
    assert isinstance(loaded, list)
    assert {"apsw", "msgspec", "numpy"} <= set(loaded)
    assert not {"typer", "rich", "requests", "httpx", "torch"} & set(loaded)


def test_so_it_is_with_the_command_line(tmp_path: Path) -> None:
    assert run("walk_the_command_line", tmp_path / "bank.db", flags=_STRICT) == [0] * 5


def test_the_program_would_notice_the_network_and_an_extra() -> None:
    noticed = run("try_what_is_refused", flags=_STRICT)
    assert noticed == ["AssertionError", "AssertionError", "ModuleNotFoundError"]
