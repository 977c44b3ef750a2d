/** Random bytes in Node, whose version 18 has no global `crypto`. */

import { webcrypto } from "node:crypto";

/** Give random bytes fit for cryptography. */
export function randomBytes(count: number): Uint8Array {
  return webcrypto.getRandomValues(new Uint8Array(count));
}
