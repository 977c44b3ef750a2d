/** CRC-32 as in zlib. */

const table = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Give the checksum of bytes; pass an earlier one to go on with it. */
export function crc32(bytes: Uint8Array, earlier = 0): number {
  let value = ~earlier;
  for (let at = 0; at < bytes.length; at++) value = table[(value ^ bytes[at]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}
