// A part that its hub had settled as complete, and whose last words were lost with that hub's memory: its charge stands, and the caller is told it.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { concatBytes, fromHex } from '../../schema/bytes.ts';
import { readContent } from '../../schema/read-chunks.ts';
import type { PartTold } from '../../schema/records.ts';
import {
  aliveRecord,
  countsOf,
  dataRecord,
  END,
  endRecord,
  failRecord,
  headRecord,
  openRun,
  taken,
} from '../test/fake-hubs.ts';
import type { FakePart, FakeRecord } from '../test/fake-hubs.ts';
import type { ReadEvent, ReadRun } from '../test/read-as-caller.ts';

const SALT = `0x${'5a'.repeat(32)}` as const;
const chunk = (text: string): Uint8Array =>
  new TextEncoder().encode(`data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`);
/** 3 tokens of prompt and 4 of output, at one and two units. */
const COUNTS = countsOf(3, 4);
const CHARGE = 11;

/** A part of these texts that was settled; `arrived` are those that its edge got. */
function settled(texts: readonly string[], arrived: readonly FakeRecord[], counts = COUNTS): FakePart {
  const hash = createHash('sha256')
    .update(concatBytes([fromHex(SALT), ...texts.map(chunk)]))
    .digest('hex');
  const end = { ...END, ...counts, finish: 'stop', receiptHash: null } as const;
  const later: PartTold = { kind: 'settled', end, charge: CHARGE, digest: { salt: SALT, hash: `0x${hash}` } };
  return { ...taken(headRecord('n1'), ...arrived), later };
}

async function readAnswer(run: ReadRun): Promise<{ text: string; last: ReadEvent }> {
  let text = '';
  for (;;) {
    const event = await run.next();
    if (event.kind === 'data') text += readContent(new TextDecoder().decode(event.events));
    if (event.kind === 'end' || event.kind === 'failed') return { text, last: event };
  }
}

test('one of which all has arrived ends the answer with what its hub had settled, and nobody else is asked', async () => {
  const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
    h1: [() => settled(['The ', 'fox'], [dataRecord(chunk('The ')), aliveRecord, dataRecord(chunk('fox'))])],
  });
  const { text, last } = await readAnswer(run);
  expect(text).toBe('The fox');
  expect(last).toMatchObject({
    kind: 'end',
    end: { promptTokens: 3, outputTokens: 4, charge: CHARGE, finish: 'stop' },
  });
  expect(asked).toHaveLength(1);
});

test('of one of which something is missing another home goes on, and the caller is told what is charged in any case', async () => {
  const { run, asked } = openRun(['n1@h1', 'n2@h2'], {
    h1: [() => settled(['The ', 'fox', ' ran'], [dataRecord(chunk('The '))])],
    h2: [() => taken(headRecord('n2', 'same-model'), dataRecord(chunk('fox')), endRecord(countsOf(0, 2)))],
  });
  const { text, last } = await readAnswer(run);
  expect(text).toBe('The fox');
  expect(asked[1]?.offer).toMatchObject({ interrupted: 0, before: { settled: [], booked: CHARGE } });
  expect(last).toMatchObject({ kind: 'end', end: { charge: CHARGE } });
});

test('beside others that are charged it counts as one of them', async () => {
  const delivered = countsOf(3, 2, { isFinal: false });
  const { run, asked } = openRun(['n0@h0', 'n1@h1', 'n2@h2'], {
    h0: [() => taken(headRecord('n0'), dataRecord(chunk('Oh ')), failRecord({ code: 'lost', delivered }))],
    h1: [() => settled(['The ', 'fox'], [dataRecord(chunk('The '))], countsOf(0, 4))],
    h2: [() => taken(headRecord('n2', 'same-model'), dataRecord(chunk('fox')), endRecord(countsOf(0, 1)))],
  });
  const { last } = await readAnswer(run);
  expect(asked[2]?.offer).toMatchObject({
    interrupted: 2,
    before: { settled: [{ outputTokens: 2 }, { outputTokens: 4 }] },
  });
  expect(last).toMatchObject({ kind: 'end', end: { charge: 3 + 2 * (2 + 4 + 1) } });
});

test('one whose bytes nobody wrote down the hash of goes on elsewhere like one of which something is missing', async () => {
  const part = settled(['all'], [dataRecord(chunk('all'))]);
  const later = { ...part.later, digest: null } as PartTold;
  const { run } = openRun(['n1@h1', 'n2@h2'], {
    h1: [() => ({ ...part, later })],
    h2: [() => taken(headRecord('n2', 'same-model'), endRecord(countsOf(0, 0)))],
  });
  expect((await readAnswer(run)).last).toMatchObject({ kind: 'end', end: { charge: CHARGE } });
});

test('one that nobody goes on with is told to be charged, as it is', async () => {
  const { run } = openRun(
    ['n1@h1'],
    { h1: [() => settled(['The ', 'fox'], [dataRecord(chunk('The '))])] },
    { resumeWaitMs: 5 },
  );
  expect((await readAnswer(run)).last).toMatchObject({ kind: 'failed', failure: { kind: 'broken', isCharged: true } });
});
