/** Which kernel is taken: what the caller names, else what REASONINGBANK_USE_WASM says in Node, else WebAssembly. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { ReasoningBankAdapter } from "../../src/index.js";
import { chosenKernel, loadKernel, USE_WASM_VARIABLE } from "../../src/kernel/kernel.js";

/** How often each of eight groups of letters stands in a text. */
const letters = {
  name: "letters",
  dimension: 8,
  embedQuery(text: string): Promise<Int8Array> {
    const counts = new Int8Array(8);
    for (const letter of text) counts[letter.charCodeAt(0) % 8]! += 1;
    return Promise.resolve(counts);
  },
  embedDocuments(texts: readonly string[]): Promise<Int8Array[]> {
    return Promise.all(texts.map((text) => letters.embedQuery(text)));
  },
};

afterEach(() => {
  vi.unstubAllEnvs();
});

async function kindIn(environment: Record<string, string> | null): Promise<string> {
  return (await loadKernel(chosenKernel(undefined, environment))).kind;
}

describe("the variable REASONINGBANK_USE_WASM", () => {
  test("is false where it is not set", async () => {
    expect(await kindIn({})).toBe("javascript");
  });

  test.each(["false", "0", "no", "off", "", " FALSE "])("chooses JavaScript by %j", async (value) => {
    expect(await kindIn({ [USE_WASM_VARIABLE]: value })).toBe("javascript");
  });

  test.each(["true", "1", "yes", "on", "True"])("chooses WebAssembly by %j", async (value) => {
    expect(await kindIn({ [USE_WASM_VARIABLE]: value })).toBe("wasm");
  });

  test("is refused where it is neither", () => {
    expect(() => chosenKernel(undefined, { [USE_WASM_VARIABLE]: "perhaps" })).toThrow(/REASONINGBANK_USE_WASM must be true or false/);
  });

  test("is not asked where the caller names a kernel", () => {
    expect(chosenKernel(false, { [USE_WASM_VARIABLE]: "true" })).toBe(false);
    expect(chosenKernel("kernel.wasm", { [USE_WASM_VARIABLE]: "false" })).toBe("kernel.wasm");
  });

  test("is not asked in a page, which has no environment", async () => {
    expect(await kindIn(null)).toBe("wasm");
  });

  test("is read when a bank is opened, and a bank finds the same with either", async () => {
    const found: unknown[] = [];
    for (const value of ["false", "true"]) {
      vi.stubEnv(USE_WASM_VARIABLE, value);
      const bank = new ReasoningBankAdapter("memory:", { embedder: letters });
      await bank.storePattern({ task_category: "c", task_description: "Add a login", strategy: "Test first." });
      const [first] = await bank.findSimilar("a login");
      found.push(first?.similarity);
      await bank.close();
    }
    expect(found[0]).toBeDefined();
    expect(found[0]).toBe(found[1]);
    vi.stubEnv(USE_WASM_VARIABLE, "perhaps");
    expect(() => new ReasoningBankAdapter("memory:")).toThrow(/must be true or false/);
  });
});
