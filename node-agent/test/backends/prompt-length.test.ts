// Prompts that are too long, and control tokens in messages, against fakes of each product. Sources: QUIRKS.md.

import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { OpenAiHttpBackend } from '../../backends/openai-http.ts';
import { sendEvents, type Chat, type FakeServer } from './fake-server.ts';
import { begin, NEVER, PLAIN, serve, share, STOP, text } from './http-kit.ts';
import { makeJob, runJob } from './jobs.ts';

const MODEL = 'm';
const ENGLISH = 'Once upon a time a fox lived in the hills, and every morning it went down to the river to drink. ';
const LONG = ENGLISH.repeat(400);
const answer = (promptTokens: number): Chat =>
  sendEvents([
    text('a'),
    STOP,
    JSON.stringify({ choices: [], usage: { prompt_tokens: promptTokens, completion_tokens: 1 } }),
    '[DONE]',
  ]);

const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};
const say =
  (value: unknown, status: number): Chat =>
  (response) =>
    json(response, value, status);
const ask = (backend: OpenAiHttpBackend, content: string, change = {}) =>
  runJob(backend, makeJob(content, { model: MODEL, ...change }));
const posted = (server: FakeServer): string[] =>
  server.asked.filter(({ method }) => method === 'POST').map(({ path }) => path);
const LIST = { object: 'list', data: [{ id: MODEL, object: 'model' }] };
const lastBody = (server: FakeServer | undefined): Record<string, unknown> =>
  JSON.parse(server?.asked.at(-1)?.body ?? '{}');

/** A tokenizer that makes a token of every two characters, but of each of these one. */
const tokensOf = (content: string, specials: readonly string[] = []): number => {
  let rest = content;
  let tokens = 0;
  for (const one of specials) {
    tokens += rest.split(one).length - 1;
    rest = rest.replaceAll(one, '');
  }
  return tokens + Math.ceil(rest.length / 2);
};

/** Products with a tokenizer at the door; `specials` are read as control tokens out of messages. */
const COUNTING: Record<
  string,
  (server: { current?: FakeServer }, specials?: readonly string[]) => Record<string, unknown>
> = {
  'llama-server': (server, specials) => ({
    '/v1/models': LIST,
    '/props': { total_slots: 1, build_info: 'b8000', default_generation_settings: { n_ctx: 4096 } },
    '/apply-template': (r: ServerResponse) => {
      const { messages } = lastBody(server.current) as { messages: { content: string }[] };
      json(r, { prompt: messages.map(({ content }) => `[user]${content}`).join('') });
    },
    '/tokenize': (r: ServerResponse) =>
      json(r, { tokens: Array(tokensOf(String(lastBody(server.current)['content']), specials)).fill(7) }),
  }),
  vllm: (server, specials) => ({
    '/version': { version: '0.12.0' },
    '/v1/models': { object: 'list', data: [{ id: MODEL, object: 'model', max_model_len: 4096 }] },
    '/tokenize': (r: ServerResponse) => {
      const { messages } = lastBody(server.current) as { messages: { content: string }[] };
      json(r, { count: 3 + tokensOf(messages[0]?.content ?? '', specials), max_model_len: 4096, tokens: [] });
    },
  }),
};

async function openCounting(product: string, chat?: Chat, specials?: readonly string[]) {
  const held: { current?: FakeServer } = {};
  const server = await serve(COUNTING[product]?.(held, specials) ?? {}, chat);
  held.current = server;
  return { server, backend: share({ baseUrl: server.url }) };
}

describe.each(Object.keys(COUNTING))('%s counts before anything is spent', (product) => {
  test('a prompt over the context never reaches its chat, and is told with both numbers', async () => {
    const { server, backend } = await openCounting(product, answer(1));
    const { finish } = await ask(backend, LONG);
    expect(finish).toMatchObject({ reason: 'error', error: { code: 'context', contextTokens: 4096 } });
    expect(finish.error?.promptTokens).toBeGreaterThan(9000);
    expect(posted(server)).not.toContain('/v1/chat/completions');
  });

  test('a short prompt costs no question', async () => {
    const { server, backend } = await openCounting(product, answer(3));
    expect((await ask(backend, 'hi')).finish.reason).toBe('stop');
    expect(posted(server)).toEqual(['/v1/chat/completions']);
  });

  test('a long prompt that fits goes through, with no more tokens asked for than it leaves', async () => {
    const { server, backend } = await openCounting(product, answer(3600));
    expect((await ask(backend, 'x'.repeat(7200), { maxTokens: 2000 })).finish.reason).toBe('stop');
    expect(lastBody(server)['max_tokens']).toBeLessThanOrEqual(500);
    expect(lastBody(server)['max_tokens']).toBeGreaterThan(400);
  });

  test('tools are counted with the conversation', async () => {
    const { server, backend } = await openCounting(product, answer(3600));
    const tools = [{ type: 'function' as const, function: { name: 'add', parameters: { type: 'object' } } }];
    await ask(backend, 'x'.repeat(7200), { wishes: { tools } });
    const counted = server.asked.find(
      ({ path, body }) => path !== '/v1/chat/completions' && body.includes('"messages"'),
    );
    expect(JSON.parse(counted?.body ?? '{}')).toMatchObject({ tools });
  });

  test('its control tokens are told where it reads them out of messages, and the texts go as they are', async () => {
    const { server, backend } = await openCounting(product, answer(3), ['<|im_end|>']);
    const found = await backend.detect(NEVER);
    expect(found.ok && found.value.warnings?.join()).toContain('reads control tokens (<|im_end|>) out of messages');
    const asked = posted(server).length;
    await backend.detect(NEVER);
    expect(posted(server)).toHaveLength(asked);
    await ask(backend, '<|im_end|>');
    expect(lastBody(server)['messages']).toEqual([{ role: 'user', content: '<|im_end|>' }]);
    const strict = await share({ baseUrl: server.url, allowSpecials: false }).detect(NEVER);
    expect(strict).toEqual({ ok: false, error: expect.stringContaining('--specials refuse') });
  });

  test('one that keeps them as text is shared without a word', async () => {
    const { server, backend } = await openCounting(product);
    expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { notes: [], warnings: [] } });
    expect((await share({ baseUrl: server.url, allowSpecials: false }).detect(NEVER)).ok).toBe(true);
  });
});

const TEXT_COUNTERS: [string, string, (tokens: number) => unknown][] = [
  ['TGI', '/chat_tokenize', (tokens) => ({ tokenize_response: Array(tokens).fill({ id: 1 }), templated_text: 'x' })],
  ['KoboldCpp', '/api/extra/tokencount', (tokens) => ({ value: tokens, ids: [] })],
  ['llama-cpp-python', '/extras/tokenize/count', (tokens) => ({ count: tokens })],
  ['LocalAI', '/v1/tokenize', (tokens) => ({ tokens: Array(tokens).fill(1) })],
];

test.each(TEXT_COUNTERS)('%s is asked at %s, and after the first answer there alone', async (_, path, reply) => {
  const list = { object: 'list', data: [{ id: MODEL, object: 'model', max_model_len: 4096 }] };
  const server = await serve({ '/v1/models': list, [path]: (r: ServerResponse) => json(r, reply(9001)) }, answer(1));
  const backend = share({ baseUrl: server.url });
  const { finish } = await ask(backend, LONG);
  expect(finish.error).toMatchObject({ code: 'context', contextTokens: 4096 });
  expect(finish.error?.promptTokens).toBeGreaterThanOrEqual(9001);
  const first = posted(server).length;
  await ask(backend, LONG);
  expect(posted(server).slice(first)).toEqual([path]);
});

const OLLAMA = {
  '/api/version': { version: '0.12.6' },
  '/api/tags': { models: [{ name: MODEL, digest: 'a'.repeat(64), details: {} }] },
  '/api/ps': { models: [{ name: MODEL, context_length: 4096 }] },
};

describe('Ollama, which cuts without a word and has no tokenizer to ask', () => {
  test('is not given what surely does not fit', async () => {
    const server = await serve(OLLAMA, answer(2050));
    const { finish } = await ask(share({ baseUrl: server.url }), LONG.repeat(2));
    expect(finish.error).toMatchObject({ code: 'context', contextTokens: 4096 });
    expect(posted(server)).not.toContain('/v1/chat/completions');
  });

  test('an answer to half a prompt ends as an error, not as an answer', async () => {
    const server = await serve(OLLAMA, answer(2050));
    const { finish, text: shown } = await ask(share({ baseUrl: server.url }), ENGLISH.repeat(190));
    expect(shown).toBe('a');
    expect(finish).toMatchObject({ reason: 'error', error: { code: 'context', contextTokens: 4096 } });
    expect(finish.error?.message).toContain('cut the prompt to 2050 tokens');
  });

  test('an answer to the whole of a long prompt is an answer', async () => {
    const server = await serve(OLLAMA, answer(3990));
    expect((await ask(share({ baseUrl: server.url }), ENGLISH.repeat(160))).finish.reason).toBe('stop');
  });

  test('is known to read control tokens', async () => {
    const server = await serve(OLLAMA);
    const found = await share({ baseUrl: server.url }).detect(NEVER);
    expect(found.ok && found.value.warnings?.join()).toContain('reads control tokens out of messages');
  });
});

describe('a server whose refusal is about prompt and answer together', () => {
  const refuseOver =
    (limit: number, words: (max: number) => unknown): Chat =>
    (response, asked) => {
      const max = Number(JSON.parse(asked.body)['max_tokens']);
      if (max > limit) return json(response, words(max), 400);
      return answer(3000)(response, asked);
    };

  test('is asked once more for a shorter answer', async () => {
    const words = (max: number) => ({
      object: 'error',
      message: `This model's maximum context length is 4096 tokens. However, you requested ${3000 + max} tokens (3000 in the messages, ${max} in the completion). Please reduce the length.`,
      code: 400,
    });
    const server = await serve(PLAIN, refuseOver(1096, words));
    expect((await ask(share({ baseUrl: server.url }), 'hi', { maxTokens: 2000 })).finish.reason).toBe('stop');
    expect(lastBody(server)['max_tokens']).toBe(1096);
  });

  test('and no third time', async () => {
    const words = () => ({
      error:
        '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 `inputs` tokens and 2000 `max_new_tokens`',
    });
    const server = await serve(PLAIN, refuseOver(0, words));
    const { finish } = await ask(share({ baseUrl: server.url }), 'hi', { maxTokens: 2000 });
    expect(finish.error).toMatchObject({ code: 'context', promptTokens: 3000, contextTokens: 4096 });
    expect(posted(server).filter((path) => path.endsWith('completions'))).toHaveLength(2);
  });
});

describe('what a server says of a request it refuses', () => {
  test('is the fault’s reason, without the prompt and without the machine', async () => {
    const prompt = 'tell me about the secret garden of my grandmother';
    const said = `Conversation roles must alternate near "${prompt}" (/srv/app/chat.py, 10.0.0.3)`;
    const server = await serve(PLAIN, say({ error: { message: said } }, 400));
    const { finish } = await ask(share({ baseUrl: server.url }), prompt);
    expect(finish.error).toEqual({ code: 'bad-request', message: 'Conversation roles must alternate near' });
  });

  test('quotes no tool of the caller’s either', async () => {
    const description = 'counts the silver spoons of my grandmother';
    const tools = [{ type: 'function' as const, function: { name: 'count_spoons', description } }];
    const server = await serve(PLAIN, say({ error: { message: `Cannot parse the tool "${description}"` } }, 400));
    const { finish } = await ask(share({ baseUrl: server.url }), 'hi', { wishes: { tools } });
    expect(finish.error).toMatchObject({ code: 'bad-request', message: expect.not.stringContaining('spoons') });
  });

  test('LM Studio’s overflow inside a 200 is told with both numbers', async () => {
    const told =
      'Trying to keep the first 9001 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.';
    const server = await serve(PLAIN, (response) => {
      begin(response);
      response.end(`event: error\ndata: ${JSON.stringify({ error: { message: told }, message: told })}\n\n`);
    });
    const { finish } = await ask(share({ baseUrl: server.url }), 'hi');
    expect(finish.error).toMatchObject({ code: 'context', promptTokens: 9001, contextTokens: 4096 });
  });
});

/** A server that refuses a prompt and an answer which together are longer than its context, in words or without a number. */
async function openStrict(
  context: number,
  { promptTokens, isMute = false }: { promptTokens: number; isMute?: boolean },
) {
  const answers: Record<string, unknown> = {
    '/version': { version: '0.12.0' },
    '/v1/models': { object: 'list', data: [{ id: MODEL, object: 'model', max_model_len: context }] },
  };
  const server: FakeServer = await serve(answers, (response, ...rest) => {
    const { max_tokens: most } = lastBody(server) as { max_tokens: number };
    if (promptTokens + most <= context) return answer(promptTokens)(response, ...rest);
    const told = `This model's maximum context length is ${context} tokens and your request has ${promptTokens} input tokens.`;
    return say({ error: { message: isMute ? 'prompt is too long' : told, code: 400 } }, 400)(response, ...rest);
  });
  return { server, backend: share({ baseUrl: server.url }) };
}
const chats = (server: FakeServer): number => posted(server).filter((path) => path === '/v1/chat/completions').length;
const most = (server: FakeServer): number => Number(lastBody(server)['max_tokens']);

describe('a server that refuses a prompt and an answer together over its context', () => {
  test('is asked at once for no more than a short prompt leaves, where the whole context was asked for', async () => {
    const { server, backend } = await openStrict(4096, { promptTokens: 12 });
    expect((await ask(backend, 'Say hello.', { maxTokens: 4096 })).finish.reason).toBe('stop');
    expect([chats(server), most(server) > 3500]).toEqual([1, true]);
  });

  test('is asked for less than a middling prompt leaves, though it counts for nobody', async () => {
    const { server, backend } = await openStrict(4096, { promptTokens: 1250 });
    expect((await ask(backend, ENGLISH.repeat(50), { maxTokens: 4090 })).finish.reason).toBe('stop');
    expect([chats(server), most(server) > 1500]).toEqual([1, true]);
  });

  test('is asked for what was asked for where that fits', async () => {
    const { server, backend } = await openStrict(4096, { promptTokens: 12 });
    await ask(backend, 'Say hello.', { maxTokens: 3000 });
    expect(most(server)).toBe(3000);
  });

  test('is asked once more for less where a picture came to more than it seemed', async () => {
    const url = 'data:image/png;base64,AAAA';
    const messages = [{ role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url } }] }];
    for (const [promptTokens, asked] of [
      [1500, 1],
      [7000, 2],
    ] as const) {
      const { server, backend } = await openStrict(8192, { promptTokens });
      expect((await ask(backend, '', { messages, maxTokens: 8192 })).finish.reason).toBe('stop');
      expect(chats(server)).toBe(asked);
    }
  });

  test('is asked once more for what any tokenizer leaves, where it does not say what fits', async () => {
    const { server, backend } = await openStrict(4096, { promptTokens: 1200, isMute: true });
    const ended = await ask(backend, ENGLISH.repeat(30), { maxTokens: 3000 });
    expect(ended.finish.reason).toBe('stop');
    expect([chats(server), most(server) > 2000]).toEqual([2, true]);
  });
});
