/** The export file: JSON lines, a header and then one record a line. */

import { InvalidInput } from "../domain/errors.js";
import { canonicalJson, checkedJsonObject, isObject, sameJson, type JsonObject, type LongIntegers } from "../domain/json.js";
import { LIMITS } from "../domain/limits.js";
import { PATTERN_FIELDS, type PatternInput, type PatternRecord } from "../domain/pattern.js";
import { checkedTimestamp } from "../domain/timestamps.js";
import { checkedCount, checkedFields, checkedLine, checkedOutcome, PATTERN_INPUT_FIELDS } from "../domain/validation.js";
import { checkAnnounced, FORMAT_VERSION, PATTERNS } from "./formats.js";
import { patternRecord, ShapeError } from "./shapes.js";

const RECORD_FIELDS = ["pattern", "created_by", "kept", "history", "observations", "outcomes"];
const STORED_FIELDS = [...PATTERN_INPUT_FIELDS.filter((name) => name !== "source"), "state"];

/** Give the first line of an export. */
export function headerLine(namespace: string, exportedAt: string): string {
  return canonicalJson({ format: PATTERNS, version: FORMAT_VERSION, namespace, exported_at: exportedAt });
}

/** Give a record as a line. */
export function recordLine(record: PatternRecord): string {
  return canonicalJson(record);
}

/** Give whether an object is the header of an export; throws for one of another format. */
export function isHeader(value: JsonObject, place: string): boolean {
  if (!("format" in value && "version" in value) || "pattern" in value) return false;
  checkAnnounced(value, PATTERNS, place);
  return true;
}

/** Give the record of an export's line, every rule of the bank checked again. */
export function recordFrom(value: JsonObject, namespace: string, long: LongIntegers): PatternRecord {
  const record = shaped(value);
  const { pattern } = record;
  if (pattern.namespace !== namespace) {
    throw new InvalidInput(`is ${JSON.stringify(pattern.namespace)}, but the bank is open for ${JSON.stringify(namespace)}`, {
      field: "namespace",
      hint: "Open the bank with the first one, or use import.",
    });
  }
  const fields = pattern as unknown as Record<string, unknown>;
  const given = Object.fromEntries(STORED_FIELDS.map((name) => [name, fields[name]]));
  for (const [name, checked] of Object.entries(checkedFields(given, long))) {
    if (!sameJson(checked, given[name])) throw new InvalidInput("is not in the form that an export writes", { field: name });
  }
  for (const name of ["created_at", "updated_at", "last_used_at"] as const) {
    if (pattern[name] !== null) checkTime(pattern[name], name);
  }
  for (const name of ["uses", "successes", "failures"] as const) checkedCount(pattern[name], name, 0, LIMITS.safe_integer);
  checkedCount(pattern.version, "version", 1, LIMITS.safe_integer);
  checkNotes(record, long);
  return record;
}

function shaped(value: JsonObject): PatternRecord {
  try {
    return patternRecord(value, "") as PatternRecord;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new InvalidInput(`is not a record of an export: ${error.message}`, {
      field: "record",
      hint: "Use import for content of other origin.",
      cause: error,
    });
  }
}

/** Throw unless a time is in the canonical form. */
export function checkTime(value: string, field: string): void {
  if (checkedTimestamp(value, field) !== value) {
    throw new InvalidInput("is not in the form that an export writes", { field });
  }
}

/** Check that what was noted about a pattern is about this one, and says what a bank notes. */
function checkNotes(record: PatternRecord, long: LongIntegers): void {
  checkedLine(record.created_by, "created_by", LIMITS.actor_bytes);
  for (const name of ["history", "observations", "outcomes"] as const) {
    record[name].forEach((note, at) => {
      const place = `${name}[${String(at)}]`;
      if (note.pattern_id !== record.pattern.id) {
        throw new InvalidInput("is another pattern's", { field: `${place}.pattern_id` });
      }
      checkedLine(note.actor, `${place}.actor`, LIMITS.actor_bytes);
      checkTime(note.at, `${place}.at`);
    });
  }
  record.outcomes.forEach(({ kind, score, evidence }, at) => {
    const place = `outcomes[${String(at)}]`;
    if (checkedOutcome(null, score).kind !== kind) {
      throw new InvalidInput(`does not go with the score ${String(score)}`, { field: `${place}.kind` });
    }
    checkedJsonObject(evidence, `${place}.evidence`, LIMITS.evidence_bytes, long);
  });
  if (new Set(record.outcomes.map(({ id }) => id)).size < record.outcomes.length) {
    throw new InvalidInput("holds one id twice", { field: "outcomes" });
  }
}

/** Give a line of foreign content as an input that claims nothing; what it says of its standing goes to the provenance. */
export function inputFrom(value: JsonObject, origin: string): PatternInput {
  let pattern: unknown = value;
  if ("pattern" in value) {
    pattern = value["pattern"];
    for (const name of Object.keys(value)) {
      if (!RECORD_FIELDS.includes(name)) {
        throw new InvalidInput("is not a field of an export's record", { field: name });
      }
    }
  }
  if (!isObject(pattern)) throw new InvalidInput("must be a JSON object", { field: "pattern" });
  const claims = (name: string): boolean =>
    name === "source" || ((PATTERN_FIELDS as readonly string[]).includes(name) && !PATTERN_INPUT_FIELDS.includes(name));
  const entries = Object.entries(pattern);
  const fields = Object.fromEntries(entries.filter(([name]) => !claims(name)));
  const claimed = Object.fromEntries(entries.filter(([name]) => claims(name)));
  const metadata = fields["metadata"] === undefined ? {} : fields["metadata"];
  if (!isObject(metadata)) throw new InvalidInput("must be a JSON object", { field: "metadata" });
  if ("provenance" in metadata) claimed["provenance"] = metadata["provenance"];
  const provenance = Object.keys(claimed).length > 0 ? { origin, claimed } : { origin };
  return { ...fields, metadata: { ...metadata, provenance }, source: "imported" } as unknown as PatternInput;
}
