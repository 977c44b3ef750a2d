/** What tests of real browsers run inside the page; bundled from the sources, with the web's platform. */

import { ReasoningBankAdapter } from "../../../src/bank/adapter.js";
import type { BankOptions } from "../../../src/bank/options.js";
import { ReasoningBankError } from "../../../src/domain/errors.js";
import { TABLES } from "../../../src/embedding/assets.js";
import { defaultEmbedder } from "../../../src/embedding/default.js";
import { hasSimd, loadKernel } from "../../../src/kernel/kernel.js";
import { openStorage } from "../../../src/platform/web-storage.js";
import { result } from "../../../src/storage/indexeddb/requests.js";
import { MemoryStorage } from "../../../src/storage/memory/storage.js";
import { loadSqlJs } from "../../../src/storage/sqljs/library.js";
import { hasPrivateFiles } from "../../../src/storage/sqljs/opfs.js";
import { openImage, type ImageStore } from "../../../src/storage/sqljs/saving.js";
import type { Storage } from "../../../src/storage/tables.js";
import { letters, Run, type Scenario, type Stores } from "../../scenarios/runner.js";
import { ERASED_ID, makeFirstLayout, OLD_ID } from "../../support/first-layout.js";

const OPTIONS: BankOptions = {
  tableUrl: `/dist/assets/${TABLES.hybrid.id}.bin`,
  sqljsUrl: "/dist/assets/sql-wasm.wasm",
};
const banks = new Map<string, ReasoningBankAdapter>();
let runs = 0;
let held: IDBDatabase | null = null;

/** Give a bank by the target it was opened with. */
function bank(target = "page", options: BankOptions = {}): ReasoningBankAdapter {
  const key = JSON.stringify([target, options]);
  let known = banks.get(key);
  if (known === undefined) {
    known = new ReasoningBankAdapter(target, { ...OPTIONS, ...options });
    banks.set(key, known);
  }
  return known;
}

function storesOf(engine: string, inFiles: boolean): Stores {
  const run = `${String(Date.now())}-${String(runs++)}`;
  const opened = new Map<string, Storage>();
  const shared = engine !== "indexeddb";
  return {
    lacks: shared ? ["persistent"] : [],
    shared,
    open: async (name) => {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const target = `${engine}:scenario/${run}/${name}`;
      let storage: Storage;
      if (engine === "memory") storage = new MemoryStorage("tested");
      else if (engine === "sqljs" && !inFiles) storage = await openImage(await loadSqlJs(OPTIONS.sqljsUrl), inPage(target), "tested");
      else storage = await openStorage(target, OPTIONS);
      if (shared) opened.set(name, storage);
      return storage;
    },
    discard: async () => {
      for (const storage of opened.values()) await storage.close();
    },
  };
}

/** Keep an image in the page; that private files keep theirs has a test of its own. */
function inPage(path: string): ImageStore {
  let kept: Uint8Array | null = null;
  return {
    path,
    refusal: null,
    load: () => Promise.resolve(kept),
    save: (image) => {
      kept = image;
      return Promise.resolve();
    },
    backUp: () => Promise.reject(new Error("a new image has no older schema")),
    release: () => Promise.resolve(),
  };
}

/** Run every scenario on an engine; give the failures and how many passed. */
async function scenarios(engine: string, inFiles = false): Promise<{ passed: number; skipped: number; failed: string[] }> {
  const all = (await (await fetch("/scenarios.json")).json()) as Scenario[];
  const { tableUrl } = OPTIONS;
  const embedder = await defaultEmbedder({ tableUrl });
  const outcome = { passed: 0, skipped: 0, failed: [] as string[] };
  const waiting = all.values();
  // Several at a time: most of the time goes by waiting for the storage.
  const worker = async (): Promise<void> => {
    for (const scenario of waiting) {
      const stores = storesOf(engine, inFiles);
      if (scenario.needs?.some((need) => stores.lacks.includes(need))) {
        outcome.skipped++;
        continue;
      }
      const run = new Run(stores, { embedder });
      try {
        await run.run(scenario);
        outcome.passed++;
      } catch (error) {
        outcome.failed.push(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await run.close();
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker(), worker(), worker(), worker(), worker()]);
  return outcome;
}

/** Hold the embedder to the golden vectors; give the texts that come out otherwise. */
async function golden(): Promise<{ same: number; other: string[]; kernel: string; simd: boolean }> {
  const lines = (await (await fetch("/spec/embeddings/golden.jsonl")).text()).trimEnd().split("\n");
  const embedder = await defaultEmbedder({ tableUrl: OPTIONS.tableUrl });
  const outcome = { same: 0, other: [] as string[], kernel: (await loadKernel()).kind, simd: hasSimd() };
  for (const line of lines) {
    const { text, vec } = JSON.parse(line) as { text: string; vec: string };
    const vector = (await embedder.embedQuery(text)) as Int8Array;
    let binary = "";
    for (const value of vector) binary += String.fromCharCode(value & 0xff);
    if (btoa(binary) === vec) outcome.same++;
    else outcome.other.push(text);
  }
  return outcome;
}

/** Store patterns one after the other, telling the server of each that was acknowledged, until the page goes. */
async function storeForever(target: string): Promise<void> {
  for (let number = 0; ; number++) {
    const id = await bank(target).storePattern({
      task_description: `Task number ${String(number)} of a page that will be killed`,
      task_category: "killed",
      strategy: `Write row ${String(number)} and tell of it.`,
    });
    await fetch(`/acknowledged?id=${id}`, { method: "POST" });
  }
}

/** Store a pattern, or on a later visit find it, and tell the server which. */
async function visit(): Promise<void> {
  const kept = bank("visited", { durability: "strict" });
  const [found] = await kept.findSimilar("survive a restart");
  const input = { task_description: "survive a restart", task_category: "c", strategy: "Write it down." };
  const told = found === undefined ? `stored-${await kept.storePattern(input)}` : `found-${found.id}`;
  await fetch(`/acknowledged?id=${told}`, { method: "POST" });
}

/** Give the error that a call makes as an object, or what it gives. */
async function outcomeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    if (error instanceof ReasoningBankError) return { error: error.toJSON() };
    return { error: { code: "unexpected", message: String(error) } };
  }
}

/** Open a database by hand, as a page of another release does; without a version it keeps the first layout. */
async function holdDatabase(name: string, version?: number): Promise<number> {
  held = version === undefined ? await makeFirstLayout(`reasoningbank/${name}`) : await result(indexedDB.open(`reasoningbank/${name}`, version));
  return held.version;
}

function letGoOfDatabase(): void {
  held?.close();
}

const harness = {
  bank, scenarios, golden, storeForever, outcomeOf, holdDatabase, letGoOfDatabase, letters, OLD_ID, ERASED_ID,
  hasPrivateFiles,
}; // prettier-ignore
declare global {
  interface Window {
    harness: typeof harness;
  }
}
window.harness = harness;
if (location.search === "?visit") void visit();
