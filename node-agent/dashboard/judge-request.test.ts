import { describe, expect, test } from 'vitest';
import { judgeRequest, readCookie } from './judge-request.ts';
import type { AskedHead } from './judge-request.ts';

const head = (change: Partial<AskedHead> = {}): AskedHead => ({
  method: 'GET',
  host: '127.0.0.1:4770',
  origin: undefined,
  fetchSite: 'same-origin',
  contentType: undefined,
  ...change,
});
const post = (change: Partial<AskedHead> = {}): AskedHead =>
  head({ method: 'POST', origin: 'http://127.0.0.1:4770', contentType: 'application/json', ...change });

describe('what may come in', () => {
  test.each([
    ['the page asks itself', head()],
    ['by the name localhost', head({ host: 'localhost:4770', origin: 'http://localhost:4770' })],
    ['somebody typed the address', head({ fetchSite: 'none' })],
    ['a program without a browser', head({ fetchSite: undefined })],
    ['the page posts', post()],
    ['with a character set', post({ contentType: 'application/json; charset=utf-8' })],
  ])('%s', (_, asked) => {
    expect(judgeRequest(asked, 4770, false)).toBe(null);
  });

  test('a link of another page to the document, which tells nothing by itself', () => {
    expect(judgeRequest(head({ fetchSite: 'cross-site' }), 4770, true)).toBe(null);
  });
});

test('at port 80, which browsers do not name', () => {
  const asked = post({ host: 'localhost', origin: 'http://localhost' });
  expect([judgeRequest(asked, 80, false), judgeRequest(asked, 4770, false)]).toEqual([null, 'foreign-host']);
});

describe('what is turned away', () => {
  test.each([
    ['a name of a stranger that points here', head({ host: 'evil.example:4770' }), 'foreign-host'],
    ['the same name without a port', head({ host: '127.0.0.1' }), 'foreign-host'],
    ['another port', head({ host: '127.0.0.1:4771' }), 'foreign-host'],
    ['the other loopback', head({ host: '[::1]:4770' }), 'foreign-host'],
    ['no host', head({ host: undefined }), 'foreign-host'],
    ['a name with the root’s dot', head({ host: 'localhost.:4770' }), 'foreign-host'],
    ['a name that holds ours', head({ host: '127.0.0.1.evil.example:4770' }), 'foreign-host'],
    ['two hosts in one', head({ host: '127.0.0.1:4770, evil.example' }), 'foreign-host'],
    ['a page of another site', head({ origin: 'https://evil.example' }), 'foreign-origin'],
    ['a page of another port', head({ origin: 'http://127.0.0.1:9999' }), 'foreign-origin'],
    ['the other name than it came by', head({ origin: 'http://localhost:4770' }), 'foreign-origin'],
    ['a page without an origin', head({ origin: 'null' }), 'foreign-origin'],
    ['a picture in a page of a stranger', head({ fetchSite: 'cross-site' }), 'foreign-site'],
    ['a page of another port of this machine', head({ fetchSite: 'same-site' }), 'foreign-site'],
    ['a post without an origin', post({ origin: undefined }), 'no-origin'],
    ['a plain form', post({ contentType: 'text/plain' }), 'not-json'],
    ['a form with no type', post({ contentType: undefined }), 'not-json'],
    ['another method', head({ method: 'OPTIONS' }), 'method'],
    ['another method still', head({ method: 'DELETE' }), 'method'],
  ])('%s', (_, asked, fault) => {
    expect(judgeRequest(asked, 4770, false)).toBe(fault);
  });

  test('a document by a foreign name too', () => {
    expect(judgeRequest(head({ host: 'evil.example:4770' }), 4770, true)).toBe('foreign-host');
  });
});

test('a cookie is read by its whole name, and one that comes twice is none', () => {
  expect(readCookie('a=1; irori_page=abc; b=2', 'irori_page')).toBe('abc');
  expect(readCookie('xirori_page=abc', 'irori_page')).toBe(null);
  expect(readCookie('irori_page=abc; irori_page=def', 'irori_page')).toBe(null);
  expect(readCookie('irori_page=', 'irori_page')).toBe(null);
  expect(readCookie(undefined, 'irori_page')).toBe(null);
});
