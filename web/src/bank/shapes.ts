/** The shapes of the records of an export, held against what a file gives. */

import { isObject } from "../domain/json.js";
import { OUTCOME_KINDS, OUTCOME_SOURCES, TRUST_ORDER } from "../domain/outcome.js";
import { CHANGE_KINDS, STATES } from "../domain/pattern.js";

/** Gives a value in its canonical form, or throws a text that says what is wrong with it. */
type Shape = (value: unknown, place: string) => unknown;

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function fail(place: string, what: string): never {
  throw new ShapeError(`${place || "the record"} ${what}`);
}

/** Says where a value is not of the shape wanted. */
export class ShapeError extends Error {}

const text: Shape = (value, place) => (typeof value === "string" ? value : fail(place, "is no text"));
const flag: Shape = (value, place) => (typeof value === "boolean" ? value : fail(place, "is neither true nor false"));
const number: Shape = (value, place) => (typeof value === "number" ? value : fail(place, "is no number"));
const whole: Shape = (value, place) => (Number.isInteger(value) ? value : fail(place, "is no whole number"));
const object: Shape = (value, place) => (isObject(value) ? value : fail(place, "is no JSON object"));
const id: Shape = (value, place) => {
  if (typeof value !== "string" || !UUID.test(value)) return fail(place, "is no UUID");
  const hex = value.replace(/-/g, "").toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

function orNull(shape: Shape): Shape {
  return (value, place) => (value === null ? null : shape(value, place));
}

function oneOf(choices: readonly string[]): Shape {
  return (value, place) => (choices.includes(value as string) ? value : fail(place, `is none of ${choices.join(", ")}`));
}

function list(shape: Shape): Shape {
  return (value, place) =>
    Array.isArray(value) ? value.map((item, at) => shape(item, `${place}[${String(at)}]`)) : fail(place, "is no list");
}

/** An object of exactly these fields; those with a default may be left out. */
function record(fields: Readonly<Record<string, Shape>>, defaults: Readonly<Record<string, unknown>> = {}): Shape {
  return (value, place) => {
    if (!isObject(value)) return fail(place, "is no JSON object");
    for (const name of Object.keys(value)) {
      if (!Object.prototype.hasOwnProperty.call(fields, name)) fail(place, `has the unknown field ${name}`);
    }
    return Object.fromEntries(
      Object.entries(fields).map(([name, shape]) => {
        const at = place === "" ? name : `${place}.${name}`;
        if (Object.prototype.hasOwnProperty.call(value, name)) return [name, shape(value[name], at)];
        return name in defaults ? [name, defaults[name]] : fail(at, "is missing");
      }),
    );
  };
}

const pattern = record({
  id,
  namespace: text,
  task_category: text,
  task_description: text,
  strategy: text,
  title: orNull(text),
  success_score: orNull(number),
  duration_seconds: orNull(number),
  tags: list(text),
  metadata: object,
  trust: oneOf(TRUST_ORDER),
  state: oneOf(STATES),
  uses: whole,
  successes: whole,
  failures: whole,
  last_used_at: orNull(text),
  created_at: text,
  updated_at: text,
  expires_at: orNull(text),
  version: whole,
});

const change = record({ pattern_id: id, version: whole, kind: oneOf(CHANGE_KINDS), actor: text, at: text, before: object });

const observation = record({ pattern_id: id, at: text, actor: text, content: object });

const outcome = record(
  {
    id,
    pattern_id: id,
    kind: oneOf(OUTCOME_KINDS),
    score: orNull(number),
    source: oneOf(OUTCOME_SOURCES),
    evidence: object,
    actor: text,
    at: text,
    weight: number,
    recall_id: orNull(id),
  },
  { weight: 1, recall_id: null },
);

/** A record of an export of patterns. */
export const patternRecord: Shape = record(
  {
    pattern,
    created_by: text,
    kept: flag,
    history: list(change),
    observations: list(observation),
    outcomes: list(outcome),
  },
  { history: [], observations: [], outcomes: [] },
);

const step = record(
  {
    action: text,
    observation: orNull(text),
    error: orNull(text),
    thought: orNull(text),
    started_at: orNull(text),
    duration_seconds: orNull(number),
  },
  { observation: null, error: null, thought: null, started_at: null, duration_seconds: null },
);

const verdict = record(
  {
    kind: oneOf(OUTCOME_KINDS),
    score: orNull(number),
    source: oneOf(OUTCOME_SOURCES),
    evidence: object,
    reasons: list(text),
  },
  { evidence: {}, reasons: [] },
);

const LEARNING_STATES = ["pending", "judged", "learned", "withdrawn"];

/** A record of an export of experiences. */
export const trajectoryRecord: Shape = record(
  {
    trajectory: record({
      id,
      namespace: text,
      task_description: text,
      task_category: text,
      steps: list(step),
      metadata: object,
      origin: orNull(text),
      actor: text,
      created_at: text,
      state: oneOf(LEARNING_STATES),
      verdict: orNull(verdict),
      note: orNull(text),
    }),
    links: list(
      record({
        source_id: id,
        target_id: id,
        kind: oneOf(["derived_from", "supersedes", "contradicts", "duplicate_of"]),
        actor: text,
        at: text,
      }),
    ),
    state_before: orNull(oneOf(LEARNING_STATES)),
    note_before: orNull(text),
    withheld: list(id),
  },
  { links: [], state_before: null, note_before: null, withheld: [] },
);
