"""What an HTTP server is started with."""

from __future__ import annotations

from typing import Final

import msgspec

IMPORT_BYTES: Final = 1 << 30


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Say which bank is served, and what a request may do.

    Args:
        target: The bank, as `ReasoningBank.open` takes it.
        namespace: The tenant every request stays within; no request can name another.
        embedder: Name of the embedder, or None for the built-in one.
        confirming: Whether requests may say that a test, the environment or a person has confirmed
            an outcome; otherwise their word counts as reported at most.
        import_bytes: The largest file that may be imported or restored.
        log: Whether each operation is a line of JSON on standard error.
    """

    target: str | None = None
    namespace: str = "default"
    embedder: str | None = None
    confirming: bool = False
    import_bytes: int = IMPORT_BYTES
    log: bool = False
