import { expect, test } from 'vitest';
import { compareRestored, isWhole } from './compare-restored.ts';

const STORED = {
  keys: [
    { id: 'key_open', revokedAt: null },
    { id: 'key_closed', revokedAt: 5 },
    { id: 'key_back', revokedAt: null },
  ],
  isDisabled: false,
  nodes: ['node_1', 'node_2'],
};

test('what is open in D1 and was closed since is found; what D1 does not have is nothing to close', () => {
  const object = { revokedKeys: ['key_back', 'key_closed', 'key_gone'], isDisabled: true, revokedNodes: ['node_2'] };
  const forgotten = compareRestored(object, STORED);
  expect(forgotten).toEqual({ keys: ['key_back'], isDisabled: true, nodes: ['node_2'] });
  expect(isWhole(forgotten)).toBe(false);
});

test('where both say the same nothing is found, nor where D1 has closed more', () => {
  const object = { revokedKeys: ['key_closed'], isDisabled: false, revokedNodes: [] };
  for (const stored of [STORED, { ...STORED, isDisabled: true }])
    expect(isWhole(compareRestored(object, stored))).toBe(true);
});
