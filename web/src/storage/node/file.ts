/** A bank in a file that Python and others may have open at the same time. */

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { BankOptions } from "../../bank/options.js";
import { Unavailable } from "../../domain/errors.js";
import { translatedError, type SqlDriver } from "../sql/driver.js";
import { migrate } from "../sql/migrating.js";
import { patiently } from "../sql/patience.js";
import { checkCurrent, schemaVersion } from "../sql/recognising.js";
import { BUSY_TIMEOUT_MS, PRAGMAS, SqlStorage } from "../sql/storage.js";
import type { Storage } from "../tables.js";
import { backUpBank, createBank } from "./creating.js";
import type { FileOpener } from "./libraries.js";
import { probe } from "./probing.js";

const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/** How often this process has each file open; those must not be touched by other means. */
const open = new Map<string, number>();

/**
 * Open the bank at `path`, making it if there is no file, and bringing it up to date if an older release made it.
 *
 * One that cannot be written is opened for reading.
 */
export async function openFile(
  path: string, reason: string, library: FileOpener, options: BankOptions = {},
): Promise<Storage> {
  const busyTimeout = options.busyTimeout ?? BUSY_TIMEOUT_MS;
  try {
    if (!existsSync(path)) createBank(path, library);
    if (!open.has(path)) probe(path, () => library(path, { readOnly: true, create: false }));
    open.set(path, (open.get(path) ?? 0) + 1); // nobody probes it from here on
    const readOnly = !isWritable(path);
    const driver = await connected(path, library, readOnly, busyTimeout, options).catch((error: unknown) => {
      letGo(path);
      throw error;
    });
    const release = (): Promise<void> => {
      letGo(path);
      return Promise.resolve();
    };
    return new SqlStorage(() => driver, {
      backend: "sqlite", path, persistent: true, reason, readOnly, busyTimeout, size: () => sizeOf(path), release,
    });
  } catch (error) {
    throw failure(error, path);
  }
} // prettier-ignore

function letGo(path: string): void {
  const left = open.get(path)! - 1;
  if (left === 0) open.delete(path);
  else open.set(path, left);
}

function sizeOf(path: string): Promise<number> {
  const sizes = [path, `${path}-wal`].map((one) => statSync(one, { throwIfNoEntry: false })?.size ?? 0);
  return Promise.resolve(sizes.reduce((sum, size) => sum + size, 0));
}

async function connected(
  path: string, library: FileOpener, readOnly: boolean, busyTimeout: number, { durability }: BankOptions,
): Promise<SqlDriver> {
  const driver = library(path, { readOnly, create: false });
  try {
    driver.exec(PRAGMAS);
    driver.exec("PRAGMA busy_timeout=0");
    driver.exec(`PRAGMA synchronous=${durability === "strict" ? "FULL" : "NORMAL"}`);
    driver.exec(`PRAGMA journal_size_limit=${String(WAL_LIMIT_BYTES)}`);
    // Unlike probing, this sees what stands in the log alone.
    if (readOnly) checkCurrent(await patiently(busyTimeout, () => schemaVersion(driver)), path);
    else {
      const backUp = (version: number): Promise<boolean> => backUpBank(path, version, driver, library, busyTimeout);
      await migrate(driver, { path, busyTimeout, backUp });
    }
    return driver;
  } catch (error) {
    driver.close();
    throw error;
  }
} // prettier-ignore

/** Give the bank's error for one of the file system or of SQLite. */
export function failure(error: unknown, path: string): Error {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) {
    return new Unavailable(`cannot be opened (${code})`, {
      path,
      hint: "Check that the directory exists and that you may read and write it.",
      cause: error,
    });
  }
  return translatedError(error, path);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false; // that is what was asked
  }
}
