import { expect, test } from 'vitest';
import { readAddress } from './read-address.ts';

test('an address of IPv4 stands for itself, none for nobody', () => {
  expect(readAddress(' 203.0.113.9 ')).toBe('203.0.113.9');
  expect(readAddress(undefined)).toBe('');
});

test('all addresses of one network of IPv6 are one, however they are written', () => {
  const same = ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:1:2:3', '2001:0db8:0001:0002::', '2001:db8:1:2:0:0:0:9'];
  expect(new Set(same.map(readAddress))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(readAddress('2001:db8:1:3::1')).not.toBe(readAddress('2001:db8:1:2::1'));
  expect(readAddress('::1')).toBe('0:0:0:0::/64');
  expect(readAddress('2001:db8::5:0:0:1')).toBe('2001:db8:0:0::/64');
});

test('garbage is bounded', () => {
  expect(readAddress('x'.repeat(100_000)).length).toBeLessThan(100);
});
