import { toEventHash } from 'viem';
import type { Abi } from 'viem';
import { expect, test } from 'vitest';
import type { Hex } from './bytes.ts';
import { BOUGHT_TOPIC, CLAIMED_TOPIC, eventIdOf, readChainEvents } from './chain-events.ts';
import { CREDITS_ABI, PAYOUTS_ABI } from './contracts/abi.ts';

const word = (end: string): Hex => `0x${end.padStart(64, '0')}`;
const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const [PAYOUTS, CREDITS] = [address('a'), address('b')];
const place = { blockNumber: '0x10', blockHash: word('b1'), transactionHash: word('f1'), logIndex: '0x2' };
const claimed = {
  ...place,
  address: PAYOUTS.toUpperCase().replace('0X', '0x'),
  topics: [CLAIMED_TOPIC, word('1'.repeat(40)), word('2'.repeat(40))],
  data: word('7b'),
};
const bought = {
  ...place,
  logIndex: '0x4',
  address: CREDITS,
  topics: [BOUGHT_TOPIC, word('1'), word('c0de'), word('3'.repeat(40))],
  data: word('5'),
};

test('claims and bought credit are read, whoever else said something passed over', () => {
  const sources = { payouts: PAYOUTS, credits: CREDITS };
  const stranger = { ...bought, address: address('c') };
  const other = { ...claimed, topics: [word('9')] };
  const events = readChainEvents([claimed, stranger, other, bought], sources);
  const where = { block: 16, blockHash: word('b1'), tx: word('f1') };
  expect(events).toEqual([
    { ...where, logIndex: 2, kind: 'claimed', node: address('1'), wallet: address('2'), units: 123 },
    { ...where, logIndex: 4, kind: 'bought', account: word('c0de'), payer: address('3'), units: 5 },
  ]);
  expect(new Set(events.map((event) => eventIdOf(31_337, event))).size).toBe(2);
});

test('the topics are those that the contracts have', () => {
  const topicsOf = (abi: Abi): readonly Hex[] =>
    abi.filter((item) => item.type === 'event').map((item) => toEventHash(item));
  expect(topicsOf(PAYOUTS_ABI)).toContain(CLAIMED_TOPIC);
  expect(topicsOf(CREDITS_ABI)).toContain(BOUGHT_TOPIC);
});

test.each([
  ['no list', { logs: [] }],
  ['a number that is none', [{ ...claimed, blockNumber: 'latest' }]],
  ['a topic that is cut off', [{ ...claimed, topics: [CLAIMED_TOPIC, '0x11'] }]],
  ['more units than there can be', [{ ...claimed, data: word('f'.repeat(20)) }]],
  ['no units', [{ ...claimed, data: '0x' }]],
])('refused: %s', (_, answer) => {
  expect(() => readChainEvents(answer, { payouts: PAYOUTS, credits: CREDITS })).toThrow(
    /Invalid|must be a word|is no number|there is no word/,
  );
});
