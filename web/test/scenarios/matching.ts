/** Values of a scenario: how they are written, and how a result is held against what was expected. */

/** Says that a scenario is not written as spec/README.md asks. */
export class InvalidScenario extends Error {}

/** Says where a result differs from what was expected. */
export class Mismatch extends Error {
  constructor(path: string, message: string) {
    super(`${path || "the result"} ${message}`);
  }
}

type Json = Record<string, unknown>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NUMBERS = new Map([["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity], ["-0", -0]]); // prettier-ignore
const KINDS = new Map<string, (value: unknown) => boolean>([
  ["value", () => true],
  ["string", (value) => typeof value === "string"],
  ["boolean", (value) => typeof value === "boolean"],
  ["number", (value) => typeof value === "number"],
  ["integer", (value) => Number.isInteger(value)],
  ["uuid", (value) => typeof value === "string" && UUID.test(value)],
  ["timestamp", (value) => typeof value === "string" && TIMESTAMP.test(value)],
]);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function has(value: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(value, key);
}

/** The values of one run: what its steps saved, and how theirs are read. */
export class Values {
  readonly saved = new Map<string, unknown>();

  /** Give the value that an argument stands for. */
  given(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.given(item));
    if (!isObject(value)) return value;
    const notation = notationOf(value);
    if (notation === null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.given(item)]));
    const wanted = value[notation];
    if (notation === "$literal") return wanted;
    if (notation === "$text") return aList(wanted).map(piece).join("");
    if (notation === "$ref" && this.saved.has(wanted as string)) return this.saved.get(wanted as string);
    if (notation === "$number" && NUMBERS.has(wanted as string)) return NUMBERS.get(wanted as string);
    throw new InvalidScenario(`${JSON.stringify(value)} stands for no value`);
  }

  /** Throw `Mismatch` unless `actual` is what is expected. */
  match(expected: unknown, actual: unknown, path = ""): void {
    if (isObject(expected)) {
      const notation = notationOf(expected);
      if (notation !== null) {
        this.#matchNotation(notation, expected, actual, path);
        return;
      }
      checkKeys(expected, actual, path);
      this.#checkSubset(expected, actual, path);
    } else if (Array.isArray(expected)) {
      const items = listOf(actual, path, expected.length);
      expected.forEach((item, at) => {
        this.match(item, items[at], `${path}[${String(at)}]`);
      });
    } else checkScalar(expected, actual, path);
  }

  #matchNotation(notation: string, expected: Json, actual: unknown, path: string): void {
    const wanted = expected[notation];
    switch (notation) {
      case "$text":
      case "$ref":
      case "$literal":
        checkSame(this.given(expected), actual, path);
        return;
      case "$approx": {
        const near = typeof actual === "number" && Math.abs(actual - (wanted as number)) <= (expected["tolerance"] as number);
        if (!near) throw new Mismatch(path, `is ${shown(actual)}, not about ${shown(wanted)}`);
        return;
      }
      case "$any": {
        const kind = KINDS.get(wanted as string);
        if (kind === undefined) throw new InvalidScenario(`no kind of value is called ${shown(wanted)}`);
        if (!kind(actual)) throw new Mismatch(path, `is ${shown(actual)}, not any ${String(wanted)}`);
        return;
      }
      case "$subset":
        if (!isObject(wanted)) throw new InvalidScenario("$subset takes an object");
        this.#checkSubset(wanted, actual, path);
        return;
      case "$length": {
        const length = Array.isArray(actual) ? actual.length : isObject(actual) ? Object.keys(actual).length : -1;
        if (length !== wanted) throw new Mismatch(path, `has not ${shown(wanted)} entries: ${shown(actual)}`);
        return;
      }
      case "$contains": {
        const part = typeof actual === "string" ? this.given(wanted) : null;
        const held =
          typeof actual === "string"
            ? typeof part === "string" && actual.includes(part)
            : listOf(actual, path).some((item) => this.#matches(wanted, item));
        if (!held) throw new Mismatch(path, `does not contain ${shown(wanted)}: ${shown(actual)}`);
        return;
      }
      case "$each":
        listOf(actual, path).forEach((item, at) => {
          this.match(wanted, item, `${path}[${String(at)}]`);
        });
        return;
      case "$all":
        for (const one of aList(wanted)) this.match(one, actual, path);
        return;
      case "$not":
        if (this.#matches(wanted, actual)) throw new Mismatch(path, `is just what it must not be: ${shown(actual)}`);
        return;
      default:
        throw new InvalidScenario(`${notation} is no notation of an expected value`);
    }
  }

  #checkSubset(wanted: Json, actual: unknown, path: string): void {
    if (!isObject(actual)) throw new Mismatch(path, `is no object: ${shown(actual)}`);
    for (const [key, item] of Object.entries(wanted)) {
      if (!has(actual, key)) throw new Mismatch(path, `has no ${key}, only ${Object.keys(actual).join(", ")}`);
      this.match(item, actual[key], path === "" ? key : `${path}.${key}`);
    }
  }

  #matches(expected: unknown, actual: unknown): boolean {
    try {
      this.match(expected, actual);
      return true;
    } catch (error) {
      if (error instanceof Mismatch) return false;
      throw error;
    }
  }
}

function notationOf(value: Json): string | null {
  const names = Object.keys(value).filter((name) => name.startsWith("$"));
  const [first] = names;
  if (first === undefined) return null;
  const beside = Object.keys(value).filter((name) => name !== first);
  if (beside.join() !== (first === "$approx" ? "tolerance" : "")) {
    throw new InvalidScenario(`${beside.join()} beside ${first}; $literal takes keys with a $`);
  }
  return first;
}

function piece(part: unknown): string {
  if (typeof part === "string") return part;
  if (isObject(part) && Object.keys(part).sort().join() === "repeat,times") {
    return String(part["repeat"]).repeat(Number(part["times"]));
  }
  if (isObject(part) && Object.keys(part).join() === "surrogate") {
    return String.fromCharCode(parseInt(String(part["surrogate"]), 16));
  }
  throw new InvalidScenario(`$text is made of texts, repeats and surrogates, not of ${shown(part)}`);
}

function aList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new InvalidScenario(`needs a list, not ${shown(value)}`);
  return value;
}

function listOf(actual: unknown, path: string, length?: number): unknown[] {
  if (!Array.isArray(actual)) throw new Mismatch(path, `is no list: ${shown(actual)}`);
  if (length !== undefined && actual.length !== length) {
    throw new Mismatch(path, `has ${String(actual.length)} entries, not ${String(length)}: ${shown(actual)}`);
  }
  return actual;
}

function checkKeys(expected: Json, actual: unknown, path: string): asserts actual is Json {
  if (!isObject(actual)) throw new Mismatch(path, `is no object: ${shown(actual)}`);
  const [wanted, found] = [Object.keys(expected).sort().join(), Object.keys(actual).sort().join()];
  if (wanted !== found) throw new Mismatch(path, `has the keys ${found}, not ${wanted}`);
}

/** Compare with a value in which nothing is notation. */
function checkSame(expected: unknown, actual: unknown, path: string): void {
  if (isObject(expected)) {
    checkKeys(expected, actual, path);
    for (const [key, item] of Object.entries(expected)) checkSame(item, actual[key], `${path}.${key}`);
  } else if (Array.isArray(expected)) {
    const items = listOf(actual, path, expected.length);
    expected.forEach((item, at) => {
      checkSame(item, items[at], `${path}[${String(at)}]`);
    });
  } else checkScalar(expected, actual, path);
}

function checkScalar(expected: unknown, actual: unknown, path: string): void {
  if (expected !== actual) throw new Mismatch(path, `is ${shown(actual)}, not ${shown(expected)}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 300 ? text : `${text.slice(0, 280)} ... (${String(text.length)} characters)`;
}
