/** Personal data whose shape can be told from other text, taken out together with secrets: as Python's learning does. */

import { redactedText } from "./redaction.js";

const WORD = "\\p{L}\\p{N}_";
const EMAIL = new RegExp(
  `(^|[^${WORD}.+%-])([A-Za-z0-9][${WORD}.+%-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,24})(?![${WORD}@])`,
  "gu",
);
// As people write it: with its country code, or an area code set off. Bare runs of digits are more often sizes and ids.
const PHONE = new RegExp(
  `(^|[^${WORD}.+/-])(\\+(?=[1-9](?:[ .()-]{0,2}[0-9]){8})[0-9]{1,3}[ .-]?(?:\\([0-9]{1,4}\\)[ .-]?)?[0-9]{1,4}(?:[ .-][0-9]{2,4}){0,4}[ .-][0-9]{2,8}` +
    "|\\+[1-9][0-9]{9,13}|\\(0[0-9]{2,4}\\) ?[0-9]{5,8}|(?:1[ .-])?\\([0-9]{3}\\) ?[0-9]{3}[ .-][0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{4}" +
    `)(?![${WORD}/-]|\\.[0-9])`,
  "gu",
);
const HOME = new RegExp(
  `(/home/|/Users/|(?:^|[^${WORD}])[A-Za-z]:(?:\\\\\\\\?|/)Users(?:\\\\\\\\?|/))((?!(?:Public|Shared|runner)(?![${WORD}]))[A-Za-z0-9_][${WORD}.-]{0,63})`,
  "gu",
);

/** Give a text without secrets, mail addresses, phone numbers and the names of users in paths. */
export function scrubbed(text: string): string {
  return redactedText(text, "text", [])
    .replace(EMAIL, "$1[email]")
    .replace(PHONE, "$1[phone]")
    .replace(HOME, "$1[user]");
}
