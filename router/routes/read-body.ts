// A request's JSON body, read within a limit: what is too long, packed or unpacked, is refused before it is all in memory.
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';
import { BODY_CODINGS, unpackBody } from '../services/body-codings.ts';
import type { BodyCoding } from '../services/body-codings.ts';
import { readCodings } from './read-codings.ts';

/** Bytes of a chat request's body at most. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** The parsed JSON. Throws ApiError: 415 for another content type, coding or charset, 413 past the limit, 400 for what is not JSON or says no true length. */
export async function readJsonBody(c: Context, maxBytes = MAX_BODY_BYTES): Promise<unknown> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new ApiError(
      'unsupported_media_type',
      "Send the request as JSON with the header 'content-type: application/json'.",
    );
  }
  const codings = readCodings(c.req.header('content-encoding'), BODY_CODINGS);
  if (!codings.ok) throw refuseCoding(codings.error);
  return parseJson(unpack(await readBytes(c, maxBytes), codings.value, maxBytes), type);
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
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    const charset = /;\s*charset\s*=\s*"?([\w.:+-]+)/i.exec(type)?.[1];
    if (charset === undefined || /^utf-?8$/i.test(charset))
      throw new ApiError('invalid_json', 'The request body is not valid JSON in UTF-8.');
    const told = `The request body cannot be read as UTF-8. Send it as UTF-8, without 'charset=${charset.slice(0, 40)}'.`;
    throw new ApiError('unsupported_media_type', told);
  }
}

function refuseLength(maxBytes: number): ApiError {
  return new ApiError('body_too_large', `The request body holds more than ${maxBytes} bytes.`);
}

async function readBytes(c: Context, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { raw } = c.req;
  // The library believes any length that is told.
  if (!/^\d*$/.test(c.req.header('content-length') ?? ''))
    throw new ApiError('invalid_value', "The header 'content-length' must be a number of bytes.");
  let bytes = new ArrayBuffer(0);
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw refuseLength(maxBytes);
    },
  });
  await limit(c, async () => {
    bytes = await c.req.raw.arrayBuffer();
  });
  // A body without a length comes in a request of the library's own, which does not hear when the caller leaves.
  c.req.raw = raw;
  return new Uint8Array(bytes);
}
