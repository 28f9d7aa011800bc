// Which home answers: the closest with the model and a free slot; the next when it is busy, gone or broken; at most three in all.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const LYON = '45.8,4.8,FR';
const BERLIN = '52.5,13.4,DE';
const OSAKA = '34.7,135.5,JP';
const TOKYO = '35.7,139.7,JP';

let stack: Stack;
let account: TestAccount;
const servers: ModelServer[] = [];

interface Home {
  readonly agent: TestAgent;
  readonly models: ModelServer;
  readonly place: string;
  node: string;
}

beforeAll(async () => {
  stack = await startStack();
  account = await stack.makeAccount();
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.stop();
});

/** Homes of one owner, each with its own model server, connected and known. */
async function startHomes(owner: TestAccount, places: readonly string[], names = 'say-*'): Promise<Home[]> {
  const homes = await Promise.all(
    places.map(async (place) => {
      // What a home serves by name its server has to list.
      const models = await startModelServer(names.endsWith('*') ? {} : { models: names.split(',') });
      servers.push(models);
      const args = ['--backend', models.url, '--models', names, '--slots', '1'];
      return { agent: await stack.startAgent({ owner, args, place }), models, place, node: '' };
    }),
  );
  for (const home of homes) {
    home.node = await until(
      'the home connected',
      () => /connected hub.* node=(\S+)/.exec(home.agent.lines.join('\n'))?.[1],
    );
  }
  await stack.waitForModel(owner, names.split(',')[0]!, places.length);
  return homes;
}

function ask(owner: TestAccount, place: string, model = 'say-2x0', prompt = 'hi'): Promise<Response> {
  const body = { model, messages: [{ role: 'user', content: prompt }] };
  return stack.call('/v1/chat/completions', { key: owner.apiKey, place, body });
}

async function factsOf(response: Response): Promise<FinalFacts> {
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200 });
  return (JSON.parse(text) as { irori: FinalFacts }).irori;
}

const occupied: { home: Home; stop: AbortController }[] = [];

/** Keeps a home's only slot until the test is over. */
async function occupy(owner: TestAccount, home: Home, place: string): Promise<void> {
  const stop = new AbortController();
  occupied.push({ home, stop });
  const response = await stack.call('/v1/chat/completions', {
    key: owner.apiKey,
    place,
    signal: stop.signal,
    body: { model: 'say-5000x20', messages: [{ role: 'user', content: 'hi' }], stream: true },
  });
  expect(JSON.parse(response.headers.get('x-irori') ?? '{}')).toMatchObject({ node: home.node });
  // Read on: of an answer that nobody holds any more the runtime lets go whenever it collects garbage.
  void response.text().catch(() => undefined);
}

afterEach(async () => {
  for (const { home, stop } of occupied.splice(0)) {
    stop.abort();
    await until('its slot is free', async () => {
      const response = await ask(account, home.place);
      return response.ok && (await factsOf(response)).node === home.node;
    });
  }
});

describe('among homes in Paris, Lyon and Tokyo', () => {
  let paris: Home;
  let lyon: Home;
  let tokyo: Home;

  beforeAll(async () => {
    [paris, lyon, tokyo] = (await startHomes(account, [PARIS, LYON, TOKYO])) as [Home, Home, Home];
  });

  test('the closest answers, wherever the caller is', async () => {
    const wanted = [
      [PARIS, paris, 'FR'],
      [BERLIN, paris, 'FR'],
      ['45.2,5.7,FR', lyon, 'FR'],
      [OSAKA, tokyo, 'JP'],
      ['-33.9,151.2,AU', tokyo, 'JP'],
    ] as const;
    for (const [place, home, country] of wanted)
      expect(await factsOf(await ask(account, place))).toMatchObject({ node: home.node, country, attempts: 1 });
  });

  test('a busy home is passed over for the next, in its own area and beyond, until all are busy', async () => {
    await occupy(account, paris, PARIS);
    expect((await factsOf(await ask(account, PARIS))).node).toBe(lyon.node);
    await occupy(account, lyon, PARIS);
    expect((await factsOf(await ask(account, PARIS))).node).toBe(tokyo.node);
    await occupy(account, tokyo, PARIS);
    const busy = await ask(account, PARIS);
    expect(busy.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await readError(busy, 429)).code).toBe('all_homes_busy');
  });

  test('a home that stands still is left before its first token, unseen by the caller', async () => {
    await lyon.agent.signal('SIGSTOP');
    try {
      expect(await factsOf(await ask(account, LYON))).toMatchObject({ node: paris.node, attempts: 1 });
    } finally {
      await lyon.agent.signal('SIGCONT');
    }
    await until('it answers again', async () => (await factsOf(await ask(account, LYON))).node === lyon.node);
  });

  test('a home that is killed is replaced by the next, unseen by the caller', async () => {
    await factsOf(await ask(account, OSAKA));
    await tokyo.agent.signal('SIGKILL');
    const facts = await factsOf(await ask(account, OSAKA));
    expect([paris.node, lyon.node]).toContain(facts.node);
    tokyo.agent.start();
    await until('it answers again', async () => (await factsOf(await ask(account, OSAKA))).node === tokyo.node);
  });

  test('a home whose model server fails is left for the next', async () => {
    paris.models.behaviour = 'say-1x0-status500';
    try {
      expect(await factsOf(await ask(account, PARIS))).toMatchObject({ node: lyon.node, attempts: 2 });
      const streamed = await stack.call('/v1/chat/completions', {
        key: account.apiKey,
        place: PARIS,
        body: { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }], stream: true },
      });
      expect(JSON.parse(streamed.headers.get('x-irori') ?? '{}')).toMatchObject({ node: lyon.node });
      expect(await streamed.text()).toMatch(/ word1.*\[DONE\]/s);
    } finally {
      paris.models.behaviour = null;
    }
    await until('it answers again', async () => (await factsOf(await ask(account, PARIS))).node === paris.node);
  });

  test('a request that is wrong for the home is not tried elsewhere', async () => {
    const before = [paris, lyon, tokyo].map((home) => home.models.seen.length);
    await readError(await ask(account, PARIS, 'say-1x0-status400'), 400);
    const after = [paris, lyon, tokyo].map((home) => home.models.seen.length);
    expect(after.map((count, i) => count - before[i]!)).toEqual([1, 0, 0]);
  });
});

describe('attempts', () => {
  test('on which model servers fail are two, at different homes: then it is the request, and no home rests', async () => {
    const owner = await stack.makeAccount();
    const homes = await startHomes(owner, [PARIS, LYON, BERLIN, OSAKA], 'say-5x0');
    for (const home of homes) home.models.behaviour = 'say-1x0-status500';
    expect((await readError(await ask(owner, PARIS, 'say-5x0'), 400)).code).toBe('prompt_failed');
    expect(homes.map((home) => home.models.seen.length)).toEqual([1, 1, 0, 0]);
    for (const home of homes) home.models.behaviour = null;
    expect(await factsOf(await ask(owner, PARIS, 'say-5x0'))).toMatchObject({
      node: homes[0]!.node,
      attempts: 1,
      country: 'FR',
    });
  });
});

describe('who is asked', () => {
  test('only homes that have the model', async () => {
    const owner = await stack.makeAccount();
    const [small] = (await startHomes(owner, [PARIS], 'say-2x0')) as [Home];
    const [large] = (await startHomes(owner, [TOKYO], 'say-3x0')) as [Home];
    expect((await factsOf(await ask(owner, PARIS, 'say-3x0'))).node).toBe(large.node);
    expect((await factsOf(await ask(owner, TOKYO, 'say-2x0'))).node).toBe(small.node);
    expect(small.models.seen.map((one) => one.body['model'])).toEqual(['say-2x0']);
    expect(large.models.seen.map((one) => one.body['model'])).toEqual(['say-3x0']);
    await readError(await ask(owner, PARIS, 'say-4x0'), 404);
  });

  test('an owner’s own names are served to nobody else', async () => {
    const stranger = await stack.makeAccount();
    expect((await readError(await ask(stranger, PARIS), 404)).code).toBe('model_not_found');
    const listed = (await (await stack.call('/v1/models', { key: stranger.apiKey })).json()) as {
      data: { id: string }[];
    };
    expect(listed.data.map((model) => model.id)).toEqual(['nano-demo']);
  });

  test('a model of the catalogue is served to everyone by the homes that hold its digest, soon after it is listed', async () => {
    const stranger = await stack.makeAccount();
    const { digest, node } = await factsOf(await ask(account, PARIS));
    const body = { digests: [digest], price_in: 0, price_out: 0, context_tokens: 4096, max_output_tokens: 100 };
    expect((await stack.admin('PUT', '/models/house', body)).status).toBe(200);
    await stack.waitForModel(stranger, 'house');
    expect(await factsOf(await ask(stranger, PARIS, 'house'))).toMatchObject({ digest, node });
  });

  test('nobody, when nobody has it: 503', async () => {
    const error = await readError(await ask(account, PARIS, 'nano-demo'), 503);
    expect(error.code).toBe('no_node_online');
  });
});
