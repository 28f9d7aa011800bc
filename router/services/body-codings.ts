// The one door to node:zlib: what a compressed body holds. The platform's own DecompressionStream is not used: it has no brotli, and it unpacks
// all that it is given at once, so that 300 kB of a bomb take 350 MB; here the end of the room ends the unpacking.
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** 8 MiB, what a decoder has to offer for content encodings (RFC 9659). */
const ZSTD_WINDOW_LOG = 23;

type Unpack = (bytes: Uint8Array, maxBytes: number) => Uint8Array<ArrayBuffer>;

const UNPACKS = {
  gzip: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  deflate: (bytes, maxOutputLength) => (hasZlibHead(bytes) ? inflateSync : inflateRawSync)(bytes, { maxOutputLength }),
  br: (bytes, maxOutputLength) => brotliDecompressSync(bytes, { maxOutputLength }),
  zstd: (bytes, maxOutputLength) =>
    zstdDecompressSync(bytes, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
} satisfies Readonly<Record<string, Unpack>>;

export type BodyCoding = keyof typeof UNPACKS;
export const BODY_CODINGS = Object.keys(UNPACKS) as readonly BodyCoding[];

/** The body before this coding. `too-long`: it holds more than `maxBytes`. `broken`: it is not of this coding, or cut. */
export function unpackBody(
  bytes: Uint8Array,
  coding: BodyCoding,
  maxBytes: number,
): Result<Uint8Array<ArrayBuffer>, 'too-long' | 'broken'> {
  try {
    return ok(UNPACKS[coding](bytes, maxBytes));
  } catch (error) {
    return err(error instanceof RangeError ? 'too-long' : 'broken');
  }
}

/** Some clients send `deflate` bare, without zlib's two bytes in front (RFC 1950) that HTTP means. */
function hasZlibHead([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
