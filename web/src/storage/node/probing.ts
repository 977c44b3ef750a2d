/** What a file is, before it is opened as a bank. */

import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { StorageCorrupt, Unavailable } from "../../domain/errors.js";
import type { SqlDriver } from "../sql/driver.js";
import { HEADER_BYTES, recognise } from "../sql/recognising.js";

/**
 * Throw unless the file at `path` is a bank that this release can use or bring up to date.
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
  recognise(header, path, openReadOnly);
  const pageSize = header.readUInt16BE(16);
  if (pageSize > 1 && state.size % pageSize !== 0 && !existsSync(`${path}-wal`)) {
    throw new StorageCorrupt(`is cut off: ${String(state.size)} bytes are no whole number of pages`, {
      path,
      hint: "Restore a backup.",
    });
  }
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(path, "r");
  try {
    return header.subarray(0, readSync(handle, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(handle);
  }
}
