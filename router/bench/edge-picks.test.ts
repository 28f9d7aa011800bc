// What the bench of picks counts, and the network that it picks in.
import { expect, test } from 'vitest';
import { parseRow, packRow, packSummary, parseSummary } from '../../schema/presence.ts';
import { embeddedExecutor } from '../local/redis-executor.ts';
import { CountingExecutor, makeChanges, measureEdge } from './edge-picks.ts';

test('commands of a pipeline are counted one by one, and the pipeline as one trip', async () => {
  const executor = new CountingExecutor(embeddedExecutor());
  expect(
    await executor.run([
      ['HSET', 'a', 'b', 'c'],
      ['HGETALL', 'a'],
    ]),
  ).toEqual([1, ['b', 'c']]);
  await executor.run([['DEL', 'a']]);
  expect([executor.commands, executor.trips]).toEqual([3, 2]);
  await executor.close();
});

test('hubs of the bench have names of their own and write what can be read', () => {
  const changes = makeChanges(20, 1000);
  expect(new Set(changes.map(({ hub }) => hub)).size).toBe(20);
  for (const { rows, summary } of changes) {
    expect(summary && parseSummary(packSummary(summary)).ok).toBe(true);
    for (const row of rows) expect(parseRow(packRow(row)).ok).toBe(true);
  }
});

test('a cold pick asks the store once in a network of few hubs, and a warm one does not ask at all', async () => {
  // Four areas, and the first hubs of each, six of the nearest.
  expect(await measureEdge(6)).toMatchObject({ hubs: 6, coldCommands: 13, coldTrips: 1, warmCommands: 0 });
});
