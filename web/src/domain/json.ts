/** I-JSON (RFC 7493): what every JSON reader of every language keeps exactly. */

import { InvalidInput } from "./errors.js";
import { LIMITS } from "./limits.js";
import { sha256 } from "./sha256.js";
import { compareText, loneSurrogateAt, toHex, utf8, utf8Length } from "./utf8.js";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Give the JSON text with keys sorted by code points and no white space. */
export function canonicalJson(value: unknown): string {
  // Not JSON.stringify of a sorted copy: it writes keys that look like numbers first.
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "number") return numberText(value);
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort(compareText);
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(",")}}`;
}

/** Write a number so that readers with more than one type of number see a float where none but a float can be meant. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const unsafe = Number.isInteger(value) && Math.abs(value) > LIMITS.safe_integer;
  return unsafe ? value.toExponential() : JSON.stringify(value);
}

/** Give an object made by a function of each name; `__proto__` is a name like any other. */
export function mapped<T>(names: readonly string[], make: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}

/** Give whether a value is an object that JSON would write in braces. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Give the SHA-256 of a JSON object by which equal content is known in every language.
 *
 * Numbers enter as the hexadecimal of their big-endian double.
 */
export function contentFingerprint(value: Readonly<Record<string, unknown>>): Uint8Array {
  return sha256(utf8(canonicalJson(numbersAsText(value))));
}

const double = new DataView(new ArrayBuffer(8));

function numbersAsText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(numbersAsText);
  if (isObject(value)) return mapped(Object.keys(value), (key) => numbersAsText(value[key]));
  if (typeof value !== "number") return value;
  double.setFloat64(0, value + 0);
  return toHex(new Uint8Array(double.buffer));
}

/** Give whether two JSON values are equal, numbers by value. */
export function sameJson(first: unknown, second: unknown): boolean {
  if (Array.isArray(first) && Array.isArray(second)) {
    return first.length === second.length && first.every((item, at) => sameJson(item, second[at]));
  }
  if (isObject(first) && isObject(second)) {
    const keys = Object.keys(first);
    return (
      keys.length === Object.keys(second).length &&
      keys.every((key) => Object.prototype.hasOwnProperty.call(second, key) && sameJson(first[key], second[key]))
    );
  }
  return first === second;
}

/** Give the JSON object in a text. */
export function parseJsonObject(text: string, field: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(`is not JSON: ${String(error)}`, { field, cause: error });
  }
  if (!isObject(value)) throw new InvalidInput("must be a JSON object", { field });
  return value as JsonObject;
}

/**
 * Whether a number may be an integer beyond 2^53 - 1, which has been rounded. A caller's may; a text shows
 * by how its numbers are written that those as large are floats.
 */
export type LongIntegers = "possible" | "ruled out";

/** Say whether a JSON text holds an integer beyond 2^53 - 1. */
export function longIntegersIn(text: string): LongIntegers {
  if (!/\d{16}/.test(text)) return "ruled out";
  const numbers = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, "").match(/-?\d[\d.eE+-]*/g) ?? [];
  const long = numbers.some((number) => /^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number)));
  return long ? "possible" : "ruled out";
}

/** Give a copy of `value` if it is an I-JSON object whose JSON text has at most `limit` bytes. */
export function checkedJsonObject(
  value: unknown, field: string, limit: number, long: LongIntegers = "possible",
): JsonObject {
  if (!isPlainObject(value)) {
    throw new InvalidInput(`must be a JSON object, not ${typeName(value)}`, { field });
  }
  const copy = checked(value, field, LIMITS.metadata_depth, long) as JsonObject;
  const size = utf8Length(JSON.stringify(copy));
  if (size > limit) {
    throw new InvalidInput(`has ${String(size)} bytes as JSON; at most ${String(limit)} are kept`, { field });
  }
  return copy;
} // prettier-ignore

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another page or frame has another Object, whose own prototype is null as well.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checked(value: unknown, field: string, depth: number, long: LongIntegers): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") {
    checkUnicode(value, field);
    return value;
  }
  if (typeof value === "number") {
    checkNumber(value, field, long);
    return value + 0;
  }
  if (!Array.isArray(value) && !isPlainObject(value)) {
    throw new InvalidInput(`holds ${typeName(value)}, which is not JSON`, { field });
  }
  if (depth === 0) {
    throw new InvalidInput(`is nested deeper than ${String(LIMITS.metadata_depth)} levels`, { field });
  }
  if (Array.isArray(value)) {
    return value.map((item, at) => checked(item, `${field}[${String(at)}]`, depth - 1, long));
  }
  return mapped(Object.keys(value), (key) => {
    checkUnicode(key, field);
    return checked(value[key], `${field}.${key}`, depth - 1, long);
  });
}

/** Throw `InvalidInput` for NaN, an infinity, or a caller's integer beyond 2^53 - 1. */
export function checkNumber(value: number, field: string, long: LongIntegers = "possible"): void {
  if (!Number.isFinite(value)) throw new InvalidInput("must be a finite number", { field });
  // From 1e21 on JSON writers put an exponent, so readers see no integer.
  if (long === "possible" && Number.isInteger(value) && Math.abs(value) > LIMITS.safe_integer && Math.abs(value) < 1e21) {
    throw new InvalidInput("is an integer beyond 2^53 - 1, which JSON readers round", {
      field,
      hint: "Give it as text.",
    });
  }
}

/** Throw `InvalidInput` when a text holds half a surrogate pair, which has no UTF-8 form. */
export function checkUnicode(text: string, field: string): void {
  const at = loneSurrogateAt(text);
  if (at >= 0) {
    throw new InvalidInput(`holds a lone surrogate at position ${String(at)}, which is not a character`, { field });
  }
}

/** Give the name of a value's type for a message. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : typeof value;
}
