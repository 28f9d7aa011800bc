// Bytes as letters and digits, at a fixed width, so that keys and tags always have one length. Pure.

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Big-endian bytes in base 62, `width` characters with leading zeros; what does not fit the width is dropped from the left. */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  let rest = 0n;
  for (const byte of bytes) rest = (rest << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < width; i++, rest /= 62n) text = (DIGITS[Number(rest % 62n)] ?? '') + text;
  return text;
}
