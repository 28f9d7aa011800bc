// What an upgrade makes of books that stand in the form of the last version.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { toHex } from '../../../schema/bytes.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { buildFlush } from '../../billing/build-flush.ts';
import { makeJobLog } from '../../billing/job-log.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { packSettlement } from '../../billing/pack-settlement.ts';
import { checkProjections } from '../../billing/projection-check.ts';
import { makeProjections } from '../../billing/projections.ts';
import { findBooked } from './find-booked.ts';
import { makeNode, makePart } from './make-settlement.ts';

test('books of the last version become sums of their days, receipts and lists, and nothing that they know is booked again', async () => {
  const before = env.MIGRATIONS.findIndex(({ name }) => name.startsWith('0007'));
  await applyD1Migrations(env.DB, env.MIGRATIONS.slice(0, before));
  const node = makeNode('migrations-test');
  const [hot, late, packed, archived] = Array.from({ length: 4 }, () => makePart(node).withReceipt) as [
    SettlementJson,
    SettlementJson,
    SettlementJson,
    SettlementJson,
  ];
  const now = Date.now();
  const run = (text: string, ...values: unknown[]): D1PreparedStatement => env.DB.prepare(text).bind(...values);
  const event = (id: string, { jobId, accountId }: SettlementJson, memo: string | null): D1PreparedStatement =>
    run("INSERT INTO events VALUES (?, 'settle', ?, 0, ?, ?, ?)", id, jobId, accountId, now, memo);
  const posting = (id: string, book: string, amount: number): D1PreparedStatement =>
    run('INSERT INTO postings VALUES (?, ?, ?)', id, book, amount);
  const receipt = (one: SettlementJson, charge: number, earn: number): D1PreparedStatement =>
    run(
      `INSERT INTO receipts VALUES (?, 0, ?, 'key', ?, ?, 'nano-demo', 'complete', 10, 20, ?, ?, ?, ?)`,
      one.jobId,
      one.accountId,
      one.nodeId,
      one.ownerAccountId,
      charge,
      earn,
      now,
      JSON.stringify({ ...one, charge, earn }),
    );
  const moves = [
    ['settle', hot, 'charge lowered from 60 to 50: the hold', [-50, 45, 5]],
    ['settle', late, null, [-50, 0, 50]],
    ['late', late, null, [0, 45, -45]],
  ] as const;
  await env.DB.batch([
    ...moves.flatMap(([kind, one, memo, [caller, owner, fees]]) => {
      const id = `${kind}:${one.jobId}:0`;
      const books = [
        [one.accountId, caller],
        [`owner:${one.ownerAccountId}`, owner],
        ['fees', fees],
      ] as const;
      return [
        event(id, one, memo),
        ...books.flatMap(([book, amount]) => (amount === 0 ? [] : [posting(id, book, amount)])),
      ];
    }),
    receipt(hot, 50, 45),
    receipt(late, 50, 45),
    run(
      'INSERT INTO packed_receipts (job, part, booked, ended_at, packed) VALUES (unhex(?), 0, 1, 5, unhex(?))',
      packed.jobId.slice(4),
      toHex(packSettlement(packed)).slice(2),
    ),
    run("INSERT INTO archive_files VALUES (1, 'file', 1)"),
    run('INSERT INTO archived_receipts VALUES (unhex(?), 0, 1, 1, 0, 9)', archived.jobId.slice(4)),
    run('INSERT INTO balances SELECT book, sum(amount) FROM postings GROUP BY book'),
    run('INSERT INTO home_fees VALUES (?, 55, 45)', node.id),
  ]);
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  const ledger = makeLedger(env.DB);
  const expectSound = async (): Promise<void> => {
    expect(await ledger.total()).toBe(0);
    expect([await ledger.findUnbalanced(), await ledger.findDrifted()]).toEqual([[], []]);
    // What had been summed up before anything told of what is taken as it stood.
    expect((await checkProjections(makeProjections(env.DB, null))).differing).toEqual([]);
    for (const one of [hot, late]) {
      expect(await ledger.balanceOf(one.accountId)).toBe(-50);
      expect(await ledger.balanceOf(`owner:${one.ownerAccountId}`)).toBe(45);
      expect(await findBooked(env.DB, ledger, one.accountId, one.jobId)).toEqual([{ ...one, charge: 50, earn: 45 }]);
    }
    expect(await findBooked(env.DB, ledger, packed.accountId, packed.jobId)).toEqual([packed]);
    for (const one of [packed, archived]) expect(await ledger.balanceOf(one.accountId)).toBe(0);
  };
  await expectSound();
  expect(await env.DB.prepare('SELECT memo FROM events').all()).toMatchObject({
    results: [{ memo: 'charge lowered from 60 to 50: the hold' }],
  });
  const stats = await makeJobLog({ db: env.DB, publicModels: async () => new Set(['nano-demo']) }).summarise(
    60_000,
    now + 1,
  );
  expect(stats.all).toMatchObject({ parts: 2, jobs: 2 });
  // Delivered again, as by an object that never heard the answer.
  for (const one of [hot, late, packed, archived]) {
    expect(await ledger.apply([buildSettleEntry(one, null)])).toEqual([]);
    const flush = buildFlush([{ settlement: one, memo: null }]);
    if (flush) await ledger.applyFlush({ ...flush, number: now });
  }
  expect(await ledger.apply([buildLateEntry(late, now)])).toEqual([]);
  await expectSound();
});
