"""Print the lowest versions of the run-time dependencies that pyproject.toml allows, one pin a line.

With the name of an extra, those of that extra instead: ``python tools/lowest_requirements.py langgraph``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # which build and pytest bring there

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def lowest(requirement: Requirement) -> str:
    """Return the requirement pinned to its lower bound; a dependency without one is a mistake."""
    bounds = [one.version for one in requirement.specifier if one.operator in {">=", "~=", "=="}]
    if len(bounds) != 1:
        message = f"{requirement} has no single lower bound"
        raise SystemExit(message)
    return f"{requirement.name}=={bounds[0]}"


if __name__ == "__main__":
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    extras = sys.argv[1:]
    declared = (
        [line for extra in extras for line in project["optional-dependencies"][extra]]
        if extras
        else project["dependencies"]
    )
    print("\n".join(lowest(Requirement(line)) for line in declared))
