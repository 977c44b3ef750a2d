/** The small mode: words and pieces of words alone, and it says so. */
import { expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { EmbeddingMismatch } from "../../src/domain/errors.js";
import { defaultEmbedder } from "../../src/embedding/default.js";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { embedderWith, tablePath } from "../support/embedder.js";

const LEXICAL = { embedder: "lexical", tableUrl: tablePath("lexical") } as const;
const HYBRID = { tableUrl: tablePath("hybrid") };
const INPUT = { task_description: "Add login to the API", task_category: "c", strategy: "Test first." };

test("a bank in the lexical mode names it, and finds by words", async () => {
  const bank = new ReasoningBankAdapter("memory:", LEXICAL);
  const id = await bank.storePattern(INPUT);
  await bank.storePattern({ ...INPUT, task_description: "Bake bread" });
  const [found] = await bank.findSimilar("adding logins to our APIs", null, 1);

  expect(found?.id).toBe(id);
  expect((await bank.getStats()).embedding_model).toMatch(/^lexical-512-v1-[0-9a-f]{16}$/);
  expect((await defaultEmbedder({ mode: "lexical", tableUrl: tablePath("lexical") })).dimension).toBe(512);
});

test("its vectors are never compared with those of the whole table", async () => {
  const storage = new MemoryStorage("tested");
  await new ReasoningBankAdapter(storage, HYBRID).storePattern(INPUT);
  const lexical = new ReasoningBankAdapter(storage, LEXICAL);

  await expect(lexical.findSimilar("login")).rejects.toBeInstanceOf(EmbeddingMismatch);
  expect(await lexical.reembed()).toMatchObject({ vectors: 1, model: expect.stringMatching(/^lexical-/) as string });
  expect(await lexical.findSimilar("login")).toHaveLength(1);
});

test("it is the lexical half of the whole: cosines of that half are the same but for rounding", async () => {
  const [small, whole] = [await embedderWith("javascript", "lexical"), await embedderWith("javascript", "hybrid")];
  const small512 = small.embedQuery("Read the query plan before the code");
  const half = whole.embedQuery("Read the query plan before the code").slice(256);
  const dot = (one: Int8Array, other: Int8Array): number => one.reduce((sum, value, at) => sum + value * other[at]!, 0);

  expect(dot(small512, half) / Math.sqrt(dot(small512, small512) * dot(half, half))).toBeGreaterThan(0.99);
});

test("a table of the other mode is refused", async () => {
  const bank = new ReasoningBankAdapter("memory:", { embedder: "lexical", tableUrl: tablePath("hybrid") });

  await expect(bank.storePattern(INPUT)).rejects.toMatchObject({ code: "unavailable" });
});
