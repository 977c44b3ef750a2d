/** What every operation of the bank stands on: the storage, the embedder, the clock, the tenant. */

import { InvalidInput, Unavailable } from "../domain/errors.js";
import { randomBytes } from "#random";
import { newId, type Clock, type RandomBytes } from "../domain/identifiers.js";
import { LIMITS } from "../domain/limits.js";
import type { SimilarPattern } from "../domain/pattern.js";
import type { RecallEvent } from "../domain/recall.js";
import type { EmbeddingModel, Stamp } from "../domain/records.js";
import { formatTimestamp } from "../domain/timestamps.js";
import { checkedChoice, checkedLine, checkedNumber, checkOptions } from "../domain/validation.js";
import { chosenKernel, loadKernel, type KernelSource } from "../kernel/kernel.js";
import { SimilaritySearch } from "../storage/search.js";
import type { Storage, Tables } from "../storage/tables.js";
import { Turns } from "../storage/turns.js";
import type { IndexQuery } from "../storage/vector-index.js";
import { Drafting } from "./drafting.js";
import { BANK_OPTIONS, type BankOptions } from "./options.js";
import { TextVectors } from "./text-vectors.js";

/** Opens the storage that a target names. */
export type StorageOpener = () => Promise<Storage>;

const searches = new WeakMap<Storage, SimilaritySearch>();
const DAY_MS = 86_400_000;

/** Holds what every operation of a bank needs; the storage is opened by the first that needs it. */
export class BankCore {
  readonly namespace: string;
  readonly actor: string;
  readonly clock: Clock;
  readonly vectors: TextVectors;
  readonly drafting: Drafting;
  readonly #randomBytes: RandomBytes;
  readonly #kernel: KernelSource | undefined;
  readonly #open: StorageOpener;
  readonly #searching = new Turns();
  readonly #recalls = new Map<string, RecallEvent>();
  #storage: Promise<Storage> | null = null;
  #closed = false;

  constructor(open: StorageOpener, options: BankOptions) {
    checkOptions(options, BANK_OPTIONS);
    // Left out is not null: what is given is checked.
    const { namespace = "default", actor = "caller" } = options;
    this.namespace = checkedLine(namespace, "namespace", LIMITS.namespace_bytes);
    this.actor = checkedLine(actor, "actor", LIMITS.actor_bytes);
    if (options.durability !== undefined) checkedChoice(options.durability, "durability", ["relaxed", "strict"]);
    if (options.busyTimeout !== undefined) checkedNumber(options.busyTimeout, "busyTimeout", 0, DAY_MS);
    this.clock = options.clock ?? Date.now;
    this.#randomBytes = options.randomBytes ?? randomBytes;
    this.#kernel = chosenKernel(options.kernel);
    this.vectors = new TextVectors(options.embedder ?? "hybrid", options);
    this.drafting = new Drafting(this.namespace, this.actor, this.clock, this.#randomBytes);
    this.#open = open;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Give the storage, opening it if this is the first call; a failure is tried again by the next. */
  async storage(): Promise<Storage> {
    if (this.#closed) throw new Unavailable("the bank is closed", { hint: "Open it again." });
    if (this.#storage === null) {
      const opening = this.#open();
      this.#storage = opening;
      opening.catch(() => {
        if (this.#storage === opening) this.#storage = null;
      });
    }
    const storage = await this.#storage;
    if (this.#closed) throw new Unavailable("the bank is closed", { hint: "Open it again." });
    return storage;
  }

  now(): string {
    return formatTimestamp(this.clock());
  }

  stamp(): Stamp {
    return { actor: this.actor, at: this.now() };
  }

  newId(milliseconds: number): string {
    return newId(milliseconds, this.#randomBytes);
  }

  async read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return (await this.storage()).read(work);
  }

  async write<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return (await this.storage()).write(work);
  }

  /** Find the nearest patterns, and ask more of the same moment. */
  async search<T>(
    query: Int8Array,
    model: EmbeddingModel,
    wanted: IndexQuery,
    then: (tables: Tables, found: SimilarPattern[]) => Promise<T>,
  ): Promise<T> {
    const storage = await this.storage();
    const kernel = await loadKernel(this.#kernel);
    let search = searches.get(storage);
    if (search === undefined) {
      search = new SimilaritySearch();
      searches.set(storage, search);
    }
    const shared = search;
    // One at a time: two that bring the same cache up to date would get in each other's way.
    return this.#searching.take(() =>
      storage.read(async (tables) => {
        shared.enter(storage.epoch);
        return then(tables, await shared.nearest(tables, kernel, this.namespace, model, query, wanted));
      }),
    );
  }

  /** Take a recall event; it is written soon, off the caller's path. */
  addRecall(event: RecallEvent): void {
    this.#recalls.set(event.id, event);
    // What cannot be written now waits for the next event, an outcome that names it, or closing.
    this.flushRecalls().catch(() => undefined);
  }

  /** Write the recall events that are waiting. */
  async flushRecalls(): Promise<void> {
    const events = [...this.#recalls.values()];
    if (events.length === 0) return;
    await this.write(async (tables) => {
      for (const event of events) await tables.addRecall(this.namespace, event);
    });
    for (const event of events) this.#recalls.delete(event.id);
  }

  /** Let go of the storage; calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const opening = this.#storage;
    try {
      if (opening !== null) await this.flushRecalls();
    } finally {
      this.#closed = true;
      // An opening that failed has been told to who asked for it.
      await opening?.then((storage) => storage.close(), () => undefined);
    }
  }
}

/** Give what a caller gave for a file name or URL, checked. */
export function checkedTarget(target: unknown): string | null {
  if (target === undefined || target === null) return null;
  if (typeof target !== "string") throw new InvalidInput("must be text", { field: "target" });
  if (target.trim() === "") {
    throw new InvalidInput("must not be empty", { field: "target", hint: "Give a name, a path or memory:." });
  }
  if (target.includes("\0")) throw new InvalidInput("holds a zero byte", { field: "target" });
  return target;
}
