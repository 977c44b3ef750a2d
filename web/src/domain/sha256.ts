/**
 * SHA-256 (FIPS 180-4), at once: `crypto.subtle` answers later, which would end an IndexedDB
 * transaction, and is missing on pages without HTTPS.
 */

const CONSTANTS = new Uint32Array(64);
const START = new Uint32Array(8);

// The constants are the first 32 bits of the fractional parts of cube and square roots of primes.
for (let candidate = 2, found = 0; found < 64; candidate++) {
  let prime = true;
  for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) prime = false;
  if (!prime) continue;
  if (found < 8) START[found] = firstBits(candidate, 2n);
  CONSTANTS[found++] = firstBits(candidate, 3n);
}

/** Give the first 32 bits behind the point of a root, by integer search so that no rounding decides. */
function firstBits(prime: number, degree: 2n | 3n): number {
  const wanted = BigInt(prime) << (32n * degree);
  let low = 0n;
  let high = BigInt(prime) << 32n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= wanted) low = middle;
    else high = middle - 1n;
  }
  return Number(low & 0xffffffffn);
}

const schedule = new Uint32Array(64);

/** Give the 32 bytes of the hash. */
export function sha256(content: Uint8Array): Uint8Array {
  const state = START.slice();
  const padded = new Uint8Array((content.length + 72) & ~63);
  padded.set(content);
  padded[content.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(content.length / 0x20000000));
  view.setUint32(padded.length - 4, (content.length << 3) >>> 0);
  for (let offset = 0; offset < padded.length; offset += 64) addBlock(state, view, offset);
  const hash = new DataView(new ArrayBuffer(32));
  state.forEach((word, at) => hash.setUint32(4 * at, word));
  return new Uint8Array(hash.buffer);
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function addBlock(state: Uint32Array, view: DataView, offset: number): void {
  const w = schedule;
  for (let at = 0; at < 16; at++) w[at] = view.getUint32(offset + 4 * at);
  for (let at = 16; at < 64; at++) {
    const early = w[at - 15]!;
    const late = w[at - 2]!;
    const first = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const second = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    w[at] = (w[at - 16]! + first + w[at - 7]! + second) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < 64; at++) {
    const one = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const left = (h + one + chosen + CONSTANTS[at]! + w[at]!) | 0;
    const zero = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const most = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + left) | 0;
    d = c;
    c = b;
    b = a;
    a = (left + zero + most) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => {
    state[at] = (state[at]! + word) | 0;
  });
}
