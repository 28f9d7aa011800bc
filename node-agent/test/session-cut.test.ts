// Jobs of a backend that continues from text, through a session: what leaves, what is held back, and what a cut leaves behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { FINISH } from '../../schema/receipt.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import type { Play } from './fake-backend.ts';
import { openSession } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

class TextBackend extends FakeBackend {
  override capabilities() {
    return { ...super.capabilities(), resume: 'text' } as const;
  }
}

async function open(play: Play, windowMs = 60_000): Promise<SessionBench> {
  bench = await openSession(new TextBackend(play), { windowMs });
  return bench;
}

const textOf = (session: SessionBench, job: number): string =>
  readContent(
    Buffer.concat(
      session
        .wrote()
        .filter((frame) => frame.name === 'data' && frame.job === job)
        .map((frame) => frame.events),
    ).toString(),
  );

function endOf(session: SessionBench, job: number): { finish: number; outputTokens: number } {
  const end = session.wrote().find((frame) => frame.name === 'end' && frame.job === job);
  return (
    (end?.json as { work: { finish: number; outputTokens: number } } | undefined)?.work ?? {
      finish: -1,
      outputTokens: -1,
    }
  );
}

async function ended(session: SessionBench, job: number): Promise<void> {
  await session.until(() =>
    session.wrote().some((frame) => frame.job === job && ['end', 'fault'].includes(frame.name)),
  );
}

/** Says each text as one token, then waits to be stopped. */
function say(...texts: string[]): Play {
  return async (_job, sink, signal) => {
    for (const text of texts) await sink({ text, tokens: 1 });
    await aborted(signal);
  };
}

test('a cut leaves whole words behind, and the receipt counts only what left', async () => {
  const session = await open(say('Once', ' upon', ' a', ' ti', 'me', ' the', 're'));
  session.give(1).sign();
  await session.until(() => textOf(session, 1).startsWith('Once'));
  await sleep(20);
  session.session.runner?.preemptAll();
  await ended(session, 1);
  expect(textOf(session, 1)).toBe('Once upon a time');
  expect(endOf(session, 1)).toMatchObject({ finish: FINISH.preempted, outputTokens: 5 });
});

test('what was held back is sent when the answer is complete', async () => {
  const session = await open(async (_job, sink) => {
    for (const text of ['Once', ' upon', ' a', ' ti']) await sink({ text, tokens: 1 });
  });
  session.give(1).sign();
  await ended(session, 1);
  expect(textOf(session, 1)).toBe('Once upon a ti');
  expect(endOf(session, 1)).toMatchObject({ finish: FINISH.stop, outputTokens: 4 });
});

test('a word whose end does not come leaves with the window', async () => {
  const session = await open(say('Once', ' upon'), 30);
  session.give(1).sign();
  await session.until(() => textOf(session, 1) === 'Once upon');
  session.session.hear(encodeJsonFrame('cancel', { reason: 'caller' }, 1));
  await ended(session, 1);
  expect(endOf(session, 1)).toMatchObject({ finish: FINISH.cancelled, outputTokens: 2 });
});

test('an answer cut at its limit keeps its last word', async () => {
  const session = await open(say('a', ' b', ' c', ' d', ' e'));
  session.give(1, { maxTokens: 3 }).sign();
  await ended(session, 1);
  expect(textOf(session, 1)).toBe('a b c');
  expect(endOf(session, 1)).toMatchObject({ finish: FINISH.length, outputTokens: 3 });
});

test('a server that writes over a stop string is stopped before it', async () => {
  const session = await open(say('One', '. E', 'ND', ' two'));
  session.give(1, { request: { stop: ['END'] } }).sign();
  await ended(session, 1);
  expect(textOf(session, 1)).toBe('One. ');
  expect(endOf(session, 1).finish).toBe(FINISH.stop);
});

test('a model that may not be loaded is refused as cold, under a pattern too', async () => {
  const backend = new TextBackend(say('a'));
  backend.models = async () => {
    const facts = { digest: 'ab'.repeat(32), contextTokens: 512, quantisation: null, family: null };
    return [
      { ...facts, name: 'fake', loadMs: 800 },
      { ...facts, name: 'fa*' },
    ];
  };
  bench = await openSession(backend, { mayLoad: false });
  bench.give(1).sign();
  await bench.until(() => bench?.wrote().some((frame) => frame.name === 'refuse') === true);
  expect(bench.wrote().find((frame) => frame.name === 'refuse')?.json).toMatchObject({ code: 'cold' });
  expect(backend.jobs).toEqual([]);
});

test('a job preempted before its seal came and before anything was sent is refused, not a fault', async () => {
  const session = await open(say());
  session.give(1);
  session.session.runner?.preemptAll();
  await session.until(() => session.wrote().some((frame) => frame.name === 'refuse' && frame.job === 1));
  expect(session.wrote().find((frame) => frame.name === 'refuse')?.json).toMatchObject({ code: 'paused' });
  expect(session.shared.book.unacknowledged).toBe(0);
});
