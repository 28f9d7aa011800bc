import { expect, test } from 'vitest';
import { findSearch } from './find-search.ts';

const HEX = '0123456789abcdef0123456789abcdef';

test.each([
  [`acct_${HEX}`, { of: 'account', id: `acct_${HEX}` }],
  [` key_${HEX.toUpperCase()} `, { of: 'key', id: `key_${HEX}` }],
  [`mem_${HEX}`, { of: 'member', id: `mem_${HEX}` }],
  [`node_${HEX}`, { of: 'node', id: `node_${HEX}` }],
  [`job_${HEX}`, { of: 'job', id: `job_${HEX}` }],
  [`rcpt_${HEX}_0`, { of: 'job', id: `job_${HEX}` }],
  [`0x${'a1'.repeat(20)}`, { of: 'address', id: `0x${'a1'.repeat(20)}` }],
  ['hanako@irori.example', { of: 'text' }],
  [`key_${HEX.slice(1)}`, { of: 'text' }],
  ['', { of: 'text' }],
])('what is searched for by %j', (typed, found) => {
  expect(findSearch(typed)).toEqual(found);
});
