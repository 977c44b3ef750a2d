/** What crosses the border between the bank and a storage engine. */

import type { CheckedInput, OnDuplicate, Pattern, Redaction } from "./pattern.js";

/** Who changed something, and when. */
export interface Stamp {
  readonly actor: string;
  readonly at: string;
}

/** The identity of an embedder, stored with each vector; those of different models are never compared. */
export interface EmbeddingModel {
  readonly name: string;
  readonly dimension: number;
  readonly version: string;
}

/** A pattern with what its row keeps beside it. */
export interface StoredPattern {
  readonly pattern: Pattern;
  readonly created_by: string;
  /** The duplicate key as small hexadecimal. */
  readonly key: string;
}

/** A checked input on its way into storage: the row it would be, without a vector. */
export interface Draft {
  readonly given: CheckedInput;
  readonly redacted: readonly Redaction[];
  readonly stored: StoredPattern;
}

/** A checked pattern on its way into storage, with its vector. */
export interface NewPattern {
  readonly stored: StoredPattern;
  readonly vector: Int8Array;
}

/** How a store treats equals and repeats. */
export interface StoreOptions {
  readonly on_duplicate: OnDuplicate;
  readonly idempotency_key: string | null;
  /** SHA-256, as hexadecimal, of what was given, to tell a repeat from a clash. */
  readonly fingerprint: string;
}

/** Checked changes to one pattern. */
export interface PatternEdit {
  readonly values: Partial<Pattern>;
  readonly vector: Int8Array | null;
  readonly if_version: number | null;
  readonly stamp: Stamp;
}

/** Give whether two models are the same one. */
export function sameModel(first: EmbeddingModel, second: EmbeddingModel): boolean {
  return first.name === second.name && first.dimension === second.dimension && first.version === second.version;
}
