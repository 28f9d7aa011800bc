// How long one job waits at its edge: as long as its caller allows, whatever becomes of the homes on the way.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { COMMENT_LINE, makeChunkWriter } from '../../schema/chunks.ts';
import { readContent } from '../../schema/read-chunks.ts';
import { DECISION, END, dataRecord, endRecord, failRecord, headRecord, openRun, taken } from '../test/fake-hubs.ts';
import type { FakePart } from '../test/fake-hubs.ts';
import { HEAD_HEADER } from '../../schema/offer.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { makeLastEvents } from '../hub/make-last-events.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** All events to the last, as short words. */
async function follow(run: ReadRun): Promise<string[]> {
  const words: string[] = [];
  for (;;) {
    const event = await run.next();
    words.push(describeEvent(event));
    if (event.kind === 'end' || event.kind === 'failed') return words;
  }
}

function describeEvent(event: ReadEvent): string {
  if (event.kind === 'head') return `head ${event.head.node}`;
  if (event.kind === 'data') return `data ${readContent(new TextDecoder().decode(event.events))}`;
  return event.kind === 'end' ? `end ${event.end.finish}` : `failed ${event.failure.kind}`;
}

describe('the caller’s limit', () => {
  afterEach(() => void vi.useRealTimers());

  test('a hub that tells for long that it lives is waited for, and its lines are no part of the answer', async () => {
    vi.useFakeTimers();
    const head = JSON.stringify({ node: 'n1', country: 'FR', digest: 'd', decision: DECISION, resumed: null });
    const slow = (offer: JobOffer): Response => {
      const body = new ReadableStream({
        type: 'bytes',
        start: async (controller) => {
          for (let s = 0; s < 100; s += 2) {
            await new Promise((wake) => setTimeout(wake, 2000));
            controller.enqueue(COMMENT_LINE.slice());
          }
          controller.enqueue(bytes(makeChunkWriter(offer.chunk).content('a')));
          const told = { head: JSON.parse(head), end: END, hasText: true, hasThinking: false };
          controller.enqueue(makeLastEvents(offer, told).slice());
          controller.close();
        },
      });
      return new Response(body, { headers: { [HEAD_HEADER]: head } });
    };
    const { run } = openRun(['n1@h1'], { h1: [slow] });
    const answer = follow(run);
    await vi.advanceTimersByTimeAsync(101_000);
    expect(await answer).toEqual(['head n1', 'data a', 'end stop']);
    expect(run.attempts).toBe(1);
  });

  const slowFail = failRecord({ code: 'slow', message: 'the home took longer than the caller waits' });

  test('reached before the first token ends the job with the limit and the remedy, and no other home is asked', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [() => taken(headRecord('n1'), slowFail)] });
    expect(await run.next()).toMatchObject({ kind: 'head' });
    const message = expect.stringMatching(/^No first token within 120 s: 'provider\.max_first_token_s' .* 600 s/);
    expect(await run.next()).toMatchObject({ kind: 'failed', failure: { kind: 'slow', message } });
    expect(asked).toHaveLength(1);
    expect(run.closing).toEqual({ interrupted: 0, isCharged: false });
  });

  test('reached in the middle ends the answer as broken, and no other home goes on', async () => {
    const { run, asked } = openRun(
      ['n1@h1', 'n2@h2'],
      { h1: [() => taken(headRecord('n1'), dataRecord(bytes('a')), slowFail)] },
      { maxSilenceMs: 2500 },
    );
    await run.next();
    await run.next();
    const message = expect.stringContaining("within 2.5 s; 'provider.max_first_token_s'");
    expect(await run.next()).toMatchObject({ kind: 'failed', failure: { kind: 'broken', message } });
    expect(asked).toHaveLength(1);
  });

  test('used up by homes that were lost leaves none to be asked', async () => {
    vi.useFakeTimers();
    const lostLate = async (): Promise<FakePart> => {
      await new Promise((wake) => setTimeout(wake, 2000));
      return taken(headRecord('n1'), failRecord({ code: 'lost' }));
    };
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [lostLate] }, { maxSilenceMs: 2000 });
    const answer = follow(run);
    await vi.advanceTimersByTimeAsync(2100);
    expect(await answer).toEqual(['head n1', 'failed slow']);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.offer).toMatchObject({ maxSilenceMs: 2000, maxFirstTokenMs: 2000 });
  });

  test('that is the usual one grows with the first token that a home is expected to give, up to the most', async () => {
    vi.useFakeTimers();
    const decision = { ...DECISION, ttftMs: 3000 };
    const told = { node: 'n1', country: 'FR', digest: 'd', decision, resumed: null };
    const lostLate = async (): Promise<FakePart> => {
      await new Promise((wake) => setTimeout(wake, 4000));
      return taken({ kind: 'head', head: told }, failRecord({ code: 'slow' }));
    };
    const limits = { maxSilenceMs: 2000, mostFirstTokenMs: 7000 };
    const { run, asked } = openRun(['n1@h1'], { h1: [lostLate] }, limits);
    const answer = run.next().then(() => run.next());
    await vi.advanceTimersByTimeAsync(4100);
    const message = expect.stringMatching(/^No first token within 7 s/);
    expect(await answer).toMatchObject({ kind: 'failed', failure: { kind: 'slow', message } });
    expect(asked[0]?.offer).toMatchObject({ maxFirstTokenMs: 2000, mostFirstTokenMs: 7000 });
  });

  test('while the caller reads slowly nothing of it is used up', async () => {
    vi.useFakeTimers();
    const { run, asked } = openRun(
      ['n1@h1', 'n2@h2'],
      {
        h1: [() => taken(headRecord('n1'), dataRecord(bytes('a')), failRecord({ code: 'lost' }))],
        h2: [() => taken(headRecord('n2', 'same-model'), dataRecord(bytes('b')), endRecord())],
      },
      { maxSilenceMs: 5000 },
    );
    await run.next();
    await run.next();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await follow(run)).toEqual(['head n2', 'data b', 'end stop']);
    expect(asked[1]?.offer.maxFirstTokenMs).toBe(5000);
  });
});
