// What the agent makes of servers that are slow, silent, gone, changed, or somewhere else than their owner said. Sources: QUIRKS.md.

import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { OpenAiHttpOptions } from '../../backends/openai-http.ts';
import { LISTING_PATHS, PROBES } from '../../backends/probe-server.ts';
import { sendEvents, type FakeServer } from './fake-server.ts';
import { begin, job, NEVER, PLAIN, serve, share, STOP, text } from './http-kit.ts';
import { runJob } from './jobs.ts';
import { LLAMA_SERVER, LM_STUDIO, OLLAMA, VLLM } from './wire-fixtures.ts';

type Gets = Record<string, unknown>;

/** All that an agent asks any server: what a server does not have it answers with 404, in its own time. */
const PATHS = [...PROBES.map(({ path }) => path), ...Object.values(LISTING_PATHS).flat()].map((path) =>
  path === 'models' ? '/v1/models' : path,
);

/** A path that can be made to wait, to fall silent, or to fail. */
interface Mood {
  delayMs: number;
  isSilent: boolean;
  status: number | null;
}

/** The server's paths with a mood each; `now` is a clock that only the test moves. */
async function serveMoody(
  gets: Gets,
): Promise<{ server: FakeServer; moods: Record<string, Mood>; all: (change: Partial<Mood>) => void }> {
  const moods: Record<string, Mood> = {};
  const moody = [...new Set([...Object.keys(gets), ...PATHS])].map((path) => {
    const mood: Mood = { delayMs: 0, isSilent: false, status: null };
    moods[path] = mood;
    const answer = (response: ServerResponse): void => {
      if (mood.isSilent) return;
      response.statusCode = mood.status ?? (gets[path] === undefined ? 404 : 200);
      setTimeout(() => response.end(JSON.stringify(gets[path] ?? {})), mood.delayMs);
    };
    return [path, answer] as const;
  });
  const server = await serve(Object.fromEntries(moody), sendEvents([text('a'), STOP, '[DONE]']));
  const all = (change: Partial<Mood>): void => Object.values(moods).forEach((mood) => Object.assign(mood, change));
  return { server, moods, all };
}

/** Questions of 300 ms, and a clock that the test moves. */
function patient(baseUrl: string, options: Partial<OpenAiHttpOptions> = {}) {
  const clock = { now: 0 };
  const limits = { questionMs: 300, silentLooks: 3, silentMs: 180_000 };
  const backend = share({ baseUrl, sight: { limits, now: () => clock.now }, ...options });
  const look = async (): Promise<string> => {
    const found = await backend.detect(NEVER);
    return found.ok ? found.value.product : found.error;
  };
  const names = async (): Promise<string[]> => (await backend.models()).map(({ name }) => name);
  return { backend, clock, look, names };
}

const withList = (gets: Gets): Gets => ({
  '/v1/models': { object: 'list', data: [{ id: 'm', object: 'model' }] },
  ...gets,
});
const PRODUCTS = [
  ['ollama', withList(OLLAMA.gets), '/api/version'],
  ['lm-studio', withList(LM_STUDIO.gets), '/api/v1/models'],
  ['llama-server', withList(LLAMA_SERVER.gets), '/props'],
  ['vllm', withList(VLLM.gets), '/version'],
  ['unknown', PLAIN, '/v1/models'],
] as const;

describe.each(PRODUCTS)('%s', (product, gets, sign) => {
  test('a slow path of any kind, at the first look or a later one, changes neither product nor digest', async () => {
    const { server, moods, all } = await serveMoody(gets);
    all({ delayMs: 700 });
    const slow = share({ baseUrl: server.url });
    expect(await slow.detect(NEVER)).toMatchObject({ ok: true, value: { product } });
    const models = await slow.models();
    expect(models.length).toBeGreaterThan(0);
    all({ delayMs: 0 });
    const { backend, look } = patient(server.url);
    await look();
    expect(await backend.models()).toEqual(models);
    for (const path of Object.keys(moods)) {
      Object.assign(moods[path] ?? {}, { isSilent: true });
      expect(await look()).toBe(product);
      expect(await backend.models()).toEqual(models);
      Object.assign(moods[path] ?? {}, { isSilent: false });
    }
  });

  test('excuses (500, 503, 429) say nothing new, unless they last as silence would have to', async () => {
    const { server, moods, all } = await serveMoody(gets);
    const { backend, clock, look } = patient(server.url);
    await look();
    const models = await backend.models();
    for (const status of [500, 502, 503, 429]) {
      all({ status: null });
      Object.assign(moods[sign] ?? {}, { status });
      expect(await look()).toBe(product);
      all({ status });
      expect(await look()).toBe(product);
      expect(await backend.models()).toEqual(models);
    }
    clock.now = 200_000;
    expect([await look(), await look(), await look()].at(-1)).toContain('It may be starting');
    expect(await backend.models()).toEqual([]);
  });

  test('silence is believed after three looks and three minutes, not before, and the server is found again', async () => {
    const { server, all } = await serveMoody(gets);
    const { clock, look, names } = patient(server.url);
    await look();
    const listed = await names();
    all({ isSilent: true });
    clock.now = 200_000;
    expect([await look(), await look()]).toEqual([product, product]);
    expect(await names()).toEqual(listed);
    expect(await look()).toContain('No server answers');
    expect(await names()).toEqual([]);
    all({ isSilent: false });
    // On a busy machine 300 ms may be too short for one look.
    await expect.poll(look).toBe(product);
    expect(await names()).toEqual(listed);
    all({ isSilent: true });
    for (const now of [210_000, 270_000, 330_000]) {
      clock.now = now;
      expect(await look()).toBe(product);
    }
    clock.now = 385_000;
    expect(await look()).toContain('No server answers');
  });
});

describe('what is known stays known', () => {
  test('while jobs are answered, however silent the lists are', async () => {
    const { server, all } = await serveMoody(withList(OLLAMA.gets));
    const { backend, clock, look } = patient(server.url);
    await look();
    all({ isSilent: true });
    for (let minute = 1; minute <= 10; minute += 1) {
      clock.now = minute * 60_000;
      expect(await look()).toBe('ollama');
      expect((await runJob(backend, job({ model: 'gemma3' }))).finish.reason).toBe('stop');
    }
  });

  test('not after a refused connection', async () => {
    const { server } = await serveMoody(PLAIN);
    const { look, names } = patient(server.url);
    expect(await look()).toBe('unknown');
    await server.close();
    expect(await look()).toContain('ECONNREFUSED');
    expect(await names()).toEqual([]);
  });

  test('not where another product answers now, and not where a key is wanted', async () => {
    const gets: Gets = withList(OLLAMA.gets);
    const server = await serve(gets);
    const { look, backend } = patient(server.url);
    expect(await look()).toBe('ollama');
    for (const path of Object.keys(gets)) delete gets[path];
    Object.assign(gets, LLAMA_SERVER.gets);
    expect(await look()).toBe('llama-server');
    expect((await backend.models()).map(({ name }) => name)).toEqual(['qwen2.5-14b']);
    const deny = (response: ServerResponse): void => void response.writeHead(401).end();
    for (const path of Object.keys(gets)) gets[path] = deny;
    expect(await look()).toContain('API key');
    expect(await backend.models()).toEqual([]);
  });

  test('after a job that did not reach the server: the next one looks first, and the home is asked to look', async () => {
    let asked = 0;
    const { server, all } = await serveMoody(PLAIN);
    server.chat = (response) => void response.destroy();
    const { backend, look } = patient(server.url, { onChange: () => (asked += 1) });
    await look();
    all({ isSilent: true });
    expect((await runJob(backend, job())).finish.error?.code).toBe('unreachable');
    server.chat = sendEvents([text('a'), STOP, '[DONE]']);
    expect(asked).toBe(1);
    expect((await runJob(backend, job())).finish.reason).toBe('stop');
  });

  test('a product that was slow at first is known once it says what it is', async () => {
    const { server, moods } = await serveMoody(withList(OLLAMA.gets));
    Object.assign(moods['/api/version'] ?? {}, { isSilent: true });
    const { look } = patient(server.url);
    expect(await look()).toBe('unknown');
    Object.assign(moods['/api/version'] ?? {}, { isSilent: false });
    await expect.poll(look).toBe('ollama');
  });

  test('a list that never came is not an empty one: nothing is offered until it comes', async () => {
    const { server, moods } = await serveMoody(withList(OLLAMA.gets));
    Object.assign(moods['/api/tags'] ?? {}, { isSilent: true });
    const { look, names } = patient(server.url, { models: ['gemma3'] });
    expect(await look()).toContain('its list of models does not come');
    expect(await names()).toEqual([]);
    Object.assign(moods['/api/tags'] ?? {}, { isSilent: false });
    await expect.poll(look).toBe('ollama');
    expect(await names()).toEqual(['gemma3:latest']);
  });

  test('a server that is starting is said to be', async () => {
    const { server, all } = await serveMoody({ ...LLAMA_SERVER.gets, '/health': {} });
    all({ status: 503 });
    const { look } = patient(server.url);
    expect(await look()).toContain('It may be starting');
    all({ status: null });
    expect(await look()).toBe('llama-server');
  });

  test('a removed model is gone at the next look, and a job for it is refused', async () => {
    const gets: Gets = { '/v1/models': { data: [{ id: 'm' }, { id: 'n' }] } };
    const server = await serve(gets);
    const { backend, look, names } = patient(server.url, { models: ['m', 'n'] });
    await look();
    expect(await names()).toEqual(['m', 'n']);
    gets['/v1/models'] = { data: [{ id: 'n' }] };
    expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { listed: ['n'] } });
    expect(await names()).toEqual(['n']);
    expect((await runJob(backend, job())).finish.error?.code).toBe('no-model');
  });

  test('a job that is cancelled while the server is looked at ends at once, and does not spoil the look', async () => {
    const { server, all } = await serveMoody(PLAIN);
    all({ delayMs: 100 });
    const { backend, look } = patient(server.url);
    const stop = new AbortController();
    const run = runJob(backend, job(), stop.signal);
    stop.abort();
    expect((await run).finish.reason).toBe('cancelled');
    expect(await look()).toBe('unknown');
  });
});

describe('the server is asked by a name that it lists', () => {
  test('with and without :latest, at a server that has only one of the two', async () => {
    for (const listed of ['llama3.2:latest', 'llama3.2']) {
      const server = await serve({ '/v1/models': { data: [{ id: listed }] } }, sendEvents([text('a'), STOP, '[DONE]']));
      const backend = share({ baseUrl: server.url, models: ['llama3.2'] });
      expect((await backend.models()).map(({ name }) => name)).toEqual([listed]);
      for (const model of ['llama3.2', 'llama3.2:latest']) {
        expect((await runJob(backend, job({ model }))).text).toBe('a');
        expect(JSON.parse(server.asked.at(-1)?.body ?? '{}').model).toBe(listed);
      }
      for (const model of ['LLAMA3.2', ' llama3.2', 'llama3.2 ', 'llama3'])
        expect((await runJob(backend, job({ model }))).finish.error?.code).toBe('no-model');
    }
  });
});

describe('an API that is not where its owner said', () => {
  const gets = (at: string, root = ''): Gets => ({
    [`${at}/models`]: { object: 'list', data: [{ id: 'm', object: 'model' }] },
    [`${root}/props`]: { total_slots: 3, default_generation_settings: { n_ctx: 4096 } },
  });

  test.each([
    ['', '/v1', ''],
    ['/', '/v1', ''],
    ['/v1/', '/v1', ''],
    ['/api', '/v1', ''],
    ['/openai/v1', '/v1', ''],
    ['/v1', '/openai/v1', ''],
    ['/v1/v1', '/v1', ''],
    ['/v1/chat/completions', '/v1', ''],
    ['/llm', '/llm/v1', '/llm'],
    ['/llm/v1/chat/completions', '/llm/v1', '/llm'],
    ['/wrong', '/v1', ''],
    ['/v1', '', ''],
    ['', '/engines/v1', ''],
  ])('%j is found at %j', async (named, at, root) => {
    const server = await serve(gets(at, root), sendEvents([text('a'), STOP, '[DONE]']));
    const backend = share({ baseUrl: `${server.url}${named}` });
    expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { product: 'llama-server' } });
    expect(await backend.slots()).toBe(3);
    expect((await runJob(backend, job())).text).toBe('a');
    const isChat = ({ path }: { path: string }): boolean => path.endsWith('/completions');
    expect(server.asked.filter(isChat).map(({ path }) => path)).toEqual([`${at}/chat/completions`]);
  });

  test('what was found is told, and only where it is not what was named', async () => {
    const server = await serve(gets('/v1'));
    const told = async (named: string): Promise<readonly string[]> => {
      const found = await share({ baseUrl: `${server.url}${named}` }).detect(NEVER);
      return found.ok ? (found.value.warnings ?? []) : [];
    };
    expect(await told('/api')).toEqual([`The API was found at ${server.url}/v1: ${server.url}/api has none.`]);
    expect([await told(''), await told('/v1/chat/completions')]).toEqual([[], []]);
  });

  test('where there is none nothing is asked but lists, and the owner is told where it was looked for', async () => {
    const server = await serve({ '/': 'welcome' });
    const backend = share({ baseUrl: `${server.url}/chat` });
    const found = await backend.detect(NEVER);
    expect(found).toEqual({
      ok: false,
      error: expect.stringMatching(/GET .*\/chat\/models answered 404; looked at .*\/v1.* too/),
    });
    expect(server.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('a slash that the server wants at the end is added for lists and jobs alike, on the same server only', async () => {
    const moved = (to: string) => (response: ServerResponse) => void response.writeHead(307, { location: to }).end();
    const away = await serve(PLAIN);
    const server = await serve({ '/v1/models': moved('/v1/models/'), '/v1/models/': PLAIN['/v1/models'] });
    server.chat = (response, { path }) => {
      if (!path.endsWith('/')) return moved('/v1/chat/completions/')(response);
      begin(response, text('a'), STOP);
      response.end('data: [DONE]\n\n');
    };
    const backend = share({ baseUrl: server.url });
    expect(await runJob(backend, job())).toMatchObject({ text: 'a', finish: { reason: 'stop' } });
    expect((await runJob(backend, job())).text).toBe('a');
    expect(server.asked.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions/',
      '/v1/chat/completions/',
    ]);
    const elsewhere = await serve({ '/v1/models': moved(`${away.url}/v1/models`) });
    expect(await share({ baseUrl: elsewhere.url }).detect(NEVER)).toEqual({
      ok: false,
      error: expect.stringContaining(`it sends on to ${away.url}/v1/models`),
    });
    expect(away.asked).toEqual([]);
  });
});

describe('llama-server and its tools', () => {
  const answer = (status: number, json: unknown) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  const disabled = { error: { code: 403, message: 'This feature is disabled', type: 'feature_disabled' } };

  test('a plain one, which answers GET /tools with 403 feature_disabled, is shared without a word', async () => {
    const server = await serve({ ...LLAMA_SERVER.gets, '/tools': answer(403, disabled) });
    expect(await share({ baseUrl: server.url }).detect(NEVER)).toMatchObject({ ok: true, value: { warnings: [] } });
  });

  test('one that does not tell is shared in the open; one that lists tools later is refused then', async () => {
    const gets: Gets = { ...LLAMA_SERVER.gets, '/tools': answer(500, {}) };
    const server = await serve(gets);
    const { backend, look } = patient(server.url);
    expect(await backend.detect(NEVER)).toMatchObject({
      ok: true,
      value: { warnings: [expect.stringContaining('--tools')] },
    });
    gets['/tools'] = [{ name: 'exec_shell_command' }];
    expect(await look()).toContain('can run tools');
    gets['/tools'] = () => undefined;
    expect(await look()).toBe('llama-server');
  });

  test('what it said of its tools stays said while it is slow', async () => {
    const gets: Gets = { ...LLAMA_SERVER.gets, '/tools': answer(403, disabled) };
    const server = await serve(gets);
    const { backend, look } = patient(server.url);
    await look();
    gets['/tools'] = () => undefined;
    expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { warnings: [] } });
  });
});

describe('slots', () => {
  test('what the server states, the environment for an Ollama, and --slots before all', async () => {
    const ollama = await serve(withList(OLLAMA.gets));
    const llama = await serve(LLAMA_SERVER.gets);
    const count = (baseUrl: string, options: Partial<OpenAiHttpOptions> = {}): Promise<number> =>
      share({ baseUrl, ...options }).slots();
    expect([await count(ollama.url), await count(ollama.url, { ollamaSlots: 4 })]).toEqual([1, 4]);
    expect([await count(llama.url), await count(llama.url, { ollamaSlots: 4 })]).toEqual([2, 2]);
    expect([await count(ollama.url, { ollamaSlots: 4, slots: 3 }), await count(llama.url, { slots: 3 })]).toEqual([
      3, 3,
    ]);
  });

  test('/slots, which wakes a llama-server that sleeps, is asked and counted only where /props does not tell', async () => {
    const { total_slots: _, ...props } = LLAMA_SERVER.gets['/props'];
    const server = await serve({
      ...LLAMA_SERVER.gets,
      '/props': { ...props, total_slots: 0 },
      '/slots': [{}, {}, {}],
    });
    expect(await share({ baseUrl: server.url }).slots()).toBe(3);
    const telling = await serve(LLAMA_SERVER.gets);
    await share({ baseUrl: telling.url }).slots();
    expect(telling.asked.filter(({ path }) => path === '/slots')).toEqual([]);
  });

  test('answers that run well beside as many as allowed raise the number, and the home is asked to look', async () => {
    let asked = 0;
    const server = await serve(PLAIN, sendEvents([text('a'), STOP, '[DONE]']));
    const backend = share({ baseUrl: server.url, onChange: () => (asked += 1) });
    expect(await backend.slots()).toBe(1);
    for (let i = 0; i < 3; i += 1) await runJob(backend, job());
    expect([await backend.slots(), asked]).toEqual([2, 1]);
  });
});
