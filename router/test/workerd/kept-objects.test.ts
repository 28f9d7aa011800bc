// Objects of money that stand still, and all that they keep, out and in again.
import { applyD1Migrations, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Account } from '../../billing/account.ts';
import { makeBookCopy } from '../../billing/book-copy.ts';
import type { CopyPiece } from '../../billing/build-copy.ts';
import type { CopyPlace } from '../../billing/object-copy.ts';
import { makeNode, makePart, makeSettlement, makeTicket, newId } from './make-settlement.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

const CLOSED = { level: 'closed', untilAt: null } as const;
const soon = (): number => Date.now() + 60_000;
const ask = (jobId: string, amount = 50) => ({ jobId, keyId: 'key_1', amount, expiresAt: soon() });

async function openAccount(amount = 1000) {
  const accountId = newId('acct');
  const stub = env.ACCOUNT.getByName(accountId);
  await stub.grant({ eventId: `${accountId}:start`, accountId, amount, memo: null });
  return { accountId, stub };
}

const node = makeNode('kept-objects');

function settlementOf(accountId: string, jobId: string) {
  return makeSettlement(node, { ticket: makeTicket(node, { job: jobId }), receipt: null, jobId, accountId });
}

interface Copyable {
  copyOut(from: CopyPlace | null): Promise<{ pieces: readonly CopyPiece[]; next: CopyPlace | null }>;
}

async function copyAll(object: Copyable): Promise<CopyPiece[]> {
  const pieces: CopyPiece[] = [];
  for (let from: CopyPlace | null = null, isFirst = true; isFirst || from !== null; isFirst = false) {
    const page: { pieces: readonly CopyPiece[]; next: CopyPlace | null } = await object.copyOut(from);
    pieces.push(...page.pieces);
    from = page.next;
  }
  return pieces;
}

test('while it drains an account begins nothing and ends what runs; closed, it takes nothing; and then it goes on', async () => {
  const { accountId, stub } = await openAccount();
  const job = newId('job');
  expect(await stub.hold(ask(job))).toMatchObject({ ok: true });
  const draining = { level: 'draining', untilAt: null } as const;
  expect(await stub.setPause(draining)).toMatchObject({ jobs: 1 });
  expect(await stub.hold(ask(newId('job')))).toEqual({ ok: false, reason: 'paused' });
  expect(await stub.holdAll([ask(newId('job')), ask(newId('job'))])).toEqual({ ok: false, reason: 'paused' });
  const more = { eventId: `${accountId}:more`, accountId, amount: 5, memo: null };
  await expect(runInDurableObject(stub, (object) => void object.grant(more))).rejects.toThrow('stand still');
  expect(await stub.settle(settlementOf(accountId, job))).toEqual({ applied: true });
  await runDurableObjectAlarm(stub);
  expect(await stub.setPause(CLOSED)).toMatchObject({ jobs: 0 });
  const late = settlementOf(accountId, newId('job'));
  await expect(runInDurableObject(stub, (object) => void object.settle(late))).rejects.toThrow('are closed');
  await expect(
    runInDurableObject(stub, (object) => void object.settleAll({ hub: 'h', number: 1, settlements: [late] })),
  ).rejects.toThrow('are closed');
  await stub.setPause(null);
  expect(await stub.hold(ask(newId('job')))).toMatchObject({ ok: true });
});

test('closed, an account neither takes credit back nor gives it again, and no payment ends or is written off', async () => {
  const { accountId, stub } = await openAccount();
  const back = { accountId, source: 's', checkout: { id: 'c', amount: 5 }, to: 'stripe', memo: 'm' } as const;
  const before = (await stub.usage()).balance;
  await stub.setPause(CLOSED);
  const refused = (work: (object: Account) => unknown): Promise<void> =>
    expect(runInDurableObject(stub, (object) => void work(object))).rejects.toThrow('are closed');
  await refused((object) => object.takeBack({ ...back, upTo: 5 }));
  await refused((object) => object.restore(back));
  await refused((object) => object.closePayment({ accountId, jobs: 1, isPatient: false }));
  await refused((object) => object.writeOff({ accountId, amount: 1, reason: 'r' }));
  expect((await stub.usage()).balance).toBe(before);
});

test('a pause ends by itself, and outlives a restart until then', async () => {
  const { stub } = await openAccount();
  await stub.setPause({ level: 'closed', untilAt: Date.now() + 60_000 });
  await runInDurableObject(stub, async (_, state) => {
    expect(state.storage.sql.exec('SELECT level FROM pause').one()).toEqual({ level: 'closed' });
  });
  expect(await stub.hold(ask(newId('job')))).toEqual({ ok: false, reason: 'paused' });
  await stub.setPause({ level: 'closed', untilAt: Date.now() - 1 });
  expect(await stub.hold(ask(newId('job')))).toMatchObject({ ok: true });
});

test('a home that is closed accepts nothing, and a late receipt is kept by whoever offers it', async () => {
  const home = makeNode('kept-home');
  const stub = env.NODE_ACCOUNT.getByName(home.id);
  const { withReceipt, bare, late } = makePart(home);
  await stub.accept(bare);
  await stub.setPause(CLOSED);
  await expect(
    runInDurableObject(stub, (object) => void object.acceptAll({ settlements: [withReceipt] })),
  ).rejects.toThrow('are closed');
  expect(await stub.acceptLate(late)).toBeNull();
  await stub.setPause(null);
  expect(await stub.acceptLate(late)).toMatchObject({ reason: null });
});

test('no credit ends while it drains or is closed: that would begin something new; it ends when it goes on', async () => {
  const { accountId, stub } = await openAccount();
  const expiresAt = Date.now() + 500;
  await stub.grant({ eventId: `${accountId}:ends`, accountId, amount: 7, memo: null, expiresAt });
  for (const level of ['draining', 'closed'] as const) {
    await stub.setPause({ level, untilAt: null });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiresAt + 10 - Date.now())));
    await runDurableObjectAlarm(stub);
    expect(await stub.usage()).toMatchObject({ balance: 1007 });
  }
  await stub.setPause(null);
  expect(await stub.usage()).toMatchObject({ balance: 1000 });
});

test('an object whose books were put in looks by itself for what it has to hand over', async () => {
  const { stub } = await openAccount();
  await runDurableObjectAlarm(stub);
  const alarms = await runInDurableObject(stub, async (object, state) => {
    await state.storage.deleteAlarm();
    // Else this call would end with it.
    const abort = vi.spyOn(state, 'abort').mockImplementation(() => undefined);
    await object.endCopy();
    return [abort.mock.calls.length, (await state.storage.getAlarm()) !== null];
  });
  expect(alarms).toEqual([1, true]);
});

test('only what stands still is copied', async () => {
  const { stub } = await openAccount();
  await expect(runInDurableObject(stub, (object) => void object.copyOut(null))).rejects.toThrow('stands still');
});

test('all tables of an object are those of the other, whatever is in them, and the pause stays where it is', async () => {
  const { accountId, stub } = await openAccount();
  for (let i = 0; i < 3; i++) await stub.settle(settlementOf(accountId, newId('job')));
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec('CREATE TABLE odd ("a b" TEXT, bytes BLOB, none TEXT, real REAL)');
    sql.exec("INSERT INTO odd VALUES ('it''s', x'00ff', NULL, 0.5), ('', x'', NULL, -1)");
    sql.exec('CREATE TABLE pairs (x BLOB, y INTEGER, PRIMARY KEY (x, y)) WITHOUT ROWID');
    // More rows than a page holds.
    sql.exec(`INSERT INTO pairs SELECT unhex(printf('%04x', value / 7)), value FROM
      (WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < 4499) SELECT value FROM n)`);
  });
  await stub.setPause(CLOSED);
  const pieces = await copyAll(stub as unknown as Copyable);
  expect(pieces.filter(({ table }) => table === 'pairs').length).toBeGreaterThan(1);
  expect(pieces.some(({ table }) => table === 'pause')).toBe(false);
  const other = env.ACCOUNT.getByName(newId('acct'));
  await runInDurableObject(other, (_, { storage: { sql } }) => void sql.exec('CREATE TABLE pairs (x, y)'));
  await runInDurableObject(other, (_, { storage: { sql } }) => void sql.exec('DROP TABLE pairs'));
  await runInDurableObject(other, (object) => object.copyIn(pieces.map((piece) => ({ ...piece, rows: [] }))));
  // What comes twice is there once.
  for (const piece of [...pieces, ...pieces.slice(-1)])
    await runInDurableObject(other, (object) => object.copyIn([piece]));
  const read = (object: DurableObjectStub): Promise<Record<string, unknown>> =>
    runInDurableObject(object, (_, { storage: { sql } }) => {
      const names = pieces.map(({ table }) => table);
      return Object.fromEntries(
        [...new Set(names)].map((name) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray()]),
      );
    });
  expect(await read(other)).toEqual(await read(stub));
});

test('while the book stands still it says so until its time is over, or until it is told to go on', async () => {
  const copy = makeBookCopy(env.DB);
  const now = Date.now();
  expect(await copy.isPaused(now)).toBe(false);
  await copy.setPause({ untilAt: now + 1000 });
  expect([await copy.isPaused(now), await copy.isPaused(now + 1000)]).toEqual([true, false]);
  await copy.setPause({ untilAt: null });
  expect(await copy.isPaused(now + 1e9)).toBe(true);
  await copy.setPause(null);
  expect(await copy.isPaused(now)).toBe(false);
  await expect(copy.read({ table: 'no_such_table', after: null }, 10)).rejects.toThrow(
    "there is no table 'no_such_table'",
  );
});
