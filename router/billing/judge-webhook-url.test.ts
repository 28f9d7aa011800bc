import { expect, test } from 'vitest';
import { judgeWebhookUrl } from './judge-webhook-url.ts';

test.each([
  'https://example.com/hook',
  'https://example.com:8443/a?b=c',
  'https://8.8.8.8/x',
  'https://[2606:4700::1111]/x',
  'https://172.32.0.1/',
  'https://xn--mnchen-3ya.de/',
])('%s may be told', (url) => {
  expect(judgeWebhookUrl(url, false)).toBeNull();
});

test.each([
  'http://example.com/',
  'ftp://example.com/',
  'not an address',
  'https://user:pass@example.com/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://api.localhost/',
  'https://printer.local/',
  'https://metadata.google.internal/',
  'https://router/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://10.1.2.3/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://198.19.0.1/',
  'https://0.0.0.0/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://[ff02::1]/',
  'https://[2001:db8::1]/',
  'https://[2001:0:1::1]/',
  'https://[2002:7f00:1::]/',
  `https://example.com/${'x'.repeat(2000)}`,
])('%s may not', (url) => {
  expect(judgeWebhookUrl(url, false)).toMatch(/^must /);
});

test('a network on one machine has its receivers there, without TLS', () => {
  expect(judgeWebhookUrl('http://127.0.0.1:9000/hook', true)).toBeNull();
  expect(judgeWebhookUrl('file:///etc/passwd', true)).toMatch(/https/);
  expect(judgeWebhookUrl('http://user@127.0.0.1/', true)).toMatch(/user name/);
});
