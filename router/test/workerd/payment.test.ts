// One x402 payment in its object: whatever answers are lost and whatever is killed, what its call came to is settled once, or written off in the open.
import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeLedger } from '../../billing/ledger.ts';
import { KEPT_MS } from '../../payments/decide-payment.ts';
import type { NewPayment } from '../../payments/payment.ts';
import { makePaymentTable } from '../../payments/payment-table.ts';
import { faults, payFakes } from './billing-worker.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('payment-test');
const ledger = makeLedger(env.DB);
const table = makePaymentTable(env.DB);
const DAY_MS = 86_400_000;
const TRANSACTION = `0x${'ab'.repeat(32)}`;
const SETTLED = { kind: 'settled', transaction: TRANSACTION } as const;
const AUTHORISED = 1000;
const CHARGE = 50;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  Object.assign(payFakes, {
    mostOwed: 1_000_000,
    settle: async () => SETTLED,
    find: async () => ({ kind: 'unused' }),
    sent: [],
    asked: 0,
  });
  Object.assign(faults, { refuse: 0, loseAnswer: 0, refusePrepare: 0 });
});
afterEach(() => void vi.useRealTimers());

function newPayment(overrides: Partial<NewPayment> = {}): NewPayment {
  const payer = `0x${newId('job').slice(4).padStart(40, '0')}` as const;
  return {
    id: newId('acct'),
    scheme: 'upto',
    network: 'eip155:31337',
    payer,
    nonce: `0x${'0'.repeat(63)}1`,
    authorised: AUTHORISED,
    deadlineMs: Date.now() + 4_500_000,
    sent: { as: 'it came' },
    requirements: {
      scheme: 'upto',
      network: 'eip155:31337',
      amount: String(AUTHORISED),
      asset: `0x${'1'.repeat(40)}`,
      payTo: `0x${'2'.repeat(40)}`,
      maxTimeoutSeconds: 4500,
    },
    jobs: [newId('job')],
    bodyHash: 'of the body',
    ...overrides,
  };
}

const stubOf = ({ id }: Pick<NewPayment, 'id'>) => env.PAYMENT.getByName(id);
const accountOf = ({ id }: Pick<NewPayment, 'id'>) => env.ACCOUNT.getByName(id);

/** Begins a payment, and holds for its jobs what they may cost. */
async function begin(payment = newPayment()): Promise<NewPayment> {
  expect(await stubOf(payment).begin(payment)).toBe('begun');
  for (const jobId of payment.jobs) {
    const amount = payment.authorised / payment.jobs.length;
    const hold = { jobId, keyId: 'x402', amount, expiresAt: Date.now() + 3_900_000 };
    expect((await accountOf(payment).hold(hold)).ok).toBe(true);
  }
  return payment;
}

/** The hub's word of what a job came to. */
async function book(payment: NewPayment, charge = CHARGE, jobId = payment.jobs[0] ?? ''): Promise<void> {
  const ticket = makeTicket(node, { job: jobId, part: 0 });
  const made = makeSettlement(node, { ticket, receipt: null, jobId, accountId: payment.id, charge, earn: 0 });
  await accountOf(payment).settle(made);
}

const tell = (payment: NewPayment) => stubOf(payment).tell(payment.jobs[0] ?? '');

/** As if so much time had passed: what was to be done by then is done. */
async function pass(payment: NewPayment, ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  await runDurableObjectAlarm(stubOf(payment));
}

/** The platform kills the object: its memory is gone. */
async function kill(payment: NewPayment): Promise<void> {
  await runInDurableObject(stubOf(payment), (_, state) => state.abort('killed')).catch(() => undefined);
}

/** Units of its books, once all is there. */
async function books(payment: NewPayment): Promise<{ account: number; x402: number; operator: number }> {
  for (let i = 0; i < 20; i++) {
    await runDurableObjectAlarm(accountOf(payment));
    if ((await accountOf(payment).booked()).waiting === 0) break;
  }
  expect(await ledger.findUnbalanced()).toEqual([]);
  const query = `SELECT book, sum(amount) AS amount FROM postings WHERE event_id LIKE '%' || ?1 || '%' GROUP BY book`;
  const { results } = await env.DB.prepare(query).bind(payment.id).all<{ book: string; amount: number }>();
  const of = (name: string): number => results.find((row) => row.book === name)?.amount ?? 0;
  return { account: await ledger.balanceOf(payment.id), x402: of('x402'), operator: of('operator') };
}

const row = (payment: NewPayment) =>
  env.DB.prepare('SELECT state, charge, "transaction", reason FROM payments WHERE id = ?').bind(payment.id).first();

describe('a payment', () => {
  test('opens its account with all that it allows, settles what the call came to, and gives the rest back', async () => {
    const payment = await begin();
    expect((await accountOf(payment).usage()).balance).toBe(AUTHORISED);
    expect(await row(payment)).toMatchObject({ state: 'running', charge: null });
    await book(payment);
    expect(await stubOf(payment).settle(5000)).toMatchObject({
      state: 'settled',
      charge: CHARGE,
      transaction: TRANSACTION,
    });
    expect(payFakes.sent).toEqual([String(CHARGE)]);
    expect(await row(payment)).toMatchObject({
      state: 'settled',
      charge: CHARGE,
      transaction: TRANSACTION,
      reason: null,
    });
    expect(await books(payment)).toEqual({ account: 0, x402: -CHARGE, operator: 0 });
    const hold = { jobId: newId('job'), keyId: 'x402', amount: 0, expiresAt: Date.now() + 60_000 };
    expect(await accountOf(payment).hold(hold)).toMatchObject({ ok: false, reason: 'account-disabled' });
  });

  test('is begun once, and known again by the body that it came with', async () => {
    const payment = await begin();
    expect(await stubOf(payment).begin(payment)).toBe('known');
    expect(await stubOf(payment).find('of the body')).toMatchObject({
      jobs: payment.jobs,
      facts: { state: 'running' },
    });
    expect(await stubOf(payment).find('of another')).toBe('known');
    expect(await stubOf(newPayment()).find('of the body')).toBeNull();
    expect(await stubOf(payment).tell(newId('job'))).toBeNull();
    const [first, second] = await Promise.all(
      [newPayment()].flatMap((one) => [one, one]).map((one) => stubOf(one).begin(one)),
    );
    expect(new Set([first, second])).toEqual(new Set(['begun', 'known']));
  });

  test('whose facilitator is slow holds up no answer for longer than is waited, and is settled all the same', async () => {
    const payment = await begin();
    await book(payment);
    let heard = (): void => undefined;
    const slow = new Promise<void>((resolve) => (heard = resolve));
    payFakes.settle = async () => {
      await slow;
      return SETTLED;
    };
    expect(await stubOf(payment).settle(50)).toMatchObject({ state: 'sending', transaction: null });
    heard();
    expect(await stubOf(payment).settle(5000)).toMatchObject({ state: 'settled', transaction: TRANSACTION });
    expect(payFakes.sent).toEqual([String(CHARGE)]);
  });

  test('of a call that came to nothing sends nothing', async () => {
    const payment = await begin();
    for (const jobId of payment.jobs) await accountOf(payment).release(jobId);
    await stubOf(payment).end(true);
    expect(await stubOf(payment).settle(5000)).toMatchObject({ state: 'settled', charge: 0, transaction: null });
    expect([payFakes.sent, await books(payment)]).toEqual([[], { account: 0, x402: 0, operator: 0 }]);
  });

  test('waits for each of its jobs, and for two minutes at most', async () => {
    const payment = await begin(newPayment({ jobs: [newId('job'), newId('job')] }));
    const [first = '', second = ''] = payment.jobs;
    await book(payment, CHARGE, first);
    expect(await stubOf(payment).settle(50)).toMatchObject({ state: 'running', charge: null });
    await accountOf(payment).release(second);
    await pass(payment, 60_000);
    expect((await tell(payment))?.state).toBe('running');
    await pass(payment, 61_000);
    expect(await tell(payment)).toMatchObject({ state: 'settled', charge: CHARGE });
  });

  test('of which nobody says that its answer has ended is looked after by itself', async () => {
    const payment = await begin();
    await book(payment);
    expect(payFakes.sent).toEqual([]);
    await pass(payment, 60_001);
    expect(payFakes.sent).toEqual([String(CHARGE)]);
    expect((await tell(payment))?.state).toBe('settled');
  });

  test('whose edge and hub are gone is over when the hold of its job has lapsed', async () => {
    const payment = await begin();
    for (let minutes = 0; minutes < 71; minutes++) await pass(payment, 60_001);
    expect(await tell(payment)).toMatchObject({ state: 'settled', charge: 0 });
    expect(payFakes.sent).toEqual([]);
  });

  test('that cannot be written in the book is not begun: nothing is owed for it', async () => {
    const payment = newPayment();
    faults.refusePrepare = 1;
    expect(await stubOf(payment).begin(payment)).toBe('away');
    await pass(payment, 10_000);
    expect(await tell(payment)).toMatchObject({ state: 'settled', charge: 0 });
    expect((await accountOf(payment).usage()).balance).toBe(0);
  });

  test('is not begun where more would be owed then than may be, however many come at once, and may come again', async () => {
    await env.DB.exec("UPDATE payments SET state = 'settled'");
    payFakes.mostOwed = 3 * AUTHORISED + 1;
    const payments = Array.from({ length: 10 }, () => newPayment());
    const begun = await Promise.all(payments.map((payment) => stubOf(payment).begin(payment)));
    expect(begun.filter((told) => told === 'begun')).toHaveLength(3);
    expect(begun.filter((told) => told === 'owed')).toHaveLength(7);
    const refused = payments[begun.indexOf('owed')] ?? newPayment();
    expect((await accountOf(refused).usage()).balance).toBe(0);
    await env.DB.exec("UPDATE payments SET state = 'settled'");
    expect(await stubOf(refused).begin(refused)).toBe('begun');
  });

  test('at a fixed price is charged all of it once anything is, and nothing where nothing is', async () => {
    const payment = await begin(newPayment({ scheme: 'exact' }));
    await book(payment);
    expect(await stubOf(payment).settle(5000)).toMatchObject({ state: 'settled', charge: AUTHORISED });
    const { settlements } = await accountOf(payment).receipts(payment.jobs[0] ?? '');
    const booked =
      settlements.length > 0
        ? settlements
        : await ledger.findReceipts(
            payment.id,
            payment.jobs[0] ?? '',
            (await accountOf(payment).receipts(payment.jobs[0] ?? '')).flushes,
          );
    expect(booked.map(({ charge }) => charge)).toEqual([AUTHORISED]);
    expect(await books(payment)).toEqual({ account: 0, x402: -AUTHORISED, operator: 0 });
    const free = await begin(newPayment({ scheme: 'exact' }));
    await book(free, 0);
    expect(await stubOf(free).settle(5000)).toMatchObject({ state: 'settled', charge: 0 });
    expect(payFakes.sent).toEqual([String(AUTHORISED)]);
  });
});

describe('what was sent', () => {
  /** A payment whose facilitator takes it and is never heard again. */
  async function lose(payment?: NewPayment): Promise<NewPayment> {
    const begun = await begin(payment);
    await book(begun);
    payFakes.settle = () => new Promise(() => undefined);
    void stubOf(begun)
      .settle(60_000)
      .catch(() => undefined);
    await vi.waitUntil(() => payFakes.sent.length > 0);
    await kill(begun);
    payFakes.settle = async () => SETTLED;
    return begun;
  }

  test('without an answer is not sent again where the chain has it', async () => {
    const payment = await lose();
    payFakes.find = async () => SETTLED;
    await pass(payment, 15_001);
    expect(await tell(payment)).toMatchObject({ state: 'settled', charge: CHARGE, transaction: TRANSACTION });
    expect([payFakes.sent.length, payFakes.asked]).toEqual([1, 1]);
    expect(await books(payment)).toEqual({ account: 0, x402: -CHARGE, operator: 0 });
  });

  test('without an answer is sent again, as much, where the chain does not have it', async () => {
    const payment = await lose();
    await pass(payment, 15_001);
    expect(await tell(payment)).toMatchObject({ state: 'settled', charge: CHARGE });
    expect([payFakes.sent, payFakes.asked]).toEqual([[String(CHARGE), String(CHARGE)], 1]);
  });

  test('is asked about again while the chain cannot be asked, and not sent', async () => {
    const payment = await lose();
    payFakes.find = async () => Promise.reject(new Error('no chain'));
    for (let i = 0; i < 3; i++) await pass(payment, 15_001);
    expect([payFakes.sent.length, (await tell(payment))?.state]).toEqual([1, 'sending']);
    payFakes.find = async () => SETTLED;
    await pass(payment, 15_001);
    expect((await tell(payment))?.state).toBe('settled');
    expect(payFakes.sent.length).toBe(1);
  });

  test('and refused is sent again ever less often, as long as it is good', async () => {
    const payment = await begin();
    await book(payment);
    payFakes.settle = async () => ({ kind: 'refused', reason: 'insufficient_funds' });
    expect(await stubOf(payment).settle(1000)).toMatchObject({ state: 'sending', reason: 'insufficient_funds' });
    const before = payFakes.sent.length;
    for (let i = 0; i < 20; i++) await pass(payment, 15_001);
    expect(payFakes.sent.length - before).toBeGreaterThan(2);
    expect(payFakes.sent.length - before).toBeLessThan(8);
    payFakes.settle = async () => SETTLED;
    await pass(payment, 300_001);
    expect((await tell(payment))?.state).toBe('settled');
    expect(await books(payment)).toEqual({ account: 0, x402: -CHARGE, operator: 0 });
  });

  test('and whose nonce went to something else is the operator’s loss once that is sure, and its payer is known', async () => {
    const payment = await lose();
    payFakes.find = async () => ({ kind: 'void' });
    await pass(payment, 15_001);
    expect((await tell(payment))?.state).toBe('sending');
    for (let i = 0; i < 12; i++) await pass(payment, 60_001);
    expect(await tell(payment)).toMatchObject({ state: 'lost', reason: 'nonce_used_otherwise', charge: CHARGE });
    expect(payFakes.sent.length).toBe(1);
    expect(await books(payment)).toEqual({ account: 0, x402: 0, operator: -CHARGE });
    expect(await row(payment)).toMatchObject({ state: 'lost', charge: CHARGE });
    expect(await table.owed(payment.payer, Date.now())).toMatchObject({ hasLost: true });
    expect(await table.owed(`0x${'9'.repeat(40)}`, Date.now() + 2 * DAY_MS)).toEqual({ owed: 0, hasLost: false });
  });

  test('and never came is lost when it is not good any more, and sent no more', async () => {
    const payment = await begin();
    await book(payment);
    payFakes.settle = async () => ({ kind: 'away' });
    await stubOf(payment).settle(500);
    await pass(payment, 4_500_001);
    const sent = payFakes.sent.length;
    for (let i = 0; i < 3; i++) await pass(payment, 600_001);
    expect(await tell(payment)).toMatchObject({ state: 'lost', reason: 'facilitator_away' });
    expect(payFakes.sent.length).toBe(sent);
    expect(await books(payment)).toEqual({ account: 0, x402: 0, operator: -CHARGE });
  });

  test('is told to the book when the book is there again', async () => {
    const payment = await begin();
    await book(payment);
    faults.refusePrepare = 2;
    await stubOf(payment).settle(1000);
    await pass(payment, 5001);
    await pass(payment, 5001);
    expect(await row(payment)).toMatchObject({ state: 'settled' });
    expect(payFakes.sent.length).toBe(1);
  });
});

test('an object that sleeps in between goes on where it was', async () => {
  const payment = await begin();
  await evictDurableObject(stubOf(payment));
  await book(payment);
  expect(await stubOf(payment).settle(5000)).toMatchObject({ state: 'settled', charge: CHARGE });
});

test('a payment and its account are dropped when they are long over, and what it came to stays in the book', async () => {
  const payment = await begin();
  await book(payment);
  await stubOf(payment).settle(5000);
  await books(payment);
  await pass(payment, KEPT_MS + 1);
  expect(await tell(payment)).toBeNull();
  expect(
    await runInDurableObject(accountOf(payment), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'outbox'").toArray(),
    ),
  ).toEqual([]);
  expect(await row(payment)).toMatchObject({ state: 'settled', charge: CHARGE });
});
