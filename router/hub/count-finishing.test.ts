import { expect, test } from 'vitest';
import { countFinishing } from './count-finishing.ts';

const socket = (nodeId: string, isReplaced: boolean, size: number) => ({
  facts: { nodeId },
  isReplaced,
  parts: { size },
});

test('jobs of replaced connections are counted by node, those of current ones are not', () => {
  const counts = countFinishing([
    socket('a', true, 2),
    socket('a', true, 1),
    socket('a', false, 5),
    socket('b', true, 0),
  ]);
  expect([...counts]).toEqual([['a', 3]]);
});
