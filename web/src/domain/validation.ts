/** The rules every input passes once, at the facade. */

import { InvalidInput } from "./errors.js";
import { checkedJsonObject, checkNumber, checkUnicode, typeName, type JsonObject, type LongIntegers } from "./json.js";
import { LIMITS } from "./limits.js";
import { OUTCOME_SOURCES, type OutcomeKind, type OutcomeSource } from "./outcome.js";
import { ON_DUPLICATE, STATES, type CheckedInput, type OnDuplicate, type Pattern, type Redaction } from "./pattern.js";
import { redactedObject, redactedText } from "./redaction.js";
import { isBlank } from "./text.js";
import { checkedTimestamp } from "./timestamps.js";
import { compareText, utf8Length } from "./utf8.js";

const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/;
const CONTROL_OR_BREAK = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]/;

/** Give a required text of one or more lines, at most `limit` UTF-8 bytes long. */
export function checkedText(value: unknown, field: string, limit: number): string {
  return text(value, field, limit, CONTROL);
}

/** Give a required text of one line, at most `limit` UTF-8 bytes long. */
export function checkedLine(value: unknown, field: string, limit: number): string {
  return text(value, field, limit, CONTROL_OR_BREAK);
}

function text(value: unknown, field: string, limit: number, forbidden: RegExp | null): string {
  if (typeof value !== "string") throw new InvalidInput(`must be text, not ${typeName(value)}`, { field });
  checkUnicode(value, field);
  const size = utf8Length(value);
  if (size > limit) throw new InvalidInput(`has ${String(size)} bytes; at most ${String(limit)} are kept`, { field });
  if (isBlank(value)) throw new InvalidInput("must not be empty", { field });
  const found = forbidden?.exec(value);
  if (found) {
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new InvalidInput(`holds the control character U+${code} at position ${String(found.index)}`, {
      field,
      hint: "Remove it.",
    });
  }
  return value;
}

/** Give the text of a question; unlike stored text it may hold control characters. */
export function checkedQuery(value: unknown): string {
  return text(value, "task_description", LIMITS.query_bytes, null);
}

/** Give a finite number between `low` and `high`. */
export function checkedNumber(
  value: unknown, field: string, low: number, high: number, long: LongIntegers = "possible",
): number {
  if (typeof value !== "number") throw new InvalidInput(`must be a number, not ${typeName(value)}`, { field });
  if (!(value >= low && value <= high)) {
    const upper = high === Infinity ? "" : ` and at most ${String(high)}`;
    throw new InvalidInput(`is ${String(value)}; it must be at least ${String(low)}${upper}`, { field });
  }
  checkNumber(value, field, long);
  return value + 0; // -0 becomes 0
} // prettier-ignore

/** Give a whole number between `low` and `high`. */
export function checkedCount(value: unknown, field: string, low = 1, high: number = LIMITS.results): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new InvalidInput(`must be a whole number, not ${typeof value === "number" ? String(value) : typeName(value)}`, {
      field,
    });
  }
  if (value < low || value > high) {
    throw new InvalidInput(`is ${String(value)}; it must be from ${String(low)} to ${String(high)}`, { field });
  }
  return value + 0;
}

/** Give `value` if it is one of `choices`. */
export function checkedChoice<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeName(value);
  throw new InvalidInput(`is ${shown}; it must be one of ${choices.join(", ")}`, { field });
}

/** Give `value` if it names an outcome source. */
export function checkedSource(value: unknown): OutcomeSource {
  return checkedChoice(value, "source", OUTCOME_SOURCES);
}

/** Give `value` if it says what to do with a duplicate. */
export function checkedOnDuplicate(value: unknown): OnDuplicate {
  return checkedChoice(value, "on_duplicate", ON_DUPLICATE);
}

function orNull<T>(
  check: (value: unknown, long: LongIntegers) => T,
): (value: unknown, long: LongIntegers) => T | null {
  return (value, long) => (value === null || value === undefined ? null : check(value, long));
}

function tags(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value) || value instanceof Map) {
    throw new InvalidInput(`must be a list of texts, not ${typeName(value)}`, { field: "tags" });
  }
  const given = Array.from(value as Iterable<unknown>);
  const lines = new Set(given.map((tag, at) => checkedLine(tag, `tags[${String(at)}]`, LIMITS.tag_bytes)));
  if (lines.size > LIMITS.tags) {
    throw new InvalidInput(`has ${String(lines.size)} entries; at most ${String(LIMITS.tags)} are kept`, {
      field: "tags",
    });
  }
  return [...lines].sort(compareText);
}

const CHECKS = {
  task_description: (value: unknown) => checkedText(value, "task_description", LIMITS.task_description_bytes),
  task_category: (value: unknown) => checkedLine(value, "task_category", LIMITS.category_bytes),
  strategy: (value: unknown) => checkedText(value, "strategy", LIMITS.strategy_bytes),
  title: orNull((value) => checkedLine(value, "title", LIMITS.title_bytes)),
  success_score: orNull((value) => checkedNumber(value, "success_score", 0, 1)),
  duration_seconds: orNull((value, long) => checkedNumber(value, "duration_seconds", 0, Infinity, long)),
  tags,
  metadata: (value: unknown, long: LongIntegers) =>
    checkedJsonObject(value, "metadata", LIMITS.metadata_bytes, long),
  source: checkedSource,
  expires_at: orNull((value) => checkedTimestamp(value, "expires_at")),
  state: (value: unknown) => checkedChoice(value, "state", STATES),
} as const;

type Checked = keyof typeof CHECKS;

const DEFAULTS: Readonly<Partial<Record<Checked, unknown>>> = { tags: [], metadata: {}, source: "caller" };
const INPUT_FIELDS = (Object.keys(CHECKS) as Checked[]).filter((name) => name !== "state");
const CHANGE_FIELDS = (Object.keys(CHECKS) as Checked[]).filter((name) => name !== "source");

/** Give the names of the fields of a `PatternInput`. */
export const PATTERN_INPUT_FIELDS: readonly string[] = INPUT_FIELDS;

/** Give an input in its stored form, and the secrets that were taken out of it. */
export function checkedInput(
  given: unknown, long: LongIntegers = "possible",
): { checked: CheckedInput; redacted: readonly Redaction[] } {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new InvalidInput(`must be an object with a pattern's fields, not ${typeName(given)}`, { field: "pattern" });
  }
  const fields = given as Record<string, unknown>;
  refuseUnknown(fields, INPUT_FIELDS);
  for (const required of ["task_description", "task_category", "strategy"]) {
    if (fields[required] === undefined) throw new InvalidInput("is missing", { field: required });
  }
  const found: Redaction[] = [];
  const values = Object.fromEntries(
    INPUT_FIELDS.map((name) => [name, CHECKS[name](fields[name] === undefined ? DEFAULTS[name] : fields[name], long)]),
  );
  const clean = redacted(values, found);
  if (found.length > 0) for (const name of INPUT_FIELDS) CHECKS[name](clean[name], long); // a replacement may be longer
  return { checked: clean as unknown as CheckedInput, redacted: found };
} // prettier-ignore

/** Give fields of a stored pattern in their stored form, secrets and all. */
export function checkedFields(fields: Readonly<Record<string, unknown>>, long: LongIntegers): Partial<Pattern> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, CHECKS[name as Checked](fields[name], long)]));
}

/** Give the changed fields in their stored form, and the secrets that were taken out. */
export function checkedChanges(changes: unknown): { values: Partial<Pattern>; redacted: readonly Redaction[] } {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new InvalidInput(`must be an object with the fields to change, not ${typeName(changes)}`, {
      field: "changes",
    });
  }
  const given = changes as Record<string, unknown>;
  refuseUnknown(given, CHANGE_FIELDS);
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  if (names.length === 0) throw new InvalidInput("names no field to change", { field: "changes" });
  const found: Redaction[] = [];
  const values = redacted(checkedFields(Object.fromEntries(names.map((name) => [name, given[name]])), "possible"), found);
  if (found.length > 0) checkedFields(values, "possible");
  return { values, redacted: found };
}

function redacted(values: Readonly<Record<string, unknown>>, found: Redaction[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value === "string") return [name, redactedText(value, name, found)];
      if (Array.isArray(value)) {
        const clean = new Set((value as string[]).map((tag) => redactedText(tag, name, found)));
        return [name, [...clean].sort(compareText)];
      }
      if (typeof value === "object" && value !== null) return [name, redactedObject(value as JsonObject, name, found)];
      return [name, value];
    }),
  );
}

/** Refuse an option that does not exist: a slip such as `idempotencyKey` would otherwise change what a call does. */
export function checkOptions(given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new InvalidInput("is no option here", { field: name, hint: `Known: ${known.join(", ")}.` });
  }
}

function refuseUnknown(fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    throw new InvalidInput("is not a field that can be given", { field: name, hint: `Known: ${known.join(", ")}.` });
  }
}

/** Give the kind and score of an outcome told as success (true, false, null) or as a score. */
export function checkedOutcome(success: unknown, score: unknown): { kind: OutcomeKind; score: number | null } {
  if (score !== null && score !== undefined) {
    if (success !== null && success !== undefined) {
      throw new InvalidInput("must not be given beside success", { field: "score" });
    }
    const value = checkedNumber(score, "score", 0, 1);
    return { kind: value === 1 ? "success" : value === 0 ? "failure" : "partial", score: value };
  }
  if (success === null || success === undefined) return { kind: "unknown", score: null };
  if (typeof success !== "boolean") {
    throw new InvalidInput("must be true, false or null", { field: "success", hint: "Or give a score." });
  }
  return success ? { kind: "success", score: 1 } : { kind: "failure", score: 0 };
}
