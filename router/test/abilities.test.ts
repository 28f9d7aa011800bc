// What a request needs of its model decides which home answers, through the whole network: what servers say and show, what their owners say, what nobody has.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { ABLE_MODEL, PIXEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { readError } from './error-shape.ts';
import { startHomes } from './homes.ts';
import type { Home } from './homes.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const LYON = '45.8,4.8,FR';
const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
const PICTURE = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } }];

let stack: Stack;
let owner: TestAccount;
let plainServer: AbleServer;
let ableServer: AbleServer;
let homes: Home[];

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 1000, returnWaitMs: 500 } });
  owner = await stack.makeAccount();
  [plainServer, ableServer] = await Promise.all([
    startAbleServer({ canTools: false, canSee: false, canThink: false }),
    startAbleServer(),
  ]);
  homes = await startHomes(stack, owner, [
    { place: PARIS, args: ['--backend', plainServer.url] },
    { place: LYON, args: ['--backend', ableServer.url] },
  ]);
  await stack.waitForModel(owner, ABLE_MODEL, 2);
});

afterAll(async () => {
  await stack?.stop();
  await Promise.all([plainServer?.stop(), ableServer?.stop()]);
});

const plainHome = (): string => homes[0]!.node;
const ableHome = (): string => homes[1]!.node;

function ask(more: Record<string, unknown>, content: unknown = 'hi', path = '/v1/chat/completions'): Promise<Response> {
  const body = { model: ABLE_MODEL, messages: [{ role: 'user', content }], ...more };
  return stack.call(path, { key: owner.apiKey, place: PARIS, body });
}

async function homeOf(response: Response): Promise<string | null> {
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200 });
  return response.headers.get('x-irori-node');
}

describe('a request goes to a home that can do what it needs', () => {
  test('text to the closest, whatever that cannot do', async () => {
    expect(await homeOf(await ask({}))).toBe(plainHome());
    expect(await homeOf(await ask({ tools: TOOLS, tool_choice: 'none' }))).toBe(plainHome());
  });

  test('tools and pictures to the one that has them, streamed and not, in every API', async () => {
    expect(await homeOf(await ask({ tools: TOOLS }))).toBe(ableHome());
    expect(await homeOf(await ask({ tools: TOOLS, stream: true }))).toBe(ableHome());
    expect(await homeOf(await ask({}, PICTURE))).toBe(ableHome());
    const responses = { input: 'hi', messages: undefined, tools: [{ type: 'function', name: 'look', parameters: {} }] };
    expect(await homeOf(await ask(responses, '', '/v1/responses'))).toBe(ableHome());
    const messages = { max_tokens: 50, tools: [{ name: 'look', input_schema: { type: 'object' } }] };
    expect(await homeOf(await ask(messages, 'hi', '/v1/messages'))).toBe(ableHome());
  });

  test('what both have to the closest', async () => {
    expect(await homeOf(await ask({ response_format: { type: 'json_object' } }))).toBe(plainHome());
    expect(await homeOf(await ask({ logprobs: true }))).toBe(plainHome());
  });

  test('what it found is told to the owner', async () => {
    const told = homes.map(({ agent }) => {
      return spawnSync(process.execPath, [AGENT_MAIN, 'status', '--state', agent.stateDir], { encoding: 'utf8' })
        .stdout;
    });
    expect(told[0]).toMatch(new RegExp(`can +${ABLE_MODEL}: text, json, logprobs, completion, embeddings\n`));
    // One line of the terminal's width may be two.
    expect(told[1]?.replaceAll(/\n +/g, ' ')).toMatch(/can .*, tools, images, reasoning, embeddings\n/);
  });
});

describe('a request to think', () => {
  const strict = { provider: { require_parameters: true } };
  const asks = [
    ['/v1/chat/completions', { reasoning_effort: 'high' }],
    ['/v1/chat/completions', { reasoning: { enabled: true } }],
    ['/v1/responses', { input: 'hi', messages: undefined, reasoning: { effort: 'low' } }],
    ['/v1/messages', { max_tokens: 50, thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['/v1/messages', { max_tokens: 50, thinking: { type: 'adaptive' } }],
  ] as const;

  test.each(asks)('of %s goes to any home, as agents make it of every model: %j', async (path, more) => {
    expect(await homeOf(await ask(more, 'hi', path))).toBe(plainHome());
  });

  test.each(asks)('of %s whose every field is to be kept goes to one whose model thinks: %j', async (path, more) => {
    expect(await homeOf(await ask({ ...more, ...strict }, 'hi', path))).toBe(ableHome());
  });

  test('and one not to think goes to any', async () => {
    expect(await homeOf(await ask({ ...strict, reasoning_effort: 'none' }))).toBe(plainHome());
  });

  test('is refused by name where everything is to be kept and no home’s model thinks', async () => {
    const provider = { require_parameters: true, only: [plainHome()] };
    const refused = await readError(await ask({ provider, reasoning_effort: 'high' }), 400);
    expect(refused).toMatchObject({ code: 'no_home_fits', param: 'reasoning_effort' });
    expect(refused.message).toContain('require_parameters');
  });
});

describe('what a home’s server does not take', () => {
  test('is left out and told, with what nobody knows, in a header that pages may read', async () => {
    const answer = await ask({ top_k: 40, min_tokens: 3, temprature: 1, 'x\r\ny: z': 1 });
    expect(answer.headers.get('x-irori-ignored')).toBe('temprature, x%0D%0Ay%3A%20z, min_tokens');
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-irori-ignored');
    await answer.text();
    expect(plainServer.seen.at(-1)?.body).toMatchObject({ top_k: 40 });
    expect(plainServer.seen.at(-1)?.body).not.toHaveProperty('min_tokens');
  });

  test('is told of streams and in the other APIs too', async () => {
    for (const [path, more] of [
      ['/v1/chat/completions', { stream: true }],
      ['/v1/responses', { input: 'hi', messages: undefined }],
      ['/v1/messages', { max_tokens: 5 }],
    ] as const) {
      const answer = await ask({ ...more, min_tokens: 3 }, 'hi', path);
      expect([answer.status, answer.headers.get('x-irori-ignored')]).toEqual([200, 'min_tokens']);
      await answer.text();
    }
  });

  test('nothing left out is no header', async () => {
    const answer = await ask({ top_k: 40, user: 'me', store: false });
    expect(answer.headers.get('x-irori-ignored')).toBe(null);
    await answer.text();
  });

  test('is refused by name where everything has to be kept', async () => {
    const provider = { require_parameters: true };
    expect(await homeOf(await ask({ provider, top_k: 40 }))).toBe(plainHome());
    const sampler = await ask({ provider, top_k: 40, min_tokens: 3 });
    expect(await readError(sampler, 400)).toMatchObject({ code: 'no_home_fits', param: 'min_tokens' });
    const unknown = await ask({ provider, temprature: 1 });
    expect(await readError(unknown, 400)).toMatchObject({ code: 'unsupported_parameter', param: 'temprature' });
  });
});

describe('what no home can do', () => {
  test('is told by field and model, with how many homes have it without', async () => {
    await homes[1]!.agent.signal('SIGTERM');
    await until('the able home is gone', async () => (await ask({ tools: TOOLS })).status === 400);
    const refused = await ask({ tools: TOOLS });
    const { message, ...error } = await readError(refused, 400);
    expect(error).toMatchObject({ code: 'no_home_fits', param: 'tools' });
    expect(message).toContain(`'${ABLE_MODEL}'`);
    expect(message).toContain('one home has it without');
    expect(await readError(await ask({}, PICTURE), 400)).toMatchObject({ code: 'no_home_fits', param: 'messages' });
    expect(await homeOf(await ask({}))).toBe(plainHome());
  });

  test('an answer that needs it goes on at no home without it', async () => {
    homes[1]!.agent.start();
    await until('the able home is back', async () => (await ask({ tools: TOOLS })).status === 200);
    ableServer.gapMs = 100;
    const stream = await ask({ tools: TOOLS, stream: true }, 'many words that take a while to say all of them again');
    await until('the answer has begun', () => ableServer.seen.length > 0);
    await new Promise((wake) => setTimeout(wake, 400));
    const before = plainServer.seen.length;
    await homes[1]!.agent.signal('SIGKILL');
    const text = await stream.text();
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
    expect(plainServer.seen.length).toBe(before);
  });

  test('and what an owner says of a model stands before what was found', async () => {
    const other = await stack.makeAccount();
    const said = await startHomes(stack, other, [
      { place: PARIS, args: ['--backend', plainServer.url, '--can', `${ABLE_MODEL}=tools`] },
    ]);
    await stack.waitForModel(other, ABLE_MODEL);
    const call = (more: object): Promise<Response> =>
      stack.call('/v1/chat/completions', {
        key: other.apiKey,
        place: PARIS,
        body: { model: ABLE_MODEL, messages: [{ role: 'user', content: 'hi' }], ...more },
      });
    expect(await homeOf(await call({ tools: TOOLS }))).toBe(said[0]!.node);
    expect(await readError(await call({ logprobs: true }), 400)).toMatchObject({
      code: 'no_home_fits',
      param: 'logprobs',
    });
  });
});
