/** A bank in a file that Python and others may have open at the same time. */

import { randomBytes } from "node:crypto";
import { accessSync, chmodSync, closeSync, constants, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { BankOptions } from "../../bank/options.js";
import { Unavailable } from "../../domain/errors.js";
import { translatedError, type SqlDriver } from "../sql/driver.js";
import { BUSY_TIMEOUT_MS, PRAGMAS, SqlStorage, writeSchema } from "../sql/storage.js";
import type { Storage } from "../tables.js";
import type { FileOpener } from "./libraries.js";
import { checkVersion, probe } from "./probing.js";

const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const POSIX = process.platform !== "win32";

/** How often this process has each file open; those must not be touched by other means. */
const open = new Map<string, number>();

/** Open the bank at `path`, making it if there is no file. One that cannot be written is opened for reading. */
export function openFile(path: string, reason: string, library: FileOpener, options: BankOptions): Storage {
  try {
    if (!existsSync(path)) create(path, library);
    if (!open.has(path)) probe(path, () => library(path, { readOnly: true, create: false }));
    const readOnly = !isWritable(path);
    const driver = connected(path, library, readOnly, options);
    open.set(path, (open.get(path) ?? 0) + 1);
    const size = (): Promise<number> =>
      Promise.resolve([path, `${path}-wal`].reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0));
    const release = (): Promise<void> => {
      const left = open.get(path)! - 1;
      if (left === 0) open.delete(path);
      else open.set(path, left);
      return Promise.resolve();
    };
    const busyTimeout = options.busyTimeout ?? BUSY_TIMEOUT_MS;
    return new SqlStorage(() => driver, {
      backend: "sqlite", path, persistent: true, reason, readOnly, busyTimeout, size, release,
    }); // prettier-ignore
  } catch (error) {
    throw failure(error, path);
  }
}

function connected(path: string, library: FileOpener, readOnly: boolean, options: BankOptions): SqlDriver {
  const driver = library(path, { readOnly, create: false });
  try {
    driver.exec(PRAGMAS);
    driver.exec("PRAGMA busy_timeout=0");
    driver.exec(`PRAGMA synchronous=${options.durability === "strict" ? "FULL" : "NORMAL"}`);
    driver.exec(`PRAGMA journal_size_limit=${String(WAL_LIMIT_BYTES)}`);
    // Unlike probing, this sees what stands in the log alone.
    checkVersion(Number(driver.all("PRAGMA user_version")[0]?.["user_version"]), path);
    return driver;
  } catch (error) {
    driver.close();
    throw error;
  }
}

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

/** Make a new bank under a temporary name and link it into place, so that it is never seen half-made. */
function create(path: string, library: FileOpener): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(8).toString("hex")}.creating`;
  closeSync(openSync(temporary, "wx", 0o600));
  try {
    if (POSIX) chmodSync(temporary, 0o600);
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

function putInPlace(temporary: string, path: string): void {
  flush(temporary);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return; // another process was first
    if (existsSync(path)) return;
    renameSync(temporary, path); // no hard links here
  }
  flush(dirname(path));
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
