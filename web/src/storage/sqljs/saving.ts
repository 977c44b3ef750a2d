/** A bank that lives in memory and is kept as one image. */

import type { SqlJsStatic } from "sql.js";
import { Unavailable } from "../../domain/errors.js";
import { migrate } from "../sql/migrating.js";
import { checkCurrent, HEADER_BYTES, recognise, schemaVersion } from "../sql/recognising.js";
import { SCHEMA_VERSION } from "../sql/schema-text.js";
import { BUSY_TIMEOUT_MS, SqlStorage, writeSchema } from "../sql/storage.js";
import { SqlJsDriver } from "./driver.js";

/** Where an image of a bank is kept. */
export interface ImageStore {
  /** Name of the place, as errors and stats show it. */
  readonly path: string;
  /** Why this tab or process must not write it, or null when it may. */
  readonly refusal: Error | null;
  load(): Promise<Uint8Array | null>;
  /** Keep an image in place of the last one; durable when the promise resolves, else the last one stands. */
  save(image: Uint8Array): Promise<void>;
  /** Keep an image as it was before its schema is changed, in place of nothing. */
  backUp(image: Uint8Array, version: number): Promise<void>;
  /** Let go of the place. */
  release(): Promise<void>;
}

/** Give the first name that is not taken for a copy of a bank made before it leaves a schema. */
export async function freeBackupName(
  name: string, version: number, isTaken: (name: string) => Promise<boolean>,
): Promise<string> {
  const first = `${name}.backup-schema-${String(version)}`;
  for (let number = 1; ; number++) {
    const wanted = number === 1 ? first : `${first}-${String(number)}`;
    if (!(await isTaken(wanted))) return wanted;
  }
} // prettier-ignore

/** A bank over an image: every change is in the image before it is acknowledged. */
class ImageStorage extends SqlStorage {
  epoch = 0;
}

/** Open the bank that an image holds, or a new one where there is none. */
export async function openImage(
  library: SqlJsStatic, store: ImageStore, reason: string, busyTimeout = BUSY_TIMEOUT_MS,
): Promise<SqlStorage> {
  let saved: Uint8Array | null;
  let driver: SqlJsDriver;
  try {
    saved = await store.load();
    [driver, saved] = saved === null ? await begun(library, store) : await continued(library, store, saved);
  } catch (error) {
    await store.release();
    throw error;
  }
  const storage: ImageStorage = new ImageStorage(() => driver, {
    backend: "sqljs",
    path: store.path,
    persistent: true,
    reason,
    readOnly: store.refusal !== null,
    busyTimeout,
    refusal: store.refusal === null ? undefined : () => store.refusal!,
    unproved: "the image before this one was removed, not overwritten: the disk may hold it until it uses the room again",
    size: () => Promise.resolve(saved?.length ?? 0),
    save: async () => {
      const image = driver.serialize();
      try {
        await store.save(image);
        saved = image;
      } catch (error) {
        driver.close();
        driver = new SqlJsDriver(library, saved);
        storage.epoch++;
        throw new Unavailable("cannot be saved; what was not saved before has been undone", {
          path: store.path,
          hint: "Free some space and try again.",
          cause: error,
        });
      }
    },
    release: () => store.release(),
  });
  return storage;
} // prettier-ignore

type Opened = [driver: SqlJsDriver, saved: Uint8Array | null];

async function begun(library: SqlJsStatic, store: ImageStore): Promise<Opened> {
  const driver = new SqlJsDriver(library, null);
  return closingOnFailure(driver, async () => {
    writeSchema(driver);
    return store.refusal === null ? saving(driver, store) : null;
  });
}

async function continued(library: SqlJsStatic, store: ImageStore, image: Uint8Array): Promise<Opened> {
  recognise(image.subarray(0, HEADER_BYTES), store.path, () => new SqlJsDriver(library, image));
  const driver = new SqlJsDriver(library, image);
  return closingOnFailure(driver, async () => {
    const version = schemaVersion(driver);
    if (version === SCHEMA_VERSION) return image;
    if (store.refusal !== null) checkCurrent(version, store.path);
    await migrate(driver, {
      path: store.path,
      busyTimeout: 0, // nobody else has it
      backUp: async (from) => {
        await store.backUp(from === version ? image : driver.serialize(), from);
        return true;
      },
    });
    return saving(driver, store);
  });
}

async function saving(driver: SqlJsDriver, store: ImageStore): Promise<Uint8Array> {
  const image = driver.serialize();
  await store.save(image);
  return image;
}

async function closingOnFailure(driver: SqlJsDriver, saved: () => Promise<Uint8Array | null>): Promise<Opened> {
  try {
    return [driver, await saved()];
  } catch (error) {
    driver.close();
    throw error;
  }
}
