/** Text as UTF-8, and the order of text by code points. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const LONGEST_COUNTED_BY_HAND = 4_096;

/** Give the bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Give the text of bytes that are known to be UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Give how many bytes a text has as UTF-8. */
export function utf8Length(text: string): number {
  if (text.length > LONGEST_COUNTED_BY_HAND) return encoder.encode(text).length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair is one unit and two bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** Give whether a text is ASCII alone. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Give the position of the first half surrogate pair, or -1. */
export function loneSurrogateAt(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(at + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return at;
    at++;
  }
  return -1;
}

/** Compare by code points; by UTF-16 units U+FFFF would come after U+10000. */
export function compareText(first: string, second: string): number {
  const shorter = Math.min(first.length, second.length);
  for (let at = 0; at < shorter; at++) {
    const one = first.charCodeAt(at);
    const other = second.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return first.length - second.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Give bytes as small hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte + 0x100).toString(16).slice(1);
  return text;
}

/** Give the bytes that hexadecimal stands for. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
