"""The log: standard error, since standard output belongs to the protocol."""

from __future__ import annotations

import logging
import sys
from typing import Final

LOGGER: Final = logging.getLogger("reasoningbank.mcp")


def log_to_standard_error() -> None:
    """Print what the server has to say, with tracebacks, on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("reasoningbank mcp: %(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
