import { expect, test } from 'vitest';
import { matchesName, pickByName, plainName, rankName } from './model-names.ts';

test.each([
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a*', 'ab', true],
  ['a*', 'a', true],
  ['*', '', true],
  ['*', 'anything', true],
  ['a*b', 'axb', false],
  ['a', 'a*', false],
  ['llama3', 'llama3', true],
  ['llama3', 'llama3:latest', true],
  ['llama3:latest', 'llama3', true],
  ['llama3', 'llama3:8b', false],
  ['llama3:8b', 'llama3', false],
  ['qwen3', 'qwen3:8b', false],
  ['mock-*', 'mock-3x0', true],
  ['mock-*', 'moc', false],
  ['llama3', 'LLAMA3', false],
  ['llama3', ' llama3', false],
  ['llama3', 'llama3 ', false],
  ['llama3', 'llama3:LATEST', false],
  [':latest', '', false],
])('pattern %j covers name %j: %j', (pattern, name, isCovered) => {
  expect(matchesName(pattern, name)).toBe(isCovered);
});

test('a very name is closer than one with or without :latest, and that closer than a prefix', () => {
  expect([rankName('m', 'm'), rankName('m:latest', 'm'), rankName('m*', 'm'), rankName('n', 'm')]).toEqual([
    0,
    1,
    2,
    null,
  ]);
  const names = ['m*', 'm:latest', '*', 'm'];
  const pick = (name: string): string[] => pickByName(names, (one) => one, name);
  expect([pick('m'), pick('m:latest'), pick('mm'), pickByName(['a'], (one) => one, 'b')]).toEqual([
    ['m'],
    ['m:latest'],
    ['m*', '*'],
    [],
  ]);
});

test('a name without its :latest; what is nothing else stays', () => {
  expect(['m', 'm:latest', 'm:8b', ':latest'].map(plainName)).toEqual(['m', 'm', 'm:8b', ':latest']);
});
