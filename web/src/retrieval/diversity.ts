/** Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): near the task, and not all alike. */

import { cosineSimilarity } from "../embedding/vectors.js";

/** The lambda of MMR: 1 looks at the score alone, 0 at difference alone. */
const RELEVANCE_SHARE = 0.7;

/** Give the positions of `count` items by maximal marginal relevance. */
export function diverseOrder(scores: readonly number[], vectors: readonly (Int8Array | null)[], count: number): number[] {
  const left = new Set(scores.keys());
  const likeness = scores.map(() => 0);
  const chosen: number[] = [];
  while (chosen.length < count && left.size > 0) {
    let best = -1;
    let bestValue = -Infinity;
    for (const at of left) {
      const value =
        count <= 1 ? scores[at]! : RELEVANCE_SHARE * scores[at]! - (1 - RELEVANCE_SHARE) * likeness[at]!;
      if (value > bestValue) [best, bestValue] = [at, value];
    }
    left.delete(best);
    chosen.push(best);
    if (chosen.length === count) break;
    for (const at of left) likeness[at] = Math.max(likeness[at]!, cosineSimilarity(vectors[at]!, vectors[best]!));
  }
  return chosen;
}
