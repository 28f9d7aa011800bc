// A home that does not read what its hub sends, and one that says what nobody asked: what the hub keeps for them, and what it still does.
import { applyD1Migrations, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import { UNREAD_FULL_BYTES } from '../../hub/door-limits.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, waitFor } from './join-hub.ts';
import type { Heard } from './join-hub.ts';

/** Short enough to leave at once: of longer ones no more leaves than a home reads. */
const PROMPT_BYTES = 64_000;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

function offerLong(i: number) {
  const offer = makeJobOffer({ jobId: `job_${i.toString(16).padStart(32, '0')}` });
  const messages = [{ role: 'user' as const, content: 'x'.repeat(PROMPT_BYTES) }];
  return { ...offer, request: { ...offer.request, messages } };
}

const count = (heard: readonly Heard[], name: Heard['name']): number => heard.filter((one) => one.name === name).length;

test('a home that does not show that it has read its jobs gets no more of them, and gets some again once it has', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  let given = 0;
  for (let i = 0; i < 45; i++) {
    const from = home.heard.length;
    const answer = ask(stub, offerLong(i));
    // Either the home is given it, and runs it, or the hub says no at once.
    await Promise.race([waitFor(home.heard, 'job', from), answer]);
    if (count(home.heard.slice(from), 'job') > 0) {
      given += 1;
      const job = await home.nextJob(from);
      job.head();
      job.end();
    }
    await (await answer).arrayBuffer();
  }
  expect(given).toBeLessThanOrEqual(Math.ceil(UNREAD_FULL_BYTES / PROMPT_BYTES) + 1);
  expect(given).toBeGreaterThan(20);
  expect(count(home.heard, 'sync')).toBe(1);
  home.send('running', { jobs: [] });
  await waitFor(home.heard, 'sync', home.heard.length);
  const from = home.heard.length;
  const again = ask(stub, offerLong(99));
  home.send('refuse', { code: 'busy', message: 'no' }, (await waitFor(home.heard, 'job', from)).job);
  await (await again).text();
});

test('a list of jobs that nobody asked for is answered by nothing', async () => {
  const { heard, send } = await joinHub(openHub());
  const from = heard.length;
  send('running', { jobs: [{ job: 77, ticketHash: ZERO_WORD }] });
  send('state', { models: 'a marker', slots: 1, paused: null });
  await waitFor(heard, 'error', from);
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['error']);
});

test('a home that was sent away leaves no socket behind at its hub', async () => {
  const stub = openHub();
  const { send, heard } = await joinHub(stub);
  for (let i = 0; i < 400; i++) send('state', { models: 'x'.repeat(10_000), slots: 1, paused: null });
  await waitFor(heard, 'closed');
  const open = await runInDurableObject(stub, (_hub, state) => state.getWebSockets().length);
  expect(open).toBe(0);
});
