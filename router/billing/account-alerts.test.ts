// Alerts of one account: each told once a period whatever restarts, kept until somebody takes it, and for a day at most.
import { describe, expect, test, vi } from 'vitest';
import { LimitsLab } from '../test/workerd/limits-lab.ts';
import { AlertPost } from './alert-post.ts';
import type { PostWebhook } from './alert-post.ts';
import { makeWebhookSecret, signWebhook } from './sign-webhook.ts';

const KEY = 'key_1';
const URL = 'https://example.com/hook';
const SECRET = makeWebhookSecret(new Uint8Array(32).fill(7));
const DAY = 86_400_000;
const RETRY = 5000;

function openLab(lowBalance: number | null = null): LimitsLab {
  const lab = new LimitsLab(10_000);
  expect(lab.book.changeAlerts({ url: URL, lowBalance }, SECRET, lab.now)).toBe(true);
  lab.limit(KEY, { day: 100 });
  return lab;
}

/** What is due now, as it would be sent. */
function take(lab: LimitsLab): { id: string; type: string; data: Record<string, unknown> }[] {
  return lab.book.alerts.takeDue(lab.now, RETRY).map(({ id, body }) => {
    lab.book.alerts.end(id);
    return { id, ...(JSON.parse(body) as { type: string; data: Record<string, unknown> }) };
  });
}

describe('an account that wants to be told', () => {
  test('hears once of 80 and once of 100 per cent, also after a restart, and the next day anew', () => {
    const lab = openLab();
    lab.spend(KEY, 79);
    expect(take(lab)).toEqual([]);
    lab.spend(KEY, 1);
    expect(take(lab)).toMatchObject([{ type: 'key.spend_limit', data: { percent: 80, spent_micro: 80, key: KEY } }]);
    lab.restart();
    lab.spend(KEY, 5);
    expect(take(lab)).toEqual([]);
    lab.spend(KEY, 15);
    expect(take(lab)).toMatchObject([{ data: { percent: 100, spent_micro: 100, account: 'acct_lab' } }]);
    expect(lab.hold(KEY, 1).ok).toBe(false);
    expect(take(lab)).toEqual([]);
    lab.now += DAY;
    lab.spend(KEY, 100);
    expect(take(lab)).toMatchObject([{ data: { percent: 100 } }]);
    lab.restart();
    expect(take(lab)).toEqual([]);
  });

  test('hears that a limit is used up where a job does not fit any more', () => {
    const lab = openLab();
    lab.spend(KEY, 90);
    expect(take(lab)).toHaveLength(1);
    // Only what runs stands in its way: it may fit later.
    const running = lab.hold(KEY, 10);
    expect(lab.hold(KEY, 5).ok).toBe(false);
    expect(take(lab)).toEqual([]);
    lab.book.release(running.jobId, { interrupted: 0, fate: 'free' }, lab.now);
    expect(lab.hold(KEY, 11).ok).toBe(false);
    expect(lab.hold(KEY, 11).ok).toBe(false);
    expect(take(lab)).toMatchObject([{ data: { percent: 100, spent_micro: 90 } }]);
  });

  test('hears of a low balance once until there is enough again', () => {
    const lab = openLab(9950);
    lab.spend('key_2', 40);
    expect(take(lab)).toEqual([]);
    lab.spend('key_2', 11);
    expect(take(lab)).toMatchObject([{ type: 'account.low_balance', data: { balance_micro: 9949 } }]);
    lab.spend('key_2', 1);
    lab.restart();
    lab.spend('key_2', 1);
    expect(take(lab)).toEqual([]);
    lab.now += 1;
    lab.book.grant({ eventId: 'more', accountId: 'acct_lab', amount: 100, memo: null }, lab.now);
    lab.spend('key_2', 98);
    expect(take(lab)).toMatchObject([{ data: { balance_micro: 9949 } }]);
  });

  test('hears nothing any more once it wants to, not even what was on its way', () => {
    const lab = openLab();
    lab.spend(KEY, 100);
    expect(lab.book.alerts.waiting).toBe(1);
    lab.book.changeAlerts(null, null, lab.now);
    expect([lab.book.alerts.settings, lab.book.alerts.waiting, lab.book.alerts.nextAt]).toEqual([null, 0, null]);
    lab.spend('key_2', 100);
    expect(take(lab)).toEqual([]);
  });

  test('keeps its secret where another address is set, and cannot be told without one', () => {
    const lab = new LimitsLab(10_000);
    expect(lab.book.changeAlerts({ url: URL, lowBalance: null }, null, lab.now)).toBe(false);
    expect(lab.book.alerts.settings).toBeNull();
    lab.book.changeAlerts({ url: URL, lowBalance: null }, SECRET, lab.now);
    expect(lab.book.changeAlerts({ url: `${URL}2`, lowBalance: 5 }, null, lab.now)).toBe(true);
    lab.restart();
    lab.limit(KEY, { total: 10 });
    lab.spend(KEY, 10);
    expect(lab.book.alerts.takeDue(lab.now, RETRY)).toMatchObject([{ url: `${URL}2`, secret: SECRET }]);
  });
});

test('an alert that nobody takes comes again for a day, ever less often, and then no more', () => {
  const lab = openLab();
  lab.spend(KEY, 100);
  const triedAt: number[] = [];
  for (let at = lab.book.alerts.nextAt; at !== null; at = lab.book.alerts.nextAt) {
    lab.now = at;
    if (triedAt.length === 3) lab.restart();
    expect(lab.book.alerts.takeDue(lab.now - 1, RETRY)).toEqual([]);
    expect(lab.book.alerts.takeDue(lab.now, RETRY)).toHaveLength(1);
    triedAt.push(at);
  }
  const waits = triedAt.slice(1).map((at, i) => at - (triedAt[i] ?? 0));
  expect(waits.slice(0, 5)).toEqual([5000, 30_000, 180_000, 1_080_000, 6_480_000]);
  expect(triedAt).toHaveLength(8);
  expect((triedAt.at(-1) ?? 0) - (triedAt[0] ?? 0)).toBeLessThan(DAY);
});

test('of more than 64 on their way the oldest are dropped, and six are sent at once', () => {
  const lab = openLab();
  for (let i = 0; i < 70; i++) {
    lab.limit(`key_${i}`, { total: 10 });
    lab.spend(`key_${i}`, 10);
  }
  expect(lab.book.alerts.waiting).toBe(64);
  const first = take(lab);
  expect(first.map(({ data }) => data['key'])).toEqual(['key_6', 'key_7', 'key_8', 'key_9', 'key_10', 'key_11']);
  expect(lab.book.alerts.nextAt).toBe(lab.now);
});

test('a call that cannot be written leaves no alert behind', () => {
  const lab = openLab();
  const { jobId } = lab.hold(KEY, 100);
  const broken = vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => {
    throw new Error('the disk is full');
  });
  expect(() => lab.settle(jobId, KEY, 100)).toThrow('full');
  broken.mockRestore();
  expect([lab.book.alerts.waiting, lab.book.keyUsage(KEY, lab.now).spent.day]).toEqual([0, 0]);
  lab.settle(jobId, KEY, 100);
  expect([lab.book.alerts.waiting, lab.book.keyUsage(KEY, lab.now).spent.day]).toEqual([1, 100]);
});

describe('the way of an alert', () => {
  async function send(
    answer: number | 'refused' | Error,
  ): Promise<{ waiting: number; sent: Parameters<PostWebhook>[] }> {
    const lab = openLab();
    lab.now = Date.now() - 1;
    lab.spend(KEY, 100);
    const sent: Parameters<PostWebhook>[] = [];
    const post: PostWebhook = async (...message) => {
      sent.push(message);
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const way = new AlertPost({ post, retryMs: RETRY, accountId: 'acct_lab' });
    await Promise.all([way.send(() => lab.book.alerts), way.send(() => lab.book.alerts)]);
    return { waiting: lab.book.alerts.waiting, sent };
  }

  test.each([
    [200, 0],
    [204, 0],
    [410, 0],
    ['refused' as const, 0],
    [301, 1],
    [404, 1],
    [503, 1],
    [new Error('nobody is there'), 1],
  ])('ends with the answer %s: so many wait on: %d', async (answer, waiting) => {
    expect(await send(answer)).toMatchObject({ waiting, sent: [[URL, {}]] });
  });

  test('is told for 30 days: what was sent where, when, how often, and what was answered', async () => {
    const { sentAt, list, lab } = await sendTwice();
    expect(list).toEqual([
      {
        id: expect.stringContaining('test-'),
        body: expect.any(String),
        url: URL,
        at: sentAt,
        answer: 204,
        tries: 1,
        nextAt: null,
      },
      {
        id: expect.stringContaining(KEY),
        body: expect.any(String),
        url: URL,
        at: sentAt - 1,
        answer: 503,
        tries: 2,
        nextAt: expect.any(Number),
      },
    ]);
    lab.restart();
    lab.book.changeAlerts(null, null, lab.now);
    expect(lab.book.alerts.history.list(sentAt - 1 + 30 * DAY)).toMatchObject([{ nextAt: null }, { nextAt: null }]);
    expect(lab.book.alerts.history.list(sentAt + 30 * DAY + 1)).toEqual([]);
  });

  test('is told of the last hundred', () => {
    const { alerts } = openLab().book;
    for (let i = 0; i < 130; i++) alerts.history.note({ id: `a-${i}`, body: '{}', url: URL }, 'away', i);
    const list = alerts.history.list(130);
    expect([list.length, list[0], list.at(-1)]).toMatchObject([100, { id: 'a-129', answer: 'away' }, { id: 'a-30' }]);
    alerts.history.note({ id: 'a-999', body: '{}', url: URL }, 'refused', 40 * DAY);
    expect(alerts.history.list(0)).toMatchObject([{ id: 'a-999', answer: 'refused' }]);
  });

  /** A key’s alert that nobody takes, twice, and a test that somebody takes. */
  async function sendTwice() {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
    const lab = openLab();
    lab.now = Date.now();
    lab.spend(KEY, 100);
    let answer = 503;
    const way = new AlertPost({ post: async () => answer, retryMs: RETRY, accountId: 'acct_lab' });
    await way.send(() => lab.book.alerts);
    vi.setSystemTime(Date.now() + RETRY);
    await way.send(() => lab.book.alerts);
    answer = 204;
    vi.setSystemTime(Date.now() + 1);
    lab.book.testAlerts(Date.now());
    await way.send(() => lab.book.alerts);
    const sentAt = Date.now();
    vi.useRealTimers();
    return { sentAt, lab, list: lab.book.alerts.history.list(sentAt) };
  }

  test('is signed for the moment at which it is sent', async () => {
    const { sent } = await send(200);
    const [, { headers, body }] = sent[0] ?? ['', { headers: {} as Record<string, string>, body: '' }];
    const at = Number(headers['webhook-timestamp']) * 1000;
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
    expect(headers).toMatchObject(signWebhook({ id: headers['webhook-id'] ?? '', body }, SECRET, at));
    expect(headers['content-type']).toBe('application/json');
  });
});
