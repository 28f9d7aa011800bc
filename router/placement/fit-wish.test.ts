import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_WISH } from '../../schema/placement.ts';
import type { Wish, WishField } from '../../schema/placement.ts';
import { findEmptying, fitWish } from './fit-wish.ts';
import type { WishedHome } from './fit-wish.ts';

const home: WishedHome = {
  nodeId: 'n1',
  ownerAccountId: 'acct_owner',
  pools: ['public', 'pool_lab'],
  quantisation: 'Q4_K_M',
  can: [],
  samplers: [],
  priceIn: 100,
  priceOut: 200,
  rttMs: 30,
  place: { country: 'FR' },
};
const fit = (wish: Partial<Wish>, facts: Partial<WishedHome> = {}, accountId = 'acct_caller'): WishField | null =>
  fitWish({ ...home, ...facts }, { ...NO_WISH, ...wish }, { accountId, edgeRttMs: 20 });

describe('fitWish', () => {
  test('no wish is met by every public home', () => {
    expect(fit({})).toBeNull();
  });

  test('a pool is met by its homes and one’s own by their owner', () => {
    expect(fit({ pool: { kind: 'pool', id: 'pool_lab' } })).toBeNull();
    expect(fit({ pool: { kind: 'pool', id: 'pool_other' } })).toBe('pool');
    expect(fit({ pool: { kind: 'mine' } })).toBe('pool');
    expect(fit({ pool: { kind: 'mine' } }, {}, 'acct_owner')).toBeNull();
    expect(fit({}, { pools: [] })).toBe('pool');
    expect(fit({}, { pools: [] }, 'acct_owner')).toBeNull();
    expect(fit({ pool: { kind: 'public' } }, { pools: [] }, 'acct_owner')).toBe('pool');
  });

  test('only, ignore and order name homes', () => {
    expect(fit({ only: ['n1'] })).toBeNull();
    expect(fit({ only: ['n2'] })).toBe('only');
    expect(fit({ ignore: ['n1'] })).toBe('ignore');
    expect(fit({ order: ['n2'] })).toBeNull();
    expect(fit({ order: ['n2'], allowFallbacks: false })).toBe('order');
    expect(fit({ order: ['n1'], allowFallbacks: false })).toBeNull();
    expect(fit({ allowFallbacks: false })).toBeNull();
  });

  test('what it is, where and how far', () => {
    expect(fit({ quantisations: ['q4_k_m'] })).toBeNull();
    expect(fit({ quantisations: ['q8_0'] })).toBe('quantizations');
    expect(fit({ countries: ['DE', 'FR'] })).toBeNull();
    expect(fit({ countries: ['DE'] })).toBe('country');
    expect(fit({ maxRttMs: 50 })).toBeNull();
    expect(fit({ maxRttMs: 49 })).toBe('max_rtt_ms');
  });

  test('what its model can do, and samplers that nothing may be left out of', () => {
    expect(fit({ needs: ['tools', 'images'] }, { can: ['tools'] })).toBe('images');
    expect(fit({ needs: ['tools'] }, { can: ['tools', 'of a later version'] })).toBeNull();
    expect(fit({ samplers: ['top_k', 'min_p'] }, { samplers: ['top_k'] })).toBe('min_p');
    expect(fit({ samplers: ['top_k'] }, { samplers: null })).toBeNull();
  });

  test('a price may not be above the most, and one’s own homes are free', () => {
    expect(fit({ maxPriceIn: 100, maxPriceOut: 200 })).toBeNull();
    expect(fit({ maxPriceIn: 99 })).toBe('max_price');
    expect(fit({ maxPriceOut: 199 })).toBe('max_price');
    expect(fit({ maxPriceOut: 199 }, {}, 'acct_owner')).toBeNull();
  });

  test('the first wish in order is named where several are not met', () => {
    expect(fit({ countries: ['DE'], maxPriceIn: 1 })).toBe('country');
  });
});

describe('findEmptying', () => {
  test('the wish that took the last home is named', () => {
    expect(findEmptying(['pool', 'country', 'only'])).toBe('country');
    expect(findEmptying(['pool', null])).toBeNull();
    expect(findEmptying([])).toBeNull();
  });

  test('it is what applying wishes one after another finds', () => {
    const fields = ['pool', 'only', 'order', 'ignore', 'quantizations', 'country', 'max_rtt_ms', 'max_price'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fields), { minLength: 1 }), (fits) => {
        let left = [...fits];
        const last = fields.find((field) => (left = left.filter((fit) => fit !== field)).length === 0);
        expect(findEmptying(fits)).toBe(last);
      }),
    );
  });
});
