"""The bills of materials: what is in the wheel and in the npm package, with its licences, as CycloneDX JSON.

The dependencies are listed by `cyclonedx-py` and `npm sbom`; what the packages carry inside themselves no
tool knows of, so `shipped.json` lists it, and a file that it does not cover is an error.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "tools" / "release" / "shipped.json"
TABLE = ROOT / "src" / "reasoningbank" / "embedding" / "data" / "meta.json"
WITH_ANCESTORS = "static-hybrid-768"

Package = Literal["wheel", "npm"]


def shipped(package: Package) -> list[dict[str, Any]]:
    """Give what a package carries, as `shipped.json` lists it."""
    listed: list[dict[str, Any]] = json.loads(SHIPPED.read_text("utf-8"))[package]
    return listed


def uncovered(package: Package, files: list[str]) -> list[str]:
    """Give the files of a package that nothing in its list covers."""
    patterns = [pattern for one in shipped(package) for pattern in one["files"]]
    return [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)]


def unnamed(package: Package, notice: str) -> list[str]:
    """Give what is listed for a package and does not stand in the notice."""
    return [one["name"] for one in shipped(package) if one["notice"] not in notice]


def of_users(bill: dict[str, Any], name: str) -> dict[str, Any]:
    """Give npm's bill under the package's name, not its folder's, without what only developers install."""
    bill["metadata"]["component"]["name"] = name
    developers = {"name": "cdx:npm:package:development", "value": "true"}
    theirs = {
        one["bom-ref"] for one in bill["components"] if developers in one.get("properties", [])
    }
    bill["components"] = [one for one in bill["components"] if one["bom-ref"] not in theirs]
    bill["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", []) if ref not in theirs]}
        for one in bill.get("dependencies", [])
        if one["ref"] not in theirs
    ]
    return bill


def complete(bill: dict[str, Any], package: Package, version: str) -> dict[str, Any]:
    """Give a bill of materials with what the package carries; without time and serial number.

    Args:
        bill: What the tool made: the package and its dependencies.
        package: Which package.
        version: Its version, which is that of what the project makes itself.
    """
    for changing in ("serialNumber", "$schema"):
        bill.pop(changing, None)
    bill.get("metadata", {}).pop("timestamp", None)
    carried = [_component(one, version) for one in shipped(package)]
    bill["components"] = [*bill.get("components", []), *carried]
    bill["compositions"] = [
        {"aggregate": "complete", "assemblies": [one["bom-ref"] for one in carried]}
    ]
    return bill


def _component(one: dict[str, Any], version: str) -> dict[str, Any]:
    component = {
        "bom-ref": f"carried:{one['name']}",
        "type": one["type"],
        "name": one["name"],
        "version": one["version"] or version,
        "description": one["description"],
        "licenses": [{"license": {"id": one["licence"]}}],
        "properties": [{"name": "reasoningbank:files", "value": " ".join(one["files"])}],
    }
    if one["name"] == WITH_ANCESTORS:
        component["pedigree"] = {"ancestors": [_ancestor(source) for source in _sources()]}
    return component


def _sources() -> list[dict[str, str]]:
    sources: list[dict[str, str]] = json.loads(TABLE.read_text("utf-8"))["sources"]
    return sources


def _ancestor(source: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "data",
        "name": source["repo"],
        "version": source["commit"],
        "licenses": [{"license": {"name": source["licence"]}}],
    }
