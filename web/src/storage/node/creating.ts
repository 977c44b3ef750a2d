/** New files beside or in place of a bank, which are never seen half-made. */

import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { SqlDriver } from "../sql/driver.js";
import { patiently } from "../sql/patience.js";
import { schemaVersion } from "../sql/recognising.js";
import { writeSchema } from "../sql/storage.js";
import type { FileOpener } from "./libraries.js";

const POSIX = process.platform !== "win32";

/** Make a new bank, unless another process is first. */
export function createBank(path: string, library: FileOpener): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = reserve(path);
  try {
    const driver = library(temporary, { readOnly: false, create: true });
    try {
      driver.exec("PRAGMA synchronous=FULL");
      writeSchema(driver);
      // Last, because from here on the connection keeps side files; closing removes them.
      driver.all("PRAGMA journal_mode=WAL");
    } finally {
      driver.close();
    }
    putInPlace(temporary, path);
  } finally {
    if (existsSync(temporary)) unlinkSync(temporary);
  }
}

/**
 * Copy a bank beside itself as it is now; give false when another process has changed its schema meanwhile.
 *
 * A copy gets its name when it is whole, and never the name of a copy that is there.
 */
export async function backUpBank(
  path: string, version: number, driver: SqlDriver, library: FileOpener, busyTimeout: number,
): Promise<boolean> {
  const temporary = reserve(path);
  try {
    await patiently(busyTimeout, () => driver.run("VACUUM INTO ?", [temporary]));
    const copy = library(temporary, { readOnly: true, create: false });
    const copied = schemaVersion(copy);
    copy.close();
    if (copied !== version) return false;
    putUnderBackupName(temporary, path, version);
    return true;
  } finally {
    if (existsSync(temporary)) unlinkSync(temporary);
  }
} // prettier-ignore

/** Give a finished copy of a bank the first of its names that is free. */
export function putUnderBackupName(temporary: string, path: string, version: number): void {
  const name = `${path}.backup-schema-${String(version)}`;
  for (let number = 1; !putInPlace(temporary, number === 1 ? name : `${name}-${String(number)}`); ) number++;
}

/** Make an empty file beside a bank that nobody else uses, readable by its owner alone; give its name. */
export function reserve(path: string): string {
  const temporary = `${path}.${randomBytes(8).toString("hex")}.creating`;
  closeSync(openSync(temporary, "wx", 0o600));
  if (POSIX) chmodSync(temporary, 0o600);
  return temporary;
}

/** Give a finished file its name, unless that is taken; give whether it was free. */
function putInPlace(temporary: string, path: string): boolean {
  flush(temporary);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || existsSync(path)) return false;
    renameSync(temporary, path); // no hard links here
  }
  flush(dirname(path));
  return true;
}

/** Make a file's content or a directory's entries last through a power loss. */
export function flush(path: string): void {
  if (!POSIX) return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
