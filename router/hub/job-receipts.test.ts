import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { JOB_TICKET, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import type { ReceiptsFrame, Seal } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { SealChain } from '../test/seal-chain.ts';
import { UNRECEIPTED } from './door-limits.ts';
import { JobReceipts } from './job-receipts.ts';
import type { OpenedJob } from './job-receipts.ts';

const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const key = new Uint8Array(32).fill(9);
const address = addressOfPrivateKey(key);

function openJobs() {
  const receipts = new JobReceipts<OpenedJob>(signer);
  const socket = {};
  const chain = new SealChain(key, address);
  let seq = 0n;
  let prevReceipt: Hex = ZERO_WORD;
  const opened = new Map<number, OpenedJob>();
  /** A job of this number is given, for 1,000 units at most. */
  const begin = (job: number): void => {
    const limits = { maxPromptTokens: 0, maxOutputTokens: 1000, priceOut: 1_000_000n };
    const ticket = sampleTicket({ part: job, node: address, ...limits });
    opened.set(job, { ticket, ticketHash: signer.hash(JOB_TICKET, ticket) });
    receipts.begin(socket, job, opened.get(job)!);
  };
  const workOf = (amount = 5n) => {
    const {
      ticketHash: _,
      node: __,
      seq: ___,
      prevReceipt: ____,
      ...work
    } = sampleReceipt({ node: address, ticketHash: ZERO_WORD, amount });
    return work;
  };
  const end = (job: number, { amount = 5n, now = 0 } = {}): void =>
    receipts.noteWork(socket, job, { work: workOf(amount), now });
  /** The home seals receipts of these jobs, in this order. */
  const seal = (jobs: readonly number[], change: Partial<Seal> = {}): ReceiptsFrame => {
    const first = { seq: seq + 1n, prevReceipt };
    const signed = jobs.map((job): UsageReceipt => {
      const { ticketHash, ticket } = opened.get(job) ?? {
        ticketHash: ZERO_WORD,
        ticket: sampleTicket({ node: address }),
      };
      seq += 1n;
      const receipt = { ...workOf(), ticketHash, node: ticket.node, seq, prevReceipt };
      prevReceipt = signer.hash(USAGE_RECEIPT, receipt);
      return receipt;
    });
    const [one] = chain.sign(signer, signed, change);
    return { seal: one!.sealed.seal, signature: one!.signature, ...first, jobs };
  };
  return { receipts, socket, begin, end, seal, opened };
}

describe('receipts that come under a seal', () => {
  test('are rebuilt from their tickets, what was said of them and their place in the chain, and each verifies alone', () => {
    const { receipts, socket, begin, end, seal } = openJobs();
    for (const job of [1, 2, 3]) begin(job);
    for (const job of [1, 2, 3]) end(job);
    const taken = receipts.take(socket, seal([3, 1, 2]));
    if (!taken.ok) throw new Error(taken.error);
    expect(taken.value.map(({ signed }) => signed.receipt.seq)).toEqual([1n, 2n, 3n]);
    for (const { opened, signed } of taken.value) {
      expect(signed.receipt.ticketHash).toBe(opened.ticketHash);
      expect(Object.keys(signed.receipt)).toEqual(USAGE_RECEIPT.fields.map(([name]) => name));
      const proof = { signature: signed.signature, sealed: signed.sealed!, address };
      expect(signer.isProvenBy(USAGE_RECEIPT, signed.receipt, proof)).toBe(true);
    }
    expect(receipts.leave(socket)).toEqual([]);
  });

  type Opened = ReturnType<typeof openJobs>;
  test.each<[string, (opened: Opened) => ReceiptsFrame, string]>([
    ['a job that nobody was given', ({ seal }) => seal([1, 9]), 'did not end here'],
    ['a job that runs', ({ seal }) => seal([1, 3]), 'did not end here'],
    ['a job twice', ({ seal }) => ({ ...seal([1, 2]), jobs: [1, 1] }), 'listed twice'],
    ['another order than was sealed', ({ seal }) => ({ ...seal([1, 2]), jobs: [2, 1] }), 'root'],
    ['a forged root', ({ seal }) => withSeal(seal([1, 2]), { root: `0x${'ab'.repeat(32)}` }), 'root'],
    ['another number in the chain', ({ seal }) => ({ ...seal([1, 2]), seq: 7n }), 'root'],
    ['a number that no chain reaches', ({ seal }) => ({ ...seal([1, 2]), seq: 2n ** 64n - 1n }), 'numbers end'],
    [
      'another receipt before the first',
      ({ seal }) => ({ ...seal([1, 2]), prevReceipt: `0x${'cd'.repeat(32)}` }),
      'root',
    ],
    ['another total', ({ seal }) => seal([1, 2], { total: 11n }), 'total'],
    ['the seal of another node', ({ seal }) => seal([1, 2], { node: `0x${'22'.repeat(20)}` }), 'another node'],
    ['a seal of tickets', ({ seal }) => seal([1, 2], { kind: 1 }), 'of no receipts'],
  ])('are not used where they tell %s, and can be told right after that', (_title, make, fault) => {
    const opened = openJobs();
    const { receipts, socket, begin, end, seal } = opened;
    for (const job of [1, 2, 3]) begin(job);
    for (const job of [1, 2]) end(job);
    expect(receipts.take(socket, make(opened))).toEqual({ ok: false, error: expect.stringContaining(fault) });
    expect(receipts.take(socket, seal([1, 2]))).toMatchObject({ ok: true });
  });

  test('are taken once, and only on the connection whose jobs they are of', () => {
    const { receipts, socket, begin, end, seal } = openJobs();
    begin(1);
    end(1);
    const frame = seal([1]);
    expect(receipts.take({}, frame).ok).toBe(false);
    expect(receipts.take(socket, frame).ok).toBe(true);
    expect(receipts.take(socket, frame).ok).toBe(false);
  });

  test('are not waited for where a job never ran, or broke off without a word; the first word of another stands', () => {
    const { receipts, socket, begin, end, seal } = openJobs();
    for (const job of [1, 2, 3]) begin(job);
    receipts.drop(socket, 1);
    receipts.noteWork(socket, 2, { work: null, now: 0 });
    end(3);
    end(3, { amount: 900n });
    expect([1, 2, 3].map((job) => receipts.isKnown(socket, job))).toEqual([false, false, true]);
    expect(receipts.take(socket, seal([3])).ok).toBe(true);
  });
});

describe('a home owes receipts', () => {
  test.each<[string, (opened: ReturnType<typeof openJobs>, isOver: boolean) => number]>([
    [
      'in number',
      ({ begin, end }, isOver) => {
        for (let job = 1; job <= UNRECEIPTED.parts - (isOver ? 0 : 1); job++) {
          begin(job);
          end(job, { amount: 0n });
        }
        return 0;
      },
    ],
    [
      'for so long',
      ({ begin, end }, isOver) => {
        for (const job of [1, 2]) begin(job);
        end(1, { now: 1000 });
        end(2, { now: 5000 });
        return 1000 + UNRECEIPTED.ageMs - (isOver ? 0 : 1);
      },
    ],
  ])('%s as it may, and beyond that is given nothing until they come', (_title, owe) => {
    for (const isOver of [false, true]) {
      const opened = openJobs();
      const now = owe(opened, isOver);
      expect(opened.receipts.isBehind(opened.socket, now)).toBe(isOver);
      const frame = opened.seal([1]);
      if (frame.seal.total === 5n) opened.receipts.take(opened.socket, frame);
    }
  });

  test('in value, of which no job is worth more than its ticket allows', () => {
    const { receipts, socket, begin, end } = openJobs();
    const jobs = UNRECEIPTED.units / 1000;
    // Each claims far more than the 1,000 units of its ticket; fewer than the number that it may owe would not do.
    for (let job = 1; job < Math.min(jobs, UNRECEIPTED.parts); job++) {
      begin(job);
      end(job, { amount: 10n ** 30n });
    }
    expect(receipts.isBehind(socket, 0)).toBe(false);
    begin(jobs);
    end(jobs, { amount: 10n ** 30n });
    expect(receipts.isBehind(socket, 0)).toBe(true);
  });

  test('until it is told what became of them, also where they came one by one', () => {
    const { receipts, socket, begin, end, opened } = openJobs();
    begin(1);
    end(1);
    expect(receipts.isBehind(socket, UNRECEIPTED.ageMs)).toBe(true);
    receipts.forget(opened.get(1)!.ticketHash);
    receipts.forget(ZERO_WORD);
    expect(receipts.isBehind(socket, UNRECEIPTED.ageMs)).toBe(false);
  });

  test('and none once its connection is gone: what had ended there is told', () => {
    const { receipts, socket, begin, end, opened } = openJobs();
    for (const job of [1, 2]) begin(job);
    end(2);
    expect(receipts.leave(socket)).toEqual([opened.get(2)]);
    expect(receipts.isBehind(socket, 10 * UNRECEIPTED.ageMs)).toBe(false);
    expect(receipts.isKnown(socket, 1)).toBe(false);
  });

  test('of so many jobs at most as are remembered', () => {
    const { receipts, socket, begin } = openJobs();
    for (let job = 1; job <= UNRECEIPTED.known + 1; job++) begin(job);
    expect([1, 2, UNRECEIPTED.known + 1].map((job) => receipts.isKnown(socket, job))).toEqual([false, true, true]);
  });
});

function withSeal(frame: ReceiptsFrame, change: Partial<Seal>): ReceiptsFrame {
  return { ...frame, seal: { ...frame.seal, ...change } };
}
