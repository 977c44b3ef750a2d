"""What hosts send, and how they start a hook."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"
PROGRAM = [sys.executable, "-c", "from reasoningbank.cli import main; main()"]
# For what is not about the deadline: a loaded machine is slow, not wrong.
WITHOUT_HURRY = "import reasoningbank.hooks.running as running; running.LIMIT_SECONDS = 50.0; "
PATIENT = [sys.executable, "-c", WITHOUT_HURRY + PROGRAM[2]]
TASK = "Make the tests of the invoice parser pass again"


def recorded(name: str, **changes: Any) -> dict[str, Any]:
    """What a host sends, written from its documentation, with some of it changed."""
    return {**json.loads((RECORDED / f"{name}.json").read_text("utf-8")), **changes}
