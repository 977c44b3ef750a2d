"""Let the teacher embed the chosen texts, and every word piece by itself.

Usage: python -m tools.train_embedder.teacher --model MODEL --texts WORK/texts.json --out WORK/teacher [--part I/N]
       python -m tools.train_embedder.teacher --model MODEL --pieces WORK/pieces.npy

Texts are embedded in files of 500 (OUT.<part>.<number>.npy beside .json); files that exist are left alone, so the
work can be stopped, continued and divided.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

TEXTS_IN_FILE = 500


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--part", default="0/1", help="which part of how many, from 0")
    parser.add_argument("--pieces", type=Path)
    arguments = parser.parse_args()
    from tools.train_embedder.minilm import MiniLM

    model = MiniLM(arguments.model)
    if arguments.pieces:
        np.save(arguments.pieces, model.piece_vectors())
    if arguments.texts:
        part, _, parts = arguments.part.partition("/")
        texts = json.loads(arguments.texts.read_text(encoding="utf-8"))[int(part) :: int(parts)]
        for start in range(0, len(texts), TEXTS_IN_FILE):
            stem = f"{arguments.out}.{part}.{start // TEXTS_IN_FILE:03d}"
            if not Path(f"{stem}.npy").exists():
                chunk = texts[start : start + TEXTS_IN_FILE]
                Path(f"{stem}.json").write_text(json.dumps(chunk), encoding="utf-8")
                np.save(f"{stem}.npy", model.embed(chunk).astype(np.float16))
                print(f"{start + len(chunk)} of {len(texts)}", flush=True)


if __name__ == "__main__":
    main()
