/** A bank in memory: the same rules, nothing that lasts. */

import { Unavailable } from "../domain/errors.js";
import type { RecallEvent } from "../domain/recall.js";
import type { EmbeddingModel } from "../domain/records.js";
import { vectorChecksum } from "../domain/checksum.js";
import type { PatternLink, TrajectoryRecord } from "../domain/trajectory.js";
import { byCategoryOrder, byId, isOffered } from "./order.js";
import type { HistoryRow, ObservationRow, OutcomeRow, PatternRow } from "./rows.js";
import type { CategoryCount, Description, KeptVector, LogKind, Storage, Tables, VectorEntry } from "./tables.js";
import { Turns } from "./turns.js";

const SEPARATOR = "\0"; // no name, key or id can hold it

function key(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

/** A map that can go back to how it was. */
class Shelf<V> {
  readonly #items = new Map<string, V>();
  readonly #undo: (() => void)[];

  constructor(undo: (() => void)[]) {
    this.#undo = undo;
  }

  get(name: string): V | undefined {
    return this.#items.get(name);
  }

  set(name: string, value: V): void {
    this.#remember(name);
    this.#items.set(name, value);
  }

  delete(name: string): boolean {
    this.#remember(name);
    return this.#items.delete(name);
  }

  values(): V[] {
    return [...this.#items.values()];
  }

  #remember(name: string): void {
    const before = this.#items.get(name);
    this.#undo.push(() => {
      if (before === undefined) this.#items.delete(name);
      else this.#items.set(name, before);
    });
  }
}

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

class MemoryTables implements Tables {
  readonly undo: (() => void)[] = [];
  readonly #rows = new Shelf<PatternRow>(this.undo);
  readonly #keys = new Shelf<string>(this.undo);
  readonly #vectors = new Shelf<Vector>(this.undo);
  readonly #models = new Shelf<EmbeddingModel>(this.undo);
  readonly #log = new Shelf<LogEntry>(this.undo);
  readonly #counts = new Shelf<CategoryCount & { namespace: string }>(this.undo);
  readonly #history = new Shelf<readonly HistoryRow[]>(this.undo);
  readonly #observations = new Shelf<readonly ObservationRow[]>(this.undo);
  readonly #outcomes = new Shelf<readonly OutcomeRow[]>(this.undo);
  readonly #outcomeIds = new Shelf<true>(this.undo);
  readonly #answers = new Shelf<{ namespace: string; key: string; fingerprint: string; pattern_id: string }>(this.undo);
  readonly #recalls = new Shelf<{ event: RecallEvent; settled_at: string | null }>(this.undo);
  readonly #links = new Shelf<PatternLink & { namespace: string }>(this.undo);
  readonly #trajectories = new Shelf<{ record: TrajectoryRecord; fingerprint: string }>(this.undo);
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

  insertRow(row: PatternRow): boolean {
    if (this.idOfKey(row.namespace, row.dedupe_key) !== undefined) return false;
    this.#rows.set(key(row.namespace, row.id), row);
    this.#keys.set(key(row.namespace, row.dedupe_key), row.id);
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

  addHistory(row: HistoryRow): void {
    this.#history.set(key(row.namespace, row.pattern_id), [...this.history(row.namespace, row.pattern_id), row]);
  }

  history(namespace: string, id: string): readonly HistoryRow[] {
    return this.#history.get(key(namespace, id)) ?? [];
  }

  addObservation(row: ObservationRow): void {
    const before = this.observations(row.namespace, row.pattern_id);
    this.#observations.set(key(row.namespace, row.pattern_id), [...before, row]);
  }

  observations(namespace: string, id: string): readonly ObservationRow[] {
    return this.#observations.get(key(namespace, id)) ?? [];
  }

  insertOutcome(row: OutcomeRow): boolean {
    const id = key(row.namespace, row.id);
    if (this.#outcomeIds.get(id) !== undefined) return false;
    this.#outcomeIds.set(id, true);
    this.#outcomes.set(key(row.namespace, row.pattern_id), [...this.outcomes(row.namespace, row.pattern_id), row]);
    return true;
  }

  outcomes(namespace: string, id: string): readonly OutcomeRow[] {
    return this.#outcomes.get(key(namespace, id)) ?? [];
  }

  outcomesOfRecall(namespace: string, recallId: string): OutcomeRow[] {
    return this.#outcomes
      .values()
      .flat()
      .filter((row) => row.namespace === namespace && row.recall_id === recallId)
      .sort(byId);
  }

  removeNotes(namespace: string, id: string): Record<string, number> {
    const name = key(namespace, id);
    const removed = {
      pattern_history: this.history(namespace, id).length,
      observations: this.observations(namespace, id).length,
      outcomes: this.outcomes(namespace, id).length,
    };
    for (const outcome of this.outcomes(namespace, id)) this.#outcomeIds.delete(key(namespace, outcome.id));
    this.#history.delete(name);
    this.#observations.delete(name);
    this.#outcomes.delete(name);
    return removed;
  }

  removeTraces(namespace: string, id: string): Record<string, number> {
    const answers = this.#answers.values().filter((one) => one.namespace === namespace && one.pattern_id === id);
    for (const one of answers) this.#answers.delete(key(namespace, one.key));
    const links = this.links(namespace, id);
    for (const one of links) this.#links.delete(key(namespace, one.source_id, one.kind, one.target_id));
    return { idempotency_keys: answers.length, pattern_links: links.length };
  }

  answer(namespace: string, name: string): { fingerprint: string; pattern_id: string } | undefined {
    return this.#answers.get(key(namespace, name));
  }

  keepAnswer(namespace: string, name: string, fingerprint: string, id: string): void {
    this.#answers.set(key(namespace, name), { namespace, key: name, fingerprint, pattern_id: id });
  }

  addRecall(namespace: string, event: RecallEvent): void {
    this.#recalls.set(key(namespace, event.id), { event, settled_at: null });
  }

  recall(namespace: string, id: string): { event: RecallEvent; settled_at: string | null } | undefined {
    return this.#recalls.get(key(namespace, id));
  }

  settleRecall(namespace: string, id: string, at: string): void {
    this.#recalls.set(key(namespace, id), { ...this.recall(namespace, id)!, settled_at: at });
  }

  groupsOf(namespace: string, ids: readonly string[]): Map<string, string> {
    const groups = new Map<string, string>();
    const wanted = new Set(ids);
    for (const { namespace: of, kind, source_id, target_id } of this.#links.values()) {
      if (of !== namespace || kind !== "derived_from" || !wanted.has(source_id)) continue;
      if (target_id > (groups.get(source_id) ?? "")) groups.set(source_id, target_id);
    }
    return groups;
  }

  /** Withdrawing and consolidating are Python's, on files: there is nothing of them here. */
  dropWithdrawals(): void {
    return undefined;
  }

  putAwayFor(): readonly (readonly [string, string])[] {
    return [];
  }

  addLink(namespace: string, link: PatternLink): void {
    const name = key(namespace, link.source_id, link.kind, link.target_id);
    if (this.#links.get(name) === undefined) this.#links.set(name, { ...link, namespace });
  }

  links(namespace: string, eitherId: string): PatternLink[] {
    return this.#links
      .values()
      .filter((one) => one.namespace === namespace && (one.source_id === eitherId || one.target_id === eitherId))
      .map(({ source_id, target_id, kind, actor, at }) => ({ source_id, target_id, kind, actor, at }));
  }

  trajectory(namespace: string, id: string): TrajectoryRecord | undefined {
    return this.#trajectories.get(key(namespace, id))?.record;
  }

  trajectoriesAfter(namespace: string, id: string, limit: number): TrajectoryRecord[] {
    return this.#trajectories
      .values()
      .map(({ record }) => record)
      .filter(({ trajectory }) => trajectory.namespace === namespace && trajectory.id > id)
      .sort((one, other) => byId(one.trajectory, other.trajectory))
      .slice(0, limit);
  }

  insertTrajectory(record: TrajectoryRecord, fingerprint: string): string | undefined {
    const { namespace, id } = record.trajectory;
    const equal = this.#trajectories
      .values()
      .find((one) => one.record.trajectory.namespace === namespace && one.fingerprint === fingerprint);
    if (equal !== undefined) return equal.record.trajectory.id;
    this.#trajectories.set(key(namespace, id), { record, fingerprint });
    for (const link of record.links) this.addLink(namespace, link);
    return undefined;
  }
}

function present<V>(ids: readonly string[], find: (id: string) => V | undefined): Map<string, V> {
  const found = new Map<string, V>();
  for (const id of ids) {
    const value = find(id);
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

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

  scrub(): Promise<{ bytes_checked: number; compacted: boolean }> {
    return Promise.resolve({ bytes_checked: 0, compacted: false });
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
