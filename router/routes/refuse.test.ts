import { describe, expect, test } from 'vitest';
import type { RequestFault } from '../../schema/request-fault.ts';
import { FailedAttempts } from '../auth/failed-attempts.ts';
import { toErrorResponse } from '../errors.ts';
import type { JobFailure } from '../relay/job-doors.ts';
import type { HoldRefusal } from '../billing/hold-answer.ts';
import { refuseHold, refuseJob, refuseRequest, requireCaller } from './refuse.ts';

type Context = Parameters<typeof requireCaller>[0];

/** A context whose key check answers this, and which remembers what it was asked. */
function contextOf(answer: object, header?: string) {
  const asked: (string | null)[] = [];
  const authenticate = async (given: string | null): Promise<object> => {
    asked.push(given);
    return answer;
  };
  const attempts = new FailedAttempts();
  const variables: Readonly<Record<string, unknown>> = { services: { authenticate, attempts } };
  const context = { get: (name: string) => variables[name], req: { header: () => header } } as unknown as Context;
  return { context, asked };
}

describe('requireCaller', () => {
  test('a known key is a caller', async () => {
    const { context, asked } = contextOf({ ok: true, value: { accountId: 'acct_c' } }, 'Bearer irori_x');
    expect(await requireCaller(context)).toEqual({ accountId: 'acct_c' });
    expect(asked).toEqual(['Bearer irori_x']);
  });

  test('no header is asked about as none', async () => {
    const { context, asked } = contextOf({ ok: false, error: 'missing' });
    await expect(requireCaller(context)).rejects.toMatchObject({ code: 'missing_api_key' });
    expect(asked).toEqual([null]);
  });

  test.each([
    ['missing', 401, 'missing_api_key', 'Authorization: Bearer'],
    ['revoked', 401, 'invalid_api_key', 'revoked'],
    ['expired', 401, 'invalid_api_key', 'expired'],
    ['unknown', 401, 'invalid_api_key', 'Incorrect API key'],
    ['malformed', 401, 'invalid_api_key', "Send it as 'Authorization: Bearer irori_…'"],
    ['foreign', 401, 'invalid_api_key', 'Incorrect API key'],
    ['account-disabled', 403, 'account_disabled', 'disabled'],
  ])('a key that is %s is refused with %d', async (error, status, code, told) => {
    const refused = requireCaller(contextOf({ ok: false, error }, 'Bearer x').context);
    await expect(refused).rejects.toMatchObject({ status, code, message: expect.stringContaining(told) });
  });

  test('a 401 says how to authenticate', async () => {
    const error = await requireCaller(contextOf({ ok: false, error: 'missing' }).context).catch(
      (thrown: unknown) => thrown,
    );
    expect(toErrorResponse(error as never).headers.get('www-authenticate')).toBe('Bearer');
  });
});

test.each<[JobFailure, boolean]>([
  [{ kind: 'context', message: 'm', param: 'messages' }, true],
  [{ kind: 'bad-request', message: 'm', param: null }, true],
  [{ kind: 'prompt', message: 'm' }, true],
  [{ kind: 'slow', message: 'm' }, true],
  [{ kind: 'no-home', message: 'm', isKnown: false }, true],
  [{ kind: 'no-home', message: 'm', isKnown: true }, false],
  [{ kind: 'busy', message: 'm', retryAfterS: 20 }, false],
  [{ kind: 'busy', message: 'm', retryAfterS: 21 }, true],
  [{ kind: 'failed', message: 'm' }, false],
  [{ kind: 'broken', message: 'm' }, false],
])('%j is final: %j', (failure, isFinal) => {
  expect(refuseJob(failure).isFinal).toBe(isFinal);
});

test('a request’s fault keeps its field and code', async () => {
  const fault: RequestFault = { param: 'n', code: 'invalid_value', message: 'Only n = 1 is supported.' };
  const response = toErrorResponse(refuseRequest(fault));
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    error: { message: 'Only n = 1 is supported.', type: 'invalid_request_error', param: 'n', code: 'invalid_value' },
  });
});

test.each<[Extract<HoldRefusal, { available: number }>['reason'], number, string]>([
  ['no-credit', 402, 'insufficient_credit'],
  ['key-revoked', 401, 'invalid_api_key'],
  ['account-disabled', 403, 'account_disabled'],
])('credit refused for %s is %d %s', (reason, status, code) => {
  expect(refuseHold({ reason, available: 7 })).toMatchObject({ status, code });
});

test('a job too many is 429 in the words and headers of a rate limit, with when to come back', () => {
  const response = toErrorResponse(refuseHold({ reason: 'too-many', of: 'key', limit: 5 }));
  expect(response.status).toBe(429);
  const headers = ['retry-after', 'x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests'];
  expect(headers.map((name) => response.headers.get(name))).toEqual(['2', '5', '0']);
  expect(refuseHold({ reason: 'too-many', of: 'guest', limit: 5 })).toMatchObject({
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    isFinal: false,
    message: expect.stringMatching(/5 of this account without credit.*Wait/),
  });
});

test('missing credit says how much there is', () => {
  expect(refuseHold({ reason: 'no-credit', available: 7 }).message).toContain('the 7 micro-credits');
});

describe('refuseJob', () => {
  const told = (failure: JobFailure) => {
    const response = toErrorResponse(refuseJob(failure));
    return [response.status, response.headers.get('retry-after')];
  };

  test('where waiting helps it says how long', () => {
    expect(told({ kind: 'busy', message: 'm', retryAfterS: 7 })).toEqual([429, '7']);
    expect(told({ kind: 'no-home', message: 'm', isKnown: true })).toEqual([503, '3']);
    expect(told({ kind: 'failed', message: 'm' })).toEqual([502, '2']);
  });

  test.each([
    [7, ['7', '7000', null]],
    [20, ['20', '20000', null]],
    [300, ['300', '300000', 'false']],
  ])(
    'seconds, milliseconds and words agree on %i s, and only what is short is slept by clients on their own',
    async (retryAfterS, expected) => {
      const response = toErrorResponse(refuseJob({ kind: 'busy', message: 'Full.', retryAfterS }));
      const names = ['retry-after', 'retry-after-ms', 'x-should-retry'];
      expect(names.map((name) => response.headers.get(name))).toEqual(expected);
      const { error } = (await response.json()) as { error: { message: string } };
      expect(error.message).toBe(`Full. Please try again in ${retryAfterS}s.`);
    },
  );

  test('where nobody has the model clients are told not to sleep and ask again by themselves', () => {
    const header = (isKnown: boolean) =>
      toErrorResponse(refuseJob({ kind: 'no-home', message: 'm', isKnown })).headers.get('x-should-retry');
    expect([header(true), header(false)]).toEqual([null, 'false']);
  });

  test('a caller’s own limit is no reason for its client to wait as long again by itself', () => {
    const { status, headers } = toErrorResponse(refuseJob({ kind: 'slow', message: 'm' }));
    expect([status, headers.get('x-should-retry')]).toEqual([504, 'false']);
  });

  test('where it does not it says nothing of the kind', () => {
    expect(told({ kind: 'prompt', message: 'm' })).toEqual([400, null]);
    expect(told({ kind: 'broken', message: 'm' })).toEqual([502, null]);
    expect(told({ kind: 'bad-request', message: 'm', param: 'stop' })).toEqual([400, null]);
    expect(told({ kind: 'context', message: 'm', param: 'messages' })).toEqual([400, null]);
  });

  test.each(['pool', 'order', 'only', 'ignore', 'quantizations', 'country', 'max_rtt_ms', 'max_price'] as const)(
    'a wish for %s that leaves no home is the caller’s to change',
    async (field) => {
      const response = toErrorResponse(refuseJob({ kind: 'no-fit', field, message: 'm', homes: 3 }));
      expect(response.status).toBe(400);
      const { error } = (await response.json()) as { error: { message: string } };
      expect(error).toMatchObject({ type: 'invalid_request_error', code: 'no_home_fits', param: `provider.${field}` });
      expect(error.message).toMatch(new RegExp(`'provider\\.${field}'.*; .*\\. 3 homes have it\\.$`));
    },
  );

  test('how many homes a wish turned down is told where it is known', () => {
    const message = (homes?: number) =>
      refuseJob({ kind: 'no-fit', field: 'country', message: 'm', ...(homes === undefined ? {} : { homes }) }).message;
    expect(message(1)).toMatch(/ One home has it\.$/);
    expect(message(0)).not.toContain('home has it');
    expect(message()).toMatch(/leave it out\.$/);
  });

  test('a broken answer that its caller has ended by its own wish says that what was sent is charged', () => {
    const error = refuseJob({ kind: 'broken', message: 'the home went away', isCharged: true });
    expect(error.message).toBe('The answer broke off: the home went away. What was sent of it is charged.');
    // Who asks again by itself would be charged again.
    expect(error.isFinal).toBe(true);
  });

  test('a broken answer says that it is not charged', () => {
    expect(refuseJob({ kind: 'broken', message: 'the home went away' }).message).toBe(
      'The answer broke off: the home went away. You are not charged for it.',
    );
  });

  test('a request that a home refused names its field', () => {
    expect(refuseJob({ kind: 'bad-request', message: 'm', param: 'stop' })).toMatchObject({
      code: 'invalid_value',
      options: { param: 'stop' },
    });
    expect(refuseJob({ kind: 'context', message: 'm', param: 'messages' }).code).toBe('context_length_exceeded');
  });
});
