/** Patterns, their vectors, and the log of their changes, in SQLite. */

import { vectorChecksum } from "../../domain/checksum.js";
import type { EmbeddingModel } from "../../domain/records.js";
import { fromHex, toHex } from "../../domain/utf8.js";
import type { PatternRow } from "../rows.js";
import { LOG_CUT_EVERY, LOG_KEPT, type CategoryCount, type KeptVector, type LogKind, type LogTables, type PatternTables, type VectorEntry, type VectorTables } from "../tables.js";
import { first, type SqlRow, type SqlValue } from "./driver.js";
import { Statements, text } from "./statements.js";

const COLUMNS = [
  "id", "namespace", "task_category", "task_description", "strategy", "title", "success_score", "duration_seconds",
  "data", "trust", "state", "uses", "successes", "failures", "last_used_at", "created_at", "updated_at", "expires_at",
  "version", "created_by", "dedupe_key", "checksum",
] as const satisfies readonly (keyof PatternRow)[]; // prettier-ignore
const LISTED = COLUMNS.join(", ");
const MARKS = COLUMNS.map(() => "?").join(", ");

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

function patternRow(row: SqlRow): PatternRow {
  return { ...row, dedupe_key: toHex(row["dedupe_key"] as Uint8Array) } as unknown as PatternRow;
}

function vectorOf(bytes: SqlValue | undefined): Int8Array {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array;
  return new Int8Array(buffer, byteOffset, byteLength);
}

/** What can be searched and listed. */
export class SqlPatterns extends Statements implements PatternTables, VectorTables, LogTables {
  row(namespace: string, id: string): PatternRow | undefined {
    const row = first(this.all(`SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id = ?`, namespace, id));
    return row === undefined ? undefined : patternRow(row);
  }

  rows(namespace: string, ids: readonly string[]): Map<string, PatternRow> {
    const rows = this.inChunks(ids, (marks, chunk) =>
      this.all(`SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id IN (${marks})`, namespace, ...chunk),
    );
    return new Map(rows.map((row) => [text(row["id"]), patternRow(row)]));
  }

  idOfKey(namespace: string, key: string): string | undefined {
    const sql = "SELECT id FROM patterns WHERE namespace = ? AND dedupe_key = ?";
    const row = first(this.all(sql, namespace, fromHex(key)));
    return row === undefined ? undefined : text(row["id"]);
  }

  insert(row: PatternRow, model: EmbeddingModel, vector: Int8Array): boolean {
    if (this.run(INSERT, ...this.#values(row)) === 0) return false;
    this.putVector(row, model, vector);
    return true;
  }

  updateRow(row: PatternRow): void {
    this.run(UPDATE, ...this.#values(row), row.namespace, row.id);
  }

  #values(row: PatternRow): SqlValue[] {
    return COLUMNS.map((name) => (name === "dedupe_key" ? fromHex(row.dedupe_key) : row[name]));
  }

  deleteRow(namespace: string, id: string): number {
    const sql = "SELECT COUNT(*) AS count FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?";
    const vectors = Number(first(this.all(sql, namespace, id))?.["count"]);
    this.run("DELETE FROM patterns WHERE namespace = ? AND id = ?", namespace, id);
    return vectors;
  }

  rowsByCategory(namespace: string, category: string, limit: number, now: string): PatternRow[] {
    return this.all(BY_CATEGORY, namespace, category, now, limit).map(patternRow);
  }

  rowsAfter(namespace: string, id: string, limit: number): PatternRow[] {
    const sql = `SELECT ${LISTED} FROM patterns WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?`;
    return this.all(sql, namespace, id, limit).map(patternRow);
  }

  countExpired(namespace: string, now: string, category: string | null): number {
    return Number(first(this.all(EXPIRED, namespace, now, category))?.["count"]);
  }

  currentModel(namespace: string): EmbeddingModel | null {
    const row = first(this.all(CURRENT, namespace));
    if (row === undefined) return null;
    return { name: text(row["name"]), dimension: Number(row["dimension"]), version: text(row["version"]) };
  }

  setCurrentModel(namespace: string, model: EmbeddingModel): void {
    const number = this.#numberOf(model);
    const sql = "INSERT INTO namespaces (namespace, model) VALUES (?1, ?2) ON CONFLICT (namespace) DO UPDATE SET model = ?2";
    this.run(sql, namespace, number);
  }

  /** Give the number of a model in this file, noting it if it is new. */
  #numberOf({ name, dimension, version }: EmbeddingModel): number {
    const known = this.#knownNumber({ name, dimension, version });
    if (known !== null) return known;
    this.run("INSERT INTO embedding_models (name, dimension, version) VALUES (?, ?, ?)", name, dimension, version);
    return this.#knownNumber({ name, dimension, version })!;
  }

  #knownNumber({ name, dimension, version }: EmbeddingModel): number | null {
    const sql = "SELECT model FROM embedding_models WHERE name = ? AND dimension = ? AND version = ?";
    const row = first(this.all(sql, name, dimension, version));
    return row === undefined ? null : Number(row["model"]);
  }

  putVector(row: PatternRow, model: EmbeddingModel, vector: Int8Array): void {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    const checksum = vectorChecksum(vector);
    this.run(PUT_VECTOR, row.namespace, row.id, this.#numberOf(model), bytes, vector.length, checksum);
  }

  dropVectors(namespace: string, id: string): void {
    this.run("DELETE FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?", namespace, id);
  }

  vector(namespace: string, id: string, model: EmbeddingModel): KeptVector | undefined {
    const sql = "SELECT embedding, checksum FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ? AND model = ?";
    const row = first(this.all(sql, namespace, id, this.#knownNumber(model)));
    return row === undefined ? undefined : { vector: vectorOf(row["embedding"]), checksum: Number(row["checksum"]) };
  }

  vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Map<string, Int8Array> {
    const number = this.#knownNumber(model);
    const sql = "SELECT pattern_id, embedding FROM pattern_embeddings WHERE namespace = ? AND model = ? AND pattern_id IN";
    const rows = this.inChunks(ids, (marks, chunk) => this.all(`${sql} (${marks})`, namespace, number, ...chunk));
    return new Map(rows.map((row) => [text(row["pattern_id"]), vectorOf(row["embedding"])]));
  }

  entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): VectorEntry[] {
    const number = this.#knownNumber(model);
    const rows =
      ids === undefined
        ? this.all(ENTRIES, namespace, number)
        : this.inChunks(ids, (marks, chunk) =>
            this.all(`${ENTRIES} AND e.pattern_id IN (${marks})`, namespace, number, ...chunk),
          );
    return rows.map((row) => ({ ...row, vector: vectorOf(row["embedding"]) }) as unknown as VectorEntry);
  }

  log(namespace: string, ids: readonly string[], kind: LogKind): void {
    for (const id of ids) this.run("INSERT INTO changes (namespace, id, kind) VALUES (?, ?, ?)", namespace, id, kind);
    if (ids.length === 0) return;
    const { last } = this.logEnds();
    if (Math.floor(last / LOG_CUT_EVERY) !== Math.floor((last - ids.length) / LOG_CUT_EVERY)) {
      this.run("DELETE FROM changes WHERE seq <= ?", last - LOG_KEPT);
    }
  }

  logEnds(): { first: number; last: number } {
    const sql = `SELECT COALESCE((SELECT MIN(seq) FROM changes), 1) AS first,
COALESCE((SELECT MAX(seq) FROM changes), 0) AS last`;
    const row = first(this.all(sql))!;
    return { first: Number(row["first"]), last: Number(row["last"]) };
  }

  changedIds(namespace: string, after: number): string[] {
    const sql = "SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome'";
    return this.all(sql, after, namespace).map((row) => text(row["id"]));
  }

  wasErased(namespace: string, id: string): boolean {
    const sql = "SELECT 1 FROM changes WHERE namespace = ? AND id = ? AND kind = 'erase' LIMIT 1";
    return this.all(sql, namespace, id).length > 0;
  }

  addCount(namespace: string, category: string, patterns: number, quarantined: number): void {
    this.run(COUNT, namespace, category, patterns, quarantined);
    if (patterns < 0) {
      this.run("DELETE FROM category_counts WHERE namespace = ? AND task_category = ? AND patterns = 0", namespace, category);
    }
  }

  counts(namespace: string): CategoryCount[] {
    const sql = "SELECT task_category, patterns, quarantined FROM category_counts WHERE namespace = ? ORDER BY task_category";
    return this.all(sql, namespace) as unknown as CategoryCount[];
  }
}
