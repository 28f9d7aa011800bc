import { expect, test } from 'vitest';
import { readOrigin } from './origin.ts';

test.each([
  ['https://irori.example', 'https://irori.example'],
  ['https://IRORI.example:443/node/link?x=1#y', 'https://irori.example'],
  ['https://irori.example./v1', 'https://irori.example'],
  ['wss://irori.example/node/link', 'https://irori.example'],
  ['ws://127.0.0.1:8787/node/link', 'http://127.0.0.1:8787'],
  ['http://[::1]:80', 'http://[::1]'],
  ['https://囲炉裏.example', 'https://xn--kcs880dwfr.example'],
  ['https://irori.example:8443', 'https://irori.example:8443'],
  ['https://user:word@irori.example', 'https://irori.example'],
])('%s is of %s', (address, origin) => {
  expect(readOrigin(new URL(address))).toBe(origin);
  expect(readOrigin(new URL(origin))).toBe(origin);
});

test('addresses of other schemes have none', () => {
  for (const text of ['ftp://irori.example', 'file:///x', 'data:,x']) expect(readOrigin(new URL(text))).toBeNull();
});
