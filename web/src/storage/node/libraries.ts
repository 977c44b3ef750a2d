/** The SQLite libraries that Node may have, each as a driver. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { StatementSync } from "node:sqlite";
import type BetterSqlite3 from "better-sqlite3";
import type { SqlDriver, SqlRow, SqlValue } from "../sql/driver.js";

/** How a database file is opened. */
export interface OpenFile {
  readonly readOnly: boolean;
  /** Whether a file that is not there is made. */
  readonly create: boolean;
}

/** Opens a file with one library. */
export type FileOpener = (path: string, how: OpenFile) => SqlDriver;

/** Older versions can damage a file when its log is reset while others write. */
const WAL_RESET_FIXED = [3, 51, 3];

/** Give whether a version of SQLite is safe to use on a file that others write. */
export function isSafeSqlite(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [at, wanted] of WAL_RESET_FIXED.entries()) {
    if (parts[at]! !== wanted) return parts[at]! > wanted;
  }
  return true;
}

/** Every library that may be used on shared files, in the order in which they are tried. */
export const FILE_LIBRARIES = { "node:sqlite": nodeSqlite, "better-sqlite3": betterSqlite3 };

/** Give the first library that is there and safe on shared files; or why there is none. */
export async function sharedFileLibrary(
  candidates: Readonly<Record<string, () => Promise<FileOpener>>> = FILE_LIBRARIES,
): Promise<{ open: FileOpener } | { missing: string }> {
  const reasons: string[] = [];
  for (const [name, load] of Object.entries(candidates)) {
    try {
      const open = await load();
      const version = sqliteVersion(open);
      if (isSafeSqlite(version)) return { open };
      reasons.push(`${name} has SQLite ${version}, and ${WAL_RESET_FIXED.join(".")} is needed`);
    } catch (error) {
      reasons.push(`${name} cannot be loaded (${error instanceof Error ? error.message.split("\n")[0]! : String(error)})`);
    }
  }
  return { missing: reasons.join("; ") };
} // prettier-ignore

function sqliteVersion(open: FileOpener): string {
  const driver = open(":memory:", { readOnly: false, create: true });
  try {
    return String(driver.all("SELECT sqlite_version() AS version")[0]?.["version"]);
  } finally {
    driver.close();
  }
}

async function nodeSqlite(): Promise<FileOpener> {
  const { DatabaseSync } = await quietly(() => import("node:sqlite"));
  return (path, { readOnly }) => {
    const database = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true, timeout: 0 });
    const prepared = new Map<string, StatementSync>();
    const statement = (sql: string): StatementSync => keptIn(prepared, sql, () => database.prepare(sql));
    const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
    return {
      engine: `SQLite ${version} (node:sqlite)`,
      all: (sql, values = []) => statement(sql).all(...values) as unknown as SqlRow[],
      run: (sql, values = []) => Number(statement(sql).run(...values).changes),
      exec: (sql) => {
        database.exec(sql);
      },
      serialize: () => (database as unknown as { serialize(): Uint8Array }).serialize(),
      close: () => {
        prepared.clear();
        database.close();
      },
    };
  };
}

/** Give what is kept under a name, making it the first time. */
function keptIn<V>(kept: Map<string, V>, name: string, make: () => V): V {
  let value = kept.get(name);
  if (value === undefined) {
    value = make();
    kept.set(name, value);
  }
  return value;
}

/** Load something without the warning that it is experimental: it is asked for on purpose. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (...words: unknown[]) => {
    if (!String(words[0]).includes('SQLite is an experimental feature')) (emitWarning as (...all: unknown[]) => void)(...words);
  };
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function betterSqlite3(): Promise<FileOpener> {
  refuseOtherNode();
  const { default: Database } = (await import("better-sqlite3")) as { default: typeof BetterSqlite3 };
  return (path, { readOnly, create }) => {
    const database = new Database(path, { readonly: readOnly, fileMustExist: !create, timeout: 0 });
    const prepared = new Map<string, BetterSqlite3.Statement>();
    const statement = (sql: string): BetterSqlite3.Statement => keptIn(prepared, sql, () => database.prepare(sql));
    const version = String(database.prepare("SELECT sqlite_version()").pluck().get());
    return {
      engine: `SQLite ${version} (better-sqlite3)`,
      all: (sql, values: readonly SqlValue[] = []) => {
        const asked = statement(sql);
        return (asked.reader ? asked.all(...numbered(sql, values)) : []) as SqlRow[];
      },
      run: (sql, values = []) => {
        const asked = statement(sql);
        if (!asked.reader) return asked.run(...numbered(sql, values)).changes;
        asked.all(...numbered(sql, values));
        return 0;
      },
      exec: (sql) => {
        database.exec(sql);
      },
      serialize: () => database.serialize(),
      close: () => {
        database.close();
      },
    };
  };
}

/** Throw where better-sqlite3 was not made for this Node: its binary would end the process when it is loaded. */
function refuseOtherNode(): void {
  const content = readFileSync(createRequire(import.meta.url).resolve("better-sqlite3/package.json"), "utf8");
  const wanted = (JSON.parse(content) as { engines?: { node?: string } }).engines?.node;
  if (wanted === undefined) return;
  const major = Number(process.versions.node.split(".")[0]);
  const fits = wanted.split("||").some((range) => {
    const least = Number(/\d+/.exec(range)?.[0]);
    return range.includes(">=") ? major >= least : major === least;
  });
  if (!fits) throw new Error(`it is made for Node ${wanted}, and this is ${process.versions.node}`);
}

/** better-sqlite3 takes the values of `?1` by name. */
function numbered(sql: string, values: readonly SqlValue[]): readonly unknown[] {
  if (!sql.includes('?1')) return values;
  return [Object.fromEntries(values.map((value, at) => [String(at + 1), value]))];
}
