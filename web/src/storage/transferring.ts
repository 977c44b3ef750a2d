/** Whole records out of a bank and back into one, exactly as they were. */

import { dedupeKey, isKept } from "../domain/duplicates.js";
import { Conflict, StorageCorrupt } from "../domain/errors.js";
import { sameJson } from "../domain/json.js";
import type { PatternRecord } from "../domain/pattern.js";
import type { EmbeddingModel, StoredPattern } from "../domain/records.js";
import type { TrajectoryRecord } from "../domain/trajectory.js";
import { changeOf, historyRow, isSound, observationOf, observationRow, outcomeOf, outcomeRow, rowOf, storedOf } from "./rows.js";
import { count, useModel } from "./storing.js";
import type { Awaitable, Tables } from "./tables.js";

/** Few enough that a page of experiences of 1 MB each can be held. */
const PAGE = 100;
const ELSEWHERE = "Restore into an empty bank or namespace.";

/** Takes some records, in the order of ids; awaited before more are read. */
export type TakePage<Item> = (page: readonly Item[]) => Awaitable<void>;

/**
 * Hand over every record of a namespace, a page at a time.
 *
 * Checksums are recomputed: a copy of what is damaged would be given a right one.
 *
 * @throws StorageCorrupt at the first that is not what was stored, naming it.
 */
export async function eachPageOfRecords(tables: Tables, namespace: string, take: TakePage<PatternRecord>): Promise<void> {
  for (let last = ""; ; ) {
    const rows = await tables.rowsAfter(namespace, last, PAGE);
    const page: PatternRecord[] = [];
    for (const row of rows) {
      if (!isSound(row)) throw unsound(row.id);
      page.push(await recordOf(tables, storedOf(row)));
    }
    await take(page);
    if (rows.length < PAGE) return;
    last = rows[rows.length - 1]!.id;
  }
}

function unsound(id: string): StorageCorrupt {
  return new StorageCorrupt(`the content of pattern ${id} does not match its checksum`, {
    damaged_ids: [id],
    hint: "Erase the pattern and restore it from an older export.",
  });
}

async function recordOf(tables: Tables, stored: StoredPattern): Promise<PatternRecord> {
  const { namespace, id } = stored.pattern;
  const [history, observations, outcomes] = await Promise.all([
    tables.history(namespace, id),
    tables.observations(namespace, id),
    tables.outcomes(namespace, id),
  ]);
  return {
    pattern: stored.pattern,
    created_by: stored.created_by,
    kept: isKept(stored),
    history: history.map(changeOf),
    observations: observations.map(observationOf),
    outcomes: outcomes.map(outcomeOf),
  };
}

/** Put a record back; one that is there already, equal in every field, is left alone. */
export async function restore(
  tables: Tables, record: PatternRecord, vector: Int8Array, model: EmbeddingModel,
): Promise<"created" | "unchanged"> {
  const { pattern } = record;
  const { namespace, id } = pattern;
  const existing = await tables.row(namespace, id);
  if (existing !== undefined) {
    if (sameJson(await recordOf(tables, storedOf(existing)), record)) return "unchanged";
    throw new Conflict(`pattern ${id} is there already and differs`, { existing_id: id, hint: ELSEWHERE });
  }
  await useModel(tables, namespace, model);
  const key = dedupeKey(pattern, record.kept ? id : null);
  if (!(await tables.insert(rowOf({ pattern, created_by: record.created_by, key }), model, vector))) {
    const taken = (await tables.idOfKey(namespace, key)) ?? null;
    throw new Conflict(`a pattern equal to ${id} is there already under another id: ${String(taken)}`, {
      existing_id: taken,
      hint: ELSEWHERE,
    });
  }
  await restoreNotes(tables, record);
  await count(tables, pattern, 1);
  await tables.log(namespace, [id], "put");
  return "created";
} // prettier-ignore

/** Keep a record's notes, in place of what is left of a pattern that was deleted meanwhile. */
async function restoreNotes(tables: Tables, record: PatternRecord): Promise<void> {
  const { namespace, id } = record.pattern;
  await tables.removeNotes(namespace, id);
  for (const change of record.history) await tables.addHistory(historyRow(namespace, change));
  for (const seen of record.observations) await tables.addObservation(observationRow(namespace, seen));
  for (const outcome of record.outcomes) {
    if (await tables.insertOutcome(outcomeRow(namespace, outcome))) continue;
    throw new Conflict(`outcome ${outcome.id} is there already, of another pattern`, { hint: ELSEWHERE });
  }
}

/** Hand over every experience of a namespace, a page at a time. */
export async function eachPageOfTrajectories(tables: Tables, namespace: string, take: TakePage<TrajectoryRecord>): Promise<void> {
  for (let last = ""; ; ) {
    const page = await tables.trajectoriesAfter(namespace, last, PAGE);
    await take(page);
    if (page.length < PAGE) return;
    last = page[page.length - 1]!.trajectory.id;
  }
}

/** Put an experience back; one that is there already, equal in everything, is left alone. */
export async function restoreTrajectory(
  tables: Tables, record: TrajectoryRecord, fingerprint: string, stamp: { actor: string; at: string },
): Promise<"created" | "unchanged"> {
  const { namespace, id } = record.trajectory;
  const existing = await tables.trajectory(namespace, id);
  if (existing !== undefined) {
    if (sameJson(existing, record)) return "unchanged";
    throw new Conflict(`trajectory ${id} is there already and differs`, { existing_id: id, hint: ELSEWHERE });
  }
  const taken = await tables.insertTrajectory(record, fingerprint, stamp);
  if (taken !== undefined) {
    throw new Conflict(`an experience equal to ${id} is there already under another id: ${taken}`, {
      existing_id: taken,
      hint: ELSEWHERE,
    });
  }
  return "created";
} // prettier-ignore
