import { expect, test } from 'vitest';
import { matchName } from './match-name.ts';

test.each([
  ['llama3', 'llama3', true],
  ['llama3', 'llama3:latest', true],
  ['llama3', 'llama3:8b', false],
  ['mock-*', 'mock-3x0', true],
  ['mock-*', 'moc', false],
  ['qwen3', 'qwen3:8b', false],
  ['*', 'anything', true],
])('choice %s and name %s: %s', (choice, name, matches) => {
  expect(matchName(choice, name)).toBe(matches);
});
