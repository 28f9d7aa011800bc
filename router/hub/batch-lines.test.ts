import { expect, test } from 'vitest';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import { BatchLines } from './batch-lines.ts';

const RETRY_MS = 100;

/** Lines to accounts that take what `answer` says; the batches that were sent, by their account. */
function openLines(answer: (key: string, name: string) => boolean | 'away' = () => true) {
  const sent: { key: string; number: number; names: string[]; batch: SettlementBatch }[] = [];
  const away: string[] = [];
  const clock = { now: 0, number: 0 };
  const lines = new BatchLines<boolean>({
    hub: 'hub:weur:0',
    nextNumber: () => (clock.number += 7),
    send: async (key, batch) => {
      const names = batch.settlements.map(({ jobId }) => jobId);
      sent.push({ key, number: batch.number, names, batch });
      if (names.some((name) => answer(key, name) === 'away')) throw new Error('away');
      return names.map((name) => answer(key, name) === true);
    },
    isTaken: (taken) => taken,
    onAway: (key) => void away.push(key),
    retryMs: RETRY_MS,
    now: () => clock.now,
  });
  const add = (key: string, name: string): void =>
    lines.add(key, { ticketHash: name, settlement: { jobId: name } as SettlementJson });
  const send = async (most = 32): Promise<string[]> => (await lines.send(most)).map(({ part }) => part.ticketHash);
  return { lines, sent, away, clock, add, send };
}

test('what is due goes in one numbered batch to each account, and numbers rise', async () => {
  const { sent, add, send, lines } = openLines();
  for (const [key, name] of [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ] as const)
    add(key, name);
  expect(await send()).toEqual(['1', '3', '2']);
  add('a', '4');
  expect(await send()).toEqual(['4']);
  expect(sent).toMatchObject([
    { key: 'a', number: 7, names: ['1', '3'], batch: { hub: 'hub:weur:0' } },
    { key: 'b', number: 14, names: ['2'] },
    { key: 'a', number: 21, names: ['4'] },
  ]);
  expect(lines.size).toBe(0);
});

test('at most so many parts leave in one turn, in their order, and whoever was served last goes first', async () => {
  const { add, send } = openLines();
  for (let i = 0; i < 40; i++) add('a', `a${i}`);
  for (let i = 0; i < 10; i++) add('b', `b${i}`);
  const first = await send();
  expect(first).toEqual(Array.from({ length: 32 }, (_, i) => `a${i}`));
  const second = await send();
  expect(second).toHaveLength(18);
  expect(second.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `b${i}`));
  expect(second.slice(10)).toEqual(Array.from({ length: 8 }, (_, i) => `a${32 + i}`));
});

test('a batch that was not acknowledged comes again with its number and content, whatever came meanwhile; nobody else waits for it', async () => {
  let isAway = true;
  const { sent, away, clock, add, send } = openLines((key) => (key === 'a' && isAway ? 'away' : true));
  add('a', '1');
  add('b', '2');
  expect(await send()).toEqual(['2']);
  add('a', '3');
  add('b', '4');
  expect(await send()).toEqual(['4']);
  clock.now += RETRY_MS;
  isAway = false;
  expect(await send()).toEqual(['1']);
  expect(await send()).toEqual(['3']);
  const toA = sent.filter(({ key }) => key === 'a');
  expect(toA.map(({ number, names }) => [number, names])).toEqual([
    [7, ['1']],
    [7, ['1']],
    [28, ['3']],
  ]);
  expect(toA[0]?.batch).toBe(toA[1]?.batch);
  expect(away).toEqual(['a']);
});

test('a part that is never taken stands aside, ever longer, and the others of its account go on', async () => {
  const { sent, clock, add, send, lines } = openLines((_, name) => name !== 'stuck');
  add('a', 'stuck');
  for (let i = 0; i < 200; i++) add('a', String(i));
  let taken = 0;
  for (let turn = 0; turn < 7; turn++) taken += (await send()).length;
  expect(taken).toBe(200);
  expect(lines.isDue(clock.now)).toBe(false);
  for (clock.now = 0; clock.now < 10_000; clock.now += 10) if (lines.isDue(clock.now)) await send();
  // At 0, 100, 300, 700, 1,500, 3,100 and 6,300 ms.
  expect(sent.filter(({ names }) => names.includes('stuck'))).toHaveLength(7);
  expect(lines.size).toBe(1);
});

test('while a batch is under way no other one leaves to its account', async () => {
  const { sent, add, send } = openLines();
  add('a', '1');
  const first = send();
  add('a', '2');
  expect(await send()).toEqual([]);
  await first;
  expect(await send()).toEqual(['2']);
  expect(sent.map(({ names }) => names)).toEqual([['1'], ['2']]);
});
