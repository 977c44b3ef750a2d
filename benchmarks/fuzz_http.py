"""Send thousands of made-up requests to the HTTP server, from its own OpenAPI document.

    python -m benchmarks.fuzz_http [--cases 60] [--seed 1]

Starts `reasoningbank serve` on a bank of its own and lets schemathesis make requests, right and wrong ones, up to
`cases` for each operation beside those that cover the document. Every answer must have a status, a content type and a
shape that the document names, and none may be a 5xx. Prints what schemathesis found and exits with its status.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOKEN = "a-token-for-this-run-alone"  # noqa: S105 - of a server that lives for this run
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"  # fmt: skip
PHASES = "coverage,fuzzing"
SERVE = "from reasoningbank.cli import main; main()"


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on a bank in a folder: its address, and its process."""
    command = [sys.executable, "-c", SERVE, "serve", "--db", str(folder / "bank.db"), "--port", "0", "--json"]  # fmt: skip
    environment = {**os.environ, "REASONINGBANK_HTTP_TOKEN": TOKEN}
    with subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            line = process.stderr.readline() if process.stderr is not None else ""
            yield json.loads(line)["url"], process
        finally:
            process.terminate()
            process.wait(30)


def fuzz(cases: int, seed: int, phases: str = PHASES) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a server and give what it printed and its status."""
    program = Path(sys.executable).with_name("schemathesis")
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (url, _):
        return subprocess.run(
            [
                str(program), "run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}",
                "--checks", CHECKS, "--phases", phases, "--max-examples", str(cases),
                "--seed", str(seed), "--exclude-operation-id", "events", "--no-color",
                "--generation-database", "none",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=name,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "benchmarks.fuzz_hooks",
                 "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--cases", type=int, default=60, metavar="N", help="for each operation")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args(arguments)
    done = fuzz(options.cases, options.seed)
    print(done.stdout[-8_000:], done.stderr[-2_000:])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
