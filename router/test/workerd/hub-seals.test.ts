// Seals at a hub: tickets of jobs that begin together under one, callers that wait for no receipt, and homes that owe receipts.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { acceptedSchema } from '../../../schema/frames-to-node.ts';
import type { EndRecord } from '../../../schema/records.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, readRecords, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

/** A job that has said one word; what its caller reads comes when it ends. */
async function begin(stub: HubStub, home: Awaited<ReturnType<typeof joinHub>>, offer = makeJobOffer()) {
  const from = home.heard.length;
  const answering = ask(stub, offer);
  const job = await home.nextJob(from);
  job.head();
  job.say('one ');
  return { job, records: readRecords(await answering) };
}

test('a caller is answered at once; a receipt that comes later is accepted under a seal, with the total', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const { job, records } = await begin(stub, home);
  const sendReceipt = job.endBare();
  const end = (await records).at(-1) as EndRecord;
  expect(end).toMatchObject({ finish: 'stop', outputTokens: 1, receiptHash: null });
  expect(home.heard.map(({ name }) => name)).not.toContain('accepted');
  sendReceipt();
  const { seal, answers } = acceptedSchema.parse((await waitFor(home.heard, 'accepted')).json);
  expect(answers).toMatchObject([{ acceptance: { count: 1n }, proof: [], reason: null }]);
  expect(seal).toMatchObject({ kind: 3, number: 1n, count: 1, total: answers[0]?.acceptance?.cumulativeAmount });
});

test('where the receipt is there with the last word its caller is told its hash', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const { job, records } = await begin(stub, home);
  job.end();
  const end = (await records).at(-1) as EndRecord;
  const { answers } = acceptedSchema.parse((await waitFor(home.heard, 'accepted')).json);
  expect(end.receiptHash).toBe(answers[0]?.acceptance?.receiptHash);
});

test('a part whose receipt is withheld is delivered without it, and one that comes after all is accepted still', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const { job, records } = await begin(stub, home);
  const sendReceipt = job.endBare();
  await records;
  const account = env.NODE_ACCOUNT.getByName(home.nodeId);
  // 2 s after the end it is settled, as open: nothing is accepted.
  await expect.poll(() => account.unsigned().then(() => account.totals())).toMatchObject({ count: 0 });
  await new Promise((wake) => setTimeout(wake, 2500));
  expect(await account.totals()).toMatchObject({ count: 0 });
  sendReceipt();
  expect(acceptedSchema.parse((await waitFor(home.heard, 'accepted')).json)).toMatchObject({
    answers: [{ acceptance: { count: 1n } }],
  });
});

test('receipts that do not grow to their root are told, and used for nothing', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const first = await begin(stub, home);
  const sendReceipt = first.job.endBare();
  first.job.endBare({ outputTokens: 3 })();
  expect((await waitFor(home.heard, 'error')).json).toMatchObject({ code: 'bad-receipts' });
  sendReceipt();
  expect(acceptedSchema.parse((await waitFor(home.heard, 'accepted')).json).answers).toHaveLength(1);
});

test('a home that owes receipts of too much worth is busy, not away, and says why; with the receipt it goes on', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { slots: 4 });
  const dear = makeJobOffer({ priceOut: 1e12 });
  const { job, records } = await begin(stub, home, dear);
  const sendReceipt = job.endBare({ amount: 50_000_000n });
  await records;
  expect(await (await ask(stub, makeJobOffer())).json()).toMatchObject({ code: 'busy' });
  expect(await stub.why(home.nodeId)).toMatchObject({ pause: 'outbox', online: true });
  sendReceipt();
  await waitFor(home.heard, 'accepted');
  const next = await begin(stub, home);
  next.job.end();
  expect((await next.records).at(-1)).toMatchObject({ finish: 'stop' });
  expect(await stub.why(home.nodeId)).toMatchObject({ pause: null });
});

test('a home whose outbox is full is busy for its callers: its model exists', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { paused: 'outbox' });
  expect(await (await ask(stub, makeJobOffer())).json()).toMatchObject({ code: 'busy' });
  expect(await stub.why(home.nodeId)).toMatchObject({ pause: 'outbox' });
  home.tell({ paused: null });
  const { job, records } = await begin(stub, home);
  job.end();
  expect((await records).at(-1)).toMatchObject({ finish: 'stop' });
});

test('tickets of jobs that begin together stand under few seals, each with its proof', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { slots: 32 });
  const offers = Array.from({ length: 24 }, (_, i) => makeJobOffer({ jobId: `job_${String(i).padStart(32, '0')}` }));
  const asked = offers.map((offer) => ask(stub, offer));
  await expect.poll(() => home.heard.filter(({ name }) => name === 'job').length).toBe(24);
  await expect.poll(() => home.heard.filter(({ name }) => name === 'tickets').length).toBeGreaterThan(0);
  expect(home.heard.filter(({ name }) => name === 'tickets').length).toBeLessThan(24);
  home.close();
  await Promise.all(asked);
});
