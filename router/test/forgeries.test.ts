// Homes that write more than their own words: nothing of it reaches a caller, and the answer goes on at an honest home.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listModel } from './ask.ts';
import { FORGED, forgeEvents } from './forge-events.ts';
import type { Forgery } from './forge-events.ts';
import { RawNode, RAW_DIGEST } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const PARIS = '48.9,2.4,FR';
const NAMES = forgeEvents({ id: '', created: 0, model: '' }).map(({ name }) => name);

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let client: OpenAI;

beforeAll(async () => {
  stack = await startStack({ timings: { coolingMs: 1 } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(1e9);
  client = new OpenAI({
    baseURL: `${stack.url}/v1`,
    apiKey: caller.apiKey,
    defaultHeaders: { 'x-irori-place': PARIS },
    maxRetries: 0,
  });
  await open('40,2.4,ES', goOn);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST, homes: 1 });
});

afterAll(() => stack?.stop());

async function open(place: string, onJob: (job: RawJob) => void): Promise<RawNode> {
  const home = await RawNode.join(stack, owner, { place });
  home.onJob = onJob;
  home.sendState(32, [{ resume: 'text' }]);
  return home;
}

/** The honest home: it begins or goes on, and ends well. */
function goOn(job: RawJob): void {
  job.head().say(' and on', 2).end(job.receipt());
}

/** Calls until a new home in the caller's city was given the job. One that has lied before is left alone. */
async function callBeside<T>(onJob: (job: RawJob) => void, call: () => Promise<T>): Promise<T> {
  let hasLied = false;
  const liar = await open(PARIS, (job) => {
    hasLied = true;
    onJob(job);
  });
  try {
    return await until('a job for the home beside', async () => {
      const told = await call();
      return hasLied ? { told } : null;
    }).then(({ told }) => told);
  } finally {
    await liar.close();
  }
}

const body = { model: MODEL, messages: [{ role: 'user' as const, content: 'hello' }], max_tokens: 40 };

const forge = (job: RawJob, name: string): Forgery => forgeEvents(job.frame.chunk).find((one) => one.name === name)!;

describe('what is no word of an answer', () => {
  test.each(NAMES)('%s in mid-answer reaches no reader of the stream', async (name) => {
    const chunks = await callBeside(
      (job) => {
        job.head().say('so far', 2);
        const { events, isThinking = false } = forge(job, name);
        job.sayBytes(events, { isThinking, tokens: 40 });
        job.end(job.receipt());
      },
      () => readAll(client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })),
    );
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe('so far and on');
    expect(JSON.stringify(chunks)).not.toContain(FORGED);
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null).filter(Boolean)).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({
      usage: { completion_tokens: 4 },
      irori: { attempts: 2, resumed: 'same-model' },
    });
  });

  // The first event of an answer may well tell the role.
  test.each(NAMES.filter((name) => name !== 'the role again'))(
    '%s as the first of an answer reaches no body',
    async (name) => {
      const whole = await callBeside(
        (job) => {
          const { events, isThinking = false } = forge(job, name);
          job.head().sayBytes(events, { isThinking });
          job.end(job.receipt());
        },
        () => client.chat.completions.create(body),
      );
      expect(whole.choices).toEqual([
        {
          index: 0,
          message: { role: 'assistant', content: ' and on', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ]);
      expect(JSON.stringify(whole)).not.toContain(FORGED);
      expect(whole).toMatchObject({ usage: { completion_tokens: 2 }, irori: { attempts: 2 } });
    },
  );
});

describe('tokens', () => {
  test('a first frame that claims all of them ends nothing: the answer goes on at the next home', async () => {
    const chunks = await callBeside(
      (job) => job.head().say('so far', 40).fault('internal'),
      () => readAll(client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })),
    );
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('so far and on');
    expect(chunks.at(-1)).toMatchObject({ usage: { completion_tokens: 8 }, irori: { attempts: 2 } });
  });

  test('an answer that goes on past them ends there, well, and costs no more', async () => {
    const chunks = await callBeside(
      (job) => {
        job.head();
        for (let i = 0; i < 200; i++) job.say(' word', 1);
      },
      () => readAll(client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })),
    );
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(' word'.repeat(40));
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['length']);
    expect(chunks.at(-1)).toMatchObject({ usage: { completion_tokens: 40 }, irori: { attempts: 1 } });
  });
});

async function readAll(
  asked: Promise<AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>>,
): Promise<OpenAI.Chat.Completions.ChatCompletionChunk[]> {
  const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
  for await (const chunk of await asked) chunks.push(chunk);
  return chunks;
}
