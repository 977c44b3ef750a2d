/** That scenarios can fail, and that the runner passes nothing over. */
import { afterEach, expect, test } from "vitest";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { InvalidScenario } from "./matching.js";
import { letters, Run, ScenarioFailed, type Step } from "./runner.js";

let run: Run;
afterEach(async () => {
  await run.close();
});

function running(steps: unknown[], beside: object = {}): Promise<void> {
  const storage = new MemoryStorage("tested");
  run = new Run({ lacks: [], shared: true, open: () => storage, discard: () => storage.close() }, { embedder: letters });
  return run.run({ name: "a scenario", requires: "core", steps: steps as Step[], ...beside });
}

const STORE = {
  call: "store_pattern",
  args: { task_description: "Add login", task_category: "backend", strategy: "Test first." },
  save: { id: "" },
};
const GET = { call: "get_pattern", args: { pattern_id: { $ref: "id" } } };

test.each([
  { expect: null },
  { expect: { $any: "uuid" } },
  { expect: { $subset: { strategy: "Test last." } } },
  { expect: { $subset: { version: true } } },
  { expect: { $subset: { success_score: 0 } } },
  { expect: { $subset: { no_such_field: { $any: "value" } } } },
  { expect: { strategy: "Test first." } },
  { expect: { $subset: { tags: ["a"] } } },
  { expect: { $subset: { tags: { $length: 1 } } } },
  { expect: { $subset: { tags: { $contains: "a" } } } },
  { expect: { $subset: { strategy: { $each: "a" } } } },
  { expect: { $subset: { strategy: { $contains: "last" } } } },
  { expect: { $subset: { strategy: { $not: { $contains: "first" } } } } },
  { expect: { $subset: { strategy: { $all: [{ $any: "string" }, "Test last."] } } } },
  { expect: { $subset: { version: { $approx: 1.1, tolerance: 0.05 } } } },
  { expect: { $subset: { metadata: { $literal: { $any: "value" } } } } },
  { expect: { $ref: "id" } },
  { error: { code: "not_found" } },
  { save: { nothing: "tags.0" } },
])("a wrong expectation fails: %j", async (expectation) => {
  await expect(running([STORE, { ...GET, ...expectation }])).rejects.toThrow(ScenarioFailed);
});

test.each([{ code: "not_found" }, { code: "invalid_input", field: "pattern" }, { code: "invalid_input", existing_id: { $any: "value" } }])(
  "another error than the expected fails: %j",
  async (error) => {
    await expect(running([{ call: "get_pattern", args: { pattern_id: "no id" }, error }])).rejects.toThrow(ScenarioFailed);
  },
);

test("an error that was not expected fails", async () => {
  await expect(running([{ call: "get_pattern", args: { pattern_id: "no id" } }])).rejects.toThrow("step 1");
});

test.each([
  [{ ...STORE, expects: null }],
  [{ call: "drop_table" }],
  [{ ...STORE, bank: "never opened" }],
  [{ ...GET, args: { pattern_id: { $ref: "never saved" } } }],
  [{ ...STORE, args: { $contains: "a" } }],
  [{ ...STORE, args: { a: { $number: "nan" } } }],
  [{ ...STORE, expect: { $any: "id" } }],
  [{ ...STORE, expect: { $regex: "a" } }],
  [{ ...STORE, expect: { $any: "uuid", $length: 3 } }],
  [{ ...STORE, expect: { $text: ["a", 5] } }],
  [{ call: "erase", args: { pattern_id: "a" }, error: {} }],
])("what the runner does not know is refused: %j", async (step) => {
  await expect(running([step])).rejects.toThrow(InvalidScenario);
});

test("a key of a scenario that the runner does not know is refused", async () => {
  await expect(running([], { stepz: [] })).rejects.toThrow(InvalidScenario);
});
