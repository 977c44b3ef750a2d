"""Vectors on the wire: int8 in the bank, half precision or single precision floats in the database.

Every int8 value is a float of either kind, so nothing is lost on the way. The binary form is that of pgvector: the
number of dimensions and a zero as 16-bit integers, then the components, all big-endian.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt


VectorType: TypeAlias = Literal["halfvec", "vector"]

LARGEST_DIMENSION: Final = 16_000
"""Of either type."""

_HEAD: Final = struct.Struct(">HH")
_COMPONENTS: Final[dict[VectorType, str]] = {"halfvec": ">f2", "vector": ">f4"}


def to_wire(vector: bytes, kind: VectorType) -> bytes:
    """Give an int8 vector in the binary form of a type."""
    import numpy as np  # not before the first vector

    components: npt.NDArray[Any] = np.frombuffer(vector, np.int8).astype(_COMPONENTS[kind])
    return _HEAD.pack(len(vector), 0) + components.tobytes()


def from_wire(value: bytes, kind: VectorType) -> bytes:
    """Give the int8 vector of a value in binary form."""
    import numpy as np

    components: npt.NDArray[Any] = np.frombuffer(value, _COMPONENTS[kind], offset=_HEAD.size)
    return components.astype(np.int8).tobytes()


def to_text(vector: bytes) -> str:
    """Give an int8 vector as pgvector writes it."""
    import numpy as np

    return f"[{','.join(map(str, np.frombuffer(vector, np.int8).tolist()))}]"


def from_text(value: str) -> bytes:
    """Give the int8 vector of a value in text form."""
    import numpy as np

    components = np.array(value.strip("[]").split(","), np.float32)
    return components.astype(np.int8).tobytes()
