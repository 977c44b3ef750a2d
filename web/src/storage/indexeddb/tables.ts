/** The rows of a bank inside one IndexedDB transaction. */

import { vectorChecksum } from "../../domain/checksum.js";
import type { RecallEvent } from "../../domain/recall.js";
import type { EmbeddingModel } from "../../domain/records.js";
import { parseTimestamp } from "../../domain/timestamps.js";
import type { PatternLink, TrajectoryRecord } from "../../domain/trajectory.js";
import type { HistoryRow, ObservationRow, OutcomeRow, PatternRow } from "../rows.js";
import { LOG_CUT_EVERY, LOG_KEPT, type CategoryCount, type KeptVector, type LogKind, type Tables, type VectorEntry } from "../tables.js";
import { beginningWith, result } from "./requests.js";
import type { StoreName } from "./schema.js";

/** What is kept of a namespace as a whole: one record, read and written once a transaction. */
interface NamespaceRecord {
  readonly namespace: string;
  readonly model: EmbeddingModel | null;
  /** Number of the last change: the generation that every search looks at first. */
  readonly seq: number;
  /** Whether any pattern stands in a relation, so that the others need not be asked. */
  readonly linked?: boolean;
  readonly log_start: number;
}

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

/** Tables over one transaction. What is counted is kept here until `finish` writes it. */
export class IndexedDbTables implements Tables {
  readonly #transaction: IDBTransaction;
  readonly #namespaces = new Map<string, Promise<NamespaceRecord>>();
  readonly #changed = new Map<string, NamespaceRecord>();
  readonly #read = new Map<string, Promise<CategoryCount | undefined>>();
  readonly #counts = new Map<string, { namespace: string; category: string; patterns: number; quarantined: number }>();

  constructor(transaction: IDBTransaction) {
    this.#transaction = transaction;
  }

  #store(name: StoreName): IDBObjectStore {
    return this.#transaction.objectStore(name);
  }

  #get<T>(name: StoreName, key: IDBValidKey): Promise<T | undefined> {
    return result(this.#store(name).get(key) as IDBRequest<T | undefined>);
  }

  #all<T>(name: StoreName, index: string, key: IDBValidKey | IDBKeyRange): Promise<T[]> {
    return result(this.#store(name).index(index).getAll(key) as IDBRequest<T[]>);
  }

  /** Write what was counted: once a namespace and category, however much happened to them. */
  async finish(): Promise<void> {
    for (const record of this.#changed.values()) this.#store("namespaces").put(record);
    await Promise.all([...this.#counts.values()].map((one) => this.#writeCount(one)));
  }

  #count(namespace: string, category: string): Promise<CategoryCount | undefined> {
    const name = `${namespace}\0${category}`;
    let reading = this.#read.get(name);
    if (reading === undefined) {
      reading = this.#get<CategoryCount>("category_counts", [namespace, category]);
      reading.catch(() => undefined); // told to who waits for it, if anybody does
      this.#read.set(name, reading);
    }
    return reading;
  }

  async #writeCount(one: { namespace: string; category: string; patterns: number; quarantined: number }): Promise<void> {
    const key = [one.namespace, one.category];
    const before = await this.#count(one.namespace, one.category);
    const patterns = (before?.patterns ?? 0) + one.patterns;
    const quarantined = (before?.quarantined ?? 0) + one.quarantined;
    if (patterns === 0) this.#store("category_counts").delete(key);
    else {
      const { namespace, category: task_category } = one;
      this.#store("category_counts").put({ namespace, task_category, patterns, quarantined });
    }
  }

  async #namespace(namespace: string): Promise<NamespaceRecord> {
    const changed = this.#changed.get(namespace);
    if (changed !== undefined) return changed;
    let reading = this.#namespaces.get(namespace);
    if (reading === undefined) {
      reading = this.#get<NamespaceRecord>("namespaces", namespace).then(
        (found) => found ?? { namespace, model: null, seq: 0, log_start: 1 },
      );
      this.#namespaces.set(namespace, reading);
    }
    return reading;
  }

  row(namespace: string, id: string): Promise<PatternRow | undefined> {
    return this.#get<PatternRow>("patterns", [namespace, id]);
  }

  async rows(namespace: string, ids: readonly string[]): Promise<Map<string, PatternRow>> {
    const rows = await Promise.all(ids.map((id) => this.row(namespace, id)));
    return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.id, row]])));
  }

  async idOfKey(namespace: string, key: string): Promise<string | undefined> {
    const primary = await result(this.#store("patterns").index("dedupe").getKey([namespace, key]));
    return (primary as [string, string] | undefined)?.[1];
  }

  insertRow(row: PatternRow): Promise<boolean> {
    void this.#count(row.namespace, row.task_category); // will be asked for if the row is new
    return this.#added(this.#store("patterns").add(keptRow(row)));
  }

  /** Give whether a record was added; one whose key is taken is not, and the transaction goes on. */
  #added(request: IDBRequest): Promise<boolean> {
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
    this.#store("patterns").put(keptRow(row));
    const vectors = this.#store("pattern_embeddings");
    const range = beginningWith(row.namespace, row.id);
    const active = row.state === "active";
    for (const kept of await result(vectors.getAll(range) as IDBRequest<EmbeddingRecord[]>)) {
      const { task_category, expires_at } = row;
      const same = kept.task_category === task_category && kept.expires_at === expires_at && kept.active === active;
      if (!same) vectors.put({ ...kept, task_category, expires_at, active });
    }
  }

  async deleteRow(namespace: string, id: string): Promise<number> {
    const vectors = this.#store("pattern_embeddings");
    const range = beginningWith(namespace, id);
    this.#store("patterns").delete([namespace, id]);
    const count = await result(vectors.count(range));
    vectors.delete(range);
    return count;
  }

  async rowsByCategory(namespace: string, category: string, limit: number, now: string): Promise<PatternRow[]> {
    const index = this.#store("patterns").index("category");
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
    return result(this.#store("patterns").getAll(range, limit) as IDBRequest<PatternRow[]>);
  }

  async countExpired(namespace: string, now: string, category: string | null): Promise<number> {
    const index = this.#store("patterns").index("expiry");
    const range = IDBKeyRange.bound([namespace], [namespace, now, []]);
    if (category === null) return result(index.count(range));
    const rows = await result(index.getAll(range) as IDBRequest<PatternRow[]>);
    return rows.filter((row) => row.task_category === category).length;
  }

  async currentModel(namespace: string): Promise<EmbeddingModel | null> {
    return (await this.#namespace(namespace)).model;
  }

  async setCurrentModel(namespace: string, model: EmbeddingModel): Promise<void> {
    this.#changed.set(namespace, { ...(await this.#namespace(namespace)), model });
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
    this.#store("pattern_embeddings").put(record);
  }

  dropVectors(namespace: string, id: string): void {
    this.#store("pattern_embeddings").delete(beginningWith(namespace, id));
  }

  vector(namespace: string, id: string, model: EmbeddingModel): Promise<KeptVector | undefined> {
    return this.#get<EmbeddingRecord>("pattern_embeddings", [namespace, id, modelKey(model)]);
  }

  async vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Promise<Map<string, Int8Array>> {
    const kept = await Promise.all(ids.map((id) => this.vector(namespace, id, model)));
    return new Map(ids.flatMap((id, at) => (kept[at] === undefined ? [] : [[id, kept[at].vector]])));
  }

  async entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): Promise<VectorEntry[]> {
    const name = modelKey(model);
    const store = this.#store("pattern_embeddings");
    const records =
      ids === undefined
        ? await result(store.getAll(beginningWith(namespace)) as IDBRequest<EmbeddingRecord[]>)
        : await Promise.all(ids.map((id) => this.#get<EmbeddingRecord>("pattern_embeddings", [namespace, id, name])));
    return records.flatMap((record) =>
      record?.active && record.model === name ? [{ ...record, id: record.pattern_id }] : [],
    );
  }

  async log(namespace: string, ids: readonly string[], kind: LogKind): Promise<void> {
    if (ids.length === 0) return;
    const before = await this.#namespace(namespace);
    let { seq, log_start } = before;
    for (const id of ids) this.#store("changes").put({ namespace, seq: ++seq, id, kind });
    if (Math.floor(seq / LOG_CUT_EVERY) !== Math.floor(before.seq / LOG_CUT_EVERY) && seq > LOG_KEPT) {
      log_start = seq - LOG_KEPT + 1;
      this.#store("changes").delete(IDBKeyRange.bound([namespace], [namespace, log_start], false, true));
    }
    this.#changed.set(namespace, { ...before, seq, log_start });
  }

  async logEnds(namespace: string): Promise<{ first: number; last: number }> {
    const { seq, log_start } = await this.#namespace(namespace);
    return { first: log_start, last: seq };
  }

  async changedIds(namespace: string, after: number): Promise<string[]> {
    const range = IDBKeyRange.bound([namespace, after], [namespace, []], true);
    const entries = await result(this.#store("changes").getAll(range) as IDBRequest<{ id: string; kind: LogKind }[]>);
    return entries.filter(({ kind }) => kind !== "outcome").map(({ id }) => id);
  }

  async wasErased(namespace: string, id: string): Promise<boolean> {
    const all = this.#store("changes").getAll(beginningWith(namespace));
    const entries = await result(all as IDBRequest<{ id: string; kind: LogKind }[]>);
    return entries.some((one) => one.id === id && one.kind === "erase");
  }

  addCount(namespace: string, category: string, patterns: number, quarantined: number): void {
    const name = `${namespace}\0${category}`;
    const before = this.#counts.get(name) ?? { namespace, category, patterns: 0, quarantined: 0 };
    const after = { ...before, patterns: before.patterns + patterns, quarantined: before.quarantined + quarantined };
    this.#counts.set(name, after);
  }

  counts(namespace: string): Promise<CategoryCount[]> {
    return result(this.#store("category_counts").getAll(beginningWith(namespace)) as IDBRequest<CategoryCount[]>);
  }

  addHistory(row: HistoryRow): void {
    this.#store("pattern_history").add(row);
  }

  history(namespace: string, id: string): Promise<HistoryRow[]> {
    return this.#all("pattern_history", "pattern", [namespace, id]);
  }

  addObservation(row: ObservationRow): void {
    this.#store("observations").add(row);
  }

  observations(namespace: string, id: string): Promise<ObservationRow[]> {
    return this.#all("observations", "pattern", [namespace, id]);
  }

  insertOutcome(row: OutcomeRow): Promise<boolean> {
    const kept = row.recall_id === null ? row : { ...row, of_recall: [row.namespace, row.recall_id] };
    return this.#added(this.#store("outcomes").add(kept));
  }

  outcomes(namespace: string, id: string): Promise<OutcomeRow[]> {
    return this.#all("outcomes", "pattern", [namespace, id]);
  }

  async outcomesOfRecall(namespace: string, recallId: string): Promise<OutcomeRow[]> {
    const rows = await this.#all<OutcomeRow>("outcomes", "recall", [namespace, recallId]);
    return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async removeNotes(namespace: string, id: string): Promise<Record<string, number>> {
    const names = ["pattern_history", "observations", "outcomes"] as const;
    const counts = await Promise.all(names.map((name) => this.#removeAll(name, "pattern", [namespace, id])));
    return Object.fromEntries(names.map((name, at) => [name, counts[at]!]));
  }

  async removeTraces(namespace: string, id: string): Promise<Record<string, number>> {
    const links = this.#store("pattern_links");
    const own = beginningWith(namespace, id);
    const [answers, to, from] = await Promise.all([
      this.#removeAll("idempotency_keys", "pattern", [namespace, id]),
      this.#removeAll("pattern_links", "target", [namespace, id]),
      result(links.count(own)),
    ]);
    links.delete(own);
    return { idempotency_keys: answers, pattern_links: to + from };
  }

  async #removeAll(name: StoreName, index: string, key: IDBValidKey): Promise<number> {
    const store = this.#store(name);
    const keys = await result(store.index(index).getAllKeys(key));
    for (const primary of keys) store.delete(primary);
    return keys.length;
  }

  answer(namespace: string, key: string): Promise<{ fingerprint: string; pattern_id: string } | undefined> {
    return this.#get("idempotency_keys", [namespace, key]);
  }

  keepAnswer(namespace: string, key: string, fingerprint: string, id: string, at: string): void {
    this.#store("idempotency_keys").put({ namespace, key, fingerprint, pattern_id: id, at });
  }

  addRecall(namespace: string, event: RecallEvent): void {
    this.#store("recalls").put({ namespace, id: event.id, event, settled_at: null });
  }

  recall(namespace: string, id: string): Promise<{ event: RecallEvent; settled_at: string | null } | undefined> {
    return this.#get("recalls", [namespace, id]);
  }

  async settleRecall(namespace: string, id: string, at: string): Promise<void> {
    const kept = await this.recall(namespace, id);
    this.#store("recalls").put({ ...kept, settled_at: at });
  }

  async groupsOf(namespace: string, ids: readonly string[]): Promise<Map<string, string>> {
    if ((await this.#namespace(namespace)).linked !== true) return new Map();
    const store = this.#store("pattern_links");
    const keys = await Promise.all(ids.map((id) => result(store.getAllKeys(beginningWith(namespace, id, "derived_from")))));
    const groups = new Map<string, string>();
    ids.forEach((id, at) => {
      const last = keys[at]![keys[at]!.length - 1] as string[] | undefined;
      if (last !== undefined) groups.set(id, last[3]!);
    });
    return groups;
  }

  /** Withdrawing and consolidating are Python's, on files: there is nothing of them here. */
  dropWithdrawals(): void {
    return undefined;
  }

  putAwayFor(): readonly (readonly [string, string])[] {
    return [];
  }

  async addLink(namespace: string, link: PatternLink): Promise<void> {
    this.#changed.set(namespace, { ...(await this.#namespace(namespace)), linked: true });
    await this.#added(this.#store("pattern_links").add({ ...link, namespace }));
  }

  async links(namespace: string, eitherId: string): Promise<PatternLink[]> {
    const own = this.#store("pattern_links").getAll(beginningWith(namespace, eitherId));
    const [from, to] = await Promise.all([
      result(own as IDBRequest<PatternLink[]>),
      this.#all<PatternLink>("pattern_links", "target", [namespace, eitherId]),
    ]);
    return [...from, ...to].map(({ source_id, target_id, kind, actor, at }) => ({ source_id, target_id, kind, actor, at }));
  }

  async trajectory(namespace: string, id: string): Promise<TrajectoryRecord | undefined> {
    const kept = await this.#get<{ record: TrajectoryRecord }>("trajectories", [namespace, id]);
    return kept?.record;
  }

  async trajectoriesAfter(namespace: string, id: string, limit: number): Promise<TrajectoryRecord[]> {
    const range = IDBKeyRange.bound([namespace, id], [namespace, []], true);
    const all = this.#store("trajectories").getAll(range, limit);
    return (await result(all as IDBRequest<{ record: TrajectoryRecord }[]>)).map(({ record }) => record);
  }

  async insertTrajectory(record: TrajectoryRecord, fingerprint: string): Promise<string | undefined> {
    const { namespace, id } = record.trajectory;
    const store = this.#store("trajectories");
    const taken = await result(store.index("fingerprint").getKey([namespace, fingerprint]));
    if (taken !== undefined) return (taken as string[])[1];
    store.put({ namespace, id, fingerprint, record });
    for (const link of record.links) await this.addLink(namespace, link);
    return undefined;
  }
}
