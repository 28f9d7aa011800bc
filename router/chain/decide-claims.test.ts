// When a claim's gas is paid, and for whom at once.
import { expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { tellClaim } from '../routes/tell-claim.ts';
import { chooseClaims, decideClaims, judgeAsk, MOST_CLAIMS, WORTH_UNITS } from './decide-claims.ts';
import type { ClaimFact, JudgedAsk, SentClaims } from './decide-claims.ts';

const DAY = 86_400;
const NOW = 1_700_000_000_000;
const node = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const FIRST: ClaimFact = { payable: 5n, claimed: 0n, claimedDeep: 0n, wallet: node(99), sponsoredAt: null };
const LATER: ClaimFact = { ...FIRST, payable: 9n, claimed: 5n, claimedDeep: 5n, sponsoredAt: NOW - 3_600_000 };
const judge = (fact: Partial<ClaimFact>, since = 0) =>
  judgeAsk({ node: node(1), askedAt: NOW - since }, { ...FIRST, ...fact }, DAY, NOW);

test('a home’s first claim waits a minute for others, whatever it is worth', () => {
  expect(judge({})).toEqual({ is: 'waiting', dueAt: NOW + 60_000, why: 'batch' });
  expect(judge({ payable: 1n }, 60_000)).toEqual({ is: 'due' });
});

test('a later one waits an hour where it is worth a token, and seven epochs from the last where it is less', () => {
  const worth = { ...LATER, payable: 5n + WORTH_UNITS };
  expect(judge(worth)).toEqual({ is: 'waiting', dueAt: NOW + 3_600_000, why: 'batch' });
  expect(judge(worth, 3_600_000)).toEqual({ is: 'due' });
  const little = judge(LATER, 3_600_000);
  expect(little).toEqual({ is: 'waiting', dueAt: NOW - 3_600_000 + 7 * DAY * 1000, why: 'little' });
  expect(judge({ ...LATER, sponsoredAt: NOW - 7 * DAY * 1000 }, 3_600_000)).toEqual({ is: 'due' });
});

test('what is paid is done with only so deep that no reorg takes it back', () => {
  expect(judge({ claimed: 5n })).toEqual({ is: 'paid', isDeep: false });
  expect(judge({ claimed: 5n, claimedDeep: 5n })).toEqual({ is: 'paid', isDeep: true });
  expect(judge({ wallet: null })).toEqual({ is: 'no-wallet' });
});

test('whoever is due takes those along that only wait for others; a full transaction waits for nobody', () => {
  const ask = (n: number, verdict: JudgedAsk['verdict']): JudgedAsk => ({ node: node(n), askedAt: NOW + n, verdict });
  const waits = { is: 'waiting', dueAt: NOW + 1, why: 'batch' } as const;
  const little = { is: 'waiting', dueAt: NOW + 1, why: 'little' } as const;
  expect(chooseClaims([ask(1, waits), ask(2, little)])).toEqual([]);
  expect(chooseClaims([ask(3, waits), ask(2, little), ask(1, { is: 'due' })])).toEqual([node(1), node(3)]);
  const many = Array.from({ length: MOST_CLAIMS + 2 }, (_, i) => ask(i, waits));
  expect(chooseClaims(many)).toEqual(many.slice(0, MOST_CLAIMS).map((one) => one.node));
});

test('what is on its way is waited for, sent again, and replaced under its nonce', () => {
  const fees = { maxFee: 2n, tip: 1n };
  const sent: SentClaims = {
    ...fees,
    nonce: 7,
    hash: '0x01',
    raw: '0x02',
    gas: 1n,
    nodes: [node(1)],
    block: 100,
    at: NOW,
    sentAt: NOW,
  };
  const nonces = { now: 7, pending: 8 };
  expect(decideClaims({ sent, nonces, block: 101 }, [node(2)], NOW + 1)).toEqual({ do: 'wait' });
  expect(decideClaims({ sent, nonces, block: 101 }, [node(2)], NOW + 15_000)).toEqual({ do: 'resend', sent });
  const over = { do: 'send', nonce: 7, over: sent };
  expect(decideClaims({ sent, nonces, block: 105 }, [node(2)], NOW + 1)).toEqual({ ...over, nodes: [node(2)] });
  // Its nonce has to be used, even where somebody else has claimed for all of them.
  expect(decideClaims({ sent, nonces, block: 101 }, [], NOW + 120_000)).toEqual({ ...over, nodes: [node(1)] });
  expect(decideClaims({ sent: null, nonces, block: 1 }, [node(2)], NOW)).toMatchObject({ nonce: 8, over: null });
  expect(decideClaims({ sent: null, nonces, block: 1 }, [], NOW)).toEqual({ do: 'wait' });
});

test('it is told in a sentence until when it waits, and why', () => {
  const told = { wallet: node(99), claimable: 4n, claimed: 5n, epoch: 3, isPaused: false, transaction: null };
  const tell = (more: object) =>
    tellClaim({ id: 'node_1', wallet: null }, { ...told, verdict: { is: 'open' }, ...more }, NOW);
  expect(tell({})).toMatchObject({ state: 'open', due_at: null, wait_until: null, claimable_micro: 4 });
  const little = { is: 'waiting', dueAt: NOW, why: 'little' };
  expect(tell({ verdict: little })).toMatchObject({
    state: 'waiting',
    due_at: NOW,
    wait_until: expect.stringMatching(/^Wait until 2023-11-14 22:13 UTC, or until 1 token is to be claimed/),
  });
  expect(tell({ verdict: { ...little, why: 'batch' } })).toMatchObject({
    wait_until: expect.stringContaining('share'),
  });
  expect(tell({ verdict: { is: 'due' } })).toMatchObject({ state: 'waiting', due_at: NOW });
  expect(tell({ verdict: { is: 'due' }, isPaused: true })).toMatchObject({
    wait_until: expect.stringContaining('pause'),
  });
  expect(tell({ verdict: { is: 'paid', isDeep: true } })).toMatchObject({ state: 'nothing' });
  expect(tell({ verdict: { is: 'paid', isDeep: true }, transaction: '0x1' })).toMatchObject({ state: 'paid' });
  expect(tell({ verdict: { is: 'no-wallet' } })).toMatchObject({ state: 'no_wallet' });
});
