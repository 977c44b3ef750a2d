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

/** Time calls one after the other, in microseconds; the median of them. */
async function timed(calls: number, call: (at: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < calls; at++) {
    const begun = performance.now();
    await call(at);
    times.push((performance.now() - begun) * 1000);
  }
  return median(times);
}

interface Measured {
  readonly ours: Record<string, number>;
  readonly raw: Record<string, number>;
  readonly heap: number;
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
  // Several rounds in turns, so that both meet the same weather.
  for (let round = 0; round < 3; round++) {
    const keep = (of: Record<string, number>, what: string, value: number): void => {
      of[what] = Math.min(of[what] ?? Infinity, value);
    };
    keep(ours, "store", await timed(calls, () => bank.storePattern(input(next++))));
    keep(bare, "store", await timed(calls, () => raw.store(next++, false)));
    keep(bare, "store, counters read", await timed(calls, () => raw.store(next++, true)));
    keep(ours, "get", await timed(calls, (at) => bank.getPattern(ids[at % ids.length]!)));
    keep(bare, "get", await timed(calls, (at) => raw.get(ids[at % ids.length]!)));
    keep(ours, "category", await timed(calls, (at) => bank.searchByCategory(`category ${String(at % 20)}`)));
    keep(bare, "category", await timed(calls, (at) => raw.category(`category ${String(at % 20)}`)));
    keep(ours, "similar", await timed(calls, (at) => bank.findSimilar(`${input(at * 31).task_description} today`)));
    keep(ours, "stats", await timed(calls, () => bank.getStats()));
    keep(ours, "recall", await timed(50, (at) => bank.recall(`${input(at * 31).task_description} today`)));
  }
  const embedder = await defaultEmbedder({ tableUrl });
  ours["embed"] = await timed(1000, (at) => Promise.resolve(embedder.embedQuery(input(at * 17).task_description)));
  (globalThis as { gc?: () => void }).gc?.();
  const { memory } = performance as unknown as { memory?: { usedJSHeapSize: number } };
  const heap = memory?.usedJSHeapSize ?? 0;
  await bank.close();
  raw.close();
  return { ours, raw: bare, heap };
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
