/** Which storage a page gets: IndexedDB, else sql.js on a private file, else memory that says so. */

import type { BankOptions } from "../bank/options.js";
import { Busy, InvalidInput, SchemaTooNew } from "../domain/errors.js";
import { IndexedDbStorage } from "../storage/indexeddb/storage.js";
import { MemoryStorage } from "../storage/memory/storage.js";
import type { Storage } from "../storage/tables.js";

const DEFAULT_NAME = "default";
let told = false;

/** Give whether IndexedDB is there at all; whether it may be used shows only when it is opened. */
export function hasIndexedDb(): boolean {
  try {
    return typeof indexedDB === "object" && (indexedDB as IDBFactory | null) !== null;
  } catch {
    return false; // some browsers throw at the mention of it when storage is blocked
  }
}

/** Open the storage that a target names, or the best there is under its name. */
export async function openStorage(target: string | null, options: BankOptions): Promise<Storage> {
  const [scheme, name] = parsed(target);
  switch (scheme) {
    case "memory":
      return new MemoryStorage("memory, given by the caller");
    case "indexeddb":
      return IndexedDbStorage.open(`reasoningbank/${name}`, "given by the caller", options);
    case "sqljs": {
      const { openSqlJs } = await import("../storage/sqljs/web.js");
      return openSqlJs(name, "given by the caller", options, true);
    }
    default:
      return detected(name, options);
  }
}

function parsed(target: string | null): [scheme: string, name: string] {
  if (target === null) return ["", DEFAULT_NAME];
  if (target === "memory:" || target === ":memory:") return ["memory", ""];
  for (const scheme of ["indexeddb", "sqljs"]) {
    if (target.startsWith(`${scheme}:`)) return [scheme, target.slice(scheme.length + 1) || DEFAULT_NAME];
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    throw new InvalidInput(`names the engine ${JSON.stringify(target.split(":")[0])}, which a page does not have`, {
      field: "target",
      hint: "Give a name, indexeddb:NAME, sqljs:NAME or memory:.",
    });
  }
  return ["", target];
}

/** Open the first storage that works. What is there but cannot be read is never passed over for an empty one. */
async function detected(name: string, options: BankOptions): Promise<Storage> {
  const reasons: string[] = [];
  if (hasIndexedDb()) {
    try {
      return await IndexedDbStorage.open(`reasoningbank/${name}`, "IndexedDB is there", options);
    } catch (error) {
      if (error instanceof Busy || error instanceof SchemaTooNew) throw error;
      reasons.push(`IndexedDB refused: ${error instanceof Error ? error.message : String(error)}`);
    }
  } else reasons.push("IndexedDB is missing");
  const { hasPrivateFiles, openSqlJs } = await import("../storage/sqljs/web.js");
  if (await hasPrivateFiles()) return openSqlJs(name, `sql.js, because ${reasons.join("; ")}`, options, false);
  reasons.push("there are no private files");
  if (!told) {
    told = true;
    console.warn(`reasoningbank: nothing will outlast this page, because ${reasons.join("; ")}`);
  }
  return new MemoryStorage(`memory, because ${reasons.join("; ")}`);
}
