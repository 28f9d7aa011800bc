// What a flood of claims, dear gas and broken answers can cost the sponsor's key.
import { beforeEach, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { ok } from '../../schema/result.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import { ClaimLog } from './claim-log.ts';
import { ClaimSponsor } from './claim-sponsor.ts';
import type { ClaimsChain } from './claims-chain.ts';
import { MOST_CLAIMS } from './decide-claims.ts';

const DOMAIN = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` } as const;
const SECONDS = 86_400;
const GWEI = 1_000_000_000n;
const nodeOf = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const LEAVES = Array.from({ length: 40 }, (_, n): EpochLeaf => ({
  node: nodeOf(n + 1),
  wallet: nodeOf(n + 1000),
  earned: 5n,
  withheld: 0n,
  bonus: 0n,
  count: 1n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
}));
const { root } = growEpochTree(LEAVES.map(hashEpochLeaf));

let now: number;
let nonces: { now: number; pending: number };
let baseFee: bigint;
let gas: bigint;
let sent: Hex[];
let sponsor: ClaimSponsor;

const chain: ClaimsChain = {
  // Nothing that is sent pays anybody: each transaction is mined, and claims nothing.
  look: async (nodes) => ({
    block: 100,
    nonces,
    final: { root, epoch: 7, total: 200n },
    isPaused: false,
    homes: new Map(nodes.map((node) => [node, { claimed: 0n, claimedDeep: 0n, bound: null }])),
  }),
  estimate: async () => ok(gas),
  prices: async () => ({ baseFee, tip: 1n }),
  countAt: async (tag) => (tag === 'pending' ? nonces.pending : nonces.now),
  send: async (raw) => void sent.push(raw),
  findMined: async () => null,
};

beforeEach(async () => {
  [now, nonces, baseFee, gas, sent] = [1_700_000_000_000, { now: 0, pending: 0 }, GWEI, 100_000n, []];
  const { sql } = new FakeStorage().open() as DurableObjectStorage;
  sponsor = new ClaimSponsor(new ClaimLog(sql), {
    chain,
    domain: DOMAIN,
    seconds: SECONDS,
    key: new Uint8Array(32).fill(5),
    leavesOf: async () => LEAVES,
    now: () => now,
  });
  for (const { node } of LEAVES) await sponsor.ask(node);
  now += 60_000;
});

/** A run, after which whatever was sent is in a block. */
async function run(): Promise<void> {
  await sponsor.tick();
  nonces = { now: sent.length, pending: sent.length };
  now += 1000;
}

test('three hundred transactions a day is all that a flood of claims can have', async () => {
  for (let i = 0; i < 400; i++) await run();
  expect(sent).toHaveLength(300);
  now += 86_400_000;
  await run();
  expect(sent).toHaveLength(301);
});

test('where gas is too dear it waits, and sends once it is not', async () => {
  baseFee = 25n * GWEI;
  await run();
  expect(sent).toHaveLength(0);
  baseFee = 24n * GWEI;
  await run();
  expect(sent).toHaveLength(1);
});

test('what is stuck is replaced up to the most that is paid for gas, and no further', async () => {
  const offers = new Set<Hex>();
  for (let i = 0; i < 40; i++) {
    await sponsor.tick();
    now += 120_000;
  }
  for (const raw of sent) offers.add(raw);
  // A quarter more each time, from two to fifty gwei.
  expect(offers.size).toBe(15);
});

test('a node that once counts what nobody sent stops nothing, and costs nothing', async () => {
  nonces = { now: 0, pending: 1_000_000 };
  await sponsor.tick();
  nonces = { now: 0, pending: 0 };
  await run();
  expect(sent).toHaveLength(2);
  nonces = { now: 1, pending: 1 };
  now += 120_000;
  await sponsor.tick();
  expect(sent).toHaveLength(3);
});

test('gas that no transaction takes is not signed for', async () => {
  for (const broken of [0n, 1n, 1n << 64n]) {
    gas = broken;
    await expect(sponsor.tick()).rejects.toThrow(RangeError);
  }
  expect(sent).toHaveLength(0);
  expect(MOST_CLAIMS).toBeLessThan(LEAVES.length);
});
