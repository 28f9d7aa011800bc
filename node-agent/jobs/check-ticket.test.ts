import { expect, test } from 'vitest';
import type { JobTicket } from '../../schema/receipt.ts';
import { sampleRequest, sampleTicket } from '../../schema/sample-messages.ts';
import { checkTicket } from './check-ticket.ts';

const NODE = `0x${'22'.repeat(20)}` as const;
const TICKET = sampleTicket({ node: NODE, maxPromptTokens: 10, maxOutputTokens: 10, expiresAtMs: 1000n });
const REQUEST = sampleRequest({ messages: [], maxTokens: 10 });

test('a ticket for this node that still holds and covers the request is good', () => {
  expect(checkTicket({ ticket: TICKET, request: REQUEST, node: NODE, now: 999 })).toEqual({ ok: true, value: null });
});

test.each([
  ['another node', { ticket: { ...TICKET, node: `0x${'33'.repeat(20)}` } as JobTicket }],
  ['expired', { now: 1000 }],
  ['more tokens', { request: { ...REQUEST, maxTokens: 11 } }],
])('%s is refused as a bad ticket', (words, change) => {
  const result = checkTicket({ ticket: TICKET, request: REQUEST, node: NODE, now: 0, ...change });
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-ticket', message: expect.stringContaining(words) } });
});
