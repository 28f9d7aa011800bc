import { expect, test } from 'vitest';
import { placeTurn } from './place-turn.ts';
import type { Turn } from './place-turn.ts';

const A = { accountId: 'a', isBegun: false };

/** A line in which these accounts' asks have come, one letter each; `served` of them, from the front, are served before the last letter comes. */
function lineOf(comers: string, served = 0): string {
  const line: Turn[] = [];
  let last = 0;
  Array.from(comers).forEach((accountId, i) => {
    if (i === comers.length - 1) for (const one of line.splice(0, served)) last = one.turn;
    const { turn, at } = placeTurn(line, { accountId, isBegun: false }, last);
    line.splice(at, 0, { accountId, turn });
  });
  return line.map(({ accountId }) => accountId).join('');
}

test('one account’s asks go in the order in which they came', () => {
  expect(placeTurn([], A, 0)).toEqual({ turn: 1, at: 0 });
  expect(placeTurn([{ accountId: 'a', turn: 1 }], A, 0)).toEqual({ turn: 2, at: 1 });
});

test('accounts take turns: a crowd of one holds no other up', () => {
  expect(lineOf('aaaaab')).toBe('abaaaa');
  expect(lineOf('aaabbb')).toBe('ababab');
});

test('who comes while the crowd is being served comes after the one that is next, not before', () => {
  expect(lineOf('aaaaab', 3)).toBe('aba');
});

test('whoever waits is served before all that come after its turn has begun', () => {
  let served = 0;
  const line: Turn[] = [{ accountId: 'patient', turn: 3 }];
  for (let i = 0; i < 20 && line.some(({ accountId }) => accountId === 'patient'); i++) {
    const { turn, at } = placeTurn(line, { accountId: `new-${i}`, isBegun: false }, served);
    line.splice(at, 0, { accountId: `new-${i}`, turn });
    served = line.shift()?.turn ?? served;
  }
  expect(line.some(({ accountId }) => accountId === 'patient')).toBe(false);
});

test('an answer that has begun goes on before any other begins, after those that go on already', () => {
  const line: Turn[] = [
    { accountId: 'a', turn: 4 },
    { accountId: 'a', turn: 5 },
    { accountId: 'b', turn: 5 },
  ];
  const { turn, at } = placeTurn(line, { accountId: 'a', isBegun: true }, 4);
  expect({ turn, at }).toEqual({ turn: 4, at: 1 });
  line.splice(0, 1);
  expect(placeTurn(line, { accountId: 'b', isBegun: true }, 4)).toEqual({ turn: 4, at: 0 });
  // It takes nothing from its account's next ask.
  expect(placeTurn([{ accountId: 'c', turn: 4 }], { accountId: 'c', isBegun: false }, 4)).toEqual({ turn: 5, at: 1 });
});
