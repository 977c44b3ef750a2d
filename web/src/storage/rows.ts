/** Between what an engine keeps and what the bank gives: the same rows on every engine. */

import { dataText, rowChecksum } from "../domain/checksum.js";
import { StorageCorrupt } from "../domain/errors.js";
import { canonicalJson, isObject, type JsonObject } from "../domain/json.js";
import type { Outcome } from "../domain/outcome.js";
import type { Observation, Pattern, PatternChange } from "../domain/pattern.js";
import type { StoredPattern } from "../domain/records.js";

/** A row of the table `patterns`. */
export interface PatternRow extends Omit<Pattern, "tags" | "metadata"> {
  /** Tags and metadata as JSON text. */
  readonly data: string;
  readonly created_by: string;
  /** Hexadecimal. */
  readonly dedupe_key: string;
  readonly checksum: number;
}

/** A row of `pattern_history`. */
export interface HistoryRow extends Omit<PatternChange, "before"> {
  readonly namespace: string;
  readonly before: string;
}

/** A row of `observations`. */
export interface ObservationRow extends Omit<Observation, "content"> {
  readonly namespace: string;
  readonly content: string;
}

/** A row of `outcomes`. */
export interface OutcomeRow extends Omit<Outcome, "evidence"> {
  readonly namespace: string;
  readonly evidence: string;
}

const NO_DATA = "{}";

/** Give the row of a pattern, with its checksum. */
export function rowOf(stored: StoredPattern): PatternRow {
  const { tags, metadata, ...fields } = stored.pattern;
  const data = dataText({ tags, metadata });
  return {
    ...fields,
    data,
    created_by: stored.created_by,
    dedupe_key: stored.key,
    checksum: rowChecksum(stored, data),
  };
}

/** Give what a row holds. */
export function storedOf(row: PatternRow): StoredPattern {
  return { pattern: patternOf(row), created_by: row.created_by, key: row.dedupe_key };
}

/** Give the pattern of a row, its fields in the order of the documentation. */
export function patternOf(row: PatternRow): Pattern {
  const { tags, metadata } = row.data === NO_DATA ? { tags: [], metadata: {} } : dataOf(row);
  return {
    id: row.id,
    namespace: row.namespace,
    task_category: row.task_category,
    task_description: row.task_description,
    strategy: row.strategy,
    title: row.title,
    success_score: row.success_score,
    duration_seconds: row.duration_seconds,
    tags,
    metadata,
    trust: row.trust,
    state: row.state,
    uses: row.uses,
    successes: row.successes,
    failures: row.failures,
    last_used_at: row.last_used_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    expires_at: row.expires_at,
    version: row.version,
  };
}

function dataOf(row: PatternRow): Pick<Pattern, "tags" | "metadata"> {
  const data = parsed(row.data, row.id);
  const { tags = [], metadata = {} } = data as Partial<Pick<Pattern, "tags" | "metadata">>;
  return { tags, metadata };
}

/** Give whether a row is what was stored. */
export function isSound(row: PatternRow): boolean {
  try {
    return rowChecksum(storedOf(row), row.data) === row.checksum;
  } catch {
    return false; // damage can make a column anything, and then there is no checksum of it
  }
}

function parsed(text: string, patternId: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(patternId, error);
  }
  if (!isObject(value)) throw unreadable(patternId);
  return value as JsonObject;
}

/** Give the error for content that nothing can be made of. */
export function unreadable(patternId: string, cause?: unknown): StorageCorrupt {
  return new StorageCorrupt(`the content of pattern ${patternId} cannot be read`, {
    damaged_ids: [patternId],
    hint: "Restore the pattern from an export.",
    cause,
  });
}

export function historyRow(namespace: string, change: PatternChange): HistoryRow {
  return { ...change, namespace, before: canonicalJson(change.before) };
}

export function changeOf(row: HistoryRow): PatternChange {
  const { pattern_id, version, kind, actor, at } = row;
  return { pattern_id, version, kind, actor, at, before: parsed(row.before, pattern_id) };
}

export function observationRow(namespace: string, seen: Observation): ObservationRow {
  return { ...seen, namespace, content: canonicalJson(seen.content) };
}

export function observationOf(row: ObservationRow): Observation {
  const { pattern_id, at, actor } = row;
  return { pattern_id, at, actor, content: parsed(row.content, pattern_id) };
}

export function outcomeRow(namespace: string, outcome: Outcome): OutcomeRow {
  return { ...outcome, namespace, evidence: canonicalJson(outcome.evidence) };
}

export function outcomeOf(row: OutcomeRow): Outcome {
  const { id, pattern_id, kind, score, source, actor, at, weight, recall_id } = row;
  const evidence = parsed(row.evidence, pattern_id);
  return { id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id };
}
