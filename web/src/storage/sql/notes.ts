/** What was said about patterns, in SQLite: history, observations, outcomes, answers. */

import { fromHex, toHex } from "../../domain/utf8.js";
import type { HistoryRow, ObservationRow, OutcomeRow } from "../rows.js";
import type { NoteTables } from "../tables.js";
import { codeOf, first } from "./driver.js";
import { SqlPatterns } from "./patterns.js";
import { text } from "./statements.js";

const INSERT_OUTCOME = `
INSERT INTO outcomes (namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
const OUTCOME = "id, namespace, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id";

/** What is kept beside each pattern. */
export class SqlNotes extends SqlPatterns implements NoteTables {
  addHistory(row: HistoryRow): void {
    const sql = `INSERT INTO pattern_history (namespace, pattern_id, version, kind, actor, at, before)
VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.run(sql, row.namespace, row.pattern_id, row.version, row.kind, row.actor, row.at, row.before);
  }

  history(namespace: string, id: string): HistoryRow[] {
    const sql = `SELECT namespace, pattern_id, version, kind, actor, at, before FROM pattern_history
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence`;
    return this.all(sql, namespace, id) as unknown as HistoryRow[];
  }

  addObservation(row: ObservationRow): void {
    const sql = "INSERT INTO observations (namespace, pattern_id, actor, at, content) VALUES (?, ?, ?, ?, ?)";
    this.run(sql, row.namespace, row.pattern_id, row.actor, row.at, row.content);
  }

  observations(namespace: string, id: string): ObservationRow[] {
    const sql = `SELECT namespace, pattern_id, actor, at, content FROM observations
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence`;
    return this.all(sql, namespace, id) as unknown as ObservationRow[];
  }

  insertOutcome(row: OutcomeRow): boolean {
    const { namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id } = row;
    try {
      const values = [namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id];
      return this.driver.run(INSERT_OUTCOME, values) > 0;
    } catch (error) {
      if (codeOf(error) === 19) return false;
      throw error;
    }
  }

  outcomes(namespace: string, id: string): OutcomeRow[] {
    const sql = `SELECT ${OUTCOME} FROM outcomes WHERE namespace = ? AND pattern_id = ? ORDER BY rowid`;
    return this.all(sql, namespace, id) as unknown as OutcomeRow[];
  }

  outcomesOfRecall(namespace: string, recallId: string): OutcomeRow[] {
    const sql = `SELECT ${OUTCOME} FROM outcomes WHERE namespace = ? AND recall_id = ? ORDER BY id`;
    return this.all(sql, namespace, recallId) as unknown as OutcomeRow[];
  }

  removeNotes(namespace: string, id: string): Record<string, number> {
    return this.#removeFrom(["pattern_history", "observations", "outcomes"], namespace, id);
  }

  removeTraces(namespace: string, id: string): Record<string, number> {
    const links = "DELETE FROM pattern_links WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2)";
    return {
      ...this.#removeFrom(["idempotency_keys", "withdrawals"], namespace, id),
      pattern_links: this.run(links, namespace, id),
    };
  }

  #removeFrom(tables: readonly string[], namespace: string, id: string): Record<string, number> {
    return Object.fromEntries(
      tables.map((table) => [
        table,
        this.run(`DELETE FROM ${table} WHERE namespace = ? AND pattern_id = ?`, namespace, id),
      ]),
    );
  }

  answer(namespace: string, key: string): { fingerprint: string; pattern_id: string } | undefined {
    const sql = "SELECT fingerprint, pattern_id FROM idempotency_keys WHERE namespace = ? AND key = ?";
    const row = first(this.all(sql, namespace, key));
    if (row === undefined) return undefined;
    return { fingerprint: toHex(row["fingerprint"] as Uint8Array), pattern_id: text(row["pattern_id"]) };
  }

  keepAnswer(namespace: string, key: string, fingerprint: string, id: string, at: string): void {
    const sql = "INSERT INTO idempotency_keys (namespace, key, fingerprint, pattern_id, at) VALUES (?, ?, ?, ?, ?)";
    this.run(sql, namespace, key, fromHex(fingerprint), id, at);
  }
}
