// Jobs and the seals of their tickets and receipts, through a session: what leaves before a seal, what waits for it, and what ends without.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import { lateReceiptSchema, workSchema } from '../../schema/frames-to-hub.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { FINISH } from '../../schema/receipt.ts';
import { UNSEALED } from '../../schema/seal.ts';
import { UnsealedJobs } from '../jobs/unsealed-jobs.ts';
import type { UnsealedLimits } from '../jobs/unsealed-jobs.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import type { Play } from './fake-backend.ts';
import { openSession, SESSION_KEY } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';
import { encodeTickets, rebuildReceipts } from './hub-seals.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

async function open(
  play: Play,
  limits: Partial<UnsealedLimits> = {},
  now = () => performance.now(),
): Promise<SessionBench> {
  const backend = new FakeBackend(play);
  backend.slotCount = 64;
  bench = await openSession(backend, { windowMs: 0 });
  Object.assign(bench.shared, { unsealed: new UnsealedJobs(now, { ...UNSEALED, ...limits }) });
  return bench;
}

function textOf(session: SessionBench, job: number): string {
  const events = session.wrote().filter((frame) => frame.name === 'data' && frame.job === job);
  return readContent(Buffer.concat(events.map((frame) => frame.events)).toString());
}

function hasWritten(session: SessionBench, name: string, job = 0): () => boolean {
  return () => session.wrote().some((frame) => frame.name === name && frame.job === job);
}

function jsonOf(session: SessionBench, name: string, job: number): unknown {
  return session.wrote().find((frame) => frame.name === name && frame.job === job)?.json;
}

/** Says a word, then one for each call of `more`, and waits to be stopped. */
function teller(): { play: Play; more: (job: number) => void } {
  const sinks = new Map<string, (text: string) => void>();
  let jobs = 0;
  return {
    play: async (_job, sink, signal) => {
      sinks.set(String((jobs += 1)), (text) => void sink({ text, tokens: 1 }));
      await sink({ text: 'a', tokens: 1 });
      await aborted(signal);
    },
    more: (job) => sinks.get(String(job))?.('b'),
  };
}

const answer: Play = async (_job, sink) => {
  await sink({ text: 'all of it', tokens: 3 });
};

describe('before its seal', () => {
  test('data of as many jobs as may be unsealed flows; the next one’s waits for its seal and loses nothing', async () => {
    const { play, more } = teller();
    const session = await open(play, { jobs: 2 });
    const jobs = [1, 2, 3].map((number) => session.give(number));
    await session.until(() => textOf(session, 1) === 'a' && textOf(session, 2) === 'a');
    more(3);
    more(1);
    await session.until(() => textOf(session, 1) === 'ab');
    expect(textOf(session, 3)).toBe('');
    jobs[2]?.sign();
    await session.until(() => textOf(session, 3) === 'ab');
  });

  test('a job’s data flows for its time, then waits', async () => {
    let now = 1000;
    const { play, more } = teller();
    const session = await open(play, {}, () => now);
    const job = session.give(1);
    await session.until(() => textOf(session, 1) === 'a');
    now += UNSEALED.ageMs + 1;
    more(1);
    await sleep(30);
    expect(textOf(session, 1)).toBe('a');
    job.sign();
    await session.until(() => textOf(session, 1) === 'ab');
  });

  test('data flows up to its value, then waits', async () => {
    const { play, more } = teller();
    const session = await open(play, { units: 2 });
    const job = session.give(1);
    await session.until(() => textOf(session, 1) === 'a');
    more(1);
    await session.until(() => textOf(session, 1) === 'ab');
    more(1);
    await sleep(30);
    expect(textOf(session, 1)).toBe('ab');
    job.sign();
    await session.until(() => textOf(session, 1) === 'abb');
  });

  test('a whole answer that waits ends when its seal comes', async () => {
    const session = await open(answer, { units: 2 });
    const job = session.give(1);
    await session.until(() => session.shared.slots.running === 0);
    await sleep(30);
    expect(textOf(session, 1)).toBe('');
    job.sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(textOf(session, 1)).toBe('all of it');
    expect(jsonOf(session, 'end', 1)).toMatchObject({ work: { outputTokens: 3 } });
  });
});

describe('a seal', () => {
  test('covers the tickets of many jobs; one whose proof is wrong ends alone', async () => {
    const session = await open(teller().play);
    const jobs = [1, 2, 3, 4].map((number) => ({ number, ticketHash: session.give(number).ticketHash }));
    const swapped = jobs.map((job) => (job.number === 2 ? { ...job, ticketHash: jobs[2]!.ticketHash } : job));
    session.session.hear(encodeTickets(swapped));
    await session.until(hasWritten(session, 'fault', 2));
    expect(jsonOf(session, 'fault', 2)).toMatchObject({ code: 'bad-ticket', work: null });
    session.session.runner?.preemptAll();
    await session.until(() => session.wrote().filter(({ name }) => name === 'end').length === 3);
    expect(hasWritten(session, 'fault', 1)()).toBe(false);
  });

  test('that another has signed ends the job, and nothing more of it is sent', async () => {
    const { play, more } = teller();
    const session = await open(play);
    const { ticketHash } = session.give(1);
    await session.until(() => textOf(session, 1) === 'a');
    session.session.hear(encodeTickets([{ number: 1, ticketHash }], { key: new Uint8Array(32).fill(3) }));
    await session.until(hasWritten(session, 'fault', 1));
    more(1);
    await sleep(30);
    expect(textOf(session, 1)).toBe('a');
    expect(jsonOf(session, 'fault', 1)).toMatchObject({ code: 'bad-ticket', work: null });
    expect(session.wrote().some(({ name }) => name === 'receipts')).toBe(false);
    expect(session.shared.book.unacknowledged).toBe(0);
  });

  test('is waited for a moment when a job is preempted that has sent something, and what left is receipted', async () => {
    const session = await open(teller().play);
    const job = session.give(1);
    await session.until(() => textOf(session, 1) === 'a');
    session.session.runner?.preemptAll();
    await sleep(20);
    expect(hasWritten(session, 'end', 1)()).toBe(false);
    job.sign();
    await session.until(hasWritten(session, 'end', 1));
    expect(jsonOf(session, 'end', 1)).toMatchObject({ work: { finish: FINISH.preempted, outputTokens: 1 } });
  });

  test('that does not come then ends it as a fault, since something was sent', async () => {
    const session = await open(teller().play);
    session.give(1);
    await session.until(() => textOf(session, 1) === 'a');
    session.session.runner?.preemptAll();
    await session.until(hasWritten(session, 'fault', 1));
    expect(jsonOf(session, 'fault', 1)).toMatchObject({ code: 'bad-ticket', work: null });
  });

  test('of nonsense is answered with an error', async () => {
    const session = await open(answer);
    session.session.hear(encodeTickets([{ number: 1, ticketHash: `0x${'00'.repeat(32)}` }]).subarray(0, 100));
    await session.until(hasWritten(session, 'error'));
    expect(jsonOf(session, 'error', 0)).toMatchObject({ code: 'bad-frame' });
  });
});

describe('receipts', () => {
  test('follow the end of their job, under a seal of this home over what the hub can build itself', async () => {
    const session = await open(answer);
    const { ticketHash, sign } = session.give(1);
    sign();
    await session.until(hasWritten(session, 'receipts'));
    const names = session.wrote().map(({ name }) => name);
    expect(names.indexOf('end')).toBeLessThan(names.indexOf('receipts'));
    const frame = session.wrote().find(({ name }) => name === 'receipts')?.receipts;
    const { work } = jsonOf(session, 'end', 1) as { work: unknown };
    const [receipt] = rebuildReceipts(frame!, SESSION_KEY.address, () => ({
      ticketHash,
      work: workSchema.parse(work),
    }));
    expect(receipt).toMatchObject({ seq: 1n, outputTokens: 3 });
  });

  test('of jobs that end together are sealed together, whatever they ended as', async () => {
    const session = await open(teller().play);
    const jobs = Array.from({ length: 8 }, (_, i) => session.give(i + 1));
    for (const job of jobs) job.sign();
    await session.until(() => jobs.every((_, i) => textOf(session, i + 1) === 'a'));
    session.session.runner?.preemptAll();
    const frames = () => session.wrote().flatMap(({ receipts }) => receipts ?? []);
    await session.until(() => frames().flatMap((frame) => frame.jobs).length === 8);
    expect(frames().length).toBeLessThan(8);
    expect(frames().map(({ seal }) => seal.count)).toEqual(frames().map((frame) => frame.jobs.length));
  });

  test('of a job that its hub has forgotten is sealed by itself and offered late', async () => {
    const session = await open(teller().play);
    Object.assign(session.shared, { onUnsentReceipt: () => session.session.offerUnsent() });
    session.give(1).sign();
    await session.until(() => textOf(session, 1) === 'a');
    session.session.hear(encodeJsonFrame('cancel', { reason: 'unknown-job' }, 1));
    await session.until(hasWritten(session, 'receipt'));
    expect(hasWritten(session, 'end', 1)()).toBe(true);
    expect(hasWritten(session, 'receipts')()).toBe(false);
    expect(lateReceiptSchema.parse(jsonOf(session, 'receipt', 0)).receiptSeal?.seal).toMatchObject({ count: 1 });
  });
});
