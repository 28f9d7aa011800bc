import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashPrefixes, MAX_PREFIXES, PREFIX_BLOCK_BYTES, PREFIX_BLOCK_TOKENS } from './hash-prefixes.ts';
import { PrefixHolders } from './prefix-holders.ts';

const block = (letter: string): string => letter.repeat(PREFIX_BLOCK_BYTES);

describe('hashPrefixes', () => {
  test('prompts that begin alike share the names of their whole common blocks, and no later one', () => {
    const one = hashPrefixes(block('a') + block('b') + block('c'), 'acct_1');
    const two = hashPrefixes(block('a') + block('b') + block('d'), 'acct_1');
    expect(one.slice(0, 2)).toEqual(two.slice(0, 2));
    expect(one[2]).not.toBe(two[2]);
    // A block alike behind a different one is another beginning.
    expect(hashPrefixes(block('x') + block('b'), 'acct_1')[1]).not.toBe(one[1]);
  });

  test('less than a block has no name, and a name is 16 hex digits', () => {
    expect(hashPrefixes('a'.repeat(PREFIX_BLOCK_BYTES - 1), 'acct_1')).toEqual([]);
    expect(hashPrefixes(block('a'), 'acct_1')[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('another account has other names for the same prompt', () => {
    expect(hashPrefixes(block('a'), 'acct_1')).not.toEqual(hashPrefixes(block('a'), 'acct_2'));
  });

  test('32 blocks are named at most, whatever the characters', () => {
    expect(hashPrefixes(block('a').repeat(40), 'acct_1')).toHaveLength(MAX_PREFIXES);
    expect(hashPrefixes(block('囲').repeat(40), 'acct_1')).toHaveLength(MAX_PREFIXES);
  });

  test('a longer prompt keeps the names of the shorter one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9000 }), fc.string({ maxLength: 9000 }), (head, tail) => {
        const short = hashPrefixes(head, 'a');
        expect(hashPrefixes(head + tail, 'a').slice(0, short.length)).toEqual(short);
      }),
      { numRuns: 30 },
    );
  });
});

describe('PrefixHolders', () => {
  test('a home is expected to hold what it was sent, block by block', () => {
    const holders = new PrefixHolders();
    holders.note('n1', ['a', 'b', 'c']);
    expect(holders.expectCachedTokens('n1', ['a', 'b', 'x'])).toBe(2 * PREFIX_BLOCK_TOKENS);
    expect(holders.expectCachedTokens('n1', ['x', 'b'])).toBe(0);
    expect(holders.expectCachedTokens('n2', ['a'])).toBe(0);
    expect(holders.expectCachedTokens('n1', [])).toBe(0);
  });

  test('a block has its last four holders', () => {
    const holders = new PrefixHolders();
    for (const node of ['n1', 'n2', 'n3', 'n4', 'n1', 'n5']) holders.note(node, ['a']);
    const held = ['n1', 'n2', 'n3', 'n4', 'n5'].filter((node) => holders.expectCachedTokens(node, ['a']) > 0);
    expect(held).toEqual(['n1', 'n3', 'n4', 'n5']);
  });

  test('20,000 blocks are remembered, the longest unused forgotten first', () => {
    const holders = new PrefixHolders();
    holders.note('n1', ['kept', 'lost']);
    const fill = (from: number, to: number): void => {
      for (let i = from; i < to; i++) holders.note('n2', [`b${i}`]);
    };
    fill(0, 10_000);
    holders.note('n1', ['kept']);
    fill(10_000, 20_000);
    expect(holders.size).toBe(20_000);
    expect(holders.expectCachedTokens('n1', ['kept'])).toBe(PREFIX_BLOCK_TOKENS);
    expect(holders.expectCachedTokens('n1', ['lost'])).toBe(0);
  });

  test('a home that left holds nothing', () => {
    const holders = new PrefixHolders();
    holders.note('n1', ['a', 'b']);
    holders.note('n2', ['b']);
    holders.forget('n1');
    expect(holders.size).toBe(1);
    expect(holders.expectCachedTokens('n1', ['a', 'b'])).toBe(0);
  });
});
