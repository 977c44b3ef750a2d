/** What the web and Node do differently, on the web. */

import type { BankOptions } from "../bank/options.js";
import { Unavailable } from "../domain/errors.js";
import { MemoryStorage } from "../storage/memory.js";
import type { Storage } from "../storage/tables.js";

/** Give the bytes of a file that comes with the package. */
export async function readAsset(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Unavailable(`cannot be fetched (${String(error)})`, {
      path: String(url),
      hint: "Check the network, or serve the file from the page's own origin.",
      cause: error,
    });
  }
  if (!response.ok) {
    throw new Unavailable(`cannot be fetched (${String(response.status)})`, {
      path: String(url),
      hint: "Copy dist/assets to where the page is served from, or give its URL.",
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Open the storage that a target names, or the one this platform calls for. */
export async function openStorage(target: string | null, _options: BankOptions): Promise<Storage> {
  return Promise.resolve(new MemoryStorage(target === null ? "nothing else" : "memory, given by the caller"));
}
