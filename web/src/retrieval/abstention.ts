/** When nothing is similar enough to show, by embedder. */

/** Measured by `benchmarks/abstention.py` for the table; unknown embedders turn away only what points the other way. */
const THRESHOLDS: ReadonlyMap<string, number> = new Map([["static-hybrid-768-v1-3cd8498a6dc19b93", 0.32]]);

/** Give the similarity below which recall abstains with this embedder. */
export function thresholdFor(modelName: string): number {
  return THRESHOLDS.get(modelName) ?? 0;
}
