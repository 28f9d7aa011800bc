// Parts that were open when their hub's memory was lost: what the next life of the hub makes of them.
import { runInDurableObject } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { JOB_TICKET } from '../../../schema/receipt.ts';
import type { SettlementBatch, SettlementJson } from '../../../schema/settlement.ts';
import { TIMINGS } from '../../../schema/timings.ts';
import { Journal } from '../../hub/journal.ts';
import type { HubServices } from '../../hub/hub-services.ts';
import { HubSettlement } from '../../hub/settlement.ts';
import { openHub } from './join-hub.ts';
import { makeLate, makeNode, makePart, makeReceipt, PRICE, signer } from './make-settlement.ts';

const node = makeNode('hub-lost-test');
const ISSUED_AT = 1_800_000_000_000;

/** A part of 10 prompt and 20 output tokens, as its hub offered it and as it ended. */
const OFFER = {
  promptExact: null,
  promptBound: 1000,
  request: { maxTokens: 1000 },
  ...PRICE,
  chargePrompt: true,
  resume: null,
  interrupted: 0,
};
const SUMMARY = {
  outcome: 'complete',
  finish: 'stop',
  frameTokens: 20,
  frameThinkingTokens: 0,
  lateTokens: 0,
  content: { exact: null, most: 1000, exactThinking: null, mostThinking: 0 },
  ttftMs: 10,
  durationMs: 100,
} as const;

function openSettlement(rows: Journal, services: HubServices): HubSettlement {
  const nothing = (): void => undefined;
  return new HubSettlement({
    hub: 'hub:test:0',
    rows,
    services,
    nextNumber: () => 1,
    sealTickets: nothing,
    isLive: () => false,
    offerLate: nothing,
    pause: async () => undefined,
    later: nothing,
    tellNode: nothing,
    askToSign: nothing,
    retryLater: nothing,
    now: () => ISSUED_AT + 4_000_000,
    startedAt: ISSUED_AT + 25_000,
  });
}

/** Opens a part's row, notes how far it got, and lets another life of the hub take what comes; gives what that hands on. */
async function lose(facts: { notedTokens?: number; claimed?: number }): Promise<SettlementJson[]> {
  const { notedTokens, claimed } = facts;
  const ticket = { issuedAtMs: BigInt(ISSUED_AT), maxOutputTokens: 100_000 };
  const part = makePart(node, { ticket });
  const draft = {
    ...part.bare,
    outcome: 'failed-by-network',
    promptTokens: 0,
    outputTokens: 0,
    charge: 0,
    earn: 0,
    ttftMs: null,
    decision: { tokensPerS: 30, promptTokens: 8 } as never,
  } as const;
  const ticketHash = signer.hash(JOB_TICKET, part.ticket);
  return runInDurableObject(openHub(), async (_, { storage }) => {
    const before = new Journal({ storage });
    before.open({ ticketHash, expiresAt: ISSUED_AT + 3_600_000, draft });
    before.completeDraft(ticketHash, draft);
    if (notedTokens !== undefined) before.noteProgress({ ticketHash, tokens: notedTokens, at: ISSUED_AT + 20_000 });
    await before.commit();
    const rows = new Journal({ storage });
    const handed: SettlementJson[] = [];
    const services = {
      signer,
      timings: { ...TIMINGS, deliverEveryMs: 1 },
      acceptSettlements: async (_nodeId: string, { settlements }: SettlementBatch) => {
        handed.push(...settlements);
        return settlements;
      },
      settleCaller: async (_accountId: string, { settlements }: SettlementBatch) => settlements.map(() => true),
    } as unknown as HubServices;
    const next = openSettlement(rows, services);
    if (claimed === undefined) {
      next.sweep();
    } else {
      const receipt = makeReceipt(part.ticket, { outputTokens: claimed, promptTokens: 10 });
      await next.takeLate(node.id, makeLate(node, part.ticket, receipt));
    }
    await vi.waitFor(() => expect(rows.counts()).toMatchObject({ open: 0, due: 0 }));
    expect(rows.findProgress(ticketHash)).toBeNull();
    return handed;
  });
}

test('no account has a part before its end is on disk, though its receipt is there', () =>
  runInDurableObject(openHub(), async (_, { storage }) => {
    const part = makePart(node);
    const ticketHash = signer.hash(JOB_TICKET, part.ticket);
    const disk = Promise.withResolvers<void>();
    const transactionSync = <T>(play: () => T): T => storage.transactionSync(play);
    const rows = new Journal({ storage: { sql: storage.sql, transactionSync, sync: () => disk.promise } });
    rows.open({ ticketHash, expiresAt: Number.POSITIVE_INFINITY, draft: part.bare });
    const handed: string[] = [];
    const services = {
      signer,
      timings: { ...TIMINGS, deliverEveryMs: 1 },
      acceptSettlements: async (_nodeId: string, { settlements }: SettlementBatch) => {
        handed.push('home');
        return settlements;
      },
      settleCaller: async (_accountId: string, { settlements }: SettlementBatch) => {
        handed.push('caller');
        return settlements.map(() => true);
      },
    } as unknown as HubServices;
    const next = openSettlement(rows, services);
    const offer = { ...OFFER, jobId: part.jobId } as never;
    const opened = { ticketHash, ticket: part.ticket, offer, draft: part.bare, ticketProof: null };
    const { responseHash } = part.receipt;
    const told = next.settle(opened, { ...SUMMARY, responseHash, work: part.receipt });
    const { receipt, late } = part;
    next.takeReceipt(opened, { receipt, signature: late.signature, sealed: null });
    await new Promise((wake) => setTimeout(wake, 50));
    expect(handed).toEqual([]);
    disk.resolve();
    expect(await told).toMatchObject({ outputTokens: 20, bill: { fate: 'charged' } });
    await vi.waitFor(() => expect(handed).toEqual(['home', 'caller']));
  }));

test('a late receipt is believed up to what was noted and what its home can have made in the five seconds after', async () => {
  const lostAtMost = { promptTokens: 8, outputTokens: 500 + 150 };
  expect(await lose({ notedTokens: 500, claimed: 4096 })).toMatchObject([
    { outcome: 'failed-by-network', outputTokens: 650, promptTokens: 8, charge: 0, earn: 0, lostAtMost },
  ]);
  expect(await lose({ notedTokens: 500, claimed: 600 })).toMatchObject([{ outputTokens: 600, lostAtMost }]);
});

test('a part that left no note ran less than an interval', async () => {
  expect(await lose({ claimed: 64_000 })).toMatchObject([{ outputTokens: 12 * 30, charge: 0, earn: 0 }]);
});

test('without a receipt the bound is kept for one that comes later', async () => {
  expect(await lose({ notedTokens: 500 })).toMatchObject([
    {
      outcome: 'failed-by-network',
      outputTokens: 0,
      lostAtMost: { promptTokens: 8, outputTokens: 650 },
      receipt: null,
    },
  ]);
});
