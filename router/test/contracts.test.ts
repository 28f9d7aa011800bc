// Irori's contracts on a chain of their own: what each function does, and what it refuses. Messages are signed by the product's own code. Skipped, and said
// so, where anvil is not installed for this machine.
import { encodeFunctionData, keccak256, parseEventLogs, toBytes } from 'viem';
import type { TransactionReceipt } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, NODE_BOND, WALLET_BINDING } from '../../schema/chain-messages.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance, UsageReceipt } from '../../schema/receipt.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from '../../schema/running-tree.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { usualRules } from '../local/chain-contracts.ts';
import { findAnvil } from '../local/test-chain.ts';
import { addressOf, DAY, plain, startBench, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench, Who } from './contract-bench.ts';

const HOUR = 3600;
const MILLION = 1_000_000n;
const fullWord: Hex = `0x${'cd'.repeat(32)}`;

let bench: Bench;
let back: () => Promise<void>;

const leafOf = (who: Who, earned: bigint, more: Partial<EpochLeaf> = {}): EpochLeaf => ({
  node: addressOf(who),
  wallet: addressOf('wallet'),
  earned,
  withheld: 0n,
  bonus: 0n,
  count: 1n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
  ...more,
});

function prove(leaves: readonly EpochLeaf[], leaf: EpochLeaf): Hex[] {
  return growEpochTree(leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf)) ?? [];
}

const receiptOf = (seq: bigint, more: Partial<UsageReceipt> = {}): UsageReceipt => ({
  ticketHash: ZERO_WORD,
  node: addressOf('node'),
  seq,
  prevReceipt: ZERO_WORD,
  responseHash: ZERO_WORD,
  promptTokens: 1,
  outputTokens: 1,
  finish: 0,
  ttftMs: 1,
  durationMs: 1,
  amount: 1n,
  energyMicroWh: 0n,
  energyLowMicroWh: 0n,
  energyHighMicroWh: 0n,
  energyMethod: 0,
  ...more,
});

const acceptanceOf = (count: bigint, total: bigint, epoch: number, more: Partial<Acceptance> = {}): Acceptance => ({
  receiptHash: ZERO_WORD,
  node: addressOf('node'),
  promptTokens: 1,
  outputTokens: 1,
  amount: 1n,
  status: 0,
  epoch,
  count,
  cumulativeAmount: total,
  ...more,
});

const receiptProof = (receipt: UsageReceipt, who: Who = 'node'): object =>
  plain(bench.sign(who, USAGE_RECEIPT, receipt));
const acceptanceProof = (acceptance: Acceptance, who: Who = 'router'): object =>
  plain(bench.sign(who, ACCEPTANCE, acceptance));
const balanceOf = async (who: Who): Promise<bigint> => bench.read('IroriToken', 'balanceOf', [addressOf(who)]);
const bondedOf = async (who: Who): Promise<bigint> => bench.read('Bonds', 'bondedOf', [addressOf(who)]);
const give = async (who: Who, tokens: bigint): Promise<unknown> =>
  bench.send('holder', 'IroriToken', 'transfer', [addressOf(who), tokens * TOKEN]);

/** A root that is final, of these leaves. */
async function settle(leaves: readonly EpochLeaf[], total: bigint): Promise<void> {
  await bench.pass(DAY);
  await bench.post(leaves, total);
  await bench.pass(20 * HOUR);
  await bench.send('stranger', 'Payouts', 'finalise');
}

describe.skipIf(findAnvil() === null)('on a chain', () => {
  beforeAll(async () => {
    bench = await startBench();
    await bench.bond('holder', 'root', 100n * TOKEN);
  });
  afterAll(async () => bench.stop());
  beforeEach(async () => {
    back = await bench.keep();
  });
  afterEach(async () => back());

  describe('the token', () => {
    test('is minted by Payouts alone, and starts with what its constructor gives', async () => {
      expect(await bench.read('IroriToken', 'totalSupply')).toBe(100_000n * TOKEN);
      await expect(bench.send('deployer', 'IroriToken', 'mint', [addressOf('deployer'), 1n])).rejects.toThrow(
        'NotMinter',
      );
      await expect(
        bench.deploy('IroriToken', [ZERO_ADDRESS, addressOf('holder'), MILLION * TOKEN + 1n]),
      ).rejects.toThrow();
    });
  });

  describe('rules', () => {
    const next = { ...usualRules(DAY), feeBps: 800 };

    test('are changed by the timelock alone, from the epoch on that it names', async () => {
      const epoch = await bench.epoch();
      await expect(bench.send('deployer', 'Rules', 'setValues', [next, epoch + 1])).rejects.toThrow('NotTimelock');
      await expect(bench.decide('Rules', 'setValues', [next, epoch])).rejects.toThrow('OutOfBounds');
      await bench.decide('Rules', 'setValues', [next, epoch + 2]);
      expect(await bench.read('Rules', 'valuesAt', [epoch + 1])).toMatchObject({ feeBps: 1000 });
      expect(await bench.read('Rules', 'valuesAt', [epoch + 2])).toMatchObject({ feeBps: 800 });
      await bench.pass(2 * DAY);
      expect(await bench.read('Rules', 'values')).toMatchObject({ feeBps: 800 });
      await bench.decide('Rules', 'setValues', [{ ...next, feeBps: 900 }, epoch + 9]);
      expect(await bench.read('Rules', 'values')).toMatchObject({ feeBps: 800 });
    });

    test.each([
      ['feeBps', 2001],
      ['slashBps', 99],
      ['slashBps', 10_001],
      ['reporterBps', 5001],
      ['bonusBps', 10_001],
      ['windowSeconds', DAY / 2 - 1],
      ['windowSeconds', (DAY * 11) / 12 + 1],
      ['unbondSeconds', 7 * DAY - 1],
      ['unbondSeconds', 90 * DAY + 1],
      ['capUnits', 0n],
      ['capUnits', 10n ** 12n + 1n],
      ['rootBondUnits', 10n ** 10n + 1n],
    ])('%s of %s is out of bounds for any vote', async (name, value) => {
      const epoch = (await bench.epoch()) + 1;
      await expect(bench.decide('Rules', 'setValues', [{ ...next, [name]: value }, epoch])).rejects.toThrow(name);
    });

    test('name keys by the timelock alone', async () => {
      const key = addressOf('other');
      await expect(bench.send('root', 'Rules', 'nameRootKey', [key])).rejects.toThrow('NotTimelock');
      await expect(bench.send('root', 'Rules', 'nameGuardian', [key])).rejects.toThrow('NotTimelock');
      await expect(bench.send('root', 'Rules', 'nameRouterKey', [key, 0, 1])).rejects.toThrow('NotTimelock');
      await expect(bench.decide('Rules', 'nameRouterKey', [key, 2, 1])).rejects.toThrow('routerKey');
      await bench.decide('Rules', 'nameRouterKey', [key, 5, 9]);
      const named = await Promise.all([4, 5, 9, 10].map(async (at) => bench.read('Rules', 'isRouterKey', [key, at])));
      expect(named).toEqual([false, true, true, false]);
      await bench.decide('Rules', 'nameRouterKey', [key, 0, 0]);
      expect(await bench.read('Rules', 'isRouterKey', [key, 0])).toBe(false);
    });

    test('are paused by the guardian once, for two weeks at most, and go on by themselves', async () => {
      await expect(bench.send('stranger', 'Rules', 'pause', [DAY])).rejects.toThrow('NotGuardian');
      await expect(bench.send('guardian', 'Rules', 'pause', [14 * DAY + 1])).rejects.toThrow('pause');
      await expect(bench.send('guardian', 'Rules', 'pause', [0])).rejects.toThrow('pause');
      await bench.send('guardian', 'Rules', 'pause', [14 * DAY]);
      expect(await bench.read('Rules', 'isPaused')).toBe(true);
      await bench.pass(14 * DAY);
      expect(await bench.read('Rules', 'isPaused')).toBe(false);
      await expect(bench.send('guardian', 'Rules', 'pause', [DAY])).rejects.toThrow('PauseUsed');
      await bench.decide('Rules', 'nameGuardian', [addressOf('guardian')]);
      await bench.send('guardian', 'Rules', 'pause', [DAY]);
      await expect(bench.send('stranger', 'Rules', 'resume')).rejects.toThrow('NotGuardian');
      await bench.send('guardian', 'Rules', 'resume');
      expect(await bench.read('Rules', 'isPaused')).toBe(false);
    });
  });

  describe('bonds', () => {
    test('are made with the key’s consent, and raised by the same owner alone', async () => {
      await give('owner', 10n);
      await give('stranger', 10n);
      const args = [addressOf('node'), TOKEN];
      const squat = { node: addressOf('node'), owner: addressOf('stranger'), nonce: 0n };
      const bad = bench.sign('stranger', NODE_BOND, squat);
      await expect(bench.send('stranger', 'Bonds', 'bond', [...args, bad])).rejects.toThrow('NotConsented');
      await expect(bench.send('stranger', 'Bonds', 'bond', [addressOf('node'), 0n, bad])).rejects.toThrow('NoAmount');
      await bench.bond('owner', 'node', 4n * TOKEN);
      await bench.bond('owner', 'node', 1n * TOKEN);
      expect(await bondedOf('node')).toBe(5n * TOKEN);
      await expect(bench.bond('stranger', 'node', TOKEN)).rejects.toThrow('NotOwner');
    });

    test('vote while they stand, are taken out after the time, and a consent counts once', async () => {
      await give('owner', 10n);
      await bench.bond('owner', 'node', 10n * TOKEN);
      await bench.send('owner', 'Bonds', 'delegate', [addressOf('owner')]);
      const votes = async (): Promise<unknown> => bench.read('Bonds', 'getVotes', [addressOf('owner')]);
      expect(await votes()).toBe(10n * TOKEN);
      await expect(bench.send('stranger', 'Bonds', 'unbond', [addressOf('node'), TOKEN])).rejects.toThrow('NotOwner');
      await expect(bench.send('owner', 'Bonds', 'unbond', [addressOf('node'), 11n * TOKEN])).rejects.toThrow('TooMuch');
      await expect(bench.send('owner', 'Bonds', 'withdraw', [addressOf('node')])).rejects.toThrow('NoAmount');
      await bench.send('owner', 'Bonds', 'unbond', [addressOf('node'), 10n * TOKEN]);
      expect(await votes()).toBe(0n);
      await bench.pass(7 * DAY - HOUR);
      await expect(bench.send('owner', 'Bonds', 'withdraw', [addressOf('node')])).rejects.toThrow('NotReady');
      await bench.pass(HOUR);
      await expect(bench.send('stranger', 'Bonds', 'withdraw', [addressOf('node')])).rejects.toThrow('NotOwner');
      await bench.send('owner', 'Bonds', 'withdraw', [addressOf('node')]);
      expect(await balanceOf('owner')).toBe(10n * TOKEN);
      await expect(bench.send('owner', 'Bonds', 'withdraw', [addressOf('node')])).rejects.toThrow('NotOwner');
      const again = { node: addressOf('node'), owner: addressOf('owner'), nonce: 0n };
      const old = bench.sign('node', NODE_BOND, again);
      await expect(bench.send('owner', 'Bonds', 'bond', [addressOf('node'), TOKEN, old])).rejects.toThrow(
        'NotConsented',
      );
    });

    test('are lost by two receipts of one number, what is leaving too, and once; the reporter has his share and the rest is burned', async () => {
      await give('owner', 10n);
      await bench.bond('owner', 'node', 10n * TOKEN);
      await bench.send('owner', 'Bonds', 'unbond', [addressOf('node'), 8n * TOKEN]);
      const [one, other] = [receiptOf(5n), receiptOf(5n, { amount: 2n })];
      const slash = async (...args: unknown[]): Promise<unknown> =>
        bench.send('stranger', 'Bonds', 'slashReceipts', args);
      const later = receiptOf(6n);
      await expect(slash(one, receiptProof(one), one, receiptProof(one))).rejects.toThrow('NotEvidence');
      await expect(slash(one, receiptProof(one), later, receiptProof(later))).rejects.toThrow('NotEvidence');
      await expect(slash(one, receiptProof(one), other, receiptProof(other, 'other'))).rejects.toThrow('NotEvidence');
      const supply = await bench.read<bigint>('IroriToken', 'totalSupply');
      await slash(one, receiptProof(one), other, receiptProof(other));
      expect(await bench.read('Bonds', 'bondOf', [addressOf('node')])).toMatchObject({
        amount: 0n,
        leaving: 5n * TOKEN,
      });
      expect(await balanceOf('stranger')).toBe((5n * TOKEN) / 4n);
      expect(await bench.read('IroriToken', 'totalSupply')).toBe(supply - (15n * TOKEN) / 4n);
      await expect(slash(other, receiptProof(other), one, receiptProof(one))).rejects.toThrow('AlreadyPunished');
    });

    test('that do not stand cannot be lost', async () => {
      const [one, other] = [receiptOf(5n), receiptOf(5n, { amount: 2n })];
      const args = [one, receiptProof(one), other, receiptProof(other)];
      await expect(bench.send('stranger', 'Bonds', 'slashReceipts', args)).rejects.toThrow('NothingBonded');
    });

    test.each([
      ['two acceptances of one count', [3n, 30n, 7], [3n, 31n, 7]],
      ['a total that falls', [3n, 30n, 7], [4n, 29n, 7]],
      ['an epoch that falls', [3n, 30n, 7], [4n, 31n, 6]],
    ] as const)('of a router are lost by %s', async (_, one, other) => {
      await bench.bond('holder', 'router', 10n * TOKEN);
      const [first, later] = [acceptanceOf(...one), acceptanceOf(...other)];
      const evidence = [first, acceptanceProof(first), later, acceptanceProof(later)];
      const foreign = [first, acceptanceProof(first), later, acceptanceProof(later, 'other')];
      await expect(bench.send('stranger', 'Bonds', 'slashAcceptances', foreign)).rejects.toThrow('NotEvidence');
      await bench.send('stranger', 'Bonds', 'slashAcceptances', evidence);
      expect(await bondedOf('router')).toBe(5n * TOKEN);
      const swapped = [later, acceptanceProof(later), first, acceptanceProof(first)];
      await expect(bench.send('stranger', 'Bonds', 'slashAcceptances', swapped)).rejects.toThrow('AlreadyPunished');
    });

    test('of an honest router stay: rising totals, another node, the same one twice', async () => {
      await bench.bond('holder', 'router', 10n * TOKEN);
      const [one, two] = [acceptanceOf(1n, 10n, 7), acceptanceOf(2n, 10n, 8)];
      const other = acceptanceOf(1n, 11n, 7, { node: addressOf('other') });
      for (const second of [two, other, one]) {
        const args = [one, acceptanceProof(one), second, acceptanceProof(second)];
        await expect(bench.send('stranger', 'Bonds', 'slashAcceptances', args)).rejects.toThrow('NotEvidence');
      }
    });

    test('of the root key are lost by two roots of one epoch, once', async () => {
      const [one, other] = [1n, 2n].map((total) => ({ epoch: 9, root: fullWord, total, fileHash: ZERO_WORD }));
      const signed = [one, other].map((root) => bench.sign('root', EPOCH_ROOT, root ?? {}));
      const args = [one, signed[0], other, signed[1]];
      await expect(bench.send('stranger', 'Bonds', 'slashRoots', [one, signed[0], one, signed[0]])).rejects.toThrow(
        'NotEvidence',
      );
      await bench.send('stranger', 'Bonds', 'slashRoots', args);
      expect(await bondedOf('root')).toBe(50n * TOKEN);
      const swapped = [other, signed[1], one, signed[0]];
      await expect(bench.send('stranger', 'Bonds', 'slashRoots', swapped)).rejects.toThrow('AlreadyPunished');
    });

    test('obey Payouts alone in what is its own', async () => {
      const args = [addressOf('root'), addressOf('stranger'), 1];
      await expect(bench.send('stranger', 'Bonds', 'slashForOmission', args)).rejects.toThrow('NotPayouts');
      await expect(bench.send('stranger', 'Bonds', 'giveDeposit', [addressOf('stranger'), 1n])).rejects.toThrow(
        'NotPayouts',
      );
    });
  });

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
      await settle(leaves, 6n * MILLION);
      await expect(
        bench.send('stranger', 'Payouts', 'claim', [{ ...leaf, earned: 6n * MILLION }, prove(leaves, leaf)]),
      ).rejects.toThrow('NotProven');
      await bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)]);
      expect(await balanceOf('wallet')).toBe((5n * MILLION - 2n) * UNIT);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)])).rejects.toThrow(
        'NothingToClaim',
      );
      const more = { ...leaf, earned: 8n * MILLION, withheld: 0n };
      await settle([more], 9n * MILLION);
      await bench.send('stranger', 'Payouts', 'claim', [more, []]);
      expect(await balanceOf('wallet')).toBe((8n * MILLION - 1n) * UNIT);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leaf, prove(leaves, leaf)])).rejects.toThrow(
        'NothingToClaim',
      );
    });

    test('by the root before the last works still, by the one before that no more', async () => {
      const [one, two, three] = [leafOf('node', 5n), leafOf('node', 6n), leafOf('node', 7n)];
      await settle([one], 5n);
      await settle([two], 6n);
      await bench.send('stranger', 'Payouts', 'claim', [one, []]);
      await settle([three], 7n);
      await expect(bench.send('stranger', 'Payouts', 'claim', [one, []])).rejects.toThrow('NotProven');
      await bench.send('stranger', 'Payouts', 'claim', [two, []]);
      expect(await balanceOf('wallet')).toBe(6n * UNIT);
    });

    test('of a root that is not final is none', async () => {
      await bench.pass(DAY);
      await bench.post([leafOf('node', 5n)], 5n);
      await expect(bench.send('stranger', 'Payouts', 'claim', [leafOf('node', 5n), []])).rejects.toThrow('NotProven');
    });

    test('waits while the guardian pauses', async () => {
      await settle([leafOf('node', 5n)], 5n);
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
      await settle(leaves, 21n);
      const proofs = leaves.map((leaf) => prove(leaves, leaf));
      await bench.send('stranger', 'Payouts', 'claim', [leaves[0], proofs[0]]);
      await expect(bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs.slice(1)])).rejects.toThrow(
        'LengthsDiffer',
      );
      await expect(bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs.toReversed()])).rejects.toThrow(
        'NotProven',
      );
      await bench.send('stranger', 'Payouts', 'claimMany', [leaves, proofs]);
      expect([await balanceOf('wallet'), await balanceOf('owner')]).toEqual([5n * UNIT, 7n * UNIT]);
    });

    test('pays the wallet that the node’s key has bound, and then the one that this wallet named, whatever the leaf says', async () => {
      const leaf = leafOf('node', 5n, { wallet: ZERO_ADDRESS });
      await settle([leaf], 5n);
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
      expect(await balanceOf('owner')).toBe(5n * UNIT);
    });

    test('becomes API credit by its wallet alone, and what was claimed is burned', async () => {
      const leaf = leafOf('node', 5n);
      await settle([leaf], 5n);
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

  test('credit is bought by burning, and booked by Payouts alone', async () => {
    await expect(bench.send('holder', 'Credits', 'book', [fullWord, addressOf('holder'), 1n])).rejects.toThrow(
      'NotPayouts',
    );
    await expect(bench.send('holder', 'Credits', 'buy', [ZERO_WORD, 1n])).rejects.toThrow('NoAccount');
    await expect(bench.send('holder', 'Credits', 'buy', [fullWord, 0n])).rejects.toThrow('NoUnits');
    await expect(bench.send('holder', 'Credits', 'buy', [fullWord, 7n])).rejects.toThrow();
    await bench.send('holder', 'IroriToken', 'approve', [bench.contracts.Credits.address, 7n * UNIT]);
    const before = await balanceOf('holder');
    expect(creditsOf(await bench.send('holder', 'Credits', 'buy', [fullWord, 7n]))).toEqual([
      { id: 1n, account: fullWord, units: 7n },
    ]);
    expect(await balanceOf('holder')).toBe(before - 7n * UNIT);
  });

  describe('an acceptance', () => {
    test('is paid for by the epoch whose root holds it: one proof from acceptance to root', async () => {
      const accepted = [1n, 2n, 3n].map((count) => acceptanceOf(count, 10n * count, 7));
      const digests = accepted.map((one) => bench.signer.hash(ACCEPTANCE, one));
      const acceptancesRoot = rootOf(digests.reduce(addLeaf, EMPTY_TREE));
      const leaf = leafOf('node', 30n, { count: 3n, acceptancesRoot });
      const leaves = [leaf, leafOf('other', 7n)];
      await settle(leaves, 37n);
      const epoch = (await bench.read<readonly unknown[]>('Payouts', 'last'))[2];
      for (const [i, one] of accepted.entries())
        expect(await bench.read('Payouts', 'isPaidFor', [one, proveLeaf(digests, i), leaf, prove(leaves, leaf)])).toBe(
          epoch,
        );
      const changed = acceptanceOf(1n, 11n, 7);
      await expect(
        bench.read('Payouts', 'isPaidFor', [changed, proveLeaf(digests, 0), leaf, prove(leaves, leaf)]),
      ).rejects.toThrow('NotProven');
    });

    async function omit(
      count: bigint,
      total: bigint,
      leaf: EpochLeaf,
    ): Promise<{ open: (who?: Who) => Promise<Hex>; leaves: EpochLeaf[] }> {
      const leaves = [leaf, leafOf('other', 7n)];
      await bench.pass(DAY);
      const { epoch } = await bench.post(leaves, 50n);
      await give('stranger', 5n);
      await bench.send('stranger', 'IroriToken', 'approve', [bench.contracts.Payouts.address, 5n * TOKEN]);
      const acceptance = acceptanceOf(count, total, epoch);
      const open = async (signer: Who = 'router'): Promise<Hex> => {
        const receipt = await bench.send('stranger', 'Payouts', 'challenge', [
          acceptance,
          acceptanceProof(acceptance, signer),
        ]);
        const [log] = parseEventLogs({ abi: bench.contracts.Payouts.abi, logs: receipt.logs, eventName: 'Challenged' });
        return (log as unknown as { args: { id: Hex } }).args.id;
      };
      return { open, leaves };
    }

    test('that a root omits makes it void after silence; its signer is slashed, the challenger has deposit and reward', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      await expect(open('other')).rejects.toThrow('NotRouterKey');
      const id = await open();
      await expect(open()).rejects.toThrow('AlreadyChallenged');
      expect(await balanceOf('stranger')).toBe(4n * TOKEN);
      await expect(bench.send('stranger', 'Payouts', 'enforce', [id])).rejects.toThrow('MayBeAnswered');
      await bench.pass(20 * HOUR);
      await expect(bench.send('stranger', 'Payouts', 'finalise')).rejects.toThrow('IsChallenged');
      await bench.send('other', 'Payouts', 'enforce', [id]);
      expect(await bondedOf('root')).toBe(50n * TOKEN);
      expect(await balanceOf('stranger')).toBe(5n * TOKEN + (50n * TOKEN) / 4n);
      await expect(bench.send('other', 'Payouts', 'enforce', [id])).rejects.toThrow('NoChallenge');
      await bench.bond('holder', 'root', 50n * TOKEN);
      const right = leafOf('node', 20n, { count: 2n });
      await settle([right], 50n);
      await bench.send('stranger', 'Payouts', 'claim', [right, []]);
      expect(await balanceOf('wallet')).toBe(20n * UNIT);
    });

    test('that a root holds is answered by anybody with the leaf, who has the deposit', async () => {
      const leaf = leafOf('node', 20n, { count: 2n });
      const { open, leaves } = await omit(2n, 20n, leaf);
      const id = await open();
      const [, other] = leaves;
      const answer = async (of: EpochLeaf | undefined): Promise<unknown> =>
        bench.send('owner', 'Payouts', 'answer', [id, of, prove(leaves, leaf)]);
      await expect(answer(other)).rejects.toThrow('DoesNotAnswer');
      await expect(answer({ ...leaf, count: 1n })).rejects.toThrow('DoesNotAnswer');
      await expect(answer({ ...leaf, earned: 19n })).rejects.toThrow('DoesNotAnswer');
      await expect(answer({ ...leaf, count: 3n })).rejects.toThrow('NotProven');
      await answer(leaf);
      expect(await balanceOf('owner')).toBe(TOKEN);
      await expect(answer(leaf)).rejects.toThrow('NoChallenge');
      await bench.pass(20 * HOUR);
      await bench.send('stranger', 'Payouts', 'finalise');
    });

    test('is challenged in the window alone, and of no later epoch', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      const late = acceptanceOf(2n, 20n, await bench.epoch());
      await expect(bench.send('stranger', 'Payouts', 'challenge', [late, acceptanceProof(late)])).rejects.toThrow(
        'NotOfEpoch',
      );
      await bench.pass(20 * HOUR);
      await expect(open()).rejects.toThrow('WindowOver');
      await bench.send('stranger', 'Payouts', 'finalise');
      await expect(open()).rejects.toThrow('NothingPending');
    });

    test('of a root that the vote made void gives the deposit back, and slashes nobody', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      const id = await open();
      await bench.decide('Payouts', 'voidPending');
      await bench.send('other', 'Payouts', 'enforce', [id]);
      expect(await balanceOf('stranger')).toBe(5n * TOKEN);
      expect(await bondedOf('root')).toBe(100n * TOKEN);
    });
  });

  test('a vote of bonded tokens moves the fee after the timelock’s wait, and anybody carries it out', async () => {
    await bench.send('holder', 'Bonds', 'delegate', [addressOf('holder')]);
    await bench.pass(1);
    const epoch = (await bench.epoch()) + 20;
    const { Rules } = bench.contracts;
    const data = encodeFunctionData({
      abi: Rules.abi,
      functionName: 'setValues',
      args: [{ ...usualRules(DAY), feeBps: 800 }, epoch],
    });
    const what = [[Rules.address], [0n], [data]];
    const hash = keccak256(toBytes('fee to 8 %'));
    await expect(bench.send('stranger', 'IroriGovernor', 'propose', [...what, 'mine'])).rejects.toThrow(
      'GovernorInsufficientProposerVotes',
    );
    await bench.send('holder', 'IroriGovernor', 'propose', [...what, 'fee to 8 %']);
    const id = await bench.read('IroriGovernor', 'hashProposal', [...what, hash]);
    await bench.pass(DAY + 1);
    await bench.send('holder', 'IroriGovernor', 'castVote', [id, 1]);
    await bench.pass(3 * DAY);
    await bench.send('stranger', 'IroriGovernor', 'queue', [...what, hash]);
    await expect(bench.send('stranger', 'IroriGovernor', 'execute', [...what, hash])).rejects.toThrow();
    await bench.pass(2 * DAY);
    await bench.send('stranger', 'IroriGovernor', 'execute', [...what, hash]);
    expect(await bench.read('Rules', 'valuesAt', [epoch])).toMatchObject({ feeBps: 800 });
    expect(await bench.read('Rules', 'values')).toMatchObject({ feeBps: 1000 });
  });
});

function creditsOf({ logs }: TransactionReceipt): object[] {
  const events = parseEventLogs({ abi: bench.contracts.Credits.abi, logs, eventName: 'CreditBought' });
  return events.map((event) => {
    const { id, account, units } = (event as unknown as { args: Record<string, unknown> }).args;
    return { id, account, units };
  });
}
