import { describe, expect, test } from 'vitest';
import { hasVoice, judgeTurns } from './judge-turns.ts';
import type { Turn, TurnFate } from './judge-turns.ts';
import { TurnMemory } from './turn-memory.ts';

/** One turn a minute, a second long each, of the accounts in turn. */
const turns = (fates: readonly TurnFate[], accounts = ['a']): Turn[] =>
  fates.map((fate, i) => ({
    jobId: `job_${i}`,
    accountId: accounts[i % accounts.length]!,
    fate,
    startedAt: i * 60_000,
    at: i * 60_000 + 1000,
  }));
const judge = (fates: readonly TurnFate[], accounts?: readonly string[]) =>
  judgeTurns(turns(fates, accounts ? [...accounts] : undefined), fates.length * 60_000);
const times = (count: number, fate: TurnFate): TurnFate[] => Array.from({ length: count }, () => fate);

describe('a home is left alone', () => {
  test.each(['refused', 'preempted', 'slow', 'broken'] as const)('that gave back three of three: %s', (fate) => {
    expect(judge(times(2, fate))).toBeNull();
    expect(judge(times(3, fate))).toBe(fate);
  });

  test('that gives back more than it answers, by what it did most', () => {
    expect(judge(['refused', 'answered', 'preempted', 'answered', 'preempted'])).toBe('preempted');
  });

  test('whose word another home has disproved for two callers', () => {
    expect(judge(times(8, 'contradicted'), ['a'])).toBeNull();
    expect(judge(times(3, 'contradicted'), ['a', 'b'])).toBe('refused');
  });

  test('that says of most callers’ requests that nobody can answer them, though nobody disproved it', () => {
    expect(judge(times(5, 'doubted'), ['a', 'b'])).toBeNull();
    expect(judge(times(4, 'doubted'), ['a', 'b', 'c'])).toBeNull();
    expect(judge(times(5, 'doubted'), ['a', 'b', 'c'])).toBe('refused');
  });
});

describe('the word of a home on a request counts', () => {
  const voice = (fates: readonly TurnFate[], now = fates.length * 60_000): boolean => hasVoice(turns(fates), now);

  test('where it answers as many as it says cannot be answered', () => {
    expect(voice(['answered'])).toBe(true);
    expect(voice(['doubted', 'answered', 'preempted'])).toBe(true);
  });

  test('and not where it answered nothing, or less, or long ago', () => {
    expect(voice([])).toBe(false);
    expect(voice(['preempted', 'slow'])).toBe(false);
    expect(voice(['answered', 'doubted', 'contradicted'])).toBe(false);
    expect(voice(['answered'], 2 * 3_600_000)).toBe(false);
  });
});

describe('a home is not left alone', () => {
  test('whose owner comes back now and then', () => {
    expect(judge(['answered', 'preempted', 'answered', 'preempted', 'answered', 'preempted'])).toBeNull();
  });

  test('whose owner took many jobs back at once', () => {
    const together = Array.from({ length: 12 }, (_, i) => ({
      jobId: `job_${i}`,
      accountId: 'a',
      fate: 'preempted' as const,
      startedAt: i,
      at: 60_000 + i,
    }));
    expect(judgeTurns(together, 61_000)).toBeNull();
  });

  test('that gave jobs back an hour ago', () => {
    expect(judgeTurns(turns(times(6, 'refused')), 6 * 60_000)).toBe('refused');
    expect(judgeTurns(turns(times(6, 'refused')), 4_000_000)).toBeNull();
  });

  test('for one caller who asks what no server takes', () => {
    expect(judge(times(16, 'doubted'), ['a'])).toBeNull();
  });

  test('by a good answer', () => {
    const memory = new TurnMemory();
    for (const turn of turns(times(3, 'refused'))) memory.note('n', turn);
    expect(memory.note('n', turns(['answered'])[0]!)).toBeNull();
  });
});

test('what another home disproves counts more than what nobody can tell, once', () => {
  const memory = new TurnMemory();
  for (const turn of turns(times(3, 'doubted'), ['a', 'b'])) expect(memory.note('n', turn)).toBeNull();
  expect(memory.contradict('n', 'job_0', 200_000)).toBeNull();
  expect(memory.contradict('n', 'job_0', 200_000)).toBeNull();
  expect(memory.contradict('n', 'job_of_another', 200_000)).toBeNull();
  expect(memory.contradict('m', 'job_0', 200_000)).toBeNull();
  expect(memory.contradict('n', 'job_1', 200_000)).toBeNull();
  expect(memory.contradict('n', 'job_2', 200_000)).toBe('refused');
  expect(memory.count('n', 200_000)).toEqual({ answered: 0, refused: 0, contradicted: 3, preempted: 0 });
  expect(memory.count('n', 4_000_000)).toEqual({ answered: 0, refused: 0, contradicted: 0, preempted: 0 });
});

test('a home that declines before it asks its server, and is disproved, has refused: whoever called', () => {
  const memory = new TurnMemory();
  for (const turn of turns(times(3, 'declined'))) expect(memory.note('n', turn)).toBeNull();
  expect(['job_0', 'job_1', 'job_2'].map((job) => memory.contradict('n', job, 200_000))).toEqual([
    null,
    null,
    'refused',
  ]);
});
