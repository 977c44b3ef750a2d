/** Outcomes: what happened when a strategy was used, who says so, and what that is worth. */

import type { JsonObject } from "./json.js";

export const OUTCOME_SOURCES = ["test", "environment", "human", "caller", "agent", "imported"] as const;
export type OutcomeSource = (typeof OUTCOME_SOURCES)[number];

export const OUTCOME_KINDS = ["success", "failure", "partial", "unknown"] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** From the least to the most trusted. */
export const TRUST_ORDER = ["imported", "judged", "reported", "confirmed"] as const;
export type Trust = (typeof TRUST_ORDER)[number];

/** The trust that an outcome of each source earns, and what one outcome counts in the posterior. */
export const SOURCES: Readonly<Record<OutcomeSource, { readonly trust: Trust; readonly weight: number }>> = {
  test: { trust: "confirmed", weight: 1 },
  environment: { trust: "confirmed", weight: 1 },
  human: { trust: "confirmed", weight: 1 },
  caller: { trust: "reported", weight: 0.5 },
  agent: { trust: "judged", weight: 0.25 },
  imported: { trust: "imported", weight: 0.1 },
};

const PRIOR_SUCCESSES = 1;
const PRIOR_FAILURES = 1;

/** One recorded outcome of using a pattern. */
export interface Outcome {
  readonly id: string;
  readonly pattern_id: string;
  /** `success` (score 1), `failure` (0), `partial` (between) or `unknown` (null). */
  readonly kind: OutcomeKind;
  readonly score: number | null;
  readonly source: OutcomeSource;
  readonly evidence: JsonObject;
  readonly actor: string;
  readonly at: string;
  /** Its share of one use, 0 to 1. */
  readonly weight: number;
  /** The recall that had shown the pattern. */
  readonly recall_id: string | null;
}

/** How often a pattern works, as far as its outcomes tell; 0.5 without any. */
export interface Reliability {
  /** Mean of Beta(1 + s, 1 + f) (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4). */
  readonly posterior_mean: number;
  readonly weighted_successes: number;
  readonly weighted_failures: number;
  readonly outcomes: number;
}

/** What recording an outcome did: the outcome as kept and the pattern's standing after it. */
export interface RecordedOutcome {
  readonly outcome: Outcome;
  readonly uses: number;
  readonly successes: number;
  readonly failures: number;
  readonly trust: Trust;
  readonly reliability: Reliability;
}

/** What the outcomes of one source add up to. */
export interface SourceSums {
  readonly score_sum: number;
  readonly weight_sum: number;
  readonly known: number;
}

/** Give the lesser of two trusts. */
export function lowerTrust(first: Trust, second: Trust): Trust {
  return TRUST_ORDER.indexOf(first) <= TRUST_ORDER.indexOf(second) ? first : second;
}

/** Give the greater of two trusts. */
export function higherTrust(first: Trust, second: Trust): Trust {
  return TRUST_ORDER.indexOf(first) >= TRUST_ORDER.indexOf(second) ? first : second;
}

/** Add up outcomes by source, those without a score left out. */
export function sumsOf(outcomes: readonly Outcome[]): Partial<Record<OutcomeSource, SourceSums>> {
  const sums: Partial<Record<OutcomeSource, SourceSums>> = {};
  for (const { source, score, weight } of outcomes) {
    if (score === null) continue;
    const before = sums[source] ?? { score_sum: 0, weight_sum: 0, known: 0 };
    sums[source] = {
      score_sum: before.score_sum + weight * score,
      weight_sum: before.weight_sum + weight,
      known: before.known + 1,
    };
  }
  return sums;
}

/** Weigh sums of outcomes, in the order of the sources so that the result is reproducible. */
export function weighed(sums: Partial<Record<OutcomeSource, SourceSums>>): {
  successes: number;
  failures: number;
  known: number;
} {
  let successes = 0;
  let failures = 0;
  let known = 0;
  for (const source of OUTCOME_SOURCES) {
    const of = sums[source];
    if (of === undefined) continue;
    successes += SOURCES[source].weight * of.score_sum;
    failures += SOURCES[source].weight * (of.weight_sum - of.score_sum);
    known += of.known;
  }
  return { successes, failures, known };
}

/** Weigh outcomes into a `Reliability`. */
export function reliabilityOf(sums: Partial<Record<OutcomeSource, SourceSums>>): Reliability {
  const { successes, failures, known } = weighed(sums);
  const alpha = PRIOR_SUCCESSES + successes;
  const beta = PRIOR_FAILURES + failures;
  return {
    posterior_mean: alpha / (alpha + beta),
    weighted_successes: successes,
    weighted_failures: failures,
    outcomes: known,
  };
}
