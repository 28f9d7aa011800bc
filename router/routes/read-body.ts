// A request's JSON body, read within a limit: what is too long, packed or unpacked, is refused before it is all in memory.
import type { Context } from 'hono';
import { TIMINGS } from '../../schema/timings.ts';
import { ApiError } from '../errors.ts';
import { BODY_CODINGS, unpackBody } from '../services/body-codings.ts';
import type { BodyCoding } from '../services/body-codings.ts';
import { discardBytes, takeBytes } from '../services/incoming-body.ts';
import { refuseCrowd } from './refuse.ts';
import { readCodings } from './read-codings.ts';
import { scanJson } from './scan-json.ts';
import type { JsonExcess, JsonLimits } from './scan-json.ts';

const MIB = 1024 * 1024;
/**
 * Bytes of a request's body at most, unpacked: a picture of 6 MB as base64, or three of 2 MB. An isolate has 128 MB, and a body takes several times its
 * bytes for the moment in which it is read and sent on.
 */
export const MAX_BODY_BYTES = 8 * MIB;
/** Of an operator's or a home's request. */
const MAX_SMALL_BODY_BYTES = MIB;
/** Room for a body that does not say how long it is, until it turns out to be longer. */
const UNTOLD_BYTES = MIB;

/** Bodies are whole when they are read: one decoder does for all of them. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Far above any request that was seen: the longest hold some thousands of messages, or of fields of their tools' schemas. */
const JSON_LIMITS: JsonLimits = { depth: 64, entries: 16_384, values: 65_536, numberChars: 400 };

const BODY_TYPES: Readonly<Record<BodyType, { readonly pattern: RegExp; readonly remedy: string }>> = {
  // Where nothing is said it can only be JSON.
  json: {
    pattern: /^(application\/([a-z0-9.+-]+\+)?json\s*(;|$)|$)/i,
    remedy: "Send the request as JSON with the header 'content-type: application/json'.",
  },
  form: {
    pattern: /^multipart\/form-data\s*;/i,
    remedy: "Send the request as a form, as 'content-type: multipart/form-data' with its boundary: curl does with -F.",
  },
};

/** A body, unpacked and not read yet. */
export interface RawBody {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** What a body is written in. */
export type BodyType = 'json' | 'form';

export interface ReadLimits {
  readonly maxBytes: number;
  readonly deadlineMs: number;
  /** Of JSON where nothing is said. */
  readonly type?: BodyType;
  /** Called with all that the body takes so far, each time it is more than `announcedBytes`; false where there is no room for so much. */
  readonly hasRoom?: (bytes: number) => boolean;
}

/** The parsed JSON. Throws what readRawBody and parseBody throw. */
export async function readJsonBody(
  c: Context,
  maxBytes = MAX_SMALL_BODY_BYTES,
  deadlineMs = TIMINGS.bodyMs,
): Promise<unknown> {
  return parseBody(await readRawBody(c, { maxBytes, deadlineMs }));
}

/** The bytes. Throws ApiError: 415 for another content type or coding, 413 past the limit, 429 where there is no room, 408 past the deadline, 400 for no true length or coding. */
export async function readRawBody(
  c: Context,
  { maxBytes, deadlineMs, type: wanted = 'json', hasRoom = () => true }: ReadLimits,
): Promise<RawBody> {
  const type = c.req.header('content-type') ?? '';
  const { pattern, remedy } = BODY_TYPES[wanted];
  if (!pattern.test(type)) throw new ApiError('unsupported_media_type', remedy);
  const codings = readCodings(c.req.header('content-encoding'), BODY_CODINGS);
  if (!codings.ok) throw refuseCoding(codings.error);
  const announced = await announcedBytes(c, maxBytes);
  const holds = (bytes: number): boolean => bytes <= announced || hasRoom(bytes);
  const taken = await takeBytes(c.req.raw.body, { maxBytes, deadlineMs, holds });
  if (taken.ok) {
    const bytes = unpack(taken.value, codings.value, maxBytes);
    if (!holds(bytes.length)) throw refuseCrowd();
    return { bytes, type };
  }
  if (taken.error === 'too-long') throw refuseLength(maxBytes);
  if (taken.error === 'no-room') throw refuseCrowd();
  const told = `The request body was not all here within ${deadlineMs / 1000} s. Send it at once, or less of it.`;
  throw new ApiError('request_timeout', told);
}

/** Bytes that room is kept for before a body is read, as far as its headers tell. Throws ApiError: 413 for a body that says that it is too long, 400 for no true length. */
export async function announcedBytes(c: Context, maxBytes = MAX_BODY_BYTES): Promise<number> {
  const length = readLength(c);
  if ((length ?? 0) > maxBytes) {
    await discardBytes(c.req.raw.body);
    throw refuseLength(maxBytes);
  }
  const isPacked = (c.req.header('content-encoding') ?? '') !== '';
  return Math.min(maxBytes, isPacked ? Math.max(UNTOLD_BYTES, length ?? 0) : (length ?? UNTOLD_BYTES));
}

/** For a refusal of which nobody read the body: who sends it may be a stranger, so no more is taken in than a request may hold. Never rejects. */
export async function discardUnread(c: Context): Promise<void> {
  const { body, bodyUsed } = c.req.raw;
  if (body && !bodyUsed && !body.locked) await discardBytes(body, MAX_BODY_BYTES);
}

/** Throws ApiError: 400 for what is not JSON or is built of too much, 415 for another charset. */
export function parseBody({ bytes, type }: RawBody): unknown {
  const excess = scanJson(bytes, JSON_LIMITS);
  if (excess) throw refuseExcess(excess);
  return parseJson(bytes, type);
}

function refuseExcess({ limit, field }: JsonExcess): ApiError {
  const where = field === null ? 'The request body' : `'${field}'`;
  const most = JSON_LIMITS[limit];
  const told: Record<keyof JsonLimits, string> = {
    depth: `${where} holds lists or objects more than ${most} deep. Nest them less.`,
    entries: `${where} holds a list or an object of more than ${most} entries. Send fewer.`,
    values: `The request body holds more than ${most} values, up to ${where}. Send fewer, or several requests.`,
    numberChars: `${where} holds a number of more than ${most} characters. Send a shorter one.`,
  };
  return new ApiError('invalid_value', told[limit], { param: field });
}

function refuseCoding(coding: string): ApiError {
  const shown = coding.slice(0, 60);
  return new ApiError(
    'unsupported_media_type',
    `A body with the header 'content-encoding: ${shown}' is not read here. Send it as ${BODY_CODINGS.join(', ')}, or as it is.`,
    { headers: { 'accept-encoding': BODY_CODINGS.join(', ') } },
  );
}

/** Undoes one coding after the other; each stays within the limit, so that nothing grows in between. */
function unpack(packed: Uint8Array<ArrayBuffer>, codings: readonly BodyCoding[], maxBytes: number): Uint8Array {
  let bytes = packed;
  for (const coding of codings) {
    const unpacked = unpackBody(bytes, coding, maxBytes);
    if (unpacked.ok) bytes = unpacked.value;
    else if (unpacked.error === 'too-long') throw refuseLength(maxBytes);
    else
      throw new ApiError('invalid_value', `The request body is not ${coding}, as its header 'content-encoding' says.`);
  }
  return bytes;
}

/** JSON is UTF-8 whatever its charset says, and what fits both is read. A byte order mark in front is passed over. */
function parseJson(bytes: Uint8Array, type: string): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    const charset = /;\s*charset\s*=\s*"?([\w.:+-]+)/i.exec(type)?.[1];
    if (charset === undefined || /^utf-?8$/i.test(charset))
      throw new ApiError('invalid_json', 'The request body is not valid JSON in UTF-8.');
    const told = `The request body cannot be read as UTF-8. Send it as UTF-8, without 'charset=${charset.slice(0, 40)}'.`;
    throw new ApiError('unsupported_media_type', told);
  }
}

function refuseLength(maxBytes: number): ApiError {
  return new ApiError(
    'body_too_large',
    `The request body holds more than ${maxBytes} bytes${maxBytes % MIB === 0 ? ` (${maxBytes / MIB} MiB)` : ''}. Send less, or smaller pictures.`,
  );
}

/** What the headers say; null where they say nothing. Throws ApiError 400 for what is no number. */
function readLength(c: Context): number | null {
  const length = c.req.header('content-length') ?? '';
  if (!/^\d*$/.test(length))
    throw new ApiError('invalid_value', "The header 'content-length' must be a number of bytes.");
  return length === '' ? null : Number(length);
}
