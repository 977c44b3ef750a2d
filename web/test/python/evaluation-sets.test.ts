/** The evaluation sets, each embedded, searched and recalled here and by Python: the same patterns, bit for bit. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { tablePath } from "../support/embedder.js";
import { newFolder } from "../support/folders.js";
import { hasPython, python } from "../support/python.js";

const SHARED = process.env["REASONINGBANK_SHARED"] ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const SETS = join(SHARED, "data", "retrieval");
const NAMES = existsSync(SETS) ? readdirSync(SETS).flatMap((name) => (name.endsWith(".docs.jsonl") ? [name.slice(0, -11)] : [])) : [];
if (NAMES.length === 0) console.warn(`SKIPPED: no evaluation sets in ${SETS} (set REASONINGBANK_SHARED to the folder above data/)`);

/** Every question takes a minute and a half. */
const STEP = process.env["REASONINGBANK_LONG"] === undefined ? "10" : "1";

const ASK = `
import io, json, sys
from reasoningbank import PatternInput, ReasoningBank
folder, name, path, step = sys.argv[1:]
def lines(kind):
    with open(f"{folder}/{name}.{kind}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
with ReasoningBank.open(path) as bank:
    bank.store_patterns([PatternInput(task_description="".join(c for c in doc["text"][:4000] if c >= " " or c in "\\t\\n"), task_category="c", strategy=doc["id"], success_score=n % 5 / 4) for n, doc in enumerate(lines("docs"))])
    with open(path + ".jsonl", "w", encoding="utf-8") as file:
        bank.export_jsonl(file)
    queries = [query["text"][:4000] for query in lines("queries")][::int(step)]
    found = [[[p.strategy, p.similarity] for p in bank.find_similar(query, top_k=10)] for query in queries]
    recalled = [[[item.pattern.strategy, item.why.score] for item in bank.recall(query).patterns] for query in queries]
print(json.dumps({"queries": queries, "found": found, "recalled": recalled}))
`;

interface Told {
  queries: string[];
  found: [string, number][][];
  recalled: [string, number][][];
}

describe.skipIf(!hasPython || NAMES.length === 0)("the evaluation sets", () => {
  let folder: string;
  beforeAll(() => {
    folder = newFolder();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(NAMES)("%s is ranked as Python ranks it", { timeout: 180_000 }, async (name) => {
    const path = join(folder, name);
    const told = python<Told>(ASK, SETS, name, path, STEP);
    const { openAsBlob } = await import("node:fs");
    const bank = new ReasoningBankAdapter("memory:", { tableUrl: tablePath("hybrid") });
    await bank.restoreJsonl(await openAsBlob(`${path}.jsonl`)); // with vectors made here
    const other: string[] = [];
    for (const [at, query] of told.queries.entries()) {
      const found = (await bank.findSimilar(query, null, 10)).map(({ strategy, similarity }) => [strategy, similarity]);
      const recalled = (await bank.recall(query)).patterns.map(({ pattern }) => pattern.strategy);
      if (JSON.stringify(found) !== JSON.stringify(told.found[at])) other.push(query);
      else if (JSON.stringify(recalled) !== JSON.stringify(told.recalled[at]!.map(([id]) => id))) other.push(`recall: ${query}`);
    }

    expect(told.queries.length).toBeGreaterThan(10);
    expect(other).toEqual([]);
  });
});
