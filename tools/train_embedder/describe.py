"""Write meta.json: the settings, the hashes of the files, and the sources with their licences.

Usage: python -m tools.train_embedder.describe --dir DIR --checked WORK/sources_checked.json \
    --used WORK/sources_used.json [--alpha 0.8] [--note TEXT]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from pathlib import Path
from typing import Any

FILES = ("table.int4", "scales.u16", "vocab.txt", "idf.u8")
LARGEST_COUNT = 64
TEACHER = (
    "sentence-transformers/all-MiniLM-L6-v2 (model card: Apache-2.0);"
    " vocabulary: BERT uncased (Apache-2.0)"
)


def term_frequency_weights() -> list[int]:
    """Return round(16 x (1 + ln count)) for counts up to 64, and 0 for none.

    Shipped as numbers, because logarithms differ in the last bit between machines and languages.
    """
    return [0] + [round(16 * (1 + math.log(count))) for count in range(1, LARGEST_COUNT + 1)]


def identity(hashes: dict[str, str]) -> str:
    """Return the id of a table: it changes whenever a byte of a file does."""
    joined = "".join(hashes[name] for name in sorted(hashes))
    return "static-hybrid-768-v1-" + hashlib.sha256(joined.encode()).hexdigest()[:16]


def description(
    folder: Path,
    checked: list[dict[str, Any]],
    used: list[dict[str, Any]],
    *,
    alpha: float,
    note: str,
) -> dict[str, Any]:
    """Return the content of meta.json; sources that were not accepted raise ValueError."""
    contents = {name: (folder / name).read_bytes() for name in FILES}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    findings = {finding["repo"]: finding for finding in checked}
    unaccepted = [s["repo"] for s in used if not findings.get(s["repo"], {}).get("accepted")]
    if unaccepted:
        message = f"used without an accepted licence: {unaccepted}"
        raise ValueError(message)
    return {
        "name": "static-hybrid-768",
        "version": 1,
        "id": identity(hashes),
        "static_dim": 256,
        "lexical_dim": 512,
        "alpha": alpha,
        "max_tokens": 512,
        "weights": {"word": 0, "stem": 2, "char": 1, "uni": 1, "bi": 2},
        "char_ngrams": [3, 5],
        "tf": term_frequency_weights(),
        "files": {name: {"bytes": len(contents[name]), "sha256": hashes[name]} for name in FILES},
        "teacher": TEACHER,
        "note": note,
        "sources": [
            {
                "repo": source["repo"],
                "commit": findings[source["repo"]]["commit"],
                "licence": findings[source["repo"]]["licence"],
                "licence_files": findings[source["repo"]]["files"],
                "pairs": sum(source["pairs"].values()),
            }
            for source in used
        ],
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--checked", type=Path, required=True)
    parser.add_argument("--used", type=Path, required=True)
    parser.add_argument("--alpha", type=float, default=0.8)
    parser.add_argument("--note", default="")
    arguments = parser.parse_args()
    content = description(
        arguments.dir,
        json.loads(arguments.checked.read_text(encoding="utf-8")),
        json.loads(arguments.used.read_text(encoding="utf-8")),
        alpha=arguments.alpha,
        note=arguments.note,
    )
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (arguments.dir / "meta.json").write_text(text, encoding="utf-8")
    print(content["id"])


if __name__ == "__main__":
    main()
