import { describe, expect, test } from "vitest";
import { trajectoryFingerprint } from "../../src/bank/trajectory-format.js";
import { rowChecksum, vectorChecksum } from "../../src/domain/checksum.js";
import { dedupeKey, type KeyFields } from "../../src/domain/duplicates.js";
import * as errors from "../../src/domain/errors.js";
import { contentFingerprint } from "../../src/domain/json.js";
import { LIMITS } from "../../src/domain/limits.js";
import { reliabilityOf, SOURCES, TRUST_ORDER, type OutcomeSource, type SourceSums } from "../../src/domain/outcome.js";
import type { Pattern } from "../../src/domain/pattern.js";
import { stepsJson } from "../../src/domain/steps.js";
import * as tables from "../../src/domain/text-tables.js";
import { normalise } from "../../src/domain/text.js";
import type { Trajectory } from "../../src/domain/trajectory.js";
import { toHex } from "../../src/domain/utf8.js";
import { specJson, specLines } from "../support/spec.js";

interface KeyEntry extends KeyFields {
  kept_id: string | null;
  dedupe_key: string;
}
const NORMALISED = specJson<{ pairs: [string, string][]; dedupe_keys: KeyEntry[] }>("normalise.json");

test.each(NORMALISED.pairs)("%j is normalised as the file says", (text, expected) => {
  expect(normalise(text)).toBe(expected);
  expect(normalise(expected)).toBe(expected);
});

test.each(specLines<{ text: string; normalised: string }>("embeddings/normalised.jsonl"))(
  "$text is normalised as the file says",
  ({ text, normalised }) => {
    expect(normalise(text)).toBe(normalised);
  },
);

test.each(NORMALISED.dedupe_keys)("the duplicate key $dedupe_key is the one in the file", (entry) => {
  expect(dedupeKey(entry, entry.kept_id)).toBe(entry.dedupe_key);
});

interface Fingerprint {
  on_duplicate: string;
  pattern: Record<string, unknown>;
  fingerprint: string;
}
test.each(specJson<{ fingerprints: Fingerprint[] }>("fingerprints.json").fingerprints)(
  "the fingerprint $fingerprint is the one in the file",
  ({ on_duplicate, pattern, fingerprint }) => {
    expect(toHex(contentFingerprint({ on_duplicate, pattern }))).toBe(fingerprint);
  },
);

interface TrajectoryFingerprint {
  trajectory: Trajectory;
  fingerprint: string;
}
test.each(specJson<{ trajectories: TrajectoryFingerprint[] }>("fingerprints.json").trajectories)(
  "the fingerprint $fingerprint of a trajectory is the one in the file",
  ({ trajectory, fingerprint }) => {
    expect(trajectoryFingerprint(trajectory)).toBe(fingerprint);
  },
);

test.each([
  [2, "2.0"], [0.5, "0.5"], [1e16, "1e+16"], [-0, "-0.0"], [null, "null"],
])("steps are kept with the duration %d written %s", (duration_seconds, written) => {
  const action = '"duration_seconds":2,';

  expect(stepsJson([{ action, duration_seconds }])).toBe(`[{"action":${JSON.stringify(action)},"duration_seconds":${written}}]`);
}); // prettier-ignore

interface Row extends Pattern {
  data: string;
  created_by: string;
  dedupe_key: string;
}
const CHECKSUMS = specJson<{
  rows: { row: Row; checksum: number }[];
  vectors: { vector: string; checksum: number }[];
}>("checksums.json");

test.each(CHECKSUMS.rows)("the checksum $checksum of a row is the one in the file", ({ row, checksum }) => {
  const stored = { pattern: row, created_by: row.created_by, key: row.dedupe_key };

  expect(rowChecksum(stored, row.data)).toBe(checksum);
});

test.each(CHECKSUMS.vectors)("the checksum $checksum of a vector is the one in the file", ({ vector, checksum }) => {
  expect(vectorChecksum(Int8Array.from(Buffer.from(vector, "base64")))).toBe(checksum);
});

test("the limits are those of the file", () => {
  expect(LIMITS).toEqual(specJson("limits.json"));
});

interface Weights {
  trust_order: string[];
  sources: typeof SOURCES;
  examples: { sums: Partial<Record<OutcomeSource, SourceSums>>; reliability: unknown }[];
}
const WEIGHTS = specJson<Weights>("outcome-weights.json");

test("the weights of outcomes are those of the file", () => {
  expect(SOURCES).toEqual(WEIGHTS.sources);
  expect(TRUST_ORDER).toEqual(WEIGHTS.trust_order);
});

test.each(WEIGHTS.examples)("the reliability of example %# is the one in the file", ({ sums, reliability }) => {
  expect(reliabilityOf(sums)).toEqual(reliability);
});

type Ranges = [string, string][];
const TABLES = specJson<Record<"unstable" | "deleted" | "white_space" | "compatibility_space" | "spaced_letters" | "unspaced_characters", Ranges> & {
  folded: Record<string, string>;
  capitals: [string, string, number][];
  digit_zeros: string[];
}>("text-tables.json");

describe("the tables of code points are those of the file", () => {
  const written = (ranges: Ranges): string =>
    ranges.map(([first, last]) => (first === last ? point(first) : `${point(first)}-${point(last)}`)).join("");
  const point = (hex: string): string => `\\u{${parseInt(hex, 16).toString(16)}}`;
  const plain = (body: string): string => body.replace("\\u{5c1}\\u{5c2}", "\\u{5c1}-\\u{5c2}").replace("\\u{5c4}\\u{5c5}", "\\u{5c4}-\\u{5c5}").replace("\\u{2028}\\u{2029}", "\\u{2028}-\\u{2029}");

  test.each([
    ["unstable", tables.UNSTABLE],
    ["deleted", tables.DELETED],
    ["white_space", tables.WHITE_SPACE],
    ["compatibility_space", tables.COMPATIBILITY_SPACE],
    ["spaced_letters", tables.SPACED_LETTERS],
    ["unspaced_characters", tables.UNSPACED_CHARACTERS],
  ] as const)("%s", (name, body) => {
    expect(plain(body)).toBe(written(TABLES[name]));
  });

  test("folded", () => {
    const expected = new Map(
      Object.entries(TABLES.folded).map(([hex, to]) => [String.fromCodePoint(parseInt(hex, 16)), to]),
    );
    for (const [first, last, distance] of TABLES.capitals) {
      for (let code = parseInt(first, 16); code <= parseInt(last, 16); code++) {
        expected.set(String.fromCodePoint(code), String.fromCodePoint(code + distance));
      }
    }
    for (const zero of TABLES.digit_zeros) {
      for (let digit = 0; digit < 10; digit++) expected.set(String.fromCodePoint(parseInt(zero, 16) + digit), String(digit));
    }
    expect(new Map([...tables.FOLDED].sort())).toEqual(new Map([...expected].sort()));
  });
});

test.each(specJson<{ code: string; name: string; fields: string[] }[]>("errors.json"))(
  "the error $name has the code and the fields of the file",
  ({ code, name, fields }) => {
    const kinds = errors as unknown as Record<string, (new (reason: string) => errors.ReasoningBankError) | undefined>;
    const told = new kinds[name]!("went wrong").toJSON();
    expect(told["code"]).toBe(code);
    expect(Object.keys(told)).toEqual(expect.arrayContaining(fields));
  },
);
