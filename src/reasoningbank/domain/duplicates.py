"""Duplicates are equality of a key made from the content, never a similarity score."""

from __future__ import annotations

from reasoningbank.domain.text import normalise


def dedupe_key(
    namespace: str,
    task_category: str,
    task_description: str,
    strategy: str,
    *,
    kept_id: str | None = None,
) -> bytes:
    """Give the 32-byte key under which equal patterns of a namespace meet.

    SHA-256 over namespace, category, normalised task and normalised strategy, separated by zero
    bytes, which none of them can hold.

    Args:
        namespace: Compared as it is.
        task_category: Compared as it is.
        task_description: Compared normalised: case, accents, white space and width do not count.
        strategy: Compared normalised.
        kept_id: The pattern's own id when it is to stand beside its equals (``on_duplicate="keep"``).
    """
    import hashlib  # 4 MB of OpenSSL, which who only searches does without

    parts = [namespace, task_category, normalise(task_description), normalise(strategy)]
    if kept_id is not None:
        parts.append(kept_id)
    return hashlib.sha256("\0".join(parts).encode()).digest()
