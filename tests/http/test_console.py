"""The console's page and what it asks that nothing else does."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

import reasoningbank.http
from reasoningbank.http.opening import Opening
from reasoningbank.http.options import ServeOptions
from reasoningbank.serving.token import Token

TOKEN = Token("a-token-of-these-tests&more", "the environment")
PATTERN = {"task_description": "Add login", "task_category": "backend", "strategy": "Test first."}


@pytest.mark.parametrize("path", ["/", "/app.js", "/style.css", "/icon.svg"])
def test_the_page_is_open_and_may_load_nothing_from_elsewhere(serving, path):
    answer = serving(ServeOptions(console=True))("GET", path, token=None)

    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_not_given_to_a_foreign_name(serving):
    answer = serving(ServeOptions(console=True))("GET", "/", headers={"host": "evil.example"})

    assert answer.status_code == 421


def test_without_the_console_there_is_no_page(ask):
    assert ask("GET", "/", token=None).status_code == 401
    assert ask("GET", "/").status_code == 404


def test_the_page_says_nothing_of_the_bank(serving):
    client = serving(ServeOptions(console=True))
    client("POST", "/v1/patterns", json=PATTERN)

    assert "Add login" not in client("GET", "/", token=None).text
    assert client("GET", "/v1/progress", token=None).status_code == 401


def test_the_page_takes_less_than_300_kilobytes():
    folder = Path(reasoningbank.http.__file__).parent / "console"

    assert sum(file.stat().st_size for file in folder.iterdir()) < 300_000


def test_progress_and_map_are_given_as_the_bank_has_them(ask):
    made = ask("POST", "/v1/patterns", json=PATTERN).json()["id"]

    [day] = ask("GET", "/v1/progress").json()["days"]
    points = ask("GET", "/v1/map?limit=10").json()

    assert (day["category"], day["created"]) == ("backend", 1)
    assert (points["ids"], points["total"]) == ([made], 1)
    assert ask("GET", "/v1/map?limit=0").json()["error"]["field"] == "limit"


def test_the_browser_is_led_to_the_page_by_a_file_of_the_users_that_is_gone_afterwards(monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    with Opening(browser=True, telling=False) as opening:
        opening("http://127.0.0.1:1", TOKEN)
        [address] = opened
        file = Path(url2pathname(urlsplit(address).path))

        assert TOKEN.value not in address
        assert "http://127.0.0.1:1/#token=a-token-of-these-tests&amp;more" in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    assert not file.exists()


def test_the_token_is_not_written_into_what_is_no_terminal(capsys):
    with Opening(browser=False, telling=True) as opening:
        opening("http://127.0.0.1:1", TOKEN)

    said = capsys.readouterr().err
    assert "http://127.0.0.1:1/" in said
    assert TOKEN.value not in said
