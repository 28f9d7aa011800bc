import { expect, test } from 'vitest';
import { FamilyTags } from './family-tags.ts';
import { familyOf, findRelation, makeKin, MOST_KIN } from './make-kin.ts';
import { readAddress } from './read-address.ts';

const WALLET = `0x${'Ab'.repeat(20)}`;
const POOL = `pool_${'1'.repeat(32)}`;
const caller = (kin: readonly string[], accountId = 'acct_c') => ({ accountId, kin });
const home = (kin: readonly string[]) => ({ accountId: 'acct_o', kin });

test('caller and home belong together by account, wallet, pool or address, the strongest first', () => {
  const all = makeKin({ wallets: [WALLET], pools: [POOL], family: '0123456789abcdef' });
  expect(findRelation(caller([], 'acct_o'), home([]))).toBe('account');
  expect(findRelation(caller(all), home(all))).toBe('wallet');
  expect(findRelation(caller(all), home(makeKin({ pools: [POOL], family: '0123456789abcdef' })))).toBe('pool');
  expect(findRelation(caller(all), home(makeKin({ family: '0123456789abcdef' })))).toBe('address');
  expect(findRelation(caller(all), home(makeKin({ family: 'fedcba9876543210' })))).toBeNull();
  expect(findRelation(caller([]), home([]))).toBeNull();
});

test('a wallet is the same in whatever case it is written; none is nobody’s', () => {
  const lower = makeKin({ wallets: [WALLET.toLowerCase()] });
  expect(findRelation(caller(makeKin({ wallets: [WALLET, null] })), home(lower))).toBe('wallet');
  expect(makeKin({ wallets: [null] })).toEqual([]);
});

test('what is compared is bounded, and the address is always among it', () => {
  const pools = Array.from({ length: 100 }, (_, i) => `pool_${String(i).padStart(32, '0')}`).map((id) =>
    id.replace(/0(?=\d\d$)/, 'f'),
  );
  const wallets = Array.from({ length: 100 }, (_, i) => `0x${String(i).padStart(40, '0')}`);
  const kin = makeKin({ pools, wallets, family: '0123456789abcdef' });
  expect(kin).toHaveLength(MOST_KIN);
  expect(kin[0]).toBe('a0123456789abcdef');
});

test('addresses of one /24, and of one /48 of IPv6, are a family', () => {
  expect(familyOf(readAddress('203.0.113.9'))).toBe('203.0.113');
  expect(familyOf(readAddress('2001:db8:1:2::5'))).toBe(familyOf(readAddress('2001:db8:1:ffff::9')));
  expect(familyOf(readAddress('2001:db8:1:2::5'))).not.toBe(familyOf(readAddress('2001:db8:2:2::5')));
});

test.each([
  '',
  '10.1.2.3',
  '127.0.0.1',
  '172.16.0.1',
  '172.31.9.9',
  '192.168.1.1',
  '169.254.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
  'fe80::1',
  'x',
])('an address that many networks have tells nothing: %s', (address) => {
  expect(familyOf(readAddress(address))).toBeNull();
  expect(new FamilyTags('secret').tag(readAddress(address))).toBeNull();
});

test('a tag tells only whether two are of one family, and only under one secret', () => {
  const tags = new FamilyTags('secret');
  expect(tags.tag('203.0.113.9')).toMatch(/^[0-9a-f]{16}$/);
  expect(tags.tag('203.0.113.9')).toBe(tags.tag('203.0.113.200'));
  expect(tags.tag('203.0.113.9')).not.toBe(tags.tag('203.0.114.9'));
  expect(tags.tag('203.0.113.9')).not.toBe(new FamilyTags('other').tag('203.0.113.9'));
});
