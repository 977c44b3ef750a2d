"""The mark of tests that run the commands."""

from __future__ import annotations

import pytest

from reasoningbank.domain.errors import Unavailable
from reasoningbank.evaluation.wrangling.sandbox import require_programs

try:
    require_programs()
    missing = ""
except Unavailable as error:
    missing = str(error)

runs_commands = pytest.mark.skipif(bool(missing), reason=f"needs GNU command-line tools: {missing}")
