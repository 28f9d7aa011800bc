// How jobs end that an engine does not end as it was asked to, through a session: at the limit, at a stop string, by a filter of the engine's.
import { afterEach, describe, expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import { FINISH } from '../../schema/receipt.ts';
import type { Capabilities, Delta, Finish } from '../backends/backend.ts';
import { aborted, FakeBackend } from './fake-backend.ts';
import { openSession } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

interface Ended {
  readonly text: string;
  readonly finish: number;
  readonly outputTokens: number;
  /** What the `end` frame says beside the receipt. */
  readonly beside: string | undefined;
  readonly wasStopped: boolean;
}

/** Runs a job on an engine that says these pieces; without `end` it then waits to be stopped. */
async function run(
  deltas: readonly Delta[],
  wish: { resume: Capabilities['resume']; maxTokens?: number; stop?: string[]; end?: Partial<Finish> },
): Promise<Ended> {
  let wasStopped = false;
  const backend = new FakeBackend(async (_job, sink, signal) => {
    for (const delta of deltas) if (!signal.aborted) await sink(delta);
    if (wish.end === undefined && !signal.aborted) await aborted(signal);
    wasStopped = signal.aborted;
    return wish.end ?? {};
  });
  backend.facts = { resume: wish.resume };
  bench = await openSession(backend, { windowMs: 5 });
  const { wrote, give, until } = bench;
  give(1, { maxTokens: wish.maxTokens ?? 100, request: { stop: wish.stop ?? [] } }).sign();
  const find = () => wrote().find(({ name }) => name === 'end' || name === 'fault');
  await until(() => find() !== undefined);
  const json = find()?.json as { work: { finish: number; outputTokens: number }; finish?: string };
  const events = wrote().flatMap(({ name, events: bytes }) => (name === 'data' ? [bytes] : []));
  const text = readContent(Buffer.concat(events).toString());
  const { finish, outputTokens } = json.work;
  return { text, finish, outputTokens, beside: json.finish, wasStopped };
}

const one = (...texts: string[]): Delta[] => texts.map((text) => ({ text, tokens: 1 }));
const CLASSES = ['exact', 'text', 'none'] as const;

describe.each(CLASSES)('an engine whose answers resume as %j', (resume) => {
  test('is stopped at a stop string that it writes over, and what stands before it is given', async () => {
    const ended = await run(one('One', '. E', 'ND', ' two'), { resume, stop: ['nowhere', 'END'] });
    expect(ended).toMatchObject({ text: 'One. ', finish: FINISH.stop, outputTokens: 1, wasStopped: true });
  });

  test('is stopped at a stop string inside one large piece, which counts by its share', async () => {
    const ended = await run([{ text: 'One. END and more.', tokens: 6 }], { resume, stop: ['END'] });
    expect(ended).toMatchObject({ text: 'One. ', finish: FINISH.stop, outputTokens: 2 });
  });

  test('keeps what only looked like a stop string', async () => {
    const ended = await run(one('One', ' E', 'N'), { resume, stop: ['END'], end: { reason: 'stop' } });
    expect(ended).toMatchObject({ text: 'One EN', finish: FINISH.stop, outputTokens: 3 });
  });

  test('is cut at the limit: the part of a piece that lies within it is given', async () => {
    const ended = await run([...one('ab'), { text: 'cdefgh', tokens: 6 }], { resume, maxTokens: 4 });
    expect(ended).toMatchObject({ text: 'abcde', finish: FINISH.length, outputTokens: 4, wasStopped: true });
  });

  test('whose own filter ends the answer: a stop in the receipt, a filter beside it', async () => {
    const ended = await run(one('a', 'b'), { resume, end: { reason: 'content_filter' } });
    expect(ended).toMatchObject({ text: 'ab', finish: FINISH.stop, beside: 'content_filter', outputTokens: 2 });
  });

  test('which ends by itself says nothing beside the receipt', async () => {
    expect((await run(one('a'), { resume, end: { reason: 'length' } })).beside).toBeUndefined();
  });
});
