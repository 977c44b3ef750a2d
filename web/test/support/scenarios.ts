/** The scenarios of `spec/scenarios`. */
import type { Scenario } from "../scenarios/runner.js";
import { specFolder, specJson } from "./spec.js";

/** Every scenario that this package is held to: all but those about learning. */
export const SCENARIOS: readonly Scenario[] = specFolder("scenarios")
  .flatMap((file) => specJson<{ scenarios: Scenario[] }>(`scenarios/${file}`).scenarios)
  .filter(({ requires }) => requires !== "learning");
