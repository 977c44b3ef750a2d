/** The rows of a bank in SQLite, in the tables that the Python package makes. */

import { crc32 } from "../../domain/crc32.js";
import { vectorChecksum } from "../../domain/checksum.js";
import { canonicalJson, type JsonObject } from "../../domain/json.js";
import type { RecallEvent } from "../../domain/recall.js";
import type { EmbeddingModel, Stamp } from "../../domain/records.js";
import type { PatternLink, Trajectory, TrajectoryRecord } from "../../domain/trajectory.js";
import { fromHex, toHex, utf8 } from "../../domain/utf8.js";
import { stepsJson } from "../../domain/steps.js";
import type { HistoryRow, ObservationRow, OutcomeRow, PatternRow } from "../rows.js";
import { LOG_CUT_EVERY, LOG_KEPT, type CategoryCount, type KeptVector, type LogKind, type Tables, type VectorEntry } from "../tables.js";
import { codeOf, first, type SqlDriver, type SqlRow, type SqlValue } from "./driver.js";

const COLUMNS = [
  "id", "namespace", "task_category", "task_description", "strategy", "title", "success_score", "duration_seconds",
  "data", "trust", "state", "uses", "successes", "failures", "last_used_at", "created_at", "updated_at", "expires_at",
  "version", "created_by", "dedupe_key", "checksum",
] as const satisfies readonly (keyof PatternRow)[]; // prettier-ignore
const LISTED = COLUMNS.join(", ");
const MARKS = COLUMNS.map(() => "?").join(", ");
const IN_CHUNK = 500;

const INSERT = `INSERT INTO patterns (${LISTED}) VALUES (${MARKS}) ON CONFLICT (namespace, dedupe_key) DO NOTHING`;
const UPDATE = `UPDATE patterns SET (${LISTED}) = (${MARKS}) WHERE namespace = ? AND id = ?`;
const BY_CATEGORY = `
SELECT ${LISTED} FROM patterns WHERE namespace = ? AND task_category = ? AND state = 'active'
AND (expires_at IS NULL OR expires_at > ?) ORDER BY success_score DESC, created_at DESC, id LIMIT ?`;
const EXPIRED = `
SELECT COUNT(*) AS count FROM patterns WHERE namespace = ?1 AND expires_at <= ?2 AND expires_at IS NOT NULL
AND state = 'active' AND (?3 IS NULL OR task_category = ?3)`;
const CURRENT = `
SELECT m.model, m.name, m.dimension, m.version FROM namespaces n
JOIN embedding_models m ON m.model = n.model WHERE n.namespace = ?`;
const ENTRIES = `
SELECT p.id, p.task_category, p.expires_at, e.embedding FROM pattern_embeddings e
JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND e.model = ? AND p.state = 'active'`;
const PUT_VECTOR = `
INSERT INTO pattern_embeddings (namespace, pattern_id, model, embedding, dimension, checksum)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, pattern_id, model) DO UPDATE SET
embedding = excluded.embedding, dimension = excluded.dimension, checksum = excluded.checksum`;
const COUNT = `
INSERT INTO category_counts (namespace, task_category, patterns, quarantined) VALUES (?, ?, ?, ?)
ON CONFLICT (namespace, task_category) DO UPDATE SET
patterns = patterns + excluded.patterns, quarantined = quarantined + excluded.quarantined`;
const INSERT_OUTCOME = `
INSERT INTO outcomes (namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
const OUTCOME = "id, namespace, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id";
/** What consolidation put away, and nobody withdrew. */
const PUT_AWAY = `
SELECT l.source_id, l.target_id FROM pattern_links l
JOIN withdrawals w ON w.namespace = l.namespace AND w.pattern_id = l.source_id
WHERE l.namespace = ? AND l.kind = 'duplicate_of' AND l.target_id IN (MARKS)
GROUP BY l.source_id, l.target_id HAVING MIN(w.kind) = MAX(w.kind) AND MIN(w.kind) = 'consolidation'`;
const TRAJECTORY = `
SELECT t.id, t.namespace, t.task_description, t.task_category, t.steps, t.metadata, t.origin, t.actor, t.created_at,
s.state, s.verdict, s.note, s.before FROM trajectories t JOIN trajectory_states s
ON s.namespace = t.namespace AND s.trajectory_id = t.id WHERE t.namespace = ?`;

function text(value: SqlValue | undefined): string {
  return value as string;
}

function patternRow(row: SqlRow): PatternRow {
  return { ...row, dedupe_key: toHex(row["dedupe_key"] as Uint8Array) } as unknown as PatternRow;
}

function vectorOf(bytes: SqlValue | undefined): Int8Array {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array;
  return new Int8Array(buffer, byteOffset, byteLength);
}

/** Tables over one connection. */
export class SqlTables implements Tables {
  readonly #driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  #all(sql: string, ...values: SqlValue[]): readonly SqlRow[] {
    return this.#driver.all(sql, values);
  }

  #run(sql: string, ...values: SqlValue[]): number {
    return this.#driver.run(sql, values);
  }

  #inChunks(ids: readonly string[], ask: (marks: string, chunk: readonly string[]) => readonly SqlRow[]): SqlRow[] {
    const rows: SqlRow[] = [];
    for (let start = 0; start < ids.length; start += IN_CHUNK) {
      const chunk = ids.slice(start, start + IN_CHUNK);
      rows.push(...ask(chunk.map(() => "?").join(","), chunk));
    }
    return rows;
  }

  row(namespace: string, id: string): PatternRow | undefined {
    const row = first(this.#all(`SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id = ?`, namespace, id));
    return row === undefined ? undefined : patternRow(row);
  }

  rows(namespace: string, ids: readonly string[]): Map<string, PatternRow> {
    const rows = this.#inChunks(ids, (marks, chunk) =>
      this.#all(`SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id IN (${marks})`, namespace, ...chunk),
    );
    return new Map(rows.map((row) => [text(row["id"]), patternRow(row)]));
  }

  idOfKey(namespace: string, key: string): string | undefined {
    const sql = "SELECT id FROM patterns WHERE namespace = ? AND dedupe_key = ?";
    const row = first(this.#all(sql, namespace, fromHex(key)));
    return row === undefined ? undefined : text(row["id"]);
  }

  insertRow(row: PatternRow): boolean {
    return this.#run(INSERT, ...this.#values(row)) > 0;
  }

  updateRow(row: PatternRow): void {
    this.#run(UPDATE, ...this.#values(row), row.namespace, row.id);
  }

  #values(row: PatternRow): SqlValue[] {
    return COLUMNS.map((name) => (name === "dedupe_key" ? fromHex(row.dedupe_key) : row[name]));
  }

  deleteRow(namespace: string, id: string): number {
    const sql = "SELECT COUNT(*) AS count FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?";
    const vectors = Number(first(this.#all(sql, namespace, id))?.["count"]);
    this.#run("DELETE FROM patterns WHERE namespace = ? AND id = ?", namespace, id);
    return vectors;
  }

  rowsByCategory(namespace: string, category: string, limit: number, now: string): PatternRow[] {
    return this.#all(BY_CATEGORY, namespace, category, now, limit).map(patternRow);
  }

  rowsAfter(namespace: string, id: string, limit: number): PatternRow[] {
    const sql = `SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?`;
    return this.#all(sql, namespace, id, limit).map(patternRow);
  }

  countExpired(namespace: string, now: string, category: string | null): number {
    return Number(first(this.#all(EXPIRED, namespace, now, category))?.["count"]);
  }

  currentModel(namespace: string): EmbeddingModel | null {
    const row = first(this.#all(CURRENT, namespace));
    if (row === undefined) return null;
    return { name: text(row["name"]), dimension: Number(row["dimension"]), version: text(row["version"]) };
  }

  setCurrentModel(namespace: string, model: EmbeddingModel): void {
    const number = this.#numberOf(model);
    const sql = "INSERT INTO namespaces (namespace, model) VALUES (?1, ?2) ON CONFLICT (namespace) DO UPDATE SET model = ?2";
    this.#run(sql, namespace, number);
  }

  /** Give the number of a model in this file, noting it if it is new. */
  #numberOf({ name, dimension, version }: EmbeddingModel): number {
    const known = this.#knownNumber({ name, dimension, version });
    if (known !== null) return known;
    this.#run("INSERT INTO embedding_models (name, dimension, version) VALUES (?, ?, ?)", name, dimension, version);
    return this.#knownNumber({ name, dimension, version })!;
  }

  #knownNumber({ name, dimension, version }: EmbeddingModel): number | null {
    const sql = "SELECT model FROM embedding_models WHERE name = ? AND dimension = ? AND version = ?";
    const row = first(this.#all(sql, name, dimension, version));
    return row === undefined ? null : Number(row["model"]);
  }

  putVector(row: PatternRow, model: EmbeddingModel, vector: Int8Array): void {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    const checksum = vectorChecksum(vector);
    this.#run(PUT_VECTOR, row.namespace, row.id, this.#numberOf(model), bytes, vector.length, checksum);
  }

  dropVectors(namespace: string, id: string): void {
    this.#run("DELETE FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?", namespace, id);
  }

  vector(namespace: string, id: string, model: EmbeddingModel): KeptVector | undefined {
    const sql = "SELECT embedding, checksum FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ? AND model = ?";
    const row = first(this.#all(sql, namespace, id, this.#knownNumber(model)));
    return row === undefined ? undefined : { vector: vectorOf(row["embedding"]), checksum: Number(row["checksum"]) };
  }

  vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Map<string, Int8Array> {
    const number = this.#knownNumber(model);
    const sql = "SELECT pattern_id, embedding FROM pattern_embeddings WHERE namespace = ? AND model = ? AND pattern_id IN";
    const rows = this.#inChunks(ids, (marks, chunk) => this.#all(`${sql} (${marks})`, namespace, number, ...chunk));
    return new Map(rows.map((row) => [text(row["pattern_id"]), vectorOf(row["embedding"])]));
  }

  entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): VectorEntry[] {
    const number = this.#knownNumber(model);
    const rows =
      ids === undefined
        ? this.#all(ENTRIES, namespace, number)
        : this.#inChunks(ids, (marks, chunk) =>
            this.#all(`${ENTRIES} AND e.pattern_id IN (${marks})`, namespace, number, ...chunk),
          );
    return rows.map((row) => ({ ...row, vector: vectorOf(row["embedding"]) }) as unknown as VectorEntry);
  }

  log(namespace: string, ids: readonly string[], kind: LogKind): void {
    for (const id of ids) this.#run("INSERT INTO changes (namespace, id, kind) VALUES (?, ?, ?)", namespace, id, kind);
    if (ids.length === 0) return;
    const { last } = this.logEnds();
    if (Math.floor(last / LOG_CUT_EVERY) !== Math.floor((last - ids.length) / LOG_CUT_EVERY)) {
      this.#run("DELETE FROM changes WHERE seq <= ?", last - LOG_KEPT);
    }
  }

  logEnds(): { first: number; last: number } {
    const sql = `SELECT COALESCE((SELECT MIN(seq) FROM changes), 1) AS first,
COALESCE((SELECT MAX(seq) FROM changes), 0) AS last`;
    const row = first(this.#all(sql))!;
    return { first: Number(row["first"]), last: Number(row["last"]) };
  }

  changedIds(namespace: string, after: number): string[] {
    const sql = "SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome'";
    return this.#all(sql, after, namespace).map((row) => text(row["id"]));
  }

  wasErased(namespace: string, id: string): boolean {
    const sql = "SELECT 1 FROM changes WHERE namespace = ? AND id = ? AND kind = 'erase' LIMIT 1";
    return this.#all(sql, namespace, id).length > 0;
  }

  addCount(namespace: string, category: string, patterns: number, quarantined: number): void {
    this.#run(COUNT, namespace, category, patterns, quarantined);
    if (patterns < 0) {
      this.#run("DELETE FROM category_counts WHERE namespace = ? AND task_category = ? AND patterns = 0", namespace, category);
    }
  }

  counts(namespace: string): CategoryCount[] {
    const sql = "SELECT task_category, patterns, quarantined FROM category_counts WHERE namespace = ? ORDER BY task_category";
    return this.#all(sql, namespace) as unknown as CategoryCount[];
  }

  addHistory(row: HistoryRow): void {
    const sql = `INSERT INTO pattern_history (namespace, pattern_id, version, kind, actor, at, before)
VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.#run(sql, row.namespace, row.pattern_id, row.version, row.kind, row.actor, row.at, row.before);
  }

  history(namespace: string, id: string): HistoryRow[] {
    const sql = `SELECT namespace, pattern_id, version, kind, actor, at, before FROM pattern_history
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence`;
    return this.#all(sql, namespace, id) as unknown as HistoryRow[];
  }

  addObservation(row: ObservationRow): void {
    const sql = "INSERT INTO observations (namespace, pattern_id, actor, at, content) VALUES (?, ?, ?, ?, ?)";
    this.#run(sql, row.namespace, row.pattern_id, row.actor, row.at, row.content);
  }

  observations(namespace: string, id: string): ObservationRow[] {
    const sql = `SELECT namespace, pattern_id, actor, at, content FROM observations
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence`;
    return this.#all(sql, namespace, id) as unknown as ObservationRow[];
  }

  insertOutcome(row: OutcomeRow): boolean {
    const { namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id } = row;
    try {
      const values = [namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id];
      return this.#driver.run(INSERT_OUTCOME, values) > 0;
    } catch (error) {
      if (codeOf(error) === 19) return false;
      throw error;
    }
  }

  outcomes(namespace: string, id: string): OutcomeRow[] {
    const sql = `SELECT ${OUTCOME} FROM outcomes WHERE namespace = ? AND pattern_id = ? ORDER BY rowid`;
    return this.#all(sql, namespace, id) as unknown as OutcomeRow[];
  }

  outcomesOfRecall(namespace: string, recallId: string): OutcomeRow[] {
    const sql = `SELECT ${OUTCOME} FROM outcomes WHERE namespace = ? AND recall_id = ? ORDER BY id`;
    return this.#all(sql, namespace, recallId) as unknown as OutcomeRow[];
  }

  removeNotes(namespace: string, id: string): Record<string, number> {
    return this.#removeFrom(["pattern_history", "observations", "outcomes"], namespace, id);
  }

  removeTraces(namespace: string, id: string): Record<string, number> {
    const links = "DELETE FROM pattern_links WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2)";
    return {
      ...this.#removeFrom(["idempotency_keys", "withdrawals"], namespace, id),
      pattern_links: this.#run(links, namespace, id),
    };
  }

  #removeFrom(tables: readonly string[], namespace: string, id: string): Record<string, number> {
    return Object.fromEntries(
      tables.map((table) => [
        table,
        this.#run(`DELETE FROM ${table} WHERE namespace = ? AND pattern_id = ?`, namespace, id),
      ]),
    );
  }

  answer(namespace: string, key: string): { fingerprint: string; pattern_id: string } | undefined {
    const sql = "SELECT fingerprint, pattern_id FROM idempotency_keys WHERE namespace = ? AND key = ?";
    const row = first(this.#all(sql, namespace, key));
    if (row === undefined) return undefined;
    return { fingerprint: toHex(row["fingerprint"] as Uint8Array), pattern_id: text(row["pattern_id"]) };
  }

  keepAnswer(namespace: string, key: string, fingerprint: string, id: string, at: string): void {
    const sql = "INSERT INTO idempotency_keys (namespace, key, fingerprint, pattern_id, at) VALUES (?, ?, ?, ?, ?)";
    this.#run(sql, namespace, key, fromHex(fingerprint), id, at);
  }

  addRecall(namespace: string, event: RecallEvent): void {
    const sql = `INSERT INTO recalls (namespace, id, task_category, task_description, shown, actor, at)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const shown = canonicalJson({ advice: event.advice, pitfalls: event.pitfalls });
    this.#run(sql, namespace, event.id, event.category, event.task_description, shown, event.actor, event.at);
  }

  recall(namespace: string, id: string): { event: RecallEvent; settled_at: string | null } | undefined {
    const sql = `SELECT id, task_description, task_category, shown, actor, at, settled_at FROM recalls
WHERE namespace = ? AND id = ?`;
    const row = first(this.#all(sql, namespace, id));
    if (row === undefined) return undefined;
    const shown = JSON.parse(text(row["shown"])) as Pick<RecallEvent, "advice" | "pitfalls">;
    const event: RecallEvent = {
      id,
      task_description: text(row["task_description"]),
      category: row["task_category"] as string | null,
      ...shown,
      actor: text(row["actor"]),
      at: text(row["at"]),
    };
    return { event, settled_at: row["settled_at"] as string | null };
  }

  settleRecall(namespace: string, id: string, at: string): void {
    this.#run("UPDATE recalls SET settled_at = ? WHERE namespace = ? AND id = ?", at, namespace, id);
  }

  groupsOf(namespace: string, ids: readonly string[]): Map<string, string> {
    const sql = "SELECT source_id, MAX(target_id) AS target FROM pattern_links WHERE namespace = ? AND kind = 'derived_from'";
    const rows = this.#inChunks(ids, (marks, chunk) =>
      this.#all(`${sql} AND source_id IN (${marks}) GROUP BY source_id`, namespace, ...chunk),
    );
    return new Map(rows.map((row) => [text(row["source_id"]), text(row["target"])]));
  }

  dropWithdrawals(namespace: string, id: string): void {
    this.#run("DELETE FROM withdrawals WHERE namespace = ? AND pattern_id = ?", namespace, id);
  }

  putAwayFor(namespace: string, ids: readonly string[]): (readonly [string, string])[] {
    const rows = this.#inChunks(ids, (marks, chunk) => this.#all(PUT_AWAY.replace("MARKS", marks), namespace, ...chunk));
    return rows.map((row) => [text(row["source_id"]), text(row["target_id"])] as const);
  }

  addLink(namespace: string, link: PatternLink): void {
    const sql = `INSERT INTO pattern_links (namespace, source_id, kind, target_id, actor, at)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    this.#run(sql, namespace, link.source_id, link.kind, link.target_id, link.actor, link.at);
  }

  links(namespace: string, eitherId: string): PatternLink[] {
    const sql = `SELECT source_id, target_id, kind, actor, at FROM pattern_links
WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2) ORDER BY at, source_id, kind, target_id`;
    return this.#all(sql, namespace, eitherId).map((row) => ({ ...row }) as unknown as PatternLink);
  }

  trajectory(namespace: string, id: string): TrajectoryRecord | undefined {
    const row = first(this.#all(`${TRAJECTORY} AND t.id = ?`, namespace, id));
    return row === undefined ? undefined : this.#trajectoryRecord(row);
  }

  trajectoriesAfter(namespace: string, id: string, limit: number): TrajectoryRecord[] {
    const rows = this.#all(`${TRAJECTORY} AND t.id > ? ORDER BY t.id LIMIT ?`, namespace, id, limit);
    return rows.map((row) => this.#trajectoryRecord(row));
  }

  #trajectoryRecord(row: SqlRow): TrajectoryRecord {
    const { steps, metadata, verdict, before, ...fields } = row;
    const trajectory = {
      ...fields,
      steps: JSON.parse(text(steps)) as JsonObject[],
      metadata: JSON.parse(text(metadata)) as JsonObject,
      verdict: verdict === null ? null : (JSON.parse(text(verdict)) as JsonObject),
    } as unknown as Trajectory;
    const kept = before === null ? null : (JSON.parse(text(before)) as { state: string; note: string | null });
    const held = `SELECT pattern_id FROM withdrawals WHERE namespace = ? AND kind = 'trajectory' AND source = ?
ORDER BY pattern_id`;
    return {
      trajectory,
      links: this.links(trajectory.namespace, trajectory.id),
      state_before: kept?.state ?? null,
      note_before: kept?.note ?? null,
      withheld: this.#all(held, trajectory.namespace, trajectory.id).map((one) => text(one["pattern_id"])),
    };
  }

  insertTrajectory(record: TrajectoryRecord, fingerprint: string, stamp: Stamp): string | undefined {
    const of = record.trajectory;
    const { namespace, id } = of;
    const sql = "SELECT id FROM trajectories WHERE namespace = ? AND fingerprint = ?";
    const taken = first(this.#all(sql, namespace, fromHex(fingerprint)));
    if (taken !== undefined) return text(taken["id"]);
    const steps = stepsJson(of.steps);
    this.#run(
      `INSERT INTO trajectories (namespace, id, task_category, task_description, steps, metadata, origin, actor,
created_at, fingerprint, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      namespace, id, of.task_category, of.task_description, steps, canonicalJson(of.metadata), of.origin, of.actor,
      of.created_at, fromHex(fingerprint), crc32(utf8(steps)),
    ); // prettier-ignore
    const before =
      record.state_before === null ? null : canonicalJson({ note: record.note_before, state: record.state_before });
    const verdict = of.verdict === null ? null : canonicalJson(of.verdict);
    this.#run(
      `INSERT INTO trajectory_states (namespace, trajectory_id, state, verdict, note, before, at)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
      namespace, id, of.state, verdict, of.note, before, before === null ? of.created_at : stamp.at,
    ); // prettier-ignore
    for (const link of record.links) this.addLink(namespace, link);
    for (const patternId of record.withheld) {
      const withhold = `INSERT INTO withdrawals (namespace, pattern_id, kind, source, actor, at)
VALUES (?, ?, 'trajectory', ?, ?, ?) ON CONFLICT DO NOTHING`;
      this.#run(withhold, namespace, patternId, id, stamp.actor, stamp.at);
    }
    return undefined;
  }
}
