"""A primary and a synchronous standby, on addresses of their own where this process may make some."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres.server import (
    LOOPBACK,
    SUPERUSER,
    Installation,
    PostgresServer,
    new_directory,
)

if TYPE_CHECKING:
    from typing_extensions import Self

_PATIENCE_SECONDS = 60.0
_DATABASE = "bank"
# A network that no machine has: RFC 2544 keeps it for measuring.
_NETWORK = "198.18.{}"
_SETTINGS = {"wal_log_hints": "on", "max_wal_senders": "4", "wal_keep_size": "256MB"}


@dataclass
class Pair:
    """Two servers, the second following the first, which acknowledges nothing the second lacks."""

    first: PostgresServer
    second: PostgresServer
    cut_off_first: Callable[[], None] | None

    @property
    def dsn(self) -> str:
        """The DSN of whichever of the two takes writes."""
        places = f"{self.first.host}:{self.first.port},{self.second.host}:{self.second.port}"
        return (
            f"postgresql://{SUPERUSER}@{places}/{_DATABASE}"
            "?target_session_attrs=read-write&connect_timeout=2&tcp_user_timeout=3000"
        )

    def promote(self) -> None:
        """Make the second the one that takes writes, waiting for no standby of its own."""
        self.second.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.second.execute("SELECT pg_reload_conf()")
        assert self.second.execute("SELECT pg_promote()") == [(True,)]


@contextmanager
def replicated(
    installation: Installation, template: Path, *, apart: bool, prepare: Callable[[str], None]
) -> Iterator[Pair]:
    """Start a primary with a bank, and a standby that has caught up.

    Args:
        installation: The programs.
        template: What the primary begins with.
        apart: Whether each has a network of its own, which can be cut; else they have two ports.
        prepare: Given the DSN of a database, makes it a bank.
    """
    with ExitStack() as stack:
        network = stack.enter_context(_Network()) if apart else None
        hosts = network.hosts if network else (LOOPBACK, LOOPBACK)
        commands = network.commands(installation) if network else ((), ())
        first = PostgresServer(
            installation, template=template, host=hosts[0], command=commands[0], settings=_SETTINGS
        )
        stack.enter_context(first)
        _let_in(first)
        first.execute(f"CREATE DATABASE {_DATABASE}")
        prepare(first.dsn(_DATABASE))
        second = PostgresServer(
            installation,
            _copied(installation, first),
            host=hosts[1],
            command=commands[1],
            settings=_SETTINGS,
        )
        stack.enter_context(second)
        first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.execute("SELECT pg_reload_conf()")
        wait_until(lambda: _follows(first))
        yield Pair(first, second, network.cut_off_first if network else None)


def follow(installation: Installation, former: PostgresServer, primary: PostgresServer) -> None:
    """Let a former primary that has stopped go back to where it parted, and follow the new one."""
    source = f"host={primary.host} port={primary.port} user={SUPERUSER} dbname=postgres"
    # Killed, it has to come to rest by itself before its files can be compared.
    # It keeps its log from there on, which is what they are compared by.
    keep = f"-cwal_keep_size={_SETTINGS['wal_keep_size']}"
    installation.run("postgres", "--single", "-D", former.data, keep, "template1")
    installation.run(
        "pg_rewind", "-D", former.data, "--source-server", source, "--write-recovery-conf"
    )
    former.start()
    wait_until(lambda: _follows(primary, "async"))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that comes by itself."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.05)


def may_make_networks() -> bool:
    """Give whether this process may give servers networks of their own."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"rbprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    subprocess.run(["ip", "netns", "delete", name], check=True)
    return True


def _follows(primary: PostgresServer, how: str = "sync") -> bool:
    return primary.execute("SELECT state, sync_state FROM pg_stat_replication") == [
        ("streaming", how)
    ]


def _let_in(server: PostgresServer) -> None:
    """Let the two servers and the tests connect over the network that was made for them."""
    rules = server.data / "pg_hba.conf"
    rules.write_text(
        rules.read_text("utf-8") + "host all all 198.18.0.0/15 trust\n"
        "host replication all 198.18.0.0/15 trust\n",
        "utf-8",
    )
    server.execute("SELECT pg_reload_conf()")


def _copied(installation: Installation, primary: PostgresServer) -> Path:
    directory = new_directory(installation.account)
    installation.run(
        "pg_basebackup", "-D", directory / "data", "-h", primary.directory, "-p", str(primary.port),
        "-U", SUPERUSER, "--checkpoint=fast", "--wal-method=stream", "--no-sync",
    )  # fmt: skip
    source = f"host={primary.host} port={primary.port} user={SUPERUSER}"
    (directory / "data" / "standby.signal").touch()
    settings = directory / "data" / "postgresql.auto.conf"
    settings.write_text(settings.read_text("utf-8") + f"primary_conninfo = '{source}'\n", "utf-8")
    for place in (directory / "data").iterdir():
        if installation.account is not None:
            shutil.chown(place, installation.account)
    return directory


class _Network:
    """Two namespaces on a bridge, so that the link of one can be cut while both run."""

    def __init__(self) -> None:
        self._mark = f"rb{os.getpid() % 100_000}"
        net = _NETWORK.format(os.getpid() % 250)
        self._address = f"{net}.1/24"
        self.hosts = (f"{net}.2", f"{net}.3")
        self._spaces = [f"{self._mark}n{number}" for number in range(2)]
        self._links = [f"{self._mark}v{number}" for number in range(2)]
        self._bridge = f"{self._mark}b"

    def commands(self, installation: Installation) -> tuple[tuple[str, ...], ...]:
        """Give what starts a program in each of the two, as the account that may run it."""
        account = installation.account
        assert account is not None
        return tuple(
            (
                "ip",
                "netns",
                "exec",
                space,
                "setpriv",
                f"--reuid={account}",
                f"--regid={installation.group}",
                "--clear-groups",
            )
            for space in self._spaces
        )

    def cut_off_first(self) -> None:
        """Cut the link of the first: it lives and hears nothing any more."""
        _ip("link", "set", self._links[0], "down")

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self) -> None:
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("addr", "add", self._address, "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for space, link, host in zip(self._spaces, self._links, self.hosts, strict=True):
            _ip("netns", "add", space)
            _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", link, "master", self._bridge, "up")
            _ip("-n", space, "addr", "add", f"{host}/24", "dev", "eth0")
            _ip("-n", space, "link", "set", "eth0", "up")
            _ip("-n", space, "link", "set", "lo", "up")

    def __exit__(self, *_: object) -> None:
        for arguments in (
            *(("netns", "delete", space) for space in self._spaces),
            *(("link", "delete", link) for link in self._links),
            ("link", "delete", self._bridge),
        ):
            subprocess.run(["ip", *arguments], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
