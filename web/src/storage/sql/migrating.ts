/** Numbered steps from older schemas to this release's, each with a backup before it. */

import { StorageCorrupt } from "../../domain/errors.js";
import { rollBack, type SqlDriver } from "./driver.js";
import { patiently } from "./patience.js";
import { checkNotNewer, schemaVersion } from "./recognising.js";
import { SCHEMA_VERSION, UPGRADES } from "./schema-text.js";

/** Where a bank is that is brought up to date, and how it is kept as it was. */
export interface Migration {
  readonly path: string;
  /** Milliseconds to wait for others who hold it. */
  readonly busyTimeout: number;
  /** Keep the bank as it is now, of this schema; give false when it is of another one by now. */
  readonly backUp: (version: number) => Promise<boolean>;
}

/**
 * Bring a bank up to this release's schema.
 *
 * Each step is one transaction that begins by looking at the version again, so two processes may do this
 * at once and a killed one leaves the old version or the new one, never one between.
 */
export async function migrate(driver: SqlDriver, { path, busyTimeout, backUp }: Migration): Promise<void> {
  for (;;) {
    const version = await patiently(busyTimeout, () => schemaVersion(driver));
    checkNotNewer(version, path);
    if (version === SCHEMA_VERSION) return;
    const step = UPGRADES[version + 1];
    if (step === undefined) {
      throw new StorageCorrupt(`has schema ${String(version)}, from which no step leads on`, {
        path,
        hint: "Restore a backup.",
      });
    }
    if (await backUp(version)) await patiently(busyTimeout, () => takeStep(driver, version + 1, step));
  }
}

function takeStep(driver: SqlDriver, version: number, sql: string): void {
  driver.exec("BEGIN IMMEDIATE");
  try {
    if (schemaVersion(driver) === version - 1) driver.exec(`${sql}; PRAGMA user_version=${String(version)}`);
    driver.exec("COMMIT");
  } catch (error) {
    rollBack(driver);
    throw error;
  }
}
