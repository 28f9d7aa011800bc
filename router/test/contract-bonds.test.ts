// Bonds on a chain of their own: made, taken out, lost by evidence and by nothing else. Skipped, and said so, where anvil is not installed for this machine.
import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, NODE_BOND } from '../../schema/chain-messages.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance, UsageReceipt } from '../../schema/receipt.ts';
import { SEAL_KIND } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { findAnvil } from '../local/test-chain.ts';
import { useBench } from './bench-hooks.ts';
import { addressOf, DAY, plain, TOKEN, twinOf } from './contract-bench.ts';
import type { Bench, Who } from './contract-bench.ts';
import { acceptanceOf, receiptOf } from './contract-samples.ts';

const HOUR = 3600;
/** ERC20InsufficientAllowance, of the token's and not of its caller's errors. */
const NO_ALLOWANCE = '0xfb8f41b2';
const fullWord: Hex = `0x${'cd'.repeat(32)}`;
const receiptProof = (receipt: UsageReceipt, who: Who = 'node'): object =>
  plain(bench.sign(who, USAGE_RECEIPT, receipt));
const acceptanceProof = (acceptance: Acceptance, who: Who = 'router'): object =>
  plain(bench.sign(who, ACCEPTANCE, acceptance));

let bench: Bench;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  useBench((started) => (bench = started));

  describe('bonds', () => {
    test('are made with the key’s consent, and raised by the same owner alone', async () => {
      await bench.give('owner', 10n);
      await bench.give('stranger', 10n);
      const args = [addressOf('node'), TOKEN];
      const squat = { node: addressOf('node'), owner: addressOf('stranger'), nonce: 0n };
      const bad = bench.sign('stranger', NODE_BOND, squat);
      await expect(bench.send('stranger', 'Bonds', 'bond', [...args, bad])).rejects.toThrow('NotConsented');
      await expect(bench.send('stranger', 'Bonds', 'bond', [addressOf('node'), 0n, bad])).rejects.toThrow('NoAmount');
      await bench.bond('owner', 'node', 4n * TOKEN);
      await bench.bond('owner', 'node', 1n * TOKEN);
      expect(await bench.bondedOf('node')).toBe(5n * TOKEN);
      await expect(bench.bond('stranger', 'node', TOKEN)).rejects.toThrow('NotOwner');
    });

    test('vote while they stand, are taken out after the time, and a consent counts once', async () => {
      await bench.give('owner', 10n);
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
      expect(await bench.balanceOf('owner')).toBe(10n * TOKEN);
      await expect(bench.send('owner', 'Bonds', 'withdraw', [addressOf('node')])).rejects.toThrow('NotOwner');
      const again = { node: addressOf('node'), owner: addressOf('owner'), nonce: 0n };
      const old = bench.sign('node', NODE_BOND, again);
      await expect(bench.send('owner', 'Bonds', 'bond', [addressOf('node'), TOKEN, old])).rejects.toThrow(
        'NotConsented',
      );
    });

    test('are lost by two receipts of one number, what is leaving too, and once; the reporter has his share and the rest is burned', async () => {
      await bench.give('owner', 10n);
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
      expect(await bench.balanceOf('stranger')).toBe((5n * TOKEN) / 4n);
      expect(await bench.read('IroriToken', 'totalSupply')).toBe(supply - (15n * TOKEN) / 4n);
      await expect(slash(other, receiptProof(other), one, receiptProof(one))).rejects.toThrow('AlreadyPunished');
    });

    test('are lost by receipts under seals too; a high-s twin of a signature is none', async () => {
      await bench.bond('holder', 'node', 10n * TOKEN);
      const [one, other] = [receiptOf(5n), receiptOf(5n, { amount: 2n })];
      const [sealed] = bench.seal('node', SEAL_KIND.receipts, USAGE_RECEIPT, [one, receiptOf(6n), receiptOf(7n)]);
      const alone = bench.seal('node', SEAL_KIND.receipts, USAGE_RECEIPT, [other]);
      const asAcceptances = bench.seal('node', SEAL_KIND.acceptances, USAGE_RECEIPT, [other]);
      const slash = async (proof: unknown): Promise<unknown> =>
        bench.send('stranger', 'Bonds', 'slashReceipts', [one, sealed, other, proof]);
      await expect(slash(asAcceptances[0])).rejects.toThrow('NotUnderSeal');
      const twin = plain(twinOf(bench.sign('node', USAGE_RECEIPT, other)));
      await expect(slash(twin)).rejects.toThrow('ECDSAInvalidSignatureS');
      await slash(alone[0]);
      expect(await bench.bondedOf('node')).toBe(5n * TOKEN);
      await expect(slash(receiptProof(other))).rejects.toThrow('AlreadyPunished');
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
      const [first, later] = [one, other].map(([count, total, epoch]) => acceptanceOf(count, total, epoch)) as [
        Acceptance,
        Acceptance,
      ];
      const evidence = [first, acceptanceProof(first), later, acceptanceProof(later)];
      const foreign = [first, acceptanceProof(first), later, acceptanceProof(later, 'other')];
      await expect(bench.send('stranger', 'Bonds', 'slashAcceptances', foreign)).rejects.toThrow('NotEvidence');
      await bench.send('stranger', 'Bonds', 'slashAcceptances', evidence);
      expect(await bench.bondedOf('router')).toBe(5n * TOKEN);
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
      expect(await bench.bondedOf('root')).toBe(50n * TOKEN);
      const swapped = [other, signed[1], one, signed[0]];
      await expect(bench.send('stranger', 'Bonds', 'slashRoots', swapped)).rejects.toThrow('AlreadyPunished');
    });

    test('are not lost for epochs to come, so that nobody is punished for them while little is bonded', async () => {
      await bench.bond('holder', 'router', 10n * TOKEN);
      const epoch = await bench.epoch();
      const [one, other] = [1n, 2n].map((total) => ({ epoch: epoch + 1, root: fullWord, total, fileHash: ZERO_WORD }));
      const signed = [one, other].map((root) => bench.sign('root', EPOCH_ROOT, root ?? {}));
      const roots = [one, signed[0], other, signed[1]];
      await expect(bench.send('stranger', 'Bonds', 'slashRoots', roots)).rejects.toThrow('NotYet');
      const [first, second] = [acceptanceOf(3n, 30n, epoch + 2), acceptanceOf(3n, 31n, epoch + 2)];
      const accepted = [first, acceptanceProof(first), second, acceptanceProof(second)];
      await expect(bench.send('stranger', 'Bonds', 'slashAcceptances', accepted)).rejects.toThrow('NotYet');
      await bench.pass(DAY);
      await bench.send('stranger', 'Bonds', 'slashAcceptances', accepted);
      await bench.send('stranger', 'Bonds', 'slashRoots', roots);
    });

    test('are made with an allowance in the same transaction, and also where somebody has used it before', async () => {
      await bench.give('owner', 10n);
      const [bonds, deadline] = [bench.contracts.Bonds.address, 2n ** 40n];
      const permit = async (nonce: bigint): Promise<readonly [number, Hex, Hex]> => {
        const signature = await bench.permit('owner', bonds, 4n * TOKEN, nonce, deadline);
        return [Number(`0x${signature.slice(130)}`), `0x${signature.slice(2, 66)}`, `0x${signature.slice(66, 130)}`];
      };
      const consent = { node: addressOf('node'), owner: addressOf('owner'), nonce: 0n };
      const args = [addressOf('node'), 4n * TOKEN, bench.sign('node', NODE_BOND, consent), deadline];
      const wrong = await permit(7n);
      await expect(bench.send('owner', 'Bonds', 'bondWithPermit', [...args, ...wrong])).rejects.toThrow(NO_ALLOWANCE);
      await bench.send('owner', 'Bonds', 'bondWithPermit', [...args, ...(await permit(0n))]);
      const second = await permit(1n);
      const used = [addressOf('owner'), bonds, 4n * TOKEN, deadline, ...second];
      await bench.send('stranger', 'IroriToken', 'permit', used);
      await bench.send('owner', 'Bonds', 'bondWithPermit', [...args, ...second]);
      expect(await bench.bondedOf('node')).toBe(8n * TOKEN);
    });

    test('obey Payouts alone in what is its own', async () => {
      const args = [addressOf('root'), addressOf('stranger'), 1];
      await expect(bench.send('stranger', 'Bonds', 'slashForOmission', args)).rejects.toThrow('NotPayouts');
      await expect(bench.send('stranger', 'Bonds', 'giveDeposit', [addressOf('stranger'), 1n])).rejects.toThrow(
        'NotPayouts',
      );
    });
  });
});
