/**
 * The numeric work of the bank in WebAssembly with SIMD128: sums of table rows, and top-k over int8 vectors.
 *
 * Works on memory that the caller lays out and owns. Everything that decides a result is an exact
 * integer, one square root and one division, so `src/kernel/plain.ts` gives the same bits.
 */

/**
 * Add up scale times row for some rows of a table of 4-bit values.
 *
 * A row has 128 bytes, dimension 2j in the high and 2j+1 in the low four bits of byte j, each plus 8.
 * A scale is at most 4095, so a product fits 16 bits and the sum of 512 of them 24.
 */
export function sumRows(table: usize, scales: usize, pieces: usize, count: i32, sums: usize): void {
  memory.fill(sums, 0, 1024);
  const low = i8x16.splat(15);
  const eight = i8x16.splat(8);
  for (let at = 0; at < count; at++) {
    const piece = <usize>load<u16>(pieces + 2 * at);
    const scale = i16x8.splat(<i16>load<u16>(scales + 2 * piece));
    let row = table + 128 * piece;
    let sum = sums;
    for (let part = 0; part < 8; part++) {
      const packed = v128.load(row);
      const even = i8x16.sub(i8x16.shr_u(packed, 4), eight);
      const odd = i8x16.sub(v128.and(packed, low), eight);
      const first = v128.shuffle<i8>(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const second = v128.shuffle<i8>(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      addScaled(sum, first, scale);
      addScaled(sum + 64, second, scale);
      row += 16;
      sum += 128;
    }
  }
}

// @ts-ignore: decorator
@inline
function addScaled(sum: usize, values: v128, scale: v128): void {
  const left = i16x8.mul(i16x8.extend_low_i8x16_s(values), scale);
  const right = i16x8.mul(i16x8.extend_high_i8x16_s(values), scale);
  v128.store(sum, i32x4.add(v128.load(sum), i32x4.extend_low_i16x8_s(left)));
  v128.store(sum + 16, i32x4.add(v128.load(sum + 16), i32x4.extend_high_i16x8_s(left)));
  v128.store(sum + 32, i32x4.add(v128.load(sum + 32), i32x4.extend_low_i16x8_s(right)));
  v128.store(sum + 48, i32x4.add(v128.load(sum + 48), i32x4.extend_high_i16x8_s(right)));
}

/**
 * Find the k rows nearest to a query by cosine, ties to the smaller id; give how many there are.
 *
 * They come as a heap whose first entry is the worst, positions in `found` and cosines in `values`.
 *
 * @param rows int8 vectors, `stride` bytes each (a multiple of 16, filled up with zeros).
 * @param squares int32 sum of squares by row.
 * @param categories int32 number of the category by row; 0 marks a row that is gone.
 * @param expiries float64 time of expiry by row.
 * @param ids 16 bytes by row, compared as bytes.
 * @param query the query as int16, `stride` values.
 */
export function topK(
  rows: usize, stride: i32, count: i32, squares: usize, categories: usize, expiries: usize, ids: usize,
  query: usize, querySquares: f64, k: i32, category: i32, now: f64, least: f64, found: usize, values: usize,
): i32 {
  let size = 0;
  for (let at = 0; at < count; at++) {
    const group = load<i32>(categories + 4 * at);
    if (group == 0 || (category != 0 && group != category) || load<f64>(expiries + 8 * at) <= now) continue;
    const product = <f64>load<i32>(squares + 4 * at) * querySquares;
    const value = product == 0 ? 0 : <f64>dot(rows + <usize>at * stride, query, stride) / Math.sqrt(product);
    if (value < least) continue;
    if (size < k) {
      store<i32>(found + 4 * size, at);
      store<f64>(values + 8 * size, value);
      rise(size, found, values, ids);
      size++;
    } else if (isBetter(value, at, load<f64>(values), load<i32>(found), ids)) {
      store<i32>(found, at);
      store<f64>(values, value);
      sink(size, found, values, ids);
    }
  }
  return size;
}

// @ts-ignore: decorator
@inline
function dot(row: usize, query: usize, stride: i32): i32 {
  let sums = i32x4.splat(0);
  for (let at = 0; at < stride; at += 16) {
    const values = v128.load(row + at);
    const other = query + 2 * at;
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(values), v128.load(other)));
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(values), v128.load(other + 16)));
  }
  return (
    i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3)
  );
}

function isBetter(value: f64, at: i32, other: f64, otherAt: i32, ids: usize): bool {
  if (value != other) return value > other;
  const one = ids + 16 * <usize>at;
  const two = ids + 16 * <usize>otherAt;
  const first = bswap<u64>(load<u64>(one));
  const second = bswap<u64>(load<u64>(two));
  if (first != second) return first < second;
  return bswap<u64>(load<u64>(one + 8)) < bswap<u64>(load<u64>(two + 8));
}

function entryIsBetter(first: i32, second: i32, found: usize, values: usize, ids: usize): bool {
  return isBetter(
    load<f64>(values + 8 * first), load<i32>(found + 4 * first),
    load<f64>(values + 8 * second), load<i32>(found + 4 * second), ids,
  );
}

function swap(first: i32, second: i32, found: usize, values: usize): void {
  const at = load<i32>(found + 4 * first);
  const value = load<f64>(values + 8 * first);
  store<i32>(found + 4 * first, load<i32>(found + 4 * second));
  store<f64>(values + 8 * first, load<f64>(values + 8 * second));
  store<i32>(found + 4 * second, at);
  store<f64>(values + 8 * second, value);
}

function rise(start: i32, found: usize, values: usize, ids: usize): void {
  let at = start;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!entryIsBetter(parent, at, found, values, ids)) return;
    swap(parent, at, found, values);
    at = parent;
  }
}

function sink(size: i32, found: usize, values: usize, ids: usize): void {
  let at = 0;
  while (true) {
    let worst = 2 * at + 1;
    if (worst >= size) return;
    if (worst + 1 < size && entryIsBetter(worst, worst + 1, found, values, ids)) worst++;
    if (!entryIsBetter(at, worst, found, values, ids)) return;
    swap(at, worst, found, values);
    at = worst;
  }
}
