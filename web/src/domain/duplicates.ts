/** Duplicates are equality of a key made from the content, never a similarity score. */

import type { Pattern } from "./pattern.js";
import type { StoredPattern } from "./records.js";
import { sha256 } from "./sha256.js";
import { normalise } from "./text.js";
import { toHex, utf8 } from "./utf8.js";

/** The fields of a pattern that make its key. */
export type KeyFields = Pick<Pattern, "namespace" | "task_category" | "task_description" | "strategy">;

/** Give the key, as hexadecimal, under which equal patterns of a namespace meet. */
export function dedupeKey(of: KeyFields, keptId: string | null = null): string {
  const parts = [of.namespace, of.task_category, normalise(of.task_description), normalise(of.strategy)];
  if (keptId !== null) parts.push(keptId);
  return toHex(sha256(utf8(parts.join("\0"))));
}

/** Give whether a pattern stands beside its equals, so that its id is part of its key. */
export function isKept(stored: StoredPattern): boolean {
  return stored.key !== dedupeKey(stored.pattern);
}
