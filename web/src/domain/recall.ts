/** Recall: the few patterns an agent gets before a task, and why these. */

import type { SimilarPattern } from "./pattern.js";

export type LeftOutReason =
  | "below_threshold"
  | "unreliable"
  | "other_group"
  | "too_alike"
  | "over_k"
  | "over_budget";

/** The components of one item's score. */
export interface Why {
  readonly score: number;
  readonly similarity: number;
  /** 0 to 1, halved every 45 days since it was last used or made. */
  readonly recency: number;
  /** Posterior mean of its family's outcomes near this task. */
  readonly reliability: number;
  readonly neighbours: number;
  readonly weighted_successes: number;
  readonly weighted_failures: number;
  readonly reason: string;
}

/** One item shown: the pattern, why, and whether it is advice to follow or a pitfall to avoid. */
export interface RecalledPattern {
  readonly pattern: SimilarPattern;
  readonly why: Why;
  readonly pitfall: boolean;
  readonly group: string;
}

/** One candidate not shown, and why not. */
export interface LeftOut {
  readonly pattern_id: string;
  readonly reason: LeftOutReason;
  readonly why: Why;
}

/** How many patterns the filters kept from being candidates at all. */
export interface Hidden {
  readonly quarantined: number;
  readonly expired: number;
  readonly other_categories: number;
}

/** What an agent gets before a task. */
export interface Recall {
  /** Names this recall, for `recordOutcome`. */
  readonly id: string;
  readonly task_description: string;
  /** The items shown, best first; none when it abstains. */
  readonly patterns: readonly RecalledPattern[];
  /** A ready block of text, empty when it abstains. */
  readonly prompt: string;
  readonly why: readonly Why[];
  readonly left_out: readonly LeftOut[];
  readonly hidden: Hidden;
  readonly abstained: boolean;
  /** Whether the event is kept; not on a read-only bank. */
  readonly recorded: boolean;
  readonly namespace: string;
}

/** A recall as it is kept. */
export interface RecallEvent {
  readonly id: string;
  readonly task_description: string;
  readonly category: string | null;
  readonly advice: readonly string[];
  readonly pitfalls: readonly string[];
  readonly actor: string;
  readonly at: string;
}

/** One experience near a task, as storage gives it to retrieval. */
export interface Neighbour {
  readonly pattern: SimilarPattern;
  readonly similarity: number;
  /** Its trajectory's id, or its own where it has none. */
  readonly group: string;
  readonly successes: number;
  readonly failures: number;
  /** How many outcomes with a score it has. */
  readonly outcomes: number;
  /** Its vector, where several groups are to be chosen that differ. */
  readonly vector: Int8Array | null;
}
