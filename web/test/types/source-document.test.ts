/** The adapter can stand wherever the source document's is expected. */
import { expect, expectTypeOf, test } from "vitest";
import { ReasoningBankAdapter, type Pattern, type PatternInput, type SimilarPattern, type StorageStats } from "../../src/index.js";

/** The five methods as the source document types them. */
interface SourceAdapter {
  storePattern(pattern: SourceInput): Promise<string>;
  getPattern(id: string): Promise<Pattern | null>;
  searchByCategory(category: string, limit?: number): Promise<Pattern[]>;
  findSimilar(taskDescription: string, category: string, topK?: number): Promise<SimilarPattern[]>;
  getStats(): Promise<StorageStats>;
}
interface SourceInput {
  task_description: string;
  task_category: string;
  strategy: string;
  success_score: number;
  duration_seconds?: number;
}

test("the adapter has the five methods of the source document", () => {
  expectTypeOf<ReasoningBankAdapter>().toExtend<SourceAdapter>();
  expectTypeOf<SourceInput>().toExtend<PatternInput>();
  expectTypeOf(ReasoningBankAdapter).toBeConstructibleWith(".swarm/memory.db");
  expectTypeOf(ReasoningBankAdapter).toBeConstructibleWith();
  expect(ReasoningBankAdapter.length).toBeLessThanOrEqual(1);
});

test("what is wrong is seen by the compiler", () => {
  const bank = new ReasoningBankAdapter("memory:");
  // @ts-expect-error a strategy is missing
  const stored = bank.storePattern({ task_description: "a", task_category: "b" });
  // @ts-expect-error there is no such source
  const told = bank.recordOutcome({ pattern: "x", success: true, source: "tests" });

  return Promise.all([expect(stored).rejects.toThrow("strategy is missing"), expect(told).rejects.toThrow("source")]);
});
