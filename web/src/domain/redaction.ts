/**
 * Secrets are taken out of text before it is stored, known by the shape of their value.
 *
 * Precision first: a shape is listed only where ordinary prose and code do not produce it. The shapes
 * are those of the Python package; word borders are looked at by hand, because the oldest engines
 * this runs on have no lookbehind and none has a `\b` that knows letters beyond ASCII.
 */

import { mapped, type Json, type JsonObject } from "./json.js";
import type { Redaction } from "./pattern.js";

interface Shape {
  readonly kind: string;
  /** Pieces one of which its text holds, in small letters. */
  readonly pieces: readonly string[];
  readonly expression: RegExp;
  /** Whether it begins at the border of a word. */
  readonly bordered: boolean;
}

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WORD = "\\p{L}\\p{N}_";
const WORD_CHARACTER = new RegExp(`[${WORD}]$`, "u");

function shape(kind: string, pieces: string, expression: string, flags = ""): Shape {
  const bordered = expression.startsWith("\\b");
  const source = bordered ? expression.slice(2) : expression;
  return { kind, pieces: pieces.split(" "), expression: new RegExp(source, `gu${flags}`), bordered };
}

const ASSIGNED: Shape = {
  ...shape(
    "assigned_secret",
    "",
    "\\b(?:password|passwd|api[_\\-]?key|secret[_\\-]?key|access[_\\-]?token|client[_\\-]?secret|auth[_\\-]?token)" +
      `["']? ?[:=] ?["'][^${SPACE}"'<>{}$]{8,256}(?=["'])`,
    "i",
  ),
  pieces: ['="', "='", ':"', ":'", '= "', "= '", ': "', ": '"],
};
const AWS_SECRET = shape(
  "aws_secret_access_key",
  "aws_secret awssecret",
  `aws_?secret_?access_?key["']?[${SPACE}]{0,3}[:=][${SPACE}]{0,3}["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])`,
  "i",
);

/** Shapes by a sign that all their texts hold: one look for it spares most texts the rest. */
const SHAPES: readonly (readonly [string, readonly Shape[]])[] = [
  ["_", [
    shape("github_token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
      "\\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})"),
    shape("stripe_key", "k_live_ k_test_", "\\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    shape("npm_token", "npm_", `\\bnpm_[A-Za-z0-9]{36}(?![${WORD}])`),
    shape("huggingface_token", "hf_", "\\bhf_[A-Za-z0-9]{30,}"),
  ]],
  ["-", [
    shape("private_key", "-----begin",
      "-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----" +
      "(?:[^\\-]|-(?!----END ))*(?:-----END [A-Z0-9 ]{0,40}-----)?"),
    shape("gitlab_token", "glpat-", "\\bglpat-[A-Za-z0-9_\\-]{20,}"),
    shape("anthropic_key", "sk-ant-", "\\bsk-ant-[A-Za-z0-9_\\-]{20,}"),
    // Others that speak OpenAI's protocol give out shorter keys; names of things have no digits.
    shape("openai_key", "sk-",
      "\\b(?:sk-(?:proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_\\-]{20,}|sk-(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9]{32,})"),
    shape("slack_token", "xox", "\\bxox[abeoprs]-(?=[A-Za-z\\-]*[0-9])[A-Za-z0-9\\-]{10,}"),
    shape("pypi_token", "pypi-", "\\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\\-]{50,}"),
  ]],
  [":", [
    shape("slack_webhook", "hooks.slack.com", "https://hooks\\.slack\\.com/services/[A-Za-z0-9/]{20,}"),
    shape("url_password", "://",
      `\\b[a-zA-Z][a-zA-Z0-9+.\\-]{1,20}://[^${SPACE}/:@'"<>]{0,64}:[^${SPACE}/:@'"<>]{3,256}@(?=[${WORD}\\[])`),
    shape("bearer_token", "authorization",
      `\\bauthorization["']?[${SPACE}]{0,3}:[${SPACE}]{0,3}["']?(?:bearer|basic)[${SPACE}]{1,3}[A-Za-z0-9._~+/=\\-]{16,}`,
      "i"),
    AWS_SECRET,
    ASSIGNED,
  ]],
  ["=", [AWS_SECRET, ASSIGNED]],
  ["akia", [shape("aws_access_key_id", "akia", `\\bAKIA[A-Z2-7]{16}(?![${WORD}])`)]],
  ["asia", [shape("aws_access_key_id", "asia", `\\bASIA[A-Z2-7]{16}(?![${WORD}])`)]],
  ["aiza", [shape("google_api_key", "aiza", "\\bAIza[A-Za-z0-9_\\-]{35}")]],
  ["eyj", [shape("jwt", "eyj", "\\beyJ[A-Za-z0-9_\\-]{8,}\\.eyJ[A-Za-z0-9_\\-]{8,}\\.[A-Za-z0-9_\\-]{10,}")]],
  ["sg.", [shape("sendgrid_key", "sg.", "\\bSG\\.[A-Za-z0-9_\\-]{20,24}\\.[A-Za-z0-9_\\-]{40,46}")]],
]; // prettier-ignore

/** Give `text` with each secret replaced by `[redacted:kind]`, noting them in `found`. */
export function redactedText(text: string, field: string, found: Redaction[]): string {
  const small = text.toLowerCase();
  let clean = text;
  for (const [sign, shapes] of SHAPES) {
    if (!small.includes(sign)) continue;
    for (const one of shapes) {
      if (one.pieces.some((piece) => small.includes(piece))) clean = without(clean, one, field, found);
    }
  }
  return clean;
}

function without(text: string, { kind, expression, bordered }: Shape, field: string, found: Redaction[]): string {
  let clean = "";
  let kept = 0;
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    if (bordered && WORD_CHARACTER.test(text.slice(Math.max(0, match.index - 2), match.index))) {
      expression.lastIndex = match.index + 1;
      continue;
    }
    clean += `${text.slice(kept, match.index)}[redacted:${kind}]`;
    kept = match.index + match[0].length;
    found.push({ field, kind });
  }
  return clean + text.slice(kept);
}

/** Give a JSON object with the secrets in its texts replaced, noting them in `found`. */
export function redactedObject(value: JsonObject, field: string, found: Redaction[]): JsonObject {
  const names = Object.keys(value).map((key) => [redactedText(key, field, found), key] as const);
  // A secret key must not stand in the field's name.
  const origin = new Map(names);
  return mapped([...origin.keys()], (name) => redactedValue(value[origin.get(name)!]!, `${field}.${name}`, found));
}

function redactedValue(value: Json, field: string, found: Redaction[]): Json {
  if (typeof value === "string") return redactedText(value, field, found);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => redactedValue(item, field, found));
  if (typeof value === "object" && value !== null) return redactedObject(value as JsonObject, field, found);
  return value;
}
