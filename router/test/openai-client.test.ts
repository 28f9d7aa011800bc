// The public API as the official `openai` client sees it: streams, whole answers, sampling, leaving early, and waiting.
import OpenAI from 'openai';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import { startModelServer, thoughts, WIDE, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
let account: TestAccount;
let models: ModelServer;
let client: OpenAI;
let longAnswer: Promise<string>;

// Asserted lengths are asked of the model server, which never ends before it was told to.
const HELLO = [{ role: 'user' as const, content: 'Hello' }];

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  account = await stack.makeAccount();
  await stack.startAgent({ owner: account });
  await stack.startAgent({
    owner: account,
    args: ['--backend', models.url, '--models', 'say-*', '--slots', '8'],
    place: '48.9,2.4,FR',
  });
  await Promise.all([stack.waitForModel(account, 'nano-demo'), stack.waitForModel(account, 'say-*')]);
  client = new OpenAI({ apiKey: account.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
  const long = client.chat.completions.create({ model: 'say-30x250', messages: HELLO, stream: true });
  longAnswer = long.then(collect).then(textOf);
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

interface ReceiptJson {
  readonly id: string;
  readonly usage: OpenAI.CompletionUsage;
  readonly charge_micro: number;
  readonly node: string;
}

async function readReceipt(jobId: string): Promise<ReceiptJson> {
  const { data } = (await client.get(`/receipts/${jobId}`)) as { data: ReceiptJson[] };
  return data[0]!;
}

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

/** The answer of the built-in model with these settings. */
async function ask(settings: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>): Promise<OpenAI.ChatCompletion> {
  return client.chat.completions.create({ model: 'nano-demo', messages: HELLO, max_tokens: 24, ...settings });
}

/** Complete events of a raw stream, each decoded by itself so that a torn character would throw. */
async function readEvents(response: Response): Promise<string[]> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const events: string[] = [];
  for (let at = 0, from = 0; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 10 || bytes[at + 1] !== 10) continue;
    events.push(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, at)));
    from = at + 2;
  }
  return events;
}

describe('a stream', () => {
  test('begins with the role, ends with a finish reason, then usage as receipted, with the facts of the network', async () => {
    const stream = await client.chat.completions.create({
      model: 'say-30x0',
      messages: HELLO,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 12,
    });
    const chunks = await collect(stream);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.slice(1).every((chunk) => chunk.choices[0]?.delta.role === undefined)).toBe(true);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    const finished = chunks.filter((chunk) => chunk.choices[0]?.finish_reason);
    expect(finished).toEqual([chunks.at(-2)]);
    expect(finished[0]?.choices[0]?.finish_reason).toBe('length');
    const last = chunks.at(-1) as ChatCompletionChunk & { irori: FinalFacts };
    expect(last.choices).toEqual([]);
    expect(last.usage?.completion_tokens).toBe(12);
    const receipt = await readReceipt(last.irori.job);
    expect(last.usage).toMatchObject(receipt.usage);
    expect(last.irori).toMatchObject({ receipt: receipt.id, node: receipt.node, attempts: 1, charge_micro: 0 });
    expect(last.irori.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(last.irori.ttft_ms).toBeGreaterThanOrEqual(0);
  });

  test('without include_usage has no usage and carries the facts in its finishing chunk', async () => {
    const stream = client.chat.completions.create({ model: 'say-3x0', messages: HELLO, stream: true });
    const { data, response, request_id } = await stream.withResponse();
    const chunks = await collect(data);
    expect(chunks.some((chunk) => chunk.usage)).toBe(false);
    expect(textOf(chunks)).toBe(' word0 word1 word2');
    const last = chunks.at(-1) as ChatCompletionChunk & { irori: FinalFacts };
    expect(last.choices[0]?.finish_reason).toBe('stop');
    expect(last.irori.country).toBe('FR');
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(JSON.parse(response.headers.get('x-irori') ?? '{}')).toMatchObject({
      job: last.irori.job,
      node: last.irori.node,
      country: 'FR',
    });
    expect(response.headers.get('x-irori-job')).toBe(last.irori.job);
  });

  test('is understood by the client’s own stream helper', async () => {
    const deltas: string[] = [];
    const helper = client.chat.completions.stream({
      model: 'say-30x0',
      messages: HELLO,
      max_tokens: 10,
      stream_options: { include_usage: true },
    });
    helper.on('content', (delta) => deltas.push(delta));
    const completion = await helper.finalChatCompletion();
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: deltas.join('') });
    expect(completion.choices[0]?.finish_reason).toBe('length');
    expect((await helper.totalUsage()).completion_tokens).toBe(10);
  });

  test('that the caller leaves stops the backend in the home', async () => {
    const stream = await client.chat.completions.create({ model: 'say-20000x5', messages: HELLO, stream: true });
    let seen = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) seen++;
      if (seen === 5) break;
    }
    const request = models.seen.find((one) => one.body['model'] === 'say-20000x5')!;
    await until('the backend stopped', () => request.abortedAt !== null);
    expect(request.isFinished).toBe(false);
    expect(request.sent).toBeLessThan(20_000);
  });

  test('that has to wait carries comments first, which the client does not see', async () => {
    const body = { model: 'say-3x0-wait1500', messages: HELLO, stream: true as const };
    const [raw, stream] = await Promise.all([
      stack.call('/v1/chat/completions', { key: account.apiKey, body }),
      client.chat.completions.create(body),
    ]);
    const events = await readEvents(raw);
    expect(events[0]).toMatch(/^(: irori\n)+data: \{.*"delta":\{"content":""\}.*$/);
    expect(events.slice(1).every((event) => event.startsWith('data: '))).toBe(true);
    expect(events.at(-1)).toBe('data: [DONE]');
    expect(textOf(await collect(stream))).toBe(' word0 word1 word2');
  });

  test.each(['say-40x2-wide', 'say-40x2-wide-torn'])('of %s never cuts a character', async (model) => {
    const wanted = words(40, ` ${WIDE}`);
    const raw = await stack.call('/v1/chat/completions', {
      key: account.apiKey,
      body: { model, messages: HELLO, stream: true },
    });
    const deltas = (await readEvents(raw))
      .filter((event) => event.startsWith('data: {'))
      .map((event) => (JSON.parse(event.slice(6)) as ChatCompletionChunk).choices[0]?.delta.content ?? '');
    expect(deltas.some((delta) => /\p{Surrogate}/u.test(delta))).toBe(false);
    expect(deltas.join('')).toBe(wanted);
    const stream = await client.chat.completions.create({ model, messages: HELLO, stream: true });
    expect(textOf(await collect(stream))).toBe(wanted);
    const whole = await client.chat.completions.create({ model, messages: HELLO });
    expect(whole.choices[0]?.message.content).toBe(wanted);
  });
});

describe('thinking', () => {
  /** The client's types do not know the field; what it parses has it. */
  const thinkingOf = (message: object | undefined): string =>
    message && 'reasoning_content' in message ? String(message.reasoning_content) : '';

  test('comes before the text of a stream, in chunks of its own, and is told apart in the usage', async () => {
    const asked = { model: 'say-3x5-think4', messages: HELLO, stream_options: { include_usage: true } };
    const chunks = await collect(await client.chat.completions.create({ ...asked, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => (choices[0] ? [choices[0].delta] : []));
    expect(deltas.map(thinkingOf).join('')).toBe(thoughts(4));
    expect(textOf(chunks)).toBe(words(3));
    expect(deltas.some((delta) => thinkingOf(delta) && delta.content)).toBe(false);
    expect(deltas.findLastIndex(thinkingOf)).toBeLessThan(deltas.findIndex(({ content }) => content));
    expect(deltas.map(({ role }) => role).filter(Boolean)).toEqual(['assistant']);
    expect(chunks.at(-1)?.usage).toMatchObject({
      completion_tokens: 7,
      completion_tokens_details: { reasoning_tokens: 4 },
    });
    const helper = client.chat.completions.stream(asked);
    expect((await helper.finalChatCompletion()).choices[0]?.message.content).toBe(words(3));
  });

  test('stands beside the content of a whole answer, and is counted in its receipt', async () => {
    const answer = await client.chat.completions.create({ model: 'say-3x0-think4', messages: HELLO });
    const { message, finish_reason } = answer.choices[0]!;
    expect([message.content, thinkingOf(message), finish_reason]).toEqual([words(3), thoughts(4), 'stop']);
    expect(answer.usage).toMatchObject({ completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 4 } });
    const { irori } = answer as OpenAI.ChatCompletion & { irori: FinalFacts };
    expect((await readReceipt(irori.job)).usage.completion_tokens).toBe(7);
  });
});

describe('a whole answer', () => {
  test('has usage as receipted, the facts in body and headers, and a request id', async () => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model: 'say-30x0', messages: HELLO, max_tokens: 9 })
      .withResponse();
    const { irori, _request_id: bodyId } = data as OpenAI.ChatCompletion & { irori: FinalFacts; _request_id: string };
    expect(data.object).toBe('chat.completion');
    expect(data.choices[0]).toMatchObject({ index: 0, finish_reason: 'length', message: { role: 'assistant' } });
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + 9);
    expect(data.usage).toMatchObject((await readReceipt(irori.job)).usage);
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(bodyId).toBe(request_id);
    expect(JSON.parse(response.headers.get('x-irori') ?? '{}')).toEqual(irori);
    expect(response.headers.get('x-irori-job')).toBe(irori.job);
  });

  test('is the same for the same seed at temperature 1, and another for another seed', async () => {
    const settings = {
      temperature: 1,
      max_tokens: 40,
      messages: [{ role: 'user' as const, content: 'Tell a story.' }],
    };
    const [first, again, other] = await Promise.all([
      ask({ ...settings, seed: 7 }),
      ask({ ...settings, seed: 7 }),
      ask({ ...settings, seed: 8 }),
    ]);
    expect(again.choices[0]?.message.content).toBe(first.choices[0]?.message.content);
    expect(other.choices[0]?.message.content).not.toBe(first.choices[0]?.message.content);
  });

  test('takes every seed that the API allows', async () => {
    for (const seed of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const answer = await ask({ seed, max_tokens: 2 });
      expect(answer.usage?.completion_tokens).toBe(2);
      const said = await ask({ model: 'say-3x0', seed });
      expect(said.choices[0]?.message.content).toBe(' word0 word1 word2');
    }
  });

  test('ends before a stop string, with finish reason stop', async () => {
    const whole = (await ask({ temperature: 0, max_tokens: 20 })).choices[0]?.message.content ?? '';
    const stop = whole.trim().split(' ')[2]!;
    const cut = await ask({ temperature: 0, max_tokens: 20, stop: [stop] });
    expect(cut.choices[0]?.message.content).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(cut.choices[0]?.finish_reason).toBe('stop');
  });

  test.each([{ max_tokens: 5 }, { max_completion_tokens: 5 }, { max_tokens: 400, max_completion_tokens: 5 }])(
    'with %o holds 5 tokens and says length',
    async (limits) => {
      const answer = await client.chat.completions.create({ model: 'say-30x0', messages: HELLO, ...limits });
      expect(answer.usage?.completion_tokens).toBe(5);
      expect(answer.choices[0]?.finish_reason).toBe('length');
    },
  );

  test('takes developer and system messages and lists of text parts', async () => {
    const answer = await client.chat.completions.create({
      model: 'say-2x0',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One.' },
            { type: 'text', text: 'Two.' },
          ],
        },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: 'Go on.' },
      ],
    });
    expect(answer.choices[0]?.message.content).toBe(' word0 word1');
    expect(models.seen.at(-1)?.body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One.\nTwo.' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'Go on.' },
    ]);
  });
});

describe('models', () => {
  test('are listed with price and homes online, the catalogue’s and the caller’s own', async () => {
    const listed = await client.models.list();
    const ids = listed.data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining(['nano-demo', 'say-*']));
    const nano = listed.data.find((model) => model.id === 'nano-demo');
    expect(nano).toMatchObject({ object: 'model', owned_by: 'irori', nodes_online: 1, context_length: 512 });
  });

  test('can be retrieved one by one', async () => {
    expect(await client.models.retrieve('nano-demo')).toMatchObject({ id: 'nano-demo', object: 'model' });
    await expect(client.models.retrieve('no-such-model')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

// Begun before all others, so that nobody waits for it.
test('a stream of seven seconds comes whole', async () => {
  expect(await longAnswer).toBe(words(30));
});
