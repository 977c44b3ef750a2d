/** A bank in memory: the same rules, nothing that lasts. */

import { Unavailable } from "../../domain/errors.js";
import { RecordScan } from "../scanning.js";
import type { Description, Erased, Scrubbed, Storage, Tables } from "../tables.js";
import { Turns } from "../turns.js";
import { MemoryTables } from "./tables.js";

const UNPROVED = "memory that is free but has not been used again";

/** Keeps a bank in memory; gone when it is closed. */
export class MemoryStorage implements Storage {
  readonly readOnly = false;
  readonly #reason: string;
  readonly #turns = new Turns();
  #tables: MemoryTables | null = new MemoryTables();

  constructor(reason: string) {
    this.#reason = reason;
  }

  read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#turns.take(() => work(this.#open()));
  }

  write<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      const tables = this.#open();
      tables.undo.length = 0;
      try {
        return await work(tables);
      } catch (error) {
        while (tables.undo.length > 0) tables.undo.pop()!();
        throw error;
      } finally {
        tables.undo.length = 0;
      }
    });
  }

  describe(): Promise<Description> {
    return Promise.resolve({
      backend: "memory",
      path: null,
      persistent: false,
      reason: this.#reason,
      size_bytes: 0,
      schema_version: 2,
      engine: "JavaScript maps",
    });
  }

  scrub(erased: Erased): Promise<Scrubbed> {
    return this.#turns.take(() => {
      const scan = new RecordScan(erased);
      for (const [store, record] of this.#open().records()) scan.look(store, record);
      return Promise.resolve({ bytes_checked: scan.conclude(null), compacted: false, unproved: UNPROVED });
    });
  }

  async close(): Promise<void> {
    await this.#turns.idle();
    this.#tables = null;
  }

  #open(): MemoryTables {
    if (this.#tables === null) throw new Unavailable("the bank is closed", { hint: "Open it again." });
    return this.#tables;
  }
}
