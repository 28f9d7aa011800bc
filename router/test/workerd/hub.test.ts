// A hub that forgot a running job: what it makes of a socket whose attachment says that a job runs there.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { PONG } from '../../../schema/frames.ts';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import type { OfferRefusal } from '../../../schema/offer.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

/** A home at a hub of its own. */
async function joinOwn() {
  const stub = openHub();
  return { stub, ...(await joinHub(stub)) };
}

/** Loses the hub's memory as an eviction in the middle of a job would: its socket's attachment says that one runs. */
async function forgetRunningJob(stub: HubStub): Promise<void> {
  await runInDurableObject(stub, (_hub, state) => {
    for (const socket of state.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as object;
      socket.serializeAttachment({ ...attachment, isBusy: true });
    }
  });
  await evictDurableObject(stub);
}

const offer = (stub: HubStub): Promise<Response> => ask(stub, makeJobOffer());

test('a ping is answered without waking the hub: nobody asks the home anything', async () => {
  const { stub, heard, ping } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  for (let i = 0; i < 3; i++) ping();
  expect((await waitFor(heard, 'pong', from)).json).toBe(PONG);
  await new Promise((wake) => setTimeout(wake, 300));
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['pong', 'pong', 'pong']);
});

test('a home is asked what it runs before it gets a job, and what the hub does not know is cancelled', async () => {
  const { stub, heard, send } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  const answering = offer(stub);
  await waitFor(heard, 'sync', from);
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['sync']);
  send('running', { jobs: [{ job: 77, ticketHash: ZERO_WORD }] });
  const cancel = await waitFor(heard, 'cancel', from);
  expect(cancel).toEqual({ name: 'cancel', job: 77, json: { reason: 'unknown-job' } });
  const job = await waitFor(heard, 'job', from);
  send('refuse', { code: 'busy', message: 'enough' }, job.job);
  expect(await (await answering).json<OfferRefusal>()).toMatchObject({ code: 'busy' });
});

test('a home that does not say what it runs gets no job', async () => {
  const { stub, heard } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  const response = await offer(stub);
  expect(response.status).toBe(409);
  expect(await response.json<OfferRefusal>()).toMatchObject({ code: 'none', nodeId: null });
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['sync']);
});

test('frames of a job from before are no frames of a new one', async () => {
  const { stub, heard, send } = await joinOwn();
  const first = offer(stub);
  const { job: before } = await waitFor(heard, 'job');
  send('refuse', { code: 'busy', message: 'no' }, before);
  await (await first).text();
  await forgetRunningJob(stub);
  const from = heard.length;
  const second = offer(stub);
  await waitFor(heard, 'sync', from);
  send('running', { jobs: [] });
  const { job: after } = await waitFor(heard, 'job', from);
  expect(after).not.toBe(before);
  send('head', { promptTokens: null }, before);
  send('refuse', { code: 'paused', message: 'not now' }, after);
  expect(await (await second).json<OfferRefusal>()).toMatchObject({ code: 'refused' });
});

test('an idle hub asks nothing when it wakes', async () => {
  const { stub, heard, send } = await joinOwn();
  await evictDurableObject(stub);
  const from = heard.length;
  const answering = offer(stub);
  const { job } = await waitFor(heard, 'job', from);
  expect(heard.slice(from).map(({ name }) => name)).not.toContain('sync');
  send('refuse', { code: 'busy', message: 'no' }, job);
  expect(await (await answering).json<OfferRefusal>()).toMatchObject({ code: 'busy' });
});
