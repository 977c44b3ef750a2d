/**
 * What a storage engine does inside one transaction: look up and write rows, nothing that decides.
 *
 * The rules of the bank stand once, in the modules beside this one, and run on every engine. Each call
 * names its namespace; none crosses it. A call may answer at once (SQLite) or later (IndexedDB), so
 * callers await it; inside a transaction nothing else may be awaited.
 */

import type { EmbeddingModel } from "../domain/records.js";
import type { RecallEvent } from "../domain/recall.js";
import type { PatternLink, TrajectoryRecord } from "../domain/trajectory.js";
import type { HistoryRow, ObservationRow, OutcomeRow, PatternRow } from "./rows.js";

/** A value, now or later. */
export type Awaitable<T> = T | PromiseLike<T>;

/** What the search needs to know of a pattern that can be found. */
export interface VectorEntry {
  readonly id: string;
  readonly task_category: string;
  readonly expires_at: string | null;
  readonly vector: Int8Array;
}

/** A vector as it is kept. */
export interface KeptVector {
  readonly vector: Int8Array;
  readonly checksum: number;
}

/** How many patterns of a category there are, and how many of them are quarantined. */
export interface CategoryCount {
  readonly task_category: string;
  readonly patterns: number;
  readonly quarantined: number;
}

/** What a change was, in the log that caches read. */
export type LogKind = "put" | "quarantine" | "delete" | "erase" | "outcome";

export interface PatternTables {
  row(namespace: string, id: string): Awaitable<PatternRow | undefined>;
  rows(namespace: string, ids: readonly string[]): Awaitable<ReadonlyMap<string, PatternRow>>;
  idOfKey(namespace: string, key: string): Awaitable<string | undefined>;
  /** Insert a row with its vector unless the row's key is taken; give whether they were inserted. */
  insert(row: PatternRow, model: EmbeddingModel, vector: Int8Array): Awaitable<boolean>;
  updateRow(row: PatternRow): Awaitable<void>;
  /** Remove a row and its vectors; give how many vectors there were. */
  deleteRow(namespace: string, id: string): Awaitable<number>;
  /** Give active rows: best score first, nulls last, then newest, then id. */
  rowsByCategory(namespace: string, category: string, limit: number, now: string): Awaitable<readonly PatternRow[]>;
  /** Give rows in the order of their ids, after an id. */
  rowsAfter(namespace: string, id: string, limit: number): Awaitable<readonly PatternRow[]>;
  /** Count active patterns that have expired, of one category or of all. */
  countExpired(namespace: string, now: string, category: string | null): Awaitable<number>;
}

export interface VectorTables {
  /** Give the model a namespace is searched by. */
  currentModel(namespace: string): Awaitable<EmbeddingModel | null>;
  setCurrentModel(namespace: string, model: EmbeddingModel): Awaitable<void>;
  /** Keep a vector beside its pattern, in place of one of the same model. */
  putVector(row: PatternRow, model: EmbeddingModel, vector: Int8Array): Awaitable<void>;
  /** Drop the vectors of every model: they were made from another text. */
  dropVectors(namespace: string, id: string): Awaitable<void>;
  vector(namespace: string, id: string, model: EmbeddingModel): Awaitable<KeptVector | undefined>;
  vectorsOf(namespace: string, ids: readonly string[], model: EmbeddingModel): Awaitable<ReadonlyMap<string, Int8Array>>;
  /** Give what can be found: all of it, or those of the ids that can. */
  entries(namespace: string, model: EmbeddingModel, ids?: readonly string[]): Awaitable<readonly VectorEntry[]>;
}

export interface LogTables {
  /** Note that patterns changed, for every cache of every tab or process. */
  log(namespace: string, ids: readonly string[], kind: LogKind): Awaitable<void>;
  /** Give the first and last number still in the log. */
  logEnds(namespace: string): Awaitable<{ readonly first: number; readonly last: number }>;
  /** Give the ids of what changed after a number, outcomes left out. */
  changedIds(namespace: string, after: number): Awaitable<readonly string[]>;
  wasErased(namespace: string, id: string): Awaitable<boolean>;
  /** Move the counters of a category. */
  addCount(namespace: string, category: string, patterns: number, quarantined: number): Awaitable<void>;
  counts(namespace: string): Awaitable<readonly CategoryCount[]>;
}

export interface NoteTables {
  addHistory(row: HistoryRow): Awaitable<void>;
  /** Give notes in the order they were written. */
  history(namespace: string, id: string): Awaitable<readonly HistoryRow[]>;
  addObservation(row: ObservationRow): Awaitable<void>;
  observations(namespace: string, id: string): Awaitable<readonly ObservationRow[]>;
  /** Insert an outcome unless its id is taken; give whether it was. */
  insertOutcome(row: OutcomeRow): Awaitable<boolean>;
  outcomes(namespace: string, id: string): Awaitable<readonly OutcomeRow[]>;
  outcomesOfRecall(namespace: string, recallId: string): Awaitable<readonly OutcomeRow[]>;
  /** Remove history, observations and outcomes of a pattern; give how many rows by table. */
  removeNotes(namespace: string, id: string): Awaitable<Readonly<Record<string, number>>>;
  /** Remove answers, withdrawals and links of a pattern; give how many rows by table. */
  removeTraces(namespace: string, id: string): Awaitable<Readonly<Record<string, number>>>;
}

export interface RecallTables {
  answer(namespace: string, key: string): Awaitable<{ fingerprint: string; pattern_id: string } | undefined>;
  keepAnswer(namespace: string, key: string, fingerprint: string, id: string, at: string): Awaitable<void>;
  addRecall(namespace: string, event: RecallEvent): Awaitable<void>;
  recall(namespace: string, id: string): Awaitable<{ event: RecallEvent; settled_at: string | null } | undefined>;
  settleRecall(namespace: string, id: string, at: string): Awaitable<void>;
  /** Give for patterns derived from trajectories the greatest id of those. */
  groupsOf(namespace: string, ids: readonly string[]): Awaitable<ReadonlyMap<string, string>>;
}

export interface TrajectoryTables {
  /** Forget what a pattern was quarantined for. */
  dropWithdrawals(namespace: string, id: string): Awaitable<void>;
  /** Give the duplicates that consolidation put away for these patterns, each with the one that was kept. */
  putAwayFor(namespace: string, ids: readonly string[]): Awaitable<readonly (readonly [duplicate: string, kept: string])[]>;
  addLink(namespace: string, link: PatternLink): Awaitable<void>;
  links(namespace: string, eitherId: string): Awaitable<readonly PatternLink[]>;
  trajectory(namespace: string, id: string): Awaitable<TrajectoryRecord | undefined>;
  trajectoriesAfter(namespace: string, id: string, limit: number): Awaitable<readonly TrajectoryRecord[]>;
  /** Insert a record, links and all; give the id of an equal experience that is there already. */
  insertTrajectory(record: TrajectoryRecord, fingerprint: string, stamp: { actor: string; at: string }): Awaitable<string | undefined>;
}

/** Everything the rules of the bank need of an engine. */
export interface Tables
  extends PatternTables, VectorTables, LogTables, NoteTables, RecallTables, TrajectoryTables {}

/** What an engine says about itself. */
export interface Description {
  readonly backend: "indexeddb" | "sqljs" | "sqlite" | "memory";
  readonly path: string | null;
  readonly persistent: boolean;
  readonly reason: string;
  readonly size_bytes: number;
  readonly schema_version: number;
  readonly engine: string;
}

/** What an erase removed from the tables. */
export interface Erased {
  readonly namespace: string;
  readonly id: string;
  /** Pieces of what was removed; null when all of it was gone before, so that nothing is known of it. */
  readonly needles: readonly Uint8Array[] | null;
}

/** What is proved of an erase. */
export interface Scrubbed {
  /** How many bytes were looked through in vain. */
  readonly bytes_checked: number;
  /** Whether a file had to be rewritten. */
  readonly compacted: boolean;
  /** Where what was removed may still be, out of this bank's sight; null when there is no such place. */
  readonly unproved: string | null;
}

/** One storage engine with one bank open. */
export interface Storage {
  readonly readOnly: boolean;
  /** Changes when the bank was put back to an earlier state, so that what is cached of it is wrong. */
  readonly epoch?: number;
  /** Run a question on one moment of the bank. */
  read<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  /** Run a change: committed when the promise resolves, undone when it rejects. */
  write<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  describe(): Promise<Description>;
  /** After an erase: get rid of left-over bytes, and prove that what was removed is gone. */
  scrub(erased: Erased): Promise<Scrubbed>;
  close(): Promise<void>;
}

/** The log of changes is cut every so many entries, and so many stay: a cache that missed more rebuilds. */
export const LOG_KEPT = 65_536;
export const LOG_CUT_EVERY = 4_096;
