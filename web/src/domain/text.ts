/** Text as the embedder and the duplicate key see it: explicit code points, no locale, no `\w`. */

import {
  COMPATIBILITY_SPACE,
  DELETED,
  FOLDED,
  SPACED_LETTERS,
  UNSPACED_CHARACTERS,
  UNSTABLE,
  WHITE_SPACE,
} from "./text-tables.js";
import { isAscii } from "./utf8.js";

/** Units of unspaced scripts carry a first character that no word can hold. */
export const SINGLE_MARK = "\x01";
export const PAIR_MARK = "\x02";

const UNSTABLE_ONE = new RegExp(`[${UNSTABLE}]`, "gu");
const UNSTABLE_RUN = new RegExp(`([${UNSTABLE}]+)`, "gu");
const DELETED_ONE = new RegExp(`[${DELETED}]`, "gu");
const VISIBLE = new RegExp(`[^${WHITE_SPACE}${COMPATIBILITY_SPACE}${DELETED}]`, "u");
const WHITE_RUN = new RegExp(`[${WHITE_SPACE}]+`, "gu");
const ASCII_WORD = /[a-z0-9]+/g;
const WORD_OR_RUN = new RegExp(`[a-z0-9${SPACED_LETTERS}]+|[${UNSPACED_CHARACTERS}]+`, "gu");
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED_CHARACTERS}]`, "u");
const CAMEL_BORDER = /([a-z])(?=[A-Z])/g;
const CAPITAL = /[A-Z]/g;
const BEYOND_ASCII = /[\u0080-\uffff]/g;

/** Give whether a text holds nothing but white space and characters without a shape. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}

function small(text: string): string {
  return text.replace(CAPITAL, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(DELETED_ONE, "")
    .replace(BEYOND_ASCII, (letter) => FOLDED.get(letter) ?? letter);
}

/** Give the words of a text in order, and the units of its runs without spaces. */
export function wordsAndUnits(text: string): { words: string[]; units: string[] } {
  if (isAscii(text)) {
    return { words: small(text.replace(CAMEL_BORDER, "$1 ")).match(ASCII_WORD) ?? [], units: [] };
  }
  const spaced = small(folded(text.replace(UNSTABLE_ONE, " ")).replace(CAMEL_BORDER, "$1 "));
  const words: string[] = [];
  const units: string[] = [];
  for (const run of spaced.match(WORD_OR_RUN) ?? []) {
    if (!STARTS_UNSPACED.test(run)) {
      words.push(run);
      continue;
    }
    const characters = Array.from(run);
    for (const character of characters) units.push(SINGLE_MARK + character);
    for (let at = 0; at + 1 < characters.length; at++) {
      units.push(PAIR_MARK + characters[at]! + characters[at + 1]!);
    }
  }
  return { words, units };
}

/** Give the form under which two texts count as the same: the text part of a duplicate key. */
export function normalise(text: string): string {
  let plain = text;
  if (!isAscii(text)) {
    // Runs of unstable code points are cut out first, so NFKD never sees them. Twice, because
    // deleting a zero-width character can bring marks together in another order.
    plain = text
      .split(UNSTABLE_RUN)
      .map((piece, at) => (at % 2 ? piece : folded(folded(piece))))
      .join("");
  }
  return small(plain).replace(WHITE_RUN, " ").replace(/^ +| +$/g, "");
}
