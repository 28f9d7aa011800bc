// A home that lost its receipts is asked by its hub to sign for what arrived: when it comes back, or as soon as the part is settled.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { sha256 } from '@noble/hashes/sha2.js';
import { beforeAll, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../schema/bytes.ts';
import { makeChunkWriter } from '../../../schema/chunks.ts';
import { unsignedSchema } from '../../../schema/frames-to-node.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, readRecords, sleep, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

type Home = Awaited<ReturnType<typeof joinHub>>;

/** A part of which two tokens have reached the edge; `hash` is of these. */
async function runHalf(stub: HubStub, home: Home) {
  const from = home.heard.length;
  const answering = ask(stub, makeJobOffer({ isResumable: true }));
  const job = await home.nextJob(from);
  job.head();
  for (const word of ['one ', 'two ']) job.say(word);
  const records = readRecords(await answering);
  await sleep(50);
  const writer = makeChunkWriter(job.frame.chunk, true);
  const events = ['one ', 'two '].map((word) => new TextEncoder().encode(writer.content(word)));
  return { job, records, hash: toHex(sha256(concatBytes([fromHex(job.frame.ticket.salt), ...events]))) };
}

test('a home that comes back is asked for the part that broke off, with what arrived of it', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const { job, records, hash } = await runHalf(stub, home);
  home.close();
  expect((await records).at(-1)).toMatchObject({ code: 'lost' });
  await sleep(300);
  for (let i = 0; i < 2; i++) {
    const again = await joinHub(stub, { key: home.key });
    const part = unsignedSchema.parse((await waitFor(again.heard, 'unsigned')).json);
    expect(part).toMatchObject({ ticket: job.frame.ticket, outputTokens: 2, responseHash: hash, finish: 'error' });
    again.close();
  }
});

test('one whose old connection still seemed open is asked as soon as its loss is settled', async () => {
  const stub = openHub();
  const home = await joinHub(stub);
  const { job, records } = await runHalf(stub, home);
  const again = await joinHub(stub, { key: home.key });
  expect(again.heard.map(({ name }) => name)).not.toContain('unsigned');
  await records;
  const part = unsignedSchema.parse((await waitFor(again.heard, 'unsigned')).json);
  expect(part).toMatchObject({ ticket: job.frame.ticket, outputTokens: 2 });
  await sleep(300);
  expect(again.heard.filter(({ name }) => name === 'unsigned')).toHaveLength(1);
});

test('a part that failed by its home and could not go on, and one that was complete, are not asked for', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { slots: 2 });
  const first = ask(stub, makeJobOffer());
  const failing = await home.nextJob();
  failing.head();
  failing.say('one ');
  failing.send('fault', { code: 'internal', message: 'broken', work: null }, failing.job);
  expect((await readRecords(await first)).at(-1)).toMatchObject({ code: 'fault' });
  const from = home.heard.length;
  const second = ask(stub, makeJobOffer({ isForced: true }));
  const whole = await home.nextJob(from);
  whole.head();
  whole.say('one ');
  whole.end();
  expect((await readRecords(await second)).at(-1)).toMatchObject({ finish: 'stop' });
  home.close();
  await sleep(300);
  const again = await joinHub(stub, { key: home.key });
  await sleep(300);
  for (const { heard } of [home, again]) expect(heard.map(({ name }) => name)).not.toContain('unsigned');
});
