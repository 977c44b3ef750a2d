/** What the bank asks of an embedder. */

/** A vector: int8 as it is kept, or floats, which are brought to int8. */
export type Vector = Int8Array | Float32Array | Float64Array | readonly number[];

/** Turns text into vectors; those of two embedders are comparable only when their names are equal. */
export interface Embedder {
  /** The id stored with every vector: it must change whenever the vectors change. */
  readonly name: string;
  /** The number of components of a vector. */
  readonly dimension: number;
  /** Taken as "1" when there is none. */
  readonly version?: string | undefined;
  /** Give the vectors of texts to be found. */
  embedDocuments(texts: readonly string[]): readonly Vector[] | Promise<readonly Vector[]>;
  /** Give the vector of a text to search with. */
  embedQuery(text: string): Vector | Promise<Vector>;
}
