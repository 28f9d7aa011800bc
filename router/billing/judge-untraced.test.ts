import { expect, test } from 'vitest';
import { chainOfHub } from '../../schema/seal.ts';
import type { Seal } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import { judgeUntraced } from './judge-untraced.ts';

const [HUB, OTHER] = ['hub:weur:0', 'hub:weur:1'];
const ISSUED_AT = 1_800_000_000_000;
const WAIT_MS = 400_000;
const NODE = chainOfHub('a node');
const sealOf = (facts: Partial<Seal>): Seal => ({
  kind: 1,
  node: NODE,
  number: 1n,
  previous: ZERO_WORD,
  count: 1,
  root: ZERO_WORD,
  total: 0n,
  atMs: 0n,
  ...facts,
});
const ticketSeal = { seal: sealOf({ node: chainOfHub(HUB) }), proof: [] };
const late = {
  ticket: sampleTicket({ node: NODE, issuedAtMs: BigInt(ISSUED_AT) }),
  ticketSignature: '0x',
  receipt: sampleReceipt({ node: NODE, ticketHash: ZERO_WORD, durationMs: 20_000 }),
  signature: '0x',
} as const;
const ask = (hub: string | undefined, afterMs: number) => ({ hub, now: ISSUED_AT + afterMs, traceWaitMs: WAIT_MS });

test('the word of the ticket’s own hub is final at once', () => {
  expect(judgeUntraced({ ...late, ticketSeal }, ask(HUB, 0))).toContain('knows nothing of the part');
});

test.each([
  ['at another hub', { ...late, ticketSeal }, OTHER],
  ['under a ticket that names no hub', late, HUB],
  ['where nobody says which hub it is', { ...late, ticketSeal }, undefined],
])('%s a part is waited for, from when its work ended', (_, offered, hub) => {
  expect(judgeUntraced(offered, ask(hub, 20_000 + WAIT_MS - 1))).toBeNull();
  expect(judgeUntraced(offered, ask(hub, 20_000 + WAIT_MS))).toContain('no hub has told');
});

test('a receipt under a seal is waited for from when it was sealed', () => {
  const seal = sealOf({ atMs: BigInt(ISSUED_AT + 60_000) });
  const sealed = { ...late, receiptSeal: { seal, proof: [] } };
  expect(judgeUntraced(sealed, ask(OTHER, 60_000 + WAIT_MS - 1))).toBeNull();
  expect(judgeUntraced(sealed, ask(OTHER, 60_000 + WAIT_MS))).toContain('no hub has told');
});
