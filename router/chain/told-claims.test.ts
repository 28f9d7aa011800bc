// Homes that ask all the time how far their claim is.
import { expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import type { ClaimTold } from './claim-sponsor.ts';
import { ToldClaims } from './told-claims.ts';

const HOME: Hex = `0x${'1'.repeat(40)}`;
const TOLD: ClaimTold = {
  verdict: { is: 'open' },
  wallet: null,
  claimable: 1n,
  claimed: 0n,
  epoch: 1,
  isPaused: false,
  transaction: null,
};

function open() {
  const world = { asked: [] as Hex[], looked: 0, now: 1_700_000_000_000, end: () => {} };
  let wait = new Promise<void>((resolve) => (world.end = resolve));
  const look = async (): Promise<ClaimTold> => {
    world.looked += 1;
    await wait;
    return TOLD;
  };
  const ask = async (node: Hex): Promise<ClaimTold> => {
    world.asked.push(node);
    return look();
  };
  const claims = new ToldClaims({ tell: look, ask }, 11_155_111, () => world.now);
  const fail = (): void => void ((wait = Promise.reject(new Error('away'))), wait.catch(() => {}));
  return { world, claims, fail };
}

test('ten thousand questions of one home are one look at the chain, and its wish to be claimed for is heard all the same', async () => {
  const { world, claims } = open();
  world.end();
  for (let i = 0; i < 5000; i++) await claims.answer(HOME, false);
  for (let i = 0; i < 5000; i++) expect(await claims.answer(HOME, true)).toBe(TOLD);
  expect(world).toMatchObject({ looked: 2, asked: [HOME] });
  world.now += 5000;
  await claims.answer(HOME, false);
  expect(world.looked).toBe(3);
});

test('ten thousand homes at once are twenty looks; the others are sent away, and come in when those are done', async () => {
  const { world, claims } = open();
  const homes = Array.from({ length: 10_000 }, (_, n): Hex => `0x${n.toString(16).padStart(40, '0')}`);
  const answers = Promise.allSettled(homes.map((home) => claims.answer(home, true)));
  world.end();
  expect((await answers).filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
  expect(world.looked).toBe(20);
  await expect(claims.answer(homes.at(-1)!, true)).resolves.toBe(TOLD);
});

test('a chain that is away is not asked more often for it, and holds nobody up once it is back', async () => {
  const { world, claims, fail } = open();
  world.end();
  fail();
  for (let i = 0; i < 100; i++) await expect(claims.answer(HOME, true)).rejects.toThrow('away');
  expect(world.looked).toBe(1);
  world.now += 5000;
  await expect(claims.answer(HOME, true)).rejects.toThrow('away');
  expect(world.looked).toBe(2);
});
