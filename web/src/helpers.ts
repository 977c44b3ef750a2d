/** The helpers that programs written for agentic-flow's ReasoningBank call, so that this package drops in. */

import { ReasoningBankAdapter } from "./bank/adapter.js";
import type { BankOptions } from "./bank/options.js";
import { hasSimd } from "./kernel/kernel.js";

/** Where the program runs, what storage it has there, and of what kind it is. */
export interface BackendInfo {
  readonly backend: "nodejs" | "wasm";
  readonly environment: "browser" | "nodejs";
  readonly features: {
    readonly persistent: boolean;
    readonly sqlite: boolean;
    readonly indexeddb: boolean;
    readonly wasm: boolean;
  };
  readonly storage: string;
}

/** What is missing here. */
export interface EnvironmentReport {
  readonly valid: boolean;
  readonly warnings: readonly string[];
  readonly backend: "nodejs" | "wasm";
}

/** What `createOptimalReasoningBank` may be told beside the name. */
export interface OptimalOptions extends BankOptions {
  /** In Node, the file; left out, `.swarm/NAME.db` as in the original. */
  readonly dbPath?: string | undefined;
  /** `wasm` in Node keeps the bank by sql.js, in a file of its own; a page has nothing but `wasm`. */
  readonly forceBackend?: "nodejs" | "wasm" | undefined;
  /** Tell the console where the bank is kept. */
  readonly verbose?: boolean | undefined;
}

/** Give `nodejs` where there is a file system, else `wasm`. */
export function getRecommendedBackend(): "nodejs" | "wasm" {
  if (typeof document !== "undefined") return "wasm";
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node === undefined ? "wasm" : "nodejs";
}

/** Give whether IndexedDB is there; whether it may be used shows when a bank is opened. */
export function hasIndexedDB(): boolean {
  try {
    return typeof indexedDB === "object" && (indexedDB as IDBFactory | null) !== null;
  } catch {
    return false; // some browsers throw at the mention of it when storage is blocked
  }
}

/** Give a bank of this name: in a page its IndexedDB, in Node the file. */
export function createReasoningBank(name?: string, options?: BankOptions): Promise<ReasoningBankAdapter> {
  return Promise.resolve(new ReasoningBankAdapter(name, options));
}

/** Give a bank where the original would have put it: `.swarm/NAME.db` in Node, IndexedDB in a page. */
export function createOptimalReasoningBank(
  name = "reasoningbank", { dbPath, forceBackend, verbose = false, ...options }: OptimalOptions = {},
): Promise<ReasoningBankAdapter> {
  const path = dbPath ?? `.swarm/${name}.db`;
  const inNode = forceBackend === "wasm" ? `sqljs:${path}` : path;
  const target = getRecommendedBackend() === "nodejs" ? inNode : name;
  if (verbose) console.log(`reasoningbank: the bank is kept in ${target}`);
  return createReasoningBank(target, options);
} // prettier-ignore

/** Say what this place offers. `getStats` of an open bank says what it really uses. */
export function getBackendInfo(): BackendInfo {
  const backend = getRecommendedBackend();
  const indexeddb = backend === "wasm" && hasIndexedDB();
  const stored = indexeddb ? "IndexedDB (browser)" : "sql.js or memory";
  return {
    backend,
    environment: backend === "nodejs" ? "nodejs" : "browser",
    features: { persistent: backend === "nodejs" || indexeddb, sqlite: backend === "nodejs", indexeddb, wasm: hasSimd() },
    storage: backend === "nodejs" ? "SQLite (disk)" : stored,
  };
}

/** Say what is missing here; nothing that is makes the bank unusable. */
export function validateEnvironment(): EnvironmentReport {
  const backend = getRecommendedBackend();
  const warnings: string[] = [];
  if (backend === "wasm" && !hasIndexedDB()) {
    warnings.push("IndexedDB is missing: sql.js is used where pages may keep files, else memory, which does not last");
  }
  if (!hasSimd()) warnings.push("WebAssembly SIMD is missing: searching is done in JavaScript, with the same results");
  return { valid: true, warnings, backend };
}
