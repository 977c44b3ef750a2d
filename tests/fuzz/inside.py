"""The process that fuzzes one target: ``python -m tests.fuzz.inside TARGET [OPTIONS OF LIBFUZZER]``."""

from __future__ import annotations

import sys

import atheris


def main() -> None:
    """Let libFuzzer make inputs in this process, guided by the lines of the package they reach."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["reasoningbank"]):
        from tests.fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
