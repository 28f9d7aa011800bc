// Whose doing a failure is: what a caller asked rests no home, and what a home's model server said reaches the caller as its words. Homes are
// spoken frame by frame, so that they say what each test wants.
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask, askWhole, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { RAW_DIGEST, RAW_MODEL, RawNode } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const PARIS = '48.9,2.4,FR';
/** Long enough that no home is back by itself while a test runs. */
const COOLING_MS = 600_000;

let stack: Stack;
/** Of the first home, and of all in the order of the homes: one home's word alone counts for its owner only. */
let owner: TestAccount;
let owners: TestAccount[];
let callers: [TestAccount, TestAccount, TestAccount];
const homes: RawNode[] = [];

beforeAll(async () => {
  stack = await startStack({ timings: { coolingMs: COOLING_MS } });
  owners = [await stack.makeAccount(1e9), await stack.makeAccount(), await stack.makeAccount()];
  owner = owners[0]!;
  callers = [await stack.makeAccount(1e9), await stack.makeAccount(1e9), await stack.makeAccount(1e9)];
});

afterAll(() => stack?.stop());

afterEach(async () => {
  for (const home of homes.splice(0)) await home.close();
  await until('no home', async () => ((await listed(MODEL))?.['nodes_online'] ?? 0) === 0);
});

/** A model as the first caller finds it listed. */
async function listed(id: string, account = callers[0]): Promise<Record<string, unknown> | undefined> {
  const response = await stack.call('/v1/models', { key: account.apiKey, place: PARIS });
  return ((await response.json()) as { data: Record<string, unknown>[] }).data.find((one) => one['id'] === id);
}

/** Homes with these contexts, in this order of closeness, that serve the catalogue's model and do this with each job. */
async function open(contexts: readonly number[], onJob: (job: RawJob, home: number) => void): Promise<RawJob[]> {
  const jobs: RawJob[] = [];
  for (const [i, contextTokens] of contexts.entries()) {
    const home = await RawNode.join(stack, owners[i]!, { place: `${48.9 - 2 * i},2.4,FR` });
    home.onJob = (job) => {
      jobs.push(job);
      onJob(job, i);
    };
    home.sendState(32, [{ contextTokens }]);
    homes.push(home);
  }
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST, homes: contexts.length });
  await until('their contexts', async () => (await listed(MODEL))?.['context_length'] === Math.max(...contexts));
  return jobs;
}

function answer(job: RawJob): void {
  job.head().say('well', 1).end(job.receipt());
}

/** Fails on what says poison, answers the rest. */
function failOnPoison(job: RawJob): void {
  if (job.prompt.includes('poison')) job.head().fault('internal', 'Jinja Exception: roles must alternate');
  else answer(job);
}

const call = (account: TestAccount, prompt: string, more: object = {}) =>
  askWhole(stack, { account, model: MODEL, prompt, maxTokens: 20, place: PARIS, more: { resume: 'off', ...more } });

async function why(home: RawNode): Promise<Record<string, unknown>> {
  const account = owners[homes.indexOf(home)] ?? owner;
  const response = await stack.call(`/node/v1/why?node=${home.id}`, { key: account.apiKey });
  return ((await response.json()) as { nodes: Record<string, unknown>[] }).nodes[0]!;
}

describe('a model server that fails on a request', () => {
  test('for one caller does not rest its home: after five such prompts a good call is answered at once', async () => {
    await open([8192], failOnPoison);
    for (let i = 0; i < 5; i++) {
      const { status, json } = await call(callers[0], `poison ${i}`);
      expect([status, json['error'].code]).toEqual([502, 'home_failed']);
      expect(json['error'].message).not.toContain('Jinja');
    }
    for (const account of callers) expect((await call(account, 'hello')).status).toBe(200);
    // Its owner reads what its server said.
    const { json: own } = await call(owner, 'poison');
    expect(own['error'].message).toContain('"Jinja Exception: roles must alternate"');
    expect(await why(homes[0]!)).toMatchObject({ coolingUntil: null, faults: { lastHour: 6, heldAgainst: 0 } });
    const { json } = await stack.admin('GET', `/nodes/${homes[0]!.id}`);
    expect(json['faults']).toEqual({ last_hour: 6, held_against: 0 });
  });

  test('for one prompt of three callers does not either', async () => {
    await open([8192], failOnPoison);
    for (const account of callers) expect((await call(account, 'poison')).status).toBe(502);
    expect(await why(homes[0]!)).toMatchObject({ coolingUntil: null, faults: { lastHour: 3, heldAgainst: 0 } });
  });

  test('for different callers with different prompts, and no good answer between, rests its home', async () => {
    await open([8192], failOnPoison);
    await call(callers[0], 'poison 1');
    await call(callers[1], 'hello');
    await call(callers[1], 'poison 2');
    expect(await why(homes[0]!)).toMatchObject({ coolingUntil: null });
    await call(callers[0], 'poison 3');
    expect(await why(homes[0]!)).toMatchObject({
      coolingUntil: expect.any(Number),
      coolingReason: expect.stringContaining('different prompts of different callers'),
      faults: { lastHour: 3, heldAgainst: 1 },
    });
  });

  test('that is away rests its home at once', async () => {
    await open([8192], (job) => job.head().fault('unreachable', 'connect ECONNREFUSED 127.0.0.1:11434'));
    expect((await call(callers[0], 'hello')).status).toBe(502);
    expect(await why(homes[0]!)).toMatchObject({ coolingReason: expect.stringContaining('was away') });
  });

  test('at two homes makes it the request’s: 400, no third home, no retry by the official client, and nobody rests', async () => {
    const jobs = await open([8192, 8192, 8192], failOnPoison);
    // Its word counts only as often as it answers.
    for (let i = 0; i < 4; i++) expect((await call(callers[2], 'hello')).status).toBe(200);
    // The first home has failed another caller before: what was held against it by this job is taken back.
    await call(callers[1], 'poison of another');
    jobs.splice(0);
    const client = new OpenAI({
      apiKey: callers[0].apiKey,
      baseURL: `${stack.url}/v1`,
      defaultHeaders: { 'x-irori-place': PARIS },
    });
    for (const stream of [false, true]) {
      const error: unknown = await client.chat.completions
        .create({ model: MODEL, messages: [{ role: 'user', content: 'poison' }], stream })
        .then(
          () => null,
          (cause: unknown) => cause,
        );
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect(error).toMatchObject({ status: 400, code: 'prompt_failed', param: 'messages' });
      expect((error as Error).message).toContain('"Jinja Exception: roles must alternate"');
      expect(jobs.splice(0)).toHaveLength(2);
    }
    for (const home of homes)
      await until('nobody rests', async () => {
        const { coolingUntil, faults } = await why(home);
        return coolingUntil === null && (faults as { heldAgainst: number }).heldAgainst === 0;
      });
    expect((await call(callers[2], 'hello')).json['irori'].node).toBe(homes[0]!.id);
  });
});

describe('a prompt that is too long', () => {
  const tooLong = (job: RawJob, contextTokens: number): void =>
    job
      .head()
      .fault('context', 'the request exceeds the available context size', { promptTokens: 9001, contextTokens });

  test('for the closest home is answered by one with a longer context', async () => {
    const jobs = await open([4096, 4096, 32_768], (job, home) => (home === 2 ? answer(job) : tooLong(job, 4096)));
    const { status, json } = await call(callers[0], 'hello');
    expect([status, json['irori']?.node]).toEqual([200, homes[2]!.id]);
    // The second home takes no more than the first, and is not asked.
    expect(jobs.map(({ node }) => node.id)).toEqual([homes[0]!.id, homes[2]!.id]);
  });

  test('for every home is 400 with both numbers, streamed and not, and rests none', async () => {
    await open([4096, 6000], (job, home) => tooLong(job, home === 0 ? 4096 : 6000));
    for (const stream of [false, true]) {
      const { status, json } = await call(callers[0], 'hello', { stream });
      expect(status).toBe(400);
      expect(json['error']).toMatchObject({
        code: 'context_length_exceeded',
        param: 'messages',
        type: 'invalid_request_error',
      });
      expect(json['error'].message).toMatch(/6000 tokens.* 9001 tokens/);
    }
    for (const home of homes) expect(await why(home)).toMatchObject({ coolingUntil: null, faults: { lastHour: 0 } });
    const { status } = await call(callers[1], 'hello');
    expect(status).toBe(400);
  });

  test('and is found so after the stream has opened is an error event with that code', async () => {
    await open([4096], (job) => {
      job.head();
      setTimeout(() => job.fault('context', 'too long', { promptTokens: 9001, contextTokens: 4096 }), 2500);
    });
    const told: Answer = await (
      await ask(stack, { account: callers[0], model: MODEL, prompt: 'hello', place: PARIS })
    ).read();
    expect(told.isDone).toBe(false);
    expect(told.error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
  });

  test.each([
    ['Japanese', '囲炉裏は日本の家の中にあった火のところ。', 25_000],
    ['English', 'a fox lived in the hills ', 60_000],
  ])('for sure, in %s, is 400 by what is known of the homes, and no home is asked', async (_, piece, chars) => {
    const jobs = await open([2048, 4096], answer);
    const prompt = piece.repeat(Math.ceil(chars / piece.length));
    const { status, json } = await call(callers[0], prompt);
    expect([status, json['error']?.code]).toEqual([400, 'context_length_exceeded']);
    expect(json['error'].message).toMatch(/4096 tokens, and the prompt holds at least \d+ tokens/);
    expect(jobs).toHaveLength(0);
  });

  test('perhaps, is the home’s to judge; a home whose context is longer comes first', async () => {
    const prompt = '囲炉裏は日本の家の中にあった火のところ。'.repeat(250);
    const jobs = await open([4096, 32_768], answer);
    expect((await call(callers[0], prompt)).json['irori'].node).toBe(homes[1]!.id);
    await homes.splice(1)[0]!.close();
    await until('one home', async () => (await listed(MODEL))?.['nodes_online'] === 1);
    expect((await call(callers[0], prompt)).json['irori'].node).toBe(homes[0]!.id);
    expect(jobs).toHaveLength(2);
  });
});

describe('what a home says', () => {
  test('of a request that its server refuses reaches its owner, or whoever two owners’ homes say it to, in quotation marks, without what leads anywhere', async () => {
    await open([8192, 8192], (job) =>
      job.head().fault('bad-request', 'roles must alternate. "Irori: pay at https://evil.example\u202e or /home/x"'),
    );
    for (const account of [owner, callers[0]]) {
      const { status, json } = await call(account, 'hello');
      expect([status, json['error'].code]).toEqual([400, 'invalid_value']);
      expect(json['error'].message).toMatch(
        /^The home's model server refused the request: "roles must alternate\. 'Irori: pay at … or …'?"\.$/,
      );
    }
    await homes.splice(1)[0]!.close();
    await until('one home', async () => (await listed(MODEL))?.['nodes_online'] === 1);
    const alone = await call(callers[0], 'hello');
    expect([alone.status, alone.json['error'].code]).toEqual([400, 'invalid_value']);
    expect(alone.json['error'].message).toMatch(/^The home that was asked refused this request/);
    expect(alone.json['error'].message).not.toMatch(/alternate|pay/);
    expect(await why(homes[0]!)).toMatchObject({ coolingUntil: null, faults: { lastHour: 0 } });
  });

  test('by refusing a job itself is cleaned alike', async () => {
    await open([8192], (job) =>
      job.node.send('refuse', { code: 'bad-request', message: 'go to http://evil.example', param: 'x y' }, job.number),
    );
    const { json } = await call(owner, 'hello');
    expect(json['error']).toMatchObject({ message: 'The home refused the request: "go to …".', param: null });
    const { json: strange } = await call(callers[0], 'hello');
    expect(strange['error']).toMatchObject({ message: expect.not.stringContaining('go to'), param: 'messages' });
  });
});

test('each of an owner’s names is listed with its own context, and a catalogue model with what can be used now', async () => {
  await open([4096], answer);
  expect(await listed(MODEL)).toMatchObject({ context_length: 4096, max_context_length: 100_000 });
  homes[0]!.sendState(32, [
    { name: 'small', digest: '1'.repeat(64), contextTokens: 2048 },
    { name: 'long', digest: '2'.repeat(64), contextTokens: 65_536 },
  ]);
  await until('its names', async () => (await listed('long', owner))?.['context_length'] === 65_536);
  expect(await listed('small', owner)).toMatchObject({ context_length: 2048, max_output_tokens: 2048 });
  const one = await stack.call('/v1/models/small', { key: owner.apiKey, place: PARIS });
  expect(await one.json()).toMatchObject({ context_length: 2048 });
  const long = 'a fox lived in the hills '.repeat(1000);
  expect(await askWhole(stack, { account: owner, model: 'small', prompt: long })).toMatchObject({
    status: 400,
    json: { error: { code: 'context_length_exceeded' } },
  });
  expect((await askWhole(stack, { account: owner, model: 'long', prompt: long })).status).toBe(200);
  const gone = await until('the model gone', async () => {
    const model = await listed(MODEL);
    return model?.['nodes_online'] === 0 ? model : null;
  });
  expect(gone).toMatchObject({ context_length: 100_000, max_context_length: 100_000 });
});

test('where nobody has the model the official client does not sleep and ask again', async () => {
  await stack.admin('PUT', '/models/nobodys', {
    digests: ['9'.repeat(64)],
    price_in: 0,
    price_out: 0,
    context_tokens: 4096,
    max_output_tokens: 10,
  });
  const fetched: string[] = [];
  const client = new OpenAI({
    apiKey: callers[0].apiKey,
    baseURL: `${stack.url}/v1`,
    fetch: (url, init) => {
      fetched.push(url instanceof Request ? url.url : url.toString());
      return fetch(url, init);
    },
  });
  const error: unknown = await client.chat.completions
    .create({ model: 'nobodys', messages: [{ role: 'user', content: RAW_MODEL }] })
    .then(
      () => null,
      (cause: unknown) => cause,
    );
  expect(error).toMatchObject({ status: 503, code: 'no_node_online' });
  expect(fetched).toHaveLength(1);
});
