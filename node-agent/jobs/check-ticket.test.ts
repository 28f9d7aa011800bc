import { expect, test } from 'vitest';
import type { JobRequest } from '../../schema/job-request.ts';
import type { JobTicket } from '../../schema/receipt.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { checkTicket } from './check-ticket.ts';

const NODE = `0x${'22'.repeat(20)}` as const;
const TICKET: JobTicket = {
  jobId: ZERO_WORD,
  part: 0,
  node: NODE,
  epoch: 1,
  modelId: ZERO_WORD,
  requestHash: ZERO_WORD,
  salt: ZERO_WORD,
  chargePrompt: true,
  allowance: ZERO_WORD,
  maxPromptTokens: 10,
  maxOutputTokens: 10,
  seed: 0n,
  priceIn: 0n,
  priceOut: 0n,
  auditCommit: ZERO_WORD,
  issuedAtMs: 0n,
  expiresAtMs: 1000n,
};
const REQUEST: JobRequest = {
  model: 'm',
  kind: 'chat',
  messages: [],
  maxTokens: 10,
  temperature: 0,
  topP: 1,
  stop: [],
  seed: 0,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

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
