import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeLog } from '../log.ts';
import { ModelChoice } from './model-choice.ts';

const log = makeLog({ json: false, write: () => undefined, now: Date.now });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-choice-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('without a choice all is lent, but for what was switched off, over a restart too', async () => {
  const choice = await ModelChoice.open(folder, null, log);
  await choice.switch('llama3.2:latest', false);
  const again = await ModelChoice.open(folder, null, log);
  expect([again.names, again.isWithheld('llama3.2'), again.isWithheld('gemma')]).toEqual([null, true, false]);
  await again.switch('llama3.2:latest', true);
  expect(again.isWithheld('llama3.2')).toBe(false);
  expect((await ModelChoice.open(folder, null, log)).names).toBe(null);
});

test('what the choice leaves out can be switched on beside it, and off again', async () => {
  const choice = await ModelChoice.open(folder, ['qwen*'], log);
  await choice.switch('llama3.2', true);
  await choice.switch('qwen3', true);
  expect(choice.names).toEqual(['qwen*', 'llama3.2']);
  await choice.switch('llama3.2', false);
  await choice.switch('qwen3', false);
  expect([choice.names, choice.isWithheld('llama3.2'), choice.isWithheld('qwen3')]).toEqual([['qwen*'], true, true]);
});
