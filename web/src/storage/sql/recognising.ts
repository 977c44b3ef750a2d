/** What a SQLite database is: a bank of this release, of another, or something else. */

import { ForeignDatabase, SchemaTooNew, StorageCorrupt, Unavailable } from "../../domain/errors.js";
import type { SqlDriver } from "./driver.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema-text.js";

/** How much of a database says what it is. */
export const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";

/** Name, table, columns that tell it from others of the same table name; the first match counts. */
const FOREIGN_SCHEMAS: readonly (readonly [name: string, table: string, columns: readonly string[]])[] = [
  ["agentic-flow", "patterns", ["type", "pattern_data", "confidence"]],
  ["claude-flow 3", "patterns", ["pattern_type", "condition", "action"]],
  ["source document", "patterns", ["task_category", "task_description", "data"]],
  ["claude-flow 3", "memory_entries", ["content", "embedding_model"]],
  ["claude-flow 2", "memory_entries", ["key", "value", "namespace"]],
  ["claude-flow 2 hive-mind", "memory_store", ["key", "value", "namespace"]],
  ["claude-flow 2 hive-mind", "collective_memory", ["key", "value"]],
  ["agentdb", "reasoning_patterns", ["task_type", "approach"]],
  ["agentdb 1.0", "vectors", ["embedding", "norm", "metadata"]],
];

/** Throw unless these are the first bytes of a bank, of a schema that this release knows. */
export function recognise(header: Uint8Array, path: string, openReadOnly: () => SqlDriver): void {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < HEADER_BYTES || String.fromCharCode(...header.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new StorageCorrupt("is not a SQLite database, or its header is damaged", {
      path,
      hint: "Name another file, or restore a backup.",
    });
  }
  if (view.getUint32(68) !== APPLICATION_ID) throw foreign(path, openReadOnly);
  checkNotNewer(view.getUint32(60), path);
}

/** Give the schema version that a connection sees. */
export function schemaVersion(driver: SqlDriver): number {
  return Number(driver.all("PRAGMA user_version")[0]?.["user_version"]);
}

/** Throw if a newer release wrote this schema version. */
export function checkNotNewer(version: number, path: string): void {
  if (version <= SCHEMA_VERSION) return;
  throw new SchemaTooNew(`has schema ${String(version)}; this release reads up to ${String(SCHEMA_VERSION)}`, {
    found: version,
    supported: SCHEMA_VERSION,
    path,
    hint: "Upgrade the package.",
  });
}

/** Throw unless a bank that cannot be written has this release's schema. */
export function checkCurrent(version: number, path: string): void {
  checkNotNewer(version, path);
  if (version === SCHEMA_VERSION) return;
  throw new Unavailable(
    `has schema ${String(version)} of an older release and cannot be written, so it cannot be brought up to date`,
    { path, hint: "Open it once where it can be written, or a copy of it." },
  );
}

function foreign(path: string, openReadOnly: () => SqlDriver): ForeignDatabase {
  const schema = foreignSchema(openReadOnly);
  const known = schema === "unknown" ? "another program's database" : `a database of ${schema}`;
  return new ForeignDatabase(`is ${known}, not a bank; it was left as it is`, {
    schema,
    path,
    hint: `Take its content over with \`reasoningbank migrate ${quoted(path)}\`, or name another file.`,
  });
}

/** Give a path as a POSIX shell takes it for one word, as Python's `shlex.quote` does. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replace(/'/g, `'"'"'`)}'`;
}

function foreignSchema(openReadOnly: () => SqlDriver): string {
  let driver: SqlDriver | null = null;
  try {
    driver = openReadOnly();
    for (const [name, table, columns] of FOREIGN_SCHEMAS) {
      const found = driver.all("SELECT name FROM pragma_table_info(?)", [table]).map((row) => row["name"]);
      if (columns.every((column) => found.includes(column))) return name;
    }
  } catch {
    return "unknown"; // damaged or being written: the refusal does not depend on the name
  } finally {
    driver?.close();
  }
  return "unknown";
}
