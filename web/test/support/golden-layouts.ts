/**
 * Databases in IndexedDB as releases left them, in `spec/banks/indexeddb-*.json`: how one is written down, and put back.
 *
 * What a release leaves is written down by `web/scripts/golden-layout.mjs`, with that release's own code.
 */
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { IndexedDbStorage } from "../../src/storage/indexeddb/storage.js";
import { letters } from "../scenarios/runner.js";

export const NAMESPACES = ["default", "équipe b"];
const LONG_AGO = "2020-01-01T00:00:00.000Z";
const LATER = "2999-12-31T23:59:59.999Z";

/** A database of IndexedDB: its version, and of each store the form and what is in it. */
export interface WrittenLayout {
  readonly version: number;
  readonly stores: readonly WrittenStore[];
}

interface WrittenStore {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: readonly { readonly name: string; readonly keyPath: string | string[]; readonly unique: boolean }[];
  readonly records: readonly unknown[];
}

/** What a bank answers, by namespace. */
export type Answers = Record<string, { patterns: unknown[]; trajectories: unknown[]; similar: unknown[]; ops: string[]; counts: number[] }>;

/** Open a bank of IndexedDB with the embedder of the scenarios. */
export async function openNamespace(name: string, namespace: string): Promise<ReasoningBankAdapter> {
  return new ReasoningBankAdapter(await IndexedDbStorage.open(name, "golden"), { embedder: letters, namespace, actor: "a tool" });
}

/** Store something of each kind in two namespaces; `trajectories` are lines of an export of experiences, by namespace. */
export async function fill(name: string, trajectories: Record<string, string>): Promise<void> {
  for (const namespace of NAMESPACES) {
    const bank = await openNamespace(name, namespace);
    const login = await bank.storePattern({
      task_description: "Add login with a session cookie to the REST API",
      task_category: "backend",
      strategy: "Write the failing test for the protected route first.",
      title: "Test the protected route first",
      success_score: 0.95,
      duration_seconds: 120.5,
      tags: ["auth", "überprüft"],
      metadata: { language: "python", nested: { list: [1, 2.5, null, true] } },
    });
    await bank.storePattern({ task_description: "Zeichne ein Histogramm 図", task_category: "data", strategy: "Choose the bin width.\nLabel the axis." });
    const changed = await bank.storePattern({ task_description: "Cut the time of the build", task_category: "build", strategy: "Cache.", expires_at: LATER });
    await bank.updatePattern(changed, { strategy: "Cache what does not change.", success_score: 0.5 });
    const once = { task_description: "Rotate the keys", task_category: "ops", strategy: "Twice." };
    await bank.put(once, { idempotency_key: "rotate" });
    await bank.put({ ...once, task_description: "rotate the KEYS", tags: ["seen"] });
    await bank.put(once, { on_duplicate: "keep" });
    await bank.storePattern({ task_description: "Warm the cache", task_category: "ops", strategy: "Do.", expires_at: LONG_AGO });
    await bank.recordOutcome({ pattern: login, success: true, source: "test", evidence: { n: 1 } });
    await bank.recordOutcome({ pattern: login, success: false, source: "human" });
    await bank.deletePattern(await bank.storePattern({ task_description: "Gone", task_category: "ops", strategy: "Deleted." }));
    await bank.erase(await bank.storePattern({ task_description: "Wiped", task_category: "ops", strategy: "Erased." }));
    const recalled = await bank.recall("Add login to the API", null, { min_similarity: 0 });
    await bank.recordOutcome({ recall: recalled.id, success: true, source: "test" });
    await bank.restoreTrajectoriesJsonl(trajectories[namespace]!);
    await bank.close();
  }
}

/** Give what a bank answers. */
export async function answersOf(name: string): Promise<Answers> {
  const answers: Answers = {};
  for (const namespace of NAMESPACES) {
    const bank = await openNamespace(name, namespace);
    const lines = (text: string): unknown[] => text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line) as unknown);
    const { total_patterns, active_patterns } = await bank.getStats();
    answers[namespace] = {
      patterns: lines(await bank.exportJsonl()),
      trajectories: lines(await bank.exportTrajectoriesJsonl()),
      similar: (await bank.findSimilar("let users sign in to the API", null, 3)).map(({ id, similarity }) => [id, Number(similarity.toFixed(6))]),
      ops: (await bank.searchByCategory("ops")).map(({ id }) => id),
      counts: [total_patterns, active_patterns],
    };
    await bank.close();
  }
  return answers;
}

/** Write a database down. */
export async function written(name: string): Promise<WrittenLayout> {
  const database = await done(indexedDB.open(name));
  const stores: WrittenStore[] = [];
  for (const store of database.objectStoreNames) {
    const open = database.transaction(store).objectStore(store);
    const indexes = [...open.indexNames].map((index) => {
      const { keyPath, unique } = open.index(index);
      return { name: index, keyPath, unique };
    });
    const { keyPath, autoIncrement } = open;
    const records = (await done(open.getAll())).map(plain);
    stores.push({ name: store, keyPath: keyPath, autoIncrement, indexes, records });
  }
  const { version } = database;
  database.close();
  return { version, stores };
}

/** Put a database back as it was written down, with nothing of the code that is tested. */
export async function putBack(name: string, { version, stores }: WrittenLayout): Promise<void> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    for (const { name: store, keyPath, autoIncrement, indexes, records } of stores) {
      const made = request.result.createObjectStore(store, { keyPath, autoIncrement });
      for (const index of indexes) made.createIndex(index.name, index.keyPath, { unique: index.unique });
      for (const record of records) made.put(cloned(record));
    }
  };
  (await done(request)).close();
}

/** Give a value as JSON can hold it: bytes as text, marked with their type. */
function plain(value: unknown): unknown {
  if (value instanceof Int8Array || value instanceof Uint8Array) {
    return { $type: value.constructor.name, base64: btoa(String.fromCharCode(...new Uint8Array(value.buffer, value.byteOffset, value.length))) };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`a record holds a ${value.constructor.name}`);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function cloned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloned);
  if (value === null || typeof value !== "object") return value;
  if ("$type" in value) {
    const { $type, base64 } = value as unknown as { $type: string; base64: string };
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return $type === "Int8Array" ? new Int8Array(bytes.buffer) : bytes;
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cloned(one)]));
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error!);
    };
  });
}
