// One case of a run from its seed and number alone, so that it can be told and asked again. Pure.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { makeRandom } from '../draw-losses.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { FuzzedEndpoint } from './endpoints.ts';
import { listValues, mutateText, mutateValue, pick } from './mutate-json.ts';

export interface FuzzCase {
  readonly endpoint: FuzzedEndpoint;
  /** As the body reads before it is packed. */
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in so many pieces, some ms apart; 1: at once. */
  readonly pieces: number;
}

const DONORS = listValues(ENDPOINTS.flatMap(({ examples }) => examples));
const PACKERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync } as const;
const TYPES = [
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  '',
];
const MOST_CHANGES = 4;
/** The numbers of a run's cases lie so far apart in the draws of its seed. */
const STRIDE = 7919;

export function makeCase(seed: number, number: number): FuzzCase {
  const random = makeRandom(seed * 1_000_003 + number * STRIDE + 1);
  const endpoint = pick(random, ENDPOINTS);
  let body: unknown = pick(random, endpoint.examples);
  for (let i = Math.floor(random() * MOST_CHANGES); i > 0; i -= 1) body = mutateValue(random, body, DONORS);
  const text = mutateText(random, JSON.stringify(body) ?? 'null');
  return { endpoint, text, ...dress(random, Buffer.from(text)) };
}

/** How it is sent: in most cases plainly. */
function dress(random: () => number, plain: Uint8Array): Pick<FuzzCase, 'bytes' | 'headers' | 'pieces'> {
  const json = { 'content-type': 'application/json' };
  const roll = random();
  if (roll < 0.8) return { bytes: plain, headers: json, pieces: 1 };
  if (roll < 0.88) return { ...pack(random, plain, json), pieces: 1 };
  if (roll < 0.92) return { bytes: plain, headers: { 'content-type': pick(random, TYPES) }, pieces: 1 };
  if (roll < 0.95) return { bytes: plain, headers: json, pieces: 2 + Math.floor(random() * 4) };
  if (roll < 0.97) return { bytes: breakBytes(random, plain), headers: json, pieces: 1 };
  const long = { ...json, 'content-length': String(plain.length + 1 + Math.floor(random() * 5)) };
  const short = { ...json, 'content-length': String(Math.floor(random() * plain.length)) };
  return { bytes: plain, headers: roll < 0.98 ? long : short, pieces: 1 };
}

function pack(
  random: () => number,
  plain: Uint8Array,
  json: Record<string, string>,
): Pick<FuzzCase, 'bytes' | 'headers'> {
  const coding = pick(random, Object.keys(PACKERS) as (keyof typeof PACKERS)[]);
  const packed = PACKERS[coding](plain);
  const headers = {
    ...json,
    'content-encoding': random() < 0.9 ? coding : pick(random, ['gzip, br', 'x-unheard-of', 'identity']),
  };
  const roll = random();
  if (roll < 0.7) return { bytes: packed, headers };
  return {
    bytes: roll < 0.85 ? packed.subarray(0, Math.floor(random() * packed.length)) : breakBytes(random, packed),
    headers,
  };
}

function breakBytes(random: () => number, bytes: Uint8Array): Uint8Array {
  const broken = Uint8Array.from(bytes);
  if (broken.length > 0) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
  return broken;
}
