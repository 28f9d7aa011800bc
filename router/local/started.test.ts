import { expect, test } from 'vitest';
import { Started } from './started.ts';

test('what was begun last ends first, each once, and one that fails keeps none from ending', async () => {
  const ended: string[] = [];
  const started = new Started();
  started.add(() => void ended.push('folder'));
  started.add(async () => Promise.reject(new Error('stuck')));
  started.add(async () => void ended.push('home'));
  await Promise.all([started.end(), started.end()]);
  expect(ended).toEqual(['home', 'folder']);
});

test('what begins while everything ends is ended too', async () => {
  const ended: string[] = [];
  const started = new Started();
  const ending = started.end();
  expect(started.isEnding).toBe(true);
  started.add(() => void ended.push('late'));
  await ending;
  await started.end();
  expect(ended).toEqual(['late']);
});
