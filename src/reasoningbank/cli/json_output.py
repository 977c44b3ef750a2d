"""What ``--json`` prints: one document, UTF-8 whatever the locale says."""

from __future__ import annotations

import sys

import msgspec

from reasoningbank.cli.safe_text import safe_json
from reasoningbank.cli.streams import write_bytes


def print_json(value: object) -> None:
    """Print a struct, a list of them or a mapping: one line, or indented for a terminal."""
    encoded = msgspec.json.encode(value)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded, indent=2)
    write_bytes(safe_json(encoded.decode()).encode() + b"\n")
