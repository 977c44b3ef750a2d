/** The kernel in JavaScript, for engines without SIMD: the same results as `assembly/kernel.ts`, bit for bit. */

import type { Layout, Region, Search } from "./kernel.js";

const TABLE_DIMENSION = 256;

/** A region whose work is done in JavaScript. */
export class PlainRegion implements Region {
  readonly buffer: ArrayBuffer;

  constructor(bytes: number) {
    this.buffer = new ArrayBuffer(bytes);
  }

  sumRows(table: number, scales: number, pieces: number, count: number, sums: number): void {
    const packed = new Uint8Array(this.buffer);
    const view = new DataView(this.buffer);
    const sum = new Int32Array(this.buffer, sums, TABLE_DIMENSION).fill(0);
    for (let at = 0; at < count; at++) {
      const piece = view.getUint16(pieces + 2 * at, true);
      const scale = view.getUint16(scales + 2 * piece, true);
      let row = table + (piece * TABLE_DIMENSION) / 2;
      for (let dimension = 0; dimension < TABLE_DIMENSION; row++) {
        const byte = packed[row]!;
        sum[dimension++]! += scale * ((byte >> 4) - 8);
        sum[dimension++]! += scale * ((byte & 15) - 8);
      }
    }
  }

  topK(layout: Layout, { count, querySquares, k, category, now, least }: Search): number {
    const { buffer } = this;
    const rows = new Int8Array(buffer, layout.rows, count * layout.stride);
    const squares = new Int32Array(buffer, layout.squares, count);
    const categories = new Int32Array(buffer, layout.categories, count);
    const expiries = new Float64Array(buffer, layout.expiries, count);
    const query = new Int16Array(buffer, layout.query, layout.stride);
    const heap = new Heap(buffer, layout, k);
    for (let at = 0; at < count; at++) {
      const group = categories[at]!;
      if (group === 0 || (category !== 0 && group !== category) || expiries[at]! <= now) continue;
      const product = squares[at]! * querySquares;
      const value = product === 0 ? 0 : dot(rows, at * layout.stride, query) / Math.sqrt(product);
      if (value >= least) heap.offer(value, at);
    }
    return heap.size;
  }
}

/** Give the product of a row with the query. Four sums in 32 bits, which engines keep in registers, take half the time. */
function dot(rows: Int8Array, start: number, query: Int16Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let at = 0, row = start; at < query.length; at += 4, row += 4) {
    first = (first + Math.imul(rows[row]!, query[at]!)) | 0;
    second = (second + Math.imul(rows[row + 1]!, query[at + 1]!)) | 0;
    third = (third + Math.imul(rows[row + 2]!, query[at + 2]!)) | 0;
    fourth = (fourth + Math.imul(rows[row + 3]!, query[at + 3]!)) | 0;
  }
  return first + second + third + fourth;
}

/** The best k entries seen, the worst of them first. */
class Heap {
  size = 0;
  readonly #found: Int32Array;
  readonly #values: Float64Array;
  readonly #ids: DataView;
  readonly #k: number;

  constructor(buffer: ArrayBuffer, layout: Layout, k: number) {
    this.#found = new Int32Array(buffer, layout.found, k);
    this.#values = new Float64Array(buffer, layout.values, k);
    this.#ids = new DataView(buffer, layout.ids);
    this.#k = k;
  }

  offer(value: number, at: number): void {
    if (this.size < this.#k) {
      this.#found[this.size] = at;
      this.#values[this.size] = value;
      this.#rise(this.size++);
    } else if (this.#isBetter(value, at, this.#values[0]!, this.#found[0]!)) {
      this.#found[0] = at;
      this.#values[0] = value;
      this.#sink();
    }
  }

  #isBetter(value: number, at: number, other: number, otherAt: number): boolean {
    if (value !== other) return value > other;
    for (let part = 0; part < 16; part += 4) {
      const first = this.#ids.getUint32(16 * at + part);
      const second = this.#ids.getUint32(16 * otherAt + part);
      if (first !== second) return first < second;
    }
    return false;
  }

  #entryIsBetter(first: number, second: number): boolean {
    return this.#isBetter(this.#values[first]!, this.#found[first]!, this.#values[second]!, this.#found[second]!);
  }

  #swap(first: number, second: number): void {
    const found = this.#found;
    const values = this.#values;
    [found[first], found[second]] = [found[second]!, found[first]!];
    [values[first], values[second]] = [values[second]!, values[first]!];
  }

  #rise(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#entryIsBetter(parent, at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let worst = 2 * at + 1;
      if (worst >= this.size) return;
      if (worst + 1 < this.size && this.#entryIsBetter(worst, worst + 1)) worst++;
      if (!this.#entryIsBetter(at, worst)) return;
      this.#swap(at, worst);
      at = worst;
    }
  }
}
