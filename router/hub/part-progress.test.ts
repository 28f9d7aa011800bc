import { expect, test } from 'vitest';
import { openRunningPart } from '../test/open-part.ts';
import { NOTE_EVERY_MS } from './bound-lost.ts';

test('a part that runs long is noted every ten seconds, a short one never', async () => {
  const { part, say } = await openRunningPart();
  say('a', 20);
  expect(part.takeProgress(NOTE_EVERY_MS - 1)).toBeNull();
  say('b', 30);
  expect(part.takeProgress(NOTE_EVERY_MS)).toBe(2);
  expect(part.takeProgress(NOTE_EVERY_MS + 1)).toBeNull();
  say('c', NOTE_EVERY_MS + 2, 3);
  expect(part.takeProgress(2 * NOTE_EVERY_MS)).toBe(5);
});

test('nothing is noted of a part without output, nor of one that has ended', async () => {
  const { part, say } = await openRunningPart();
  expect(part.takeProgress(NOTE_EVERY_MS)).toBeNull();
  say('a', NOTE_EVERY_MS + 1);
  part.onLost(NOTE_EVERY_MS + 2);
  expect(part.takeProgress(3 * NOTE_EVERY_MS)).toBeNull();
});

test('no more tokens are noted than the relayed bytes can hold', async () => {
  const { part, say } = await openRunningPart();
  say('a', 20, 100_000);
  const noted = part.takeProgress(NOTE_EVERY_MS);
  expect(noted).toBeLessThan(1000);
  expect(noted).toBeGreaterThan(0);
});
