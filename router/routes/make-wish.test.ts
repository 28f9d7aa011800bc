import { describe, expect, test } from 'vitest';
import { NO_WISH } from '../../schema/placement.ts';
import { makeWish } from './make-wish.ts';
import type { WishInput } from './make-wish.ts';

const lab = { id: `pool_${'1'.repeat(32)}`, name: 'lab' };
const plain: WishInput = {
  said: {},
  defaults: null,
  pools: [lab],
  needs: [],
  ignored: [],
  model: { id: 'm', priceIn: 100_000, priceOut: 200_000 },
};

const wishOf = (input: Partial<WishInput>) => {
  const made = makeWish({ ...plain, ...input });
  if (!made.ok) throw new Error(`refused: ${made.error.message}`);
  return made.value;
};
const faultOf = (input: Partial<WishInput>) => {
  const made = makeWish({ ...plain, ...input });
  if (made.ok) throw new Error('taken');
  return made.error;
};
const byKey = (wish: WishInput['said']): WishInput['defaults'] => ({ wish, resume: null });

test('who says nothing wishes nothing', () => {
  expect(wishOf({})).toEqual(NO_WISH);
  expect(wishOf({ defaults: byKey({}) })).toEqual(NO_WISH);
});

test('the request goes before the key, field by field', () => {
  const defaults = byKey({ mode: 'fairest', countries: ['DE'], maxRttMs: 40, only: ['node_a'] });
  expect(wishOf({ defaults, said: { mode: 'fastest', only: null } })).toEqual({
    ...NO_WISH,
    mode: 'fastest',
    countries: ['DE'],
    maxRttMs: 40,
    only: null,
  });
});

describe('a pool', () => {
  test.each(['mine', 'mine-first', 'public'] as const)('%s is a word', (pool) => {
    expect(wishOf({ said: { pool } }).pool).toEqual({ kind: pool });
  });

  test('is found by its name or its id', () => {
    expect(wishOf({ said: { pool: 'lab' } }).pool).toEqual({ kind: 'pool', id: lab.id });
    expect(wishOf({ said: { pool: lab.id } }).pool).toEqual({ kind: 'pool', id: lab.id });
  });

  test('that is not the caller’s is refused with those that are', () => {
    expect(faultOf({ said: { pool: 'club' } })).toEqual({
      param: 'provider.pool',
      code: 'invalid_value',
      message: "There is no pool 'club' that you may use. Use 'mine', 'mine-first', 'public', or your pools 'lab'.",
    });
    expect(faultOf({ said: { pool: 'club' }, pools: [] }).message).toContain('you are in none');
  });

  test('that the key names and the caller may no longer use says that it is the key’s', () => {
    expect(faultOf({ defaults: byKey({ pool: 'gone' }) }).message).toMatch(/default of your API key\.$/);
    expect(faultOf({ defaults: byKey({ pool: 'gone' }), said: { pool: 'x' } }).message).not.toContain('default');
    expect(wishOf({ defaults: byKey({ pool: 'gone' }), said: { pool: 'public' } }).pool).toEqual({ kind: 'public' });
  });
});

describe('a sampler', () => {
  test('is wished of the home only where nothing may be left out', () => {
    const samplers = { top_k: 40, min_p: 0 };
    expect(wishOf({ samplers }).samplers).toEqual([]);
    const [needs, wants] = [['tools'], ['reasoning']] as const;
    expect(wishOf({ needs, wants }).needs).toEqual(['tools']);
    expect(wishOf({ needs, wants, said: { requireParameters: true } }).needs).toEqual(['tools', 'reasoning']);
    expect(wishOf({ samplers, said: { requireParameters: true } }).samplers).toEqual(['top_k', 'min_p']);
    expect(wishOf({ samplers, defaults: byKey({ requireParameters: true }) }).samplers).toHaveLength(2);
    const said = { requireParameters: false };
    expect(wishOf({ samplers, defaults: byKey({ requireParameters: true }), said }).samplers).toEqual([]);
  });
});

describe('a price', () => {
  test.each([
    ['prompt', { maxPriceIn: 99_999 }, '0.1 credits per million prompt tokens'],
    ['completion', { maxPriceOut: 199_999 }, '0.2 credits per million completion tokens'],
  ])('below the model’s for %s is refused with the model’s', (side, said, told) => {
    const fault = faultOf({ said });
    expect(fault).toMatchObject({ param: `provider.max_price.${side}`, code: 'invalid_value' });
    expect(fault.message).toContain(told);
    expect(faultOf({ defaults: byKey(said) }).message).toMatch(/default of your API key\.$/);
  });

  test('that is just enough is taken', () => {
    expect(wishOf({ said: { maxPriceIn: 100_000, maxPriceOut: 200_000 } })).toMatchObject({ maxPriceIn: 100_000 });
  });

  test('of nothing buys work on the caller’s own homes', () => {
    expect(wishOf({ said: { maxPriceIn: 0, maxPriceOut: 0, pool: 'mine' } }).maxPriceOut).toBe(0);
  });
});
