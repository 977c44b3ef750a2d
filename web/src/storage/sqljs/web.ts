/** sql.js in a page. */

import type { BankOptions } from "../../bank/options.js";
import type { Storage } from "../tables.js";
import { imageInIndexedDb } from "./idb-image.js";
import { loadSqlJs } from "./library.js";
import { hasPrivateFiles, privateFile } from "./opfs.js";
import { openImage } from "./saving.js";

export { hasPrivateFiles };

/** Open a bank kept by sql.js as one image: in a private file, or in IndexedDB where that is allowed. */
export async function openSqlJs(
  name: string, reason: string, options: BankOptions, inIndexedDb: boolean,
): Promise<Storage> {
  const library = await loadSqlJs(options.sqljsUrl);
  const store = inIndexedDb && !(await hasPrivateFiles()) ? await imageInIndexedDb(name) : await privateFile(name);
  return openImage(library, store, reason, options.busyTimeout);
} // prettier-ignore
