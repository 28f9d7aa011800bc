// What the operator can read: each failure leaves a line that names whom it is about, and no line holds a prompt, an answer, a key or a secret.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wordToJobId } from '../../schema/ids.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { RAW_MODEL, RawNode } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import type { Signed } from './seal-chain.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const PROMPT = 'the fox Mika hides plums';
const ANSWER = 'nobody ever found quinces';
const SECRETS = { KEY_HMAC_SECRET: 'keys-0123456789abcdef0123', NODE_TOKEN_SECRET: 'tokens-0123456789abcdef01' };
const PARIS = '48.9,2.4,FR';

interface Line extends Record<string, unknown> {
  readonly event: string;
}

let stack: Stack;
let account: TestAccount;
let home: RawNode;
const output: string[] = [];

beforeAll(async () => {
  stack = await startStack({ bindings: SECRETS, onLog: (line) => void output.push(line) });
  account = await stack.makeAccount(1_000_000);
  home = await RawNode.join(stack, account);
  await stack.waitForModel(account, RAW_MODEL);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  if (!home.isOpen) await home.connect();
});

/** The router's lines; the network puts a level before each. */
function lines(): Line[] {
  return output.flatMap((text) => {
    const json = /^\w+: (\{.*\})$/.exec(text)?.[1];
    return json ? [JSON.parse(json) as Line] : [];
  });
}

async function lineOf(event: string, facts: Record<string, unknown> = {}): Promise<Line> {
  return until(`a line ${event}`, () =>
    lines().find(
      (line) => line.event === event && Object.entries(facts).every(([name, value]) => line[name] === value),
    ),
  );
}

interface Called {
  readonly requestId: string | null;
  readonly jobId: string;
  readonly job: RawJob;
}

/** One call, read to its end, whose home does this; asked again where the home is not listed yet after it came back. */
async function call(onJob: (job: RawJob) => unknown): Promise<Called> {
  return until('a call that reaches the home', async () => {
    const jobs: RawJob[] = [];
    home.onJob = (job) => {
      jobs.push(job);
      onJob(job);
    };
    const response = await ask();
    await response.text();
    const [job] = jobs;
    const requestId = response.headers.get('x-request-id');
    return job ? { requestId, jobId: wordToJobId(job.frame.ticket.jobId), job } : null;
  });
}

/** A call whose receipt the router has answered. */
async function accept(sign: (job: RawJob) => Signed): Promise<Called> {
  const called = await call((job) => job.head().say(ANSWER, 3).end(sign(job)));
  await home.waitAccepted(called.job);
  return called;
}

function ask(): Promise<Response> {
  const messages = [{ role: 'user', content: PROMPT }];
  const body = { model: RAW_MODEL, messages, max_tokens: 20, stream: true, resume: 'off' };
  return stack.call('/v1/chat/completions', { key: account.apiKey, place: PARIS, body });
}

describe('a home that fails leaves a line with its call, its job and itself', () => {
  test('when its model server breaks, and the call is told of at the edge too', async () => {
    const { requestId, jobId } = await call((job) => {
      job.head().say(ANSWER, 3);
      home.send('fault', { code: 'backend', message: PROMPT, work: null }, job.number);
    });
    expect(requestId).toMatch(/^req_/);
    const hub = 'hub:weur:0';
    expect(await lineOf('home-failed', { requestId, jobId })).toMatchObject({
      room: 'hub',
      nodeId: home.id,
      hub,
      part: 0,
      reason: 'fault',
    });
    const broke = { room: 'relay', nodeId: home.id, part: 0, reason: 'fault' };
    expect(await lineOf('part-broke', { requestId, jobId })).toMatchObject(broke);
    expect(await lineOf('job-failed', { requestId, jobId })).toMatchObject({
      level: 'warn',
      room: 'edge',
      reason: 'broken',
    });
  });

  test('when it will not run the job, by its code and not by its words', async () => {
    const { requestId, jobId } = await call((job) =>
      home.send('refuse', { code: 'cold', message: PROMPT }, job.number),
    );
    expect(await lineOf('home-refused', { requestId, jobId })).toMatchObject({ nodeId: home.id, reason: 'cold' });
  });

  test('when it breaks the protocol', async () => {
    const { requestId, jobId } = await call((job) => job.say(ANSWER, 3));
    expect(await lineOf('home-failed', { requestId, jobId, reason: 'protocol' })).toMatchObject({ nodeId: home.id });
  });

  test('when it goes away', async () => {
    const { requestId, jobId } = await call((job) => {
      job.head().say(ANSWER, 3);
      void home.close();
    });
    expect(await lineOf('home-failed', { requestId, jobId, reason: 'lost' })).toHaveProperty('time');
    expect(await lineOf('home-left', { nodeId: home.id })).toHaveProperty('time');
    await until('the close', () => !home.isOpen);
  });
});

describe('a receipt that is not paid as it stands leaves a line', () => {
  test('when it is for other bytes than were relayed', async () => {
    const { jobId } = await call((job) =>
      job
        .head()
        .say(ANSWER, 3)
        .end(job.receipt({ responseHash: `0x${'12'.repeat(32)}` })),
    );
    expect(await lineOf('receipt-unfit', { jobId, nodeId: home.id, reason: 'receipt-of-other-bytes' })).toHaveProperty(
      'time',
    );
  });

  test('when its node did not sign it', async () => {
    const { jobId } = await call((job) =>
      job
        .head()
        .say(ANSWER, 3)
        .end({ ...job.receipt(), signature: `0x${'11'.repeat(64)}1b` }),
    );
    expect(await lineOf('receipt-refused', { jobId, nodeId: home.id, reason: 'not-proven' })).toHaveProperty('time');
  });

  test('when its number or the one before it was told otherwise', async () => {
    // One after the other: a link is checked when its second end arrives.
    await accept((job) => job.receipt());
    const broken = await accept((job) => job.receipt({ prevReceipt: ZERO_WORD }));
    expect(await lineOf('receipt-chain-broken', { jobId: broken.jobId, nodeId: home.id })).toHaveProperty('time');
    const again = await accept((job) => job.receipt({ seq: home.seq }));
    expect(await lineOf('receipt-equivocates', { jobId: again.jobId, nodeId: home.id })).toHaveProperty('time');
  });
});

test('frames that cannot be read are told once a connection, however many there are', async () => {
  await home.close();
  await home.connect();
  const from = lines().length;
  for (let i = 0; i < 20; i++) home.send('state', { models: PROMPT });
  await until(
    'twenty answers',
    () => home.heard.filter(({ json }) => JSON.stringify(json).includes("'state' models")).length >= 20,
  );
  const told = lines()
    .slice(from)
    .filter(({ event }) => event === 'frame-unreadable');
  expect(told).toMatchObject([{ nodeId: home.id, hub: 'hub:weur:0', reason: 'bad-payload' }]);
});

test('presence that is away is told by the hub that cannot write and the edge that cannot read', async () => {
  // It has something to write: a home that was offered leaves.
  await accept((job) => job.receipt());
  await stack.stopPresence();
  await home.close();
  expect(await lineOf('presence-not-written', { hub: 'hub:weur:0' })).toHaveProperty('time');
  await until('a look at presence', async () => {
    await (await stack.call('/v1/models', { key: account.apiKey, place: PARIS })).text();
    return lines().some(({ event }) => event === 'presence-away');
  });
  await stack.startPresence();
});

test('a book that cannot be written is told with its account, and a call that breaks on it with its id', async () => {
  const { jobId } = await call((job) => job.head().say(ANSWER, 3).end(job.receipt()));
  const db = await stack.network.database();
  await db.prepare('ALTER TABLE part_receipts RENAME TO away').run();
  await call((job) => job.head().say(ANSWER, 3).end(job.receipt()));
  expect(await lineOf('book-away', { accountId: account.id })).toMatchObject({ error: { code: 'D1_ERROR' } });
  const response = await stack.call(`/v1/receipts/${jobId}`, { key: account.apiKey });
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
  const line = await lineOf('request-broke', { requestId: response.headers.get('x-request-id') });
  expect(line).toMatchObject({ level: 'error', room: 'edge', error: { at: expect.any(Array) } });
  await db.prepare('ALTER TABLE away RENAME TO part_receipts').run();
});

test('no line holds a prompt, an answer, a key or a secret', async () => {
  const wrong = `irori_${'w'.repeat(40)}`;
  await stack.call('/v1/models', { key: wrong });
  await stack.call('/admin/v1/accounts', { key: `${ADMIN_SECRET}-wrong` });
  await stack.call('/v1/chat/completions', { key: account.apiKey, body: `{"messages": "${PROMPT}` });
  const text = output.join('\n');
  expect(lines().length).toBeGreaterThan(10);
  // Words of a sentence might come apart, so each telling one is looked for: none that hex digits may spell.
  for (const word of ['Mika', 'plums', 'quinces', account.apiKey, wrong, ADMIN_SECRET, ...Object.values(SECRETS)])
    expect(text).not.toContain(word);
});

test('each line is JSON that says when, how bad, who and what', () => {
  const room = expect.stringMatching(/^(edge|relay|hub|homes|area|billing|placement)$/);
  for (const line of lines()) expect(line).toMatchObject({ time: expect.any(String), level: expect.any(String), room });
});
