// Who pays for what a home reads that goes on with an answer, where the homes before it were paid nothing.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { countsOf, dataRecord, endRecord, failRecord, headRecord, openRun, taken } from '../test/fake-hubs.ts';
import type { FakeRecord } from '../test/fake-hubs.ts';
import type { ReadRun } from '../test/read-as-caller.ts';

// A line for each part that breaks off.
beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());

const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' }, true);
const chunk = (text: string): Uint8Array => new TextEncoder().encode(writer.content(text));
const broken = (fail: Partial<Parameters<typeof failRecord>[0]>): FakeRecord => failRecord({ code: 'lost', ...fail });

async function readAnswer(run: ReadRun): Promise<void> {
  for (;;) {
    const { kind } = await run.next();
    if (kind === 'end' || kind === 'failed') return;
  }
}

describe('a home that breaks off after tokens', () => {
  test.each([
    ['a home of the caller’s own, which is free', { priceIn: 0, priceOut: 0 }],
    ['a home that counted none of the prompt', { promptTokens: 0 }],
    ['a home that counted less of the prompt than it surely has', { promptTokens: 9 }],
  ])('after %s the next part charges the prompt', async (_, bill) => {
    const first = countsOf(30, 1, { isFinal: false, ...bill });
    const { run, asked } = openRun(
      ['n1@h1', 'n2@h2', 'n3@h3'],
      {
        h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken({ delivered: first }))],
        h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), broken({ delivered: countsOf(30, 1) }))],
        h3: [() => taken(headRecord('n3'), dataRecord(chunk('c')), endRecord())],
      },
      { leastPromptTokens: 10 },
    );
    await readAnswer(run);
    expect(asked.map(({ offer }) => offer.chargePrompt)).toEqual([true, true, false]);
    expect(asked[1]?.offer.interrupted).toBe(1);
  });

  test('what a home of the caller’s own wrote for nothing is paid by nobody until the next one has read it', async () => {
    const own = countsOf(30, 40, { priceIn: 0, priceOut: 0, isFinal: false });
    const { run, asked } = openRun(['n1@h1', 'n2@h2', 'n3@h3'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken({ delivered: own }))],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), broken({ delivered: countsOf(70, 1) }))],
      h3: [() => taken(headRecord('n3'), dataRecord(chunk('c')), endRecord())],
    });
    await readAnswer(run);
    expect(asked.map(({ offer }) => offer.resumePaid)).toEqual([undefined, 0, 1]);
  });

  test('nor what a home left out of its count: it is reckoned with at the next one, which charges it', async () => {
    const text = 'word '.repeat(200);
    const first = countsOf(30, 0, { isFinal: false });
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk(text), []), broken({ delivered: first }))],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), endRecord())],
    });
    await readAnswer(run);
    const offer = asked[1]?.offer;
    expect(offer).toMatchObject({ chargePrompt: true, resumePaid: 0 });
    expect(offer?.resume?.count).toBeGreaterThanOrEqual(200);
    expect(offer?.promptBound).toBe(100 + (offer?.resume?.count ?? 0));
  });
});

test('where another answer of the same call charges the prompt no part of this one does', async () => {
  const own = countsOf(30, 40, { priceIn: 0, priceOut: 0, isFinal: false });
  const { run, asked } = openRun(
    ['n1@h1', 'n2@h2'],
    {
      h1: [() => taken(headRecord('n1'), dataRecord(chunk('a')), broken({ delivered: own }))],
      h2: [() => taken(headRecord('n2'), dataRecord(chunk('b')), endRecord())],
    },
    { isPromptShared: true },
  );
  await readAnswer(run);
  expect(asked.map(({ offer }) => offer.chargePrompt)).toEqual([false, false]);
});
