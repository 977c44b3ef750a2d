/** The 32-bit hash of features: FNV-1a, then the murmur3 finaliser. */

import { isAscii, utf8 } from "../domain/utf8.js";

export const FNV_OFFSET = 2166136261 | 0;
const FNV_PRIME = 16777619;

/** Give the FNV-1a state after the UTF-8 bytes of a text; pass an earlier one to go on with it. */
export function fnv1a(text: string, state = FNV_OFFSET): number {
  let hash = state;
  if (isAscii(text)) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  } else {
    for (const byte of utf8(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  }
  return hash;
}

/** Give the state mixed, so that every bit depends on every byte. */
export function finalised(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Give the finished hash of a text. */
export function hash32(text: string): number {
  return finalised(fnv1a(text));
}
