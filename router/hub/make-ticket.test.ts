import { describe, expect, test } from 'vitest';
import { jobTicketSchema, makeMessageSigner, JOB_TICKET, toMessageJson } from '../../schema/receipt.ts';
import { settlementSchema } from '../../schema/settlement.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { DECISION as decision } from '../test/fake-hubs.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { closeSettlement, draftSettlement, makeTicket } from './make-ticket.ts';
import type { NodeFacts } from './node-facts.ts';

const routerKey = new Uint8Array(32).fill(7);
const address = addressOfPrivateKey(new Uint8Array(32).fill(9));
const NOW = 1_700_000_000_000;
const AT = { now: NOW, epochSeconds: 86_400 };
const DIGEST = 'd'.repeat(64);

const offer = makeJobOffer({
  jobId: `job_${'1'.repeat(32)}`,
  part: 2,
  attempt: 3,
  accountId: 'acct_c',
  keyId: 'key_c',
  digests: [DIGEST],
  request: { ...makeJobOffer().request, maxTokens: 64, seed: 5 },
  requestHash: `0x${'2'.repeat(64)}`,
  salt: `0x${'3'.repeat(64)}`,
  priceIn: 100,
  priceOut: 200,
  promptBound: 17,
  expiresAt: NOW + 900_000,
});

const facts: NodeFacts = {
  nodeId: 'node_1',
  address,
  ownerAccountId: 'acct_o',
  place: { lat: 1, lon: 2, country: 'FR' },
  origins: [],
};

describe('makeTicket', () => {
  const ticket = makeTicket(offer, { address, digest: DIGEST }, AT);

  test('it says who may do what, for how much and until when', () => {
    expect(ticket).toEqual({
      jobId: `0x${'1'.repeat(32)}${'0'.repeat(32)}`,
      part: 2,
      node: address,
      epoch: Math.floor(NOW / 86_400_000),
      modelId: `0x${DIGEST}`,
      requestHash: offer.requestHash,
      salt: offer.salt,
      chargePrompt: true,
      allowance: ZERO_WORD,
      maxPromptTokens: 17,
      maxOutputTokens: 64,
      seed: 5n,
      priceIn: 100n,
      priceOut: 200n,
      auditCommit: ZERO_WORD,
      issuedAtMs: BigInt(NOW),
      expiresAtMs: BigInt(NOW + 900_000),
    });
  });

  test('it passes its own strict parser as JSON and can be signed', () => {
    expect(jobTicketSchema.parse(JSON.parse(JSON.stringify(toMessageJson(ticket))))).toEqual(ticket);
    const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
    const signature = signer.sign(JOB_TICKET, ticket, routerKey);
    expect(signer.recover(JOB_TICKET, ticket, signature)).toEqual({ ok: true, value: addressOfPrivateKey(routerKey) });
  });

  test.each([
    [-1, 2n ** 64n - 1n],
    [Number.MIN_SAFE_INTEGER, 2n ** 64n - (2n ** 53n - 1n)],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
    [0, 0n],
  ])('the seed %d is carried as 64 bits', (seed, word) => {
    const seeded = makeTicket({ ...offer, request: { ...offer.request, seed } }, { address, digest: DIGEST }, AT);
    expect(seeded.seed).toBe(word);
  });
});

describe('draftSettlement', () => {
  test('a part whose caller and home belong together says so from the start, whatever becomes of it', () => {
    const message = makeTicket(offer, { address, digest: DIGEST }, AT);
    const part = { message, decision, resumed: null, related: 'wallet' } as const;
    expect(draftSettlement(offer, { facts, hub: 'hub:weur:0' }, part).related).toBe('wallet');
    const other = draftSettlement(offer, { facts, hub: 'hub:weur:0' }, { ...part, related: null });
    expect(Object.keys(other)).not.toContain('related');
  });

  test('what its home can draw at most goes with it, where the card is known', () => {
    const part = { message: makeTicket(offer, { address, digest: DIGEST }, AT), decision, resumed: null };
    expect(draftSettlement(offer, { facts, hub: 'hub:weur:0', mostW: 580 }, part).mostW).toBe(580);
    expect(Object.keys(draftSettlement(offer, { facts, hub: 'hub:weur:0', mostW: null }, part))).not.toContain('mostW');
  });

  test('a part that has just begun owes nothing and is the network’s fault if it dies', () => {
    const ticket = makeTicket(offer, { address, digest: DIGEST }, AT);
    const draft = draftSettlement(offer, { facts, hub: 'hub:weur:0' }, { message: ticket, decision, resumed: 'exact' });
    const ticketSignature = makeMessageSigner(PLACEHOLDER_DOMAIN).sign(JOB_TICKET, ticket, routerKey);
    expect(settlementSchema.parse({ ...draft, ticketSignature })).toMatchObject({
      jobId: offer.jobId,
      part: 2,
      attempts: 3,
      nodeId: 'node_1',
      ownerAccountId: 'acct_o',
      hub: 'hub:weur:0',
      country: 'FR',
      outcome: 'failed-by-network',
      isFinal: true,
      decision,
      resumed: 'exact',
      charge: 0,
      earn: 0,
      promptTokens: 0,
      outputTokens: 0,
      receipt: null,
      ticket,
    });
  });
});

describe('closeSettlement', () => {
  const ticket = makeTicket(offer, { address, digest: DIGEST }, AT);
  const node = { facts, hub: 'hub:weur:0' };
  const draft = draftSettlement(offer, node, { message: ticket, decision, resumed: null });
  const resume = { text: 'ab', tokenIds: null, count: 9, digest: DIGEST, least: 'same-family' as const };

  test.each(['interrupted-by-node', 'interrupted-by-network'] as const)(
    'a part that was %s does not end its job',
    (outcome) => {
      const closed = closeSettlement({ ...draft, outcome }, { ...offer, interrupted: 1, resume });
      expect(closed).toEqual({ ...draft, outcome, isFinal: false });
    },
  );

  test.each(['complete', 'cancelled', 'failed-by-node'] as const)(
    'a part that is %s ends it and tells of those before; of the answer so far the router’s own count stands',
    (outcome) => {
      const decided = { ...draft, outcome, resumedTokens: 7 };
      const closed = closeSettlement(decided, { ...offer, interrupted: 2, resume });
      expect(closed).toEqual({ ...decided, interrupted: 2 });
    },
  );

  test('a job of one part tells nothing of others', () => {
    expect(closeSettlement({ ...draft, outcome: 'complete' }, offer)).toEqual({ ...draft, outcome: 'complete' });
  });
});

test('the fee is that of the epoch its ticket is signed in, to the millisecond, whenever it was asked for', () => {
  const { epoch } = makeTicket(offer, { address, digest: DIGEST }, AT);
  const fees = [{ fromEpoch: epoch + 1, feeBps: 800 }];
  const feeOf = (now: number): number | undefined => {
    const message = makeTicket(offer, { address, digest: DIGEST }, { ...AT, now });
    const granted = { message, decision, resumed: null };
    return draftSettlement({ ...offer, fees }, { facts, hub: 'weur:0' }, granted).feeBps;
  };
  const begins = (epoch + 1) * 86_400_000;
  // A tenth is told by nothing.
  expect([feeOf(NOW), feeOf(begins - 1), feeOf(begins), feeOf(begins + 1)]).toEqual([undefined, undefined, 800, 800]);
});
