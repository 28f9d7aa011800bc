import { expect, test } from 'vitest';
import { DialGate } from './dial-gate.ts';

const dial = (nodeId: string, from: string, hasToken = false) => ({ nodeId, from, hasToken });
/** How many of so many dials at one moment may go on. */
function count(gate: DialGate, many: number, make: (i: number) => ReturnType<typeof dial>, now = 0): number {
  return Array.from({ length: many }, (_, i) => gate.waitMs(make(i), now)).filter((waitMs) => waitMs === 0).length;
}

test('of one node from one address a few dials without a token go on, then one every two seconds', () => {
  const gate = new DialGate();
  expect(count(gate, 50, () => dial('n', 'a'))).toBe(10);
  expect(gate.waitMs(dial('n', 'a'), 0)).toBe(2000);
  expect(count(gate, 50, () => dial('n', 'a'), 2000)).toBe(1);
});

test('an address dials for many nodes, as homes behind one do that start together, but not for ever more', () => {
  expect(count(new DialGate(), 500, (i) => dial(`n${i}`, 'a'))).toBe(100);
});

test('a home with a token comes in from an address whose dials are used up, and from where others dial in its name', () => {
  const gate = new DialGate();
  count(gate, 500, (i) => dial(`n${i}`, 'nat'));
  count(gate, 500, (i) => dial('home', `bot-${i}`));
  expect(gate.waitMs(dial('home', 'nat', true), 0)).toBe(0);
  expect(gate.waitMs(dial('home', 'elsewhere'), 0)).toBe(0);
});

test('a home with a token that dials all the time is held back too', () => {
  expect(count(new DialGate(), 100, () => dial('n', 'a', true))).toBe(30);
});

test('where nobody knows an address none is held back by it', () => {
  expect(count(new DialGate(), 500, (i) => dial(`n${i}`, ''))).toBe(500);
});

test('a node that the books do not know is asked for again after ten seconds', () => {
  const gate = new DialGate();
  gate.noteUnknown('n', 1000);
  expect([gate.isUnknown('n', 10_999), gate.isUnknown('n', 11_000), gate.isUnknown('m', 1000)]).toEqual([
    true,
    false,
    false,
  ]);
});
