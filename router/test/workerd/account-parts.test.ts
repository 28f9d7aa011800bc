import { applyD1Migrations, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faults } from './billing-worker.ts';
import { newId } from './make-settlement.ts';
import { booksOf, drain, finalOf, openJob, outcomeOf, partOf, soon } from './open-job.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.refusePrepare = 0;
});

describe('a part that broke off', () => {
  test('waits, uncharged and not booked, until its job ends; the hold stays', async () => {
    const job = await openJob();
    const part = partOf(job, 0);
    expect(await job.stub.settle(part)).toEqual({ applied: true });
    expect(await job.stub.settle(part)).toEqual({ applied: false });
    await evictDurableObject(job.stub);
    expect(await job.stub.settle(part)).toEqual({ applied: false });
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 400, totals: { jobs: 0, outputTokens: 0 } });
    expect(await job.stub.receipts(job.jobId)).toEqual({
      settlements: [],
      waiting: [part],
      pending: true,
      flushes: [],
    });
    expect(await booksOf(job)).toEqual({ caller: 0, owner: 0 });
  });

  test.each(['complete', 'cancelled'] as const)('is charged with the final part that ended as %s', async (outcome) => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await evictDurableObject(job.stub);
    await job.stub.settle(finalOf(job, 1, { outcome, promptTokens: 30 }));
    expect(await job.stub.usage()).toEqual({
      balance: 910,
      held: 0,
      kinds: { granted: 910, earned: 0, bought: 0 },
      ending: [],
      totals: { jobs: 1, promptTokens: 10, outputTokens: 40, charged: 90 },
    });
    expect(await job.stub.receipts(job.jobId)).toMatchObject({ waiting: [], pending: false });
    expect(await booksOf(job)).toEqual({ caller: -90, owner: 0 });
  });

  test.each(['failed-by-node', 'failed-by-network'] as const)(
    'is free where the final part ended as %s',
    async (outcome) => {
      const job = await openJob();
      await job.stub.settle(partOf(job, 0));
      await job.stub.settle(finalOf(job, 1, { outcome }));
      expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
      expect(await booksOf(job)).toEqual({ caller: 0, owner: 0 });
    },
  );

  test('that comes after the final one is booked at once by the job’s fate, and the hold is kept for it', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 2));
    expect(await job.stub.usage()).toMatchObject({ balance: 960, held: 360, totals: { jobs: 1 } });
    await evictDurableObject(job.stub);
    await job.stub.settle(partOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 920, held: 320 });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 870, held: 0, totals: { jobs: 1, charged: 130 } });
    expect(await booksOf(job)).toEqual({ caller: -130, owner: 0 });
  });

  test('that comes after a final one that failed is free, and the hold went back at once', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 1, { outcome: 'failed-by-node' }));
    expect((await job.stub.usage()).held).toBe(0);
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { jobs: 1, charged: 0 } });
  });

  test('of which the last home knows nothing was given to nobody and is free, in either order', async () => {
    for (const isFirst of [true, false]) {
      const job = await openJob();
      const parts = [partOf(job, 0), finalOf(job, 1, { chargePrompt: true, interrupted: 0 })];
      for (const part of isFirst ? parts : parts.toReversed()) await job.stub.settle(part);
      expect(await job.stub.usage()).toMatchObject({ balance: 950, held: 0, totals: { jobs: 1, charged: 50 } });
      expect(await booksOf(job)).toEqual({ caller: -50, owner: 0 });
      // So its home, which broke it off, has nothing to get either.
      expect(await outcomeOf(job)).toBe('failed-by-node');
    }
  });

  test('is booked as what became of it: interrupted where another went on, failed where none did', async () => {
    for (const [facts, booked] of [
      [{}, 'interrupted-by-node'],
      [{ outcome: 'failed-by-network' }, 'failed-by-node'],
    ] as const)
      for (const isFirst of [true, false]) {
        const job = await openJob();
        const parts = [partOf(job, 0), finalOf(job, 1, facts)];
        if (isFirst) await job.stub.settle(parts[0]!);
        await drain(job.stub);
        expect(await outcomeOf(job)).toBeNull();
        for (const part of parts.toReversed()) await job.stub.settle(part);
        await drain(job.stub);
        expect(await outcomeOf(job)).toBe(booked);
      }
  });
});

describe('an edge’s word that nothing follows', () => {
  test('leaves the parts that came and those that come later free', async () => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await job.stub.release(job.jobId, 2);
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    await evictDurableObject(job.stub);
    await job.stub.settle(partOf(job, 1));
    await job.stub.release(job.jobId, 2);
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    expect(await booksOf(job)).toEqual({ caller: 0, owner: 0 });
  });

  test('where the caller left during a resume the delivered parts are charged, come they before or after', async () => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await job.stub.release(job.jobId, 2, true);
    expect(await job.stub.usage()).toMatchObject({ balance: 950, held: 350, totals: { jobs: 1 } });
    await job.stub.settle(partOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
  });

  test('stands against a home that reappears and takes itself for the last', async () => {
    const job = await openJob();
    await job.stub.release(job.jobId, 1);
    await job.stub.settle(finalOf(job, 1));
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
  });

  test('after the job has ended changes nothing', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 1));
    await job.stub.release(job.jobId, 1);
    expect(await job.stub.usage()).toMatchObject({ balance: 960, held: 360 });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1 } });
  });
});

describe('when the hold lapses', () => {
  /** A hold outlives its tickets by five minutes. */
  const ticketOf = (holdExpiresAt: number): bigint => BigInt(holdExpiresAt - 5 * 60_000);

  test('parts that wait are booked free by the alarm, without any call', async () => {
    const expiresAt = Date.now() + 100;
    const job = await openJob({ expiresAt });
    await job.stub.settle(partOf(job, 0, { expiresAtMs: ticketOf(expiresAt) }));
    await expect.poll(() => outcomeOf(job)).toBe('failed-by-node');
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    const memo = await env.DB.prepare('SELECT memo FROM events WHERE id = ?')
      .bind(`settle:${job.jobId}:0`)
      .first('memo');
    expect(memo).toBe('charge lowered from 50 to 0: the answer was not finished');
  });

  test('a part that comes only then is free, and a final one pays for itself alone', async () => {
    const expiresAt = Date.now() + 20;
    const job = await openJob({ expiresAt });
    await job.stub.settle(partOf(job, 0, { expiresAtMs: ticketOf(expiresAt) }));
    await sleep(40);
    await job.stub.settle(partOf(job, 1, { expiresAtMs: BigInt(Date.now() - 7_200_000) }));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { jobs: 1, charged: 0 } });
    await job.stub.settle(finalOf(job, 2));
    expect(await job.stub.usage()).toMatchObject({ balance: 960, totals: { jobs: 1, charged: 40 } });
    expect(await booksOf(job)).toEqual({ caller: -40, owner: 0 });
  });

  test('a fate that charges is still known to a part that comes after it, within what is available', async () => {
    const job = await openJob({ expiresAt: Date.now() + 30 });
    await job.stub.settle(finalOf(job, 1));
    await sleep(50);
    await job.stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 930, expiresAt: soon() });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 930, held: 930, totals: { charged: 70 } });
  });

  test('a part of a job that nobody remembers is free', async () => {
    const job = await openJob();
    await job.stub.settle(partOf({ ...job, jobId: newId('job') }, 0, { expiresAtMs: BigInt(Date.now() - 7_200_000) }));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { charged: 0 } });
  });
});

describe('homes that were left and speak late', () => {
  test('a part that takes itself for the last does not end a job that went on', async () => {
    const left = { isFinal: true, outcome: 'cancelled' } as const;
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0, left), finalOf(job, 1)];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
    }
  });

  test('a job that began anew after such a part pays one answer, not two', async () => {
    const left = { isFinal: true, outcome: 'cancelled' } as const;
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0, left), finalOf(job, 1, { chargePrompt: true, interrupted: 0, outputTokens: 30 })];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 930, held: 0, totals: { jobs: 1, charged: 70 } });
    }
  });

  test('a part that its hub forgot gives the credit back where it is all there is, and ends no job that went on', async () => {
    const lost = { outcome: 'failed-by-network', ttftMs: null, outputTokens: 0, promptTokens: 0 } as const;
    for (const order of [
      [0, 1, 2],
      [1, 0, 2],
      [0, 2, 1],
      [2, 1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0), partOf(job, 1, { isFinal: true, ...lost }), finalOf(job, 2, { interrupted: 1 })];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
    }
    const alone = await openJob();
    await alone.stub.settle(partOf(alone, 0, { isFinal: true, ...lost }));
    expect(await alone.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1 } });
  });

  test('the hold bounds all parts together', async () => {
    const job = await openJob({ hold: 60 });
    await job.stub.settle(partOf(job, 0));
    await job.stub.settle(finalOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 940, held: 0, totals: { charged: 60 } });
    expect(await booksOf(job)).toEqual({ caller: -60, owner: 0 });
  });
});
