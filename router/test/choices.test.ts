// Several answers to one call, and how likely their tokens were, as the official client has them through the real network; and what they cost.
import OpenAI from 'openai';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChoiceFacts } from '../relay/merge-facts.ts';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { learnDigest, listModel } from './ask.ts';
import { isLedgerSound, readUsage } from './books.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/able';
const GRANTED = 10_000_000;
const WORDS = ['You ', 'said: ', 'Name ', 'three ', 'foxes.'];
const ASKED = {
  model: MODEL,
  messages: [{ role: 'user' as const, name: 'mika', content: 'Name three foxes.' }],
  max_tokens: 50,
};

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let able: AbleServer;
let client: OpenAI;

beforeAll(async () => {
  [stack, able] = await Promise.all([startStack(), startAbleServer()]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  await stack.startAgent({ owner, args: ['--backend', able.url], place: '48.9,2.4,FR' });
  const digest = await learnDigest(stack, owner, ABLE_MODEL);
  await listModel(stack, { owner, id: MODEL, digest });
  client = new OpenAI({ apiKey: caller.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await stack?.stop();
  await able?.stop();
});

type Told<T> = T & { readonly irori: ChoiceFacts };
type Seen = Record<string, unknown> & { messages: unknown[] };

function lastSeen(count: number): Seen[] {
  return able.seen
    .filter(({ path }) => path === '/v1/chat/completions')
    .slice(-count)
    .map(({ body }) => body as Seen);
}

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly ChatCompletionChunk[], index: number): string {
  const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
  return own.map(({ delta }) => delta.content ?? '').join('');
}

/** Until the caller's account has moved by so much since then, holds nothing, and agrees with all books. */
async function expectMoved(since: number, charge: number): Promise<void> {
  expect(since - (await readBalance())).toBe(charge);
}

/** Once all that was called before is settled. */
async function readBalance(): Promise<number> {
  await until('settled books', async () => (await readUsage(stack, caller)).held_micro === 0 && isLedgerSound(stack));
  return (await readUsage(stack, caller)).balance_micro;
}

/** The usage, the facts and the books say the same; the prompt is paid for once. */
async function expectCharged(usage: OpenAI.CompletionUsage, irori: ChoiceFacts, since: number): Promise<void> {
  const charge = usage.prompt_tokens + 2 * usage.completion_tokens;
  expect(new Set(irori.choices.map(({ job }) => job)).size).toBe(irori.choices.length);
  expect(irori).toMatchObject({ charge_micro: charge, output_tokens: usage.completion_tokens });
  await expectMoved(since, charge);
}

describe('three answers to one call', () => {
  test('given whole: one id, three choices, the prompt counted and charged once', async () => {
    const since = await readBalance();
    const { data, response } = await client.chat.completions.create({ ...ASKED, n: 3, seed: 40 }).withResponse();
    const answer = data as Told<OpenAI.ChatCompletion>;
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { message, finish_reason: finish } of answer.choices)
      expect([message.content, finish]).toEqual([WORDS.join(''), 'stop']);
    const seen = lastSeen(3);
    expect(new Set(seen.map(({ seed }) => seed))).toEqual(new Set([40, 41, 42]));
    expect(answer.usage?.completion_tokens).toBe(3 * WORDS.length);
    expect(response.headers.get('x-irori-job')).toBe(answer.irori.choices[0]?.job);
    expect(answer.irori.choices).toHaveLength(3);
    await expectCharged(answer.usage!, answer.irori, since);
  });

  test('streamed: each has its index, role, text and reason; one usage and one word of facts end all of it', async () => {
    const since = await readBalance();
    const body = { ...ASKED, n: 3, stream: true as const, stream_options: { include_usage: true } };
    const chunks = await collect(await client.chat.completions.create(body));
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    for (const index of [0, 1, 2]) {
      const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(textOf(chunks, index)).toBe(WORDS.join(''));
      expect(own.map(({ delta }) => delta.role).filter(Boolean)).toEqual(['assistant']);
      expect(own[0]?.delta.role).toBe('assistant');
      expect(own.map(({ finish_reason: finish }) => finish).filter(Boolean)).toEqual(['stop']);
    }
    const told = chunks.filter((chunk) => 'irori' in chunk || chunk.usage) as Told<ChatCompletionChunk>[];
    expect(told).toEqual([chunks.at(-1)]);
    expect(told[0]?.choices).toEqual([]);
    expect(told[0]?.usage?.completion_tokens).toBe(3 * WORDS.length);
    expect(told[0]!.irori.choices).toHaveLength(3);
    await expectCharged(told[0]!.usage!, told[0]!.irori, since);
  });

  test('streamed without usage: the last chunk has the facts of all', async () => {
    const since = await readBalance();
    const chunks = await collect(await client.chat.completions.create({ ...ASKED, n: 2, stream: true }));
    expect(chunks.some(({ usage }) => usage)).toBe(false);
    const told = chunks.filter((chunk) => 'irori' in chunk) as Told<ChatCompletionChunk>[];
    expect(told).toEqual([chunks.at(-1)]);
    const { irori, choices } = told[0]!;
    expect(choices[0]?.finish_reason).toBe('stop');
    const receipts = await Promise.all(
      irori.choices.map(({ job }) => until('its receipt', () => client.get(`/receipts/${job}`).catch(() => null))),
    );
    const charged = receipts.map((one) => (one as { data: { charge_micro: number }[] }).data[0]!.charge_micro);
    expect(charged).toEqual(irori.choices.map(({ charge_micro }) => charge_micro));
    await expectMoved(
      since,
      charged.reduce((sum, one) => sum + one, 0),
    );
  });

  test('more than a home answers at once take turns there, for longer than one call would wait', async () => {
    able.gapMs = 150;
    const { choices } = await client.chat.completions.create({ ...ASKED, n: 8 }).finally(() => (able.gapMs = 0));
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual(
      Array.from({ length: 8 }, (_, index) => [index, WORDS.join('')]),
    );
    const none = client.chat.completions.create({ ...ASKED, n: 9 });
    await expect(none).rejects.toMatchObject({ status: 400, param: 'n' });
  });

  test('are held for all together, or not at all', async () => {
    const poor = await stack.makeAccount(250);
    const body = { ...ASKED, max_tokens: 50, messages: [{ role: 'user' as const, content: 'hi' }] };
    const own = new OpenAI({ apiKey: poor.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
    const refused = own.chat.completions.create({ ...body, n: 8 });
    await expect(refused).rejects.toMatchObject({ status: 402, code: 'insufficient_credit' });
    expect((await readUsage(stack, poor)).held_micro).toBe(0);
    expect((await own.chat.completions.create(body)).choices[0]?.message.content).toBe('You said: hi');
    expect(lastSeen(1)[0]?.messages).toEqual([{ role: 'user', content: 'hi' }]);
  });

  test('of which one fails: all of it is refused before the first byte, and nothing stays held', async () => {
    const since = await readBalance();
    const refused = client.chat.completions.create({
      ...ASKED,
      n: 3,
      messages: [{ role: 'tool', content: 'x', tool_call_id: 'none' }],
    });
    await expect(refused).rejects.toMatchObject({ status: 400 });
    await expectMoved(since, 0);
  });

  test('stop together when their caller leaves, who pays what was relayed of each', async () => {
    await readBalance();
    const before = (await readUsage(stack, caller)).totals;
    able.gapMs = 200;
    try {
      const stop = new AbortController();
      const long = Array.from({ length: 100 }, (_, i) => `w${i}`).join(' ');
      const messages = [{ role: 'user' as const, content: long }];
      const body = { ...ASKED, messages, n: 2, max_tokens: 150, stream: true as const };
      const seen = new Set<number>();
      const stream = await client.chat.completions.create(body, { signal: stop.signal });
      for await (const { choices } of stream) {
        if (choices[0]?.delta.content) seen.add(choices[0].index);
        if (seen.size === 2) break;
      }
      const { totals } = await until('both to be booked', async () => {
        const usage = await readUsage(stack, caller);
        return usage.held_micro === 0 && usage.totals.jobs === before.jobs + 2 ? usage : null;
      });
      const output = totals.completion_tokens - before.completion_tokens;
      expect(output).toBeGreaterThanOrEqual(2);
      expect(output).toBeLessThan(100);
      const charged = totals.charged_micro - before.charged_micro;
      expect(charged).toBe(totals.prompt_tokens - before.prompt_tokens + 2 * output);
    } finally {
      able.gapMs = 0;
    }
  });
});

describe('one of them breaks off past rescue', () => {
  const long = Array.from({ length: 40 }, (_, i) => `w${i}`).join(' ');
  const body = { ...ASKED, messages: [{ role: 'user' as const, content: long }], n: 3, seed: 100, resume: 'off' };

  beforeEach(() => void ([able.gapMs, able.brokenSeed] = [30, 101]));
  afterEach(() => void ([able.gapMs, able.brokenSeed] = [0, null]));

  test('a stream ends there with the error; the others are stopped, and what they gave is charged', async () => {
    await readBalance();
    const before = await readUsage(stack, caller);
    const response = await stack.call('/v1/chat/completions', { key: caller.apiKey, body: { ...body, stream: true } });
    expect(response.status).toBe(200);
    const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('data: '));
    const chunks = events.map((event) => JSON.parse(event.slice(6)) as ChatCompletionChunk & { error?: object });
    expect(chunks.filter(({ error }) => error)).toEqual([chunks.at(-1)]);
    expect(chunks.at(-1)).toMatchObject({
      error: { code: 'home_failed', message: expect.stringContaining('is charged') },
      choices: [{ index: 1, finish_reason: 'error' }],
    });
    const { balance_micro: left, totals } = await until('all to be booked', async () => {
      const usage = await readUsage(stack, caller);
      const isOver = usage.held_micro === 0 && usage.totals.jobs >= before.totals.jobs + 2;
      return isOver && (await isLedgerSound(stack)) ? usage : null;
    });
    const prompt = totals.prompt_tokens - before.totals.prompt_tokens;
    const [first, third] = [0, 2].map((index) => textOf(chunks, index).trim().split(' ').length);
    const charged = (before.balance_micro - left - prompt) / 2;
    // The last word of each counts with its end; a frame or two may have been on their way. What broke off is free.
    expect(charged).toBeGreaterThanOrEqual(first! + third! - 2);
    expect(charged).toBeLessThan(first! + third! + 15);
  });

  test('a whole answer is refused, and says what of the others is charged', async () => {
    const response = await stack.call('/v1/chat/completions', { key: caller.apiKey, body });
    const told = (await response.text()).trim();
    expect([200, 502]).toContain(response.status);
    expect(JSON.parse(told)).toMatchObject({
      error: { code: 'home_failed', message: expect.stringContaining('is charged') },
    });
    await until('nothing held', async () => (await readUsage(stack, caller)).held_micro === 0);
  });
});

test('a long request has as many answers as it may be long in all, and costs nothing where it has too many', async () => {
  const content = [
    { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${'A'.repeat(3_000_000)}` } },
  ];
  const asked = { ...ASKED, n: 3, messages: [{ role: 'user' as const, content }] };
  await expect(client.chat.completions.create(asked)).rejects.toMatchObject({
    status: 400,
    param: 'n',
    message: expect.stringMatching(/has 2 answers at most/),
  });
  expect((await readUsage(stack, caller)).held_micro).toBe(0);
});

describe('log probabilities', () => {
  test.each([1, 2])(
    'come with each word of %s streamed answers, as many of the likeliest as were asked for',
    async (n) => {
      const body = { ...ASKED, n, logprobs: true, top_logprobs: 3, stream: true as const };
      const chunks = await collect(await client.chat.completions.create(body));
      expect(lastSeen(1)[0]).toMatchObject({ logprobs: true, top_logprobs: 3 });
      for (let index = 0; index < n; index++) {
        const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
        const tokens = own.flatMap(({ logprobs }) => logprobs?.content ?? []);
        expect(tokens.map(({ token }) => token)).toEqual(WORDS);
        for (const { token, logprob, bytes, top_logprobs: top } of tokens) {
          expect(logprob).toBe(-0.25);
          expect(bytes).toEqual([...new TextEncoder().encode(token)]);
          expect(top.map((one) => one.token)).toEqual([token, 'other1', 'other2']);
        }
      }
    },
  );

  test('stand in a whole answer; without them it says null', async () => {
    const answer = await client.chat.completions.create({ ...ASKED, n: 2, logprobs: true });
    for (const { logprobs } of answer.choices) {
      expect(logprobs?.content?.map(({ token }) => token)).toEqual(WORDS);
      expect(logprobs?.content?.every(({ top_logprobs: top }) => top.length === 0)).toBe(true);
    }
    const plain = await client.chat.completions.create(ASKED);
    expect(plain.choices[0]?.logprobs).toBeNull();
  });

  test('reach callers of the Responses API', async () => {
    const include: OpenAI.Responses.ResponseIncludable[] = ['message.output_text.logprobs'];
    const asked = { model: MODEL, input: 'Name three foxes.', include, top_logprobs: 2 };
    const tokensOf = ({ output }: OpenAI.Responses.Response): string[] =>
      output.flatMap((item) =>
        item.type !== 'message'
          ? []
          : item.content.flatMap((part) =>
              part.type === 'output_text' ? (part.logprobs ?? []).map(({ token }) => token) : [],
            ),
      );
    expect(tokensOf(await client.responses.create(asked))).toEqual(WORDS);
    expect(tokensOf(await client.responses.stream(asked).finalResponse())).toEqual(WORDS);
  });
});

describe('what only a server can heed', () => {
  test('reaches it: who speaks, how wordy it may be, what it should like', async () => {
    await client.chat.completions.create({ ...ASKED, verbosity: 'low', logit_bias: { '42': -5 }, seed: 7 });
    const [seen] = lastSeen(1);
    expect(seen).toMatchObject({ verbosity: 'low', logit_bias: { '42': -5 }, seed: 7 });
    expect(seen?.messages).toEqual(ASKED.messages);
  });
});
