/** Patterns, their vectors, and the log of their changes, in memory. */

import { vectorChecksum } from "../../domain/checksum.js";
import type { EmbeddingModel } from "../../domain/records.js";
import { byCategoryOrder, byId, isOffered } from "../order.js";
import type { PatternRow } from "../rows.js";
import type { CategoryCount, KeptVector, LogKind, LogTables, PatternTables, VectorEntry, VectorTables } from "../tables.js";
import { key, present, Shelf } from "./shelf.js";

interface LogEntry {
  readonly seq: number;
  readonly namespace: string;
  readonly id: string;
  readonly kind: LogKind;
}

interface Vector extends KeptVector {
  readonly namespace: string;
  readonly id: string;
  readonly model: EmbeddingModel;
}

/** What can be searched and listed. */
export class MemoryPatterns implements PatternTables, VectorTables, LogTables {
  /** What takes the change that is under way back, step by step from the end. */
  readonly undo: (() => void)[] = [];
  readonly #rows = new Shelf<PatternRow>(this.undo);
  readonly #keys = new Shelf<string>(this.undo);
  readonly #vectors = new Shelf<Vector>(this.undo);
  readonly #models = new Shelf<EmbeddingModel>(this.undo);
  readonly #log = new Shelf<LogEntry>(this.undo);
  readonly #counts = new Shelf<CategoryCount & { namespace: string }>(this.undo);
  #seq = 0;

  row(namespace: string, id: string): PatternRow | undefined {
    return this.#rows.get(key(namespace, id));
  }

  rows(namespace: string, ids: readonly string[]): Map<string, PatternRow> {
    return present(ids, (id) => this.row(namespace, id));
  }

  idOfKey(namespace: string, dedupeKey: string): string | undefined {
    return this.#keys.get(key(namespace, dedupeKey));
  }

  insert(row: PatternRow, model: EmbeddingModel, vector: Int8Array): boolean {
    if (this.idOfKey(row.namespace, row.dedupe_key) !== undefined) return false;
    this.#rows.set(key(row.namespace, row.id), row);
    this.#keys.set(key(row.namespace, row.dedupe_key), row.id);
    this.putVector(row, model, vector);
    return true;
  }

  updateRow(row: PatternRow): void {
    const before = this.row(row.namespace, row.id)!;
    this.#keys.delete(key(row.namespace, before.dedupe_key));
    this.#keys.set(key(row.namespace, row.dedupe_key), row.id);
    this.#rows.set(key(row.namespace, row.id), row);
  }

  deleteRow(namespace: string, id: string): number {
    this.#keys.delete(key(namespace, this.row(namespace, id)!.dedupe_key));
    this.#rows.delete(key(namespace, id));
    return this.#removeVectors(namespace, id);
  }

  rowsByCategory(namespace: string, category: string, limit: number, now: string): PatternRow[] {
    return this.#all(namespace)
      .filter((row) => row.task_category === category && isOffered(row, now))
      .sort(byCategoryOrder)
      .slice(0, limit);
  }

  rowsAfter(namespace: string, id: string, limit: number): PatternRow[] {
    return this.#all(namespace)
      .filter((row) => row.id > id)
      .sort(byId)
      .slice(0, limit);
  }

  countExpired(namespace: string, now: string, category: string | null): number {
    return this.#all(namespace).filter(
      (row) => row.state === "active" && !isOffered(row, now) && (category === null || row.task_category === category),
    ).length;
  }

  #all(namespace: string): PatternRow[] {
    return this.#rows.values().filter((row) => row.namespace === namespace);
  }

  currentModel(namespace: string): EmbeddingModel | null {
    return this.#models.get(namespace) ?? null;
  }

  setCurrentModel(namespace: string, model: EmbeddingModel): void {
    this.#models.set(namespace, model);
  }

  putVector({ namespace, id }: PatternRow, model: EmbeddingModel, vector: Int8Array): void {
    const kept = { namespace, id, model, vector, checksum: vectorChecksum(vector) };
    this.#vectors.set(key(namespace, id, model.name, model.version), kept);
  }

  dropVectors(namespace: string, id: string): void {
    this.#removeVectors(namespace, id);
  }

  #removeVectors(namespace: string, id: string): number {
    const kept = this.#vectors.values().filter((one) => one.namespace === namespace && one.id === id);
    for (const { model } of kept) this.#vectors.delete(key(namespace, id, model.name, model.version));
    return kept.length;
  }

  vector(namespace: string, id: string, model: EmbeddingModel): KeptVector | undefined {
    return this.#vectors.get(key(namespace, id, model.name, model.version));
  }

  vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Map<string, Int8Array> {
    return present(ids, (id) => this.vector(namespace, id, model)?.vector);
  }

  entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): VectorEntry[] {
    const entries: VectorEntry[] = [];
    for (const id of ids ?? this.#all(namespace).map((row) => row.id)) {
      const row = this.row(namespace, id);
      const kept = this.vector(namespace, id, model);
      if (row?.state === "active" && kept !== undefined) entries.push({ ...row, vector: kept.vector });
    }
    return entries;
  }

  log(namespace: string, ids: readonly string[], kind: LogKind): void {
    for (const id of ids) {
      const seq = ++this.#seq;
      this.#log.set(String(seq), { seq, namespace, id, kind });
    }
  }

  logEnds(): { first: number; last: number } {
    return { first: 1, last: this.#seq };
  }

  changedIds(namespace: string, after: number): string[] {
    const ids: string[] = [];
    for (let seq = after + 1; seq <= this.#seq; seq++) {
      const entry = this.#log.get(String(seq));
      if (entry?.namespace === namespace && entry.kind !== "outcome") ids.push(entry.id);
    }
    return ids;
  }

  wasErased(namespace: string, id: string): boolean {
    return this.#log.values().some((one) => one.namespace === namespace && one.id === id && one.kind === "erase");
  }

  addCount(namespace: string, category: string, patterns: number, quarantined: number): void {
    const name = key(namespace, category);
    const before = this.#counts.get(name);
    const after = {
      namespace,
      task_category: category,
      patterns: (before?.patterns ?? 0) + patterns,
      quarantined: (before?.quarantined ?? 0) + quarantined,
    };
    if (after.patterns === 0) this.#counts.delete(name);
    else this.#counts.set(name, after);
  }

  counts(namespace: string): CategoryCount[] {
    return this.#counts.values().filter((one) => one.namespace === namespace);
  }

  protected *patternRecords(): Generator<readonly [store: string, record: unknown]> {
    for (const row of this.#rows.values()) yield ["patterns", row];
    for (const vector of this.#vectors.values()) yield ["pattern_embeddings", vector];
    for (const entry of this.#log.values()) yield ["changes", entry];
  }
}
