/** Lines of text out of whatever holds them: a text, bytes, a Blob, a stream, or pieces of any of these. */

import { InvalidInput } from "../domain/errors.js";
import { longIntegersIn, parseJsonObject, typeName, type JsonObject, type LongIntegers } from "../domain/json.js";
import { utf8Length } from "../domain/utf8.js";

/** What lines can be read from. */
export type LineSource =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array | string>
  | Iterable<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>;

const PIECE_BYTES = 1 << 20;

/** One line with its number, from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** Give the lines of a source without their ends and white space around them; empty ones are left out. */
export async function* linesOf(source: LineSource, longest: number): AsyncGenerator<NumberedLine> {
  let rest = "";
  let number = 0;
  for await (const piece of texts(source, () => number + 1)) {
    rest += piece;
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield* one(line, ++number, longest);
    if (rest.length > longest) throw tooLong(number + 1, longest);
  }
  if (rest !== "") yield* one(rest, ++number, longest);
}

function* one(line: string, number: number, longest: number): Generator<NumberedLine> {
  if (line.length > longest / 4 && utf8Length(line) > longest) throw tooLong(number, longest);
  const text = line.replace(/^\ufeff?[ \t\r\v\f]+|^\ufeff|[ \t\r\v\f]+$/g, "");
  if (text !== "") yield { number, text };
}

function tooLong(number: number, longest: number): InvalidInput {
  return new InvalidInput(`is longer than ${String(longest)} bytes`, { field: `line ${String(number)}` });
}

async function* texts(source: LineSource, at: () => number): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw new InvalidInput("is not UTF-8", { field: `line ${String(at())}`, cause: error });
    }
  };
  for await (const piece of pieces(source)) yield typeof piece === "string" ? piece : decoded(piece);
  yield decoded();
}

async function* pieces(source: LineSource): AsyncGenerator<Uint8Array | string> {
  if (typeof source === "string" || source instanceof Uint8Array) {
    yield source;
  } else if (typeof Blob !== "undefined" && source instanceof Blob) {
    // Not its stream: Safari 14 has none.
    for (let at = 0; at < source.size; at += PIECE_BYTES) {
      yield new Uint8Array(await source.slice(at, at + PIECE_BYTES).arrayBuffer());
    }
  } else if (typeof source === "object" && source !== null && "getReader" in source) {
    const reader = source.getReader(); // streams are not iterable in every browser
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } else if (
    typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source)
  ) {
    yield* source;
  } else {
    throw new InvalidInput(`must be text, bytes, a Blob or a stream, not ${typeName(source)}`, { field: "source" });
  }
} // prettier-ignore

/** The object of a line, or the error that the line makes. */
export interface LineObject {
  readonly number: number;
  readonly value: JsonObject | InvalidInput;
  readonly longIntegers: LongIntegers;
}

/** A line that holds an object. */
export type SoundLine = LineObject & { readonly value: JsonObject };

/** Give the object of each line. */
export async function* objectsOf(
  source: LineSource, longest: number, isHeader: (value: JsonObject, place: string) => boolean,
): AsyncGenerator<LineObject> {
  for await (const { number, text } of linesOf(source, longest)) {
    const place = `line ${String(number)}`;
    let value: JsonObject;
    try {
      value = parseJsonObject(text, place);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      yield { number, value: error, longIntegers: "ruled out" };
      continue;
    }
    if (!isHeader(value, place)) yield { number, value, longIntegers: longIntegersIn(text) };
  }
} // prettier-ignore

/** Give an error about a field as one about a field of a line. */
export function atLine(number: number, error: InvalidInput): InvalidInput {
  const field = `line ${String(number)}${error.field === null ? "" : `: ${error.field}`}`;
  return new InvalidInput(error.reason, { field, hint: error.hint, cause: error });
}

/** The way to go on after a transfer that stopped. */
export const AGAIN = "The lines before it are in; mend it and run again, what is in already is recognised.";

/** Give the error that ends a transfer, with the way to go on. */
export function toBeMended(error: InvalidInput): InvalidInput {
  const hint = error.hint === null ? AGAIN : `${error.hint} ${AGAIN}`;
  return new InvalidInput(error.reason, { field: error.field, hint, cause: error });
}
