/** Nearest patterns: vectors cached in memory, brought up to date inside each query's transaction. */

import type { SimilarPattern } from "../domain/pattern.js";
import { sameModel, type EmbeddingModel } from "../domain/records.js";
import { parseTimestamp } from "../domain/timestamps.js";
import type { Kernel } from "../kernel/kernel.js";
import { patternOf, unreadable } from "./rows.js";
import { isEmpty, mismatch } from "./storing.js";
import type { Tables, VectorEntry } from "./tables.js";
import { VectorIndex, type IndexQuery } from "./vector-index.js";

/** Reading single rows costs about three times as much as the same row in a scan. */
const REBUILD_SHARE = 3;
const FEW = 256;

interface Cached {
  readonly index: VectorIndex;
  readonly model: EmbeddingModel;
  /** How far into the log it is up to date. */
  seen: number;
}

/**
 * Finds the nearest patterns of a bank.
 *
 * Each query looks at the end of the log first, in its own transaction, and brings the cached vectors up
 * to date from it. So whatever any tab or process committed before the query began is found.
 */
export class SimilaritySearch {
  readonly #cached = new Map<string, Cached>();
  #epoch: number | undefined;

  /** Give the nearest active patterns, best first, ties by id. */
  async nearest(
    tables: Tables, kernel: Kernel, namespace: string, model: EmbeddingModel, query: Int8Array, wanted: IndexQuery,
  ): Promise<SimilarPattern[]> {
    const current = await tables.currentModel(namespace);
    if (current === null) return [];
    if (!sameModel(current, model)) {
      if (await isEmpty(tables, namespace)) return [];
      throw mismatch(current, model);
    }
    let index: VectorIndex;
    try {
      index = await this.#current(tables, kernel, namespace, model);
    } catch (error) {
      this.#cached.delete(namespace); // stopped half-way, it may be half of anything
      throw error;
    }
    const found = index.search(query, wanted);
    const rows = await tables.rows(namespace, found.map(({ id }) => id));
    return found.map(({ id, similarity }) => {
      const row = rows.get(id);
      if (row === undefined) throw unreadable(id);
      return { ...patternOf(row), similarity };
    });
  } // prettier-ignore

  /** Forget what is cached if the bank was put back to an earlier state. */
  enter(epoch: number | undefined): void {
    if (epoch !== this.#epoch) this.#cached.clear();
    this.#epoch = epoch;
  }

  async #current(tables: Tables, kernel: Kernel, namespace: string, model: EmbeddingModel): Promise<VectorIndex> {
    const { first, last } = await tables.logEnds(namespace);
    let cached = this.#cached.get(namespace);
    if (
      cached === undefined ||
      !sameModel(cached.model, model) ||
      cached.seen < first - 1 ||
      cached.seen > last ||
      (last - cached.seen) * REBUILD_SHARE > cached.index.size + FEW
    ) {
      this.#cached.delete(namespace); // let go of the old one before the new one grows
      const entries = await tables.entries(namespace, model);
      const index = new VectorIndex(kernel, model.dimension, entries.length);
      for (const entry of entries) put(index, entry);
      cached = { index, model, seen: last };
      this.#cached.set(namespace, cached);
    } else if (last > cached.seen) {
      const ids = new Set(await tables.changedIds(namespace, cached.seen));
      for (const entry of await tables.entries(namespace, model, [...ids])) {
        put(cached.index, entry);
        ids.delete(entry.id);
      }
      for (const gone of ids) cached.index.remove(gone);
      cached.seen = last;
    }
    return cached.index;
  }
}

function put(index: VectorIndex, { id, task_category, expires_at, vector }: VectorEntry): void {
  index.put(id, task_category, expires_at === null ? Infinity : parseTimestamp(expires_at, "expires_at"), vector);
}
