// A request's JSON body, read within a limit: what is too long is refused before it is all in memory.
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';

/** Bytes of a chat request's body at most. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** The parsed JSON. Throws ApiError: 415 for another content type, 413 past the limit, 400 for what is not JSON or says no true length. */
export async function readJsonBody(c: Context, maxBytes = MAX_BODY_BYTES): Promise<unknown> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new ApiError(
      'unsupported_media_type',
      "Send the request as JSON with the header 'content-type: application/json'.",
    );
  }
  const bytes = await readBytes(c, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new ApiError('invalid_json', 'The request body is not valid JSON.');
  }
}

async function readBytes(c: Context, maxBytes: number): Promise<ArrayBuffer> {
  const { raw } = c.req;
  // The library believes any length that is told.
  if (!/^\d*$/.test(c.req.header('content-length') ?? ''))
    throw new ApiError('invalid_value', "The header 'content-length' must be a number of bytes.");
  let bytes = new ArrayBuffer(0);
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new ApiError('body_too_large', `The request body holds more than ${maxBytes} bytes.`);
    },
  });
  await limit(c, async () => {
    bytes = await c.req.raw.arrayBuffer();
  });
  // A body without a length comes in a request of the library's own, which does not hear when the caller leaves.
  c.req.raw = raw;
  return bytes;
}
