/** What the web and Node do differently, in Node. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BankOptions } from "../bank/options.js";
import { Unavailable } from "../domain/errors.js";
import { MemoryStorage } from "../storage/memory.js";
import type { Storage } from "../storage/tables.js";

/** Give the bytes of a file that comes with the package. */
export async function readAsset(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const text = String(url);
  try {
    if (/^https?:/.test(text)) return new Uint8Array(await (await fetch(text)).arrayBuffer());
    const content = await readFile(text.startsWith("file:") ? fileURLToPath(text) : text);
    return new Uint8Array(content.buffer as ArrayBuffer, content.byteOffset, content.byteLength);
  } catch (error) {
    throw new Unavailable(`cannot be read (${String(error)})`, {
      path: text,
      hint: "Install the package again.",
      cause: error,
    });
  }
}

/** Open the storage that a target names, or the one this platform calls for. */
export async function openStorage(target: string | null, _options: BankOptions): Promise<Storage> {
  return Promise.resolve(new MemoryStorage(target === null ? "nothing else" : "memory, given by the caller"));
}
