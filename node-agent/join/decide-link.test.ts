import { expect, test } from 'vitest';
import { decideLink } from './decide-link.ts';

test.each([
  [400, 'authorization_pending', { kind: 'wait', waitMs: 5000 }],
  [400, 'slow_down', { kind: 'wait', waitMs: 10_000 }],
  [400, 'access_denied', { kind: 'over', sentence: 'The request was denied on the page.' }],
  [400, 'expired_token', { kind: 'over', sentence: 'The code has expired before anybody approved it.' }],
  [400, 'invalid_grant', { kind: 'over', sentence: 'told' }],
  [429, null, { kind: 'wait', waitMs: 5000 }],
  [503, null, { kind: 'wait', waitMs: 5000 }],
  [null, null, { kind: 'wait', waitMs: 5000 }],
] as const)('%s %s leads to %j', (status, code, step) => {
  expect(decideLink({ status, code, sentence: 'told' }, 5000)).toEqual(step);
});
