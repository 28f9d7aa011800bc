// Roots, claims, credit and a swap on a chain of their own. Skipped, and said so, where anvil is not installed for this machine.
import uniswapFactory from '@uniswap/v2-core/build/UniswapV2Factory.json' with { type: 'json' };
import uniswapPair from '@uniswap/v2-core/build/UniswapV2Pair.json' with { type: 'json' };
import { parseEventLogs } from 'viem';
import type { Abi, Address, TransactionReceipt } from 'viem';
import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, WALLET_BINDING } from '../../schema/chain-messages.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { findAnvil } from '../local/test-chain.ts';
import { useBench } from './bench-hooks.ts';
import { addressOf, DAY, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench, Who } from './contract-bench.ts';
import { leafOf, prove } from './contract-samples.ts';

const HOUR = 3600;
const MILLION = 1_000_000n;
const fullWord: Hex = `0x${'cd'.repeat(32)}`;

/** ERC20InsufficientAllowance, of the token's and not of its caller's errors. */
const NO_ALLOWANCE = '0xfb8f41b2';
/** ERC20InsufficientBalance. */
const NO_BALANCE = '0xe450d38c';

interface Told {
  readonly epoch: number;
  readonly total: bigint;
}

let bench: Bench;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  useBench((started) => (bench = started));

  describe('a root', () => {
    test('is posted by anybody, of an epoch that is over, once, signed by the bonded root key', async () => {
      await bench.pass(DAY);
      const epoch = await bench.epoch();
      const post = async (more: object, who: Who = 'root'): Promise<unknown> => {
        const signed = { epoch: epoch - 1, root: fullWord, total: MILLION, fileHash: ZERO_WORD, ...more };
        return bench.send('stranger', 'Payouts', 'post', [signed, bench.sign(who, EPOCH_ROOT, signed)]);
      };
      await expect(post({}, 'router')).rejects.toThrow('NotRootKey');
      await expect(post({ epoch })).rejects.toThrow('NotOver');
      await expect(post({ root: ZERO_WORD })).rejects.toThrow('NotProven');
      await expect(post({ total: 100_000_000_001n })).rejects.toThrow('OverCap');
      await bench.send('holder', 'Bonds', 'unbond', [addressOf('root'), 1n]);
      await expect(post({})).rejects.toThrow('TooLittleBonded');
      await bench.bond('holder', 'root', 1n);
      await post({});
      await expect(post({ epoch: epoch - 1 })).rejects.toThrow('StillPending');
      await expect(bench.send('stranger', 'Payouts', 'finalise')).rejects.toThrow('InWindow');
      await bench.pass(20 * HOUR);
      await bench.send('stranger', 'Payouts', 'finalise');
      await expect(post({})).rejects.toThrow('AlreadyPosted');
      await expect(bench.send('stranger', 'Payouts', 'finalise')).rejects.toThrow('NothingPending');
      await bench.pass(DAY);
      await expect(post({ epoch, total: MILLION - 1n })).rejects.toThrow('TotalFell');
      expect(await bench.read('IroriToken', 'balanceOf', [bench.contracts.Payouts.address])).toBe(MILLION * UNIT);
    });

    test('of epochs that were left out may bring the cap for each, for thirty at most', async () => {
      const cap = 100_000_000_000n;
      await bench.pass(40 * DAY);
      await expect(bench.post([leafOf('node', 5n)], 30n * cap + 1n)).rejects.toThrow('OverCap');
      await bench.post([leafOf('node', 5n)], 30n * cap);
      await bench.pass(2 * DAY);
      await expect(bench.post([leafOf('node', 6n)], 32n * cap + 1n)).rejects.toThrow('OverCap');
      await bench.post([leafOf('node', 6n)], 32n * cap);
    });

    test('is told with those before it in one call', async () => {
      const first = (await bench.epoch()) - 1;
      const told = async (): Promise<(number | bigint)[]> => {
        const [pending, last, beforeLast, lastPosted] = await bench.read<readonly Told[]>('Payouts', 'state');
        const of = ({ epoch, total }: Told): (number | bigint)[] => [epoch, total];
        return [pending, last, beforeLast].flatMap((one) => (one ? of(one) : [])).concat(lastPosted as never);
      };
      expect(await told()).toEqual([0, 0n, first, 0n, 0, 0n, first]);
      await bench.settle([leafOf('node', 5n)], 5n);
      expect(await told()).toEqual([0, 0n, first + 1, 5n, first, 0n, first + 1]);
      await bench.pass(DAY);
      await bench.post([leafOf('node', 6n)], 6n);
      const epoch = (await bench.epoch()) - 1;
      expect(await told()).toEqual([epoch, 6n, first + 1, 5n, first, 0n, epoch]);
      await bench.decide('Payouts', 'voidPending');
      expect(await told()).toEqual([0, 0n, first + 1, 5n, first, 0n, epoch]);
    });

    test('that waits is made final by the next post, a day later', async () => {
      await bench.pass(DAY);
      await bench.post([leafOf('node', 5n)], 5n);
      await bench.pass(DAY);
      await bench.post([leafOf('node', 9n)], 9n);
      expect(await bench.read('Payouts', 'last')).toContain(5n);
    });

    test('that waits is made void by the vote alone, and never one that is final', async () => {
      await bench.pass(DAY);
      await bench.post([leafOf('node', 5n)], 5n);
      await expect(bench.send('root', 'Payouts', 'voidPending')).rejects.toThrow('NotTimelock');
      await bench.decide('Payouts', 'voidPending');
      await expect(bench.decide('Payouts', 'voidPending')).rejects.toThrow('NothingPending');
    });

    test('is neither posted nor final while the guardian pauses', async () => {
      await bench.pass(DAY);
      await bench.post([leafOf('node', 5n)], 5n);
      await bench.send('guardian', 'Rules', 'pause', [2 * DAY]);
      await bench.pass(DAY);
      await expect(bench.send('stranger', 'Payouts', 'finalise')).rejects.toThrow('IsPaused');
      await expect(bench.post([leafOf('node', 6n)], 6n)).rejects.toThrow('IsPaused');
      await bench.pass(DAY);
      await bench.send('stranger', 'Payouts', 'finalise');
    });
  });

  describe('a claim', () => {
    test('pays the leaf’s wallet whoever sends it, once, and of later leaves what is more', async () => {
      const leaf = leafOf('node', 5n * MILLION, { bonus: 2n, withheld: 1n, spent: 3n });
      const leaves = [leaf, leafOf('other', 7n)];
      await bench.settle(leaves, 6n * MILLION);
      await expect(
        bench.send('stranger', 'Payouts', 'claim', [{ ...leaf, earned: 6n * MILLION }, prove(leaves, leaf)]),
      ).rejects.toThrow('NotProven');
      await bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)]);
      expect(await bench.balanceOf('wallet')).toBe((5n * MILLION - 2n) * UNIT);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)])).rejects.toThrow(
        'NothingToClaim',
      );
      const more = { ...leaf, earned: 8n * MILLION, withheld: 0n };
      await bench.settle([more], 9n * MILLION);
      await bench.send('stranger', 'Payouts', 'claim', [more, []]);
      expect(await bench.balanceOf('wallet')).toBe((8n * MILLION - 1n) * UNIT);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)])).rejects.toThrow(
        'NothingToClaim',
      );
    });

    test('by the root before the last works still, by the one before that no more', async () => {
      const [one, two, three] = [leafOf('node', 5n), leafOf('node', 6n), leafOf('node', 7n)];
      await bench.settle([one], 5n);
      await bench.settle([two], 6n);
      await bench.send('stranger', 'Payouts', 'claim', [one, []]);
      await bench.settle([three], 7n);
      await expect(bench.send('stranger', 'Payouts', 'claim', [one, []])).rejects.toThrow('NotProven');
      await bench.send('stranger', 'Payouts', 'claim', [two, []]);
      expect(await bench.balanceOf('wallet')).toBe(6n * UNIT);
    });

    test('by a false root that nobody stopped in its window is paid out of the one pot: what others had claimed before stays theirs', async () => {
      const leaves = [leafOf('node', 5n), leafOf('other', 7n, { wallet: addressOf('owner') })];
      await bench.settle(leaves, 12n);
      await bench.send('stranger', 'Payouts', 'claim', [leaves[0], prove(leaves, leafOf('node', 5n))]);
      const thief = leafOf('root', 7n, { wallet: addressOf('stranger') });
      await bench.settle([thief], 12n);
      await bench.send('stranger', 'Payouts', 'claim', [thief, []]);
      expect(await bench.balanceOf('wallet')).toBe(5n * UNIT);
      const [, late] = leaves;
      await expect(bench.send('stranger', 'Payouts', 'claim', [late, late && prove(leaves, late)])).rejects.toThrow(
        NO_BALANCE,
      );
    });

    test('of a root that is not final is none', async () => {
      await bench.pass(DAY);
      await bench.post([leafOf('node', 5n)], 5n);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leafOf('node', 5n), []])).rejects.toThrow('NotProven');
    });

    test('waits while the guardian pauses', async () => {
      await bench.settle([leafOf('node', 5n)], 5n);
      await bench.send('guardian', 'Rules', 'pause', [DAY]);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leafOf('node', 5n), []])).rejects.toThrow('IsPaused');
      await bench.pass(DAY);
      await bench.send('stranger', 'Payouts', 'claim', [leafOf('node', 5n), []]);
    });

    test('of many passes over who has nothing or no wallet, and takes no wrong proof', async () => {
      const leaves = [
        leafOf('node', 5n),
        leafOf('other', 7n, { wallet: addressOf('owner') }),
        leafOf('root', 9n, { wallet: ZERO_ADDRESS }),
      ];
      await bench.settle(leaves, 21n);
      const proofs = leaves.map((leaf) => prove(leaves, leaf));
      await bench.send('stranger', 'Payouts', 'claim', [leaves[0], proofs[0]]);
      await expect(bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs.slice(1)])).rejects.toThrow(
        'LengthsDiffer',
      );
      await expect(bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs.toReversed()])).rejects.toThrow(
        'NotProven',
      );
      await bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs]);
      expect([await bench.balanceOf('wallet'), await bench.balanceOf('owner')]).toEqual([5n * UNIT, 7n * UNIT]);
    });

    test('pays the wallet that the node’s key has bound, and then the one that this wallet named, whatever the leaf says', async () => {
      const leaf = leafOf('node', 5n, { wallet: ZERO_ADDRESS });
      await bench.settle([leaf], 5n);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leaf, []])).rejects.toThrow('NoWallet');
      const [node, wallet] = [addressOf('node'), addressOf('wallet')];
      const bind = async (who: Who): Promise<unknown> =>
        bench.send('stranger', 'Payouts', 'bindWallet', [
          node,
          wallet,
          bench.sign(who, WALLET_BINDING, { node, wallet }),
        ]);
      await expect(bind('router')).rejects.toThrow('NotProven');
      await bind('node');
      await expect(bind('node')).rejects.toThrow('AlreadyBound');
      await expect(bench.send('node', 'Payouts', 'changeWallet', [node, addressOf('node')])).rejects.toThrow(
        'NotWallet',
      );
      await expect(bench.send('wallet', 'Payouts', 'changeWallet', [node, ZERO_ADDRESS])).rejects.toThrow('NoWallet');
      await bench.send('wallet', 'Payouts', 'changeWallet', [node, addressOf('owner')]);
      await bench.send('stranger', 'Payouts', 'claim', [leaf, []]);
      expect(await bench.balanceOf('owner')).toBe(5n * UNIT);
    });

    test('becomes API credit by its wallet alone, and what was claimed is burned', async () => {
      const leaf = leafOf('node', 5n);
      await bench.settle([leaf], 5n);
      await expect(bench.send('stranger', 'Payouts', 'claimToCredit', [leaf, [], fullWord])).rejects.toThrow(
        'NotWallet',
      );
      const supply = await bench.read<bigint>('IroriToken', 'totalSupply');
      const receipt = await bench.send('wallet', 'Payouts', 'claimToCredit', [leaf, [], fullWord]);
      expect(creditsOf(receipt)).toEqual([{ id: 1n, account: fullWord, units: 5n }]);
      expect(await bench.read('IroriToken', 'totalSupply')).toBe(supply - 5n * UNIT);
      await expect(bench.send('wallet', 'Payouts', 'claimToCredit', [leaf, [], fullWord])).rejects.toThrow(
        'NothingToClaim',
      );
    });
  });

  test('what was claimed is swapped on Uniswap V2 as it is published, at its price and not above', async () => {
    const other = await bench.deploy('IroriToken', [ZERO_ADDRESS, addressOf('holder'), 1000n * TOKEN]);
    const factory = await bench.deploy(uniswapFactory, [ZERO_ADDRESS]);
    const { IroriToken: own } = bench.contracts;
    await bench.call('stranger', factory, 'createPair', [own.address, other.address]);
    const address = await bench.view<Address>(factory, 'getPair', [own.address, other.address]);
    const pair = { address, abi: uniswapPair.abi as Abi };
    await bench.call('holder', own, 'transfer', [address, 1000n * TOKEN]);
    await bench.call('holder', other, 'transfer', [address, 500n * TOKEN]);
    await bench.call('holder', pair, 'mint', [addressOf('holder')]);

    await bench.settle([leafOf('node', 5n * MILLION)], 5n * MILLION);
    await bench.send('stranger', 'Payouts', 'claim', [leafOf('node', 5n * MILLION), []]);
    await bench.call('wallet', own, 'transfer', [address, 5n * TOKEN]);
    const paid = 5n * TOKEN * 997n;
    const out = (paid * 500n * TOKEN) / (1000n * TOKEN * 1000n + paid);
    const isFirst = (await bench.view<Address>(pair, 'token0', [])) === other.address;
    const swap = async (amount: bigint): Promise<unknown> => {
      const amounts = isFirst ? [amount, 0n] : [0n, amount];
      return bench.call('wallet', pair, 'swap', [...amounts, addressOf('wallet'), '0x']);
    };
    await expect(swap(out + 1n)).rejects.toThrow('UniswapV2: K');
    await swap(out);
    expect(await bench.view(other, 'balanceOf', [addressOf('wallet')])).toBe(out);
    expect(await bench.balanceOf('wallet')).toBe(0n);
  });

  test('credit is bought by burning, and booked by Payouts alone', async () => {
    await expect(bench.send('holder', 'Credits', 'book', [fullWord, addressOf('holder'), 1n])).rejects.toThrow(
      'NotPayouts',
    );
    await expect(bench.send('holder', 'Credits', 'buy', [ZERO_WORD, 1n])).rejects.toThrow('NoAccount');
    await expect(bench.send('holder', 'Credits', 'buy', [fullWord, 0n])).rejects.toThrow('NoUnits');
    await expect(bench.send('holder', 'Credits', 'buy', [fullWord, 7n])).rejects.toThrow(NO_ALLOWANCE);
    await bench.send('holder', 'IroriToken', 'approve', [bench.contracts.Credits.address, 7n * UNIT]);
    const before = await bench.balanceOf('holder');
    expect(creditsOf(await bench.send('holder', 'Credits', 'buy', [fullWord, 7n]))).toEqual([
      { id: 1n, account: fullWord, units: 7n },
    ]);
    expect(await bench.balanceOf('holder')).toBe(before - 7n * UNIT);
  });
});

function creditsOf({ logs }: TransactionReceipt): object[] {
  const events = parseEventLogs({ abi: bench.contracts.Credits.abi, logs, eventName: 'CreditBought' });
  return events.map((event) => {
    const { id, account, units } = (event as unknown as { args: Record<string, unknown> }).args;
    return { id, account, units };
  });
}
