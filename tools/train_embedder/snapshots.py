"""Git repositories on disk, read at HEAD without checking anything out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_BLOB_BYTES = 3_000_000


@dataclass(frozen=True)
class Snapshot:
    """One repository; `git_directory` may be bare."""

    git_directory: Path

    @classmethod
    def in_mirror(cls, mirror: Path, repository: str) -> Snapshot:
        """Return the snapshot kept as ``mirror/<owner>+<name>/repo``."""
        folder = mirror / repository.replace("/", "+") / "repo"
        inner = folder / ".git"
        return cls(inner if inner.is_dir() else folder)

    def exists(self) -> bool:
        """Tell whether the folder is there."""
        return self.git_directory.is_dir()

    def git(self, *arguments: str) -> bytes:
        """Return what a git command prints; an error of git raises CalledProcessError."""
        command = ["git", "-C", str(self.git_directory), *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - git

    def commit(self) -> str:
        """Return the id of HEAD."""
        return self.git("rev-parse", "HEAD").decode().strip()

    def paths(self, *, recursive: bool = True) -> list[str]:
        """Return the paths of all files, or the names in the top folder."""
        options = ["-r"] if recursive else []
        listing = self.git("ls-tree", *options, "--name-only", "-z", "HEAD")
        return [path for path in listing.decode("utf-8", "replace").split("\0") if path]

    def content(self, path: str) -> bytes:
        """Return the bytes of one file."""
        return self.git("show", f"HEAD:{path}")

    def texts(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield (path, text) for files up to 3 MB, by one git process."""
        command = ["git", "-C", str(self.git_directory), "cat-file", "--batch"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:  # noqa: S603 - git
            if process.stdin is None or process.stdout is None:
                return
            for path in paths:
                if "\n" in path:
                    continue
                process.stdin.write(f"HEAD:{path}\n".encode())
                process.stdin.flush()
                header = process.stdout.readline().split()
                if len(header) != 3:
                    continue  # "HEAD:path missing"
                content = process.stdout.read(int(header[2]))
                process.stdout.read(1)
                if header[1] == b"blob" and len(content) <= LARGEST_BLOB_BYTES:
                    yield path, content.decode("utf-8", "replace")
            process.stdin.close()
