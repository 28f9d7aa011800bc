import { expect, test } from 'vitest';
import { toErrorResponse } from '../errors.ts';
import { refuseRate, refuseSpend, tellLeft } from './tell-left.ts';

const RESET = Date.parse('2026-11-29T00:00:00Z');

test('the headers tell the balance, each spend limit, and what OpenAI’s clients know of requests and tokens', () => {
  const spend = [
    { of: 'total', limit: 900, left: 800, resetAt: null },
    { of: 'day', limit: 100, left: 40, resetAt: RESET },
  ] as const;
  const requests = { limit: 60, left: 59, resetMs: 900 };
  const tokens = { limit: 1000, left: 0, resetMs: 61_000 };
  expect(tellLeft({ available: 500, spend, requests, tokens })).toEqual({
    'x-irori-balance': '500',
    'x-irori-key-total-limit': '900',
    'x-irori-key-total-left': '800',
    'x-irori-key-day-limit': '100',
    'x-irori-key-day-left': '40',
    'x-irori-key-day-reset': '2026-11-29T00:00:00Z',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '900ms',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '1m1s',
  });
  expect(tellLeft({ available: 0, spend: [] })).toEqual({ 'x-irori-balance': '0' });
});

test('a spend limit is 402 and says which, what is left, and when it begins anew, in words and as Retry-After', () => {
  const refusal = { reason: 'spend-limit', of: 'day', limit: 100, left: 30, amount: 31, held: 10 } as const;
  const error = refuseSpend({ ...refusal, resetAt: RESET, retryMs: 3_500 }, { 'x-irori-balance': '7' });
  const { status, headers } = toErrorResponse(error);
  expect([status, headers.get('retry-after'), headers.get('x-irori-balance')]).toEqual([402, '4', '7']);
  expect(error).toMatchObject({ code: 'spend_limit_reached', type: 'insufficient_quota', isFinal: true });
  expect(error.message).toBe(
    "This API key may spend 100 micro-credits a day, and this request may cost 31: 30 are left (10 are held for its jobs that run). It begins anew at 2026-11-29T00:00:00Z; lower 'max_tokens', or have the limit raised. Please try again in 4s.",
  );
  const forEver = refuseSpend({ ...refusal, of: 'total', held: 0, resetAt: null, retryMs: null }, {});
  expect(forEver.message).toMatch(/100 micro-credits in all.*30 are left\. It does not begin anew;/);
  expect(toErrorResponse(forEver).headers.get('retry-after')).toBeNull();
  const tooDear = refuseSpend({ ...refusal, of: 'job', resetAt: null, retryMs: null }, {});
  expect(tooDear.message).toMatch(/100 micro-credits on one job.*may cost 31\. Lower 'max_tokens'/);
});

test('a limit by the minute is 429 with the time at which the call fits; one that never fits is not asked again', () => {
  const refusal = { reason: 'rate-limit', of: 'tokens', limit: 100, left: 5, asked: 60 } as const;
  const error = refuseRate({ ...refusal, retryMs: 12_001 }, { 'x-ratelimit-limit-tokens': '100' });
  const { status, headers } = toErrorResponse(error);
  expect([status, headers.get('retry-after'), headers.get('retry-after-ms')]).toEqual([429, '13', '13000']);
  expect(headers.get('x-ratelimit-limit-tokens')).toBe('100');
  expect(error.message).toMatch(
    /tokens per minute \(TPM\): Limit 100, left 5, requested 60\. Please try again in 13s\.$/,
  );
  const never = refuseRate({ ...refusal, of: 'requests', retryMs: null }, {});
  expect(never).toMatchObject({ code: 'rate_limit_exceeded', isFinal: true });
  expect(never.message).toMatch(/too large .*requests per minute \(RPM\)/);
  expect(toErrorResponse(never).headers.get('x-should-retry')).toBe('false');
});
