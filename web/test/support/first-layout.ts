/** A database as the first version of the layout had it, written without the code that is tested. */
import { dedupeKey } from "../../src/domain/duplicates.js";
import { vectorChecksum } from "../../src/domain/checksum.js";
import { rowOf, type PatternRow } from "../../src/storage/rows.js";
import { letters } from "../scenarios/runner.js";

const AT = "2026-01-02T03:04:05.006Z";
const NAMESPACE = "default";

/** The one pattern of an old bank, and one that was erased from it. */
export const OLD_ID = "019b7d2e-5d3e-7000-8000-000000000001";
export const ERASED_ID = "019b7d2e-5d3e-7000-8000-000000000009";

/** Give the row of the one pattern of an old bank, which is about adding a login. */
export function oldRow(): PatternRow {
  const content = { namespace: NAMESPACE, task_category: "backend", task_description: "Add login", strategy: "Test first." };
  return rowOf({
    pattern: {
      ...content, id: OLD_ID, title: null, success_score: null, duration_seconds: null, tags: [], metadata: {},
      trust: "reported", state: "active", uses: 1, successes: 1, failures: 0, last_used_at: AT, created_at: AT,
      updated_at: AT, expires_at: null, version: 2,
    },
    created_by: "somebody",
    key: dedupeKey(content, null),
  }); // prettier-ignore
}

/** Give the vector of the one pattern. */
export function oldVector(): Int8Array {
  return letters.embedQuery(oldRow().task_description) as Int8Array;
}

/** Make a database of the first layout with one pattern in it, and leave it open if that is wanted. */
export function makeFirstLayout(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      makeStores(request.result);
      fill(request.transaction!);
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error!);
    };
  });
}

function makeStores(database: IDBDatabase): void {
  const make = (name: string, keyPath: string | string[]): IDBObjectStore => database.createObjectStore(name, { keyPath });
  make("properties", "name");
  make("namespaces", "namespace");
  make("category_counts", ["namespace", "task_category"]);
  const patterns = make("patterns", ["namespace", "id"]);
  patterns.createIndex("dedupe", ["namespace", "dedupe_key"], { unique: true });
  patterns.createIndex("category", "offered");
  patterns.createIndex("expiry", "expiring");
  make("pattern_embeddings", ["namespace", "pattern_id", "model"]);
  const counted = (name: string): IDBObjectStore => database.createObjectStore(name, { keyPath: "sequence", autoIncrement: true });
  const outcomes = counted("outcomes");
  outcomes.createIndex("id", ["namespace", "id"], { unique: true });
  outcomes.createIndex("pattern", ["namespace", "pattern_id"]);
  outcomes.createIndex("recall", "of_recall");
  counted("pattern_history").createIndex("pattern", ["namespace", "pattern_id"]);
  counted("observations").createIndex("pattern", ["namespace", "pattern_id"]);
  make("idempotency_keys", ["namespace", "key"]).createIndex("pattern", ["namespace", "pattern_id"]);
  make("changes", ["namespace", "seq"]);
  make("recalls", ["namespace", "id"]);
  make("pattern_links", ["namespace", "source_id", "kind", "target_id"]).createIndex("target", ["namespace", "target_id"]);
  make("trajectories", ["namespace", "id"]).createIndex("fingerprint", ["namespace", "fingerprint"], { unique: true });
}

function fill(transaction: IDBTransaction): void {
  const put = (store: string, record: object): void => {
    transaction.objectStore(store).put(record);
  };
  const row = oldRow();
  const vector = oldVector();
  const of = { namespace: NAMESPACE, pattern_id: OLD_ID };
  put("properties", { name: "created_at", value: AT });
  put("patterns", { ...row, offered: [NAMESPACE, row.task_category, 1, -Date.parse(AT), OLD_ID] });
  put("pattern_embeddings", {
    ...of, model: `letters\0${String(vector.length)}\u00001`, vector, checksum: vectorChecksum(vector),
    task_category: row.task_category, expires_at: null, active: true,
  }); // prettier-ignore
  put("outcomes", { ...of, id: OLD_ID.replace(/1$/, "2"), kind: "success", score: 1, source: "test", evidence: "{}", actor: "somebody", at: AT, weight: 1, recall_id: null });
  put("category_counts", { namespace: NAMESPACE, task_category: row.task_category, patterns: 1, quarantined: 0 });
  put("changes", { namespace: NAMESPACE, seq: 1, id: OLD_ID, kind: "put" });
  put("changes", { namespace: NAMESPACE, seq: 2, id: ERASED_ID, kind: "erase" });
  put("namespaces", { namespace: NAMESPACE, model: { name: "letters", dimension: vector.length, version: "1" }, seq: 2, log_start: 1 });
} // prettier-ignore
