import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectLog } from '../test/collect-log.ts';
import { DiskWatch, LEAST_FREE_BYTES } from './disk-watch.ts';

let folder = '';
let watch: DiskWatch | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-disk-'));
});
afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(readFree?: () => Promise<number>, retryMs?: number): { watch: DiskWatch; told: boolean[] } {
  const told: boolean[] = [];
  watch = new DiskWatch({
    folder,
    log: collectLog().log,
    onChange: (isFull) => void told.push(isFull),
    ...(readFree ? { readFree } : {}),
    ...(retryMs ? { retryMs } : {}),
  });
  return { watch, told };
}

test('a disk with room is not spoken of, and nothing is left on it', async () => {
  const { watch, told } = open();
  await watch.check();
  expect([told, readdirSync(folder)]).toEqual([[], []]);
});

test('a disk that runs full pauses the home once, and room gives it back', async () => {
  let free = LEAST_FREE_BYTES - 1;
  const { watch, told } = open(() => Promise.resolve(free));
  await watch.check();
  await watch.check();
  free = LEAST_FREE_BYTES;
  await watch.check();
  expect([told, readdirSync(folder)]).toEqual([[true, false], []]);
});

test('a receipt that could not be stored pauses the home until something can be stored again', async () => {
  const { watch, told } = open();
  watch.noteFailure();
  rmSync(folder, { recursive: true });
  await watch.check();
  expect(told).toEqual([true]);
});

test('it looks again by itself', async () => {
  const { watch, told } = open(undefined, 5);
  watch.noteFailure();
  await expect.poll(() => told).toEqual([true, false]);
});

test('a disk that does not tell its room counts as one that has some', async () => {
  const { watch, told } = open(() => Promise.reject(new Error('not here')));
  await watch.check();
  expect(told).toEqual([]);
});
