/** The score by which recall orders candidates, with every component of it. */

import type { Neighbour, Why } from "../domain/recall.js";
import { parseTimestamp } from "../domain/timestamps.js";
import { isPitfall, representativeOf, type Family } from "./families.js";

const HALF_LIFE_DAYS = 45;
/** How much of the score fades with age: a pattern never loses more than this share of it. */
const RECENCY_SHARE = 0.1;
/** A warning is worth half as much as advice of the same strength. */
const PITFALL_SHARE = 0.5;
const DAY_MS = 86_400_000;

/** One family's representative, scored. */
export interface Candidate {
  readonly neighbour: Neighbour;
  readonly why: Why;
  readonly pitfall: boolean;
}

/** Score a family: similarity x strength x (0.9 + 0.1 x recency). */
export function scored(family: Family, nowMs: number): Candidate {
  const shown = representativeOf(family);
  const recency = recencyOf(shown, nowMs);
  const pitfall = isPitfall(family);
  const strength = pitfall ? PITFALL_SHARE * (1 - family.reliability) : family.reliability;
  const freshness = 1 - RECENCY_SHARE + RECENCY_SHARE * recency;
  const why: Why = {
    score: Math.max(0, shown.similarity) * strength * freshness,
    similarity: shown.similarity,
    recency,
    reliability: family.reliability,
    neighbours: family.members.length,
    weighted_successes: family.weighted_successes,
    weighted_failures: family.weighted_failures,
    reason: reasonFor(shown, family),
  };
  return { neighbour: shown, why, pitfall };
}

function recencyOf({ pattern }: Neighbour, nowMs: number): number {
  const used = pattern.last_used_at ?? "";
  const last = used > pattern.created_at ? used : pattern.created_at;
  const ageDays = Math.max(0, (nowMs - parseTimestamp(last, "last_used_at")) / DAY_MS);
  return 0.5 ** (ageDays / HALF_LIFE_DAYS);
}

function reasonFor(shown: Neighbour, family: Family): string {
  const known = family.members.reduce((sum, member) => sum + member.outcomes, 0);
  const times = known === 1 ? "once" : `${String(known)} times`;
  const tried = known > 0 ? `tried ${times} on tasks like this` : "not tried yet on tasks like this";
  return (
    `similarity ${twoDecimals(shown.similarity)}; ${tried}, reliability ${twoDecimals(family.reliability)}; ` +
    shown.pattern.trust
  );
}

/** Write a number with two decimals, exact ties to the even digit as Python does. */
export function twoDecimals(value: number): string {
  // Ties at two decimals are the odd eighths alone, of which 1/8 and 5/8 go down.
  const eighths = value * 8;
  const tie = Number.isInteger(eighths) && Math.abs(eighths % 2) === 1;
  if (tie && Math.abs(eighths % 8) % 4 === 1) return (value - Math.sign(value) * 0.005).toFixed(2);
  if (tie) return (value + Math.sign(value) * 0.001).toFixed(2);
  return value.toFixed(2);
}
