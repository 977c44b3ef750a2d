/** Declares a test for each scenario on an engine. */
import { afterEach, beforeAll, describe, test, vi } from "vitest";
import type { TableEmbedder } from "../../src/embedding/static-hybrid.js";
import { embedderWith } from "../support/embedder.js";
import { SCENARIOS } from "../support/scenarios.js";
import { Run, type Stores } from "./runner.js";

/** Hold an engine to every scenario; those that need what it lacks are shown as skipped. */
export function holdToScenarios(engine: string, stores: () => Stores | Promise<Stores>): void {
  describe(`a bank on ${engine}`, () => {
    let embedder: TableEmbedder;
    let run: Run;
    beforeAll(async () => {
      vi.spyOn(console, "warn").mockImplementation(() => undefined); // redactions are told to the console
      embedder = await embedderWith("wasm");
    });
    afterEach(async () => {
      await run.close();
    });

    test.for(SCENARIOS)("does what $name says", async (scenario, { skip }) => {
      const opened = await stores();
      run = new Run(opened, { embedder });
      const lacking = scenario.needs?.find((need) => opened.lacks.includes(need));
      skip(lacking !== undefined, `needs ${String(lacking)}`);
      await run.run(scenario);
    });
  });
}
