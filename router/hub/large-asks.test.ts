import { expect, test } from 'vitest';
import { LargeAsks } from './large-asks.ts';

const MIB = 1024 * 1024;

/** Asks that are answered when they are told to. */
function openAsks() {
  const asks = new LargeAsks(10 * MIB);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const ask = (bytes: number): Promise<Response> =>
    asks.run(bytes, () => {
      begun.push(bytes);
      return new Promise((resolve) => void ends.push(() => resolve(new Response('taken'))));
    });
  return { ask, begun, ends };
}

test('a large ask that finds no room is told that the hub is busy, and is not read', async () => {
  const { ask, begun, ends } = openAsks();
  const first = ask(8 * MIB);
  const second = await ask(3 * MIB);
  expect(second.status).toBe(409);
  expect(await second.json()).toMatchObject({ code: 'busy', capacity: null, retryAfterMs: 1000 });
  expect(begun).toEqual([8 * MIB]);
  ends[0]?.();
  expect((await first).status).toBe(200);
  void ask(3 * MIB);
  expect(begun).toEqual([8 * MIB, 3 * MIB]);
});

test('short asks, and the only large one, find room always', () => {
  const { ask, begun } = openAsks();
  void ask(11 * MIB);
  void ask(1000);
  void ask(Number.NaN);
  expect(begun).toHaveLength(3);
});

test('an ask that breaks gives its room back', async () => {
  const asks = new LargeAsks(10 * MIB);
  await expect(asks.run(9 * MIB, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  expect((await asks.run(9 * MIB, () => Promise.resolve(new Response('taken')))).status).toBe(200);
});
