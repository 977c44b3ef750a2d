/** A bank in IndexedDB, shared with the other tabs of its origin. */

import type { BankOptions, Durability } from "../../bank/options.js";
import { Busy, Unavailable } from "../../domain/errors.js";
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
const UNPROVEN = "the browser's own files, which a page cannot read: the browser clears removed records from them in its own time";

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
  #database: IDBDatabase | null = null;
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
    if (this.#persist) await this.#askToPersist();
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
    return { bytes_checked: scan.conclude(this.#path), compacted: false, unproven: UNPROVEN };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#database?.close(); // waits for the transactions that are under way
    this.#database = null;
    return Promise.resolve();
  }

  get #path(): string {
    return `indexeddb:${this.#name}`;
  }

  async #opened(): Promise<IDBDatabase> {
    if (this.#closed) throw new Unavailable("the bank is closed", { hint: "Open it again." });
    this.#database ??= await this.#open();
    return this.#database;
  }

  async #open(): Promise<IDBDatabase> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(this.#name, DATABASE_VERSION);
        let late = false;
        request.onupgradeneeded = ({ oldVersion }) => {
          upgrade(request.result, oldVersion, DATABASE_VERSION);
          if (oldVersion === 0) nameBank(request.transaction!);
        };
        request.onblocked = () => {
          timer ??= setTimeout(() => {
            late = true;
            reject(new Busy("is held open by a tab with an older release", { path: this.#path, hint: "Close it." }));
          }, this.#timeout);
        };
        request.onsuccess = () => {
          if (late) request.result.close();
          else resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error!);
        };
      });
      // A newer release in another tab waits for this; the next call opens anew and is told.
      database.onversionchange = () => {
        this.#letGo(database);
      };
      database.onclose = () => {
        this.#letGo(database);
      };
      return database;
    } catch (error) {
      throw translatedError(error, this.#path);
    } finally {
      clearTimeout(timer);
    }
  }

  #letGo(database: IDBDatabase): void {
    database.close();
    if (this.#database === database) this.#database = null;
  }

  async #askToPersist(): Promise<void> {
    this.#persist = false;
    const manager = (navigator as { storage?: Partial<StorageManager> }).storage;
    await manager?.persist?.();
  }
}

/** Give the records of a store, some at a time: a bank need not fit into memory twice. */
async function* recordsOf(store: IDBObjectStore): AsyncGenerator<unknown> {
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

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function usage(): Promise<number> {
  const manager = (globalThis.navigator as { storage?: Partial<StorageManager> } | undefined)?.storage;
  return (await manager?.estimate?.())?.usage ?? 0;
}

/** Remove a bank's database and everything in it. */
export async function deleteIndexedDb(name: string): Promise<void> {
  await result(indexedDB.deleteDatabase(name));
}
