import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MODES, NO_WISH } from '../../schema/placement.ts';
import type { Grant, GrantAsk, HomeState, Wish } from '../../schema/placement.ts';
import { decideGrant } from './decide-grant.ts';
import { expectFirstToken } from './expect-first-token.ts';
import { keepsPromise } from './score-home.ts';

const PARIS = { lat: 48.9, lon: 2.4 };

function home(nodeId: string, facts: Partial<HomeState> = {}): HomeState {
  return {
    nodeId,
    ownerAccountId: 'acct_owner',
    pools: ['public'],
    place: { ...PARIS, country: 'FR' },
    quantisation: 'q4_k_m',
    digest: 'd1',
    contextTokens: 8192,
    can: [],
    samplers: [],
    priceIn: 100,
    priceOut: 200,
    slots: 4,
    active: 0,
    pendingPromptTokens: 0,
    promptTokensPerS: 4000,
    decodeTokensPerS: 80,
    loadMs: 0,
    rttMs: 15,
    failureShare: 0.01,
    earnedPerHour: 1000,
    cachedTokens: 0,
    ...facts,
  };
}

/** A place so many km north of Paris. */
const north = (km: number): HomeState['place'] => ({ lat: PARIS.lat + km / 111.2, lon: PARIS.lon, country: 'FR' });

function ask(wish: Partial<Wish> = {}, facts: Partial<GrantAsk> = {}): GrantAsk {
  return {
    wish: { ...NO_WISH, ...wish },
    place: PARIS,
    accountId: 'acct_caller',
    size: { promptTokens: 1000, outputTokens: 200 },
    edgeRttMs: 10,
    preferNodeId: null,
    excludeNodeIds: [],
    preferDigest: null,
    isForced: false,
    ...facts,
  };
}

/** At least 1,000 tokens for sure. */
const LONG = { promptTokens: 1000, leastPromptTokens: 1000, outputTokens: 200 };
const granted = (grant: Grant): string => (grant.kind === 'grant' ? grant.nodeId : grant.kind);
const why = (grant: Grant, nodeId: string): string | undefined =>
  grant.passedOver.find((one) => one.nodeId === nodeId)?.why;

describe('the modes', () => {
  const near = home('near', { place: north(12), earnedPerHour: 900, priceOut: 300 });
  const beside = home('beside', { place: north(55), earnedPerHour: 500 });
  const far = home('far', { place: north(400), earnedPerHour: 100, decodeTokensPerS: 200, promptTokensPerS: 9000 });
  const cheap = home('cheap', { place: north(800), earnedPerHour: 5000, priceOut: 10 });
  const all = [near, beside, far, cheap];

  test('closest takes the closest home, and those within 50 km of it share by least earned', () => {
    const grant = decideGrant(all, ask());
    expect(granted(grant)).toBe('beside');
    expect(why(grant, 'near')).toBe('earned-more');
    expect(why(grant, 'far')).toBe('farther');
    expect(granted(decideGrant([near, far], ask()))).toBe('near');
  });

  test('fairest takes who earned least, fastest the best score, cheapest the lowest price', () => {
    expect(granted(decideGrant(all, ask({ mode: 'fairest' })))).toBe('far');
    expect(granted(decideGrant([near, beside], ask({ mode: 'fairest' })))).toBe('beside');
    const fastest = decideGrant(all, ask({ mode: 'fastest' }));
    expect(granted(fastest)).toBe('far');
    expect(why(fastest, 'near')).toBe('slower');
    const cheapest = decideGrant(all, ask({ mode: 'cheapest' }));
    expect(granted(cheapest)).toBe('cheap');
    expect(why(cheapest, 'near')).toBe('price');
  });

  describe('greenest', () => {
    const here = home('here', { place: { ...north(12), country: 'PL' }, workW: 200 });
    const clean = home('clean', { place: { ...north(400), country: 'FR' }, workW: 200 });

    test('takes the home with the least CO2e of those that keep the promise, and tells the figure beside the closest’s', () => {
      const slow = home('slow', { place: { ...PARIS, country: 'NO' }, decodeTokensPerS: 10, workW: 50 });
      const grant = decideGrant([here, clean, slow], ask({ mode: 'greenest' }));
      expect(granted(grant)).toBe('clean');
      expect([why(grant, 'here'), why(grant, 'slow')]).toEqual(['dirtier', 'promise']);
      expect(grant.kind === 'grant' && grant.decision.reason).toMatch(
        /^least CO2e of the homes that keep the promise, 0\.00\d+ g expected, 0\.0\d+ g at the closest: 400 km, first token expected in 0\.\d\d s$/,
      );
    });

    test('gathers work: of two equal homes the one at work is taken', () => {
      const working = home('working', { ...clean, nodeId: 'working', active: 2 });
      expect(granted(decideGrant([clean, working], ask({ mode: 'greenest' })))).toBe('working');
    });

    test('the closest that is the greenest is held against nobody', () => {
      const grant = decideGrant([clean], ask({ mode: 'greenest' }));
      expect(grant.kind === 'grant' && grant.decision.reason).toMatch(/promise, 0\.\d+ g expected: 400 km/);
    });
  });

  test('among equally cheap homes the closest is taken', () => {
    const twin = home('twin', { place: north(300) });
    expect(granted(decideGrant([twin, home('here')], ask({ mode: 'cheapest' })))).toBe('here');
  });

  test('the home asked for is taken among equals and only there', () => {
    const [a, b] = [home('a'), home('b')];
    expect(granted(decideGrant([a, b], ask({}, { preferNodeId: 'b' })))).toBe('b');
    expect(granted(decideGrant([a, home('b', { earnedPerHour: 1001 })], ask({}, { preferNodeId: 'b' })))).toBe('a');
  });

  test('the decision says in one sentence why, and what was predicted', () => {
    const grant = decideGrant([near, far], ask());
    expect(grant).toMatchObject({
      kind: 'grant',
      decision: {
        mode: 'closest',
        reason: 'closest home that keeps the promise: 12 km, first token expected in 0.29 s',
        candidates: 2,
        keeping: 2,
        isForced: false,
        km: 12,
        ttftMs: 287.5,
        rttMs: 25,
        promptMs: 250,
        decodeMs: 12.5,
      },
    });
  });
});

describe('the promise', () => {
  const slow = home('slow', { promptTokensPerS: 500 });

  test('a hub whose homes cannot keep it is busy, with the score of the best', () => {
    const grant = decideGrant([slow, home('slower', { promptTokensPerS: 100 })], ask());
    expect(grant).toMatchObject({ kind: 'busy', quoteMs: expect.closeTo(2037.5 + 250 + 50) });
    expect(why(grant, 'slow')).toBe('promise');
  });

  test('forced it grants the best score there is', () => {
    const grant = decideGrant([home('slower', { promptTokensPerS: 100 }), slow], ask({}, { isForced: true }));
    expect(grant).toMatchObject({ kind: 'grant', nodeId: 'slow', decision: { isForced: true, keeping: 0 } });
  });

  test('a stream that would be too slow breaks it too', () => {
    expect(granted(decideGrant([home('a', { decodeTokensPerS: 29 })], ask()))).toBe('busy');
    expect(granted(decideGrant([home('a', { decodeTokensPerS: 29 })], ask({ minTokensPerS: 20 })))).toBe('a');
  });

  test('a home that has to load the model first is passed over as cold', () => {
    const grant = decideGrant([home('cold', { loadMs: 4000 }), home('warm', { place: north(900) })], ask());
    expect(granted(grant)).toBe('warm');
    expect(why(grant, 'cold')).toBe('cold');
  });

  test('prompts that wait there count, and so does what it still holds of the prompt', () => {
    expect(granted(decideGrant([home('a', { pendingPromptTokens: 3000, active: 1 })], ask()))).toBe('busy');
    expect(granted(decideGrant([home('a', { promptTokensPerS: 1000, cachedTokens: 512 })], ask()))).toBe('a');
  });
});

describe('when trying again may succeed', () => {
  test('a queue of prompts runs down by what is too late', () => {
    // 4,000 pending and 1,000 own tokens at 3,200 a second: 762 ms too late.
    const grant = decideGrant([home('a', { pendingPromptTokens: 4000, active: 1 })], ask());
    expect(grant).toMatchObject({ kind: 'busy', retryAfterMs: expect.closeTo(815, -2) });
  });

  test('a full home is expected to free a slot by its jobs’ way', () => {
    const grant = decideGrant([home('a', { active: 4 })], ask());
    // Four streams of 200 tokens at 45.8 a second: the first of them ends after a fifth of that.
    expect(grant).toMatchObject({ kind: 'busy', quoteMs: null, retryAfterMs: 873 });
  });

  test('where no home could ever keep the promise nothing is known', () => {
    expect(decideGrant([home('a', { promptTokensPerS: 10 })], ask())).toMatchObject({ retryAfterMs: 2000 });
  });
});

describe('wishes', () => {
  test('none says which wish emptied the list; nothing where nobody has the model', () => {
    const grant = decideGrant([home('a')], ask({ countries: ['DE'] }));
    expect(grant).toMatchObject({ kind: 'none', emptiedBy: 'country' });
    expect(why(grant, 'a')).toBe('wish');
    expect(decideGrant([], ask())).toEqual({ kind: 'none', emptiedBy: null, contextTokens: null, passedOver: [] });
  });

  test('homes left out for the job’s own sake are no wish’s fault', () => {
    const excluded = decideGrant([home('a')], ask({}, { excludeNodeIds: ['a'] }));
    expect(excluded).toMatchObject({ kind: 'none', emptiedBy: null });
    expect(why(excluded, 'a')).toBe('excluded');
    const small = decideGrant([home('a', { contextTokens: 1000 })], ask({}, { size: LONG }));
    expect(small).toMatchObject({ kind: 'none', emptiedBy: null, contextTokens: 1000 });
    expect(why(small, 'a')).toBe('context');
    expect(why(decideGrant([home('a'), home('b', { priceOut: 900 })], ask({ maxPriceOut: 500 })), 'b')).toBe('price');
  });

  test('the largest context of homes that would do but for the prompt is told, and of no others', () => {
    const homes = [home('a', { contextTokens: 500 }), home('b', { contextTokens: 900 }), home('c', { priceOut: 900 })];
    const grant = decideGrant(homes, ask({ maxPriceOut: 500 }, { size: LONG }));
    expect(grant).toMatchObject({ kind: 'none', contextTokens: 900 });
    expect(decideGrant(homes, ask({}, { size: LONG, excludeNodeIds: ['c', 'b'] }))).toMatchObject({
      contextTokens: 500,
    });
  });

  test('a home whose context is only expected to be too short is asked where no other is free', () => {
    const [tight, roomy] = [home('tight', { contextTokens: 900 }), home('roomy', { place: north(900) })];
    const grant = decideGrant([tight, roomy], ask());
    expect([granted(grant), why(grant, 'tight')]).toEqual(['roomy', 'context']);
    expect(granted(decideGrant([tight, { ...roomy, active: 4 }], ask()))).toBe('tight');
  });

  test('the order asked for comes first, whatever it promises', () => {
    const homes = [home('a'), home('b', { promptTokensPerS: 500 }), home('c', { active: 4 })];
    const grant = decideGrant(homes, ask({ order: ['c', 'b', 'a'] }));
    expect(granted(grant)).toBe('b');
    expect([why(grant, 'a'), why(grant, 'c')]).toEqual(['wish', 'full']);
  });

  test('where the ordered homes here are full and others are elsewhere, those come before strangers here', () => {
    const homes = [home('a'), home('c', { active: 4 })];
    expect(granted(decideGrant(homes, ask({ order: ['c', 'elsewhere'] })))).toBe('busy');
    expect(granted(decideGrant(homes, ask({ order: ['c', 'elsewhere'] }, { isForced: true })))).toBe('a');
    expect(granted(decideGrant(homes, ask({ order: ['c', 'elsewhere'] }, { excludeNodeIds: ['elsewhere'] })))).toBe(
      'a',
    );
    expect(granted(decideGrant(homes, ask({ order: ['c'] })))).toBe('a');
  });

  test('the caller’s own homes come first whatever their promise, while one has a slot', () => {
    const mine = { ownerAccountId: 'acct_caller', pools: [], promptTokensPerS: 300 };
    const grant = decideGrant([home('a'), home('mine', mine)], ask());
    expect(grant).toMatchObject({ kind: 'grant', nodeId: 'mine', decision: { isForced: false } });
    expect(why(grant, 'a')).toBe('own-first');
    expect(granted(decideGrant([home('a'), home('mine', { ...mine, active: 4 })], ask()))).toBe('a');
    expect(granted(decideGrant([home('a'), home('mine', mine)], ask({ pool: { kind: 'public' } })))).toBe('a');
  });

  test('a continued answer prefers the weights that began it, not above the promise', () => {
    const same = home('same', { digest: 'd2', place: north(700) });
    expect(granted(decideGrant([home('a'), same], ask({}, { preferDigest: 'd2' })))).toBe('same');
    const slow = { ...same, promptTokensPerS: 100 };
    expect(granted(decideGrant([home('a'), slow], ask({}, { preferDigest: 'd2' })))).toBe('a');
    expect(granted(decideGrant([home('a')], ask({}, { preferDigest: 'd9' })))).toBe('a');
  });
});

describe('always', () => {
  const anyHome = fc.record({
    slots: fc.integer({ min: 1, max: 8 }),
    active: fc.integer({ min: 0, max: 9 }),
    pendingPromptTokens: fc.integer({ min: 0, max: 9000 }),
    promptTokensPerS: fc.double({ min: 50, max: 9000, noNaN: true }),
    decodeTokensPerS: fc.double({ min: 5, max: 200, noNaN: true }),
    loadMs: fc.constantFrom(0, 0, 0, 3000),
    km: fc.integer({ min: 0, max: 3000 }),
    earnedPerHour: fc.integer({ min: 0, max: 9000 }),
    priceOut: fc.integer({ min: 0, max: 500 }),
  });
  const anyAsk = fc.record({
    mode: fc.constantFrom(...MODES),
    isForced: fc.boolean(),
    prompt: fc.integer({ min: 1, max: 6000 }),
  });
  /** Throws with the smallest counterexample. */
  const check = (rule: (homes: HomeState[], asked: GrantAsk, grant: Grant) => boolean) => (): void =>
    fc.assert(
      fc.property(fc.array(anyHome, { maxLength: 12 }), anyAsk, (facts, { mode, isForced, prompt }) => {
        const homes = facts.map(({ km, ...each }, i) => home(`n${i}`, { ...each, place: north(km) }));
        const asked = ask({ mode }, { isForced, size: { promptTokens: prompt, outputTokens: 200 } });
        return rule(homes, asked, decideGrant(homes, asked));
      }),
    );
  const find = (homes: HomeState[], grant: Grant): HomeState | undefined =>
    homes.find(({ nodeId }) => grant.kind === 'grant' && nodeId === grant.nodeId);
  const keeps = (one: HomeState, asked: GrantAsk): boolean =>
    keepsPromise(expectFirstToken(one, asked.size, asked.edgeRttMs), asked.wish);

  const isFree = ({ active, slots }: HomeState): boolean => active < slots;

  test('a full home is never granted, not even forced', () => {
    expect(check((homes, _, grant) => isFree(find(homes, grant) ?? home('nobody')))).not.toThrow();
  });

  test('a kept promise is never passed over for a broken one', () => {
    const rule = check((homes, asked, grant) => {
      const one = find(homes, grant);
      const isKeepable = homes.some((each) => isFree(each) && keeps(each, asked));
      return isKeepable ? one !== undefined && keeps(one, asked) : asked.isForced || one === undefined;
    });
    expect(rule).not.toThrow();
  });

  test('forced, a hub with a free slot grants', () => {
    const rule = check((homes, asked, grant) => !(asked.isForced && homes.some(isFree)) || grant.kind === 'grant');
    expect(rule).not.toThrow();
  });

  test('every other home has its reason', () => {
    const rule = check((homes, _, grant) => {
      const others = homes.filter((one) => one !== find(homes, grant)).map(({ nodeId }) => nodeId);
      return others.join() === grant.passedOver.map(({ nodeId }) => nodeId).join();
    });
    expect(rule).not.toThrow();
  });
});

describe('homes that turn jobs down', () => {
  test('one that breaks most of its jobs keeps no promise, however near it is', () => {
    const bad = home('bad', { failureShare: 0.5, earnedPerHour: 0 });
    const good = home('good', { place: north(300) });
    const grant = decideGrant([bad, good], ask());
    expect([granted(grant), why(grant, 'bad')]).toEqual(['good', 'promise']);
    expect(granted(decideGrant([bad], ask()))).toBe('busy');
    expect(granted(decideGrant([bad], ask({}, { isForced: true })))).toBe('bad');
  });

  test('the other homes of an owner whose home did come after everybody else’s', () => {
    const evil = [0, 1, 2].map((i) => home(`evil${i}`, { ownerAccountId: 'acct_evil', earnedPerHour: 0 }));
    const good = home('good', { place: north(300) });
    const avoidOwners = ['acct_evil'];
    const grant = decideGrant([...evil, good], ask({}, { avoidOwners }));
    expect([granted(grant), why(grant, 'evil0')]).toEqual(['good', 'excluded']);
    expect(granted(decideGrant(evil, ask({}, { avoidOwners })))).toBe('evil0');
    expect(granted(decideGrant([...evil, { ...good, active: 4 }], ask({}, { avoidOwners })))).toBe('evil0');
  });
});
