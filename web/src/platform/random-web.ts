/** Random bytes on the web. */

/** Give random bytes fit for cryptography. */
export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
