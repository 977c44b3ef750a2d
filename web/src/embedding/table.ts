/**
 * The packed table file: `RBTB`, the length of a JSON header, the header, and the files it names.
 *
 * `scripts/pack-table.mjs` makes it from the Python package's files. The lexical one has `idf.u8` alone.
 */

import { StorageCorrupt } from "../domain/errors.js";
import { sha256 } from "../domain/sha256.js";
import { fromUtf8, toHex } from "../domain/utf8.js";

const MAGIC = 0x52425442;

interface TableHeader {
  readonly id: string;
  readonly alpha: number;
  readonly max_tokens: number;
  readonly tf: readonly number[];
  readonly files: Readonly<Record<string, { readonly offset: number; readonly bytes: number; readonly sha256: string }>>;
}

/** A table file, opened. */
export class Table {
  readonly header: TableHeader;
  readonly #bytes: Uint8Array;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#path = path;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0) !== MAGIC) throw this.#corrupt("is no table of the embedder");
    try {
      this.header = JSON.parse(fromUtf8(bytes.subarray(8, 8 + view.getUint32(4)))) as TableHeader;
    } catch (error) {
      throw this.#corrupt(`cannot be understood (${String(error)})`);
    }
  }

  /** Give the content of one of its files. */
  file(name: string): Uint8Array {
    const entry = this.header.files[name];
    if (entry === undefined) throw this.#corrupt(`has no ${name}`);
    const content = this.#bytes.subarray(entry.offset, entry.offset + entry.bytes);
    if (content.length !== entry.bytes) throw this.#corrupt("is cut off");
    return content;
  }

  /** Check every file against its hash; by the platform's function where there is one. */
  async verify(): Promise<void> {
    for (const [name, entry] of Object.entries(this.header.files)) {
      const hash = await hashOf(this.file(name));
      if (toHex(hash) !== entry.sha256) throw this.#corrupt(`holds another ${name} than its header says`);
    }
  }

  #corrupt(what: string): StorageCorrupt {
    return new StorageCorrupt(what, { path: this.#path, hint: "Fetch it again, or install the package again." });
  }
}

async function hashOf(content: Uint8Array): Promise<Uint8Array> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (subtle === undefined) return sha256(content);
  return new Uint8Array(await subtle.digest("SHA-256", content as BufferSource));
}
