"""The official TypeScript SDK as a host: another reading of the protocol, and of the schemas."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mcp.servers import PROGRAM

HERE = Path(__file__).resolve().parent / "npm"


def test_the_typescript_sdk_finds_that_tools_give_what_they_declare(bank):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules" / "@modelcontextprotocol" / "sdk").exists():
        pytest.skip("its SDK is not installed; run: npm ci --prefix tests/mcp/npm")
    script = HERE / "typescript_client.mjs"
    done = subprocess.run(
        ["node", str(script), *PROGRAM, "mcp", "--db", str(bank)],
        capture_output=True,
        text=True,
        check=False,
        timeout=40,
    )

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    results = seen["results"]
    assert len(seen["tools"]) == 8
    assert results["store_pattern"]["status"] == "stored"
    assert results["get_pattern"]["id"] == results["store_pattern"]["patternId"]
    assert results["missing"] == {"result": None}
    assert len(results["find_similar"]["result"]) == 1
    assert results["recall"]["patterns"][0]["id"] == results["store_pattern"]["patternId"]
    assert results["record_outcome"]["recorded"][0]["successes"] == 1
    assert results["learn"]["distillation_request"]["material"]["steps"]
    assert seen["wrong"] == {"isError": True, "text": "strategy must be text, not 3"}
    assert seen["resource"] == "test_driven_development"
    assert seen["prompt"] == 1
