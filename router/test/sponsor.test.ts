// Claims whose gas the router pays, on a real chain: in one transaction, once, whatever happens to it on its way.
import { DatabaseSync } from 'node:sqlite';
import { createTestClient, http, publicActions } from 'viem';
import { foundry } from 'viem/chains';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { addressOfPrivateKey, ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { ClaimLog } from '../chain/claim-log.ts';
import type { SqlDoor } from '../chain/claim-log.ts';
import { ClaimSponsor } from '../chain/claim-sponsor.ts';
import { makeClaimsChain } from '../chain/claims-chain.ts';
import { WORTH_UNITS } from '../chain/decide-claims.ts';
import { findAnvil } from '../local/test-chain.ts';
import { startBench, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';
import { until } from './until.ts';

/** An epoch's length as the sponsor has it: so long a first claim waits for others, and a later one. */
const SECONDS = 144_000;
const BATCH_MS = 100_000;
const LATER_MS = 6_000_000;
const EPOCH_MS = SECONDS * 1000;
const SPONSOR_KEY = fromHex(`0x${'5b'.repeat(32)}`);
const GUEST: Hex = `0x${'a1'.repeat(20)}`;

const homeOf = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`;
const walletOf = (n: number): Hex => `0x${(0xa000 + n).toString(16).padStart(40, '0')}`;
const leafOf = (n: number, earned: bigint, wallet = walletOf(n)): EpochLeaf => {
  const rest = { withheld: 0n, bonus: 0n, count: 1n, acceptancesRoot: ZERO_WORD, spent: 0n };
  return { node: homeOf(n), wallet, earned, ...rest };
};

let bench: Bench;
let back: () => Promise<void>;
let disk: DatabaseSync;
let leaves: EpochLeaf[];
let sponsor: ClaimSponsor;
let now: number;
let sent: Hex[];
/** What becomes of the next transactions. */
let answer: 'arrives' | 'is-lost' | 'is-gone';

describe.skipIf(findAnvil() === null)('claims whose gas the router pays', () => {
  beforeAll(async () => {
    bench = await startBench();
    await bench.bond('holder', 'root', 100n * TOKEN);
    await client().setBalance({ address: addressOfPrivateKey(SPONSOR_KEY), value: TOKEN });
    leaves = [leafOf(1, 10n), leafOf(2, 20n), leafOf(3, 30n), leafOf(4, 40n, ZERO_ADDRESS)];
    await settle();
  });
  afterAll(() => bench.stop());

  beforeEach(async () => {
    back = await bench.keep();
    disk = new DatabaseSync(':memory:');
    now = 1_700_000_000_000;
    sent = [];
    answer = 'arrives';
    open();
  });
  afterEach(async () => {
    leaves = leaves.slice(0, 4).map((leaf, i) => ({ ...leaf, earned: BigInt(10 * (i + 1)) }));
    await back();
  });

  const client = () =>
    createTestClient({ mode: 'anvil', chain: foundry, transport: http(bench.url) }).extend(publicActions);

  /** As an object has its SQLite. */
  function openSql(): SqlDoor {
    return {
      exec: (query, ...values) => {
        const rows = disk
          .prepare(query)
          .all(...(values as (string | number | null)[]))
          .map((row) => ({ ...row }));
        return { toArray: () => rows, one: () => rows[0] };
      },
    };
  }

  /** The chain makes its block a moment after it has taken what is in it, where it makes them by itself. */
  async function mined(): Promise<void> {
    if (await client().getAutomine())
      await until('nothing waits for a block', async () => (await client().getTxpoolStatus()).pending === 0);
  }

  /** As after a crash: all that it knows is on disk. */
  function open(): void {
    const chain = makeClaimsChain({
      url: bench.url,
      chainId: foundry.id,
      contract: bench.contracts.Payouts.address,
      sender: addressOfPrivateKey(SPONSOR_KEY),
    });
    const send = async (raw: Hex): Promise<void> => {
      sent.push(raw);
      if (answer !== 'is-gone') await chain.send(raw);
      await mined();
      if (answer !== 'arrives') throw new Error('no answer');
    };
    const domain = { chainId: foundry.id, verifyingContract: bench.contracts.Payouts.address };
    sponsor = new ClaimSponsor(new ClaimLog(openSql()), {
      chain: { ...chain, send },
      domain,
      seconds: SECONDS,
      key: SPONSOR_KEY,
      leavesOf: async () => leaves,
      now: () => now,
    });
  }

  /** Makes what the homes have earned by now final. */
  async function settle(): Promise<void> {
    await bench.settle(
      leaves,
      leaves.reduce((sum, { earned }) => sum + earned, 0n),
    );
  }

  const tokensOf = async (holder: Hex): Promise<bigint> =>
    (await bench.read<bigint>('IroriToken', 'balanceOf', [holder])) / UNIT;
  const noncesUsed = async (): Promise<number> =>
    client().getTransactionCount({ address: addressOfPrivateKey(SPONSOR_KEY) });
  const told = async (n: number): Promise<string> => (await sponsor.tell(homeOf(n))).verdict.is;

  async function askAll(...homes: number[]): Promise<void> {
    for (const n of homes) await sponsor.ask(homeOf(n));
  }

  test('homes that ask within a while are paid by one transaction, each once, and then let go of', async () => {
    expect(await told(1)).toBe('open');
    await askAll(1, 2);
    now += BATCH_MS / 2;
    await askAll(3);
    expect(await sponsor.tell(homeOf(3))).toMatchObject({ verdict: { is: 'waiting', why: 'batch' }, claimable: 30n });
    expect(await sponsor.tick()).toBe(now + BATCH_MS / 2);
    expect(sent).toHaveLength(0);
    now += BATCH_MS / 2;
    expect(await sponsor.tick()).toBe(now + 1000);
    await sponsor.tick();
    expect(sent).toHaveLength(1);
    expect(await Promise.all([1, 2, 3].map((n) => tokensOf(walletOf(n))))).toEqual([10n, 20n, 30n]);
    expect(await sponsor.tell(homeOf(1))).toMatchObject({
      verdict: { is: 'paid', isDeep: false },
      claimed: 10n,
      claimable: 0n,
    });
    expect((await sponsor.tell(homeOf(1))).transaction).toMatch(/^0x[0-9a-f]{64}$/);
    await client().mine({ blocks: 5 });
    expect(await sponsor.tick()).toBe(now + 1000);
    expect(await sponsor.tick()).toBeNull();
    await askAll(1);
    expect(await sponsor.tick()).toBeNull();
    expect(await noncesUsed()).toBe(1);
  });

  test('a home without a wallet is told so, one that the file does not name has nothing, and a bound wallet goes first', async () => {
    expect((await sponsor.ask(homeOf(4))).verdict.is).toBe('no-wallet');
    expect((await sponsor.ask(GUEST)).verdict).toEqual({ is: 'paid', isDeep: true });
    expect((await sponsor.ask(GUEST)).transaction).toBeNull();
    now += BATCH_MS;
    expect(await sponsor.tick()).toBeNull();
    expect(sent).toHaveLength(0);
  });

  test('a little is claimed again after some epochs only, a token’s worth at once', async () => {
    await askAll(1, 2);
    now += BATCH_MS;
    await sponsor.tick();
    await client().mine({ blocks: 5 });
    await sponsor.tick();
    leaves = leaves.map((leaf) => ({ ...leaf, earned: leaf.earned + (leaf.node === homeOf(2) ? WORTH_UNITS : 5n) }));
    await settle();
    const paidAt = now;
    now += BATCH_MS;
    await askAll(1, 2);
    now += LATER_MS;
    expect(await sponsor.tell(homeOf(1))).toMatchObject({
      verdict: { is: 'waiting', why: 'little', dueAt: paidAt + 7 * EPOCH_MS },
      claimable: 5n,
    });
    await sponsor.tick();
    expect(await Promise.all([1, 2].map((n) => tokensOf(walletOf(n))))).toEqual([10n, 20n + WORTH_UNITS]);
    await client().mine({ blocks: 5 });
    await sponsor.tick();
    expect(await sponsor.tick()).toBe(paidAt + 7 * EPOCH_MS);
    now = paidAt + 7 * EPOCH_MS;
    await sponsor.tick();
    expect(await tokensOf(walletOf(1))).toBe(15n);
  });

  test('an answer that was lost, and a crash after it, send nothing twice; what never arrived goes again as it is', async () => {
    await askAll(1);
    now += BATCH_MS;
    answer = 'is-gone';
    await sponsor.tick();
    expect(await told(1)).toBe('sent');
    open();
    now += 15_000;
    answer = 'is-lost';
    await sponsor.tick();
    expect(new Set(sent).size).toBe(1);
    open();
    now += 15_000;
    await sponsor.tick();
    expect(sent).toHaveLength(2);
    expect(await tokensOf(walletOf(1))).toBe(10n);
    expect(await noncesUsed()).toBe(1);
  });

  test('what is stuck is replaced under its nonce for a higher fee, with whoever has asked meanwhile', async () => {
    await client().setAutomine(false);
    await askAll(1);
    now += BATCH_MS;
    await sponsor.tick();
    await askAll(2);
    now += 120_000;
    await sponsor.tick();
    expect(new Set(sent).size).toBe(2);
    await client().mine({ blocks: 1 });
    await client().setAutomine(true);
    expect(await noncesUsed()).toBe(1);
    expect(await Promise.all([1, 2].map((n) => tokensOf(walletOf(n))))).toEqual([10n, 20n]);
  });

  test('after a reorg of three blocks it is claimed again, and paid once', async () => {
    await askAll(1, 2);
    now += BATCH_MS;
    await sponsor.tick();
    await client().mine({ blocks: 2 });
    expect(await told(1)).toBe('paid');
    await client().request({ method: 'anvil_rollback', params: [3] } as never);
    expect(await told(1)).toBe('sent');
    await client().request({ method: 'anvil_dropAllTransactions', params: [] } as never);
    now += 15_000;
    await sponsor.tick();
    expect(await Promise.all([1, 2].map((n) => tokensOf(walletOf(n))))).toEqual([10n, 20n]);
    await client().mine({ blocks: 5 });
    await sponsor.tick();
    expect(await sponsor.tick()).toBeNull();
    expect(await noncesUsed()).toBe(1);
  });

  test('a claim that somebody else sends meanwhile, and a pause, cost no second payment', async () => {
    await askAll(1, 2);
    now += BATCH_MS;
    await bench.send('guardian', 'Rules', 'pause', [3600n]);
    await sponsor.tick();
    expect(sent).toHaveLength(0);
    expect((await sponsor.tell(homeOf(1))).isPaused).toBe(true);
    await bench.pass(3601);
    const [leaf] = leaves;
    const proof = leaf && growEpochTree(leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf));
    await bench.send('stranger', 'Payouts', 'claim', [leaf, proof]);
    await sponsor.tick();
    expect(await Promise.all([1, 2].map((n) => tokensOf(walletOf(n))))).toEqual([10n, 20n]);
  });
});
