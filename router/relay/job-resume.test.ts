// A job whose home breaks off after tokens, as its edge sees it: who goes on, from what, and what is told and charged.
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import {
  aliveRecord,
  countsOf,
  dataRecord,
  endRecord,
  failRecord,
  headRecord,
  openRun,
  refused,
  taken,
  thinkingRecord,
} from '../test/fake-hubs.ts';
import type { FakePart, FakeRecord } from '../test/fake-hubs.ts';
import { computeDue, openTally } from '../billing/tally-job.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const whole = (node: string) => () =>
  taken(headRecord(node), dataRecord(bytes('a')), dataRecord(bytes('b')), endRecord());
const chunk = (text: string): Uint8Array =>
  bytes(`data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`);
const delivered = countsOf(3, 2, { isFinal: false });
const broken = (fail: Parameters<typeof failRecord>[0] = {}): FakeRecord =>
  failRecord({ code: 'lost', delivered, ...fail });

/** The text that the caller has read. */
async function readAnswer(run: ReadRun): Promise<{ text: string; last: ReadEvent }> {
  let text = '';
  for (;;) {
    const event = await run.next();
    if (event.kind === 'data') text += readContent(new TextDecoder().decode(event.events));
    if (event.kind === 'end' || event.kind === 'failed') return { text, last: event };
  }
}

describe('a home that breaks off after tokens', () => {
  test('another goes on from the text and the token ids, and the caller reads one answer', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('The '), [5]), dataRecord(chunk('fox'), [6, 7]), broken())],
      h2: [() => taken(headRecord('n2', 'exact'), dataRecord(chunk(' ran'), [8]), endRecord())],
    });
    const { text, last } = await readAnswer(run);
    expect(text).toBe('The fox ran');
    expect(asked[1]?.offer).toMatchObject({
      part: 1,
      attempt: 2,
      excludeNodeIds: ['n1'],
      chargePrompt: false,
      interrupted: 1,
      isResumable: true,
      request: { maxTokens: 97 },
      promptBound: 103,
      size: { promptTokens: 53 },
      resume: { text: 'The fox', tokenIds: [5, 6, 7], count: 3, digest: 'd', least: 'same-family' },
    });
    expect(asked[0]?.offer).toMatchObject({ resume: null, interrupted: 0, chargePrompt: true });
    expect(run.resumed).toBe('exact');
    // The prompt once, the output of both, and what an undisturbed answer would have cost.
    expect(last).toMatchObject({ kind: 'end', end: { promptTokens: 3, outputTokens: 4, charge: 11 } });
    expect(run.closing).toBeNull();
  });

  test('a home that tells no ids leaves only the text', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a'), [5]), dataRecord(chunk('b')), broken())],
      h2: [() => taken(headRecord('n2', 'same-model'), endRecord())],
    });
    await readAnswer(run);
    expect(asked[1]?.offer.resume).toMatchObject({ text: 'ab', tokenIds: null, count: 2 });
  });

  test('a hub that vanished settles nothing for the caller: the next part charges the prompt', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a'), [5]))],
      h2: [() => taken(headRecord('n2', 'exact'), dataRecord(chunk('b'), [6]), endRecord(countsOf(3, 1)))],
    });
    const { text, last } = await readAnswer(run);
    expect(text).toBe('ab');
    expect(asked[1]?.offer).toMatchObject({ interrupted: 0, chargePrompt: true, resume: { count: 1 } });
    expect(last).toMatchObject({ end: { outputTokens: 2, charge: 5 } });
  });

  test('the least faithful way of all is told', async () => {
    const { run } = openRun(['n1@h1', 'n2@h2', 'n3@h3'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())],
      h2: [() => taken(headRecord('n2', 'same-family'), dataRecord(chunk('b')), broken())],
      h3: [() => taken(headRecord('n3', 'same-model'), endRecord())],
    });
    await readAnswer(run);
    expect(run.resumed).toBe('same-family');
    expect(run.attempts).toBe(3);
  });

  test('the third home is the last: when it breaks off the answer ends with an error, and its hub has settled it', async () => {
    const part = (node: string) => () => taken(headRecord(node), dataRecord(chunk('a')), broken({ delivered: null }));
    const { run, asked } = openRun(['n1@h1', 'n2@h2', 'n3@h3', 'n4@h4'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('a')), broken())],
      h3: [part('n3')],
    });
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(asked.map(({ offer }) => offer.isResumable)).toEqual([true, true, false]);
    expect(run.closing).toEqual({ interrupted: 2, isCharged: false });
  });

  test('where nobody can go on at once, somebody is waited for', async () => {
    const { run } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())],
      h2: [
        () => refused({ code: 'busy', retryAfterMs: 300 }),
        () => taken(headRecord('n2', 'same-model'), dataRecord(chunk('b')), endRecord()),
      ],
    });
    expect((await readAnswer(run)).text).toBe('ab');
  });

  test('where nobody can go on the account is told that nothing is owed', async () => {
    const { run } = openRun(['n1@h1'], { h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())] });
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(run.closing).toEqual({ interrupted: 1, isCharged: false });
  });

  test('a caller who wants no other home gets the error', async () => {
    const { run, asked } = openRun(
      ['n1@h1', 'n2@h2'],
      { h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken({ delivered: null }))], h2: [whole('n2')] },
      { least: null },
    );
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.offer.isResumable).toBe(false);
  });

  test.each(['preempted', 'slow', 'expired'] as const)(
    'and pays for what it has read where its hub charges it (%s): the hub has the last word, the account is told nothing',
    async (code) => {
      const charged = failRecord({ code, isCharged: true, delivered: null });
      const { run, asked } = openRun(
        ['n1@h1', 'n2@h2'],
        { h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), charged)], h2: [whole('n2')] },
        { least: null },
      );
      expect((await readAnswer(run)).last).toMatchObject({ failure: { kind: 'broken', isCharged: true } });
      expect(run.closing).toBeNull();
      expect(asked.map(({ offer }) => offer.isResumeOff)).toEqual([true]);
    },
  );

  test('an answer past 256 KB goes on nowhere', async () => {
    const long = chunk('x'.repeat(300 * 1024));
    const { run } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(long), broken())],
      h2: [whole('n2')],
    });
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(run.closing).toEqual({ interrupted: 1, isCharged: false });
  });

  test('where only the last word is missing the answer is whole, and charged', async () => {
    const { run, asked } = openRun(
      ['n1@h1', 'n2@h2'],
      { h1: [() => taken(headRecord('n1'), dataRecord(chunk('ab'), [5, 6]), broken())] },
      { maxTokens: 2 },
    );
    const { last } = await readAnswer(run);
    expect(last).toMatchObject({ kind: 'end', end: { finish: 'length', outputTokens: 2, charge: 7 } });
    expect(asked).toHaveLength(1);
    expect(run.closing).toEqual({ interrupted: 1, isCharged: true });
  });

  test('a second home that gives nothing costs nothing, and a third goes on', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2', 'n3@h3'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())],
      h2: [() => taken(headRecord('n2', 'same-model'), failRecord({ code: 'first-token-timeout' }))],
      h3: [() => taken(headRecord('n3', 'same-model'), dataRecord(chunk('b')), endRecord())],
    });
    expect((await readAnswer(run)).text).toBe('ab');
    expect(asked.map(({ offer }) => [offer.part, offer.interrupted])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
    ]);
  });

  test('a caller who leaves between two homes is charged for what was delivered', async () => {
    const { run } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken())],
      h2: [
        () => {
          run.abort();
          return Promise.reject(new Error('gone'));
        },
      ],
    });
    await readAnswer(run);
    expect(run.closing).toEqual({ interrupted: 1, isCharged: true });
  });
});

describe('a home that breaks off while it thinks', () => {
  const thought = (): FakeRecord =>
    thinkingRecord(bytes('data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n'));
  const thinkingPart = countsOf(3, 2, { isFinal: false });
  const fail = (): FakeRecord => broken({ delivered: { ...thinkingPart, thinkingTokens: 2 } });

  test('another begins anew with what is left of the limit; both are counted, and the prompt once', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1', null, 'd1'), thought(), thought(), fail())],
      h2: [
        () =>
          taken(
            headRecord('n2', null, 'd2'),
            thought(),
            dataRecord(chunk('So')),
            endRecord({ ...countsOf(3, 2, { promptTokens: 0 }), thinkingTokens: 1 }),
          ),
      ],
    });
    const { text, last } = await readAnswer(run);
    expect(text).toBe('So');
    expect(asked[1]?.offer).toMatchObject({
      resume: null,
      isBegun: true,
      request: { maxTokens: 98 },
      promptBound: 100,
      chargePrompt: false,
      interrupted: 1,
      isResumable: true,
    });
    expect(asked[0]?.offer.isBegun).toBe(false);
    expect(last).toMatchObject({
      kind: 'end',
      end: { promptTokens: 3, outputTokens: 4, thinkingTokens: 3, charge: 3 + 2 * 4 },
    });
    expect(run.resumed).toBeNull();
    expect(run.attempts).toBe(2);
  });

  test('a third goes on with the text of a second that did not think, from its weights', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2', 'n3@h3'], {
      h1: [() => taken(headRecord('n1', null, 'd1'), thought(), fail())],
      h2: [() => taken(headRecord('n2', null, 'd2'), dataRecord(chunk('a'), [5]), broken())],
      h3: [() => taken(headRecord('n3', 'same-model', 'd2'), dataRecord(chunk('b')), endRecord())],
    });
    expect((await readAnswer(run)).text).toBe('ab');
    expect(asked[2]?.offer).toMatchObject({
      resume: { text: 'a', tokenIds: [5], count: 1, digest: 'd2' },
      request: { maxTokens: 98 },
    });
  });

  test('once it has begun its text nobody goes on: the answer is broken, and free', async () => {
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), thought(), dataRecord(chunk('So')), broken({ delivered: null }))],
      h2: [whole('n2')],
    });
    const { text, last } = await readAnswer(run);
    expect(text).toBe('So');
    expect(last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(asked).toHaveLength(1);
    expect(run.closing).toEqual({ interrupted: 0, isCharged: false });
  });

  test('for a caller who wants no other home it is broken', async () => {
    const hubs = { h1: [() => taken(headRecord('n1'), thought(), broken({ delivered: null }))], h2: [whole('n2')] };
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], hubs, { least: null });
    expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken' } });
    expect(asked).toHaveLength(1);
  });

  test('with the limit used up, the answer is whole, and empty', async () => {
    const hubs = { h1: [() => taken(headRecord('n1'), thought(), thought(), fail())] };
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], hubs, { maxTokens: 2 });
    const { text, last } = await readAnswer(run);
    expect(text).toBe('');
    expect(last).toMatchObject({
      kind: 'end',
      end: { finish: 'length', outputTokens: 2, thinkingTokens: 2, charge: 7 },
    });
    expect(asked).toHaveLength(1);
    expect(run.closing).toEqual({ interrupted: 1, isCharged: true });
  });

  test('what a vanished hub has not settled is counted as thinking too', async () => {
    const { run } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), thought(), thought())],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('So')), endRecord(countsOf(3, 1)))],
    });
    expect((await readAnswer(run)).last).toMatchObject({ end: { outputTokens: 3, thinkingTokens: 2, charge: 5 } });
  });
});

test('what the edge tells is what the account charges, whatever homes gave the answer and however they round', async () => {
  const price = fc.nat(3_000_000);
  const part = fc.record({
    priceIn: price,
    priceOut: price,
    prompt: fc.nat(5000),
    output: fc.integer({ min: 1, max: 5000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), fc.nat(9000), async (parts, resumedTokens) => {
      const bills = parts.map(({ priceIn, priceOut, prompt, output }, i) => {
        const isFinal = i === parts.length - 1;
        return countsOf(prompt, output, {
          part: i,
          isFinal,
          priceIn,
          priceOut,
          promptTokens: i === 0 ? prompt : 0,
          ...(isFinal && { interrupted: i, resumedTokens: i > 0 ? resumedTokens : null }),
        });
      });
      const hubs = bills.map((counts, i) => {
        const last = counts.bill.isFinal ? endRecord(counts) : broken({ delivered: counts });
        return [
          `h${i}`,
          [() => taken(headRecord(`n${i}`, i > 0 ? 'exact' : null), dataRecord(chunk('a')), last)],
        ] as const;
      });
      const { run } = openRun(
        bills.map((_, i) => `n${i}@h${i}`),
        Object.fromEntries(hubs),
      );
      const { last } = await readAnswer(run);
      const tally = { ...openTally(1, { charge: 0, parts: 0 }), parts: bills.map(({ bill }) => bill).toReversed() };
      expect(last).toMatchObject({ kind: 'end', end: { charge: computeDue(tally, 0) } });
    }),
    { numRuns: 100 },
  );
});

describe('a hub that has stopped itself', () => {
  afterEach(() => void vi.useRealTimers());

  /** A hub that does this and then nothing, without an end. */
  const hanging =
    (...records: FakeRecord[]) =>
    (): FakePart => ({ records, headers: {}, isHanging: true });

  test('in the middle of an answer is left after 5 s of silence, and another goes on', async () => {
    vi.useFakeTimers();
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [hanging(headRecord('n1'), dataRecord(chunk('a')))],
      h2: [() => taken(headRecord('n2', 'same-model'), dataRecord(chunk('b')), endRecord())],
    });
    const answer = readAnswer(run);
    await vi.advanceTimersByTimeAsync(4900);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2200);
    expect((await answer).text).toBe('ab');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('having told that it lives is left 5 s after it stops telling', async () => {
    vi.useFakeTimers();
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [hanging(headRecord('n1'), aliveRecord)],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), endRecord())],
    });
    const answer = readAnswer(run);
    await vi.advanceTimersByTimeAsync(4900);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1600);
    expect((await answer).text).toBe('b');
    // What the first home has used of the caller's patience is gone.
    expect(asked[1]?.offer.maxFirstTokenMs).toBeLessThanOrEqual(115_000);
    expect(asked[1]?.offer.maxSilenceMs).toBe(120_000);
  });

  test('before it answers an ask is passed over after 5 s, and its part number is used up', async () => {
    vi.useFakeTimers();
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => new Promise<Response>(() => undefined)],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), endRecord())],
    });
    const answer = readAnswer(run);
    await vi.advanceTimersByTimeAsync(5100);
    expect((await answer).text).toBe('b');
    expect(asked.map(({ offer }) => offer.part)).toEqual([0, 1]);
  });

  test('leaves no timer behind when its caller leaves', async () => {
    vi.useFakeTimers();
    const { run } = openRun(['n1@h1'], { h1: [hanging(headRecord('n1'), dataRecord(chunk('a')))] });
    await run.next();
    await run.next();
    void run.next();
    await vi.advanceTimersByTimeAsync(10);
    run.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});
