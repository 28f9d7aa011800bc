// Every way a call can fail, as the official `openai` client raises it: its own error class, the status, the field, when to retry.
import OpenAI from 'openai';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
let account: TestAccount;
let models: ModelServer;
let client: OpenAI;

const HELLO = [{ role: 'user' as const, content: 'Hello' }];

beforeAll(async () => {
  [stack, models] = await Promise.all([
    startStack({ timings: { resumeWaitMs: 500 } }),
    startModelServer({ models: ['say-8x0', 'doomed'] }),
  ]);
  account = await stack.makeAccount();
  await startHome('say-*', 4);
  client = clientOf(account);
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

function clientOf({ apiKey }: { apiKey: string }): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
}

async function startHome(pattern: string, slots: number): ReturnType<Stack['startAgent']> {
  const args = ['--backend', models.url, '--models', pattern, '--slots', String(slots)];
  const agent = await stack.startAgent({ owner: account, args });
  await stack.waitForModel(account, pattern);
  return agent;
}

/** What a call raises; fails when it raises nothing. */
async function raised(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(OpenAI.APIError);
  return error as InstanceType<typeof OpenAI.APIError>;
}

async function ask(
  settings: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>,
  as = client,
): Promise<InstanceType<typeof OpenAI.APIError>> {
  return raised(as.chat.completions.create({ model: 'say-3x0', messages: HELLO, ...settings }));
}

async function putModel(id: string, fields: object): Promise<void> {
  const body = { digests: ['0'.repeat(64)], price_in: 0, price_out: 0, context_tokens: 4096, max_output_tokens: 1000 };
  expect((await stack.admin('PUT', `/models/${id}`, { ...body, ...fields })).status).toBe(200);
}

describe('before the first byte', () => {
  test('a wrong value is a BadRequestError that names the field', async () => {
    const error = await ask({ temperature: 3 });
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      param: 'temperature',
      code: 'invalid_value',
      type: 'invalid_request_error',
    });
    expect(error.requestID).toMatch(/^req_[0-9a-f]{32}$/);
  });

  test('an unknown key is an AuthenticationError', async () => {
    const error = await ask({}, clientOf({ apiKey: 'sk-of-somebody-else' }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(error.requestID).toMatch(/^req_/);
  });

  test('what is refused before a large body is read is told all the same', async () => {
    const url = `data:image/png;base64,${'A'.repeat(4_000_000)}`;
    const messages = [{ role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url } }] }];
    const disabled = await stack.makeAccount();
    await stack.admin('POST', `/accounts/${disabled.id}/disable`);
    const body = { model: 'say-3x0', messages };
    const stranger = clientOf({ apiKey: 'sk-of-somebody-else' });
    for (let i = 0; i < 3; i++) {
      expect(await ask({ messages }, stranger)).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(await ask({ messages }, clientOf(disabled))).toBeInstanceOf(OpenAI.PermissionDeniedError);
      expect(await raised(client.post('/nothing/here', { body }))).toMatchObject({ status: 404 });
      expect(await raised(client.put('/chat/completions', { body }))).toMatchObject({ status: 405 });
      const headers = { 'content-type': 'text/plain' };
      expect(await raised(client.post('/chat/completions', { body, headers }))).toMatchObject({ status: 415 });
    }
  });

  test('too little credit is an APIError with status 402, and what is held comes back', async () => {
    await putModel('priced', { price_in: 1_000_000, price_out: 1_000_000 });
    const poor = await stack.makeAccount(50);
    const error = await ask({ model: 'priced', max_tokens: 100 }, clientOf(poor));
    expect(error).toMatchObject({ status: 402, code: 'insufficient_credit', type: 'insufficient_quota' });
    const usage = await (await stack.call('/v1/usage', { key: poor.apiKey })).json();
    expect(usage).toMatchObject({ balance_micro: 50, held_micro: 0, available_micro: 50 });
  });

  test('a disabled account is a PermissionDeniedError', async () => {
    const other = await stack.makeAccount();
    await clientOf(other).models.list();
    await stack.admin('POST', `/accounts/${other.id}/disable`);
    const error = await ask({}, clientOf(other));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code: 'account_disabled' });
  });

  test('an unknown model or path is a NotFoundError', async () => {
    const model = await ask({ model: 'no-such-model' });
    expect(model).toBeInstanceOf(OpenAI.NotFoundError);
    expect(model).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    const path = await raised(client.get('/nothing/here'));
    expect(path).toBeInstanceOf(OpenAI.NotFoundError);
    expect(path).toMatchObject({ status: 404, code: 'unknown_path' });
    expect(path.requestID).toMatch(/^req_/);
  });

  test('a catalogue model that no home has is an InternalServerError 503', async () => {
    await putModel('nobodys', {});
    const error = await ask({ model: 'nobodys' });
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 503, code: 'no_node_online', type: 'server_error' });
    expect(error.headers?.get('retry-after')).toMatch(/^\d+$/);
  });

  test('a home whose model server fails is an InternalServerError 502', async () => {
    const error = await ask({ model: 'say-3x0-status500' });
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'home_failed' });
    const streamed = await raised(
      client.chat.completions.create({ model: 'say-3x0-status500', messages: HELLO, stream: true }),
    );
    expect(streamed).toMatchObject({ status: 502, code: 'home_failed' });
  });

  test('with every slot taken a RateLimitError says when to retry, and a free slot ends it', async () => {
    const owner = await stack.makeAccount();
    const args = ['--backend', models.url, '--models', 'say-*', '--slots', '1'];
    await stack.startAgent({ owner, args });
    await stack.waitForModel(owner, 'say-*');
    const theirs = clientOf(owner);
    const stop = new AbortController();
    const running = await theirs.chat.completions.create(
      { model: 'say-5000x20', messages: HELLO, stream: true },
      { signal: stop.signal },
    );
    await running[Symbol.asyncIterator]().next();
    const error = await ask({}, theirs);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'all_homes_busy', type: 'rate_limit_error' });
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(error.requestID).toMatch(/^req_/);
    stop.abort();
    const retried = await until('the freed slot answers', () =>
      theirs.chat.completions.create({ model: 'say-3x0', messages: HELLO }).catch((cause: unknown) => {
        if (cause instanceof OpenAI.RateLimitError) return null;
        throw cause;
      }),
    );
    expect(retried.choices[0]?.message.content).toBe(' word0 word1 word2');
  });
});

describe('after the first byte', () => {
  /** Reads a raw stream until its end; true text, since the client hides what it cannot parse. */
  async function readRaw(model: string, prompt: string, onFirst: () => void): Promise<string> {
    const response = await stack.call('/v1/chat/completions', {
      key: account.apiKey,
      body: { model, messages: [{ role: 'user', content: prompt }], stream: true },
    });
    let text = '';
    for await (const bytes of response.body!.pipeThrough(new TextDecoderStream())) {
      if (text === '') onFirst();
      text += bytes;
    }
    return text;
  }

  test('a home that is killed ends the stream with an error the client raises, and no [DONE]', async () => {
    const home = await startHome('doomed', 4);
    const stream = await client.chat.completions.create({
      model: 'doomed',
      messages: [{ role: 'user', content: 'say-3000x10' }],
      stream: true,
    });
    const seen: ChatCompletionChunk[] = [];
    const read = (async () => {
      for await (const chunk of stream) seen.push(chunk);
    })();
    const raw = readRaw('doomed', 'say-3000x10', () => void home.signal('SIGKILL'));
    const error = await raised(read);
    expect(error).toMatchObject({ code: 'home_failed', type: 'server_error' });
    expect(error.status).toBeUndefined();
    expect(seen.length).toBeGreaterThan(0);
    const text = await raw;
    expect(text).not.toContain('[DONE]');
    const last = JSON.parse(text.trimEnd().split('\n\n').at(-1)!.slice(6)) as {
      error: { code: string };
      choices: { finish_reason: string }[];
    };
    expect(last.error.code).toBe('home_failed');
    expect(last.choices[0]?.finish_reason).toBe('error');
  });

  test('a model server that breaks off ends the stream with an error, and a whole answer with 502', async () => {
    const text = await readRaw('say-3x0', 'say-20x5-die4', () => undefined);
    expect(text).toContain(' word0');
    expect(text).not.toContain('[DONE]');
    expect(text).toContain('"code":"home_failed"');
    expect(await ask({ model: 'say-20x5-die4' })).toMatchObject({ status: 502, code: 'home_failed' });
  });
});
