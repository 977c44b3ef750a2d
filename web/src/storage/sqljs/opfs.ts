/** Images in the origin's private file system: durable where IndexedDB is missing or blocked. */

import { randomBytes } from "#random";
import { Busy } from "../../domain/errors.js";
import { toHex } from "../../domain/utf8.js";
import { freeBackupName, type ImageStore } from "./saving.js";

/** Give whether this page can keep files of its own. */
export async function hasPrivateFiles(): Promise<boolean> {
  try {
    const root = await directory();
    const probe = `reasoningbank-probe-${toHex(randomBytes(8))}`; // of this call alone: other tabs may look too
    const handle = await root.getFileHandle(probe, { create: true });
    const able = "createWritable" in handle;
    await root.removeEntry(probe);
    return able;
  } catch {
    return false; // missing, or refused by policy: that is what was asked
  }
}

function directory(): Promise<FileSystemDirectoryHandle> {
  return navigator.storage.getDirectory();
}

/**
 * Open the place of an image for one writer.
 *
 * The first tab holds a Web Lock and writes; others read what was there when they opened it. Without Web
 * Locks nobody can tell who else writes, so nobody may.
 */
export async function privateFile(name: string): Promise<ImageStore> {
  const fileName = `${encodeURIComponent(name)}.reasoningbank`;
  const path = `opfs:${name}`;
  const release = await writerLock(path);
  const root = await directory();
  return {
    path,
    refusal: release === null ? heldElsewhere(path) : null,
    load: () => contentOf(root, fileName),
    save: (image) => replace(root, fileName, image),
    backUp: async (image, version) => {
      const isTaken = async (wanted: string): Promise<boolean> => (await contentOf(root, wanted)) !== null;
      await replace(root, await freeBackupName(fileName, version, isTaken), image);
    },
    release: () => {
      release?.();
      return Promise.resolve();
    },
  };
}

async function contentOf(root: FileSystemDirectoryHandle, fileName: string): Promise<Uint8Array | null> {
  try {
    const file = await (await root.getFileHandle(fileName)).getFile();
    return file.size === 0 ? null : new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return null;
    throw error;
  }
}

async function replace(root: FileSystemDirectoryHandle, fileName: string, content: Uint8Array): Promise<void> {
  const handle = await root.getFileHandle(fileName, { create: true });
  // Writes to a copy, which takes the file's place when it is closed.
  const writable = await handle.createWritable();
  await writable.write(content as BufferSource);
  await writable.close();
}

/** Give the error for a change in a tab that may not write. */
export function heldElsewhere(path: string): Busy {
  return new Busy("is held by another tab, or this browser cannot tell whether it is", {
    path,
    hint: "Close the other tab and open the bank again.",
  });
}

/** Take the lock of a writer until it is let go of; null when another tab has it or there are no locks. */
export async function writerLock(name: string): Promise<(() => void) | null> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks === undefined) return null;
  return new Promise((resolve, reject) => {
    locks
      .request(`reasoningbank ${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => {
          resolve(release);
        });
      })
      .catch(reject);
  });
}
