/** Every error of the package has its paragraph on the page about troubleshooting, and no paragraph is about another. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as reasoningbank from "../../src/index.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/troubleshooting.md", import.meta.url)), "utf8");

function codes(): string[] {
  return Object.values(reasoningbank)
    .filter((one): one is typeof reasoningbank.Busy => typeof one === "function" && one.prototype instanceof reasoningbank.ReasoningBankError)
    .map((Leaf) => new Leaf("is an example").code as string);
}

test("every code has a paragraph and every paragraph a code", () => {
  const told = [...PAGE.matchAll(/^## `(\w+)`$/gm)].map(([, code]) => code);

  expect(codes().length).toBeGreaterThanOrEqual(10);
  expect(told.sort()).toEqual(codes().sort());
});
