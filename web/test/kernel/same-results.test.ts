/** The kernel in WebAssembly and the one in JavaScript give the same bits. */
import { describe, expect, test, vi } from "vitest";
import { loadKernel, plainKernel, REGION_START } from "../../src/kernel/kernel.js";
import { PlainRegion } from "../../src/kernel/plain.js";
import { VectorIndex } from "../../src/storage/vector-index.js";

/** Numbers that look random and are the same every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function idOf(number: number): string {
  return `01a1fba1-c38e-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

test("one instance is compiled, however many ask at once", async () => {
  const [one, other] = await Promise.all([loadKernel(), loadKernel()]);

  expect(one).toBe(other);
  expect(one.kind).toBe("wasm");
});

describe.each([26, 768, 17])("with vectors of %i components", (dimension) => {
  test.each([1, 2, 3])("searching gives the same rows and similarities (seed %i)", async (seed) => {
    const next = numbers(seed * dimension);
    const indexes = [new VectorIndex(await loadKernel(), dimension), new VectorIndex(plainKernel, dimension)];
    const vector = (): Int8Array => Int8Array.from({ length: dimension }, () => Math.floor(next() * 255) - 127);
    const few = Array.from({ length: 5 }, vector); // equal vectors, so that ties are decided by id
    for (let step = 0; step < 900; step++) {
      const id = idOf(Math.floor(next() * 600));
      const given = next() < 0.3 ? few[Math.floor(next() * 5)]! : next() < 0.02 ? new Int8Array(dimension) : vector();
      const expires = next() < 0.2 ? next() * 1000 : Infinity;
      const gone = next() < 0.2;
      for (const index of indexes) {
        if (gone) index.remove(id);
        else index.put(id, `c${String(step % 3)}`, expires, given);
      }
    }
    for (const k of [1, 5, 700]) {
      const query = next() < 0.5 ? few[0]! : vector();
      for (const category of [null, "c1", "none"]) {
        for (const min_similarity of [null, 0.02]) {
          const [one, other] = indexes.map((index) => index.search(query, { k, category, min_similarity, now_ms: 500 }));

          expect(one).toEqual(other);
        }
      }
    }
  });

  test("searching is exact", async () => {
    const next = numbers(dimension);
    const index = new VectorIndex(await loadKernel(), dimension);
    const rows = Array.from({ length: 300 }, (_, at) => ({
      id: idOf(at),
      vector: Int8Array.from({ length: dimension }, () => Math.floor(next() * 255) - 127),
    }));
    for (const { id, vector } of rows) index.put(id, "c", Infinity, vector);
    const query = rows[7]!.vector.map((value) => -value);
    const dot = (one: Int8Array, other: Int8Array): number => one.reduce((sum, value, at) => sum + value * other[at]!, 0);
    const expected = rows
      .map(({ id, vector }) => ({ id, similarity: dot(vector, query) / Math.sqrt(dot(vector, vector) * dot(query, query)) }))
      .sort((one, other) => other.similarity - one.similarity || (one.id < other.id ? -1 : 1));

    expect(index.search(query, { k: 10, category: null, min_similarity: null, now_ms: 0 })).toEqual(expected.slice(0, 10));
  });
});

test("an engine that has no more memories to give works on in JavaScript", async () => {
  const kernel = await loadKernel();
  const memory = vi.spyOn(WebAssembly, "Memory").mockImplementation(function () {
    throw new RangeError("could not allocate memory");
  });
  const region = kernel.region(100_000);
  memory.mockRestore();

  expect(region).toBeInstanceOf(PlainRegion);
});

test("sums of table rows are the same, extremes too", async () => {
  const next = numbers(5);
  const [rows, most] = [40, 512];
  const [pieces, scales, sums] = [REGION_START, REGION_START + 2 * most, REGION_START + 2 * most + 128];
  const table = sums + 1024;
  const regions = [await loadKernel(), plainKernel].map((kernel) => kernel.region(table + 128 * rows));
  const packed = Uint8Array.from({ length: 128 * rows }, (_, at) => (at < 128 ? 0xff : at < 256 ? 0x11 : Math.floor(next() * 256)));
  for (const count of [0, 1, 37, 512]) {
    const chosen = Uint16Array.from({ length: count }, () => (count === 512 ? 0 : Math.floor(next() * rows)));
    const outcomes = regions.map((region) => {
      new Uint8Array(region.buffer).set(packed, table);
      new Uint16Array(region.buffer, scales, rows).fill(4095);
      new Uint16Array(region.buffer, pieces, most).set(chosen);
      region.sumRows(table, scales, pieces, count, sums);
      return Array.from(new Int32Array(region.buffer, sums, 256));
    });

    expect(outcomes[0]).toEqual(outcomes[1]);
  }
});
