/** The few things asked of a SQLite library, the same of node:sqlite, better-sqlite3 and sql.js. */

import { Busy, ReasoningBankError, StorageCorrupt, Unavailable } from "../../domain/errors.js";

/** What a column can hold. */
export type SqlValue = string | number | Uint8Array | null;

/** A row by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One connection. */
export interface SqlDriver {
  /** `node:sqlite`, `better-sqlite3` or `sql.js`, with the version of SQLite. */
  readonly engine: string;
  all(sql: string, values?: readonly SqlValue[]): readonly SqlRow[];
  /** Run one statement; give how many rows it changed. */
  run(sql: string, values?: readonly SqlValue[]): number;
  /** Run statements without values. */
  exec(sql: string): void;
  /** Give the whole database as bytes. */
  serialize(): Uint8Array;
  close(): void;
}

/** Give the only row, or none. */
export function first(rows: readonly SqlRow[]): SqlRow | undefined {
  return rows[0];
}

/** Give SQLite's number for an error, without its extension, or null for an error of something else. */
export function codeOf(error: unknown): number | null {
  const { errcode, code, message } = error as { errcode?: unknown; code?: unknown; message?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  if (typeof code === "string" && code.startsWith("SQLITE_")) {
    const names = ["BUSY", "LOCKED", "READONLY", "IOERR", "CORRUPT", "FULL", "CANTOPEN", "NOTADB", "CONSTRAINT"];
    const numbers = [5, 6, 8, 10, 11, 13, 14, 26, 19];
    const at = names.findIndex((name) => code.startsWith(`SQLITE_${name}`));
    return numbers[at] ?? 1;
  }
  if (typeof message === "string" && message.includes('UNIQUE constraint failed')) return 19;
  if (typeof message === "string" && message.includes('not a database')) return 26;
  return typeof message === "string" && message.includes('malformed') ? 11 : null;
}

/** Give whether an error says that another connection holds the database. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 5 || code === 6;
}

/** Give the bank's error for one of the engine's. */
export function translatedError(error: unknown, path: string | null): ReasoningBankError {
  if (error instanceof ReasoningBankError) return error;
  const details = { path, cause: error };
  switch (codeOf(error)) {
    case 5:
    case 6:
      return new Busy("is held by other writers", { ...details, hint: "Try again, or wait longer (busyTimeout)." });
    case 8:
      return new Unavailable("cannot be written", { ...details, hint: "Check the permissions of the file and its directory." });
    case 11:
    case 26:
      return new StorageCorrupt(`is damaged (${String(error)})`, {
        ...details,
        hint: "Run `reasoningbank doctor`; restore an export or a backup into a new file.",
      });
    case 13:
      return new Unavailable("has no space left; nothing of this call was stored", { ...details, hint: "Free some space." });
    case 14:
      return new Unavailable("cannot be opened", { ...details, hint: "Check that its directory exists and can be written." });
    default:
      return new Unavailable(`cannot be used: ${String(error)}`, details);
  }
}

/** Undo the transaction that is under way after an error, which is thrown on. */
export function rollBack(driver: SqlDriver): void {
  try {
    driver.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}
