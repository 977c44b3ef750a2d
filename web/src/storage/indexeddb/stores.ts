/** One transaction, as the stores of a bank are used in it; what is counted is kept until the end. */

import type { EmbeddingModel } from "../../domain/records.js";
import type { CategoryCount } from "../tables.js";
import { result } from "./requests.js";
import type { StoreName } from "./schema.js";

/** What is kept of a namespace as a whole: one record, read and written once a transaction. */
export interface NamespaceRecord {
  readonly namespace: string;
  readonly model: EmbeddingModel | null;
  /** Number of the last change: the generation that every search looks at first. */
  readonly seq: number;
  /** Whether any pattern stands in a relation, so that the others need not be asked. */
  readonly linked?: boolean;
  readonly log_start: number;
}

/** What every part of the tables does inside its transaction. */
export class Stores {
  readonly #transaction: IDBTransaction;
  readonly #namespaces = new Map<string, Promise<NamespaceRecord>>();
  protected readonly changed = new Map<string, NamespaceRecord>();
  readonly #read = new Map<string, Promise<CategoryCount | undefined>>();
  readonly #counts = new Map<string, { namespace: string; category: string; patterns: number; quarantined: number }>();

  constructor(transaction: IDBTransaction) {
    this.#transaction = transaction;
  }

  protected store(name: StoreName): IDBObjectStore {
    return this.#transaction.objectStore(name);
  }

  protected get<T>(name: StoreName, key: IDBValidKey): Promise<T | undefined> {
    return result(this.store(name).get(key) as IDBRequest<T | undefined>);
  }

  protected all<T>(name: StoreName, index: string, key: IDBValidKey | IDBKeyRange): Promise<T[]> {
    return result(this.store(name).index(index).getAll(key) as IDBRequest<T[]>);
  }

  /** Write what was counted: once a namespace and category, however much happened to them. */
  async finish(): Promise<void> {
    for (const record of this.changed.values()) this.store("namespaces").put(record);
    await Promise.all([...this.#counts.values()].map((one) => this.#writeCount(one)));
  }

  addCount(namespace: string, category: string, patterns: number, quarantined: number): void {
    const name = `${namespace}\0${category}`;
    const before = this.#counts.get(name) ?? { namespace, category, patterns: 0, quarantined: 0 };
    const after = { ...before, patterns: before.patterns + patterns, quarantined: before.quarantined + quarantined };
    this.#counts.set(name, after);
  }

  protected count(namespace: string, category: string): Promise<CategoryCount | undefined> {
    const name = `${namespace}\0${category}`;
    let reading = this.#read.get(name);
    if (reading === undefined) {
      reading = this.get<CategoryCount>("category_counts", [namespace, category]);
      reading.catch(() => undefined); // told to who waits for it, if anybody does
      this.#read.set(name, reading);
    }
    return reading;
  }

  async #writeCount(one: { namespace: string; category: string; patterns: number; quarantined: number }): Promise<void> {
    const key = [one.namespace, one.category];
    const before = await this.count(one.namespace, one.category);
    const patterns = (before?.patterns ?? 0) + one.patterns;
    const quarantined = (before?.quarantined ?? 0) + one.quarantined;
    if (patterns === 0) this.store("category_counts").delete(key);
    else {
      const { namespace, category: task_category } = one;
      this.store("category_counts").put({ namespace, task_category, patterns, quarantined });
    }
  }

  protected async namespace(namespace: string): Promise<NamespaceRecord> {
    const changed = this.changed.get(namespace);
    if (changed !== undefined) return changed;
    let reading = this.#namespaces.get(namespace);
    if (reading === undefined) {
      reading = this.get<NamespaceRecord>("namespaces", namespace).then(
        (found) => found ?? { namespace, model: null, seq: 0, log_start: 1 },
      );
      this.#namespaces.set(namespace, reading);
    }
    return reading;
  }
}
