"""Where a bank is looked for, and why it was taken."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reasoningbank import InvalidInput, Unavailable
from reasoningbank.storage import open_storage
from reasoningbank.storage.location import initialise_project, resolve_location


def user_bank() -> Path:
    return Path(os.environ["XDG_DATA_HOME"]) / "reasoningbank" / "bank.db"


def test_nothing_named_means_the_users_own_bank() -> None:
    location = resolve_location(None)
    assert location.path == user_bank()
    assert "user data directory" in location.reason


def test_the_environment_is_asked_before_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    initialise_project(Path.cwd())
    monkeypatch.setenv("REASONINGBANK_URL", "memory:")
    location = resolve_location(None)
    assert location.path is None
    assert "REASONINGBANK_URL" in location.reason


def test_an_argument_is_asked_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REASONINGBANK_URL", "memory:")
    assert resolve_location(tmp_path / "a.db").path == tmp_path / "a.db"


@pytest.mark.parametrize("form", ["sqlite:{0}", "sqlite://{0}", "{0}"])
def test_one_file_may_be_named_in_several_ways(form: str, tmp_path: Path) -> None:
    assert resolve_location(form.format(tmp_path / "a.db")).path == tmp_path / "a.db"


def test_a_percent_sign_is_decoded_in_urls_and_kept_in_paths(tmp_path: Path) -> None:
    assert resolve_location(f"sqlite://{tmp_path}/a%20b.db").path == tmp_path / "a b.db"
    assert resolve_location(f"{tmp_path}/a%20b.db").path == tmp_path / "a%20b.db"


@pytest.mark.parametrize(
    "target", ["memory:", ":memory:", "sqlite:", "sqlite::memory:", "sqlite://"]
)
def test_memory_has_no_path(target: str) -> None:
    assert resolve_location(target).path is None


def test_the_home_directory_may_be_abbreviated() -> None:
    assert resolve_location("~/a.db").path == Path(os.environ["HOME"]) / "a.db"


def test_links_are_followed_so_that_a_file_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert resolve_location(tmp_path / "link" / "a.db").path == tmp_path / "real" / "a.db"


@pytest.mark.parametrize("target", ["", "redis://localhost", "mysql://x/y", "a\0b"])
def test_a_target_that_cannot_be_is_refused(target: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_location(target)
    assert caught.value.field == "target"


def test_a_project_bank_is_found_from_below(tmp_path: Path) -> None:
    bank = initialise_project(tmp_path)
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    location = resolve_location(None, directory=below)
    assert location.path == bank == tmp_path / ".reasoningbank" / "bank.db"
    assert str(tmp_path) in location.reason


def test_a_project_bank_that_came_with_a_checkout_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".reasoningbank").mkdir()
    location = resolve_location(None, directory=tmp_path)
    assert location.path == user_bank()
    assert str(tmp_path / ".reasoningbank") in location.reason


def test_a_trusted_project_is_told_from_a_copy_of_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "copy").mkdir()
    initialise_project(tmp_path / "mine")
    (tmp_path / "copy" / ".reasoningbank").mkdir()
    assert resolve_location(None, directory=tmp_path / "copy").path == user_bank()


def test_making_a_project_twice_keeps_what_is_there(tmp_path: Path) -> None:
    initialise_project(tmp_path)
    ignore = tmp_path / ".reasoningbank" / ".gitignore"
    assert ignore.read_text() == "*\n"
    ignore.write_text("mine\n")
    initialise_project(tmp_path)
    assert ignore.read_text() == "mine\n"


def test_a_project_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        initialise_project(tmp_path / "file")


def test_a_damaged_record_of_a_project_trusts_it_no_more(tmp_path: Path) -> None:
    initialise_project(tmp_path)
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "reasoningbank" / "trusted-projects"
    [recorded] = folder.iterdir()
    recorded.write_text("{")
    assert resolve_location(None, directory=tmp_path).path == user_bank()


def test_projects_made_at_the_same_moment_are_all_trusted(tmp_path: Path) -> None:
    projects = [tmp_path / f"project {number}" for number in range(24)]
    for project in projects:
        project.mkdir()
    with ThreadPoolExecutor(8) as together:
        banks = list(together.map(initialise_project, projects))
    assert [resolve_location(None, directory=project).path for project in projects] == banks


def test_a_directory_whose_name_is_no_text_can_hold_no_project_and_says_so(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"\xff")
    directory.mkdir()
    with pytest.raises(InvalidInput, match="not UTF-8"):
        initialise_project(directory)
    assert list(directory.iterdir()) == []


def test_a_bank_in_a_directory_whose_name_is_no_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / os.fsdecode(b"\xff")
    directory.mkdir()
    monkeypatch.chdir(directory)
    with pytest.raises(InvalidInput, match="not UTF-8"):
        open_storage("bank.db")
    assert list(directory.iterdir()) == []


def test_relative_xdg_values_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    expected = Path(os.environ["HOME"]) / ".local/share/reasoningbank/bank.db"
    assert resolve_location(None).path == expected
