import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeId } from '../../schema/ids.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { FailedAttempts } from '../auth/failed-attempts.ts';
import type { FoundReceipts } from '../billing/receipt-finder.ts';
import { toErrorResponse } from '../errors.ts';
import type { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';
import { receipts } from './receipts.ts';

const JOB = makeId('job', new Uint8Array(16));
const SETTLEMENT = {
  jobId: JOB,
  keyId: 'key_1',
  part: 0,
  promptTokens: 1,
  outputTokens: 2,
  ticket: toMessageJson(sampleTicket({ node: `0x${'22'.repeat(20)}` })),
};
/** One key of the router's, which nothing is held against. */
const ROUTER = { signer: null, routers: ['0x01'], handovers: [] };
const SETTLED = { settlements: [SETTLEMENT], isPending: false };
const OPEN = { settlements: [], isPending: true };
const NONE = { settlements: [], isPending: false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Asks for a job's receipts where the account and the book answer these, one after another, the last of them for ever. */
async function ask(
  answers: readonly object[],
  jobId = JOB,
  { attempts = new FailedAttempts(), scopes = ['usage'] }: { attempts?: FailedAttempts; scopes?: string[] } = {},
) {
  const findReceipts = vi.fn(async () => answers[Math.min(findReceipts.mock.calls.length, answers.length) - 1]);
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    const caller = { accountId: 'acct_1', keyId: 'key_1', scopes };
    const authenticate = async (): Promise<object> => ({ ok: true, value: caller });
    // Who asks has no home that the job ran at.
    const owned = {
      authenticateNode: async () => null,
      nodes: { listSince: async () => [] },
      ownOrigins: () => [],
      findEarnedReceipts: async () => [],
    };
    const doors = { authenticate, findReceipts, attempts, routerSigner: ROUTER, ...owned };
    c.set('services', doors as unknown as AppEnv['Variables']['services']);
    await next();
  });
  app.route('/', receipts);
  app.onError((error) => toErrorResponse(error as ApiError));
  const startedAt = Date.now();
  let endedAt = 0;
  const answer = Promise.resolve(app.request(`/v1/receipts/${jobId}`)).finally(() => (endedAt = Date.now()));
  await vi.runAllTimersAsync();
  const response = await answer;
  const json = (await response.json()) as { data?: FoundReceipts[]; error?: { code: string } };
  const { status, headers } = response;
  return { status, headers, json, ms: endedAt - startedAt, looks: findReceipts.mock.calls.length };
}

test('a receipt that is there is given at once', async () => {
  const { status, json, ms } = await ask([SETTLED]);
  expect([status, ms, json.data?.length]).toEqual([200, 0, 1]);
});

test('a key that may not read usage sees the receipts of its own jobs alone', async () => {
  const others = { ...SETTLED, settlements: [{ ...SETTLEMENT, keyId: 'key_2' }] };
  expect((await ask([SETTLED], JOB, { scopes: ['call'] })).status).toBe(200);
  expect((await ask([others], JOB, { scopes: ['call'] })).json.error?.code).toBe('receipt_not_found');
  expect((await ask([others])).status).toBe(200);
});

test('one that is on its way is waited for, ever less often', async () => {
  const { status, ms, looks } = await ask([...Array.from({ length: 20 }, () => OPEN), SETTLED]);
  expect([status, looks]).toEqual([200, 21]);
  expect(ms).toBeGreaterThan(10_000);
});

test('a job that stays open is not denied: it is to be asked for again', async () => {
  const { status, headers, json, ms } = await ask([OPEN]);
  expect([status, json.error?.code, headers.get('retry-after')]).toEqual([503, 'receipt_pending', '2']);
  expect(ms).toBeGreaterThan(20_000);
  expect(ms).toBeLessThan(30_000);
});

test('where nothing can come it is not found, at once', async () => {
  const { status, json, ms } = await ask([NONE]);
  expect([status, json.error?.code, ms]).toEqual([404, 'receipt_not_found', 0]);
  expect((await ask([OPEN, NONE])).status).toBe(404);
});

test('what is no job is not looked for', async () => {
  const { status, looks } = await ask([SETTLED], 'job_00');
  expect([status, looks]).toEqual([404, 0]);
});

test('who guesses ids of jobs is held up, and in the end costs no look', async () => {
  const attempts = new FailedAttempts({ free: 2, most: 4, forgetMs: 1_000_000, longestDelayMs: 10 });
  const told = [];
  for (let i = 0; i < 8; i++) told.push(await ask([NONE], JOB, { attempts }));
  expect(told.map(({ status, looks }) => [status, looks])).toEqual([
    ...Array.from({ length: 4 }, () => [404, 1]),
    [429, 1],
    ...Array.from({ length: 3 }, () => [429, 0]),
  ]);
});
