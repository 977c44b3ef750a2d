"""What tests/conftest.py and pyproject.toml promise to every test; without it, others would pass by accident."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


def test_a_test_cannot_open_a_network_socket():
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_test_that_asks_for_it_reaches_the_loopback_address_and_no_other():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()[:2]):
            pass
        with pytest.raises(SocketConnectBlockedError), socket.socket() as client:
            client.connect(("192.0.2.1", 80))


def test_a_warning_is_an_error():
    with pytest.raises(DeprecationWarning):
        warnings.warn("planted", DeprecationWarning, stacklevel=1)


def test_the_home_and_the_working_directory_are_empty_and_belong_to_this_test(home):
    assert Path.home() == home
    assert Path.cwd() == home / "work"
    assert [path.name for path in home.rglob("*")] == ["work"]


def test_no_setting_of_the_developer_reaches_a_test():
    assert [name for name in os.environ if name.startswith("REASONINGBANK_")] in (
        [],
        ["REASONINGBANK_SHARED"],
    )
