// Calls under Idempotency-Keys at their account's object: one key runs once, is charged once, and stays known when the object dies at any moment.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../billing/account.ts';
import { AccountBook } from '../../billing/account-book.ts';
import { AccountRepeats, REPEAT_LIFE_MS } from '../../billing/account-repeats.ts';
import { CROWD_LIMITS } from '../../billing/decide-crowd.ts';
import type { HoldAnswer, RepeatAsked } from '../../billing/hold-answer.ts';
import { Outbox } from '../../billing/outbox.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('repeats-test');
const AMOUNT = 100;
/** What makeSettlement charges. */
const CHARGE = 50;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

type Stub = DurableObjectStub<Account>;

async function openAccount(amount = 1000): Promise<{ accountId: string; stub: Stub }> {
  const accountId = newId('acct');
  const stub = env.ACCOUNT.getByName(accountId) as unknown as Stub;
  await stub.grant({ eventId: `${accountId}:start`, accountId, amount, memo: null });
  return { accountId, stub };
}

function asked(jobs: readonly string[], overrides: Partial<RepeatAsked> = {}): RepeatAsked {
  return { key: 'k1', body: 'b1', jobs, ...overrides };
}

function holdOf(jobId: string, repeat?: RepeatAsked) {
  return { jobId, keyId: 'key_1', amount: AMOUNT, expiresAt: Date.now() + 600_000, ...(repeat && { repeat }) };
}

async function hold(stub: Stub, overrides: Partial<RepeatAsked> = {}): Promise<{ jobId: string; answer: HoldAnswer }> {
  const jobId = newId('job');
  return { jobId, answer: (await stub.hold(holdOf(jobId, asked([jobId], overrides)))) as HoldAnswer };
}

function settlementOf(accountId: string, jobId: string, overrides: object = {}) {
  return makeSettlement(node, {
    ticket: makeTicket(node, { job: jobId }),
    receipt: null,
    jobId,
    accountId,
    ...overrides,
  });
}

const ran = (state: 'running' | 'over', ...jobs: string[]): object => ({ ok: false, reason: 'repeat', state, jobs });

test('a key holds once: who comes while it runs is told the job, and so is who comes when it is over', async () => {
  const { accountId, stub } = await openAccount();
  const first = await hold(stub);
  expect(first.answer).toEqual({ ok: true });
  expect((await hold(stub)).answer).toEqual(ran('running', first.jobId));
  expect((await stub.usage()).held).toBe(AMOUNT);
  await stub.settle(settlementOf(accountId, first.jobId));
  expect((await hold(stub)).answer).toEqual(ran('over', first.jobId));
  // What is known to be charged runs no more, whatever an edge takes it for.
  expect((await hold(stub, { over: [first.jobId] })).answer).toEqual(ran('over', first.jobId));
  expect(await stub.usage()).toMatchObject({ balance: 1000 - CHARGE, held: 0 });
});

test('another body under the key is refused, and another key is another call', async () => {
  const { stub } = await openAccount();
  await hold(stub);
  expect((await hold(stub, { body: 'b2' })).answer).toEqual({ ok: false, reason: 'repeat-other' });
  expect((await hold(stub, { key: 'k2', body: 'b2' })).answer).toEqual({ ok: true });
});

test('of many calls at once under one key exactly one is held for', async () => {
  const { stub } = await openAccount(100_000);
  const answers = await Promise.all(Array.from({ length: 20 }, () => hold(stub)));
  expect(answers.filter(({ answer }) => answer.ok)).toHaveLength(1);
  expect((await stub.usage()).held).toBe(AMOUNT);
});

test('a call that is refused leaves its key free', async () => {
  const { accountId, stub } = await openAccount(10);
  expect((await hold(stub)).answer).toMatchObject({ reason: 'no-credit' });
  await stub.grant({ eventId: `${accountId}:more`, accountId, amount: 1000, memo: null });
  expect((await hold(stub, { body: 'b2' })).answer).toEqual({ ok: true });
});

test('a job that its edge gave back may run anew at once, and what still comes of the first is free', async () => {
  const { accountId, stub } = await openAccount();
  const first = await hold(stub);
  await stub.release(first.jobId);
  const second = await hold(stub);
  expect(second.answer).toEqual({ ok: true });
  await stub.settle(settlementOf(accountId, first.jobId));
  expect(await stub.usage()).toMatchObject({ balance: 1000, held: AMOUNT });
  await stub.settle(settlementOf(accountId, second.jobId));
  expect(await stub.usage()).toMatchObject({ balance: 1000 - CHARGE, held: 0 });
});

test('parts that failed before a token hold up nothing once the edge has given up', async () => {
  const { accountId, stub } = await openAccount();
  const first = await hold(stub);
  await stub.release(first.jobId);
  await stub.settle(
    settlementOf(accountId, first.jobId, { isFinal: false, outcome: 'failed-before-token', charge: 0, earn: 0 }),
  );
  expect((await hold(stub)).answer).toEqual({ ok: true });
  expect((await stub.usage()).balance).toBe(1000);
});

test('a job that failed by its settlement may run anew where the edge has read so, and not by itself', async () => {
  const { accountId, stub } = await openAccount();
  const first = await hold(stub);
  await stub.settle(settlementOf(accountId, first.jobId, { outcome: 'failed-by-node', charge: 0, earn: 0 }));
  expect((await hold(stub)).answer).toEqual(ran('over', first.jobId));
  expect((await hold(stub, { over: [newId('job')] })).answer).toEqual(ran('over', first.jobId));
  const second = await hold(stub, { over: [first.jobId] });
  expect(second.answer).toEqual({ ok: true });
  expect((await hold(stub, { over: [first.jobId] })).answer).toEqual(ran('running', second.jobId));
});

test('parts that are charged at their job’s end keep the key, though the edge has given up', async () => {
  const { accountId, stub } = await openAccount();
  const first = await hold(stub);
  await stub.release(first.jobId, 1, true);
  expect((await hold(stub)).answer).toEqual(ran('over', first.jobId));
  const part = { isFinal: false, outcome: 'interrupted-by-network' } as const;
  await stub.settle(settlementOf(accountId, first.jobId, part));
  expect((await hold(stub, { over: [first.jobId] })).answer).toEqual(ran('over', first.jobId));
  expect((await stub.usage()).balance).toBe(1000 - CHARGE);
});

test('the jobs of one call are one: all are held under the key or none, and one that runs keeps it', async () => {
  const { stub } = await openAccount(250);
  const group = (): [string, string] => [newId('job'), newId('job')];
  const call = (jobs: [string, string], amount: number) =>
    stub.holdAll([holdOf(jobs[0], asked(jobs)), { ...holdOf(jobs[1]), amount }]) as Promise<HoldAnswer>;
  expect(await call(group(), 200)).toMatchObject({ reason: 'no-credit' });
  const first = group();
  expect(await call(first, AMOUNT)).toEqual({ ok: true });
  await stub.release(first[0]);
  expect(await call(group(), AMOUNT)).toEqual(ran('running', ...first));
  await stub.release(first[1]);
  expect(await call(group(), AMOUNT)).toEqual({ ok: true });
});

describe('where the object dies', () => {
  test.each(['before the job is settled', 'after it', 'both'])('%s the call is charged once', async (when) => {
    const { accountId, stub } = await openAccount();
    const first = await hold(stub);
    if (when !== 'after it') await evictDurableObject(stub);
    expect((await hold(stub)).answer).toEqual(ran('running', first.jobId));
    await stub.settle(settlementOf(accountId, first.jobId));
    if (when !== 'before the job is settled') await evictDurableObject(stub);
    expect((await hold(stub)).answer).toEqual(ran('over', first.jobId));
    expect((await hold(stub, { over: [first.jobId] })).answer).toEqual(ran('over', first.jobId));
    expect(await stub.usage()).toMatchObject({ balance: 1000 - CHARGE, held: 0 });
  });

  test('between a job that failed and its second run nothing is charged twice, in whatever order parts come', async () => {
    const { accountId, stub } = await openAccount();
    const first = await hold(stub);
    await stub.release(first.jobId);
    const second = await hold(stub);
    await evictDurableObject(stub);
    await stub.settle(settlementOf(accountId, second.jobId));
    await evictDurableObject(stub);
    await stub.settle(settlementOf(accountId, first.jobId));
    expect((await hold(stub)).answer).toEqual(ran('over', second.jobId));
    expect((await stub.usage()).balance).toBe(1000 - CHARGE);
  });
});

describe('with a clock of the test’s own', () => {
  const START = 1_800_000_000_000;
  const terms = { leaseMs: 75_000, graceMs: 15_000, toldMs: 48_000 };

  function openLab(storage: DurableObjectStorage) {
    const accountId = newId('acct');
    const open = (now: number) => {
      const outbox = new Outbox(storage, async () => [], { accountId });
      const book = new AccountBook(storage, outbox, { terms, crowd: CROWD_LIMITS, now });
      return { book, repeats: new AccountRepeats(storage.sql, { now, toldMs: terms.toldMs }, book) };
    };
    return { open };
  }
  const inObject = <T>(work: (storage: DurableObjectStorage) => T): Promise<T> =>
    runInDurableObject(env.ACCOUNT.getByName(newId('acct')), (_, { storage }) => work(storage));

  test('a job whose hold a restart has forgotten runs as long as somebody tells of it, and a while for who might', async () => {
    await inObject((storage) => {
      const { open } = openLab(storage);
      const first = open(START);
      first.repeats.register(asked(['job_1']), START);
      const { repeats } = open(START + 1000);
      const judge = (now: number) => repeats.judge(asked(['job_2']), now);
      expect(judge(START + 2000)).toMatchObject({ state: 'running' });
      repeats.renew(['job_1'], START + 40_000);
      expect(judge(START + 60_000)).toMatchObject({ state: 'running' });
      expect(judge(START + 40_000 + terms.toldMs)).toMatchObject({ state: 'over' });
      repeats.noteOver('job_1', 'free');
      expect(judge(START + 41_000)).toBeNull();
    });
  });

  test('a key is forgotten after a day, and no sooner', async () => {
    await inObject((storage) => {
      const { repeats } = openLab(storage).open(START);
      // In the middle of a turn, so that the tables take turns while it lives.
      repeats.register(asked(['job_0'], { key: 'k0' }), START);
      const at = START + REPEAT_LIFE_MS / 2;
      repeats.register(asked(['job_1']), at);
      expect(repeats.judge(asked(['job_2']), at + REPEAT_LIFE_MS - 1)).toMatchObject({ jobs: ['job_1'] });
      expect(repeats.judge(asked(['job_2']), at + REPEAT_LIFE_MS)).toBeNull();
      expect(repeats.judge(asked(['job_2'], { body: 'b2' }), at + REPEAT_LIFE_MS)).toBeNull();
    });
  });

  test('100,000 keys within an hour are kept, one more is refused, and an hour after the first the oldest go', async () => {
    await inObject((storage) => {
      const { open } = openLab(storage);
      const { repeats } = open(START);
      repeats.register(asked(['job_1']), START);
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
          INSERT INTO repeats0 SELECT 'many' || i, 'b', '[]', ? FROM n`,
        START,
      );
      const later = open(START + 10_000).repeats;
      expect(later.judge(asked(['job_2'], { key: 'new' }), START + 10_000)).toEqual({ reason: 'repeats-full' });
      expect(later.judge(asked(['job_2']), START + 10_000)).toMatchObject({ jobs: ['job_1'] });
      const anHour = START + 3_600_000;
      expect(later.judge(asked(['job_2'], { key: 'new' }), anHour)).toBeNull();
      later.register(asked(['job_2'], { key: 'new' }), anHour);
      // They are known until the table that took over is full or a day old as well.
      expect(later.judge(asked(['job_3']), anHour)).toMatchObject({ jobs: ['job_1'] });
      storage.sql.exec('UPDATE repeatTurn SET since = ?', anHour - REPEAT_LIFE_MS);
      const last = open(anHour + 1).repeats;
      expect(last.judge(asked(['job_3']), anHour + 1)).toBeNull();
      expect(last.judge(asked(['job_3'], { key: 'new' }), anHour + 1)).toMatchObject({ jobs: ['job_2'] });
    });
  });
});
