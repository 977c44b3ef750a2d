"""A user's settings, and a server that answers quickly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from reasoningbank.cli import main; main()"]


@pytest.fixture
def quick(tmp_path: Path) -> list[str]:
    """A command that answers as a bank's server does, without loading anything."""
    program = tmp_path / "reasoningbank_server.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    if 'id' not in asked: continue\n"
        "    told = {'protocolVersion': '2025-06-18', 'serverInfo': {'name': 'reasoningbank'}}\n"
        "    tools = {'tools': [{'name': 'reasoningbank_recall'}]}\n"
        "    result = told if asked['method'] == 'initialize' else tools\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': asked['id'], 'result': result}), flush=True)\n",
        "utf-8",
    )
    return [sys.executable, str(program)]
