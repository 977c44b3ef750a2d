/** What older releases wrote, opened by this one: the files of `spec/banks`, with what they answered then. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { DATABASE_VERSION } from "../../src/storage/indexeddb/schema.js";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { openFile } from "../../src/storage/node/file.js";
import { SCHEMA_VERSION } from "../../src/storage/sql/schema-text.js";
import { tablePath } from "../support/embedder.js";
import { FILE_ENGINES } from "../support/file-engines.js";
import { newFolder } from "../support/folders.js";
import { answersOf, NAMESPACES, openNamespace, putBack, type Answers, type WrittenLayout } from "../support/golden-layouts.js";
import { specJson, specPath } from "../support/spec.js";

interface Outcome {
  readonly id: string;
}
interface Line {
  readonly pattern: { readonly id: string };
  readonly outcomes: readonly Outcome[];
}
const upTo = (version: number): number[] => Array.from({ length: version }, (_, at) => at + 1);
const unpacked = (name: string): Buffer => gunzipSync(readFileSync(specPath(`banks/${name}`)));

/**
 * Give the records of patterns so that releases can be compared: what outcomes say since the first one filled in as
 * what it means there, and outcomes by their ids, as the first one gave those of one millisecond.
 */
function comparable(records: readonly unknown[]): unknown[] {
  const byId = (one: Outcome, other: Outcome): number => (one.id < other.id ? -1 : 1);
  return (records as Line[])
    .map(({ outcomes, ...rest }) => ({ ...rest, outcomes: outcomes.map((outcome) => ({ weight: 1, recall_id: null, ...outcome })).sort(byId) }))
    .sort((one, other) => (one.pattern.id < other.pattern.id ? -1 : 1));
}

function recordsOf(text: string): unknown[] {
  return text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line) as unknown);
} // prettier-ignore

describe.each(upTo(DATABASE_VERSION))("a database of layout %i in IndexedDB", (version) => {
  beforeEach(async () => {
    globalThis.indexedDB = new IDBFactory();
    await putBack("golden", JSON.parse(unpacked(`indexeddb-${String(version)}.json.gz`).toString()) as WrittenLayout);
  });

  test("answers as it did", async () => {
    const then = specJson<Answers>(`banks/indexeddb-${String(version)}-answers.json`);

    expect(await answersOf("golden")).toEqual(then);
  });

  test("is sound, and takes what is new", async () => {
    for (const namespace of NAMESPACES) {
      const bank = await openNamespace("golden", namespace);
      await bank.storePattern({ task_description: "New", task_category: "new", strategy: "Store it." });

      expect((await bank.getStats()).schema_version).toBe(DATABASE_VERSION);
      expect((await bank.check()).filter(({ level }) => level === "error")).toEqual([]);
      await bank.close();
    }
  });
});

describe.each(FILE_ENGINES)("with $name, a file", ({ open }) => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(upTo(SCHEMA_VERSION))("of schema %i that Python wrote answers as it did", async (version) => {
    const name = `sqlite-${String(version)}`;
    const path = join(folder, "bank.db");
    writeFileSync(path, unpacked(`${name}.db.gz`));
    const answers = specJson<Answers>(`banks/${name}-answers.json`);
    for (const namespace of NAMESPACES) {
      const storage = await openFile(path, "tested", open, { busyTimeout: 2_000 });
      const bank = new ReasoningBankAdapter(storage, { namespace, tableUrl: tablePath("hybrid") });
      const then = answers[namespace]!;
      const similar = await bank.findSimilar("let users sign in to the API", null, 3);

      expect(comparable(recordsOf(await bank.exportJsonl()))).toEqual(comparable(then.patterns));
      expect(similar.map(({ id, similarity }) => [id, Number(similarity.toFixed(6))])).toEqual(then.similar);
      expect((await bank.searchByCategory("ops")).map(({ id }) => id)).toEqual(then.ops);
      expect((await bank.check()).filter(({ level }) => level === "error")).toEqual([]);
      await bank.close();
    }
  });
});

test.each(upTo(SCHEMA_VERSION))("an export by the release of schema %i is restored as it was", async (version) => {
  const bank = new ReasoningBankAdapter(new MemoryStorage("tested"), { tableUrl: tablePath("hybrid") });
  await bank.restoreJsonl(unpacked(`patterns-of-sqlite-${String(version)}.jsonl.gz`).toString());
  const then = specJson<Answers>(`banks/sqlite-${String(version)}-answers.json`)[NAMESPACES[0]!]!;

  expect(comparable(recordsOf(await bank.exportJsonl()))).toEqual(comparable(then.patterns));
  await bank.close();
});

test("every layout there was has its golden file", () => {
  const known = readdirSync(specPath("banks")).filter((name) => /^indexeddb-\d+\.json\.gz$/.test(name));

  expect(known.sort()).toEqual(upTo(DATABASE_VERSION).map((version) => `indexeddb-${String(version)}.json.gz`));
});
