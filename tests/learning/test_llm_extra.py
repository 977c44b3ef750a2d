"""Learning with a model is an extra: what happens without it, and that nothing loads it unasked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reasoningbank.domain.errors import Unavailable
from reasoningbank.learning.llm import LlmAccess


def test_without_the_extra_the_error_names_the_command_that_installs_it(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "pydantic_ai"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    with pytest.raises(Unavailable) as caught:
        LlmAccess("openai:gpt-4o-mini")
    assert 'pip install "agent-reasoningbank[llm]"' in str(caught.value)


@pytest.mark.parametrize(
    "module", ["reasoningbank", "reasoningbank.learning", "reasoningbank.learning.llm"]
)
def test_importing_loads_neither_the_library_nor_anything_that_opens_sockets(module):
    program = f"""
import sys
def watch(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise SystemExit(event)
sys.addaudithook(watch)
import {module}
libraries = {{"pydantic_ai", "openai", "httpx", "httpx2", "genai_prices"}}
print(sorted({{name.partition(".")[0] for name in sys.modules}} & libraries))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
