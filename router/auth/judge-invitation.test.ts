import { expect, test } from 'vitest';
import { judgeInvitation, MOST_INVITED } from './judge-invitation.ts';

const standing = { createdAt: 1, expiresAt: 2 };

test('an invitation that stands is told, however many there are', () => {
  for (const ofPool of [1, MOST_INVITED])
    expect(judgeInvitation({ standing, isMember: false, ofPool })).toEqual({ ok: true, value: standing });
});

test('a member is not invited, even where an old invitation was left', () => {
  for (const one of [standing, null])
    expect(judgeInvitation({ standing: one, isMember: true, ofPool: MOST_INVITED })).toEqual({
      ok: false,
      error: 'is-member',
    });
});

test('what could not be written was one too many: of the pool, or else of the account', () => {
  const judge = (ofPool: number) => judgeInvitation({ standing: null, isMember: false, ofPool });
  expect(judge(MOST_INVITED)).toEqual({ ok: false, error: 'pool-full' });
  expect(judge(MOST_INVITED - 1)).toEqual({ ok: false, error: 'account-full' });
});
