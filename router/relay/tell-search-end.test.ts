import { expect, test } from 'vitest';
import type { SearchEnd } from '../placement/home-search.ts';
import { tellSearchEnd } from './tell-search-end.ts';
import type { SearchStory } from './tell-search-end.ts';

const prompt = { exact: null, least: 10, expected: 5000 };
const quiet: SearchStory = { brokenBy: null, sawFault: false, reason: null, tooLong: null, prompt };
const tooLong = { promptTokens: 9001, contextTokens: 4096 };
const end = (kind: SearchEnd['kind'], more: Partial<SearchEnd> = {}): SearchEnd => ({
  kind,
  emptiedBy: null,
  contextTokens: null,
  retryAfterMs: null,
  hasModel: true,
  ...more,
});

test.each([
  [null, 2],
  [10, 1],
  [1001, 2],
  [60_000, 60],
  [3_600_000, 600],
])('a queue of %s ms is told as a wait of %i s', (retryAfterMs, retryAfterS) => {
  expect(tellSearchEnd(end('busy', { retryAfterMs }), quiet)).toMatchObject({ kind: 'busy', retryAfterS });
});

test('a wish that left nobody is named', () => {
  expect(tellSearchEnd(end('no-fit', { emptiedBy: 'country' }), quiet)).toMatchObject({
    kind: 'no-fit',
    field: 'country',
  });
});

test('nobody there is no failure; a home that failed on the way is, with what its server said', () => {
  expect(tellSearchEnd(end('nobody'), quiet)).toMatchObject({ kind: 'no-home', isKnown: true });
  expect(tellSearchEnd(end('nobody', { hasModel: false }), quiet)).toMatchObject({ kind: 'no-home', isKnown: false });
  expect(tellSearchEnd(end('nobody'), { ...quiet, sawFault: true })).toMatchObject({ kind: 'failed' });
  const told = tellSearchEnd(end('nobody'), { ...quiet, sawFault: true, reason: 'out of memory' });
  expect(told.message).toContain('"out of memory"');
});

test('homes that are all too small for the prompt are the prompt’s matter, with the largest context', () => {
  const told = tellSearchEnd(end('context', { contextTokens: 4096 }), quiet);
  expect(told).toMatchObject({ kind: 'context', param: 'messages' });
  expect(told.message).toMatch(/4096 tokens, and the prompt holds about 5000 tokens/);
});

test('a home that turned the prompt down and nobody with a longer context: both numbers', () => {
  for (const last of [end('nobody'), end('no-fit', { emptiedBy: 'country' }), end('context', { contextTokens: 2048 })])
    expect(tellSearchEnd(last, { ...quiet, tooLong }).message).toMatch(/4096 tokens, and the prompt holds 9001 tokens/);
});

test('a larger home that is busy or has failed is a matter of waiting', () => {
  expect(tellSearchEnd(end('busy'), { ...quiet, tooLong })).toMatchObject({ kind: 'busy' });
  expect(tellSearchEnd(end('nobody'), { ...quiet, tooLong, sawFault: true })).toMatchObject({ kind: 'failed' });
});

test('an answer that broke off says by what', () => {
  const told = tellSearchEnd(end('busy'), { ...quiet, brokenBy: 'the home went away', sawFault: true });
  expect(told).toEqual({ kind: 'broken', message: 'the home went away, and no other home could go on with it' });
});

test('an answer that filled the context says that, though it had begun', () => {
  expect(tellSearchEnd(end('busy'), { ...quiet, tooLong, brokenBy: 'it is full' })).toMatchObject({ kind: 'context' });
});
