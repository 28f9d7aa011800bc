// Long jobs that come to a session in pieces: whole ones run, those that are taken back or too long leave nothing behind.
import { afterEach, expect, test } from 'vitest';
import { decodeFrames, encodeFrame, encodeJsonFrame, MAX_SLOTS } from '../../schema/frames.ts';
import { FakeBackend } from './fake-backend.ts';
import { openSession } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

/** A session whose hub sends each job in pieces of `size` bytes, between them what `between` says. */
async function openPieces(size: number, between: (session: SessionBench['session']) => void = () => undefined) {
  const texts: unknown[] = [];
  const backend = new FakeBackend(async (job, sink) => {
    texts.push(job.kind === 'chat' ? job.messages[0]?.content : null);
    await sink({ text: 'yes', tokens: 1 });
    return {};
  });
  bench = await openSession(backend, { windowMs: 5 });
  const { session } = bench;
  const hear = session.hear.bind(session);
  session.hear = (bytes) => {
    const decoded = decodeFrames(bytes);
    const [frame] = decoded.ok ? decoded.value : [];
    if (frame?.type !== 3) return hear(bytes);
    const { job, payload } = frame;
    let at = 0;
    for (; payload.length - at > size; at += size) {
      hear(encodeFrame('piece', { job, payload: payload.subarray(at, at + size) }));
      between(session);
    }
    hear(encodeFrame('job', { job, payload: payload.subarray(at) }));
  };
  return { bench, texts, hear };
}

const named = (wanted: string) => bench?.wrote().filter(({ name }) => name === wanted) ?? [];

test('a job in pieces runs as any other, whatever comes between them', async () => {
  const content = '火'.repeat(3000);
  const { bench: opened, texts } = await openPieces(1000, (session) =>
    session.hear(encodeJsonFrame('sync', { protocol: 3 })),
  );
  opened.give(1, { request: { messages: [{ role: 'user', content }] } }).sign();
  await opened.until(() => named('end').length === 1);
  expect(texts).toEqual([content]);
  expect(named('running').length).toBeGreaterThan(5);
});

test('a job that is taken back on the way does not run, and the next of its number is whole', async () => {
  const { bench: opened, texts, hear } = await openPieces(100_000);
  hear(encodeFrame('piece', { job: 1, payload: Buffer.from('{"half":') }));
  hear(encodeJsonFrame('cancel', { reason: 'caller' }, 1));
  opened.give(1).sign();
  await opened.until(() => named('end').length === 1);
  expect(texts).toHaveLength(1);
  expect(named('error')).toEqual([]);
});

test('more than a home keeps is refused as busy, and more jobs in pieces than a home has slots are told', async () => {
  const { bench: opened, hear } = await openPieces(100_000);
  const piece = Buffer.alloc(2_000_000, 0x20);
  for (let i = 0; i < 12; i++) hear(encodeFrame('piece', { job: 1, payload: piece }));
  hear(encodeFrame('job', { job: 1, payload: Buffer.from('{}') }));
  await opened.until(() => named('refuse').length === 1);
  expect(named('refuse').at(-1)).toMatchObject({ job: 1, json: { code: 'busy' } });
  for (let job = 2; job < MAX_SLOTS + 3; job++) hear(encodeFrame('piece', { job, payload: Buffer.from(' ') }));
  await opened.until(() => named('error').length > 0);
  expect(named('error').map(({ job }) => job)).toEqual([MAX_SLOTS + 2]);
  hear(encodeFrame('job', { job: 2, payload: Buffer.from('not JSON') }));
  await opened.until(() => named('error').length === 2);
  opened.give(1).sign();
  await opened.until(() => named('end').length === 1);
});

test('pieces before the welcome are refused', async () => {
  bench = await openSession(new FakeBackend(() => Promise.resolve({})), { isWelcomed: false });
  bench.session.hear(encodeFrame('piece', { job: 1, payload: Buffer.from('x') }));
  await bench.until(() => named('error').length > 0);
  expect(named('error')).toHaveLength(1);
});
