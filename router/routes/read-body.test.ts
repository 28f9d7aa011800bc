import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
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
    type: 'bytes',
    pull: (controller) => {
      const piece = left.shift();
      if (piece) return controller.enqueue(piece as Uint8Array<ArrayBuffer>);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

/** Reads a body as a route does; the context goes on with the request that came. */
async function read(request: Request, maxBytes?: number, deadlineMs?: number): Promise<unknown> {
  let answer: Promise<unknown> = Promise.resolve();
  const app = new Hono();
  app.post('/', async (c) => {
    answer = readJsonBody(c, maxBytes, deadlineMs);
    await answer.catch(() => undefined);
    expect(c.req.raw).toBe(request);
    return c.body(null);
  });
  expect((await app.fetch(request)).status).toBe(200);
  return answer;
}

async function refusal(request: Request, maxBytes?: number, deadlineMs?: number): Promise<ApiError> {
  const error = await read(request, maxBytes, deadlineMs).then(
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
  ])('%j is refused with the header to send', async (type) => {
    const error = await refusal(post('{}', { 'content-type': type }));
    expect(error.status).toBe(415);
    expect(error.message).toContain('content-type: application/json');
  });

  test('a body without a content type is read as JSON', async () => {
    expect(await read(post(new TextEncoder().encode('{"a":1}'), {}))).toEqual({ a: 1 });
    expect(await read(post('{"a":1}', { 'content-type': '' }))).toEqual({ a: 1 });
  });

  test('a length over the limit is refused, though nothing of the body comes', async () => {
    const waiting: ReadableStream<Uint8Array> = new ReadableStream({ type: 'bytes' });
    for (const body of [waiting, stream([new Uint8Array(5)])]) {
      const error = await refusal(post(body, { ...JSON_TYPE, 'content-length': '11' }), 10);
      expect([error.status, error.code]).toEqual([413, 'body_too_large']);
    }
  });

  test('of a body that passes the limit the rest is thrown away as it comes, up to 32 MiB', async () => {
    let left = 100;
    const body: ReadableStream<Uint8Array> = new ReadableStream({
      type: 'bytes',
      pull: (controller) => {
        left -= 1;
        controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
      },
    });
    expect((await refusal(post(body), 10)).status).toBe(413);
    // A stream may have some more at hand.
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThan(90);
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

  test('a request may hold 8 MiB', () => {
    expect(MAX_BODY_BYTES).toBe(8 * 1024 * 1024);
  });
});

/** How each coding is written; deflate is also met bare, without zlib's head. */
const PACKERS: readonly (readonly [string, string, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>])[] = [
  ['gzip', 'gzip', (bytes) => new Uint8Array(gzipSync(bytes))],
  ['gzip by its old name', 'X-GZIP', (bytes) => new Uint8Array(gzipSync(bytes))],
  ['deflate', 'deflate', (bytes) => new Uint8Array(deflateSync(bytes))],
  ['bare deflate', 'Deflate', (bytes) => new Uint8Array(deflateRawSync(bytes))],
  ['brotli', 'br', (bytes) => new Uint8Array(brotliCompressSync(bytes))],
  ['zstd', 'zstd', (bytes) => new Uint8Array(zstdCompressSync(bytes))],
];
const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const coded = (coding: string): Record<string, string> => ({ ...JSON_TYPE, 'content-encoding': coding });

describe.each(PACKERS)('a body in %s', (_, coding, pack) => {
  test('is read, with a length and in pieces', async () => {
    const packed = pack(toBytes(JSON.stringify({ a: '火' })));
    const length = String(packed.length);
    expect(await read(post(packed, { ...coded(coding), 'content-length': length }))).toEqual({ a: '火' });
    const pieces = Array.from(packed, (byte) => Uint8Array.of(byte));
    expect(await read(post(stream(pieces), coded(coding)))).toEqual({ a: '火' });
  });

  test('that is cut, or is something else, is refused with the name of the header', async () => {
    const packed = pack(toBytes(JSON.stringify({ a: 'x'.repeat(99) })));
    for (const wrong of [packed.slice(0, packed.length - 5), toBytes('{"a":1}') as Uint8Array<ArrayBuffer>]) {
      const error = await refusal(post(wrong, coded(coding)));
      expect([error.status, error.code]).toEqual([400, 'invalid_value']);
      expect(error.message).toContain("'content-encoding'");
    }
  });

  test('is held to the limit unpacked: exactly the limit is read, a byte more is not', async () => {
    const text = `"${'x'.repeat(998)}"`;
    expect(await read(post(pack(toBytes(text)), coded(coding)), 1000)).toBe('x'.repeat(998));
    const error = await refusal(post(pack(toBytes(`${text} `)), coded(coding)), 1000);
    expect([error.status, error.code]).toEqual([413, 'body_too_large']);
  });

  test('that would unpack to 50 MB is refused, and nothing like it is held', async () => {
    const bomb = pack(new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal(post(bomb, coded(coding)))).status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });
});

describe('codings', () => {
  const twice = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(brotliCompressSync(gzipSync(bytes)));

  test('that follow each other are undone from the last to the first', async () => {
    expect(await read(post(twice(toBytes('[1]')), coded('gzip, br')))).toEqual([1]);
    expect((await refusal(post(twice(toBytes('[1]')), coded('br, gzip')))).status).toBe(400);
    expect((await refusal(post(twice(new Uint8Array(5_000_000)), coded('gzip, br')))).status).toBe(413);
  });

  test.each(['identity', '', ' , ', 'Identity, identity'])('%j change nothing', async (coding) => {
    expect(await read(post('[1]', coded(coding)))).toEqual([1]);
  });

  test.each([
    ['compress', 'compress'],
    ['gzip, lzma', 'lzma'],
    ['gzip, gzip, gzip, gzip', 'gzip, gzip, gzip, gzip'],
    ['*', '*'],
  ])('%j are refused before anything is read, with those that are read', async (coding, told) => {
    const request = post(stream([toBytes('[1]')]), coded(coding));
    const error = await refusal(request);
    expect([error.status, error.code]).toEqual([415, 'unsupported_media_type']);
    expect(error.message).toContain(`'content-encoding: ${told}'`);
    expect(error.options.headers).toEqual({ 'accept-encoding': 'gzip, deflate, br, zstd' });
    expect(request.bodyUsed).toBe(false);
  });
});

describe('characters', () => {
  const typed = (charset: string): Record<string, string> => ({
    'content-type': `application/json; charset=${charset}`,
  });

  test('a byte order mark in front and blank lines behind are passed over', async () => {
    expect(await read(post('\ufeff[1]\n\n'))).toEqual([1]);
  });

  test.each(['utf-8', 'UTF8', '"utf-8"', 'us-ascii', 'iso-8859-1'])(
    'that %s and UTF-8 share are read',
    async (charset) => {
      expect(await read(post('["a"]', typed(charset)))).toEqual(['a']);
    },
  );

  test.each([
    ['iso-8859-1', Uint8Array.of(0x22, 0xfc, 0x22)],
    ['UTF-16LE', Uint8Array.of(0x22, 0, 0x41, 0, 0x22, 0)],
  ])('of %s that are no UTF-8 are refused by the charset', async (charset, bytes) => {
    const error = await refusal(post(bytes, typed(charset)));
    expect(error.status).toBe(415);
    expect(error.message).toContain(`charset=${charset}`);
    expect(error.message).toContain('UTF-8');
  });

  test('a body that trickles is refused when its time is over, and its sender is told to stop', async () => {
    let isCancelled = false;
    const body: ReadableStream<Uint8Array> = new ReadableStream({
      type: 'bytes',
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"a":')),
      cancel: () => void (isCancelled = true),
    });
    const startedAt = performance.now();
    expect(await refusal(post(body), undefined, 50)).toMatchObject({ code: 'request_timeout', status: 408 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(isCancelled).toBe(true);
  });

  test.each([
    ['depth', `{"messages":${'['.repeat(100)}${']'.repeat(100)}}`],
    ['entries', `{"messages":[${'{},'.repeat(20_000)}{}]}`],
    ['values', `{"messages":[${`[${'1,'.repeat(9000)}1],`.repeat(8)}1]}`],
    ['numberChars', `{"messages":${'1'.repeat(500)}}`],
  ])('a body beyond the limit of %s is refused before it is parsed, with its field', async (_limit, body) => {
    expect(await refusal(post(body))).toMatchObject({
      code: 'invalid_value',
      message: expect.stringMatching(/'messages'.*\. (Send|Nest)/),
      options: { param: 'messages' },
    });
  });
});
