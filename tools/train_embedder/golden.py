"""Write golden vectors: texts, and the base64 of the 768 bytes a folder of table files gives for each.

Usage: python -m tools.train_embedder.golden --dir DIR --texts FILE.jsonl --out spec/embeddings/golden.jsonl

FILE.jsonl holds {"text": ...} on each line; the present golden file will do.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder


def golden_lines(embedder: StaticHybridEmbedder, texts: Iterable[str]) -> Iterator[str]:
    """Yield the line of each text."""
    for text in texts:
        vector = base64.b64encode(embedder.embed_query(text).tobytes()).decode()
        yield json.dumps({"text": text, "vec": vector}, ensure_ascii=False)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    lines = arguments.texts.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    texts = [json.loads(line)["text"] for line in lines]
    golden = golden_lines(StaticHybridEmbedder(arguments.dir), texts)
    arguments.out.write_text(
        "".join(f"{line}\n" for line in golden), encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
