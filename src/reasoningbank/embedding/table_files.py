"""The folder of files an embedder table consists of: read, sized, and mapped into memory."""

import json
import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoningbank.domain.errors import StorageCorrupt, Unavailable
from reasoningbank.embedding.lexical import LexicalEncoder
from reasoningbank.embedding.wordpiece import Vocabulary

SHIPPED = Path(__file__).parent / "data"
STATIC_DIMENSION = 256


class TableFiles:
    """Reads the files of one folder; every size must be the one meta.json gives.

    Raises:
        Unavailable: A file is missing or cannot be read.
        StorageCorrupt: A file has another size, or meta.json is not what it should be.
    """

    def __init__(self, directory: Path = SHIPPED) -> None:
        self._directory = directory
        try:
            settings = json.loads(_read(directory / "meta.json"))
            self.id: str = settings["id"]
            self.static_weight: float = settings["alpha"]
            self.most_pieces: int = settings["max_tokens"]
            self._term_frequency: list[int] = settings["tf"]
            self._files: dict[str, dict[str, str | int]] = settings["files"]
        except (ValueError, KeyError, TypeError) as error:
            raise _corrupt(directory / "meta.json", f"cannot be understood ({error!r})") from error

    def sha256(self, name: str) -> str:
        """Return the hash that meta.json gives for a file."""
        return str(self._files[name]["sha256"])

    def lexical_encoder(self) -> LexicalEncoder:
        """Return the encoder of the lexical half, with this table's inverse document frequencies."""
        return LexicalEncoder(self._content("idf.u8"), self._term_frequency)

    def vocabulary(self) -> Vocabulary:
        """Return the word pieces, numbered as the rows are."""
        return Vocabulary(self._content("vocab.txt"))

    def scales(self) -> npt.NDArray[np.float32]:
        """Return the scale of each row: integers from 1 to 4095."""
        return np.frombuffer(self._content("scales.u16"), "<u2").astype(np.float32)

    def packed_rows(self) -> npt.NDArray[np.uint8]:
        """Return the rows as bytes of two dimensions each, shape (number of pieces, 128).

        Mapped, not read: the kernel shares the pages between processes and loads those looked at.
        """
        path = self._directory / "table.int4"
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise _unavailable(path, error) from error
        self._check_size(path, len(mapped))
        return np.frombuffer(mapped, np.uint8).reshape(-1, STATIC_DIMENSION // 2)

    def _content(self, name: str) -> bytes:
        path = self._directory / name
        content = _read(path)
        self._check_size(path, len(content))
        return content

    def _check_size(self, path: Path, size: int) -> None:
        expected = self._files[path.name]["bytes"]
        if size != expected:
            raise _corrupt(path, f"has {size} bytes instead of {expected}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unavailable(path, error) from error


def _unavailable(path: Path, error: Exception) -> Unavailable:
    return Unavailable(
        f"cannot be read ({error})", path=str(path), hint="Install agent-reasoningbank again."
    )


def _corrupt(path: Path, what: str) -> StorageCorrupt:
    return StorageCorrupt(what, path=str(path), hint="Install agent-reasoningbank again.")
