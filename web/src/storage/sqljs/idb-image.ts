/** Images in IndexedDB, for a bank that is asked to be one SQLite file in the browser. */

import { completed, result, translatedError } from "../indexeddb/requests.js";
import { heldElsewhere, writerLock } from "./opfs.js";
import { freeBackupName, type ImageStore } from "./saving.js";

const STORE = "image";

/** Open the place of an image for one writer; other tabs read what was there when they opened it. */
export async function imageInIndexedDb(name: string): Promise<ImageStore> {
  const path = `sqljs:${name}`;
  const release = await writerLock(path);
  const request = indexedDB.open(`reasoningbank image/${name}`, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE);
  };
  const database = await result(request);
  const put = async (key: string, image: Uint8Array): Promise<void> => {
    try {
      const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
      const done = completed(transaction);
      transaction.objectStore(STORE).put(image, key);
      await done;
    } catch (error) {
      throw translatedError(error, path);
    }
  };
  return {
    path,
    refusal: release === null ? heldElsewhere(path) : null,
    load: async () => {
      const image = await result(database.transaction(STORE).objectStore(STORE).get(STORE) as IDBRequest<Uint8Array | undefined>);
      return image ?? null;
    },
    save: (image) => put(STORE, image),
    backUp: async (image, version) => {
      const keys = await result(database.transaction(STORE).objectStore(STORE).getAllKeys());
      await put(await freeBackupName(STORE, version, (key) => Promise.resolve(keys.includes(key))), image);
    },
    release: () => {
      database.close();
      release?.();
      return Promise.resolve();
    },
  };
}
