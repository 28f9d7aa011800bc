// What the API tells of itself, from outside: its description is valid, its examples work, its lists are read by the clients they are for.
import Anthropic from '@anthropic-ai/sdk';
import { gunzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL } from '../docs/call-endpoints.ts';
import { ENDPOINTS } from '../docs/endpoints.ts';
import type { Endpoint } from '../docs/endpoint.ts';
import { RECIPES } from '../docs/recipes.ts';
import { VERIFY_PAGE, VERIFY_POLICY } from '../docs/verify-page.ts';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { OPENROUTER_MODELS } from './openrouter-schema.ts';

interface Operation {
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: object; readonly examples: Readonly<Record<string, { value: unknown }>> }>
    >;
  };
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Endpoint['method'], Operation>>>>>;
}

let network: AbleStack;
let origin: string;
/** With all scopes, since the endpoints that manage an account ask for them. */
let apiKey: string;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  network = await startAbleStack();
  origin = network.stack.url;
  const scopes = ['call', 'usage', 'keys', 'nodes', 'members'];
  const { json } = await network.stack.admin('POST', `/accounts/${network.account.id}/keys`, { scopes });
  apiKey = String(json['key']);
  openai = new OpenAI({ apiKey, baseURL: network.url, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey, baseURL: origin, maxRetries: 0 });
});
afterAll(() => network?.stop());

const call = (path: string, options: Parameters<AbleStack['stack']['call']>[1] = {}): Promise<Response> =>
  network.stack.call(path, { key: apiKey, ...options });
const readJson = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

/** A second of silence, as a sound file. */
function sendForm(path: string, fields: Record<string, string>): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (name !== 'file') form.set(name, value);
  form.set('file', new Blob([silence()]), 'a.wav');
  const headers = { authorization: `Bearer ${network.account.apiKey}` };
  return fetch(`${origin}${path}`, { method: 'POST', headers, body: form });
}

function silence(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + 16_000);
  bytes.set(new TextEncoder().encode('RIFF'));
  bytes.set(new TextEncoder().encode('WAVEfmt '), 8);
  return bytes;
}

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 that a validator takes, and asks for no key', async () => {
    const response = await call('/openapi.json', { key: null });
    expect(response.status).toBe(200);
    const description = await readJson(response);
    expect(await new Validator().validate(description)).toMatchObject({ valid: true });
    expect(description).toMatchObject({ openapi: '3.1.0', servers: [{ url: origin }] });
    expect(Object.keys(description['paths'] as object)).toEqual([...new Set(ENDPOINTS.map(({ path }) => path))]);
  });

  test('tells every path of /v1 to begin with that the router lists for a wrong one', async () => {
    const response = await call('/v1/nothing-like-it');
    expect(response.status).toBe(404);
    const { error } = (await response.json()) as { error: { message: string; code: string } };
    expect(error.code).toBe('unknown_path');
    const listed = error.message.split('There are ')[1]?.match(/\/v1\/[^ ,.]+/g) ?? [];
    // What stands under /audit, and the one thing of many that a path names, is told here alone (router/app.test.ts compares all).
    const told = ENDPOINTS.map(({ path }) => path).filter((path) => !path.startsWith('/audit/') && !path.includes('{'));
    for (const path of told) expect(error.message).toContain(path);
    expect(listed.filter((one) => !told.includes(one))).toEqual([]);
  });

  const examples = ENDPOINTS.filter(({ path }) => !path.includes('{')).flatMap((endpoint) =>
    Object.entries(endpoint.examples).map(([name, body]) => ({ endpoint, name, body: body as { stream?: boolean } })),
  );
  const send = ({ path, isForm }: Endpoint, body: object): Promise<Response> => {
    const filled = JSON.parse(JSON.stringify(body).replaceAll(`"${MODEL}"`, `"${ABLE_MODEL}"`)) as object;
    return isForm ? sendForm(path, filled as Record<string, string>) : call(path, { body: filled });
  };

  test.each(examples.filter(({ body }) => !body.stream))(
    'the example "$name" of $endpoint.path is answered as it is told',
    async ({ endpoint, body }) => {
      const response = await send(endpoint, body);
      expect(response.status).toBe(endpoint.manages ? 201 : 200);
      expect(new Ajv2020({ strict: false }).validate(endpoint.answer, await response.json())).toBe(true);
    },
  );

  test.each(examples.filter(({ body }) => body.stream))(
    'the example "$name" of $endpoint.path is answered to its end',
    async ({ endpoint, body }) => {
      const response = await send(endpoint, body);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      expect(await response.text()).toMatch(/\[DONE\]|response\.completed|message_stop/);
    },
  );

  test.each(ENDPOINTS.filter(({ method, path, needsChain }) => method === 'get' && !path.includes('{') && !needsChain))(
    'GET $path is answered as it is told, and HEAD as well',
    async ({ path, answer }) => {
      const response = await call(path);
      expect(response.status).toBe(200);
      expect(new Ajv2020({ strict: false }).validate(answer, await response.json())).toBe(true);
      const head = await call(path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
    },
  );
});

test('every example is valid by the schema that the description gives for it', async () => {
  const description = (await (await call('/openapi.json')).json()) as Described;
  const bodies = ENDPOINTS.flatMap(
    ({ path, method }) => description.paths[path]?.[method]?.requestBody?.content['application/json'] ?? [],
  );
  expect(bodies.length).toBeGreaterThan(3);
  for (const { schema, examples } of bodies)
    for (const { value } of Object.values(examples)) {
      const ajv = new Ajv2020({ strict: false });
      ajv.validate(schema, value);
      expect(ajv.errors).toBeNull();
    }
});

describe('recipes', () => {
  const fill = (id: string): string => {
    const text = RECIPES.find((one) => one.id === id)?.text(origin) ?? '';
    return text.replaceAll('MODEL', ABLE_MODEL).replaceAll(/(?<!_)KEY/g, network.account.apiKey);
  };
  const run = async (command: string, ...args: string[]): Promise<string> => {
    const env = { ...process.env, IRORI_API_KEY: network.account.apiKey, LANGCHAIN_TRACING_V2: 'false' };
    const { stdout } = await promisify(execFile)(command, args, { env, timeout: 60_000 });
    return stdout;
  };

  test('curl', async () => {
    expect(await run('sh', '-c', fill('curl'))).toContain('You said: Say hello.');
  });

  test.each([
    ['node', ''],
    ['browser', ''],
    ['ai-sdk', 'console.log(text)'],
    ['langchain', ''],
    ['anthropic', 'console.log(message.content[0].text)'],
  ])('%s', async (id, more) => {
    const said = await run(process.execPath, '--input-type=module', '-e', `${fill(id)}\n${more}`);
    expect(said.trim()).toBe('You said: Say hello.');
  });

  test('opencode’s is JSON, and each names the base URL that its client wants', () => {
    expect(JSON.parse(fill('opencode'))).toMatchObject({
      provider: { irori: { options: { baseURL: `${origin}/v1` } } },
    });
    for (const id of ['codex', 'continue']) expect(fill(id)).toContain(`${origin}/v1`);
    expect(fill('claude-code')).toContain(`ANTHROPIC_BASE_URL=${origin}\n`);
  });
});

test('/docs is one page that loads nothing, runs nothing, and has a section for each code of availability', async () => {
  const response = await call('/docs', { key: null });
  const page = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<style|<img|<iframe|@import|url\(/);
  for (const [, href] of page.matchAll(/<link [^>]*href="([^"]+)"/g))
    expect(href).toMatch(/^(?:data:,|\/assets\/look-)/);
  expect(page).toContain(`${origin}/v1`);
  for (const code of ['no_node_online', 'all_homes_busy', 'no_home_fits', 'home_failed', 'store_away'])
    expect(page).toContain(`id="${code}"`);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
});

test('/docs and /docs/look are told in the language that was chosen, or is liked best, and are kept apart by it', async () => {
  const langOf = async (path: string, headers: Record<string, string>): Promise<string | undefined> => {
    const response = await call(path, { key: null, headers });
    expect(response.headers.get('vary')).toMatch(/accept-language, cookie/i);
    return /<html lang="(\w+)">/.exec(await response.text())?.[1];
  };
  for (const path of ['/docs', '/docs/look']) {
    expect(await langOf(path, {})).toBe('en');
    expect(await langOf(path, { 'accept-language': 'ja,en;q=0.5' })).toBe('ja');
    expect(await langOf(path, { 'accept-language': 'ja', cookie: 'irori_locale=en' })).toBe('en');
  }
  const described = await Promise.all(
    ['en', 'ja'].map(async (locale) =>
      (await call('/openapi.json', { headers: { 'accept-language': locale } })).text(),
    ),
  );
  expect(described[0]).toBe(described[1]);
});

test('/verify is the page that checks receipts, packed and not, with a policy that lets it fetch nothing', async () => {
  const page = gunzipSync(Buffer.from(VERIFY_PAGE, 'base64')).toString('utf8');
  for (const headers of [{ 'accept-encoding': 'gzip' }, { 'accept-encoding': 'identity' }]) {
    const response = await fetch(`${origin}/verify`, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(response.headers.get('content-security-policy')).toBe(`${VERIFY_POLICY}; frame-ancestors 'none'`);
    expect((await response.text()) === page).toBe(true);
  }
});

test('GET / and HEAD / are answered without a key; a browser is shown the page', async () => {
  expect(await readJson(await call('/', { key: null }))).toMatchObject({ docs: `${origin}/docs` });
  expect((await call('/', { key: null, method: 'HEAD' })).status).toBe(200);
  const seen = await fetch(`${origin}/`, { headers: { accept: 'text/html,*/*' }, redirect: 'manual' });
  expect([seen.status, await seen.text()]).toEqual([200, expect.stringMatching(/^<!doctype html><html lang="en">/)]);
});

describe('models', () => {
  test('the openai client lists and retrieves them, with what homes can do', async () => {
    const listed = [];
    for await (const model of openai.models.list()) listed.push(model);
    expect(listed.map(({ id }) => id)).toContain(ABLE_MODEL);
    const model = await openai.models.retrieve(ABLE_MODEL);
    expect(model).toMatchObject({
      id: ABLE_MODEL,
      object: 'model',
      supported_parameters: expect.arrayContaining(['temperature', 'tools', 'response_format', 'logprobs']),
      architecture: { input_modalities: expect.arrayContaining(['text', 'image']) },
    });
  });

  test('Anthropic’s client lists, pages and retrieves them, and reads its own errors', async () => {
    const listed = [];
    for await (const model of anthropic.models.list({ limit: 1 })) listed.push(model);
    expect(listed.length).toBeGreaterThan(1);
    expect(listed).toContainEqual(expect.objectContaining({ type: 'model', id: ABLE_MODEL, display_name: ABLE_MODEL }));
    expect(await anthropic.models.retrieve(ABLE_MODEL)).toMatchObject({ type: 'model', id: ABLE_MODEL });
    const missing = await anthropic.models.retrieve('none').catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(Anthropic.NotFoundError);
    expect((missing as InstanceType<typeof Anthropic.NotFoundError>).error).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error' },
    });
  });

  test('OpenRouter’s form of them is its provider schema 2.4', async () => {
    const response = await call('/v1/models?format=openrouter');
    const list = await readJson(response);
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.validate(OPENROUTER_MODELS, list);
    expect(ajv.errors).toBeNull();
    expect((list['data'] as { id: string }[]).find(({ id }) => id === ABLE_MODEL)).toMatchObject({
      is_ready: true,
      supported_features: expect.arrayContaining(['tools', 'structured_outputs']),
    });
  });

  test.each(['format=xml', 'format='])('?%s is refused with the formats that there are', async (query) => {
    const response = await call(`/v1/models?${query}`);
    expect(response.status).toBe(400);
    expect(await readJson(response)).toMatchObject({ error: { param: 'format' } });
  });
});

describe('a failure of availability tells programs what to do', () => {
  const nowhere = { country: ['AQ'] };
  test.each([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['/v1/responses', { input: 'Hi' }],
    ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
  ])('%s', async (path, body) => {
    const response = await call(path, { body: { model: ABLE_MODEL, provider: nowhere, ...body } });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { availability: { docs_url: string } } };
    expect(error.availability).toEqual({
      code: 'no_home_fits',
      retryable: false,
      retry_after: null,
      excluded_by: 'provider.country',
      constraint: 'wish',
      docs_url: `${origin}/docs#no_home_fits`,
    });
    const page = await (await fetch(error.availability.docs_url)).text();
    expect(page).toContain('id="no_home_fits"');
  });

  test.each([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['/v1/responses', { input: 'Hi' }],
    ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
  ])('%s, in a stream that breaks off past rescue', async (path, body) => {
    network.able.breaksAfter = 2;
    const response = await call(path, { body: { model: ABLE_MODEL, stream: true, resume: 'off', ...body } });
    const text = await response.text();
    network.able.breaksAfter = null;
    expect(text).toContain('"availability":{"code":"home_failed","retryable":true');
    expect(text).toContain(`"docs_url":"${origin}/docs#home_failed"`);
  });
});

test.each([
  ['/chat/completions', 400],
  ['/v1/v1/chat/completions', 400],
  ['/v1/chat/completions/', 400],
])('%s is taken for the path that was meant', async (path, status) => {
  expect((await call(path, { body: {} })).status).toBe(status);
});

test('a path of another server is told which it is here', async () => {
  const response = await call('/v1/engines/davinci/chat/completions', { body: {} });
  expect(response.status).toBe(404);
  expect(JSON.stringify(await response.json())).toContain('Did you mean /v1/chat/completions?');
});
