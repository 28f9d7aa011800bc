// Acceptances on a chain of their own: proven as paid, or shown to be left out. Skipped, and said so, where anvil is not installed for this machine.
import { parseEventLogs } from 'viem';
import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ACCEPTANCE } from '../../schema/receipt.ts';
import type { Acceptance } from '../../schema/receipt.ts';
import { SEAL_KIND } from '../../schema/seal.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from '../../schema/running-tree.ts';
import { findAnvil } from '../local/test-chain.ts';
import { useBench } from './bench-hooks.ts';
import { DAY, plain, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench, Who } from './contract-bench.ts';
import { acceptanceOf, leafOf, prove } from './contract-samples.ts';

const HOUR = 3600;
const acceptanceProof = (acceptance: Acceptance, who: Who = 'router'): object =>
  plain(bench.sign(who, ACCEPTANCE, acceptance));

let bench: Bench;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  useBench((started) => (bench = started));

  describe('an acceptance', () => {
    test('is paid for by the epoch whose root holds it: one proof from acceptance to root', async () => {
      const accepted = [1n, 2n, 3n].map((count) => acceptanceOf(count, 10n * count, 7));
      const digests = accepted.map((one) => bench.signer.hash(ACCEPTANCE, one));
      const acceptancesRoot = rootOf(digests.reduce(addLeaf, EMPTY_TREE));
      const leaf = leafOf('node', 30n, { count: 3n, acceptancesRoot });
      const leaves = [leaf, leafOf('other', 7n)];
      await bench.settle(leaves, 37n);
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
    ): Promise<{ open: (who?: Who) => Promise<Hex>; leaves: EpochLeaf[]; epoch: number }> {
      const leaves = [leaf, leafOf('other', 7n)];
      await bench.pass(DAY);
      const { epoch } = await bench.post(leaves, 50n);
      await bench.give('stranger', 5n);
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
      return { open, leaves, epoch };
    }

    test('that a root omits makes it void after silence; its signer is slashed, the challenger has deposit and reward', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      await expect(open('other')).rejects.toThrow('NotRouterKey');
      const id = await open();
      await expect(open()).rejects.toThrow('AlreadyChallenged');
      expect(await bench.balanceOf('stranger')).toBe(4n * TOKEN);
      await expect(bench.send('stranger', 'Payouts', 'enforce', [id])).rejects.toThrow('MayBeAnswered');
      await bench.pass(20 * HOUR);
      await expect(bench.send('stranger', 'Payouts', 'finalise')).rejects.toThrow('IsChallenged');
      await bench.send('other', 'Payouts', 'enforce', [id]);
      expect(await bench.bondedOf('root')).toBe(50n * TOKEN);
      expect(await bench.balanceOf('stranger')).toBe(5n * TOKEN + (50n * TOKEN) / 4n);
      await expect(bench.send('other', 'Payouts', 'enforce', [id])).rejects.toThrow('NoChallenge');
      await bench.bond('holder', 'root', 50n * TOKEN);
      const right = leafOf('node', 20n, { count: 2n });
      await bench.settle([right], 50n);
      await bench.send('stranger', 'Payouts', 'claim', [right, []]);
      expect(await bench.balanceOf('wallet')).toBe(20n * UNIT);
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
      expect(await bench.balanceOf('owner')).toBe(TOKEN);
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

    test('is challenged after the window too while the guardian pauses, and the root is void after the pause', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      await bench.pass(20 * HOUR - 60);
      await bench.send('guardian', 'Rules', 'pause', [DAY]);
      await bench.pass(HOUR);
      const id = await open();
      await bench.pass(6 * HOUR);
      await expect(bench.send('other', 'Payouts', 'enforce', [id])).rejects.toThrow('IsPaused');
      await bench.pass(DAY);
      await bench.send('other', 'Payouts', 'enforce', [id]);
      expect(await bench.bondedOf('root')).toBe(50n * TOKEN);
    });

    test('stands under a seal as well as by itself', async () => {
      const { epoch } = await omit(2n, 20n, leafOf('node', 10n));
      const accepted = [1n, 2n, 3n].map((count) => acceptanceOf(count, 10n * count, epoch));
      const proofs = bench.seal('router', SEAL_KIND.acceptances, ACCEPTANCE, accepted);
      const foreign = bench.seal('other', SEAL_KIND.acceptances, ACCEPTANCE, accepted);
      const challenge = async (proof: unknown): Promise<unknown> =>
        bench.send('stranger', 'Payouts', 'challenge', [accepted[2], proof]);
      await expect(challenge(foreign[2])).rejects.toThrow('NotRouterKey');
      await expect(challenge(proofs[1])).rejects.toThrow('NotUnderSeal');
      await challenge(proofs[2]);
    });

    test('of a root that the vote made void gives the deposit back, and slashes nobody', async () => {
      const { open } = await omit(2n, 20n, leafOf('node', 10n));
      const id = await open();
      await bench.decide('Payouts', 'voidPending');
      await bench.send('other', 'Payouts', 'enforce', [id]);
      expect(await bench.balanceOf('stranger')).toBe(5n * TOKEN);
      expect(await bench.bondedOf('root')).toBe(100n * TOKEN);
    });
  });
});
