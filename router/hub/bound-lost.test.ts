import { expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { boundLost } from './bound-lost.ts';

const ticket = { maxPromptTokens: 100, maxOutputTokens: 4096, issuedAtMs: '1000000' };
const decision = { tokensPerS: 30, promptTokens: 40 };
const draft = { ticket, decision } as unknown as SettlementJson;
const noteOf = (tokens: number, at: number) => ({ ticketHash: '0x', tokens, at });

test('a part without a note ran less than an interval, however long ago it began: a home made no more in it than at its speed', () => {
  expect(boundLost(draft, null, 1_004_000)).toEqual({ promptTokens: 40, outputTokens: 120 });
  expect(boundLost(draft, null, 9_000_000)).toEqual({ promptTokens: 40, outputTokens: 360 });
});

test('what was noted counts, and what can have come since', () => {
  expect(boundLost(draft, noteOf(500, 1_020_000), 1_022_000).outputTokens).toBe(560);
  expect(boundLost(draft, noteOf(500, 1_020_000), 9_000_000).outputTokens).toBe(860);
});

test('never more than the ticket allows, and nothing where nothing is known', () => {
  expect(boundLost(draft, noteOf(4000, 1_020_000), 9_000_000).outputTokens).toBe(4096);
  const small = { ticket: { ...ticket, maxPromptTokens: 7 }, decision } as unknown as SettlementJson;
  expect(boundLost(small, null, 1_004_000).promptTokens).toBe(7);
  const unknown = { ticket } as unknown as SettlementJson;
  expect(boundLost(unknown, null, 1_004_000)).toEqual({ promptTokens: 0, outputTokens: 0 });
});

test('a part of this life of the hub has nothing but its notes', () => {
  expect(boundLost(draft, noteOf(5, 1_020_000), 990_000).outputTokens).toBe(5);
});
