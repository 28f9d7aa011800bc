// Credit on its way between objects, which die and hear nothing at any moment: it arrives once, comes back once, and no unit is lost or made.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeNode, makeSettlement, makeTicket, newId } from '../test/workerd/make-settlement.ts';
import { FakeD1, FakeStorage, makeState, readCount, readMigrations } from '../test/workerd/sqlite-objects.ts';
import { Account } from './account.ts';
import { MAX_LOTS } from './credit-lots.ts';
import { CROWD_LIMITS } from './decide-crowd.ts';
import { makeLedger } from './ledger.ts';
import type { SendTransfer } from './transfers.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(ctx: unknown) {
      this.ctx = ctx;
    }
  },
}));

const RUNS = readCount('TRANSFER_RUNS', 60);
const START = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterAll(() => void vi.useRealTimers());

const d1 = new FakeD1(readMigrations());
const ledger = makeLedger(d1.door);
const node = makeNode('transfers');
const ticket = makeTicket(node, { issuedAtMs: BigInt(START), expiresAtMs: BigInt(START + HOUR_MS) });
const sample = makeSettlement(node, {
  ticket,
  receipt: null,
  jobId: newId('job'),
  accountId: 'acct_1',
  endedAt: START,
});

/** What becomes of the next messages between objects: they are lost, or their answers are. */
interface Weather {
  lost: number;
  unheard: number;
}

class Party {
  readonly accountId = newId('acct');
  readonly #storage = new FakeStorage();
  readonly #lab: Lab;
  live: Account;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.live = this.open();
  }

  open(): Account {
    const doors = {
      ledger,
      terms: { leaseMs: 75_000, graceMs: 15_000, toldMs: 48_000 },
      crowd: CROWD_LIMITS,
      bookMs: 5000,
      sendTransfer: this.#lab.send,
    };
    return (this.live = new Account(makeState(this.accountId, this.#storage), {}, doors));
  }

  get kinds(): readonly number[] {
    const { granted, earned, bought } = this.live.usage().kinds;
    return [granted, earned, bought];
  }
}

class Lab {
  readonly weather: Weather = { lost: 0, unheard: 0 };
  readonly send: SendTransfer = async (transfer) => {
    if (this.weather.lost > 0 && this.weather.lost-- > 0) throw new Error('lost');
    const to = this.parties.find(({ accountId }) => accountId === transfer.to);
    if (!to) throw new Error('nobody');
    // As it does between two machines.
    const answer = to.live.receive(JSON.parse(JSON.stringify(transfer)));
    if (this.weather.unheard > 0 && this.weather.unheard-- > 0) throw new Error('unheard');
    return answer;
  };
  readonly sponsor = new Party(this);
  readonly receiver = new Party(this);
  readonly parties = [this.sponsor, this.receiver];

  async settle(): Promise<void> {
    d1.lost = d1.unheard = this.weather.lost = this.weather.unheard = 0;
    for (let i = 0; i < 5; i++) {
      vi.setSystemTime(Date.now() + 120_000);
      for (const { live } of this.parties) await live.alarm();
    }
  }

  give(amount: number, eventId = newId('job'), lifeMs = HOUR_MS): ReturnType<Account['give']> {
    const { accountId } = this.sponsor;
    const gift = { eventId, accountId, to: this.receiver.accountId, amount, purpose: 'education', memo: null };
    return this.sponsor.live.give({ ...gift, expiresAt: Date.now() + lifeMs });
  }

  spend(amount: number): void {
    const { accountId, live } = this.receiver;
    const jobId = newId('job');
    if (!live.hold({ jobId, keyId: 'key_1', amount, expiresAt: Date.now() + HOUR_MS }).ok) return;
    live.settle({ ...sample, accountId, jobId, charge: amount, earn: 0, endedAt: Date.now() });
  }
}

function openLab(): Lab {
  vi.setSystemTime(START);
  const lab = new Lab();
  const { accountId, live } = lab.sponsor;
  for (const kind of ['granted', 'bought'] as const)
    live.grant({ eventId: `${accountId}:${kind}`, accountId, amount: 1000, memo: null, kind });
  live.setSponsor(true);
  return lab;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('give' as const), amount: fc.integer({ min: 1, max: 900 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('spend' as const), amount: fc.integer({ min: 1, max: 500 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('alarm' as const, 'evict' as const, 'kill' as const), at: fc.nat(1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(300, 60_000, HOUR_MS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('lost' as const, 'unheard' as const), times: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('d1' as const), lost: fc.nat(2), unheard: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('disable' as const, 'again' as const) }) },
);

test('whatever dies and whatever is not heard, each gift arrives once or comes back once, and what is not spent in time comes back once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
      const lab = openLab();
      let last: [number, string] | null = null;
      for (const one of steps) {
        const party = 'at' in one ? lab.parties[one.at] : undefined;
        if (one.kind === 'give') lab.give(...(last = [one.amount, newId('job')]));
        else if (one.kind === 'again' && last) lab.give(...last);
        else if (one.kind === 'spend') lab.spend(one.amount);
        else if (one.kind === 'alarm') await party?.live.alarm();
        else if (one.kind === 'kill') void party?.live.alarm().catch(() => undefined);
        else if (one.kind === 'pass') vi.setSystemTime(Date.now() + one.ms);
        else if (one.kind === 'lost' || one.kind === 'unheard') lab.weather[one.kind] = one.times;
        else if (one.kind === 'd1') [d1.lost, d1.unheard] = [one.lost, one.unheard];
        else if (one.kind === 'disable') lab.receiver.live.disable();
        if (one.kind === 'kill' || one.kind === 'evict') party?.open();
        for (const { live } of lab.parties) expect(live.usage().balance).toBeGreaterThanOrEqual(live.usage().held);
      }
      await lab.settle();
      // All that is not spent is the sponsor’s again when its time is over.
      vi.setSystemTime(Date.now() + 2 * HOUR_MS);
      await lab.settle();
      const spent = lab.receiver.live.usage().totals.charged;
      expect(lab.receiver.live.usage().balance).toBe(0);
      expect(lab.sponsor.live.usage().balance).toBe(2000 - spent);
      const { gifts } = lab.sponsor.live.gifts('', 10);
      expect(gifts.reduce((sum, { given, returned }) => sum + given - returned, 0)).toBe(spent);
      for (const { accountId, live } of lab.parties) {
        expect(live.booked()).toMatchObject({ waiting: 0, unpayable: 0 });
        expect(await ledger.creditOf(accountId)).toBe(live.usage().balance);
      }
      expect(await ledger.balanceOf('transit')).toBe(0);
    }),
    { numRuns: RUNS },
  );
  expect([await ledger.total(), await ledger.findUnbalanced(), await ledger.findDrifted()]).toEqual([0, [], []]);
}, 300_000);

test('a gift is the receiver’s granted credit until its end, and comes back as what it was', async () => {
  const lab = openLab();
  expect(lab.give(1500, 'evt_1')).toEqual({ ok: true, applied: true, balance: 500 });
  expect(lab.give(1500, 'evt_1')).toEqual({ ok: true, applied: false, balance: 500 });
  await lab.settle();
  expect([lab.sponsor.kinds, lab.receiver.kinds]).toEqual([
    [0, 0, 500],
    [1500, 0, 0],
  ]);
  lab.spend(1200);
  expect(lab.receiver.live.leftOf(lab.sponsor.accountId)).toEqual({ left: 300, returning: 0 });
  vi.setSystemTime(START + 2 * HOUR_MS);
  await lab.settle();
  expect([lab.sponsor.kinds, lab.receiver.kinds]).toEqual([
    [0, 0, 800],
    [0, 0, 0],
  ]);
  expect(lab.sponsor.live.gifts('', 10).gifts).toMatchObject([{ given: 1500, returned: 300 }]);
});

test('an account that is no sponsor gives nothing, and a sponsor no more than what it has for good and no job holds', () => {
  const lab = openLab();
  const { accountId, live } = lab.sponsor;
  live.grant({ eventId: `${accountId}:short`, accountId, amount: 500, memo: null, expiresAt: START + HOUR_MS });
  expect(lab.give(2001)).toMatchObject({ ok: false, reason: 'no-credit', givable: 2000 });
  live.hold({ jobId: newId('job'), keyId: 'key_1', amount: 1000, expiresAt: START + HOUR_MS });
  expect(lab.give(1501)).toMatchObject({ ok: false, reason: 'no-credit', givable: 1500 });
  live.setSponsor(false);
  expect(lab.give(1)).toMatchObject({ ok: false, reason: 'no-sponsor' });
});

test('an event’s id is that of one gift: another receiver or amount is told so, and gets nothing', async () => {
  const lab = openLab();
  const { accountId, live } = lab.sponsor;
  const other = new Party(lab);
  lab.parties.push(other);
  lab.give(100, 'evt_1');
  const gift = { eventId: 'evt_1', accountId, to: other.accountId, amount: 100, purpose: null, memo: null };
  expect(live.give({ ...gift, expiresAt: START + HOUR_MS })).toMatchObject({ ok: false, reason: 'conflict' });
  expect(lab.give(101, 'evt_1')).toMatchObject({ ok: false, reason: 'conflict' });
  await lab.settle();
  lab.sponsor.open();
  expect(lab.give(100, 'evt_1')).toMatchObject({ ok: true, applied: false, balance: 1900 });
  expect([lab.receiver.live.usage().balance, other.live.usage().balance]).toEqual([100, 0]);
});

test('a gift whose receiver cannot be reached holds up no other', async () => {
  const lab = openLab();
  const { accountId, live } = lab.sponsor;
  const gift = { accountId, amount: 1, purpose: null, memo: null, expiresAt: START + HOUR_MS };
  // Before the others and after them in the order of their ids.
  for (const eventId of ['a', 'z']) live.give({ ...gift, eventId, to: newId('acct') });
  lab.give(100, 'm');
  await live.alarm();
  expect(lab.receiver.live.usage().balance).toBe(100);
  expect(live.booked().waiting).toBe(0);
});

test('a gift that is refused comes back once, and is refused again however often it comes', async () => {
  const lab = openLab();
  const { accountId, live } = lab.receiver;
  for (let i = 0; i < MAX_LOTS; i++)
    live.grant({ eventId: `${accountId}:${i}`, accountId, amount: 1, memo: null, expiresAt: START + 9 * HOUR_MS + i });
  lab.weather.unheard = 2;
  lab.give(100);
  await lab.settle();
  expect(lab.sponsor.live.usage().balance).toBe(2000);
  expect(lab.receiver.live.usage().balance).toBe(MAX_LOTS);
  expect(lab.sponsor.live.gifts('', 10).gifts).toMatchObject([{ given: 0, returned: 0 }]);
});

test('a job that was held before its credit ended may still spend it, one that comes later may not', async () => {
  vi.setSystemTime(START);
  const lab = new Lab();
  const { accountId, live } = lab.receiver;
  const [early, late] = [newId('job'), newId('job')];
  live.grant({ eventId: `${accountId}:1`, accountId, amount: 100, memo: null, expiresAt: START + 10_000 });
  live.hold({ jobId: early, keyId: 'key_1', amount: 60, expiresAt: START + HOUR_MS });
  vi.setSystemTime(START + 10_000);
  expect(live.usage()).toMatchObject({ balance: 60, held: 60 });
  expect(live.hold({ jobId: late, keyId: 'key_1', amount: 1, expiresAt: START + HOUR_MS })).toMatchObject({
    ok: false,
  });
  live.settle({ ...sample, accountId, jobId: early, charge: 50, earn: 0 });
  expect(live.usage()).toMatchObject({ balance: 0, held: 0 });
  await lab.settle();
  expect(await ledger.creditOf(accountId)).toBe(0);
});
