/** What a file is, before it is opened as a bank: a bank of this release, of another, or something else. */

import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { ForeignDatabase, SchemaTooNew, StorageCorrupt, Unavailable } from "../../domain/errors.js";
import type { SqlDriver } from "../sql/driver.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "../sql/schema-text.js";

const HEADER_BYTES = 100;

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

/**
 * Throw unless the file at `path` is a bank that this release can use.
 *
 * Must not be called while this process has the file open: closing any handle of a file drops all the
 * locks that its process holds on it (sqlite.org/howtocorrupt.html, section 2.2).
 */
export function probe(path: string, openReadOnly: () => SqlDriver): void {
  const state = statSync(path);
  if (state.isDirectory()) throw new Unavailable("is a directory", { path, hint: "Name a file in it." });
  if (!state.isFile()) throw new Unavailable("is no regular file", { path, hint: "Name another file." });
  if (state.size === 0) {
    throw new StorageCorrupt("is empty (0 bytes), so it was truncated or never written", {
      path,
      hint: "Restore a backup over it, or remove it yourself to start afresh.",
    });
  }
  const header = headerOf(path);
  if (header.toString("latin1", 0, 16) !== "SQLite format 3\0") {
    throw new StorageCorrupt("is not a SQLite database, or its header is damaged", {
      path,
      hint: "Name another file, or restore a backup.",
    });
  }
  if (header.readUInt32BE(68) !== APPLICATION_ID) throw foreign(path, openReadOnly);
  const pageSize = header.readUInt16BE(16);
  if (pageSize > 1 && state.size % pageSize !== 0 && !existsSync(`${path}-wal`)) {
    throw new StorageCorrupt(`is cut off: ${String(state.size)} bytes are no whole number of pages`, {
      path,
      hint: "Restore a backup.",
    });
  }
  checkVersion(header.readUInt32BE(60), path);
}

/** Throw unless this release can use a bank of that schema version. */
export function checkVersion(version: number, path: string): void {
  if (version > SCHEMA_VERSION) {
    throw new SchemaTooNew(`has schema ${String(version)}; this release reads up to ${String(SCHEMA_VERSION)}`, {
      found: version,
      supported: SCHEMA_VERSION,
      path,
      hint: "Upgrade the package.",
    });
  }
  if (version < SCHEMA_VERSION) {
    throw new Unavailable(`has schema ${String(version)} of an older release`, {
      path,
      hint: "Open it once with the Python package, which makes a backup and brings it up to date.",
    });
  }
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(path, "r");
  try {
    readSync(handle, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(handle);
  }
  return header;
}

function foreign(path: string, openReadOnly: () => SqlDriver): ForeignDatabase {
  const schema = foreignSchema(openReadOnly);
  const known = schema === "unknown" ? "another program's database" : `a database of ${schema}`;
  return new ForeignDatabase(`is ${known}, not a bank; it was left as it is`, {
    schema,
    path,
    hint: `Take its content over with \`reasoningbank migrate ${path}\`, or name another file.`,
  });
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
