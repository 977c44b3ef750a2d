/** What the server answers, as far as the page reads it. */

export interface PatternInfo {
  readonly id: string;
  readonly task_category: string;
  readonly task_description: string;
  readonly strategy: string;
  readonly title: string | null;
  readonly success_score: number | null;
  readonly tags: readonly string[];
  readonly trust: string;
  readonly state: "active" | "quarantined";
  readonly uses: number;
  readonly successes: number;
  readonly failures: number;
  readonly last_used_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at: string | null;
  readonly version: number;
}

export interface Similar extends PatternInfo {
  readonly similarity: number;
}

export interface Pages {
  readonly patterns: readonly PatternInfo[];
  readonly next: string | null;
}

export interface Why {
  readonly score: number;
  readonly similarity: number;
  readonly recency: number;
  readonly reliability: number;
  readonly neighbours: number;
  readonly weighted_successes: number;
  readonly weighted_failures: number;
  readonly reason: string;
}

export interface Recall {
  readonly id: string;
  readonly patterns: readonly { readonly pattern: Similar; readonly why: Why; readonly pitfall: boolean }[];
  readonly prompt: string;
  readonly left_out: readonly { readonly pattern_id: string; readonly reason: string; readonly why: Why }[];
  readonly hidden: { readonly quarantined: number; readonly expired: number; readonly other_categories: number };
  readonly abstained: boolean;
}

export interface RecallEvent {
  readonly id: string;
  readonly task_description: string;
  readonly category: string | null;
  readonly advice: readonly string[];
  readonly pitfalls: readonly string[];
  readonly actor: string;
  readonly at: string;
}

export interface Outcome {
  readonly id: string;
  readonly kind: string;
  readonly score: number | null;
  readonly source: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly at: string;
  readonly weight: number;
  readonly recall_id: string | null;
}

export interface Step {
  readonly action: string;
  readonly observation: string | null;
  readonly error: string | null;
  readonly thought: string | null;
  readonly duration_seconds: number | null;
}

export interface Trajectory {
  readonly id: string;
  readonly task_description: string;
  readonly steps: readonly Step[];
  readonly actor: string;
  readonly created_at: string;
  readonly state: string;
  readonly verdict: { readonly kind: string; readonly score: number | null; readonly source: string; readonly reasons: readonly string[] } | null;
}

export interface Link {
  readonly source_id: string;
  readonly target_id: string;
  readonly kind: string;
  readonly actor: string;
  readonly at: string;
}

export interface Life {
  readonly pattern: PatternInfo | null;
  readonly history: readonly { readonly version: number; readonly kind: string; readonly actor: string; readonly at: string; readonly before: Readonly<Record<string, unknown>> }[];
  readonly outcomes: readonly Outcome[];
  readonly observations: readonly { readonly at: string; readonly actor: string }[];
  readonly links: readonly Link[];
  readonly reliability: { readonly posterior_mean: number; readonly outcomes: number } | null;
  readonly trajectories: readonly Trajectory[];
}

export interface Proposal {
  readonly kind: string;
  readonly pattern_id: string;
  readonly other_id: string | null;
  readonly reason: string;
}

export interface ConsolidationReport {
  readonly id: string | null;
  readonly applied: boolean;
  readonly looked_at: number;
  readonly proposals: readonly Proposal[];
}

export interface Kept {
  readonly report: ConsolidationReport;
  readonly actor: string;
  readonly at: string;
  readonly undone_at: string | null;
}

export interface Operation {
  readonly name: string;
  readonly calls: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly bytes: number;
  readonly timed: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface Metrics {
  readonly since: string;
  readonly until: string;
  readonly operations: readonly Operation[];
  readonly recalls: { readonly recalls: number; readonly abstained: number; readonly items: number; readonly prompt_bytes: number };
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly storage: { readonly connections: number; readonly idle: number; readonly limit: number; readonly indexed_vectors: number; readonly index_bytes: number; readonly index_behind: number };
}

export interface Stats {
  readonly total_patterns: number;
  readonly active_patterns: number;
  readonly categories: Readonly<Record<string, number>>;
  readonly namespace: string;
  readonly backend: string;
  readonly persistent: boolean;
  readonly read_only: boolean;
  readonly size_bytes: number;
  readonly embedding_model: string | null;
  readonly engine: string;
}

export interface Overview {
  readonly stats: Stats;
  readonly withheld: number;
  readonly today: Metrics;
  readonly recalls: readonly RecallEvent[];
  readonly consolidations: readonly Kept[];
}

/** What came to be on a day in a category, and what outcomes told of it; null for all categories but the largest. */
export interface ProgressDay {
  readonly day: string;
  readonly category: string | null;
  readonly created: number;
  readonly outcomes: number;
  readonly score: number;
}

export interface Progress {
  readonly days: readonly ProgressDay[];
  /** Tasks that were recalled for and whose end was told, by the day it was told. */
  readonly recalled: readonly { readonly day: string; readonly tasks: number; readonly score: number }[];
}

/** Points of the map, column by column. */
export interface PatternMap {
  readonly total: number;
  readonly ids: readonly string[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly success: readonly (number | null)[];
}

export interface Transfer {
  readonly read: number;
  readonly created: number;
  readonly merged: number;
  readonly unchanged: number;
  readonly skipped: readonly { readonly line: number; readonly message: string }[];
}
