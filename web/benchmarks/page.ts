/** What the benchmark runs inside the page: the bank beside raw IndexedDB with the same stores, indexes and rows. */

import { ReasoningBankAdapter } from "../src/bank/adapter.js";
import { dedupeKey } from "../src/domain/duplicates.js";
import type { PatternInput } from "../src/domain/pattern.js";
import { TABLES } from "../src/embedding/assets.js";
import { defaultEmbedder } from "../src/embedding/default.js";
import { completed, result } from "../src/storage/indexeddb/requests.js";
import { IndexedDbStorage } from "../src/storage/indexeddb/storage.js";

const tableUrl = `/dist/assets/${TABLES.hybrid.id}.bin`;
const VERBS = "add fix speed-up remove test document refactor deploy monitor cache validate migrate".split(" ");
const THINGS = "login endpoint report query index parser worker queue cookie session form table chart upload".split(" ");
const PLACES = "the API|the billing service|the admin page|our mobile app|the nightly job|the search page".split("|");

/** Give a pattern like those an agent stores, the same for the same number. */
function input(number: number): PatternInput {
  const pick = (from: readonly string[], by: number): string => from[Math.floor(number / by) % from.length]!;
  return {
    task_description: `${pick(VERBS, 1)} the ${pick(THINGS, 12)} of ${pick(PLACES, 168)} for customer ${String(number)}`,
    task_category: `category ${String(number % 20)}`,
    strategy: `Write the failing test first, then the smallest change that passes; case ${String(number)}. `.repeat(4),
    success_score: (number % 100) / 100,
    tags: ["bench", `t${String(number % 7)}`],
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1]!;
}

type Call = (at: number) => Promise<unknown>;

/** Time calls in turns, one of each after the other so that all meet the same weather; their medians in microseconds. */
async function timed<Name extends string>(calls: number, of: Readonly<Record<Name, Call>>): Promise<Record<Name, number>> {
  const names = Object.keys(of) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let at = 0; at < calls; at++) {
    for (const name of names) {
      const begun = performance.now();
      await of[name](at);
      times.get(name)!.push((performance.now() - begun) * 1000);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<Name, number>;
}

interface Measured {
  readonly ours: Record<string, number>;
  readonly raw: Record<string, number>;
  /** Bytes of the JavaScript heap, and of everything the page holds, WebAssembly too; before and after a collection. */
  readonly memory: Readonly<Record<"heap" | "page" | "heapBefore", number>>;
}

/** Measure a bank of a size against raw IndexedDB in a database of the same rows, call by call in turns. */
async function measure(size: number, durability: "relaxed" | "strict"): Promise<Measured> {
  const name = `bench/${String(size)}/${durability}/${String(Date.now())}`;
  const storage = await IndexedDbStorage.open(name, "measured", { durability });
  const bank = new ReasoningBankAdapter(storage, { tableUrl });
  for (let start = 0; start < size; start += 500) {
    const count = Math.min(500, size - start);
    await bank.storePatterns(Array.from({ length: count }, (_, at) => input(start + at)));
  }
  await bank.findSimilar("warm up");
  const raw = await rawCopy(name, durability);
  const calls = 200;
  const ids = await raw.ids(calls);
  let next = size;
  const ours: Record<string, number> = {};
  const bare: Record<string, number> = {};
  const keep = (of: Record<string, number>, what: string, value: number): void => {
    of[what] = Math.min(of[what] ?? Infinity, value);
  };
  const heapBefore = heapBytes();
  for (let round = 0; round < 3; round++) {
    const stored = await timed(calls, {
      ours: () => bank.storePattern(input(next++)),
      raw: () => raw.store(next++, false),
      counted: () => raw.store(next++, true),
    });
    keep(ours, "store", stored.ours);
    keep(bare, "store", stored.raw);
    keep(bare, "store, counters read", stored.counted);
    for (const [what, own, other] of [
      ["get", (at) => bank.getPattern(ids[at % ids.length]!), (at) => raw.get(ids[at % ids.length]!)],
      ["category", (at) => bank.searchByCategory(category(at)), (at) => raw.category(category(at))],
    ] as const satisfies readonly (readonly [string, Call, Call])[]) {
      const read = await timed(calls, { ours: own, raw: other });
      keep(ours, what, read.ours);
      keep(bare, what, read.raw);
    }
    const task = (at: number): string => `${input(at * 31).task_description} today`;
    keep(ours, "similar", (await timed(calls, { ours: (at) => bank.findSimilar(task(at)) })).ours);
    keep(ours, "stats", (await timed(calls, { ours: () => bank.getStats() })).ours);
    keep(ours, "recall", (await timed(50, { ours: (at) => bank.recall(task(at)) })).ours);
  }
  const embedder = await defaultEmbedder({ tableUrl });
  const embed: Call = (at) => Promise.resolve(embedder.embedQuery(input(at * 17).task_description));
  ours["embed"] = (await timed(1000, { ours: embed })).ours;
  const memory = { heapBefore, ...(await heldBytes()) };
  await bank.close();
  raw.close();
  return { ours, raw: bare, memory };
}

function category(at: number): string {
  return `category ${String(at % 20)}`;
}

function heapBytes(): number {
  return (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0;
}

/** Collect what nobody needs and give what is held. */
async function heldBytes(): Promise<{ heap: number; page: number }> {
  (globalThis as { gc?: () => void }).gc?.();
  const heap = heapBytes();
  const measured = (performance as unknown as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> });
  return { heap, page: (await measured.measureUserAgentSpecificMemory?.())?.bytes ?? 0 };
}

interface Raw {
  ids(count: number): Promise<string[]>;
  /** Write the rows of one pattern; reading the counters first, or writing anything in their place. */
  store(number: number, counted: boolean): Promise<void>;
  get(id: string): Promise<unknown>;
  category(category: string): Promise<unknown>;
  close(): void;
}

/** Open the same database without the bank: bare requests on its stores, resolving on `complete` as the bank does. */
async function rawCopy(name: string, durability: "relaxed" | "strict"): Promise<Raw> {
  const database = await result(indexedDB.open(name));
  const read = (store: string): IDBObjectStore => database.transaction(store).objectStore(store);
  const [model] = await result(read("pattern_embeddings").getAll(undefined, 1) as IDBRequest<Record<string, unknown>[]>);
  const [row] = await result(read("patterns").getAll(undefined, 1) as IDBRequest<Record<string, unknown>[]>);
  return {
    ids: async (count) => {
      const keys = await result(read("patterns").getAllKeys(undefined, count));
      return keys.map((key) => (key as string[])[1]!);
    },
    store: async (number, counted) => {
      const id = `01a1fba1-c38e-7000-8000-${String(number).padStart(12, "0")}`;
      const given = input(number);
      const pattern = { ...row, ...given, namespace: "raw", id, dedupe_key: dedupeKey({ namespace: "raw", ...given }) };
      const rank = -given.success_score!;
      const names = ["patterns", "pattern_embeddings", "changes", "category_counts", "namespaces"];
      const transaction = database.transaction(names, "readwrite", { durability });
      const done = completed(transaction);
      const store = (of: string): IDBObjectStore => transaction.objectStore(of);
      if (counted) {
        await Promise.all([
          result(store("namespaces").get("raw")),
          result(store("category_counts").get(["raw", given.task_category])),
        ]);
      }
      store("patterns").add({ ...pattern, offered: ["raw", given.task_category, rank, -Date.now(), id] });
      store("pattern_embeddings").put({ ...model, namespace: "raw", pattern_id: id });
      store("changes").put({ namespace: "raw", seq: number, id, kind: "put" });
      store("category_counts").put({ namespace: "raw", task_category: given.task_category, patterns: number, quarantined: 0 });
      store("namespaces").put({ namespace: "raw", model: null, seq: number, log_start: 1 });
      transaction.commit();
      await done;
    },
    get: (id) => result(read("patterns").get(["default", id])),
    category: (category) => {
      const range = IDBKeyRange.bound(["default", category], ["default", category, []]);
      return result(read("patterns").index("category").getAll(range, 10));
    },
    close: () => {
      database.close();
    },
  };
}

(window as unknown as { measure: typeof measure }).measure = measure;
