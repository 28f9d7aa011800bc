// A call whose price was agreed beforehand pays that price once, whether or not its hold has lapsed when its parts come.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeNode, makeSettlement, makeTicket, newId } from '../test/workerd/make-settlement.ts';
import { FakeD1, FakeStorage, makeState, readMigrations } from '../test/workerd/sqlite-objects.ts';
import { Account } from './account.ts';
import { CROWD_LIMITS } from './decide-crowd.ts';
import { makeLedger } from './ledger.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(ctx: unknown) {
      this.ctx = ctx;
    }
  },
}));

const START = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const PRICE = 500;
const ledger = makeLedger(new FakeD1(readMigrations()).door);
const node = makeNode('agreed-price');

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterAll(() => void vi.useRealTimers());

function openPaid() {
  vi.setSystemTime(START);
  const accountId = newId('acct');
  const jobId = newId('job');
  const account = new Account(
    makeState(accountId, new FakeStorage()),
    {},
    {
      ledger,
      terms: { leaseMs: 75_000, graceMs: 15_000, toldMs: 48_000 },
      crowd: CROWD_LIMITS,
      bookMs: 5000,
      sendTransfer: async () => ({ isTaken: true }),
    },
  );
  const bought = { memo: null, kind: 'bought', from: 'x402', isFixedPrice: true } as const;
  account.grant({ eventId: accountId, accountId, amount: PRICE, ...bought });
  account.hold({ jobId, keyId: 'x402', amount: PRICE, expiresAt: START + HOUR_MS });
  const settle = (charge: number, part = 0): void => {
    const ticket = makeTicket(node, {
      job: jobId,
      part,
      issuedAtMs: BigInt(START),
      expiresAtMs: BigInt(START + HOUR_MS),
    });
    const facts = { ticket, receipt: null, jobId, accountId, keyId: 'x402', endedAt: START };
    account.settle({ ...makeSettlement(node, facts), charge, earn: 0 });
  };
  return { account, settle, close: () => account.closePayment({ accountId, jobs: 1, isPatient: true }) };
}

test.each([
  ['holds', 0],
  ['has lapsed', 90_000],
])('a price that was agreed is paid where its hold %s', (_, laterMs) => {
  const { account, settle, close } = openPaid();
  vi.setSystemTime(START + laterMs);
  expect(account.usage().held).toBe(laterMs > 0 ? 0 : PRICE);
  settle(120);
  expect(close()).toMatchObject({ isOpen: false, charged: PRICE });
  expect(account.usage().totals.charged).toBe(PRICE);
});

test('a price that was agreed is paid once, whatever comes after it, and nothing where nothing is charged', () => {
  const paid = openPaid();
  paid.settle(120);
  paid.settle(120, 1);
  expect(paid.close()).toMatchObject({ charged: PRICE });
  const free = openPaid();
  vi.setSystemTime(START + 90_000);
  free.settle(0);
  expect(free.close()).toMatchObject({ charged: 0 });
});
