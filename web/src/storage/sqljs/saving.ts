/** A bank that lives in memory and is kept as one image. */

import type { SqlJsStatic } from "sql.js";
import { Unavailable } from "../../domain/errors.js";
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
  /** Let go of the place. */
  release(): Promise<void>;
}

/** A bank over an image: every change is in the image before it is acknowledged. */
class ImageStorage extends SqlStorage {
  epoch = 0;
}

/** Open the bank that an image holds, or a new one where there is none. */
export async function openImage(
  library: SqlJsStatic, store: ImageStore, reason: string, busyTimeout = BUSY_TIMEOUT_MS,
): Promise<SqlStorage> {
  let saved = await store.load();
  let driver = new SqlJsDriver(library, saved);
  try {
    if (saved === null) {
      writeSchema(driver);
      if (store.refusal === null) {
        saved = driver.serialize();
        await store.save(saved);
      }
    }
  } catch (error) {
    driver.close();
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
