/** The vectors of one namespace in memory, searched by the kernel. A cache: never the only copy. */

import { sumOfSquares } from "../embedding/vectors.js";
import { REGION_START, type Kernel, type Layout, type Region } from "../kernel/kernel.js";

const SMALLEST_CAPACITY = 256;
const SMALLEST_K = 64;

/** What a search looks for beside the query. */
export interface IndexQuery {
  readonly k: number;
  readonly category: string | null;
  readonly min_similarity: number | null;
  readonly now_ms: number;
}

/** One row found. */
export interface Found {
  readonly id: string;
  readonly similarity: number;
}

/** Keeps int8 vectors with the filters that apply to them, and finds the nearest, exactly. */
export class VectorIndex {
  readonly #kernel: Kernel;
  readonly #dimension: number;
  readonly #ids: string[] = [];
  readonly #positions = new Map<string, number>();
  /** Numbers of categories from 1; 0 marks nothing. */
  readonly #categories = new Map<string, number>();
  #capacity = 0;
  #mostFound = 0;
  #region!: Region;
  #layout!: Layout;

  constructor(kernel: Kernel, dimension: number, capacity = 0) {
    this.#kernel = kernel;
    this.#dimension = dimension;
    this.#arrange(Math.max(SMALLEST_CAPACITY, capacity), SMALLEST_K);
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Put a vector in, or in place of the one with the id; `expires` is in milliseconds, Infinity for never. */
  put(id: string, category: string, expires: number, vector: Int8Array): void {
    let at = this.#positions.get(id);
    if (at === undefined) {
      at = this.#ids.length;
      if (at === this.#capacity) this.#arrange(2 * this.#capacity, this.#mostFound);
      this.#ids.push(id);
      this.#positions.set(id, at);
      const view = new DataView(this.#region.buffer, this.#layout.ids + 16 * at, 16);
      const hex = id.replace(/-/g, "");
      for (let part = 0; part < 4; part++) view.setUint32(4 * part, parseInt(hex.slice(8 * part, 8 * part + 8), 16));
    }
    const { buffer } = this.#region;
    const { rows, stride, squares, categories, expiries } = this.#layout;
    new Int8Array(buffer).set(vector, rows + at * stride);
    new Int32Array(buffer, squares)[at] = sumOfSquares(vector);
    new Int32Array(buffer, categories)[at] = this.#numberOf(category);
    new Float64Array(buffer, expiries, this.#capacity)[at] = expires;
  }

  /** Take a vector out; the last one moves into its place. */
  remove(id: string): void {
    const at = this.#positions.get(id);
    if (at === undefined) return;
    const last = this.#ids.length - 1;
    const moved = this.#ids[last]!;
    const bytes = new Uint8Array(this.#region.buffer);
    for (const [start, width] of this.#columns()) {
      bytes.copyWithin(start + at * width, start + last * width, start + (last + 1) * width);
    }
    this.#ids[at] = moved;
    this.#positions.set(moved, at);
    this.#ids.pop();
    this.#positions.delete(id);
  }

  /** Give the k nearest by cosine, best first, ties by id. */
  search(query: Int8Array, { k, category, min_similarity, now_ms }: IndexQuery): Found[] {
    const number = category === null ? 0 : this.#categories.get(category);
    if (number === undefined || this.size === 0) return [];
    const most = Math.min(k, this.size);
    if (most > this.#mostFound) this.#arrange(this.#capacity, most);
    const { buffer } = this.#region;
    const layout = this.#layout;
    new Int16Array(buffer, layout.query, this.#dimension).set(query);
    const size = this.#region.topK(layout, {
      count: this.size,
      querySquares: sumOfSquares(query),
      k: most,
      category: number,
      now: now_ms,
      least: min_similarity ?? -2,
    });
    const positions = new Int32Array(buffer, layout.found, size);
    const values = new Float64Array(buffer, layout.values, size);
    const found = Array.from(positions, (at, entry) => ({ id: this.#ids[at]!, similarity: values[entry]! }));
    return found.sort((one, other) => other.similarity - one.similarity || (one.id < other.id ? -1 : 1));
  }

  #numberOf(category: string): number {
    let number = this.#categories.get(category);
    if (number === undefined) {
      number = this.#categories.size + 1;
      this.#categories.set(category, number);
    }
    return number;
  }

  /** Give start and width of each array that has an entry for each row. */
  #columns(layout = this.#layout): readonly (readonly [start: number, width: number])[] {
    const { squares, categories, expiries, ids, rows, stride } = layout;
    return [[squares, 4], [categories, 4], [expiries, 8], [ids, 16], [rows, stride]]; // prettier-ignore
  }

  /** Lay the arrays out in a region of their own, and move what there is into it. */
  #arrange(capacity: number, mostFound: number): void {
    const stride = (this.#dimension + 15) & ~15;
    let end = REGION_START;
    const place = (bytes: number): number => {
      const start = end;
      end = (end + bytes + 15) & ~15;
      return start;
    };
    const layout: Layout = {
      stride,
      query: place(2 * stride),
      values: place(8 * mostFound),
      found: place(4 * mostFound),
      squares: place(4 * capacity),
      categories: place(4 * capacity),
      expiries: place(8 * capacity),
      ids: place(16 * capacity),
      rows: place(stride * capacity),
    };
    const region = this.#kernel.region(end);
    if (this.#capacity > 0) {
      const from = this.#columns();
      this.#columns(layout).forEach(([start, width], at) => {
        const bytes = new Uint8Array(this.#region.buffer, from[at]![0], width * this.#ids.length);
        new Uint8Array(region.buffer).set(bytes, start);
      });
    }
    this.#region = region;
    this.#layout = layout;
    this.#capacity = capacity;
    this.#mostFound = mostFound;
  }
}
