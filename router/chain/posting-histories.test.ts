// Roots on their way to a chain, by random histories: crashes at any call, lost answers, runs at once, reorgs of up to 3, a second poster, a gas key that is used
// elsewhere, fees, clocks and nodes that jump or lag. HISTORIES=3000 by hand plays more.
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { GAS_ADDRESS, publishedOf, World } from '../test/workerd/posting-world.ts';
import { readCount } from '../test/workerd/sqlite-objects.ts';

const RUNS = readCount('HISTORIES', 60);

let world: World;

afterEach(() => void vi.unstubAllGlobals());

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'tick' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'twice' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), blocks: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      at: fc.integer({ min: 1, max: 22 }),
      isAfter: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lose' as const), arrives: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reorg' as const),
      depth: fc.integer({ min: 1, max: 3 }),
      isKept: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'epoch' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), is: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fee' as const), gwei: fc.constantFrom(1, 5, 40) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'copy' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'forget' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lag' as const), blocks: fc.integer({ min: 0, max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('skew' as const), ms: fc.integer({ min: -3_600_000, max: 3_600_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spend' as const), isInPlace: fc.boolean() }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

async function happen(one: Happening): Promise<void> {
  switch (one.kind) {
    case 'tick':
      return void (await world.tick());
    case 'twice':
      return void (await Promise.all([world.tick(), world.tick()]));
    case 'pass':
      return world.pass(one.blocks);
    case 'die':
      Object.assign(world, { dieAt: one.at, diesAfter: one.isAfter });
      return void (await world.tick());
    case 'lose':
      world.lost = one.arrives ? 'arrives' : 'is-gone';
      await world.tick();
      return void (world.lost = null);
    case 'reorg':
      return world.chain.reorganise(one.depth, one.isKept);
    case 'epoch':
      world.newest += 1;
      return world.pass(5);
    case 'away':
      return void (world.isAway = one.is);
    case 'fee':
      return void (world.chain.baseFee = BigInt(one.gwei) * 10n ** 9n);
    case 'copy':
      return world.copy();
    case 'forget':
      return void (world.chain.waiting = []);
    case 'lag':
      return void (world.chain.lag = one.blocks);
    case 'skew':
      return void (world.now += one.ms);
    case 'spend':
      return world.spend(one.isInPlace);
  }
}

/** Counters that prove that each path was taken. */
const reached = {
  sends: 0,
  finalised: 0,
  replaced: 0,
  resent: 0,
  reverted: 0,
  posted: 0,
  twoNonces: 0,
  died: 0,
  lostPosts: 0,
};

test('whatever happens: one root an epoch, one message signed of it, one epoch a nonce, and in the end the newest stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 60 }), async (history) => {
      world = new World();
      const seen = new Set<number>();
      for (const one of history) {
        await happen(one);
        for (const epoch of world.chain.posted.keys()) seen.add(epoch);
        reached.lostPosts += [...seen].some((epoch) => !world.chain.posted.has(epoch)) ? 1 : 0;
      }
      await world.settle();
      checkWorld();
    }),
    { numRuns: RUNS, seed: 20_261_128 },
  );
  expect(Object.entries(reached).filter(([, count]) => count === 0)).toEqual([]);
}, 120_000);

function checkWorld(): void {
  for (const of of Map.groupBy(world.sent, ({ epoch, kind }) => `${epoch} ${kind}`).values()) {
    // Calldata holds the message and its signature.
    expect(new Set(of.map(({ data }) => data)).size).toBe(1);
    reached.finalised += of[0]?.kind === 'finalise' ? 1 : 0;
    reached.twoNonces += new Set(of.map(({ sent }) => sent.nonce)).size > 1 ? 1 : 0;
  }
  for (const of of Map.groupBy(world.sent, ({ sent }) => sent.nonce).values()) {
    expect(new Set(of.map(({ data }) => data)).size).toBe(1);
    const fees = [...new Set(of.map(({ sent }) => sent.maxFee))];
    expect(fees.filter((fee, i) => i > 0 && fee * 10n < (fees[i - 1] ?? 0n) * 11n)).toEqual([]);
    reached.replaced += fees.length - 1;
    reached.resent += of.length - fees.length;
  }
  for (const [epoch, { root, fileHash }] of world.chain.posted)
    expect({ root, fileHash }).toEqual({ root: publishedOf(epoch).root, fileHash: publishedOf(epoch).fileHash });
  expect(world.chain.posted.has(world.newest)).toBe(true);
  expect(world.stateOf(world.newest)).toBe('final');
  // Nothing of ours waits for a block any more, and nothing that was sent could still come.
  const count = world.chain.countOf(GAS_ADDRESS);
  for (const { nonce } of world.posting.journal().sent) expect(nonce).toBeLessThan(count);
  reached.sends += world.sent.length;
  reached.posted += world.chain.posted.size;
  reached.reverted += world.chain.reverts;
  reached.died += world.deaths;
}
