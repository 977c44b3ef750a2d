import { beforeAll, describe, expect, test } from "vitest";
import type { TableEmbedder } from "../../src/embedding/static-hybrid.js";
import { embedderWith } from "../support/embedder.js";
import { specLines } from "../support/spec.js";

const GOLDEN = specLines<{ text: string; vec: string }>("embeddings/golden.jsonl");

describe.each(["wasm", "javascript"] as const)("with the kernel in %s", (kind) => {
  let embedder: TableEmbedder;
  beforeAll(async () => {
    embedder = await embedderWith(kind);
  });

  test.each(GOLDEN)("the vector of $text is the golden one", ({ text, vec }) => {
    const vector = embedder.embedQuery(text);

    expect(Buffer.from(vector.buffer).toString("base64")).toBe(vec);
  });
});

test("there are golden vectors enough", () => {
  expect(GOLDEN.length).toBeGreaterThanOrEqual(200);
});
