/** What becomes of a pattern when an equal one is stored, and what a change leaves in its history. */

import { sameJson, type JsonObject } from "./json.js";
import { lowerTrust } from "./outcome.js";
import { PATTERN_FIELDS, type Pattern } from "./pattern.js";
import { checkedFields } from "./validation.js";

const NEWEST_WINS = ["task_description", "strategy", "title", "success_score", "duration_seconds"] as const;

/**
 * Give `existing` after an equal pattern was stored again.
 *
 * The id stays; tags are united; the newest non-null scalars and metadata keys are taken; so are the
 * lower trust and the later expiry (none is the latest). State, counters and times are those of `existing`.
 */
export function mergedPattern(existing: Pattern, incoming: Pattern): Pattern {
  const newest = Object.fromEntries(
    NEWEST_WINS.filter((name) => incoming[name] !== null).map((name) => [name, incoming[name]]),
  );
  const united = checkedFields({
    tags: [...existing.tags, ...incoming.tags],
    metadata: { ...existing.metadata, ...incoming.metadata },
  }, "ruled out"); // prettier-ignore
  return {
    ...existing,
    ...newest,
    ...united,
    trust: lowerTrust(existing.trust, incoming.trust),
    expires_at: laterExpiry(existing.expires_at, incoming.expires_at),
  };
}

function laterExpiry(first: string | null, second: string | null): string | null {
  if (first === null || second === null) return null;
  return first > second ? first : second;
}

/** Give the fields that differ, with the values they had before. */
export function changedFields(before: Pattern, after: Pattern): JsonObject {
  return Object.fromEntries(
    PATTERN_FIELDS.filter((name) => !sameJson(before[name], after[name])).map((name) => [name, before[name]]),
  );
}
