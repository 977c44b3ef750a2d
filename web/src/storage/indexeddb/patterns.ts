/** Patterns, their vectors, and the log of their changes, in IndexedDB. */

import { vectorChecksum } from "../../domain/checksum.js";
import type { EmbeddingModel } from "../../domain/records.js";
import { parseTimestamp } from "../../domain/timestamps.js";
import type { PatternRow } from "../rows.js";
import { LOG_CUT_EVERY, LOG_KEPT, type CategoryCount, type KeptVector, type LogKind, type LogTables, type PatternTables, type VectorEntry, type VectorTables } from "../tables.js";
import { beginningWith, result } from "./requests.js";
import { Stores } from "./stores.js";

interface EmbeddingRecord extends KeptVector {
  readonly namespace: string;
  readonly pattern_id: string;
  readonly model: string;
  readonly task_category: string;
  readonly expires_at: string | null;
  readonly active: boolean;
}

/** Everything of a row but what only the indexes need. */
type KeptRow = PatternRow & { readonly offered?: IDBValidKey; readonly expiring?: IDBValidKey };

function modelKey({ name, dimension, version }: EmbeddingModel): string {
  return `${name}\0${String(dimension)}\0${version}`;
}

function keptRow(row: PatternRow): KeptRow {
  if (row.state !== "active") return row;
  const rank = row.success_score === null ? 1 : -row.success_score;
  const offered = [row.namespace, row.task_category, rank, -parseTimestamp(row.created_at, "created_at"), row.id];
  if (row.expires_at === null) return { ...row, offered };
  return { ...row, offered, expiring: [row.namespace, row.expires_at, row.task_category] };
}

/** What can be searched and listed. */
export class IndexedDbPatterns extends Stores implements PatternTables, VectorTables, LogTables {
  row(namespace: string, id: string): Promise<PatternRow | undefined> {
    return this.get<PatternRow>("patterns", [namespace, id]);
  }

  async rows(namespace: string, ids: readonly string[]): Promise<Map<string, PatternRow>> {
    const rows = await Promise.all(ids.map((id) => this.row(namespace, id)));
    return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.id, row]])));
  }

  async idOfKey(namespace: string, key: string): Promise<string | undefined> {
    const primary = await result(this.store("patterns").index("dedupe").getKey([namespace, key]));
    return (primary as [string, string] | undefined)?.[1];
  }

  async insert(row: PatternRow, model: EmbeddingModel, vector: Int8Array): Promise<boolean> {
    void this.count(row.namespace, row.task_category); // will be asked for if the row is new
    if (!(await this.added(this.store("patterns").add(keptRow(row))))) return false;
    this.putVector(row, model, vector);
    return true;
  }

  /** Give whether a record was added; one whose key is taken is not, and the transaction goes on. */
  added(request: IDBRequest): Promise<boolean> {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => {
        resolve(true);
      };
      request.onerror = (event) => {
        if (request.error?.name !== "ConstraintError") {
          reject(request.error!);
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        resolve(false);
      };
    });
  }

  async updateRow(row: PatternRow): Promise<void> {
    this.store("patterns").put(keptRow(row));
    const vectors = this.store("pattern_embeddings");
    const range = beginningWith(row.namespace, row.id);
    const active = row.state === "active";
    for (const kept of await result(vectors.getAll(range) as IDBRequest<EmbeddingRecord[]>)) {
      const { task_category, expires_at } = row;
      const same = kept.task_category === task_category && kept.expires_at === expires_at && kept.active === active;
      if (!same) vectors.put({ ...kept, task_category, expires_at, active });
    }
  }

  async deleteRow(namespace: string, id: string): Promise<number> {
    const vectors = this.store("pattern_embeddings");
    const range = beginningWith(namespace, id);
    this.store("patterns").delete([namespace, id]);
    const count = await result(vectors.count(range));
    vectors.delete(range);
    return count;
  }

  async rowsByCategory(namespace: string, category: string, limit: number, now: string): Promise<PatternRow[]> {
    const index = this.store("patterns").index("category");
    const end = [namespace, category, []];
    const found: PatternRow[] = [];
    let range = IDBKeyRange.bound([namespace, category], end);
    for (;;) {
      const wanted = limit - found.length;
      const rows = await result(index.getAll(range, wanted) as IDBRequest<KeptRow[]>);
      // What has expired makes room for what comes after it.
      found.push(...rows.filter(({ expires_at }) => expires_at === null || expires_at > now));
      if (rows.length < wanted || found.length === limit) return found;
      range = IDBKeyRange.bound(rows[rows.length - 1]!.offered!, end, true);
    }
  }

  async rowsAfter(namespace: string, id: string, limit: number): Promise<PatternRow[]> {
    const range = IDBKeyRange.bound([namespace, id], [namespace, []], true);
    return result(this.store("patterns").getAll(range, limit) as IDBRequest<PatternRow[]>);
  }

  async countExpired(namespace: string, now: string, category: string | null): Promise<number> {
    const index = this.store("patterns").index("expiry");
    const range = IDBKeyRange.bound([namespace], [namespace, now, []]);
    if (category === null) return result(index.count(range));
    const rows = await result(index.getAll(range) as IDBRequest<PatternRow[]>);
    return rows.filter((row) => row.task_category === category).length;
  }

  async currentModel(namespace: string): Promise<EmbeddingModel | null> {
    return (await this.namespace(namespace)).model;
  }

  async setCurrentModel(namespace: string, model: EmbeddingModel): Promise<void> {
    this.changed.set(namespace, { ...(await this.namespace(namespace)), model });
  }

  putVector(row: PatternRow, model: EmbeddingModel, vector: Int8Array): void {
    const record: EmbeddingRecord = {
      namespace: row.namespace,
      pattern_id: row.id,
      model: modelKey(model),
      task_category: row.task_category,
      expires_at: row.expires_at,
      active: row.state === "active",
      vector,
      checksum: vectorChecksum(vector),
    };
    this.store("pattern_embeddings").put(record);
  }

  dropVectors(namespace: string, id: string): void {
    this.store("pattern_embeddings").delete(beginningWith(namespace, id));
  }

  vector(namespace: string, id: string, model: EmbeddingModel): Promise<KeptVector | undefined> {
    return this.get<EmbeddingRecord>("pattern_embeddings", [namespace, id, modelKey(model)]);
  }

  async vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Promise<Map<string, Int8Array>> {
    const kept = await Promise.all(ids.map((id) => this.vector(namespace, id, model)));
    return new Map(ids.flatMap((id, at) => (kept[at] === undefined ? [] : [[id, kept[at].vector]])));
  }

  async entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): Promise<VectorEntry[]> {
    const name = modelKey(model);
    const store = this.store("pattern_embeddings");
    const records =
      ids === undefined
        ? await result(store.getAll(beginningWith(namespace)) as IDBRequest<EmbeddingRecord[]>)
        : await Promise.all(ids.map((id) => this.get<EmbeddingRecord>("pattern_embeddings", [namespace, id, name])));
    return records.flatMap((record) =>
      record?.active && record.model === name ? [{ ...record, id: record.pattern_id }] : [],
    );
  }

  async log(namespace: string, ids: readonly string[], kind: LogKind): Promise<void> {
    if (ids.length === 0) return;
    const before = await this.namespace(namespace);
    let { seq, log_start } = before;
    for (const id of ids) {
      const entry = { namespace, seq: ++seq, id, kind };
      this.store("changes").put(kind === "erase" ? { ...entry, erased: [namespace, id] } : entry);
    }
    if (Math.floor(seq / LOG_CUT_EVERY) !== Math.floor(before.seq / LOG_CUT_EVERY) && seq > LOG_KEPT) {
      log_start = seq - LOG_KEPT + 1;
      this.store("changes").delete(IDBKeyRange.bound([namespace], [namespace, log_start], false, true));
    }
    this.changed.set(namespace, { ...before, seq, log_start });
  }

  async logEnds(namespace: string): Promise<{ first: number; last: number }> {
    const { seq, log_start } = await this.namespace(namespace);
    return { first: log_start, last: seq };
  }

  async changedIds(namespace: string, after: number): Promise<string[]> {
    const range = IDBKeyRange.bound([namespace, after], [namespace, []], true);
    const entries = await result(this.store("changes").getAll(range) as IDBRequest<{ id: string; kind: LogKind }[]>);
    return entries.filter(({ kind }) => kind !== "outcome").map(({ id }) => id);
  }

  async wasErased(namespace: string, id: string): Promise<boolean> {
    return (await result(this.store("changes").index("erased").getKey([namespace, id]))) !== undefined;
  }

  counts(namespace: string): Promise<CategoryCount[]> {
    return result(this.store("category_counts").getAll(beginningWith(namespace)) as IDBRequest<CategoryCount[]>);
  }
}
