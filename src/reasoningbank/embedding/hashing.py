"""The 32-bit hash of features and word pieces: the same number in Python and JavaScript."""

FNV_OFFSET = 2166136261
FNV_PRIME = 16777619


def fnv1a(data: bytes, state: int = FNV_OFFSET) -> int:
    """Return the 32-bit FNV-1a state after the bytes; pass an earlier state to continue it."""
    for byte in data:
        state = ((state ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    return state


def finalise(state: int) -> int:
    """Return the state mixed by the murmur3 finaliser, so that every bit depends on every byte."""
    state = ((state ^ (state >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    state = ((state ^ (state >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return state ^ (state >> 16)


def hash32(text: str) -> int:
    """Return the finalised 32-bit FNV-1a hash of the UTF-8 bytes."""
    return finalise(fnv1a(text.encode()))
