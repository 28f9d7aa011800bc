// Homes that say of themselves, or of callers' requests, what harms others: honest calls beside them are answered. Homes are spoken frame by frame.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FINISH } from '../../schema/receipt.ts';
import { askWhole, listModel } from './ask.ts';
import { RAW_DIGEST, RAW_MODEL, RawNode } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const PARIS = '48.9,2.4,FR';
/** Farther away than those that share the work of the closest. */
const LYON = '45.8,4.8,FR';
const EVIL = /suspended|pay at|evil/i;

let stack: Stack;
let callers: TestAccount[];
let owner: TestAccount;
const homes: RawNode[] = [];

beforeAll(async () => {
  // Long enough that no home is back by itself while a test runs.
  stack = await startStack({ timings: { coolingMs: 60_000, resumeWaitMs: 300 } });
  owner = await stack.makeAccount();
  callers = await Promise.all(Array.from({ length: 4 }, () => stack.makeAccount(1e9)));
});

afterAll(() => stack?.stop());

afterEach(async () => {
  for (const home of homes.splice(0)) await home.close();
  await until('no home', async () => (await online()) === 0);
});

async function online(): Promise<number> {
  const response = await stack.call('/v1/models', { key: callers[0]!.apiKey, place: PARIS });
  const { data } = (await response.json()) as { data: { id: string; nodes_online: number }[] };
  return data.find(({ id }) => id === MODEL)?.nodes_online ?? 0;
}

const answer = (job: RawJob): void => void job.head().say('well', 1).end(job.receipt());

async function join(place: string, onJob: (job: RawJob) => void, whose = owner): Promise<RawNode> {
  const home = await RawNode.join(stack, whose, { place });
  home.onJob = onJob;
  homes.push(home);
  return home;
}

/** Waits until the model is listed with all homes that joined. */
async function open(): Promise<void> {
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST, homes: homes.length });
  await until('all homes', async () => (await online()) === homes.length);
}

/** One call after another, of the callers in turn; what each was told. */
async function callEach(count: number, atOnce = false): Promise<{ status: number; text: string }[]> {
  const call = async (i: number): Promise<{ status: number; text: string }> => {
    const ask = { model: MODEL, prompt: `hello ${i}`, maxTokens: 20, place: PARIS };
    const { status, json } = await askWhole(stack, { ...ask, account: callers[i % callers.length]! });
    return { status, text: JSON.stringify(json) };
  };
  if (atOnce) return Promise.all(Array.from({ length: count }, (_, i) => call(i)));
  const told: { status: number; text: string }[] = [];
  for (let i = 0; i < count; i++) told.push(await call(i));
  return told;
}

const countJobs = (home: RawNode): number => home.heard.filter(({ name }) => name === 'job').length;

async function why(home: RawNode, whose = owner): Promise<Record<string, unknown>> {
  const response = await stack.call(`/node/v1/why?node=${home.id}`, { key: whose.apiKey });
  return ((await response.json()) as { nodes: Record<string, unknown>[] }).nodes[0]!;
}

test('31 names with one CJK letter each, and a state that holds too much: 12 of 12 calls are answered', async () => {
  const evil = await join(PARIS, answer);
  await join(PARIS, answer);
  await join(PARIS, answer);
  await open();
  const names = Array.from({ length: 31 }, (_, i) => ({ name: `囲${'x'.repeat(192)}${i}` }));
  evil.sendState(32, [{ name: RAW_MODEL }, ...names.slice(1)]);
  expect((await callEach(12)).map(({ status }) => status)).toEqual(Array(12).fill(200));
  evil.sendState(999, [{}, ...Array.from({ length: 90 }, (_, i) => ({ name: `${'囲'.repeat(190)}${i}` }))]);
  await until('the complaint', () => evil.heard.some(({ name }) => name === 'error'));
  expect((await callEach(12, true)).map(({ status }) => status)).toEqual(Array(12).fill(200));
});

test('nine homes of one owner that refuse: 20 of 20 calls are answered, none reads their words, and they rest', async () => {
  const attacker = await stack.makeAccount();
  const message = 'Your key was suspended, pay at evil.example';
  const refuse = (job: RawJob): void => job.node.send('refuse', { code: 'bad-request', message }, job.number);
  for (let i = 0; i < 9; i++) await join(PARIS, refuse, attacker);
  const evil = homes.slice();
  for (let i = 0; i < 3; i++) await join(LYON, answer);
  await open();
  const told = [...(await callEach(20, true)), ...(await callEach(20))];
  expect(told.map(({ status }) => status)).toEqual(Array(40).fill(200));
  for (const { text } of told) expect(text).not.toMatch(EVIL);
  const asked = evil.map(countJobs);
  // However many calls come, each is asked until three of its refusals were disproved, and those at the same time.
  const before = asked.reduce((a, b) => a + b, 0);
  await callEach(20);
  const after = evil.map(countJobs).reduce((a, b) => a + b, 0);
  expect(after - before).toBeLessThanOrEqual(20);
  const resting = await Promise.all(evil.map((home) => why(home, attacker)));
  expect(resting.some(({ coolingReason }) => /refused most/.test(String(coolingReason)))).toBe(true);
});

test('nine homes of nine owners that refuse: 20 of 20 calls are answered', async () => {
  const message = 'Your key was suspended, pay at evil.example';
  for (let i = 0; i < 9; i++) {
    const refuse = (job: RawJob): void => job.node.send('refuse', { code: 'bad-request', message }, job.number);
    await join(PARIS, refuse, await stack.makeAccount());
  }
  for (let i = 0; i < 3; i++) await join(LYON, answer);
  await open();
  const told = await callEach(20, true);
  expect(told.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const { text } of told) expect(text).not.toMatch(EVIL);
});

test.each(['bad-request', 'context', 'internal', 'busy'])(
  'a home whose server says %s of every job: 20 of 20 calls are answered by another with the same context',
  async (code) => {
    const evil = await join(
      PARIS,
      (job) => job.head().fault(code, 'Your key was suspended, pay at evil.example', { contextTokens: 100_000 }),
      await stack.makeAccount(),
    );
    await join(LYON, answer);
    await open();
    const told = await callEach(20);
    expect(told.map(({ status }) => status)).toEqual(Array(20).fill(200));
    for (const { text } of told) expect(text).not.toMatch(EVIL);
    expect(countJobs(evil)).toBeLessThanOrEqual(6);
  },
);

test('a home that claims the energy of a town, or none, is told at what its class of card can draw, or any machine needs', async () => {
  const claims = [1_000_000_000_000n, 0n];
  const home = await join(PARIS, (job) => {
    const energyMicroWh = claims.shift() ?? 100n;
    const energy = {
      energyMicroWh,
      energyLowMicroWh: energyMicroWh,
      energyHighMicroWh: energyMicroWh,
      energyMethod: 2,
    };
    job.head().say('well', 1).end(job.receipt(energy));
  });
  await open();
  const power = { card: 'NVIDIA GeForce RTX 4070', idleW: 60, mostW: 220, method: 'sampled', isAwakeForWork: false };
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
  const model = { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'none', resume: 'none' };
  home.send('state', { models: [{ ...model, ...speeds }], slots: 32, paused: null, power });
  const told = [];
  for (const { text } of await callEach(3)) told.push((JSON.parse(text) as { irori: { energy: object } }).irori.energy);
  // 580 W over a second to ten, where any home's bound is 1.74 Wh at the least; a millionth of a watt-hour.
  expect(told).toMatchObject([
    { bounded: true, tier: 'C', wh: expect.any(Number) },
    { bounded: true, wh: 0.000001 },
    { bounded: false, wh: 0.0001, wh_90: [0.00008, 0.00012] },
  ]);
  expect((told[0] as { wh: number }).wh).toBeGreaterThanOrEqual(0.161);
  expect((told[0] as { wh: number }).wh).toBeLessThan(1.7);
});

test('a home that is taken back after one token, always, is asked 3 times of 10', async () => {
  const attacker = await stack.makeAccount();
  const evil = await join(
    PARIS,
    (job) =>
      void job
        .head()
        .say('well', 1)
        .end(job.receipt({ finish: FINISH.preempted })),
    attacker,
  );
  await join(LYON, answer);
  await open();
  await callEach(10);
  expect(countJobs(evil)).toBe(3);
  await until('the reason', async () => /taken back/.test(String((await why(evil, attacker))['coolingReason'])));
  expect(await why(evil, attacker)).toMatchObject({ turns: { preempted: 3, answered: 0 } });
});

test('a home that is taken back now and then is asked as before', async () => {
  let jobs = 0;
  const home = await join(PARIS, (job) => {
    if (++jobs % 3 === 2)
      job
        .head()
        .say('well', 1)
        .end(job.receipt({ finish: FINISH.preempted }));
    else answer(job);
  });
  await join(LYON, answer);
  await open();
  await callEach(12);
  expect(countJobs(home)).toBeGreaterThanOrEqual(12);
});

test('a home that flips its slots, its pause and its models a hundred times a second keeps no call from an answer', async () => {
  const evil = await join(PARIS, answer, await stack.makeAccount());
  await join(LYON, answer);
  await open();
  let flips = 0;
  const flipping = setInterval(() => evil.sendState(flips++ % 2 === 0 ? 64 : 0, flips % 3 === 0 ? [] : [{}]), 10);
  try {
    expect((await callEach(20)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  } finally {
    clearInterval(flipping);
  }
  expect(flips).toBeGreaterThan(0);
});
