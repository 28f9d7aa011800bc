// The figures that anyone may read: of one moment, seldom read however many ask, and false where the book is.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { AUDIT_EVERY_MS, makeAudit } from '../../billing/audit.ts';
import { buildGrantEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { tellAudit } from '../../routes/tell-audit.ts';
import { emptyBook, flushOf, NOW, partOf, withoutTriggers } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const ledger = makeLedger(env.DB);
const accountId = newId('acct');

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(async () => {
  await emptyBook(env.DB);
  await env.DB.exec('DELETE FROM audits');
  await ledger.apply([
    buildGrantEntry({ eventId: newId('job'), accountId, amount: 5000, memo: null, at: NOW }),
    buildSettleEntry(partOf(accountId), null),
  ]);
  await ledger.applyFlush(flushOf([partOf(accountId)]));
});

/** D1 that counts what it is asked, and is away while a test says so. */
function makeCounted() {
  const seen = { batches: 0, isAway: false };
  const database = new Proxy(env.DB, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'batch') return typeof value === 'function' ? value.bind(target) : value;
      return (statements: D1PreparedStatement[]) => {
        if (seen.isAway) return Promise.reject(new Error('D1 is away'));
        seen.batches += 1;
        return target.batch(statements);
      };
    },
  });
  return { database, seen };
}

test('all that is told is of one moment, what waits to be summed up with it', async () => {
  const figures = await makeAudit(env.DB, () => 0).read(NOW);
  expect(figures).toEqual({
    at: NOW,
    tookMs: 0,
    total: 0,
    unbalanced: 0,
    drifted: 0,
    overdrawn: 0,
    paid: 100,
    earned: 90,
    kept: 10,
    fees: 10,
    credit: 4900,
    owned: 90,
    transit: 0,
    operator: 0,
    granted: 5000,
    bought: 0,
    jobs: 1,
    parts: 2,
    promptTokens: 20,
    outputTokens: 40,
    energyMicroWh: 0,
    energyParts: 0,
    waiting: 2,
  });
  expect(tellAudit(figures).ok).toBe(true);
});

test('an isolate asks once in ten seconds, all who ask at once together, and another isolate reads what it has read', async () => {
  const { database, seen } = makeCounted();
  const one = makeAudit(database, () => 0);
  const both = await Promise.all([one.read(NOW), one.read(NOW)]);
  expect(seen.batches).toBe(2);
  await ledger.applyFlush(flushOf([partOf(accountId)]));
  expect([await one.read(NOW + AUDIT_EVERY_MS - 1), both[1]]).toEqual([both[0], both[0]]);
  expect(seen.batches).toBe(2);
  expect(await makeAudit(database, () => 0).read(NOW + 5000)).toEqual(both[0]);
  expect(seen.batches).toBe(3);
  expect(await one.read(NOW + AUDIT_EVERY_MS)).toMatchObject({ at: NOW + AUDIT_EVERY_MS, paid: 150 });
});

test('a reading that took long is repeated the more seldom', async () => {
  let ms = 0;
  const read = (now: number) => makeAudit(env.DB, () => (ms += 2000)).read(now);
  expect((await read(NOW)).tookMs).toBe(2000);
  expect((await read(NOW + 37_999)).at).toBe(NOW);
  expect((await read(NOW + 38_000)).at).toBe(NOW + 38_000);
});

test('while D1 is away the last figures are told, with their time; where there are none it is said', async () => {
  const { database, seen } = makeCounted();
  const audit = makeAudit(database, () => 0);
  seen.isAway = true;
  await expect(audit.read(NOW)).rejects.toThrow('away');
  seen.isAway = false;
  expect((await audit.read(NOW)).at).toBe(NOW);
  seen.isAway = true;
  expect((await audit.read(NOW + 60_000)).at).toBe(NOW);
});

test('a book that does not balance says so', async () => {
  await withoutTriggers(env.DB, () => env.DB.exec("UPDATE postings SET amount = amount + 1 WHERE book = 'grants'"));
  const figures = await makeAudit(env.DB, () => 0).read(NOW);
  expect(figures).toMatchObject({ total: 1, unbalanced: 1, drifted: 1 });
  expect(tellAudit(figures)).toMatchObject({
    ok: false,
    invariants: { postings_sum: { holds: false, value: 1 }, fees: { holds: true } },
  });
});
