import { describe, expect, test } from 'vitest';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import type { NodeCandidate } from './find-entry.ts';
import { countCapacity, makeAsk, makeHomes, takeSlot } from './make-homes.ts';
import type { KnowHomes, KnownHome } from './make-homes.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const PLACE = { lat: 48.9, lon: 2.4, country: 'FR' };
const KNOWN: KnownHome = {
  promptTokensPerS: 900,
  decodeTokensPerS: 45,
  rttMs: 20,
  failureShare: 0.01,
  earnedPerHour: 5,
  pendingPromptTokens: 0,
  cachedTokens: 0,
  isCooling: false,
};

const KNOW: KnowHomes = {
  know: () => KNOWN,
  onUnusable: (_, error) => {
    throw error;
  },
};

function model(name: string, facts: Partial<NodeModel> = {}): NodeModel {
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 50 };
  return { name, digest: A, contextTokens: 4096, quantisation: 'q8', resume: 'exact', ...speeds, ...facts };
}

function node(nodeId: string, facts: Partial<NodeCandidate> = {}): NodeCandidate {
  const whose = { ownerAccountId: 'acct_o', pools: ['public'] };
  return { nodeId, ...whose, place: PLACE, models: [model('m')], slots: 2, active: 0, isPaused: false, ...facts };
}

const resume = { text: 'ab', tokenIds: [1], count: 1, digest: A, least: 'same-model' as const };

describe('makeHomes', () => {
  test('a home stands with what was learned of it and the price of the offer', () => {
    const offer = makeJobOffer({ priceIn: 3, priceOut: 7 });
    const { serving } = makeHomes([node('n', { active: 1 })], offer, KNOW);
    const { isCooling, ...known } = KNOWN;
    const standing = { nodeId: 'n', slots: 2, active: 1, loadMs: 0, digest: A, ...known };
    expect(serving).toEqual([
      { home: expect.objectContaining({ ...standing, priceIn: 3, priceOut: 7 }), model: model('m'), isCooling },
    ]);
  });

  test("the caller's own homes cost nothing", () => {
    const offer = makeJobOffer({ priceIn: 3, priceOut: 7, accountId: 'acct_o' });
    expect(makeHomes([node('n')], offer, KNOW).serving[0]?.home).toMatchObject({ priceIn: 0, priceOut: 0 });
  });

  test('paused homes, homes without slots and homes without the model are none', () => {
    const others = [
      node('a', { isPaused: true }),
      node('b', { slots: 0 }),
      node('c', { models: [model('x', { digest: B })] }),
    ];
    expect(makeHomes(others, makeJobOffer(), KNOW)).toEqual({ serving: [], passedOver: [] });
  });

  test('a home that cannot go on with an answer is passed over', () => {
    const homes = [node('a', { models: [model('m', { resume: 'none' })] }), node('b')];
    const { serving, passedOver } = makeHomes(homes, makeJobOffer({ resume }), KNOW);
    expect(serving.map(({ home }) => home.nodeId)).toEqual(['b']);
    expect(passedOver).toEqual([{ nodeId: 'a', why: 'wish' }]);
  });

  test('of two entries the one that goes on more faithfully serves, then the one in memory', () => {
    const entries = [model('cold', { loadMs: 900 }), model('text', { resume: 'text' }), model('exact')];
    const chosen = (offer = makeJobOffer()) =>
      makeHomes([node('n', { models: entries })], offer, KNOW).serving[0]?.model.name;
    expect(chosen()).toBe('text');
    expect(chosen(makeJobOffer({ resume }))).toBe('exact');
  });
});

test('a continued answer asks for the weights that began it', () => {
  expect(makeAsk(makeJobOffer({ resume })).preferDigest).toBe(A);
  expect(makeAsk(makeJobOffer()).preferDigest).toBeNull();
});

describe('takeSlot', () => {
  const before = { free: 5, slots: 8, classes: { '2.13.11': [1, 4], '4.9.9': [4, 4] } } as const;

  test('a job takes a slot in all and in its home’s class, and a cold home’s only in all', () => {
    expect(takeSlot(before, { speedClass: '2.13.11', loadMs: 0 })).toEqual({
      ...before,
      free: 4,
      classes: { ...before.classes, '2.13.11': [0, 4] },
    });
    expect(takeSlot(before, { speedClass: '2.13.11', loadMs: 900 })).toEqual({ ...before, free: 4 });
  });

  test('there are never fewer than none', () => {
    const none = { free: 0, slots: 1, classes: { '1.9.9': [0, 1] } } as const;
    expect(takeSlot(none, { speedClass: '1.9.9', loadMs: 0 })).toEqual(none);
  });
});

describe('countCapacity', () => {
  test('slots are counted in all and by class, cold homes only in all, over-full ones as full', () => {
    const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50 };
    const homes = [
      { slots: 2, active: 1, loadMs: 0, ...speeds },
      { slots: 2, active: 3, loadMs: 0, ...speeds },
      { slots: 4, active: 0, loadMs: 5000, ...speeds },
    ];
    expect(countCapacity(homes)).toEqual({ free: 5, slots: 8, classes: { '2.13.11': [1, 4] } });
    expect(countCapacity([])).toEqual({ free: 0, slots: 0, classes: {} });
  });
});
