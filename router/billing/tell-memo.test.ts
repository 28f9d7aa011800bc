import { expect, test } from 'vitest';
import { MEMOS, tellMemo } from './tell-memo.ts';

const NODE = `node_${'0a'.repeat(16)}`;
const ACCOUNT = `acct_${'0b'.repeat(16)}`;
const CHECKOUT = 'cs_test_a1B2';

test.each([
  [MEMOS.burned('0x12'), 'チェーンで焼却したトークン（0x12）'],
  [MEMOS.unspent, '使われなかった提供クレジット'],
  [MEMOS.notTaken, '宛先のアカウントが受け取れませんでした'],
  [MEMOS.earningsOf(NODE), `${NODE} の収益`],
  [MEMOS.ended(0, undefined), '1970-01-01に期限切れ：付与の原資に戻りました'],
  [MEMOS.ended(0, ACCOUNT), `1970-01-01に期限切れ：${ACCOUNT} に戻りました`],
  [MEMOS.checkout(CHECKOUT), `支払い ${CHECKOUT}`],
  [MEMOS.checkout(CHECKOUT, 'refunded'), `支払い ${CHECKOUT} の返金`],
  [MEMOS.checkout(CHECKOUT, 'disputed'), `支払い ${CHECKOUT} への異議申し立て`],
  [MEMOS.checkout(CHECKOUT, 'dispute won'), `支払い ${CHECKOUT} への異議申し立ての却下`],
])('%s is told in Japanese, and in English as it stands in the books', (memo, japanese) => {
  expect([tellMemo(memo, 'en'), tellMemo(memo, 'ja')]).toEqual([memo, japanese]);
});

test.each([
  'for the reading group',
  'checkout of the library',
  'earnings of my grandmother',
  `checkout ${CHECKOUT} toString`,
])('what somebody wrote stays: %s', (memo) => {
  expect(tellMemo(memo, 'ja')).toBe(memo);
});
