import { describe, expect, test } from 'vitest';
import { Hono } from 'hono';
import { ApiError } from '../errors.ts';
import { MAX_BODY_BYTES, readJsonBody } from './read-body.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function post(body: BodyInit, headers: Record<string, string> = JSON_TYPE): Request {
  return new Request('http://router/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
}

/** A body that comes in pieces and says no length. */
function stream(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream({
    pull: (controller) => {
      const piece = left.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** Reads a body as a route does; the context goes on with the request that came. */
async function read(request: Request, maxBytes?: number): Promise<unknown> {
  let answer: Promise<unknown> = Promise.resolve();
  const app = new Hono();
  app.post('/', async (c) => {
    answer = readJsonBody(c, maxBytes);
    await answer.catch(() => undefined);
    expect(c.req.raw).toBe(request);
    return c.body(null);
  });
  expect((await app.fetch(request)).status).toBe(200);
  return answer;
}

async function refusal(request: Request, maxBytes?: number): Promise<ApiError> {
  const error = await read(request, maxBytes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('readJsonBody', () => {
  test('JSON with a length and JSON in pieces are read', async () => {
    const text = JSON.stringify({ a: '火' });
    const bytes = new TextEncoder().encode(text);
    const length = String(bytes.length);
    expect(await read(post(text, { ...JSON_TYPE, 'content-length': length }))).toEqual({ a: '火' });
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await read(post(stream(pieces)))).toEqual({ a: '火' });
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=UTF-8',
    'application/problem+json',
    'application/vnd.api.v1+json',
  ])('%s is JSON', async (type) => {
    expect(await read(post('{}', { 'content-type': type }))).toEqual({});
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json-seq',
    'text/json',
    '',
  ])('%j is refused with the header to send', async (type) => {
    const error = await refusal(post('{}', { 'content-type': type }));
    expect(error.status).toBe(415);
    expect(error.message).toContain('content-type: application/json');
  });

  test('a body without a content type is refused', async () => {
    expect((await refusal(post(new TextEncoder().encode('{}'), {}))).status).toBe(415);
  });

  test('a length over the limit is refused before anything is read', async () => {
    const body = stream([new Uint8Array(5)]);
    const request = post(body, { ...JSON_TYPE, 'content-length': '11' });
    const error = await refusal(request, 10);
    expect([error.status, error.code]).toEqual([413, 'body_too_large']);
    expect(request.bodyUsed).toBe(false);
  });

  test('a body without a length is refused once it passes the limit, and not read on', async () => {
    let left = 100;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        left -= 1;
        controller.enqueue(new Uint8Array(4).fill(32));
      },
    });
    expect((await refusal(post(body), 10)).status).toBe(413);
    // Three pieces pass the limit; a stream may have some more at hand.
    expect(left).toBeGreaterThan(90);
  });

  test('a body of exactly the limit is read, with a length and without', async () => {
    const text = `"${'x'.repeat(8)}"`;
    expect(await read(post(text, { ...JSON_TYPE, 'content-length': '10' }), 10)).toBe('x'.repeat(8));
    expect(await read(post(stream([new TextEncoder().encode(text)])), 10)).toBe('x'.repeat(8));
    expect((await refusal(post(stream([new TextEncoder().encode(`${text} `)])), 10)).status).toBe(413);
  });

  test('a length that is no number is not believed', async () => {
    const body = stream([new Uint8Array(20).fill(32)]);
    for (const length of ['many', '-5', '1e1'])
      expect((await refusal(post(body, { ...JSON_TYPE, 'content-length': length }), 10)).status).toBe(400);
  });

  test.each([
    ['not JSON', new TextEncoder().encode('{"a":')],
    ['empty', new Uint8Array(0)],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
    ['a cut character', Uint8Array.of(0x22, 0xe7, 0x81, 0x22)],
  ])('a body that is %s is refused', async (_, bytes) => {
    const error = await refusal(post(bytes));
    expect([error.status, error.code]).toEqual([400, 'invalid_json']);
  });

  test('the default limit is a megabyte', () => {
    expect(MAX_BODY_BYTES).toBe(1024 * 1024);
  });
});
