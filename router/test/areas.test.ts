// Hubs that are cut and joined under running streams, and what an owner is told of it: real homes of two towns, hubs of a few slots.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeWhy } from '../homes/make-why.ts';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { ask, askAll } from './ask.ts';
import type { Answer } from './ask.ts';
import { startModelServer, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const ROME = '41.9,12.5,IT';
const MODEL = 'say-8x0';
/** Plans are made at most every 2 s here. */
const PLANS_MS = 40_000;

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
const paris: TestAgent[] = [];
const rome: TestAgent[] = [];

beforeAll(async () => {
  stack = await startStack({ bindings: { HUB_MAX_SLOTS: '4', HUB_MIN_SLOTS: '2' }, timings: { lingerMs: 1000 } });
  server = await startModelServer();
  owner = await stack.makeAccount();
  for (const [town, place] of [
    [paris, PARIS],
    [paris, PARIS],
    [rome, ROME],
    [rome, ROME],
  ] as const)
    town.push(await startHome(place));
  await stack.waitForModel(owner, MODEL, 4);
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function startHome(place: string): Promise<TestAgent> {
  return stack.startAgent({ owner, place, args: ['--models', MODEL, '--slots', '1', '--backend', server.url] });
}

function idOf(agent: TestAgent): string {
  const found = agent.lines.map((line) => /node_[0-9a-f]{32}/.exec(line)?.[0]).find(Boolean);
  if (found === undefined) throw new Error(`no node in ${agent.lines.join('\n')}`);
  return found;
}

async function askWhy(query = '', key = owner.apiKey): Promise<{ status: number; nodes: NodeWhy[]; code: string }> {
  const response = await stack.call(`/node/v1/why${query}`, { key });
  const json = (await response.json()) as { nodes?: NodeWhy[]; error?: { code: string } };
  return { status: response.status, nodes: json.nodes ?? [], code: json.error?.code ?? '' };
}

/** Hubs where homes are connected now. */
async function hubsOf(agents: readonly TestAgent[]): Promise<Set<string | null>> {
  const { nodes } = await askWhy();
  const ids = new Set(agents.map(idOf));
  return new Set(nodes.filter(({ node, online }) => ids.has(node) && online).map(({ hub }) => hub));
}

const job = (prompt: string, place: string) => ({ account: owner, model: MODEL, prompt, place });

test('a hub that grew too big is cut between two towns, and the streams of both go on unbroken', async () => {
  expect(await hubsOf([...paris, ...rome])).toEqual(new Set(['hub:weur:0']));
  const streams: Answer[] = await Promise.all([
    ask(stack, job('say-150x100', PARIS)),
    ask(stack, job('say-150x100', ROME)),
  ]);
  const ending = Promise.all(streams.map((stream) => stream.read()));
  rome.push(await startHome(ROME));
  await stack.waitForModel(owner, MODEL, 5);
  await ending;
  for (const stream of streams)
    expect([stream.text, stream.isDone, stream.error, stream.irori.attempts]).toEqual([words(150), true, null, 1]);
  await until(
    'each town at a hub of its own',
    async () => {
      const [french, italian] = [await hubsOf(paris), await hubsOf(rome)];
      return french.size === 1 && italian.size === 1 && [...french][0] !== [...italian][0];
    },
    PLANS_MS,
  );
  // One may be on its way still.
  await until('all are connected', async () => (await askWhy()).nodes.filter(({ online }) => online).length === 5);
});

test('calls find the homes where they sit now, and what happened before the move is still known', async () => {
  for (const [town, place] of [
    [paris, PARIS],
    [rome, ROME],
  ] as const) {
    const answer = await until('an answer from the town', async () => {
      const tried = await askAll(stack, job('say-5x0', place)).catch(() => null);
      return tried && town.map(idOf).includes(tried.irori.node) ? tried : null;
    });
    expect(answer.text).toBe(words(5));
  }
  const { nodes } = await askWhy();
  const jobs = nodes.reduce((sum, { lastHour }) => sum + lastHour.jobs, 0);
  expect(jobs).toBeGreaterThanOrEqual(4);
  const worked = nodes.filter(({ lastHour }) => lastHour.minutesWithJob > 0);
  expect(worked.length).toBeGreaterThanOrEqual(2);
});

test('every minute of the hour has a reason, by the owner and by the home itself', async () => {
  const { nodes } = await askWhy();
  for (const { lastHour } of nodes) {
    expect(lastHour.minutesWithJob + lastHour.minutesWithout).toBe(60);
    expect(lastHour.spans.reduce((sum, { from, to }) => sum + (to - from) / 60_000, 0)).toBe(60);
    expect(lastHour.summary.length).toBeGreaterThan(20);
  }
  const agent = paris[0];
  if (!agent) throw new Error('no home');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [AGENT_MAIN, 'why', '--state', agent.stateDir]);
  expect(stdout).toContain(`${idOf(agent)}  connected (weur, hub:weur:`);
  expect(stdout).toContain('in the last hour');
  const json = JSON.parse(
    (await run(process.execPath, [AGENT_MAIN, 'why', '--state', agent.stateDir, '--json'])).stdout,
  ) as NodeWhy;
  expect(json).toMatchObject({ node: idOf(agent), online: true, area: 'weur' });
});

test('nobody reads of homes that are not theirs', async () => {
  const stranger = await stack.makeAccount();
  const node = idOf(paris[0] as TestAgent);
  expect(await askWhy(`?node=${node}`, stranger.apiKey)).toMatchObject({ status: 404, code: 'not_found' });
  expect(await askWhy('', stranger.apiKey)).toMatchObject({ status: 200, nodes: [] });
  expect(await askWhy('?node=node_1')).toMatchObject({ status: 400, code: 'invalid_value' });
  expect(await askWhy('?after=x')).toMatchObject({ status: 400, code: 'invalid_value' });
  expect((await askWhy(`?node=${node}`)).nodes.map((one) => one.node)).toEqual([node]);
  expect(await askWhy('', 'a.b.c')).toMatchObject({ status: 401 });
  expect((await stack.call('/node/v1/why')).status).toBe(401);
  expect((await stack.call('/node/v1/why', { method: 'POST', body: {}, key: owner.apiKey })).status).toBe(405);
});

test('a hub that became too small is joined with its neighbour, and the gone are told since when', async () => {
  const gone = rome.splice(0, 2);
  for (const agent of gone) await agent.signal('SIGTERM');
  await until(
    'one hub for all',
    async () => {
      const [french, italian] = [await hubsOf(paris), await hubsOf(rome)];
      return italian.size === 1 && [...french][0] === [...italian][0] && french.size === 1;
    },
    PLANS_MS,
  );
  const { nodes } = await askWhy(`?node=${idOf(gone[0] as TestAgent)}`);
  expect(nodes[0]?.online).toBe(false);
  expect(nodes[0]?.since).toBeGreaterThan(Date.now() - 120_000);
  expect(nodes[0]?.lastHour.summary).toContain('not connected since');
  const answer = await until('an answer', () => askAll(stack, job('say-5x0', ROME)).catch(() => null));
  expect(answer.text).toBe(words(5));
});

test('a revoked home is found wherever it sits after the moves', async () => {
  const agent = rome[0] as TestAgent;
  await stack.admin('DELETE', `/nodes/${idOf(agent)}?reason=test`);
  await until('the end of its link', () => agent.lines.some((line) => /revoked/i.test(line)));
  expect((await askWhy()).nodes.map(({ node }) => node)).not.toContain(idOf(agent));
});

test('the statistics tell of these jobs, and of nothing that owners call their own', async () => {
  const read = async (query = '', key: string | null = owner.apiKey) => stack.call(`/v1/stats${query}`, { key });
  const stats = await until('all jobs in the book', async () => {
    const json = (await (await read('?window=5m')).json()) as Record<string, any>;
    return json['jobs'] >= 4 ? json : null;
  });
  expect(stats).toMatchObject({ object: 'stats', window: '5m', is_cut: false });
  expect(stats['outcomes']['complete']).toBeGreaterThanOrEqual(4);
  expect(stats['prediction_error']['compared']).toBeGreaterThanOrEqual(1);
  expect(Object.keys(stats['models'])).toEqual(['(own models)']);
  expect(stats['modes']['closest']['jobs']).toBeGreaterThanOrEqual(4);
  expect((await read('?window=2h')).status).toBe(400);
  expect((await read('', null)).status).toBe(401);
});
