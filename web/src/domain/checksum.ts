/** The content checksum that each stored row and vector carries: to find damage, not to prove authorship. */

import { crc32 } from "./crc32.js";
import { canonicalJson } from "./json.js";
import type { Pattern } from "./pattern.js";
import type { StoredPattern } from "./records.js";
import { utf8 } from "./utf8.js";

const ABSENT = "\x01"; // cannot stand in a stored text: control characters are refused

/** Give the text of the column `data`: tags and metadata, each left out where it is empty. */
export function dataText(pattern: Pick<Pattern, "tags" | "metadata">): string {
  const data: Record<string, unknown> = {};
  if (Object.keys(pattern.metadata).length > 0) data["metadata"] = pattern.metadata;
  if (pattern.tags.length > 0) data["tags"] = pattern.tags;
  return canonicalJson(data);
}

/** Give the checksum of a pattern's row, whose column `data` holds this text. */
export function rowChecksum(stored: StoredPattern, data: string): number {
  const of = stored.pattern;
  const texts = [
    of.id, of.namespace, of.task_category, of.task_description, of.strategy, of.title, data, of.trust, of.state,
    of.last_used_at, of.created_at, of.updated_at, of.expires_at, stored.created_by, stored.key,
  ]; // prettier-ignore
  const numbers = new DataView(new ArrayBuffer(48));
  [of.success_score, of.duration_seconds, of.uses, of.successes, of.failures, of.version].forEach((value, at) => {
    if (value === null) numbers.setUint32(8 * at, 0x7ff80000);
    else numbers.setFloat64(8 * at, value + 0);
  });
  const joined = texts.map((text) => text ?? ABSENT).join("\0");
  return crc32(new Uint8Array(numbers.buffer), crc32(utf8(joined)));
}

/** Give the checksum of a vector's bytes. */
export function vectorChecksum(vector: Int8Array): number {
  return crc32(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
}
