/** Reliability near a task: what the outcomes of a strategy say about tasks like this one. */

import { SOURCES, type Trust } from "../domain/outcome.js";
import type { Neighbour } from "../domain/recall.js";
import { normalise } from "../domain/text.js";

/** How many outcomes the prior is worth; a Beta(1, 1) where nothing is claimed. */
const PRIOR_STRENGTH = 2;

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
 * neighbours of the family, where w = max(0, similarity) ** 4 weighs them by nearness to the task.
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
  for (const neighbour of neighbours) {
    const name = normalise(neighbour.pattern.strategy);
    const members = grouped.get(name);
    if (members === undefined) grouped.set(name, [neighbour]);
    else members.push(neighbour);
  }
  return [...grouped.values()].map(familyOf);
}

function familyOf(members: readonly Neighbour[]): Family {
  let successes = 0;
  let failures = 0;
  for (const member of members) {
    // Half as similar counts a sixteenth.
    const weight = Math.max(0, member.similarity) ** 4;
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

function priorMean({ pattern }: Neighbour): number {
  if (pattern.success_score === null) return 0.5;
  return 0.5 + CLAIM_WEIGHT[pattern.trust] * (pattern.success_score - 0.5);
}

/** Give the member to show: the nearest of those that worked, if the family works here. */
export function representativeOf(family: Family): Neighbour {
  const nearest = family.members[0]!;
  if (family.reliability < 0.5) return nearest;
  return family.members.find((member) => member.successes >= member.failures) ?? nearest;
}
