/** Reliability near a task: what the outcomes of a strategy say about tasks like this one. */

import { SOURCES, type Trust } from "../domain/outcome.js";
import type { Neighbour } from "../domain/recall.js";
import { normalise } from "../domain/text.js";

/** Exponent by which similarity weighs what is known: half as similar counts a sixteenth. */
const SHARPNESS = 4;
/** Exponent by which outcomes count beside those of the nearest experience, however near that is. */
const RELATIVE_SHARPNESS = 16;
/** How many outcomes the prior is worth; a Beta(1, 1) where nothing is claimed. */
const PRIOR_STRENGTH = 2;
/** Reliability under which a strategy is shown as one to avoid. */
const PITFALL_BELOW = 0.4;

const CLAIM_WEIGHT: Readonly<Record<Trust, number>> = {
  confirmed: SOURCES.test.weight,
  reported: SOURCES.caller.weight,
  judged: SOURCES.agent.weight,
  imported: SOURCES.imported.weight,
};

/**
 * Patterns near a task that say the same strategy, most similar first.
 *
 * `reliability` is the mean of the Beta posterior (a + sum of w s) / (a + b + sum of w (s + f)) over the
 * neighbours of the family, where w = n ** 4 * (similarity / n) ** 16 and n is the similarity of the
 * nearest neighbour that has outcomes, of whatever strategy. The prior's mean is 1/2, moved towards the
 * score that the nearest member claims as far as that member is trusted and near.
 */
export interface Family {
  readonly members: readonly Neighbour[];
  readonly reliability: number;
  readonly weighted_successes: number;
  readonly weighted_failures: number;
}

/** Group neighbours, given nearest first, by their normalised strategy. */
export function familiesOf(neighbours: readonly Neighbour[]): Family[] {
  const grouped = new Map<string, Neighbour[]>();
  let nearest = 0;
  for (const neighbour of neighbours) {
    const name = normalise(neighbour.pattern.strategy);
    const members = grouped.get(name);
    if (members === undefined) grouped.set(name, [neighbour]);
    else members.push(neighbour);
    if (neighbour.outcomes > 0) nearest = Math.max(nearest, neighbour.similarity);
  }
  return [...grouped.values()].map((members) => familyOf(members, nearest));
}

function familyOf(members: readonly Neighbour[], nearest: number): Family {
  let successes = 0;
  let failures = 0;
  for (const member of members) {
    if (member.outcomes === 0 || member.similarity <= 0) continue;
    const weight = nearness(nearest) * (member.similarity / nearest) ** RELATIVE_SHARPNESS;
    successes += weight * member.successes;
    failures += weight * member.failures;
  }
  const prior = priorMean(members[0]!);
  return {
    members,
    reliability: (PRIOR_STRENGTH * prior + successes) / (PRIOR_STRENGTH + successes + failures),
    weighted_successes: successes,
    weighted_failures: failures,
  };
}

function priorMean({ pattern, similarity }: Neighbour): number {
  if (pattern.success_score === null) return 0.5;
  return 0.5 + CLAIM_WEIGHT[pattern.trust] * nearness(similarity) * (pattern.success_score - 0.5);
}

function nearness(similarity: number): number {
  return Math.max(0, similarity) ** SHARPNESS;
}

/** Give whether a family is to be avoided: it fails near the task, or is known from failures alone. */
export function isPitfall(family: Family): boolean {
  return family.reliability < PITFALL_BELOW || !family.members.some(speaksFor);
}

/** Give whether a member is advice, and not a record of a failure that nothing has redeemed. */
function speaksFor(member: Neighbour): boolean {
  const claim = member.pattern.success_score;
  const learnedFromFailure = claim !== null && claim < 0.5;
  return !learnedFromFailure || member.successes > member.failures;
}

/** Give the member to show: the nearest; for advice the nearest that has worked or is untried. */
export function representativeOf(family: Family): Neighbour {
  const nearest = family.members[0]!;
  if (isPitfall(family)) return nearest;
  const advice = family.members.filter(speaksFor);
  return advice.find((member) => member.successes >= member.failures) ?? advice[0] ?? nearest;
}
