"""Vectors on the wire: int8 in the bank, half precision or single precision floats in the database.

Every int8 value is a float of either kind, so nothing is lost on the way. The binary form is that of pgvector: the
number of dimensions and a zero as 16-bit integers, then the components, all big-endian.
"""

from __future__ import annotations

import struct
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

VectorType: TypeAlias = Literal["halfvec", "vector"]

LARGEST_DIMENSION: Final = 16_000
"""Of either type."""

_HEAD: Final = struct.Struct(">HH")
_COMPONENTS: Final = {"halfvec": np.dtype(">f2"), "vector": np.dtype(">f4")}


class WireVector(bytes):
    """A vector in binary form, to be bound where the statement says ``::halfvec`` or ``::vector``."""

    __slots__ = ()


class WireVectorDumper(Dumper):
    """Send a `WireVector` as it is.

    Without a type of its own: the number of pgvector's types differs from database to database, and the server takes
    the type from the cast.
    """

    format = Format.BINARY
    oid = 0

    def dump(self, obj: WireVector) -> Buffer:
        """Give the bytes."""
        return obj


def register(context: AdaptContext) -> None:
    """Let connections and cursors of this context bind vectors."""
    context.adapters.register_dumper(WireVector, WireVectorDumper)


def to_wire(vector: bytes, kind: VectorType) -> WireVector:
    """Give an int8 vector in the binary form of a type."""
    components = np.frombuffer(vector, np.int8).astype(_COMPONENTS[kind])
    return WireVector(_HEAD.pack(len(vector), 0) + components.tobytes())


def from_wire(value: bytes, kind: VectorType) -> bytes:
    """Give the int8 vector of a value in binary form."""
    components = np.frombuffer(value, _COMPONENTS[kind], offset=_HEAD.size)
    return components.astype(np.int8).tobytes()


def rows_from_wire(values: list[bytes], kind: VectorType) -> npt.NDArray[np.int8]:
    """Give the int8 vectors of values of one dimension, a row each."""
    whole = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    rows = whole[:, _HEAD.size :].copy().view(_COMPONENTS[kind])
    return rows.astype(np.int8)


def to_text(vector: bytes) -> str:
    """Give an int8 vector as pgvector writes it."""
    return f"[{','.join(map(str, np.frombuffer(vector, np.int8).tolist()))}]"


def from_text(value: str) -> bytes:
    """Give the int8 vector of a value in text form."""
    components = np.array(value.strip("[]").split(","), np.float32)
    return components.astype(np.int8).tobytes()
