// What a day and a week do to the book: sums and receipts stay what they were, whatever is delivered again, comes late, or dies on the way.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChargeEntries, buildGrantEntry, buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import type { LedgerEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { checkProjections } from '../../billing/projection-check.ts';
import { makeProjections } from '../../billing/projections.ts';
import type { ReceiptFiles } from '../../billing/receipt-shelves.ts';
import { ARCHIVE_AFTER_MS, makeRollUp } from '../../billing/roll-up.ts';
import { findBooked, findFateOf } from './find-booked.ts';
import { emptyBook, Files, flushOf, NO_PROOF, node, NOW, partOf, withoutTriggers } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const A_DAY_LATER = NOW + 86_400_000 + 60_000;
const A_WEEK_LATER = NOW + ARCHIVE_AFTER_MS + 60_000;

let files: Files;
let ledger: ReturnType<typeof makeLedger>;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(async () => {
  files = new Files();
  ledger = makeLedger(env.DB, files);
  await emptyBook(env.DB);
});

function rollUp(now: number, database = env.DB, to: ReceiptFiles | null = files) {
  return makeRollUp({ database, files: to }).run(now);
}

async function count(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? 0;
}

async function sizes(): Promise<Record<string, number>> {
  const tables = ['events', 'postings', 'part_receipts', 'receipt_places'];
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await count(table)] as const)));
}

async function expectBalanced(): Promise<void> {
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.findDrifted()).toEqual([]);
  expect(await ledger.total()).toBe(0);
}

async function expectSound(): Promise<void> {
  await expectBalanced();
  expect((await checkProjections(makeProjections(env.DB, files))).differing).toEqual([]);
}

test('parts of a flush are in the books at once, in the balances with many others, and their receipts are what they were', async () => {
  const accountId = newId('acct');
  const parts = Array.from({ length: 5 }, () => partOf(accountId));
  const grant = buildGrantEntry({ eventId: accountId, accountId, amount: 1000, memo: null, at: NOW });
  await ledger.apply([grant]);
  await ledger.applyFlush(flushOf(parts));
  const expectMoved = async (): Promise<void> => {
    expect(await ledger.balanceOf(accountId)).toBe(750);
    expect(await ledger.balanceOf('owner:acct_00000000000000000000000000000001')).toBe(225);
    expect(await ledger.sumUp()).toEqual({ paid: 250, earned: 225, fees: 25, overdrawn: 0 });
    for (const part of parts) expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual([part]);
    expect(await findBooked(env.DB, ledger, newId('acct'), parts[0]?.jobId ?? '')).toEqual([]);
    const fate = await findFateOf(env.DB, ledger, {
      accountId,
      jobId: parts[0]?.jobId ?? '',
      part: 1,
      nodeId: node.id,
    });
    expect(fate).toMatchObject({
      part: null,
      earlier: [{ part: 0, outcome: 'complete', charge: 50, hasToken: true }],
      brought: 25,
    });
    await expectSound();
  };
  await expectMoved();
  expect(await env.DB.prepare('SELECT amount FROM balances WHERE book = ?').bind(accountId).first('amount')).toBe(1000);
  expect(await rollUp(NOW)).toEqual({ archived: 0 });
  expect(await count('book_days')).toBe(0);
  expect(await rollUp(A_DAY_LATER)).toEqual({ archived: 0 });
  expect(await sizes()).toEqual({ events: 1, postings: 2, part_receipts: 0, receipt_places: 0 });
  expect(await count('flushes')).toBe(1);
  const { results } = await env.DB.prepare('SELECT book, amount FROM book_days ORDER BY book').all();
  expect(results).toEqual([
    { book: accountId, amount: -250 },
    { book: 'fees', amount: 25 },
    { book: 'owner:acct_00000000000000000000000000000001', amount: 225 },
  ]);
  await expectMoved();
});

test('a flush counts once, before and after it is summed up and when its receipts have left', async () => {
  const accountId = newId('acct');
  const parts = Array.from({ length: 3 }, () => partOf(accountId));
  const flush = flushOf(parts);
  for (const later of [NOW, NOW, A_DAY_LATER, A_WEEK_LATER]) {
    await ledger.applyFlush(flush);
    await ledger.applyFlush(flush);
    await rollUp(later);
    expect(await ledger.balanceOf(accountId)).toBe(-150);
    expect(await findBooked(env.DB, ledger, accountId, parts[2]?.jobId ?? '')).toEqual([parts[2]]);
    await expectSound();
  }
  // Nor does a part of it that comes alone, as from an object of an earlier version.
  for (const part of parts) await ledger.apply([buildSettleEntry(part, null)]);
  await ledger.applyFlush(flush);
  expect(await ledger.balanceOf(accountId)).toBe(-150);
  expect(await sizes()).toEqual({ events: 0, postings: 0, part_receipts: 0, receipt_places: 3 });
});

test('an unbalanced flush is refused', async () => {
  const flush = flushOf([partOf(newId('acct'))]);
  await expect(ledger.applyFlush({ ...flush, postings: { ...flush.postings, fees: 6 } })).rejects.toThrow(
    'sum to zero',
  );
  expect(await sizes()).toMatchObject({ part_receipts: 0 });
});

test('what draws from the fees finds there what a flush has just brought in', async () => {
  const accountId = newId('acct');
  const part = partOf(accountId);
  await ledger.applyFlush(flushOf([{ ...part, ...NO_PROOF, earn: 0 }]));
  expect(await ledger.apply([buildLateEntry(part, NOW)])).toEqual([]);
  expect(await ledger.balanceOf(`owner:${part.ownerAccountId}`)).toBe(45);
  expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual([part]);
  await expectSound();
});

describe('delivered again', () => {
  test.each([
    ['after a day', A_DAY_LATER],
    ['after a week, from the object storage', A_WEEK_LATER],
  ])('%s, a settlement and a late receipt change nothing', async (_, later) => {
    const accountId = newId('acct');
    const part = partOf(accountId);
    const brought = buildSettleEntry(partOf(accountId, { charge: 1000, earn: 900 }), null);
    const entries = [brought, buildSettleEntry({ ...part, ...NO_PROOF, earn: 0 }, null), buildLateEntry(part, NOW)];
    await ledger.apply(entries);
    const before = await findBooked(env.DB, ledger, accountId, part.jobId);
    expect(before).toMatchObject([{ charge: 50, earn: 45, acceptance: { amount: '45' } }]);
    await rollUp(later);
    await ledger.apply(entries);
    await ledger.apply(entries.toReversed());
    expect(await ledger.balanceOf(accountId)).toBe(-1050);
    expect(await ledger.balanceOf(`owner:${part.ownerAccountId}`)).toBe(945);
    expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual(before);
    expect(await sizes()).toMatchObject({ events: 0, postings: 0 });
    await expectSound();
  });
});

describe('what comes only then completes the receipt, once', () => {
  test.each([
    ['packed', A_DAY_LATER],
    ['in the object storage', A_WEEK_LATER],
  ])('where it is %s', async (_, later) => {
    const accountId = newId('acct');
    const part = partOf(accountId);
    await ledger.apply([
      buildSettleEntry(partOf(accountId, { charge: 1000, earn: 900 }), null),
      buildSettleEntry({ ...part, ...NO_PROOF, earn: 0 }, null),
    ]);
    await rollUp(later);
    const late = buildLateEntry(part, later);
    await ledger.apply([late]);
    const whole = [{ ...part, charge: 50, earn: 45 }];
    expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual(whole);
    await rollUp(later);
    await rollUp(later + ARCHIVE_AFTER_MS);
    expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual(whole);
    await ledger.apply([late]);
    expect(await ledger.balanceOf(`owner:${part.ownerAccountId}`)).toBe(945);
    // Two were settled, and what one of them earned came later.
    expect(await sizes()).toEqual({ events: 0, postings: 0, part_receipts: 0, receipt_places: 3 });
    await expectSound();
  });
});

test('a receipt that cannot be read keeps no other where it is', async () => {
  const accountId = newId('acct');
  const [broken, sound] = [partOf(accountId), partOf(accountId)];
  await ledger.apply([broken, sound].map((part) => buildSettleEntry(part, null)));
  const breaking = env.DB.prepare("UPDATE part_receipts SET packed = '{' WHERE job = unhex(?)");
  await withoutTriggers(env.DB, () => breaking.bind(broken.jobId.slice(4)).run());
  expect(await rollUp(A_WEEK_LATER)).toEqual({ archived: 2 });
  expect(await findBooked(env.DB, ledger, accountId, sound.jobId)).toEqual([sound]);
  await expect(findBooked(env.DB, ledger, accountId, broken.jobId)).rejects.toThrow(SyntaxError);
  await expectSound();
});

test('a part of many: each is found, in order, wherever it stands', async () => {
  const accountId = newId('acct');
  const first = partOf(accountId);
  const parts = [0, 1, 2].map((part) => ({
    ...first,
    part,
    ticket: { ...first.ticket, part },
    isFinal: part === 2,
    outcome: part === 2 ? ('complete' as const) : ('interrupted-by-network' as const),
  }));
  for (const [i, part] of parts.entries()) {
    await ledger.apply([buildSettleEntry(part, null)]);
    await rollUp([A_WEEK_LATER, A_DAY_LATER, NOW][i] ?? NOW);
  }
  expect(await sizes()).toMatchObject({ part_receipts: 2, receipt_places: 1 });
  expect(await findBooked(env.DB, ledger, accountId, first.jobId)).toEqual(parts);
});

test('why a charge was lowered stays told', async () => {
  const part = partOf(newId('acct'));
  await ledger.apply(buildChargeEntries(part, 45, 'the hold'));
  await rollUp(A_DAY_LATER);
  const memo = await env.DB.prepare('SELECT memo FROM events WHERE job_id = ?').bind(part.jobId).first('memo');
  expect(memo).toBe('charge lowered from 50 to 45: the hold');
  await expectSound();
});

test('without an object storage receipts stay packed, and with one they leave after a week', async () => {
  const accountId = newId('acct');
  const part = partOf(accountId);
  await ledger.apply([buildSettleEntry(part, null)]);
  expect(await rollUp(A_WEEK_LATER, env.DB, null)).toEqual({ archived: 0 });
  expect(await findBooked(env.DB, makeLedger(env.DB), accountId, part.jobId)).toEqual([part]);
  expect(await rollUp(A_DAY_LATER)).toEqual({ archived: 0 });
  expect(await rollUp(A_WEEK_LATER)).toEqual({ archived: 1 });
  expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual([part]);
  // Bound no more: that is told, rather than that there is no such receipt.
  await expect(findBooked(env.DB, makeLedger(env.DB), accountId, part.jobId)).rejects.toThrow('not bound');
});

test('a run of thousands goes on in the next where it has to stop, and every receipt is found', async () => {
  const accountId = newId('acct');
  const parts = Array.from({ length: 1230 }, () => partOf(accountId));
  for (let i = 0; i < parts.length; i += 100) await ledger.applyFlush(flushOf(parts.slice(i, i + 100)));
  expect(await rollUp(A_WEEK_LATER)).toEqual({ archived: 1230 });
  expect(await env.DB.prepare('SELECT count(*) AS n FROM archive_files').first('n')).toBe(2);
  expect(await env.DB.prepare('SELECT count(*) AS n FROM flushes').first('n')).toBe(0);
  for (const part of parts.filter((_, i) => i % 200 === 0))
    expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual([part]);
  await expectSound();
});

/** D1 whose transactions fail at the times that a test draws: before anything is written, or when the answer is lost. */
function makeFaulty(draw: () => 'fine' | 'refused' | 'lost'): D1Database {
  return new Proxy(env.DB, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'batch') return typeof value === 'function' ? value.bind(target) : value;
      return async (statements: D1PreparedStatement[]) => {
        const fault = draw();
        if (fault === 'refused') throw new Error('D1 is away');
        const results = await target.batch(statements);
        if (fault === 'lost') throw new Error('the answer was lost');
        return results;
      };
    },
  });
}

test('in any order of deliveries, runs, runs side by side and failures, sums and receipts are those of a book that is never rolled up', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat(23) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('day' as const, 'week' as const),
        fault: fc.constantFrom('fine' as const, 'refused' as const, 'lost' as const, 'storage' as const),
        twice: fc.boolean(),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const accountId = newId('acct');
      const owner = newId('acct');
      const parts = Array.from({ length: 4 }, () => partOf(accountId, { ownerAccountId: owner }));
      const entries: LedgerEntry[] = parts.flatMap((part) => [
        buildSettleEntry({ ...part, ...NO_PROOF, charge: 100, earn: 0 }, null),
        buildLateEntry(part, NOW),
        // What an accepted receipt earned beyond its charge: 5.
        ...buildChargeEntries({ ...part, ...NO_PROOF, charge: 5, earn: 5 }, 0, 'a test').slice(1),
      ]);
      const brought = partOf(accountId, { charge: 1000, earn: 500, ownerAccountId: owner });
      await ledger.applyFlush(flushOf([brought]));
      const delivered = new Set<string>();
      const unpayable = new Set<string>();
      for (const one of steps) {
        if (one.kind === 'deliver') {
          const entry = entries[one.which % entries.length];
          if (!entry) continue;
          // A settlement comes with a flush, or alone as from an object of an earlier version.
          const isFlushed = entry.id.startsWith('settle:') && one.which % 2 === 0;
          if (isFlushed && entry.settlement) await ledger.applyFlush(flushOf([entry.settlement]));
          else for (const id of await ledger.apply([entry])) unpayable.add(id);
          delivered.add(entry.id);
          continue;
        }
        const later = one.kind === 'day' ? A_DAY_LATER : A_WEEK_LATER;
        files.failsNext = one.fault === 'storage';
        let drawn = one.fault === 'storage' ? 'fine' : one.fault;
        const faulty = makeFaulty(() => {
          const fault = drawn;
          drawn = 'fine';
          return fault as 'fine';
        });
        const runs = [rollUp(later, faulty), ...(one.twice ? [rollUp(later)] : [])];
        await Promise.allSettled(runs);
        files.failsNext = false;
      }
      const settled = parts.filter(({ jobId }) => delivered.has(`settle:${jobId}:0`));
      const rest = parts.filter(({ jobId }) => delivered.has(`rest:${jobId}:0`));
      const late = parts.filter(({ jobId }) => delivered.has(`late:${jobId}:0`));
      expect(await ledger.balanceOf(accountId)).toBe(-1000 - 100 * settled.length);
      expect(await ledger.balanceOf(`owner:${owner}`)).toBe(500 + 45 * late.length + 5 * rest.length);
      for (const part of parts) {
        const isSettled = settled.includes(part);
        const isLate = late.includes(part);
        const isRest = rest.includes(part);
        const proof = isLate ? {} : NO_PROOF;
        const whole = { ...part, ...proof, charge: isSettled ? 100 : 0, earn: isLate ? 45 : isRest ? 5 : 0 };
        expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual(
          isSettled || isLate || isRest ? [whole] : [],
        );
      }
      expect([...unpayable]).toEqual([]);
      await expectBalanced();
    }),
    { numRuns: 40 },
  );
  await expectSound();
});
