// Roots on their way to a chain while router, books and chain fail: whatever happens, each epoch has one root, and in the end chain and books say the same.
// Skipped, and said so, where anvil is not installed for this machine.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { findAnvil } from '../local/test-chain.ts';
import { openChaosWorld } from './chain-chaos.ts';
import type { ChaosWorld } from './chain-chaos.ts';
import { until } from './until.ts';

describe.skipIf(findAnvil() === null)('a network whose chain and router fail', () => {
  let world: ChaosWorld;
  /** The epoch that is being closed. */
  let epoch = 0;
  let isClaimed = false;
  beforeAll(async () => {
    world = await openChaosWorld();
  });
  afterAll(async () => world.stop());
  const anvil = async (method: string, ...params: unknown[]): Promise<unknown> =>
    world.stack.client.request({ method, params } as never);
  afterEach(async () => {
    await anvil('evm_setAutomine', true);
    world.stack.rpc.set('pass');
    await world.settle(epoch);
    if (!isClaimed) await world.judge(epoch);
  });

  const posts = async (): Promise<void> =>
    until('the root is posted', async () => {
      await world.tick();
      return (await world.pending()) === epoch;
    }).then(() => undefined);

  test('the chain is away, then an answer is lost, and the platform’s clock comes three times at once', async () => {
    await world.work(2);
    epoch = await world.endEpoch();
    world.stack.rpc.set('cut');
    await Promise.all([world.tick(), world.tick(), world.tick()]);
    expect(await world.isPublished(epoch)).toBe(true);
    expect(await world.pending()).toBe(0);
    world.stack.rpc.set('swallow', { methods: ['eth_sendRawTransaction'], times: 1 });
    await Promise.all([world.tick(), world.tick(), world.tick()]);
    await posts();
    expect(world.sent).toHaveLength(1);
  });

  test('a transaction that is stuck goes again for more with its nonce, and a reorg of three takes the root away', async () => {
    await world.work();
    epoch = await world.endEpoch();
    await anvil('evm_setAutomine', false);
    const before = world.sent.length;
    await until('it is sent', async () => {
      await world.tick();
      return world.sent.length > before;
    });
    for (let block = 0; block < 6; block++) {
      await anvil('anvil_setNextBlockBaseFeePerGas', `0x${(20n * 10n ** 9n).toString(16)}`);
      await anvil('evm_mine');
    }
    expect(await world.pending()).toBe(0);
    await until('it goes again for more', async () => {
      await world.tick();
      return new Set(world.sent.slice(before).map(({ maxFee }) => maxFee)).size > 1;
    });
    await anvil('evm_setAutomine', true);
    await anvil('evm_mine');
    await posts();
    expect(new Set(world.sent.slice(before).map(({ nonce }) => nonce)).size).toBe(1);
    await anvil('anvil_reorg', Math.max(3, await world.depthOf(epoch)), []);
    expect(await world.pending()).toBe(0);
    await world.tick();
  });

  test('somebody else posts the same root a moment before, and the clock of the router is hours wrong', async () => {
    await world.work();
    epoch = await world.endEpoch();
    const poster = privateKeyToAccount(await world.stack.makeWallet());
    const { address: to } = world.stack.chain.contracts.Payouts;
    const posted = world.when('eth_sendRawTransaction', async () => {
      const data = world.sent.at(-1)?.data as Hex;
      await world.stack.client.sendTransaction({ account: poster, chain: null, to, data, gas: 500_000n });
    });
    await until('both are sent', async () => {
      await world.tick();
      return (await world.pending()) === epoch;
    });
    await posted;
    // Behind only now: before, it would close an earlier epoch with the same work, and this one's root would be no news.
    await world.tick(world.stack.now() - 2 * 3_600_000);
    await world.tick(world.stack.now() + 1_800_000);
    expect(await world.pending()).toBe(epoch);
  });

  test('the books go away in each step of a close, and the router is killed in each state', async () => {
    await world.work();
    epoch = await world.endEpoch();
    const { network } = world.stack;
    const kill = async (): Promise<void> => network.killWorkerd();
    const rename = async (from: string, to: string): Promise<void> =>
      void (await (await network.database()).prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run());
    // Open, gathered, checked: as far as it comes without them.
    for (const table of ['nodes', 'flushes', 'epochs']) {
      await rename(table, `${table}_away`);
      await world.tick();
      expect(await world.isPublished(epoch)).toBe(false);
      await kill();
      await network.restart();
      await rename(`${table}_away`, table);
    }
    // Published, signed, written down, and sent: looked at while the router is down, since it goes on by itself once it is up.
    const moments = [
      ['eth_chainId'],
      ['eth_estimateGas'],
      ['eth_sendRawTransaction'],
      ['eth_sendRawTransaction', 'after'],
    ] as const;
    for (const [method, after] of moments) {
      const killed = world.when(method, kill, after);
      if (method !== 'eth_chainId') await network.restart();
      await until('it is killed', async () => {
        // What was written down goes again once it is stuck.
        if (after) await world.stack.mine(1);
        return Promise.race([killed.then(() => true), world.tick().then(() => false)]);
      });
      expect(await world.pending()).toBe(after ? epoch : 0);
    }
    await network.restart();
  });

  test('the chain is killed behind a posted root, and comes again', async () => {
    await world.work();
    epoch = await world.endEpoch();
    await posts();
    await world.stack.restartChain();
    await expect(world.settle(epoch)).resolves.toBeUndefined();
  });

  test('then the home’s wallet is paid what the books have, once', async () => {
    await expect(world.claim(epoch)).resolves.toBeUndefined();
    isClaimed = true;
  });
});
