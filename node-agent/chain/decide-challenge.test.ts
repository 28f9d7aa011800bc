import { expect, test } from 'vitest';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { decideChallenge } from './decide-challenge.ts';
import type { ChallengeLook } from './decide-challenge.ts';

const LEAF: EpochLeaf = {
  node: ZERO_ADDRESS,
  wallet: ZERO_ADDRESS,
  earned: 20n,
  withheld: 0n,
  bonus: 0n,
  count: 2n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
};
const LOOK: ChallengeLook = {
  now: 500,
  pending: { epoch: 7, finalAt: 1000 },
  signed: { count: 2n, total: 20n },
  leaf: LEAF,
  wasChallenged: false,
  open: [],
  challengesUnseen: false,
};
const own = { id: ZERO_WORD, epoch: 7, deadline: 800 } as const;
const challenge = { do: 'challenge', epoch: 7 };

test.each<[string, Partial<ChallengeLook>, object]>([
  ['no root waits', { pending: null }, { do: 'nothing', why: 'no-root', epoch: null }],
  ['the root holds all that was signed', {}, { do: 'nothing', why: 'held', epoch: 7 }],
  ['it holds more, withheld or not', { leaf: { ...LEAF, count: 9n, withheld: 20n } }, { do: 'nothing', why: 'held' }],
  ['it has no leaf of the home', { leaf: null }, challenge],
  ['it leaves a receipt out', { leaf: { ...LEAF, count: 1n } }, challenge],
  ['it leaves a unit out', { leaf: { ...LEAF, earned: 19n } }, challenge],
  ['the router has signed for nothing', { leaf: null, signed: null }, { do: 'nothing', why: 'nothing-signed' }],
  ['nobody shows what is under it', { leaf: 'unseen' }, { do: 'nothing', why: 'unseen' }],
  ['nobody shows it, and the owner wants to see', { leaf: 'unseen', challengesUnseen: true }, challenge],
  ['its window is over', { leaf: null, now: 1000 }, { do: 'nothing', why: 'late' }],
  ['a challenge was answered', { leaf: null, wasChallenged: true }, { do: 'nothing', why: 'answered' }],
  ['a challenge waits for its answer', { leaf: null, wasChallenged: true, open: [own] }, { do: 'wait', until: 800 }],
  ['nobody has answered in time', { open: [own], now: 800 }, { do: 'enforce', id: ZERO_WORD, epoch: 7 }],
  ['a root that it was about is gone', { open: [{ ...own, epoch: 6 }] }, { do: 'enforce', epoch: 6 }],
])('where %s the home does what is due', (_, change, plan) => {
  expect(decideChallenge({ ...LOOK, ...change })).toMatchObject(plan);
});
