/** How a bank is opened and closed, whatever it is kept in. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import {
  createOptimalReasoningBank,
  createReasoningBank,
  getBackendInfo,
  getRecommendedBackend,
  hasIndexedDB,
  InvalidInput,
  ReasoningBankAdapter,
  validateEnvironment,
} from "../../src/index.js";
import type { Storage } from "../../src/storage/tables.js";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { letters } from "../scenarios/runner.js";
import { newFolder } from "../support/folders.js";

const INPUT = { task_description: "Add login", task_category: "backend", strategy: "Test first." };

test.each([
  ["", "target"],
  ["a\0b", "target"],
])("the target %j is refused", (target, field) => {
  expect(() => new ReasoningBankAdapter(target)).toThrow(expect.objectContaining({ code: "invalid_input", field }));
});

test.each([
  [{ durability: "none" }, "durability"],
  [{ busyTimeout: -1 }, "busyTimeout"],
  [{ embedder: {} }, "embedder"],
  [{ embedder: "large" }, "embedder"],
  [{ namespace: "" }, "namespace"],
  [{ embeder: "lexical" }, "embeder"],
])("the options %j are refused, naming the field", (options, field) => {
  expect(() => new ReasoningBankAdapter("memory:", options as never)).toThrow(expect.objectContaining({ field }));
});

test.each([
  ["put", "idempotencyKey", (bank: ReasoningBankAdapter, slip: never) => bank.put(INPUT, slip)],
  ["storePatterns", "onDuplicate", (bank: ReasoningBankAdapter, slip: never) => bank.storePatterns([INPUT], slip)],
  ["findSimilar", "minSimilarity", (bank: ReasoningBankAdapter, slip: never) => bank.findSimilar("a", null, 5, slip)],
  ["recall", "tokenBudget", (bank: ReasoningBankAdapter, slip: never) => bank.recall("a", null, slip)],
  ["importJsonl", "onInvalid", (bank: ReasoningBankAdapter, slip: never) => bank.importJsonl("", slip)],
])("%s refuses an option that does not exist, naming it", async (_, name, call) => {
  const bank = new ReasoningBankAdapter("memory:", { embedder: letters });

  await expect(call(bank, { [name]: 1 } as never)).rejects.toMatchObject({ code: "invalid_input", field: name });
  expect((await bank.getStats()).total_patterns).toBe(0);
});

test("an error is one of its class, with its code, field and way out", async () => {
  const bank = new ReasoningBankAdapter("memory:", { embedder: letters });
  const error = await bank.storePattern({ ...INPUT, success_score: 2 }).catch((one: unknown) => one);

  expect(error).toBeInstanceOf(InvalidInput);
  expect(error).toMatchObject({ name: "InvalidInput", code: "invalid_input", field: "success_score" });
  expect((error as Error).message).toBe("success_score is 2; it must be at least 0 and at most 1");
});

test("a failure of the storage is not remembered", async () => {
  const storage = new MemoryStorage("tested");
  let broken = true;
  const flaky = new Proxy(storage, {
    get: (target, name) => {
      if (name === "read" && broken) throw new Error("not yet");
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  }) as Storage;
  const bank = new ReasoningBankAdapter(flaky, { embedder: letters });

  await expect(bank.searchByCategory("c")).rejects.toThrow("not yet");
  broken = false;
  expect(await bank.searchByCategory("c")).toEqual([]);
});

test("a recall is kept when the bank is closed right after it", async () => {
  const storage = new MemoryStorage("tested");
  const bank = new ReasoningBankAdapter(storage, { embedder: letters });
  await bank.storePattern(INPUT);
  const { id } = await bank.recall("Add login");
  const written = storage.read(async (tables) => tables.recall("default", id));
  await bank.close();

  expect(await written).toMatchObject({ event: { id } });
});

test("secrets are told to the console by field and kind, never themselves", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const bank = new ReasoningBankAdapter("memory:", { embedder: letters });
  const stored = await bank.put({ ...INPUT, strategy: `Use ghp_${"a1B2".repeat(9)} here` });

  expect(stored.redacted).toEqual([{ field: "strategy", kind: "github_token" }]);
  expect(warn.mock.calls).toEqual([["reasoningbank: took a github_token out of strategy before storing"]]);
});

test.each([
  ["éghp_", false],
  ["_ghp_", false],
  ["-ghp_", true],
  ["図ghp_", false],
])("a secret begins at the border of a word, in any script (%s)", async (start, taken) => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const bank = new ReasoningBankAdapter("memory:", { embedder: letters });
  const { redacted } = await bank.put({ ...INPUT, strategy: start + "a1B2".repeat(9) });

  expect(redacted.length > 0).toBe(taken);
});

test("the helpers of the original are there and tell of this place", async () => {
  expect(getRecommendedBackend()).toBe("nodejs");
  expect(hasIndexedDB()).toBe(false);
  expect(getBackendInfo()).toMatchObject({ backend: "nodejs", environment: "nodejs", storage: "SQLite (disk)" });
  expect(validateEnvironment()).toMatchObject({ valid: true, backend: "nodejs" });
  expect(await createReasoningBank("memory:")).toBeInstanceOf(ReasoningBankAdapter);
  expect(await createOptimalReasoningBank("x", { dbPath: "memory:" })).toBeInstanceOf(ReasoningBankAdapter);
});

test("the original's options of createOptimalReasoningBank choose the engine and the file", async () => {
  const folder = newFolder();
  const sqljsUrl = new URL("../../node_modules/sql.js/dist/sql-wasm-browser.wasm", import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  for (const [forceBackend, backend] of [["nodejs", "sqlite"], ["wasm", "sqljs"]] as const) {
    const dbPath = join(folder, `${forceBackend}.db`);
    const bank = await createOptimalReasoningBank("x", { dbPath, forceBackend, verbose: true, embedder: letters, sqljsUrl });
    expect(await bank.getStats()).toMatchObject({ backend, path: dbPath });
    await bank.close();
    expect(log).toHaveBeenLastCalledWith(expect.stringContaining(dbPath));
  } // prettier-ignore
  rmSync(folder, { recursive: true });
});

test("files are read from text, bytes, blobs, streams and pieces alike", async () => {
  const bank = new ReasoningBankAdapter("memory:", { embedder: letters });
  await bank.storePattern({ ...INPUT, strategy: "Öffne das 図書館." });
  const text = await bank.exportJsonl();
  const bytes = new TextEncoder().encode(`\ufeff${text}`);
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  for (const source of [text, bytes, new Blob([bytes]), new Blob([bytes]).stream(), pieces, text.split(/(?<=\n)/)]) {
    const copy = new ReasoningBankAdapter("memory:", { embedder: letters });

    expect(await copy.restoreJsonl(source)).toMatchObject({ read: 1, created: 1 });
  }
  await expect(bank.restoreJsonl(Uint8Array.of(0xff, 0x0a))).rejects.toMatchObject({ field: "line 1" });
});
