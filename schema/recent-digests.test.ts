import { expect, test } from 'vitest';
import { JOB_TICKET, USAGE_RECEIPT } from './receipt.ts';
import { RecentDigests } from './recent-digests.ts';

const digestOf = (n: number): Uint8Array => Uint8Array.of(n);

test('64 messages are known by themselves, not by what they hold; the oldest goes first', () => {
  const recent = new RecentDigests();
  const messages = Array.from({ length: 65 }, (_, part) => ({ part }));
  for (const [i, message] of messages.entries()) recent.set(JOB_TICKET, message, digestOf(i));
  expect(recent.get(JOB_TICKET, messages[0]!)).toBe(null);
  for (let i = 1; i < 65; i++) expect(recent.get(JOB_TICKET, messages[i]!)).toEqual(digestOf(i));
  expect(recent.get(JOB_TICKET, { ...messages[5] })).toBe(null);
});

test('a message of one struct has no digest as another', () => {
  const recent = new RecentDigests();
  const message = { node: '0x' };
  recent.set(JOB_TICKET, message, digestOf(1));
  expect(recent.get(USAGE_RECEIPT, message)).toBe(null);
});
