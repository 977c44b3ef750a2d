/** Looking for pieces of what was erased. */

import { StorageCorrupt } from "../domain/errors.js";
import { utf8 } from "../domain/utf8.js";
import type { Erased } from "./tables.js";

/** Stores whose records may rightly hold the words of a pattern that is gone: others said them too. */
const CONTENT = new Set([
  "patterns", "pattern_embeddings", "pattern_history", "observations", "outcomes", "recalls", "trajectories",
]); // prettier-ignore

/** Looks through the records of a bank, where there is no file to read, for what an erase left. */
export class RecordScan {
  readonly #erased: Erased;
  #bytes = 0;
  #left: string | null = null;

  constructor(erased: Erased) {
    this.#erased = erased;
  }

  /** Look through one record of a store. */
  look(store: string, record: unknown): void {
    const parts = partsOf(record);
    for (const part of parts) this.#bytes += part.length;
    if (store === "changes") return; // says that it was erased
    const { namespace, id, needles } = this.#erased;
    const owner = record as { namespace?: unknown; id?: unknown; pattern_id?: unknown };
    const isOwn = owner.namespace === namespace && (owner.id === id || owner.pattern_id === id);
    if (isOwn || (!CONTENT.has(store) && needles?.some((needle) => parts.some((part) => holds(part, needle))))) {
      this.#left ??= store;
    }
  }

  /** Give how many bytes were looked through; throws when something was left. */
  conclude(path: string | null): number {
    if (this.#left !== null) {
      throw new StorageCorrupt(`still holds something of an erased pattern, in ${this.#left}`, {
        path,
        hint: "Erase it again; should that not help, export the bank and restore it into a new one.",
      });
    }
    return this.#bytes;
  }
}

/** Give every text and vector in a record, as bytes. */
function partsOf(value: unknown): Uint8Array[] {
  if (typeof value === "string") return [utf8(value)];
  if (ArrayBuffer.isView(value)) return [bytesOf(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(partsOf);
}

/** Give the bytes that a vector is kept as. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Give whether bytes hold a piece. */
export function holds(content: Uint8Array, needle: Uint8Array): boolean {
  const start = needle[0]!;
  for (let at = content.indexOf(start); at >= 0; at = content.indexOf(start, at + 1)) {
    let same = 1;
    while (same < needle.length && content[at + same] === needle[same]) same++;
    if (same === needle.length) return true;
  }
  return false;
}
