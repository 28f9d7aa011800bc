import { expect, test } from 'vitest';
import { CHAT_REQUEST } from '../test/make-job-offer.ts';
import { FaultMemory } from './fault-memory.ts';
import { hashPrompt } from './judge-fault.ts';

const MINUTE_MS = 60_000;
let jobs = 0;
const fault = (accountId: string, prompt: string, at = 0) => ({ jobId: `job_${jobs++}`, accountId, prompt, at });

test('one caller’s failures, or one prompt’s, are never the home’s', () => {
  const memory = new FaultMemory();
  for (let i = 0; i < 20; i++) expect(memory.note('n', fault('a', `p${i}`))).toBe(false);
  const other = new FaultMemory();
  for (const account of ['a', 'b', 'c', 'd', 'e']) expect(other.note('n', fault(account, 'same'))).toBe(false);
  expect(other.count('n', 1)).toEqual({ lastHour: 5, heldAgainst: 0 });
});

test('different callers with different prompts show the home, and each failure after that too', () => {
  const memory = new FaultMemory();
  expect(memory.note('n', fault('a', 'p'))).toBe(false);
  expect(memory.note('m', fault('b', 'q'))).toBe(false);
  expect(memory.note('n', fault('b', 'q'))).toBe(true);
  expect(memory.note('n', fault('b', 'r'))).toBe(true);
  expect(memory.count('n', 1)).toEqual({ lastHour: 3, heldAgainst: 2 });
});

test('a good answer in between shows that it was the prompts', () => {
  const memory = new FaultMemory();
  memory.note('n', fault('a', 'p'));
  memory.clear('n');
  memory.clear('never seen');
  expect(memory.note('n', fault('b', 'q'))).toBe(false);
  expect(memory.count('n', 1)).toEqual({ lastHour: 2, heldAgainst: 0 });
});

test('failures that lie far apart have nothing to do with each other, and an hour later none is counted', () => {
  const memory = new FaultMemory();
  memory.note('n', fault('a', 'p', 0));
  expect(memory.note('n', fault('b', 'q', 11 * MINUTE_MS))).toBe(false);
  expect(memory.count('n', 65 * MINUTE_MS)).toEqual({ lastHour: 1, heldAgainst: 0 });
});

test('a job that failed at another home too is counted, held against nobody, and speaks for no later one', () => {
  const memory = new FaultMemory();
  expect(memory.note('n', fault('a', 'p'), true)).toBe(false);
  expect(memory.note('n', fault('b', 'q'))).toBe(false);
  expect(memory.count('n', 1)).toEqual({ lastHour: 2, heldAgainst: 0 });
});

test('what is learned later takes back what was held against a home', () => {
  const memory = new FaultMemory();
  memory.note('n', fault('a', 'p'));
  const poison = fault('b', 'q');
  expect(memory.note('n', poison)).toBe(true);
  expect(memory.forgive('n', poison.jobId)).toBe(true);
  expect(memory.forgive('n', poison.jobId)).toBe(false);
  expect(memory.forgive('never seen', poison.jobId)).toBe(false);
  expect(memory.count('n', 1)).toEqual({ lastHour: 2, heldAgainst: 0 });
  expect(memory.note('n', fault('a', 'r'))).toBe(false);
});

test('the memory of a home is bounded', () => {
  const memory = new FaultMemory();
  for (let i = 0; i < 1000; i++) memory.note('n', fault('a', `p${i}`));
  expect(memory.count('n', 1).lastHour).toBeLessThanOrEqual(256);
});

test('a prompt is the same whatever seed and limits come with it, and another where a word differs', () => {
  const one = hashPrompt(CHAT_REQUEST);
  expect(hashPrompt({ ...CHAT_REQUEST, seed: 77, maxTokens: 1, temperature: 0 })).toBe(one);
  expect(hashPrompt({ ...CHAT_REQUEST, messages: [{ role: 'user', content: 'hello!' }] })).not.toBe(one);
  expect(one).toMatch(/^0x[0-9a-f]{16}$/);
});
