/** A bank in SQLite, through any of its libraries. */

import { Busy, StorageCorrupt, Unavailable } from "../../domain/errors.js";
import { randomBytes } from "#random";
import { newId } from "../../domain/identifiers.js";
import { formatTimestamp } from "../../domain/timestamps.js";
import { holds } from "../scanning.js";
import type { Description, Erased, Scrubbed, Storage, Tables } from "../tables.js";
import { Turns } from "../turns.js";
import { isBusy, rollBack, translatedError, type SqlDriver } from "./driver.js";
import { patiently } from "./patience.js";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema-text.js";
import { SqlTables } from "./tables.js";

export const BUSY_TIMEOUT_MS = 30_000;

/** What differs between one SQLite bank and another. */
export interface SqlStorageOptions {
  readonly backend: "sqlite" | "sqljs";
  readonly path: string | null;
  readonly persistent: boolean;
  readonly reason: string;
  readonly readOnly: boolean;
  readonly busyTimeout: number;
  /** Gives the error for a change of a bank that is only read, where permissions are not the reason. */
  readonly refusal?: (() => Error) | undefined;
  /** Make what was committed durable, or undo it and throw; not for a library that writes its own file. */
  readonly save?: (() => Promise<void>) | undefined;
  /** Where bytes that were erased may still be when they are gone from the bank. */
  readonly unproved?: string | undefined;
  readonly size?: (() => Promise<number>) | undefined;
  /** Let go of what was held beside the connection. */
  readonly release?: (() => Promise<void>) | undefined;
}

/** What a bank's connection is set to, whichever library it is of. */
export const PRAGMAS = `
PRAGMA foreign_keys=ON;
PRAGMA temp_store=MEMORY;
PRAGMA trusted_schema=OFF;
PRAGMA cell_size_check=ON;
PRAGMA secure_delete=ON;`;

const HELD = [
  ["patterns", "task_description"], ["patterns", "strategy"], ["patterns", "title"], ["patterns", "data"],
  ["pattern_embeddings", "embedding"], ["recalls", "task_description"], ["consolidations", "report"],
  ["pattern_history", "before"], ["observations", "content"], ["outcomes", "evidence"],
  ["trajectories", "task_description"], ["trajectories", "steps"], ["trajectories", "metadata"],
  ["trajectory_states", "verdict"], ["trajectory_states", "note"], ["trajectory_states", "before"],
]
  .map(([table, column]) => `EXISTS (SELECT 1 FROM ${table!} WHERE instr(CAST(${column!} AS BLOB), ?1))`)
  .join(" OR "); // prettier-ignore

/** Make the tables of a new bank and note what it says about itself. */
export function writeSchema(driver: SqlDriver): void {
  driver.exec(`PRAGMA application_id=${String(APPLICATION_ID)}; PRAGMA user_version=${String(SCHEMA_VERSION)};`);
  driver.exec(`BEGIN; ${SCHEMA}`);
  const property = "INSERT INTO bank_properties (name, value) VALUES (?, ?)";
  driver.run(property, ["bank_id", newId(Date.now(), randomBytes)]);
  driver.run(property, ["created_at", formatTimestamp(Date.now())]);
  driver.exec("COMMIT");
}

/** Keeps a bank in SQLite. One question or change at a time uses the connection. */
export class SqlStorage implements Storage {
  readonly readOnly: boolean;
  readonly #driver: () => SqlDriver;
  readonly #options: SqlStorageOptions;
  readonly #turns = new Turns();
  #saving: Promise<void> | null = null;
  #closed = false;

  /** @param driver Gives the connection; another one after a bank was put back to what was saved. */
  constructor(driver: () => SqlDriver, options: SqlStorageOptions) {
    this.#driver = driver;
    this.#options = options;
    this.readOnly = options.readOnly;
  }

  read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#turn(() => this.#inTransaction("BEGIN", work));
  }

  async write<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const value = await this.#turn(() => {
      if (this.readOnly) {
        throw this.#options.refusal?.() ?? new Unavailable("is read-only, so nothing can be stored in it", {
          path: this.#options.path,
          hint: "Check the permissions of the file and of its directory.",
        });
      }
      return this.#inTransaction("BEGIN IMMEDIATE", work);
    });
    await this.#saved();
    return value;
  }

  async describe(): Promise<Description> {
    this.#check();
    const { backend, path, persistent, reason } = this.#options;
    const size_bytes = (await this.#options.size?.()) ?? 0;
    const { engine } = this.#driver();
    return { backend, path, persistent, reason, size_bytes, schema_version: SCHEMA_VERSION, engine };
  }

  /** Cut the log to nothing, look for the needles in what is left, and rewrite the file if one is found. */
  async scrub({ needles }: Erased): Promise<Scrubbed> {
    const outcome = await this.#turn(async () => {
      const driver = this.#driver();
      try {
        await this.#foldLog(driver);
        let content = driver.serialize();
        const left = this.#leftOver(driver, content, needles ?? []);
        const compacted = left.length > 0 || needles === null;
        if (compacted) {
          driver.exec("VACUUM");
          await this.#foldLog(driver);
          content = driver.serialize();
        }
        if (this.#leftOver(driver, content, left).length > 0) {
          throw new StorageCorrupt("still holds bytes of an erased pattern after being rewritten", {
            path: this.#options.path,
            hint: "Run `reasoningbank doctor`.",
          });
        }
        return { bytes_checked: content.length, compacted, unproved: this.#options.unproved ?? null };
      } catch (error) {
        throw translatedError(error, this.#options.path);
      }
    });
    await this.#saved();
    return outcome;
  }

  /** Give the pieces that are there though no row which stays holds them. */
  #leftOver(driver: SqlDriver, content: Uint8Array, needles: readonly Uint8Array[]): readonly Uint8Array[] {
    return needles.filter((needle) => holds(content, needle) && !isHeld(driver, needle));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turns.idle();
    this.#driver().close();
    await this.#options.release?.();
  }

  /** Wait until what has been committed by now is saved; changes that wait for their turn to be saved share one. */
  #saved(): Promise<void> {
    const { save } = this.#options;
    if (save === undefined) return Promise.resolve();
    this.#saving ??= this.#turns.take(async () => {
      this.#saving = null;
      await save();
    });
    return this.#saving;
  }

  #check(): void {
    if (this.#closed) throw new Unavailable("the bank is closed", { hint: "Open it again." });
  }

  async #turn<T>(job: () => Promise<T>): Promise<T> {
    this.#check();
    return this.#turns.take(job);
  }

  async #inTransaction<T>(begin: string, work: (tables: Tables) => Promise<T>): Promise<T> {
    const driver = this.#driver();
    try {
      await patiently(this.#options.busyTimeout, () => {
        driver.exec(begin);
        try {
          driver.all("SELECT 1 FROM bank_properties LIMIT 1"); // from here on the bank stands still
        } catch (error) {
          driver.exec("ROLLBACK");
          throw error;
        }
      });
      try {
        const value = await work(new SqlTables(driver));
        driver.exec("COMMIT");
        return value;
      } catch (error) {
        rollBack(driver);
        throw error;
      }
    } catch (error) {
      throw translatedError(error, this.#options.path);
    }
  }

  async #foldLog(driver: SqlDriver): Promise<void> {
    if (this.#options.backend !== "sqlite" || this.#options.path === null) return;
    try {
      await patiently(this.#options.busyTimeout, () => {
        const [row] = driver.all("PRAGMA wal_checkpoint(TRUNCATE)");
        if (row?.["busy"] !== 0) throw Object.assign(new Error("the log is held"), { errcode: 5 });
      });
    } catch (error) {
      if (!isBusy(error)) throw error;
      throw new Busy("is held by a reader, so the log that may still hold the erased bytes stays", {
        path: this.#options.path,
        hint: "Close other programs that read it and erase the same id again.",
      });
    }
  }
}

/** Give whether a row that stays holds a piece: others may say the same. */
function isHeld(driver: SqlDriver, needle: Uint8Array): boolean {
  return driver.all(`SELECT ${HELD} AS held`, [needle])[0]?.["held"] === 1;
}
