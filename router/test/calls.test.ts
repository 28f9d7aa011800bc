// Calls of tools over the wire: what is charged, what the receipt says, and what becomes of them where a home is lost before or in the middle of one.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { learnDigest, listModel } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { giveBack, giveBackAll, lose, startHomes } from './homes.ts';
import type { Home } from './homes.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/able';
const GRANTED = 10_000_000;
const PARIS = '48.9,2.4,FR';
const CITIES = [PARIS, '40.7,-74,US'];
/** Between two pieces of a server whose home is about to be lost. */
const SLOW_MS = 200;
const LONG = { type: 'object', properties: { city: { const: 'a long name, told in many pieces: '.repeat(20) } } };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: LONG } }];
const messages = [{ role: 'user', content: 'call get_weather' }];

let stack: Stack;
let caller: TestAccount;
let books: Books;
const servers: AbleServer[] = [];
let homes: Home[];

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 1000 } });
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  for (const _ of CITIES) servers.push(await startAbleServer());
  homes = await startHomes(
    stack,
    owner,
    CITIES.map((place, i) => ({ place, args: ['--backend', servers[i]!.url] })),
  );
  const digest = await learnDigest(stack, owner, ABLE_MODEL);
  await listModel(stack, { owner, id: MODEL, digest, homes: CITIES.length });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.stop();
});

/** A home that was lost rests for a while: an answer that ends well sets it free again. */
beforeEach(async () => {
  await giveBackAll();
  for (const server of servers) server.gapMs = 0;
  await until('a rested home', async () => {
    const answer = await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] });
    await answer.text();
    return answer.headers.get('x-irori-node') === homes[0]!.node;
  });
  await books.start();
});

function post(path: string, body: object): Promise<Response> {
  return stack.call(path, { key: caller.apiKey, body: { model: MODEL, ...body }, place: PARIS });
}

interface Told {
  readonly type?: string;
  readonly choices?: readonly {
    readonly delta: {
      readonly content?: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly { readonly id?: string; readonly function: { readonly arguments?: string } }[];
    };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly error?: { readonly code: string };
  readonly irori?: { readonly attempts: number; readonly charge_micro: number };
}

/** Reads a stream to its end; once `isEnough` of it has come, the nearest home is killed. */
async function readKilling(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let killed: Promise<void> | null = null;
  for await (const bytes of response.body!) {
    text += decoder.decode(bytes, { stream: true });
    if (!killed && isEnough(text)) killed = lose(stack, homes[0]!, 'kill');
  }
  expect(killed).not.toBeNull();
  await killed;
  return text;
}

function eventsOf(text: string): Told[] {
  const data = text.split('\n').filter((line) => line.startsWith('data: {'));
  return data.map((line) => JSON.parse(line.slice('data: '.length)) as Told);
}

function argumentsOf(events: readonly Told[]): string {
  const pieces = events.flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? []);
  return pieces.map((piece) => piece.function.arguments ?? '').join('');
}

const WHOLE = { city: LONG.properties.city.const };

describe('a call', () => {
  test.each([false, true])(
    'is charged as output, and its receipt says that it is complete, streamed %s',
    async (stream) => {
      const more = stream ? { stream, stream_options: { include_usage: true } } : {};
      const response = await post('/v1/chat/completions', { messages, tools, ...more });
      const text = await response.text();
      const { usage, irori } = stream ? eventsOf(text).at(-1)! : (JSON.parse(text) as Told);
      const given = stream
        ? argumentsOf(eventsOf(text))
        : JSON.parse(text).choices[0].message.tool_calls[0].function.arguments;
      expect(JSON.parse(given)).toEqual(WHOLE);
      // A piece of six characters is a token to the server; the router weighs what stands in them.
      expect(usage!.completion_tokens).toBeGreaterThan(100);
      const charge = usage!.prompt_tokens + 2 * usage!.completion_tokens;
      expect(irori!.charge_micro).toBe(charge);
      expect(await books.faultsAfter(movedBy(charge))).toEqual([]);
      const row = { outcome: 'complete', outputTokens: usage!.completion_tokens };
      expect(await findReceiptRows(stack, response.headers.get('x-irori-job')!)).toMatchObject([row]);
    },
  );
});

describe('a home that is lost in the middle of a call', () => {
  const hasCall = (text: string): boolean => /long|name/.test(text);
  const broken = async (path: string, body: object): Promise<string> => {
    servers[0]!.gapMs = SLOW_MS;
    const text = await readKilling(await post(path, { ...body, stream: true }), hasCall);
    // Nobody began it anew behind what its caller has read, and nobody pays.
    expect(servers[1]!.seen).toHaveLength(0);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
    return text;
  };
  beforeEach(() => void servers[1]!.seen.splice(0));

  test('ends a chat with an error chunk and no [DONE]', async () => {
    const text = await broken('/v1/chat/completions', { messages, tools });
    expect(text).not.toContain('[DONE]');
    expect(eventsOf(text).at(-1)).toMatchObject({
      error: { code: 'home_failed' },
      choices: [{ finish_reason: 'error' }],
    });
  });

  test('ends a response with response.failed', async () => {
    const flat = tools.map(({ type, function: called }) => ({ type, ...called }));
    const text = await broken('/v1/responses', { input: 'call get_weather', tools: flat });
    expect(text).not.toContain('response.completed');
    expect(eventsOf(text).at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed' } });
  });

  test('ends a message with event: error', async () => {
    const named = [{ name: 'get_weather', input_schema: LONG }];
    const text = await broken('/v1/messages', { messages, tools: named, max_tokens: 1000 });
    expect(text).not.toContain('message_stop');
    expect(text).toMatch(/event: error\ndata: \{"type":"error".*\n\n$/);
  });

  test('is begun anew by another where nobody has read it: the caller pays for the one that it gets', async () => {
    servers[0]!.gapMs = SLOW_MS;
    const pending = post('/v1/chat/completions', { messages, tools });
    // What a home gathers of an answer in one piece leaves it once a second.
    await until('the call to be asked for', () => servers[0]!.seen.length > 0);
    await new Promise((wake) => setTimeout(wake, 1500));
    await lose(stack, homes[0]!, 'kill');
    const { choices, usage, irori } = (await (await pending).json()) as Record<string, any>;
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{}] } });
    expect(JSON.parse(choices[0].message.tool_calls[0].function.arguments)).toEqual(WHOLE);
    expect(irori.attempts).toBe(2);
    expect(await books.faultsAfter(movedBy(usage.prompt_tokens + 2 * usage.completion_tokens))).toEqual([]);
  });
});

test('a home that is lost before its call: another thinks anew and calls, in the same stream', async () => {
  servers[0]!.gapMs = SLOW_MS;
  const response = await post('/v1/chat/completions', { messages, tools, reasoning_effort: 'high', stream: true });
  const events = eventsOf(await readKilling(response, (text) => text.includes('reasoning_content')));
  expect(JSON.parse(argumentsOf(events))).toEqual(WHOLE);
  const ids = events.flatMap(({ choices }) => choices?.[0]?.delta.tool_calls?.[0]?.id ?? []);
  expect(ids).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ irori: { attempts: 2 }, choices: [{ finish_reason: 'tool_calls' }] });
});

test('a home that is lost in the text before its call: another writes the rest, and calls', async () => {
  servers[0]!.gapMs = SLOW_MS;
  const content = 'say all of this, and then call get_weather';
  const asked = { messages: [{ role: 'user', content }], tools, stream: true, stream_options: { include_usage: true } };
  const response = await post('/v1/chat/completions', asked);
  const events = eventsOf(await readKilling(response, (text) => /\ball\b/.test(text)));
  const texts = events.map(({ choices }) => choices?.[0]?.delta.content ?? '');
  expect(texts.join('')).toBe(`You said: ${content}`);
  expect(JSON.parse(argumentsOf(events))).toEqual(WHOLE);
  const finishes = events.flatMap(({ choices }) => choices?.[0]?.finish_reason ?? []);
  expect(finishes).toEqual(['tool_calls']);
  expect(events.at(-1)).toMatchObject({ irori: { attempts: 2, resumed: 'same-model' } });
});

test('a home that is lost before it said anything: another gives the whole call', async () => {
  await lose(stack, homes[0]!, 'pause');
  const response = await post('/v1/chat/completions', { messages, tools, stream: true });
  expect(JSON.parse(argumentsOf(eventsOf(await response.text())))).toEqual(WHOLE);
  await giveBack(homes[0]!, 'pause');
});
