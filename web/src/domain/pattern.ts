/** Patterns: what a caller gives, what comes back, and what a store or a change says about itself. */

import type { JsonObject } from "./json.js";
import type { Outcome, OutcomeSource, Trust } from "./outcome.js";

export const STATES = ["active", "quarantined"] as const;
export type State = (typeof STATES)[number];

export const ON_DUPLICATE = ["merge", "keep", "error"] as const;
export type OnDuplicate = (typeof ON_DUPLICATE)[number];

export type StoreStatus = "created" | "merged" | "replayed";

export const CHANGE_KINDS = ["created", "updated", "merged", "outcome", "deleted"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Describe one strategy to be stored. */
export interface PatternInput {
  /** The task it is for, as a person would word it; similarity is computed from this text alone. */
  task_description: string;
  /** The kind of task, one line, at most 256 bytes. */
  task_category: string;
  /** What to do, at most 65,536 bytes. */
  strategy: string;
  /** A short name, one line. */
  title?: string | null | undefined;
  /** How well it worked, 0 to 1. */
  success_score?: number | null | undefined;
  /** How long it took, >= 0. */
  duration_seconds?: number | null | undefined;
  /** At most 64; kept sorted and without repeats. */
  tags?: Iterable<string> | undefined;
  /** Any JSON object of at most 1 MB. */
  metadata?: JsonObject | undefined;
  /** Who confirmed that it works. */
  source?: OutcomeSource | undefined;
  /** When it stops being offered. */
  expires_at?: string | Date | null | undefined;
}

/** What `updatePattern` takes: new values by field name. */
export interface PatternChanges extends Partial<Omit<PatternInput, "source">> {
  state?: State | undefined;
}

/** A `PatternInput` in its stored form. */
export interface CheckedInput {
  readonly task_description: string;
  readonly task_category: string;
  readonly strategy: string;
  readonly title: string | null;
  readonly success_score: number | null;
  readonly duration_seconds: number | null;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly source: OutcomeSource;
  readonly expires_at: string | null;
}

/** One stored strategy, as the bank holds it now. Times are UTC with milliseconds. */
export interface Pattern {
  readonly id: string;
  readonly namespace: string;
  readonly task_category: string;
  readonly task_description: string;
  readonly strategy: string;
  readonly title: string | null;
  readonly success_score: number | null;
  readonly duration_seconds: number | null;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly trust: Trust;
  readonly state: State;
  readonly uses: number;
  readonly successes: number;
  readonly failures: number;
  readonly last_used_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at: string | null;
  readonly version: number;
}

/** The fields of a pattern, in the order of the table's columns. */
export const PATTERN_FIELDS = [
  "id", "namespace", "task_category", "task_description", "strategy", "title", "success_score",
  "duration_seconds", "tags", "metadata", "trust", "state", "uses", "successes", "failures",
  "last_used_at", "created_at", "updated_at", "expires_at", "version",
] as const satisfies readonly (keyof Pattern)[]; // prettier-ignore

/** A pattern found for a task, with its cosine similarity to that task (-1 to 1). */
export interface SimilarPattern extends Pattern {
  readonly similarity: number;
}

/** A secret that was taken out before storing: the field it stood in and its kind. */
export interface Redaction {
  readonly field: string;
  readonly kind: string;
}

/** What a store did. */
export interface Stored {
  /** The pattern that now holds the content. */
  readonly id: string;
  readonly status: StoreStatus;
  readonly redacted: readonly Redaction[];
}

/** One entry of a pattern's history: who changed what, and when. */
export interface PatternChange {
  readonly pattern_id: string;
  /** The version the pattern had before; 0 when it was created. */
  readonly version: number;
  readonly kind: ChangeKind;
  readonly actor: string;
  readonly at: string;
  /** The changed fields with the values they had before; the whole pattern when deleted. */
  readonly before: JsonObject;
}

/** One store that was merged into an existing pattern, kept as it was given. */
export interface Observation {
  readonly pattern_id: string;
  readonly at: string;
  readonly actor: string;
  readonly content: JsonObject;
}

/** What an erase removed. */
export interface Erasure {
  readonly id: string;
  /** How many rows were removed, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** How many bytes of the bank's file, or of its records where there is no file to read, were searched in vain. */
  readonly bytes_checked: number;
  /** Whether the file had to be rewritten. */
  readonly compacted: boolean;
  /** Where the content may still be, out of the bank's sight; null when there is no such place. */
  readonly unproved: string | null;
}

/** What a namespace of a bank holds, and where. */
export interface StorageStats {
  /** Every pattern, expired and quarantined ones too. */
  readonly total_patterns: number;
  /** Those that search, similarity and recall can return. */
  readonly active_patterns: number;
  readonly categories: Readonly<Record<string, number>>;
  readonly namespace: string;
  /** `indexeddb`, `sqljs`, `sqlite` or `memory`. */
  readonly backend: string;
  readonly path: string | null;
  /** Whether the bank outlives the page or process. */
  readonly persistent: boolean;
  readonly read_only: boolean;
  /** Why this backend and place were chosen. */
  readonly reason: string;
  readonly size_bytes: number;
  readonly embedding_model: string | null;
  readonly schema_version: number;
  readonly engine: string;
}

/** A line of an import that could not be taken, and why. */
export interface SkippedLine {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** What an import or a restore did. */
export interface TransferReport {
  readonly read: number;
  readonly created: number;
  readonly merged: number;
  readonly unchanged: number;
  readonly skipped: readonly SkippedLine[];
}

/** What `reembed` did: the model now searched, and how many vectors were made for it. */
export interface Reembedded {
  readonly model: string;
  readonly vectors: number;
}

/** One thing a check of the bank looked at. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  readonly hint: string | null;
  readonly ids: readonly string[];
}

/** Everything kept about one pattern, for export and restore. */
export interface PatternRecord {
  readonly pattern: Pattern;
  readonly created_by: string;
  /** Whether it stands beside equals (`on_duplicate: "keep"`). */
  readonly kept: boolean;
  readonly history: readonly PatternChange[];
  readonly observations: readonly Observation[];
  readonly outcomes: readonly Outcome[];
}
