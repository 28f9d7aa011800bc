// Requests as long as pictures make them, through the whole network: byte for byte, in pieces on the way to the home, and none that takes more than its share.
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MIB = 1024 * 1024;
const MAX_BODY_BYTES = 8 * MIB;
const CHAT = '/v1/chat/completions';

let stack: Stack;
let server: AbleServer;
let owner: TestAccount;

beforeAll(async () => {
  [stack, server] = await Promise.all([startStack({ timings: { turnWaitMs: 20_000 } }), startAbleServer({ slots: 8 })]);
  owner = await stack.makeAccount();
  await stack.startAgent({ owner, args: ['--backend', server.url, '--models', ABLE_MODEL, '--slots', '8'] });
  await stack.waitForModel(owner, ABLE_MODEL);
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

/** A picture of so many bytes as a data URI. */
function makePhoto(bytes: number): string {
  return `data:image/png;base64,${randomBytes(bytes).toString('base64')}`;
}

function withPhoto(url: string, more: object = {}): object {
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url, detail: 'high' } },
  ];
  return { model: ABLE_MODEL, messages: [{ role: 'user', content }], ...more };
}

const ask = (body: object, key = owner.apiKey): Promise<Response> => stack.call(CHAT, { key, body });
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Digests of the pictures that the model server was shown. */
function shown(): string[] {
  const chats = server.seen.filter(({ path }) => path === '/v1/chat/completions');
  return chats.flatMap(({ body }) =>
    (body as { messages: { content: string | { image_url?: { url: string } }[] }[] }).messages.flatMap(({ content }) =>
      typeof content === 'string' ? [] : content.flatMap(({ image_url: image }) => (image ? [digest(image.url)] : [])),
    ),
  );
}

describe('a photo', () => {
  test('of 2 MB reaches the model server byte for byte, for a whole answer and for a stream', async () => {
    for (const [stream, end] of [
      [false, '}'],
      [true, 'data: [DONE]\n\n'],
    ] as const) {
      const url = makePhoto(2_000_000);
      const response = await ask(withPhoto(url, { stream }));
      const text = await response.text();
      expect([response.status, text.slice(-end.length)]).toEqual([200, end]);
      expect(shown()).toContain(digest(url));
    }
  });

  test('as large as a body may be is taken', async () => {
    const url = makePhoto(Math.floor((MAX_BODY_BYTES - 1000) * 0.75));
    const response = await ask(withPhoto(url));
    expect([response.status, response.status === 200 || (await response.text()).slice(0, 300)]).toEqual([200, true]);
    expect(shown()).toContain(digest(url));
  });

  test('of 2 MB in each of five calls at once reaches it five times', async () => {
    const urls = Array.from({ length: 5 }, () => makePhoto(2_000_000));
    const answers = await Promise.all(urls.map((url) => ask(withPhoto(url, { stream: true }))));
    await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(shown()).toEqual(expect.arrayContaining(urls.map(digest)));
  });
});

describe('a body above the limit', () => {
  test('is refused by its length, before any of it is sent', async () => {
    const told = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${owner.apiKey}`,
        'content-type': 'application/json',
        'content-length': MAX_BODY_BYTES + 1,
      };
      const outgoing = httpRequest(`${stack.url}${CHAT}`, { method: 'POST', headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, text });
          outgoing.destroy();
        });
      });
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
    expect(told.status).toBe(413);
    expect(told.text).toContain('8388608 bytes (8 MiB)');
  });
});

describe('a sender who does not wait to be asked', () => {
  test.each([9, 16])('reads the refusal though it sends all of %i MiB', async (mib) => {
    for (let i = 0; i < 5; i++) {
      const response = await ask({ model: ABLE_MODEL, messages: [{ role: 'user', content: 'x'.repeat(mib * MIB) }] });
      expect([response.status, (await response.text()).includes('body_too_large')]).toEqual([413, true]);
    }
  });
});

describe('many large bodies of one account', () => {
  test('wait or are refused, while a small call of another is answered', async () => {
    const url = makePhoto(5_000_000);
    const other = await stack.makeAccount(1_000_000);
    const large = Array.from({ length: 8 }, () =>
      ask(withPhoto(url)).then(async (one) => [one.status, await one.text()]),
    );
    const startedAt = performance.now();
    const small = await stack.call('/v1/models', { key: other.apiKey });
    const own = await ask({ model: ABLE_MODEL, messages: [{ role: 'user', content: 'hi' }] });
    expect([small.status, own.status]).toEqual([200, 200]);
    await own.text();
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    const statuses = (await Promise.all(large)).map(([status]) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    expect(statuses).toContain(200);
  });
});
