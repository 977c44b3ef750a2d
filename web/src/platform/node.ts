/** What the web and Node do differently, in Node. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BankOptions } from "../bank/options.js";
import { Unavailable } from "../domain/errors.js";
import { MemoryStorage } from "../storage/memory/storage.js";
import { failure, openFile } from "../storage/node/file.js";
import { imageInFile } from "../storage/node/image-file.js";
import { sharedFileLibrary } from "../storage/node/libraries.js";
import { resolveLocation } from "../storage/node/location.js";
import { loadSqlJs } from "../storage/sqljs/library.js";
import { openImage } from "../storage/sqljs/saving.js";
import type { Storage } from "../storage/tables.js";

/** Give the bytes of a file that comes with the package. */
export async function readAsset(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const text = String(url);
  try {
    if (/^https?:/.test(text)) return new Uint8Array(await (await fetch(text)).arrayBuffer());
    return new Uint8Array(await readFile(text.startsWith("file:") ? fileURLToPath(text) : text));
  } catch (error) {
    throw new Unavailable(`cannot be read (${String(error)})`, {
      path: text,
      hint: "Install the package again.",
      cause: error,
    });
  }
}

/**
 * Open the storage that a target names, or the one this user and directory call for.
 *
 * A file is opened by node:sqlite or better-sqlite3, which Python and others may use at the same time;
 * where neither is there, sql.js keeps files of its own and reads those of others.
 */
export async function openStorage(target: string | null, options: BankOptions): Promise<Storage> {
  const { kind, path, reason } = resolveLocation(target);
  if (kind === "memory") return new MemoryStorage(reason);
  try {
    if (kind === "sqljs") return await openImage(await loadSqlJs(options.sqljsUrl), imageInFile(path), reason);
    const library = await sharedFileLibrary();
    if ("open" in library) return await openFile(path, reason, library.open, options);
    const why = `${reason}; by sql.js, because ${library.missing}`;
    return await openImage(await loadSqlJs(options.sqljsUrl), imageInFile(path), why);
  } catch (error) {
    throw failure(error, path);
  }
}
