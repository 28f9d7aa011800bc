// The token, the rules and the vote on them, on a chain of their own. Skipped, and said so, where anvil is not installed for this machine.
import { encodeFunctionData, keccak256, toBytes } from 'viem';
import { describe, expect, test } from 'vitest';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { usualRules } from '../local/chain-contracts.ts';
import { findAnvil } from '../local/test-chain.ts';
import { useBench } from './bench-hooks.ts';
import { addressOf, DAY, TOKEN } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';

const HOUR = 3600;
const MILLION = 1_000_000n;

/** Of a constructor viem tells the selector alone. */
const TOO_MUCH_AT_START = '0xaf287373';

let bench: Bench;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  useBench((started) => (bench = started));

  describe('the token', () => {
    test('is minted by Payouts alone, and starts with what its constructor gives', async () => {
      expect(await bench.read('IroriToken', 'totalSupply')).toBe(100_000n * TOKEN);
      await expect(bench.send('deployer', 'IroriToken', 'mint', [addressOf('deployer'), 1n])).rejects.toThrow(
        'NotMinter',
      );
      await expect(
        bench.deploy('IroriToken', [ZERO_ADDRESS, addressOf('holder'), MILLION * TOKEN + 1n]),
      ).rejects.toThrow(TOO_MUCH_AT_START);
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

    test('are paused by the guardian once, for two weeks at most, and go on by themselves; claims are open as long before the next', async () => {
      await expect(bench.send('stranger', 'Rules', 'pause', [DAY])).rejects.toThrow('NotGuardian');
      await expect(bench.send('guardian', 'Rules', 'pause', [14 * DAY + 1])).rejects.toThrow('pause');
      await expect(bench.send('guardian', 'Rules', 'pause', [0])).rejects.toThrow('pause');
      await bench.send('guardian', 'Rules', 'pause', [14 * DAY]);
      expect(await bench.read('Rules', 'isPaused')).toBe(true);
      await bench.pass(14 * DAY);
      expect(await bench.read('Rules', 'isPaused')).toBe(false);
      await expect(bench.send('guardian', 'Rules', 'pause', [DAY])).rejects.toThrow('PauseUsed');
      await bench.decide('Rules', 'nameGuardian', [addressOf('other')]);
      await expect(bench.send('guardian', 'Rules', 'pause', [DAY])).rejects.toThrow('NotGuardian');
      await bench.pass(14 * DAY - HOUR);
      await expect(bench.send('other', 'Rules', 'pause', [DAY])).rejects.toThrow('TooSoon');
      await bench.pass(HOUR);
      await bench.send('other', 'Rules', 'pause', [DAY]);
      await expect(bench.send('stranger', 'Rules', 'resume')).rejects.toThrow('NotGuardian');
      await bench.send('other', 'Rules', 'resume');
      expect(await bench.read('Rules', 'isPaused')).toBe(false);
      await bench.decide('Rules', 'nameGuardian', [addressOf('other')]);
      await expect(bench.send('other', 'Rules', 'pause', [DAY])).rejects.toThrow('TooSoon');
    });
  });

  test('no vote changes the timelock’s wait, who proposes to it, or which timelock the vote has', async () => {
    const [proposer, governor] = [keccak256(toBytes('PROPOSER_ROLE')), bench.contracts.IroriGovernor.address];
    const decide = async (name: string, args: unknown[]): Promise<void> => bench.decide('IroriTimelock', name, args);
    await expect(decide('updateDelay', [0n])).rejects.toThrow('DelayIsFixed');
    await expect(decide('updateDelay', [2n ** 64n])).rejects.toThrow('DelayIsFixed');
    await expect(decide('grantRole', [proposer, addressOf('stranger')])).rejects.toThrow('RolesAreFixed');
    await expect(decide('revokeRole', [proposer, governor])).rejects.toThrow('RolesAreFixed');
    const own = [`0x${'00'.repeat(32)}`, bench.contracts.IroriTimelock.address];
    await expect(decide('renounceRole', own)).rejects.toThrow('RolesAreFixed');
    await expect(bench.decide('IroriGovernor', 'updateTimelock', [addressOf('stranger')])).rejects.toThrow(
      'TimelockIsFixed',
    );
    expect(await bench.read('IroriTimelock', 'getMinDelay')).toBe(BigInt(2 * DAY));
    for (const [who, is] of [
      [governor, true],
      [addressOf('deployer'), false],
      [addressOf('holder'), false],
    ])
      expect(await bench.read('IroriTimelock', 'hasRole', [proposer, who])).toBe(is);
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
    await expect(bench.send('stranger', 'IroriGovernor', 'execute', [...what, hash])).rejects.toThrow('reverted');
    await bench.pass(2 * DAY);
    await bench.send('stranger', 'IroriGovernor', 'execute', [...what, hash]);
    expect(await bench.read('Rules', 'valuesAt', [epoch])).toMatchObject({ feeBps: 800 });
    expect(await bench.read('Rules', 'values')).toMatchObject({ feeBps: 1000 });
  });
});
