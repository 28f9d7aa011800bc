// When the goals of an attack hold, and what is told where they do not.
import { expect, test } from 'vitest';
import type { Called } from './call.ts';
import { findWorst, judgeAttack } from './judge-attack.ts';
import type { Measured } from './judge-attack.ts';
import { printAttacks } from './print-attacks.ts';

const CALL: Called = {
  status: 200,
  isAnswered: true,
  why: null,
  delayMs: 100,
  tookMs: 600,
  node: 'node_1',
  text: 'one',
  faults: [],
  overcharge: 0,
  outputTokens: 1,
};
const FINE: Measured = {
  calls: [CALL, { ...CALL, delayMs: 400 }],
  victims: [],
  restBytes: 200e6,
  peakBytes: 220e6,
  unbacked: 0,
  grown: 0,
  isSound: true,
  notes: [],
};

function judge(change: Partial<Measured>): ReturnType<typeof judgeAttack> {
  return judgeAttack({ name: 'a', kind: 'k' }, { ...FINE, ...change }, { undisturbedMs: 150, tookS: 5 });
}

test('an attack that changed nothing holds every goal', () => {
  const counted = { name: 'a', kind: 'k', asked: 2, answered: 2, worstMs: 400, beyondMs: 250, memoryMb: 20, units: 0 };
  expect(judge({})).toEqual({ ...counted, failed: [], notes: [], tookS: 5 });
});

test.each<[string, Partial<Measured>]>([
  ['answered', { calls: [CALL, { ...CALL, isAnswered: false, why: '502 no home' }] }],
  ['answered', { calls: [] }],
  ['delay', { calls: [{ ...CALL, delayMs: 1200 }] }],
  ['memory', { peakBytes: 301e6 }],
  ['units', { unbacked: 1 }],
  ['units', { grown: 1 }],
  ['units', { victims: [{ ...CALL, overcharge: 5 }] }],
  ['got through', { notes: ['something'] }],
  ['got through', { isSound: false }],
  ['got through', { victims: [{ ...CALL, faults: ['a second [DONE]'] }] }],
])('the goal "%s" fails alone', (goal, change) => {
  expect(judge(change).failed).toEqual([goal]);
});

test('a victim that nobody else could answer is not an honest call unanswered', () => {
  expect(judge({ victims: [{ ...CALL, isAnswered: false, why: '502' }] }).failed).toEqual([]);
});

test('the table tells each row, and below it what got through', () => {
  const rows = [judge({}), judge({ unbacked: 7, notes: ['it was paid'] })];
  expect(printAttacks(rows).split('\n')).toEqual([
    'attack  kind  answered  worst ms  beyond ms  memory MB  units  s  goals',
    'a       k     2/2       400       250        20         0      5  hold',
    'a       k     2/2       400       250        20         7      5  NOT: units, got through',
    '    it was paid',
  ]);
  expect(findWorst([])).toBe(0);
});
