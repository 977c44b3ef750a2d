/**
 * The lexical half of a vector: hashed word stems and character n-grams, all in integers.
 *
 * A word contributes one feature for its stem and one for each of its character 3- to 5-grams, a unit of
 * an unspaced script one feature for itself. What a word adds to the buckets never changes, so it is
 * computed once and kept packed: int32, value in the upper 23 bits, bucket in the lower 9.
 */

import { PAIR_MARK, SINGLE_MARK } from "../domain/text.js";
import { finalised, fnv1a, hash32 } from "./hashing.js";
import { stem } from "./stemming.js";

export const LEXICAL_DIMENSION = 512;

const LONGEST_WORD = 64;
const BUCKET_BITS = 9;
const BUCKET_MASK = LEXICAL_DIMENSION - 1;
const STEM_WEIGHT = 2;
const GRAM_WEIGHT = 1;
const SINGLE_WEIGHT = 1;
const PAIR_WEIGHT = 2;
const SHORTEST_GRAM = 3;
const LONGEST_GRAM = 5;
const GRAM_STATE = fnv1a("c");

/** Packs the features of words with the weights of one table, and adds them up for a text. */
export class LexicalEncoder {
  readonly #idf: Uint8Array;
  readonly #termFrequency: readonly number[];

  /** Take 65,536 inverse document frequencies and the weight of each count (the last for more). */
  constructor(idf: Uint8Array, termFrequency: readonly number[]) {
    this.#idf = idf;
    this.#termFrequency = termFrequency;
  }

  /** Give what one occurrence of a word or unit adds to the buckets. */
  pack(wordOrUnit: string): Int32Array {
    const mark = wordOrUnit.charAt(0);
    if (mark === SINGLE_MARK) return this.#packed([[hash32(`u${wordOrUnit.slice(1)}`), SINGLE_WEIGHT, 1]]);
    if (mark === PAIR_MARK) return this.#packed([[hash32(`v${wordOrUnit.slice(1)}`), PAIR_WEIGHT, 1]]);
    const letters = Array.from(wordOrUnit).slice(0, LONGEST_WORD);
    const counts = gramCounts(["<", ...letters, ">"]);
    return this.#packed([
      [hash32(`s${stem(letters.join(""))}`), STEM_WEIGHT, 1],
      ...Array.from(counts.values(), ([hash, count]) => [hash, GRAM_WEIGHT, count] as const),
    ]);
  }

  #packed(features: readonly (readonly [hash: number, weight: number, count: number])[]): Int32Array {
    return Int32Array.from(features, ([hash, weight, count]) => {
      const value = this.#weightOfCount(count) * weight * this.#idf[hash & 0xffff]!;
      return ((hash >>> 31 ? value : -value) << BUCKET_BITS) | ((hash >>> 8) & BUCKET_MASK);
    });
  }

  /** Add the features of a text's words, given with how often each occurs, to 512 sums. */
  addTo(sums: Float64Array, words: Iterable<readonly [packed: Int32Array, count: number]>): void {
    for (const [packed, count] of words) {
      const weight = this.#weightOfCount(count);
      for (let at = 0; at < packed.length; at++) {
        const feature = packed[at]!;
        sums[feature & BUCKET_MASK]! += (feature >> BUCKET_BITS) * weight;
      }
    }
  }

  #weightOfCount(count: number): number {
    return this.#termFrequency[Math.min(count, this.#termFrequency.length - 1)]!;
  }
}

/** Give the hash and count of each 3- to 5-gram; a longer one goes on from the state of a shorter. */
function gramCounts(letters: readonly string[]): Map<string, [hash: number, count: number]> {
  const counts = new Map<string, [number, number]>();
  for (let start = 0; start + SHORTEST_GRAM <= letters.length; start++) {
    let gram = "";
    let state = GRAM_STATE;
    const end = Math.min(letters.length, start + LONGEST_GRAM);
    for (let at = start; at < end; at++) {
      gram += letters[at]!;
      state = fnv1a(letters[at]!, state);
      if (at - start + 1 < SHORTEST_GRAM) continue;
      const known = counts.get(gram);
      if (known === undefined) counts.set(gram, [finalised(state), 1]);
      else known[1]++;
    }
  }
  return counts;
}
