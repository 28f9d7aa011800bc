// Long jobs on their way from a hub in workerd to a home: in pieces, as the home reads; others meanwhile; and what ends them on the way.
import { afterEach, expect, test, vi } from 'vitest';
import { JOB_PIECE_BYTES } from '../../../schema/frames.ts';
import { jobSchema } from '../../../schema/frames-to-node.ts';
import { PIECES_AHEAD_BYTES } from '../../hub/job-sender.ts';
import { CHAT_REQUEST, makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, readRecords, sleep, waitFor } from './join-hub.ts';
import type { Heard } from './join-hub.ts';

const LONG_BYTES = 4 * PIECES_AHEAD_BYTES;
const MOST_AHEAD = PIECES_AHEAD_BYTES / JOB_PIECE_BYTES + 1;

function longOffer() {
  const request = { ...CHAT_REQUEST, messages: [{ role: 'user' as const, content: 'x'.repeat(LONG_BYTES) }] };
  return makeJobOffer({ request, requestBytes: LONG_BYTES });
}

afterEach(() => void vi.useRealTimers());

const piecesOf = (heard: readonly Heard[]): number => heard.filter(({ name }) => name === 'piece').length;

test('a home that reads gets all of a long job, one that reads nothing gets no more than stands ahead, and a short job passes', async () => {
  // The hub's clock stands: a home that reads nothing for seconds is given up, and a busy machine takes as long.
  vi.useFakeTimers({ toFake: ['Date'] });
  const stub = openHub();
  const home = await joinHub(stub, { slots: 2 });
  const answering = ask(stub, longOffer());
  await waitFor(home.heard, 'piece');
  const short = ask(stub, makeJobOffer());
  const job = await home.nextJob();
  expect(job.frame.request).toMatchObject({ messages: CHAT_REQUEST.messages });
  const ahead = piecesOf(home.heard);
  expect(ahead).toBeGreaterThan(0);
  expect(ahead).toBeLessThanOrEqual(MOST_AHEAD);
  job.head();
  job.end();
  await readRecords(await short);
  await sleep(200);
  expect(piecesOf(home.heard)).toBe(ahead);
  const from = home.heard.length;
  // What it says that it runs shows what it has read.
  for (let i = 0; i < 1500 && !home.heard.slice(from).some(({ name }) => name === 'job'); i++) {
    home.send('running', { jobs: [] });
    await sleep(20);
  }
  const end = await waitFor(home.heard, 'job', from);
  expect(piecesOf(home.heard)).toBeGreaterThan(LONG_BYTES / JOB_PIECE_BYTES - 2);
  expect(jobSchema.safeParse(end.json).success).toBe(false);
  // Its ticket's seal comes behind it.
  await waitFor(home.heard, 'tickets', home.heard.indexOf(end));
  home.send('head', { promptTokens: null }, end.job);
  expect((await answering).status).toBe(200);
  home.close();
});

test('of a job whose caller leaves on the way the rest is not sent, and its home is told', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const leaving = new AbortController();
  const body = JSON.stringify(longOffer());
  const answering = stub.fetch('https://hub/job', { method: 'POST', body, signal: leaving.signal }).catch(() => null);
  await waitFor(home.heard, 'piece');
  leaving.abort();
  await answering;
  await waitFor(home.heard, 'cancel');
  const sent = piecesOf(home.heard);
  home.send('running', { jobs: [] });
  await sleep(200);
  expect(piecesOf(home.heard)).toBe(sent);
  expect(home.heard.map(({ name }) => name)).not.toContain('job');
  // Its slot is free again.
  const next = ask(stub, makeJobOffer());
  const job = await home.nextJob();
  job.head();
  job.end();
  expect((await next).status).toBe(200);
});
