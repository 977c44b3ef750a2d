/** A bank in IndexedDB, shared with the other tabs of its origin. */

import type { BankOptions, Durability } from "../../bank/options.js";
import { Busy, SchemaTooNew, Unavailable } from "../../domain/errors.js";
import { randomBytes } from "#random";
import { newId } from "../../domain/identifiers.js";
import { formatTimestamp } from "../../domain/timestamps.js";
import { RecordScan } from "../scanning.js";
import type { Description, Erased, Scrubbed, Storage, Tables } from "../tables.js";
import { completed, result, translatedError } from "./requests.js";
import { DATABASE_VERSION, STORES, upgrade } from "./schema.js";
import { IndexedDbTables } from "./tables.js";

const BUSY_TIMEOUT_MS = 30_000;
const SCANNED_AT_ONCE = 200;
const UNPROVED = "the browser's own files, which a page cannot read: the browser clears removed records from them in its own time";

/** How a bank in IndexedDB is opened. */
export type IndexedDbOptions = Pick<BankOptions, "durability" | "busyTimeout" | "persist">;

/** Keeps a bank in IndexedDB. */
export class IndexedDbStorage implements Storage {
  readonly readOnly = false;
  readonly #name: string;
  readonly #reason: string;
  readonly #durability: Durability;
  readonly #timeout: number;
  #persist: boolean;
  #opening: Promise<IDBDatabase> | null = null;
  #closed = false;

  private constructor(name: string, reason: string, options: IndexedDbOptions) {
    this.#name = name;
    this.#reason = reason;
    this.#durability = options.durability ?? "relaxed";
    this.#timeout = options.busyTimeout ?? BUSY_TIMEOUT_MS;
    this.#persist = options.persist ?? false;
  }

  /** Open the database of this name, making it if it is not there. */
  static async open(name: string, reason: string, options: IndexedDbOptions = {}): Promise<IndexedDbStorage> {
    const storage = new IndexedDbStorage(name, reason, options);
    await storage.#opened();
    return storage;
  }

  async read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const database = await this.#opened();
    try {
      const transaction = database.transaction(STORES, "readonly");
      return await work(new IndexedDbTables(transaction));
    } catch (error) {
      throw translatedError(error, this.#path);
    }
  }

  async write<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const database = await this.#opened();
    if (this.#persist) this.#askToPersist();
    let transaction: IDBTransaction | null = null;
    let ended: Promise<void> | null = null;
    try {
      transaction = database.transaction(STORES, "readwrite", { durability: this.#durability });
      ended = completed(transaction);
      const tables = new IndexedDbTables(transaction);
      const value = await work(tables);
      await tables.finish();
      (transaction as { commit?: () => void }).commit?.(); // not in the oldest browsers
      await ended;
      return value;
    } catch (error) {
      try {
        transaction?.abort();
      } catch {
        // It has ended already: that is what the error is about.
      }
      const reason = await ended?.then(() => error, (failure: unknown) => failure);
      // A quota that is exceeded shows in the transaction, not in the request.
      throw translatedError(isAbort(reason) ? error : (reason ?? error), this.#path);
    }
  }

  async describe(): Promise<Description> {
    const database = await this.#opened();
    return {
      backend: "indexeddb",
      path: this.#path,
      persistent: true,
      reason: this.#reason,
      size_bytes: await usage(),
      schema_version: database.version,
      engine: `IndexedDB (${this.#durability} durability)`,
    };
  }

  /** Look through every record. A page cannot read the files that its browser keeps them in. */
  async scrub(erased: Erased): Promise<Scrubbed> {
    const database = await this.#opened();
    const scan = new RecordScan(erased);
    try {
      const transaction = database.transaction(STORES, "readonly");
      for (const name of STORES) {
        for await (const record of recordsOf(transaction.objectStore(name))) scan.look(name, record);
      }
    } catch (error) {
      throw translatedError(error, this.#path);
    }
    return { bytes_checked: scan.conclude(this.#path), compacted: false, unproved: UNPROVED };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const database = await this.#opening?.catch(() => null); // one that failed has been told of
    database?.close(); // waits for the transactions that are under way
    this.#opening = null;
  }

  get #path(): string {
    return `indexeddb:${this.#name}`;
  }

  #opened(): Promise<IDBDatabase> {
    if (this.#closed) throw new Unavailable("the bank is closed", { hint: "Open it again." });
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null; // the next call may succeed
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<IDBDatabase> {
    try {
      const database = await this.#connected();
      const own = this.#opening;
      // A newer release in another tab waits for this; the next call opens anew and is told.
      database.onversionchange = () => {
        this.#letGo(database, own);
      };
      database.onclose = () => {
        this.#letGo(database, own);
      };
      return database;
    } catch (error) {
      if ((error as { name?: unknown }).name === "VersionError") throw await tooNew(this.#name, this.#path);
      throw translatedError(error, this.#path);
    }
  }

  /** Connect, bringing an older database up to date; tabs with an older release are waited for a while. */
  #connected(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name, DATABASE_VERSION);
      let timer: ReturnType<typeof setTimeout> | undefined;
      let late = false;
      request.onupgradeneeded = ({ oldVersion }) => {
        const transaction = request.transaction!;
        upgrade(transaction, oldVersion);
        if (oldVersion === 0) nameBank(transaction);
      };
      request.onblocked = () => {
        timer ??= setTimeout(() => {
          late = true;
          reject(new Busy("is held open by a tab with an older release", { path: this.#path, hint: "Close it." }));
        }, this.#timeout);
      };
      request.onsuccess = () => {
        clearTimeout(timer);
        if (late) request.result.close();
        else resolve(request.result);
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(request.error!);
      };
    });
  }

  #letGo(database: IDBDatabase, opening: Promise<IDBDatabase> | null): void {
    database.close();
    if (this.#opening === opening) this.#opening = null;
  }

  /** Ask and go on: Firefox asks its user, who may answer late or never, and no write may wait for that. */
  #askToPersist(): void {
    this.#persist = false;
    const manager = (navigator as { storage?: Partial<StorageManager> }).storage;
    manager?.persist?.().catch((error: unknown) => {
      console.warn(`reasoningbank: the browser could not be asked to keep the data: ${String(error)}`);
    });
  }
}

/** Give the records of a store, some at a time: a bank need not fit into memory twice. */
async function* recordsOf(store: IDBObjectStore): AsyncGenerator {
  for (let range: IDBKeyRange | undefined; ; ) {
    const [keys, records] = await Promise.all([
      result(store.getAllKeys(range, SCANNED_AT_ONCE)),
      result(store.getAll(range, SCANNED_AT_ONCE)),
    ]);
    yield* records;
    if (keys.length < SCANNED_AT_ONCE) return;
    range = IDBKeyRange.lowerBound(keys[keys.length - 1], true);
  }
}

function nameBank(transaction: IDBTransaction): void {
  const properties = transaction.objectStore("properties");
  properties.put({ name: "bank_id", value: newId(Date.now(), randomBytes) });
  properties.put({ name: "created_at", value: formatTimestamp(Date.now()) });
}

async function tooNew(name: string, path: string): Promise<SchemaTooNew> {
  const all = await (indexedDB as Partial<IDBFactory>).databases?.(); // not in the oldest browsers
  const found = all?.find((one) => one.name === name)?.version ?? 0;
  return new SchemaTooNew("was written by a newer release", {
    found,
    supported: DATABASE_VERSION,
    path,
    hint: "Reload the page.",
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function usage(): Promise<number> {
  const manager = (globalThis.navigator as { storage?: Partial<StorageManager> } | undefined)?.storage;
  return (await manager?.estimate?.())?.usage ?? 0;
}
