/** The rows of a bank in SQLite, in the tables that the Python package makes: recalls and learning, over all the rest. */

import { crc32 } from "../../domain/crc32.js";
import { canonicalJson, type JsonObject } from "../../domain/json.js";
import type { RecallEvent } from "../../domain/recall.js";
import type { Stamp } from "../../domain/records.js";
import { stepsJson } from "../../domain/steps.js";
import type { PatternLink, Trajectory, TrajectoryRecord } from "../../domain/trajectory.js";
import { fromHex, utf8 } from "../../domain/utf8.js";
import type { Tables } from "../tables.js";
import { first, type SqlRow } from "./driver.js";
import { SqlNotes } from "./notes.js";
import { text } from "./statements.js";

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

/** Every table, over one connection. */
export class SqlTables extends SqlNotes implements Tables {
  addRecall(namespace: string, event: RecallEvent): void {
    const sql = `INSERT INTO recalls (namespace, id, task_category, task_description, shown, actor, at)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const shown = canonicalJson({ advice: event.advice, pitfalls: event.pitfalls });
    this.run(sql, namespace, event.id, event.category, event.task_description, shown, event.actor, event.at);
  }

  recall(namespace: string, id: string): { event: RecallEvent; settled_at: string | null } | undefined {
    const sql = `SELECT id, task_description, task_category, shown, actor, at, settled_at FROM recalls
WHERE namespace = ? AND id = ?`;
    const row = first(this.all(sql, namespace, id));
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
    this.run("UPDATE recalls SET settled_at = ? WHERE namespace = ? AND id = ?", at, namespace, id);
  }

  groupsOf(namespace: string, ids: readonly string[]): Map<string, string> {
    const sql = "SELECT source_id, MAX(target_id) AS target FROM pattern_links WHERE namespace = ? AND kind = 'derived_from'";
    const rows = this.inChunks(ids, (marks, chunk) =>
      this.all(`${sql} AND source_id IN (${marks}) GROUP BY source_id`, namespace, ...chunk),
    );
    return new Map(rows.map((row) => [text(row["source_id"]), text(row["target"])]));
  }

  dropWithdrawals(namespace: string, id: string): void {
    this.run("DELETE FROM withdrawals WHERE namespace = ? AND pattern_id = ?", namespace, id);
  }

  putAwayFor(namespace: string, ids: readonly string[]): (readonly [string, string])[] {
    const rows = this.inChunks(ids, (marks, chunk) => this.all(PUT_AWAY.replace("MARKS", marks), namespace, ...chunk));
    return rows.map((row) => [text(row["source_id"]), text(row["target_id"])] as const);
  }

  addLink(namespace: string, link: PatternLink): void {
    const sql = `INSERT INTO pattern_links (namespace, source_id, kind, target_id, actor, at)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    this.run(sql, namespace, link.source_id, link.kind, link.target_id, link.actor, link.at);
  }

  links(namespace: string, eitherId: string): PatternLink[] {
    const sql = `SELECT source_id, target_id, kind, actor, at FROM pattern_links
WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2) ORDER BY at, source_id, kind, target_id`;
    return this.all(sql, namespace, eitherId).map((row) => ({ ...row }) as unknown as PatternLink);
  }

  trajectory(namespace: string, id: string): TrajectoryRecord | undefined {
    const row = first(this.all(`${TRAJECTORY} AND t.id = ?`, namespace, id));
    return row === undefined ? undefined : this.#trajectoryRecord(row);
  }

  trajectoriesAfter(namespace: string, id: string, limit: number): TrajectoryRecord[] {
    const rows = this.all(`${TRAJECTORY} AND t.id > ? ORDER BY t.id LIMIT ?`, namespace, id, limit);
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
      withheld: this.all(held, trajectory.namespace, trajectory.id).map((one) => text(one["pattern_id"])),
    };
  }

  insertTrajectory(record: TrajectoryRecord, fingerprint: string, stamp: Stamp): string | undefined {
    const of = record.trajectory;
    const { namespace, id } = of;
    const sql = "SELECT id FROM trajectories WHERE namespace = ? AND fingerprint = ?";
    const taken = first(this.all(sql, namespace, fromHex(fingerprint)));
    if (taken !== undefined) return text(taken["id"]);
    const steps = stepsJson(of.steps);
    this.run(
      `INSERT INTO trajectories (namespace, id, task_category, task_description, steps, metadata, origin, actor,
created_at, fingerprint, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      namespace, id, of.task_category, of.task_description, steps, canonicalJson(of.metadata), of.origin, of.actor,
      of.created_at, fromHex(fingerprint), crc32(utf8(steps)),
    ); // prettier-ignore
    const before =
      record.state_before === null ? null : canonicalJson({ note: record.note_before, state: record.state_before });
    const verdict = of.verdict === null ? null : canonicalJson(of.verdict);
    this.run(
      `INSERT INTO trajectory_states (namespace, trajectory_id, state, verdict, note, before, at)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
      namespace, id, of.state, verdict, of.note, before, before === null ? of.created_at : stamp.at,
    ); // prettier-ignore
    for (const link of record.links) this.addLink(namespace, link);
    for (const patternId of record.withheld) {
      const withhold = `INSERT INTO withdrawals (namespace, pattern_id, kind, source, actor, at)
VALUES (?, ?, 'trajectory', ?, ?, ?) ON CONFLICT DO NOTHING`;
      this.run(withhold, namespace, patternId, id, stamp.actor, stamp.at);
    }
    return undefined;
  }
}
