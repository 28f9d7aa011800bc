import { expect, test } from 'vitest';
import { parseRouterUrl } from './parse-router-url.ts';

test.each([
  ['https://irori.example', 'https://irori.example', 'wss://irori.example/node/link'],
  ['https://irori.example/', 'https://irori.example', 'wss://irori.example/node/link'],
  ['https://irori.example/v1', 'https://irori.example', 'wss://irori.example/node/link'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787', 'ws://127.0.0.1:8787/node/link'],
  ['http://[::1]:8787/base/', 'http://[::1]:8787/base', 'ws://[::1]:8787/base/node/link'],
])('%s is a router', (text, origin, linkUrl) => {
  expect(parseRouterUrl(text, false)).toEqual({
    ok: true,
    value: { origin, linkUrl, enrolUrl: `${origin}/node/enrol` },
  });
});

test("plain http reaches the own network only with the owner's word, and the internet never", () => {
  expect(parseRouterUrl('http://192.168.1.5:8787', false).ok).toBe(false);
  expect(parseRouterUrl('http://192.168.1.5:8787', true).ok).toBe(true);
  expect(parseRouterUrl('http://nas.local', true).ok).toBe(true);
  expect(parseRouterUrl('http://irori.example', true).ok).toBe(false);
  expect(parseRouterUrl('http://127.0.0.1.irori.example', true).ok).toBe(false);
});

test.each(['10.5.5.5', '172.31.0.1', '100.64.1.1', '[fd12::1]', 'nas', 'nas.local', 'nas.lan', 'a.home.arpa'])(
  '%s is in the own network',
  (host) => {
    expect(parseRouterUrl(`http://${host}:8787`, true).ok).toBe(true);
    expect(parseRouterUrl(`http://${host}:8787`, false).ok).toBe(false);
  },
);

test.each([
  '10.irori.example',
  '192.168.irori.example',
  '172.16.0.irori.example',
  'local.irori.example',
  'nas.local.irori.example',
  '172.32.0.1',
  '93.184.216.34',
  '169.254.169.254',
  '[2001:db8::1]',
  '[fe80::1]',
])('%s is no host of the own network, whatever its name begins with', (host) => {
  expect(parseRouterUrl(`http://${host}`, true)).toMatchObject({ ok: false, error: expect.stringContaining('https') });
});

test.each(['', 'irori.example', 'ftp://irori.example', 'https://user:secret@irori.example'])(
  '%j is refused',
  (text) => {
    expect(parseRouterUrl(text, true)).toMatchObject({ ok: false, error: expect.stringContaining('--router') });
  },
);
