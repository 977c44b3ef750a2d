/**
 * The built-in embedder: text to 768 integers by table look-ups, offline and the same everywhere.
 *
 * Dimensions 0-255 sum trained rows of word pieces, dimensions 256-767 hashed stems and character
 * n-grams. Every sum is a sum of integers that a double holds exactly; only then come one square root for
 * each half and rounding by floor(x + 0.5). The golden vectors of `spec/embeddings` decide.
 */

import { PAIR_MARK, SINGLE_MARK, wordsAndUnits } from "../domain/text.js";
import { isAscii } from "../domain/utf8.js";
import { REGION_START, type Kernel, type Region } from "../kernel/kernel.js";
import { LEXICAL_DIMENSION, LexicalEncoder } from "./lexical.js";
import type { Embedder } from "./protocol.js";
import type { Table } from "./table.js";
import { Vocabulary } from "./wordpiece.js";

const STATIC_DIMENSION = 256;
const DIMENSION = STATIC_DIMENSION + LEXICAL_DIMENSION;
const LARGEST_IN_HALF = 32_767;
const LARGEST_IN_VECTOR = 127;
const WORDS_KEPT = 16_384;

interface Contribution {
  readonly pieces: readonly number[];
  readonly packed: Int32Array;
}

/** Turns text into int8 vectors; without the table's static half it is lexical alone, and says so in its name. */
export class TableEmbedder implements Embedder {
  readonly name: string;
  readonly version = "1";
  readonly dimension: number;
  readonly #static: StaticHalf | null;
  readonly #lexical: LexicalEncoder;
  readonly #lexicalWeight: number;
  readonly #known = new Map<string, Contribution>();

  constructor(table: Table, kernel: Kernel) {
    const { id, alpha, tf, files } = table.header;
    this.name = id;
    this.#lexical = new LexicalEncoder(table.file("idf.u8"), tf);
    this.#static = "table.int4" in files ? new StaticHalf(table, kernel) : null;
    this.dimension = this.#static === null ? LEXICAL_DIMENSION : DIMENSION;
    this.#lexicalWeight = Math.sqrt(1 - alpha * alpha);
  }

  /** Give the vectors of texts: int8 of `dimension` components each. */
  embedDocuments(texts: readonly string[]): Int8Array[] {
    return texts.map((text) => this.embedQuery(text));
  }

  /** Give the vector of a text; all zero when it has no letter or digit. */
  embedQuery(text: string): Int8Array {
    const { words, units } = wordsAndUnits(text);
    const sums = new Float64Array(this.dimension);
    const split = this.dimension - LEXICAL_DIMENSION;
    const counts = new Map<string, number>();
    for (const key of words) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const key of units) counts.set(key, (counts.get(key) ?? 0) + 1);
    const share = isAscii(text) ? 1 : shareTheTableCanRead(words, units);
    const known = Array.from(counts, ([key, count]) => [this.#contribution(key).packed, count] as const);
    this.#lexical.addTo(sums.subarray(split), known);
    const lexical = scaledHalf(sums.subarray(split), this.#lexicalWeight);
    const trained = this.#static;
    if (trained === null) return weighed(sums, 0, 0, lexical);
    trained.sum(words.map((word) => this.#contribution(word).pieces), sums.subarray(0, split));
    return weighed(sums, split, scaledHalf(sums.subarray(0, split), trained.weight * share), lexical);
  }

  #contribution(wordOrUnit: string): Contribution {
    let known = this.#known.get(wordOrUnit);
    if (known === undefined) {
      const readable = this.#static !== null && isAscii(wordOrUnit) && wordOrUnit.charCodeAt(0) > PAIR_MARK.charCodeAt(0);
      const pieces = readable ? this.#static.vocabulary.pieces(wordOrUnit) : [];
      known = { pieces, packed: this.#lexical.pack(wordOrUnit) };
      if (this.#known.size >= WORDS_KEPT) this.#known.clear();
      this.#known.set(wordOrUnit, known);
    }
    return known;
  }
}

/** The trained half: rows of word pieces in a region of the kernel. */
class StaticHalf {
  readonly vocabulary: Vocabulary;
  readonly weight: number;
  readonly #most: number;
  readonly #region: Region;
  readonly #at: { readonly table: number; readonly scales: number; readonly pieces: number; readonly sums: number };

  constructor(table: Table, kernel: Kernel) {
    const rows = table.file("table.int4");
    const scales = table.file("scales.u16");
    this.weight = table.header.alpha;
    this.#most = table.header.max_tokens;
    this.vocabulary = new Vocabulary(new TextDecoder("latin1").decode(table.file("vocab.txt")));
    const sums = REGION_START;
    const pieces = sums + 4 * STATIC_DIMENSION;
    const scalesAt = pieces + 2 * this.#most;
    const tableAt = (scalesAt + scales.length + 15) & ~15;
    this.#at = { table: tableAt, scales: scalesAt, pieces, sums };
    this.#region = kernel.region(tableAt + rows.length);
    const bytes = new Uint8Array(this.#region.buffer);
    bytes.set(scales, scalesAt);
    bytes.set(rows, tableAt);
  }

  /** Put the sum of the first pieces' rows, each times its scale, into `sums`. */
  sum(words: readonly (readonly number[])[], sums: Float64Array): void {
    const { table, scales, pieces, sums: at } = this.#at;
    const view = new Uint16Array(this.#region.buffer, pieces, this.#most);
    let count = 0;
    for (const numbers of words) {
      for (const number of numbers) if (count < this.#most) view[count++] = number;
      if (count === this.#most) break;
    }
    this.#region.sumRows(table, scales, pieces, count, at);
    sums.set(new Int32Array(this.#region.buffer, at, STATIC_DIMENSION));
  }
}

/** Give ASCII words / (words + unspaced characters): the (English) table counts by this share. */
function shareTheTableCanRead(words: readonly string[], units: readonly string[]): number {
  const readable = words.filter(isAscii).length;
  const characters = units.filter((unit) => unit.startsWith(SINGLE_MARK)).length;
  const all = words.length + characters;
  return all === 0 ? 1 : readable / all;
}

/** Make a half integers up to 32767 and give its factor, the weight by its norm; 0 for an empty half. */
function scaledHalf(half: Float64Array, weight: number): number {
  let peak = 0;
  for (const value of half) peak = Math.max(peak, Math.abs(value));
  if (peak === 0) return 0;
  const scale = LARGEST_IN_HALF / peak;
  let squares = 0;
  for (let at = 0; at < half.length; at++) {
    const value = Math.floor(half[at]! * scale + 0.5);
    half[at] = value;
    squares += value * value;
  }
  return weight / Math.sqrt(squares);
}

/** Give both halves at their factors as one int8 vector. */
function weighed(sums: Float64Array, split: number, first: number, second: number): Int8Array {
  const vector = new Int8Array(sums.length);
  const largest = LARGEST_IN_HALF * Math.max(first, second);
  if (largest === 0) return vector;
  const step = LARGEST_IN_VECTOR / largest;
  const factors = [first * step, second * step] as const;
  for (let at = 0; at < sums.length; at++) {
    vector[at] = Math.floor(sums[at]! * factors[at < split ? 0 : 1] + 0.5);
  }
  return vector;
}
