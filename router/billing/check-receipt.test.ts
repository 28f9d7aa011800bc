import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACCEPTANCE_STATUS,
  JOB_TICKET,
  jobTicketSchema,
  makeMessageSigner,
  USAGE_RECEIPT,
  usageReceiptSchema,
} from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import vectors from '../../schema/receipt.vectors.json' with { type: 'json' };
import { checkReceipt, checkTicket, LATE_MS } from './check-receipt.ts';
import { decideLost, earnOf, judgeReceipt } from './judge-receipt.ts';

const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const [routerKey, nodeKey] = [keccak_256(Uint8Array.of(1)), keccak_256(Uint8Array.of(2))];
const router = addressOfPrivateKey(routerKey);
const messageOf = (title: string): object => vectors.find((vector) => vector.title === title)!.message;
const ticket = { ...jobTicketSchema.parse(messageOf('ticket: ordinary')), node: addressOfPrivateKey(nodeKey) };
const ticketHash = signer.hash(JOB_TICKET, ticket);
const receipt = { ...usageReceiptSchema.parse(messageOf('receipt: energy unknown')), node: ticket.node, ticketHash };
const sign = (message: object) => signer.sign(USAGE_RECEIPT, message, nodeKey);

describe('checkReceipt', () => {
  test('a receipt of its ticket, within its limits, signed by its node gives its hash', () => {
    const checked = checkReceipt(signer, { ticket, receipt, signature: sign(receipt), sealed: null });
    expect(checked).toEqual({ ok: true, value: signer.hash(USAGE_RECEIPT, receipt) });
  });

  test.each([
    ['receipt-of-other-ticket', { ticketHash: router.padEnd(66, '0') as `0x${string}` }],
    ['receipt-of-other-node', { node: router }],
    ['over-output-limit', { outputTokens: 257 }],
    ['over-prompt-limit', { promptTokens: 513 }],
  ])('%s is found before the curve is asked', (error, change) => {
    expect(checkReceipt(signer, { ticket, receipt: { ...receipt, ...change }, signature: '0x', sealed: null })).toEqual(
      {
        ok: false,
        error,
      },
    );
  });

  test('another’s signature, and one over other counts, prove nothing', () => {
    const foreign = signer.sign(USAGE_RECEIPT, receipt, routerKey);
    const others = sign({ ...receipt, outputTokens: 1 });
    for (const signature of [foreign, others, '0x' as const])
      expect(checkReceipt(signer, { ticket, receipt, signature, sealed: null })).toEqual({
        ok: false,
        error: 'receipt-signature',
      });
  });
});

describe('checkTicket', () => {
  const signedBy = (key: Uint8Array) => {
    const ticketSignature = signer.sign(JOB_TICKET, ticket, key);
    return { ticket, ticketSignature, receipt, signature: sign(receipt) };
  };
  const now = Number(ticket.expiresAtMs);
  const NOT_OWN = 'the ticket was not signed by this router';

  test('a ticket is our own only under our signature', () => {
    const asked = { isKnown: false, routers: [router], now };
    expect(checkTicket(signer, signedBy(routerKey), asked)).toBeNull();
    expect(checkTicket(signer, signedBy(nodeKey), asked)).toBe(NOT_OWN);
    expect(checkTicket(signer, { ...signedBy(routerKey), ticketSignature: '0x' }, asked)).toBe(NOT_OWN);
  });

  test('one of a key before the present one is our own for as long as any', () => {
    const next = addressOfPrivateKey(new Uint8Array(32).fill(9));
    const asked = { isKnown: false, routers: [next, router], now };
    expect(checkTicket(signer, signedBy(routerKey), asked)).toBeNull();
    expect(checkTicket(signer, signedBy(nodeKey), asked)).toBe(NOT_OWN);
    expect(checkTicket(signer, signedBy(routerKey), { ...asked, now: now + LATE_MS + 1 })).toContain('24 h');
  });

  test('one under which a part was settled holds though the router has another key now, and no longer than others', () => {
    const asked = { isKnown: true, routers: [router], now };
    expect(checkTicket(signer, signedBy(nodeKey), asked)).toBeNull();
    expect(checkTicket(signer, signedBy(nodeKey), { ...asked, now: now + LATE_MS + 1 })).toContain('24 h');
  });
});

describe('judgeReceipt', () => {
  const decided = { promptTokens: 31, outputTokens: 128, earn: 26 };

  test('counts as signed are accepted, less the fee', () => {
    expect(judgeReceipt({ ticket, receipt }, decided, false)).toEqual({
      promptTokens: 31,
      outputTokens: 128,
      amount: 26,
      status: ACCEPTANCE_STATUS.accepted,
    });
  });

  test('fewer tokens than signed lower it, for prompt and output alike', () => {
    expect(judgeReceipt({ ticket, receipt }, { ...decided, outputTokens: 100 }, false).status).toBe(
      ACCEPTANCE_STATUS.lowered,
    );
    expect(judgeReceipt({ ticket, receipt }, { ...decided, promptTokens: 30 }, false).status).toBe(
      ACCEPTANCE_STATUS.lowered,
    );
  });

  test('more tokens than signed are never accepted', () => {
    expect(judgeReceipt({ ticket, receipt }, { ...decided, outputTokens: 200 }, false)).toMatchObject({
      outputTokens: 128,
      status: ACCEPTANCE_STATUS.accepted,
    });
  });

  test('a receipt over fewer tokens than were relayed earns what it signed for, whatever amount it names', () => {
    const prefix = { ...receipt, outputTokens: 64, amount: 10_000n };
    expect(judgeReceipt({ ticket, receipt: prefix }, decided, false).amount).toBe(earnOf(ticket, prefix));
  });

  test('equivocation is unpaid, and so is work that earned nothing', () => {
    expect(judgeReceipt({ ticket, receipt }, decided, true)).toMatchObject({
      amount: 0,
      status: ACCEPTANCE_STATUS.unpaid,
    });
    expect(judgeReceipt({ ticket, receipt }, { ...decided, earn: 0 }, false)).toMatchObject({
      amount: 0,
      status: ACCEPTANCE_STATUS.unpaid,
    });
    expect(judgeReceipt({ ticket, receipt: { ...receipt, amount: 0n } }, { ...decided, earn: 0 }, false).status).toBe(
      ACCEPTANCE_STATUS.accepted,
    );
  });

  test('never more than decided, and never more than claimed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (earn, amount) => {
        const verdict = judgeReceipt({ ticket, receipt: { ...receipt, amount } }, { ...decided, earn }, false);
        expect(verdict.amount).toBeLessThanOrEqual(earn);
        expect(BigInt(verdict.amount)).toBeLessThanOrEqual(amount);
      }),
    );
  });

  test('of a lost part no more is believed than what its hub wrote down allows, whatever is claimed; without output nothing', () => {
    const atMost = { promptTokens: 100, outputTokens: 1000 };
    expect(decideLost({ ticket, receipt }, atMost)).toEqual({ promptTokens: 31, outputTokens: 128, earn: 26 });
    const noted = { promptTokens: 20, outputTokens: 64 };
    expect(decideLost({ ticket, receipt }, noted)).toEqual({ ...noted, earn: earnOf(ticket, noted) });
    for (const nothing of [undefined, { promptTokens: 20, outputTokens: 0 }])
      expect(decideLost({ ticket, receipt }, nothing)).toEqual({ promptTokens: 0, outputTokens: 0, earn: 0 });
  });
});
