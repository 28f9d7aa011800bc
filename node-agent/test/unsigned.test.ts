// A home that was killed is asked to sign for what it delivered: once, only for its own tickets, never beside a receipt of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { FINISH, JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket } from '../../schema/receipt.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import { DISK } from '../receipts/append-file.ts';
import type { LogDisk } from '../receipts/append-file.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import { makeTicket, openSession, SESSION_KEY } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';
import { ROUTER_KEY, signer } from './hub-seals.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

async function open(backend = new FakeBackend(async () => undefined), disk: LogDisk = DISK): Promise<SessionBench> {
  bench = await openSession(backend, { disk });
  return bench;
}

const HASH: Hex = `0x${'ab'.repeat(32)}`;

function partOf(ticket: JobTicket, change: Partial<UnsignedPart> = {}): UnsignedPart {
  return {
    ticket: toMessageJson(ticket),
    ticketSignature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY),
    promptTokens: 7,
    outputTokens: 20,
    responseHash: HASH,
    finish: 'error',
    ...change,
  };
}

function ask(session: SessionBench, part: UnsignedPart): void {
  session.session.hear(encodeJsonFrame('unsigned', part));
}

function offered(session: SessionBench): LateReceipt[] {
  return session.wrote().flatMap(({ name, json }) => (name === 'receipt' ? [lateReceiptSchema.parse(json)] : []));
}

const quiet = (): Promise<void> => sleep(60);

test('it signs for what the router counted, in its own chain, and offers that once however often it is asked', async () => {
  const session = await open();
  const [first, second] = [makeTicket(1), makeTicket(2)];
  for (const ticket of [first, first, second, first]) ask(session, partOf(ticket));
  await session.until(() => offered(session).length === 2);
  ask(session, partOf(second));
  await quiet();
  const [one, two, ...more] = offered(session);
  expect(more).toEqual([]);
  expect(one).toMatchObject({ ticket: first, ticketSignature: signer.sign(JOB_TICKET, first, ROUTER_KEY) });
  expect(one?.receipt).toMatchObject({ ticketHash: signer.hash(JOB_TICKET, first), responseHash: HASH, amount: 27n });
  expect(one?.receipt).toMatchObject({ promptTokens: 7, outputTokens: 20, finish: FINISH.error, seq: 1n });
  expect(two?.receipt).toMatchObject({ seq: 2n, prevReceipt: one && signer.hash(USAGE_RECEIPT, one.receipt) });
  const proof = one && { signature: one.signature, sealed: one.receiptSeal ?? null, address: SESSION_KEY.address };
  expect(one && proof && signer.isProvenBy(USAGE_RECEIPT, one.receipt, proof)).toBe(true);
});

test('what the ticket does not allow is not signed for', async () => {
  const session = await open();
  ask(session, partOf(makeTicket(1, { maxOutputTokens: 12 }), { finish: 'cancelled' }));
  await session.until(() => offered(session).length === 1);
  expect(offered(session)[0]?.receipt).toMatchObject({ outputTokens: 12, finish: FINISH.cancelled });
});

test.each([
  ['is another node’s', partOf(makeTicket(1, { node: `0x${'12'.repeat(20)}` }))],
  [
    'the router did not sign',
    partOf(makeTicket(1), { ticketSignature: signer.sign(JOB_TICKET, makeTicket(1), new Uint8Array(32).fill(3)) }),
  ],
])('a ticket that %s is not signed for', async (_, part) => {
  const session = await open();
  ask(session, part);
  await session.until(() => session.lines.some((line) => line.includes('not this home’s')));
  await quiet();
  expect(offered(session)).toEqual([]);
  expect(session.shared.book.unacknowledged).toBe(0);
});

test('a job that still runs, or whose receipt waits, is receipted by what was sent and not by what arrived', async () => {
  let push: () => void = () => undefined;
  const session = await open(
    new FakeBackend(async (_job, sink, signal) => {
      push = () => void sink({ text: 'a', tokens: 1 });
      await aborted(signal);
    }),
  );
  const ticket = makeTicket(1);
  session.give(1, { ticket }).sign();
  await session.until(() => session.wrote().some(({ name }) => name === 'head'));
  await quiet();
  push();
  ask(session, partOf(ticket));
  await quiet();
  session.session.hear(encodeJsonFrame('cancel', { reason: 'watchdog' }, 1));
  await session.until(() => session.wrote().some(({ name }) => name === 'receipts'));
  ask(session, partOf(ticket));
  await quiet();
  expect(offered(session)).toEqual([]);
  expect(session.shared.book.unacknowledged).toBe(1);
  const end = session.wrote().find(({ name }) => name === 'end');
  expect(end?.json).toMatchObject({ work: { outputTokens: 1 } });
});

test('while the disk refuses nothing is offered, and the next asking is heeded', async () => {
  let isFull = true;
  const sync: LogDisk['sync'] = (file) => (isFull ? Promise.reject(new Error('ENOSPC')) : DISK.sync(file));
  const session = await open(undefined, { ...DISK, sync });
  ask(session, partOf(makeTicket(1)));
  await session.until(() => session.lines.some((line) => line.includes('could not be stored')));
  expect(offered(session)).toEqual([]);
  isFull = false;
  ask(session, partOf(makeTicket(1)));
  await session.until(() => offered(session).length === 1);
  expect(offered(session)[0]?.receipt.seq).toBe(1n);
});

test('a part of nothing is no frame of this protocol', async () => {
  const session = await open();
  ask(session, partOf(makeTicket(1), { outputTokens: 0, ticketSignature: toHex(new Uint8Array(65)) }));
  await session.until(() => session.wrote().some(({ name }) => name === 'error'));
  expect(offered(session)).toEqual([]);
});
