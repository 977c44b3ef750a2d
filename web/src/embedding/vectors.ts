/** Vectors as the bank keeps and compares them: int8, by exact integer arithmetic. */

import { InvalidInput } from "../domain/errors.js";
import type { Vector } from "./protocol.js";

const LARGEST = 127;

/**
 * Give a vector as int8.
 *
 * int8 passes through. Floats are scaled so that the largest magnitude becomes 127 and rounded by
 * floor(x + 0.5); cosine does not see the scale.
 */
export function toInt8(vector: Vector, dimension: number): Int8Array {
  if (vector.length !== dimension) {
    throw new InvalidInput(`must have ${String(dimension)} components each, not ${String(vector.length)}`, {
      field: "vectors",
    });
  }
  if (vector instanceof Int8Array) return vector;
  let peak = 0;
  for (const value of vector) {
    if (!Number.isFinite(value)) throw new InvalidInput("must not hold NaN or infinity", { field: "vectors" });
    peak = Math.max(peak, Math.abs(value));
  }
  const divisor = peak === 0 ? 1 : peak;
  // Division first: 127 / peak overflows for subnormal peaks.
  return Int8Array.from(vector, (value) => Math.floor((value / divisor) * LARGEST + 0.5));
}

/** Give the sum of the squares of a vector's components. */
export function sumOfSquares(vector: Int8Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return sum;
}

/** Give the cosine of two int8 vectors: exact integer sums, one root, one division; 0 for a zero vector. */
export function cosineSimilarity(first: Int8Array, second: Int8Array): number {
  if (first.length !== second.length) {
    throw new InvalidInput(`must have one length, not ${String(first.length)} and ${String(second.length)}`, {
      field: "vectors",
    });
  }
  let dot = 0;
  for (let at = 0; at < first.length; at++) dot += first[at]! * second[at]!;
  const squares = sumOfSquares(first) * sumOfSquares(second);
  return squares === 0 ? 0 : dot / Math.sqrt(squares);
}
