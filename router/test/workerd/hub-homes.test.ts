// How a hub gives jobs to its homes: the promise, cooling, what it learns, free slots by class, moves, hints.
import { applyD1Migrations, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Capacity } from '../../../schema/placement.ts';
import { CAPACITY_HEADER, TOOK_HEADER } from '../../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../../schema/offer.ts';
import { CHAT_REQUEST, makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, makeModel, openHub, readRecords, sleep, waitFor } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
afterEach(() => void vi.useRealTimers());

const refusalOf = async (response: Response): Promise<OfferRefusal> => response.json<OfferRefusal>();
const slow = makeModel({ promptTokensPerS: 10 });
type Home = Awaited<ReturnType<typeof joinHub>>;

/** One answer of three tokens, `ms` for its prompt; the records as the edge reads them. */
async function runJob(stub: ReturnType<typeof openHub>, home: Home, ms = 0, facts = {}): Promise<unknown[]> {
  const from = home.heard.length;
  const answering = ask(stub, makeJobOffer(facts));
  const job = await home.nextJob(from);
  job.head();
  await sleep(ms);
  job.say('one ');
  job.say('two three', 2);
  job.end();
  return readRecords(await answering);
}

describe('the promise', () => {
  test('a home that cannot keep it is busy, with a quote and what is free; forced, it takes the job', async () => {
    const stub = openHub();
    const home = await joinHub(stub, { models: [slow] });
    const response = await ask(stub, makeJobOffer());
    expect(response.status).toBe(409);
    expect(Number(response.headers.get(TOOK_HEADER))).toBeGreaterThanOrEqual(0);
    const refusal = await refusalOf(response);
    expect(refusal).toMatchObject({ code: 'busy', nodeId: null, capacity: { free: 1, slots: 1 } });
    expect(refusal.quoteMs).toBeGreaterThan(1000);
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    const records = await runJob(stub, home, 0, { isForced: true, asks: 3 });
    expect(records[0]).toMatchObject({ node: home.nodeId, decision: { isForced: true, asks: 3 }, resumed: null });
    expect(records.at(-1)).toMatchObject({ finish: 'stop' });
  });

  test('a full home is never granted, not even forced', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    const first = ask(stub, makeJobOffer());
    const job = await home.nextJob();
    const full = await refusalOf(await ask(stub, makeJobOffer({ isForced: true })));
    expect(full).toMatchObject({ code: 'busy', quoteMs: null, capacity: { free: 0, slots: 1 } });
    job.send('refuse', { code: 'busy', message: 'no' }, job.job);
    expect(await refusalOf(await first)).toMatchObject({ code: 'busy', nodeId: home.nodeId, capacity: { free: 1 } });
  });

  test('an ask that may wait gets the slot when it is free, and is told how long that took', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    const first = runJob(stub, home, 300);
    await home.nextJob();
    const from = home.heard.length;
    const waiting = ask(stub, makeJobOffer({ isForced: true, waitMs: 5000 }));
    await first;
    const job = await home.nextJob(from);
    job.head();
    job.say('one ');
    job.end();
    const [head] = (await readRecords(await waiting)) as { decision: { queuedMs: number; reason: string } }[];
    expect(head?.decision.queuedMs).toBeGreaterThan(100);
    expect(head?.decision.reason).toMatch(/, after \d\.\d s in line$/);
  });

  test('an ask whose turn surely comes too late is busy at once, with when it would come; one that may come in time is busy when its time is over', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    // Where no job has ended yet nobody knows: it waits its time.
    const held = runJob(stub, home, 1000);
    await home.nextJob();
    const short = await ask(stub, makeJobOffer({ isForced: true, waitMs: 300 }));
    expect(Number(short.headers.get(TOOK_HEADER))).toBeGreaterThanOrEqual(290);
    expect(await refusalOf(short)).toMatchObject({ code: 'busy', nodeId: null });
    await held;
    const from = home.heard.length;
    const again = ask(stub, makeJobOffer());
    await home.nextJob(from);
    const refusal = await refusalOf(await ask(stub, makeJobOffer({ isForced: true, waitMs: 100 })));
    expect(refusal.code).toBe('busy');
    expect(refusal.retryAfterMs).toBeGreaterThan(500);
    home.close();
    await again;
  });

  test('a home whose model server is busy by itself gets no job until then, and nobody waits in line for it', async () => {
    // The hub's clock moves when the test says so.
    vi.useFakeTimers({ toFake: ['Date'] });
    const stub = openHub();
    const home = await joinHub(stub, { slots: 2 });
    const first = ask(stub, makeJobOffer());
    const job = await home.nextJob();
    job.head();
    job.send('fault', { code: 'busy', message: 'the server is busy (429)', retryMs: 1500, work: null }, job.job);
    expect((await readRecords(await first)).at(-1)).toMatchObject({ code: 'busy', retryMs: 1500 });
    const refused = await ask(stub, makeJobOffer({ isForced: true, waitMs: 20_000 }));
    expect(Number(refused.headers.get(TOOK_HEADER))).toBeLessThan(1400);
    const refusal = await refusalOf(refused);
    expect(refusal).toMatchObject({ code: 'busy', nodeId: null, quoteMs: null });
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    expect(refusal.retryAfterMs).toBeLessThanOrEqual(1500);
    vi.setSystemTime(Date.now() + 1600);
    expect((await runJob(stub, home))[0]).toMatchObject({ node: home.nodeId });
  });

  test('one that is busy with jobs of ours is waited for in line', async () => {
    const stub = openHub();
    const home = await joinHub(stub, { slots: 2 });
    const first = ask(stub, makeJobOffer());
    const running = await home.nextJob();
    running.head();
    const from = home.heard.length;
    const second = ask(stub, makeJobOffer());
    const other = await home.nextJob(from);
    other.head();
    other.send('fault', { code: 'busy', message: 'the server is busy (503)', work: null }, other.job);
    expect((await readRecords(await second)).at(-1)).not.toHaveProperty('retryMs');
    const again = home.heard.length;
    const waiting = ask(stub, makeJobOffer({ isForced: true, waitMs: 20_000 }));
    await sleep(100);
    running.say('one ');
    running.end();
    await first;
    const job = await home.nextJob(again);
    job.head();
    job.say('two ');
    job.end();
    expect((await readRecords(await waiting)).at(-1)).toMatchObject({ finish: 'stop' });
  });

  test('a wish that leaves no home is told by its name', async () => {
    const stub = openHub();
    await joinHub(stub);
    const offer = makeJobOffer();
    const refusal = await refusalOf(await ask(stub, { ...offer, wish: { ...offer.wish, countries: ['JP'] } }));
    expect(refusal).toMatchObject({ code: 'none', emptiedBy: 'country' });
  });
});

describe('a home that fails', () => {
  test('cools down: it is not asked again, unless it is forced and nobody else is there; its owner reads why', async () => {
    const stub = openHub();
    const home = await joinHub(stub, { slots: 2 });
    expect(await refusalOf(await ask(stub, makeJobOffer()))).toMatchObject({ code: 'silent', capacity: { free: 2 } });
    const refusal = await refusalOf(await ask(stub, makeJobOffer()));
    expect(refusal).toMatchObject({ code: 'busy' });
    expect(refusal.retryAfterMs).toBeLessThanOrEqual(5000);
    expect(refusal.quoteMs).toBeGreaterThan(5000);
    const why = await stub.why(home.nodeId);
    expect(why?.coolingUntil).toBeGreaterThan(Date.now());
    expect(why?.coolingReason).toContain('did not answer');
    expect(why?.lastHour.minutesWithJob).toBe(0);
    const other = await joinHub(stub);
    expect((await runJob(stub, other, 0, { isForced: true }))[0]).toMatchObject({ node: other.nodeId });
    other.tell({ paused: 'owner' });
    await sleep(50);
    await runJob(stub, home, 0, { isForced: true });
    await sleep(50);
    expect(await stub.why(home.nodeId)).toMatchObject({ coolingUntil: null, coolingReason: null });
  });

  test('a cool-down outlives the hub', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    expect(await refusalOf(await ask(stub, makeJobOffer()))).toMatchObject({ code: 'silent' });
    await evictDurableObject(stub);
    expect(await refusalOf(await ask(stub, makeJobOffer()))).toMatchObject({ code: 'busy' });
    expect((await stub.why(home.nodeId))?.coolingReason).toContain('did not answer');
  });

  test('and left is known to be gone since then by a hub that slept meanwhile', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    home.tell({ paused: 'draining' });
    await sleep(50);
    home.close();
    await expect.poll(async () => (await stub.why(home.nodeId))?.online).toBe(false);
    await sleep(20);
    const evictedAt = Date.now();
    await evictDurableObject(stub);
    await sleep(50);
    const why = await stub.why(home.nodeId);
    expect(why).toMatchObject({ online: false, pause: null });
    expect(why?.since).toBeLessThan(evictedAt);
  });

  test('by its model server on different prompts of different callers cools down; a job that failed elsewhere too is forgiven', async () => {
    const stub = openHub();
    const home = await joinHub(stub, { slots: 2 });
    const poison = (accountId: string, content: string) =>
      makeJobOffer({ accountId, request: { ...CHAT_REQUEST, messages: [{ role: 'user', content }] } });
    const fail = async (offer: JobOffer): Promise<unknown> => {
      const from = home.heard.length;
      const answering = ask(stub, offer);
      const job = await home.nextJob(from);
      job.head();
      job.send('fault', { code: 'internal', message: 'out of memory', work: null }, job.job);
      return (await readRecords(await answering)).at(-1);
    };
    expect(await fail(poison('acct_a', 'one'))).toMatchObject({ code: 'fault', reason: 'out of memory' });
    await fail(poison('acct_a', 'two'));
    await fail(poison('acct_b', 'one'));
    const last = poison('acct_c', 'three');
    expect(await stub.why(home.nodeId)).toMatchObject({ coolingUntil: expect.any(Number) });
    await stub.forgive(home.nodeId, 'job_of_nobody');
    await fail({ ...last, isForced: true });
    expect(await stub.why(home.nodeId)).toMatchObject({ faults: { lastHour: 4, heldAgainst: 2 } });
    await stub.forgive(home.nodeId, last.jobId);
    expect(await stub.why(home.nodeId)).toMatchObject({ coolingUntil: null, faults: { lastHour: 4, heldAgainst: 1 } });
  });

  test('after a prompt was too long for it is asked for the next; what none here can hold is told with the longest context', async () => {
    const stub = openHub();
    const home = await joinHub(stub, { slots: 2 });
    const long = makeJobOffer({ size: { promptTokens: 3000, leastPromptTokens: 2000, outputTokens: 10 } });
    expect(await refusalOf(await ask(stub, long))).toMatchObject({ code: 'none', contextTokens: 1000 });
    const answering = ask(stub, makeJobOffer());
    const job = await home.nextJob();
    job.head();
    job.send('fault', { code: 'context', message: 'too long', promptTokens: 2000, work: null }, job.job);
    const numbers = { promptTokens: 2000, contextTokens: 1000 };
    expect((await readRecords(await answering)).at(-1)).toMatchObject({ code: 'context', ...numbers });
    expect((await runJob(stub, home))[0]).toMatchObject({ node: home.nodeId });
  });

  test('bad requests, refusals and planned stops are not its failures', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    for (const code of ['bad-request', 'unfit', 'paused'] as const) {
      const from = home.heard.length;
      const answering = ask(stub, makeJobOffer());
      home.send('refuse', { code, message: 'no' }, (await home.nextJob(from)).job);
      await (await answering).arrayBuffer();
    }
    const from = home.heard.length;
    const answering = ask(stub, makeJobOffer());
    const job = await home.nextJob(from);
    job.head();
    job.send('fault', { code: 'context', message: 'too long', work: null }, job.job);
    await (await answering).arrayBuffer();
    const second = ask(stub, makeJobOffer());
    const planned = await home.nextJob(home.heard.length);
    planned.head();
    home.tell({ paused: 'draining' });
    await sleep(50);
    home.close();
    await (await second).arrayBuffer();
    expect(await stub.why(home.nodeId)).toMatchObject({ online: false, coolingReason: null, coolingUntil: null });
  });
});

test('speeds are learned from relayed jobs, told in coarse steps, and outlive the hub', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const size = { promptTokens: 200, outputTokens: 10 };
  for (let i = 0; i < 4; i++) await runJob(stub, home, 700, { size });
  const learned = (await stub.why(home.nodeId))?.measured['m'];
  expect(learned?.promptTokensPerS).toBeLessThan(600);
  expect(learned?.promptTokensPerS).toBeGreaterThan(200);
  // The hub falls idle half a second after its last job, and keeps what it learned.
  await sleep(600);
  await evictDurableObject(stub);
  expect((await stub.why(home.nodeId))?.measured['m']?.promptTokensPerS).toBeCloseTo(learned?.promptTokensPerS ?? 0, 3);
});

test("jobs on the caller's own homes are free, also while others pay", async () => {
  const stub = openHub();
  const home = await joinHub(stub, { owner: 'acct_caller' });
  const priced = { priceIn: 1_000_000, priceOut: 2_000_000 };
  const answering = ask(stub, makeJobOffer(priced));
  const own = await home.nextJob();
  expect(own.frame.ticket).toMatchObject({ priceIn: 0n, priceOut: 0n });
  own.head();
  own.say('hello');
  own.end();
  expect((await readRecords(await answering)).at(-1)).toMatchObject({
    charge: 0,
    outputTokens: 1,
  });
  const from = home.heard.length;
  const other = ask(stub, makeJobOffer({ ...priced, accountId: 'acct_other' }));
  const paid = await home.nextJob(from);
  expect(paid.frame.ticket).toMatchObject({ priceIn: 1_000_000n, priceOut: 2_000_000n });
  paid.send('refuse', { code: 'busy', message: 'no' }, paid.job);
  await (await other).arrayBuffer();
});

test('every grant tells what is free, in all and by speed class; cold homes stand in no class', async () => {
  const stub = openHub();
  const warm = await joinHub(stub, { slots: 2 });
  await joinHub(stub, { slots: 3, models: [makeModel({ loadMs: 30_000 })] });
  const answering = ask(stub, makeJobOffer());
  const job = await warm.nextJob();
  job.head();
  const response = await answering;
  const capacity = JSON.parse(response.headers.get(CAPACITY_HEADER) ?? '{}') as Capacity;
  expect(capacity).toMatchObject({ free: 4, slots: 5 });
  expect(Object.values(capacity.classes)).toEqual([[1, 2]]);
  job.end();
  await response.arrayBuffer();
});

test('an answer goes on only at homes that can, and they are told where', async () => {
  const stub = openHub();
  await joinHub(stub);
  const resume = { text: 'ab', tokenIds: [7, 8], count: 2, digest: 'a'.repeat(64), least: 'exact' as const };
  expect(await refusalOf(await ask(stub, makeJobOffer({ resume })))).toMatchObject({ code: 'none' });
  const able = await joinHub(stub, { models: [makeModel({ resume: 'exact' })] });
  const answering = ask(stub, makeJobOffer({ resume, part: 1, interrupted: 1 }));
  const job = await able.nextJob();
  expect(job.frame.resume).toEqual({ text: 'ab', tokenIds: [7, 8], count: 2 });
  job.head();
  job.say('c');
  job.end();
  expect((await readRecords(await answering))[0]).toMatchObject({ resumed: 'exact' });
});

describe('a home that moves', () => {
  test('finishes its stream first, is then told to dial the other hub, and what was learned of it goes before it', async () => {
    const [stub, next] = [openHub(), openHub()];
    const home = await joinHub(stub, { slots: 2 });
    const answering = ask(stub, makeJobOffer());
    const job = await home.nextJob();
    job.head();
    job.say('before ');
    await stub.moveNodes([home.nodeId, 'node_gone'], next.name ?? '', 'nearer neighbours');
    await sleep(100);
    expect(home.heard.map(({ name }) => name)).not.toContain('moved');
    job.say('after');
    job.end();
    expect((await readRecords(await answering)).at(-1)).toMatchObject({ finish: 'stop', outputTokens: 2 });
    expect((await waitFor(home.heard, 'moved')).json).toEqual({ reason: 'nearer neighbours' });
    expect(await refusalOf(await ask(stub, makeJobOffer()))).toMatchObject({ code: 'none' });
    home.close();
    const again = await joinHub(next, { key: home.key });
    await sleep(100);
    expect((await next.why(again.nodeId))?.lastHour.minutesWithJob).toBe(1);
    await runJob(next, again);
  });

  test('without a job it is told at once', async () => {
    const stub = openHub();
    const home = await joinHub(stub);
    await stub.moveNodes([home.nodeId], openHub().name ?? '', 'split');
    expect((await waitFor(home.heard, 'moved')).json).toEqual({ reason: 'split' });
  });
});

test('an idle home that has a wanted model on disk is told so, once', async () => {
  const stub = openHub();
  const cold = await joinHub(stub, { models: [makeModel({ loadMs: 30_000 })] });
  expect(await refusalOf(await ask(stub, makeJobOffer()))).toMatchObject({ code: 'busy' });
  expect((await waitFor(cold.heard, 'prefetch')).json).toEqual({ model: 'm' });
  await refusalOf(await ask(stub, makeJobOffer()));
  expect(cold.heard.filter(({ name }) => name === 'prefetch')).toHaveLength(1);
});
