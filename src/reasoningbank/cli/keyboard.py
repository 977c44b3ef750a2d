"""Keys as they are pressed, where the terminal can give them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keys_at_once() -> Iterator[None]:
    """Let keys arrive as they are pressed and unseen, for a ``with`` block."""
    try:
        import termios
        import tty
    except ImportError:  # no POSIX terminal: Ctrl-C is left
        yield
        return
    if not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def key_within(seconds: float) -> str:
    """Give the key pressed within that time, or an empty text."""
    import os
    import select

    if not sys.stdin.isatty() or sys.platform == "win32":
        time.sleep(seconds)
        return ""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    # Read from the descriptor: what the text layer has buffered, select does not see.
    return os.read(sys.stdin.fileno(), 1).decode("ascii", "replace") if ready else ""
