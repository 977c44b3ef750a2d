/** The object stores of a bank in IndexedDB, and the steps from older versions. */

/** The version this release writes. Every released version keeps its step below. */
export const DATABASE_VERSION = 2;

export const STORES = [
  "properties", "namespaces", "category_counts", "patterns", "pattern_embeddings", "outcomes", "pattern_history",
  "observations", "idempotency_keys", "changes", "recalls", "pattern_links", "trajectories",
] as const; // prettier-ignore
export type StoreName = (typeof STORES)[number];

/** What takes a database from the version before to each version. Keys hold no nulls: those have no order. */
const UPGRADES: Readonly<Record<number, (database: IDBDatabase, transaction: IDBTransaction) => void>> = {
  1: (database) => {
    const make = (name: StoreName, options: IDBObjectStoreParameters): IDBObjectStore =>
      database.createObjectStore(name, options);
    make("properties", { keyPath: "name" });
    make("namespaces", { keyPath: "namespace" });
    make("category_counts", { keyPath: ["namespace", "task_category"] });
    const patterns = make("patterns", { keyPath: ["namespace", "id"] });
    patterns.createIndex("dedupe", ["namespace", "dedupe_key"], { unique: true });
    // Only rows that are active have these: [namespace, category, rank, -created, id] and [namespace, expiry, category].
    patterns.createIndex("category", "offered");
    patterns.createIndex("expiry", "expiring");
    make("pattern_embeddings", { keyPath: ["namespace", "pattern_id", "model"] });
    const outcomes = make("outcomes", { keyPath: "sequence", autoIncrement: true });
    outcomes.createIndex("id", ["namespace", "id"], { unique: true });
    outcomes.createIndex("pattern", ["namespace", "pattern_id"]);
    outcomes.createIndex("recall", "of_recall");
    for (const name of ["pattern_history", "observations"] as const) {
      make(name, { keyPath: "sequence", autoIncrement: true }).createIndex("pattern", ["namespace", "pattern_id"]);
    }
    const keys = make("idempotency_keys", { keyPath: ["namespace", "key"] });
    keys.createIndex("pattern", ["namespace", "pattern_id"]);
    make("changes", { keyPath: ["namespace", "seq"] });
    make("recalls", { keyPath: ["namespace", "id"] });
    const links = make("pattern_links", { keyPath: ["namespace", "source_id", "kind", "target_id"] });
    links.createIndex("target", ["namespace", "target_id"]);
    const trajectories = make("trajectories", { keyPath: ["namespace", "id"] });
    trajectories.createIndex("fingerprint", ["namespace", "fingerprint"], { unique: true });
  },
  // What was erased is found without reading the whole log: only those entries have the key [namespace, id].
  2: (_, transaction) => {
    const changes = transaction.objectStore("changes");
    changes.createIndex("erased", "erased");
    changes.openCursor().onsuccess = (event) => {
      const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
      if (cursor === null) return;
      const entry = cursor.value as { namespace: string; id: string; kind: string };
      if (entry.kind === "erase") cursor.update({ ...entry, erased: [entry.namespace, entry.id] });
      cursor.continue();
    };
  },
};

/** Bring a database up to a version, step by step, inside the transaction of its upgrade. */
export function upgrade(transaction: IDBTransaction, from: number, to = DATABASE_VERSION): void {
  for (let version = from + 1; version <= to; version++) UPGRADES[version]!(transaction.db, transaction);
}
