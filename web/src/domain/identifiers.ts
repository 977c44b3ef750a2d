/** Ids: UUID version 7 (RFC 9562, section 5.7), time first so that new rows land together. */

import { InvalidInput } from "./errors.js";
import { typeName } from "./json.js";
import { toHex } from "./utf8.js";

/** Gives the time in milliseconds since 1970-01-01 UTC. */
export type Clock = () => number;

/** Gives that many random bytes, fit for cryptography. */
export type RandomBytes = (count: number) => Uint8Array;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Give a new UUIDv7: 48 bits of time, 74 random bits. */
export function newId(milliseconds: number, randomBytes: RandomBytes): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(milliseconds / 0x1_0000_0000));
  view.setUint32(2, milliseconds % 0x1_0000_0000);
  bytes.set(randomBytes(10), 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Give the canonical text of an id. */
export function idText(value: unknown, field = "id"): string {
  if (typeof value === "string" && UUID.test(value)) return value.toLowerCase();
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : typeName(value);
  throw new InvalidInput(`is not a UUID: ${shown}`, { field });
}
