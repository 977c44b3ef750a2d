/** From neighbours to what is shown: families, scores, abstention, one group, the budget. */

import type { LeftOut, LeftOutReason, Neighbour, RecalledPattern } from "../domain/recall.js";
import { diverseOrder } from "./diversity.js";
import { familiesOf } from "./families.js";
import { rendered } from "./prompt.js";
import { scored, type Candidate } from "./scoring.js";

/** How many experiences are looked at. */
export const NEIGHBOURS = 30;
const LEFT_OUT_SHOWN = 20;

/** What recall was asked for. */
export interface RecallRequest {
  /** Items at most. */
  readonly k: number;
  /** Groups at most; a group is one trajectory's patterns. */
  readonly experiences: number;
  /** Similarity below which nothing is shown. */
  readonly threshold: number;
  readonly token_budget: number;
  readonly now_ms: number;
}

/** What is shown, as items and as a prompt, and what is not. */
export interface Choice {
  readonly shown: readonly RecalledPattern[];
  readonly prompt: string;
  readonly left_out: readonly LeftOut[];
}

/** Choose what to show of the experiences near a task. */
export function choose(neighbours: readonly Neighbour[], request: RecallRequest): Choice {
  const candidates = familiesOf(neighbours).map((family) => scored(family, request.now_ms));
  candidates.sort(bestFirst);
  const near = candidates.filter((item) => item.why.similarity >= request.threshold);
  const groups = bestGroups(near, request.experiences);
  const inGroups = near.filter((item) => groups.has(item.neighbour.group));
  const wanted = inGroups.slice(0, request.k);
  const { prompt, shown } = rendered(wanted, request.token_budget);
  const out: [Candidate, LeftOutReason][] = [
    ...candidates.filter((item) => !near.includes(item)).map((item) => of(item, "below_threshold")),
    ...near
      .filter((item) => !groups.has(item.neighbour.group))
      .map((item) => of(item, item.pitfall ? "unreliable" : "other_group")),
    ...inGroups.slice(request.k).map((item) => of(item, "over_k")),
    ...wanted.slice(shown).map((item) => of(item, "over_budget")),
  ];
  out.sort(([one], [other]) => bestFirst(one, other));
  return {
    shown: wanted.slice(0, shown).map(({ neighbour, why, pitfall }) => ({
      pattern: neighbour.pattern,
      why,
      pitfall,
      group: neighbour.group,
    })),
    prompt,
    left_out: out.slice(0, LEFT_OUT_SHOWN).map(([{ neighbour, why }, reason]) => ({
      pattern_id: neighbour.pattern.id,
      reason,
      why,
    })),
  };
}

function of(item: Candidate, reason: LeftOutReason): [Candidate, LeftOutReason] {
  return [item, reason];
}

function bestFirst(one: Candidate, other: Candidate): number {
  return other.why.score - one.why.score || (one.neighbour.pattern.id < other.neighbour.pattern.id ? -1 : 1);
}

/** Give the groups to show: by the score of their best item, several ones diversified. */
function bestGroups(near: readonly Candidate[], count: number): ReadonlySet<string> {
  const best = new Map<string, Candidate>();
  for (const item of near) if (!best.has(item.neighbour.group)) best.set(item.neighbour.group, item);
  const leaders = [...best.values()];
  const chosen = diverseOrder(
    leaders.map(({ why }) => why.score),
    leaders.map(({ neighbour }) => neighbour.vector),
    count,
  );
  return new Set(chosen.map((at) => leaders[at]!.neighbour.group));
}
