// What each call of the contracts costs in gas at a tree as high as one of 1,000 nodes, held against the table of their README: a call that is not in it, or costs more than
// it may there, fails. Skipped, and said so, where anvil is not installed for this machine.
import { readFileSync } from 'node:fs';
import { encodeFunctionData, keccak256, parseEventLogs, toBytes } from 'viem';
import type { TransactionReceipt } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, NODE_BOND, WALLET_BINDING } from '../../schema/chain-messages.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { foldProof } from '../../schema/merkle.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { usualRules } from '../local/chain-contracts.ts';
import type { ContractName } from '../local/chain-contracts.ts';
import { findAnvil } from '../local/test-chain.ts';
import { addressOf, DAY, plain, startBench, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench, Who } from './contract-bench.ts';
import { acceptanceOf, leafOf, receiptOf } from './contract-samples.ts';

/** A tree of 1,000 leaves is ten levels high: four are grown, and of the six above them one side stands for all that it would hold. */
const GROWN = 16;
const ABOVE: readonly Hex[] = [1, 2, 3, 4, 5, 6].map((level): Hex => `0x${String(level).repeat(64)}`);
const HOUR = 3600;
const MILLION = 1_000_000n;
const fullWord: Hex = `0x${'cd'.repeat(32)}`;

const numbered = (kind: number, i: number): Hex => `0x${kind.toString(16)}${i.toString(16).padStart(39, '0')}`;

/** Leaves of an epoch, each of a node that has earned a million units an epoch; the first is the node of the bench. */
function leavesOf(epoch: bigint): EpochLeaf[] {
  return Array.from({ length: GROWN }, (_, i) => ({
    ...leafOf('node', epoch * MILLION, { count: epoch }),
    ...(i > 0 && { node: numbered(10, i), wallet: numbered(11, i) }),
  }));
}

interface Table {
  readonly [call: string]: { readonly gas: number; readonly ceiling: number };
}

/** Rows of `call | gas | at most` in the contracts' README. */
function readTable(): Table {
  const text = readFileSync(new URL('../../schema/contracts/README.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| ([^|]+?) +\| +([\d,]+) \| +([\d,]+) \|$/gmu)];
  const numberOf = (shown = ''): number => Number(shown.replaceAll(',', ''));
  return Object.fromEntries(
    rows.map(([, call, gas, ceiling]) => [call, { gas: numberOf(gas), ceiling: numberOf(ceiling) }]),
  );
}

const used: Record<string, number> = {};

/** A second after what was before: a vote's checkpoint of the same second would be cheaper. */
async function note(
  call: string,
  who: Who,
  contract: ContractName,
  name: string,
  args: unknown[] = [],
): Promise<TransactionReceipt> {
  await bench.pass(1);
  const receipt = await bench.send(who, contract, name, args);
  used[call] = Number(receipt.gasUsed);
  return receipt;
}

let bench: Bench;

/** Posts the leaves of the epoch that is over. */
async function post(call: string, leaves: readonly EpochLeaf[]): Promise<(at: number) => [EpochLeaf, Hex[]]> {
  const hashes = leaves.map(hashEpochLeaf);
  const tree = growEpochTree(hashes);
  const total = leaves.reduce((sum, { earned }) => sum + earned, 0n);
  const root = foldProof(tree.root, ABOVE);
  const signed = { epoch: (await bench.epoch()) - 1, root, total, fileHash: fullWord };
  await note(call, 'stranger', 'Payouts', 'post', [signed, bench.sign('root', EPOCH_ROOT, signed)]);
  return (at) => {
    const [leaf, hash] = [leaves[at], hashes[at]];
    if (!leaf || !hash) throw new Error(`there is no leaf ${at}`);
    return [leaf, [...(tree.prove(hash) ?? []), ...ABOVE]];
  };
}

async function playBonds(): Promise<void> {
  const gift = [addressOf('owner'), 100n * TOKEN];
  await note('transfer to a new holder', 'holder', 'IroriToken', 'transfer', gift);
  await note('transfer to a known holder', 'holder', 'IroriToken', 'transfer', gift);
  await bench.give('stranger', 100n);
  const { address } = bench.contracts.Bonds;
  await note('approve', 'owner', 'IroriToken', 'approve', [address, 100n * TOKEN]);
  const consent = { node: addressOf('node'), owner: addressOf('owner'), nonce: 0n };
  const bond = [addressOf('node'), 10n * TOKEN, bench.sign('node', NODE_BOND, consent)];
  await note('bond, the first of an owner', 'owner', 'Bonds', 'bond', bond);
  await note('bond, more', 'owner', 'Bonds', 'bond', bond);
  await note('delegate', 'owner', 'Bonds', 'delegate', [addressOf('owner')]);
  await note('bond, more, with votes', 'owner', 'Bonds', 'bond', bond);
  const deadline = 2n ** 40n;
  const signature = await bench.permit('owner', address, TOKEN, 0n, deadline);
  const permit = [Number(`0x${signature.slice(130)}`), signature.slice(0, 66), `0x${signature.slice(66, 130)}`];
  const args = [addressOf('node'), TOKEN, bond[2], deadline, ...permit];
  await note('bondWithPermit, more, with votes', 'owner', 'Bonds', 'bondWithPermit', args);
  await bench.bond('holder', 'router', 100n * TOKEN);
}

async function playEpochs(): Promise<void> {
  await bench.pass(DAY);
  await post('post, the first', leavesOf(1n));
  await bench.pass(DAY);
  let proofOf = await post('post, the second', leavesOf(2n));
  await bench.pass(DAY);
  proofOf = await post('post', leavesOf(3n));
  await bench.pass(20 * HOUR);
  await note('finalise', 'stranger', 'Payouts', 'finalise');
  await note('claim, the first', 'stranger', 'Payouts', 'claim', proofOf(0));
  const many = (): unknown[] => {
    const ten = Array.from({ length: 10 }, (_, i) => proofOf(i + 1));
    return [ten.map(([leaf]) => leaf), ten.map(([, proof]) => proof)];
  };
  await note('claimMany, the first of ten', 'stranger', 'Payouts', 'claimMany', many());
  await bench.pass(DAY);
  proofOf = await post('post, where none waits', leavesOf(4n));
  await bench.pass(20 * HOUR);
  await bench.send('stranger', 'Payouts', 'finalise');
  await note('claim, later', 'stranger', 'Payouts', 'claim', proofOf(0));
  await note('claimMany, ten later', 'stranger', 'Payouts', 'claimMany', many());
  await bench.pass(DAY);
  proofOf = await post('post, where none waits', leavesOf(5n));
  await bench.pass(20 * HOUR);
  await bench.send('stranger', 'Payouts', 'finalise');
  const toCredit = [...proofOf(0), fullWord];
  await note('claimToCredit', 'wallet', 'Payouts', 'claimToCredit', toCredit);
  await bench.send('wallet', 'IroriToken', 'approve', [bench.contracts.Credits.address, TOKEN]);
  await note('buy', 'wallet', 'Credits', 'buy', [fullWord, TOKEN / UNIT]);
  const [node, wallet] = [addressOf('node'), addressOf('wallet')];
  const binding = bench.sign('node', WALLET_BINDING, { node, wallet });
  await note('bindWallet', 'stranger', 'Payouts', 'bindWallet', [node, wallet, binding]);
  await note('changeWallet', 'wallet', 'Payouts', 'changeWallet', [node, addressOf('owner')]);
}

async function playChallenges(): Promise<void> {
  await bench.pass(DAY);
  const proofOf = await post('post, where none waits', leavesOf(6n));
  const epoch = (await bench.epoch()) - 1;
  await bench.send('stranger', 'IroriToken', 'approve', [bench.contracts.Payouts.address, 10n * TOKEN]);
  const open = async (count: bigint): Promise<Hex> => {
    const accepted = acceptanceOf(count, count * MILLION, epoch);
    const args = [accepted, plain(bench.sign('router', ACCEPTANCE, accepted))];
    const { logs } = await note('challenge', 'stranger', 'Payouts', 'challenge', args);
    const [log] = parseEventLogs({ abi: bench.contracts.Payouts.abi, logs, eventName: 'Challenged' });
    return (log as unknown as { args: { id: Hex } }).args.id;
  };
  const founded = await open(7n);
  await note('answer', 'owner', 'Payouts', 'answer', [await open(6n), ...proofOf(0)]);
  await bench.pass(6 * HOUR);
  await note('enforce', 'other', 'Payouts', 'enforce', [founded]);
}

async function playFaults(): Promise<void> {
  const receipts = [receiptOf(5n), receiptOf(5n, { amount: 2n })];
  const proven = receipts.flatMap((one) => [one, plain(bench.sign('node', USAGE_RECEIPT, one))]);
  await note('slashReceipts', 'stranger', 'Bonds', 'slashReceipts', proven);
  const accepted = [acceptanceOf(3n, 30n, 7), acceptanceOf(3n, 31n, 7)];
  const evidence = accepted.flatMap((one) => [one, plain(bench.sign('router', ACCEPTANCE, one))]);
  await note('slashAcceptances', 'stranger', 'Bonds', 'slashAcceptances', evidence);
  const roots = [1n, 2n].map((total) => ({ epoch: 9, root: fullWord, total, fileHash: ZERO_WORD }));
  const signed = roots.flatMap((one) => [one, bench.sign('root', EPOCH_ROOT, one)]);
  await note('slashRoots', 'stranger', 'Bonds', 'slashRoots', signed);
  await note('unbond', 'owner', 'Bonds', 'unbond', [addressOf('node'), TOKEN]);
  await bench.pass(7 * DAY);
  await note('withdraw', 'owner', 'Bonds', 'withdraw', [addressOf('node')]);
}

async function playVote(): Promise<void> {
  await bench.bond('holder', 'other', 1000n * TOKEN);
  await bench.send('holder', 'Bonds', 'delegate', [addressOf('holder')]);
  await bench.pass(1);
  const { abi, address } = bench.contracts.Rules;
  const values = [{ ...usualRules(DAY), feeBps: 800 }, (await bench.epoch()) + 20];
  const what = [[address], [0n], [encodeFunctionData({ abi, functionName: 'setValues', args: values })]];
  const told = 'fee to 8 %';
  const hash = keccak256(toBytes(told));
  await note('propose', 'holder', 'IroriGovernor', 'propose', [...what, told]);
  await bench.pass(DAY + 1);
  const id = await bench.read('IroriGovernor', 'hashProposal', [...what, hash]);
  await note('castVote', 'holder', 'IroriGovernor', 'castVote', [id, 1]);
  await bench.pass(3 * DAY);
  await note('queue', 'stranger', 'IroriGovernor', 'queue', [...what, hash]);
  await bench.pass(2 * DAY);
  await note('execute', 'stranger', 'IroriGovernor', 'execute', [...what, hash]);
  await note('pause', 'guardian', 'Rules', 'pause', [DAY]);
}

describe.skipIf(findAnvil() === null)('on a chain', () => {
  beforeAll(async () => {
    bench = await startBench();
    await bench.bond('holder', 'root', 400n * TOKEN);
    for (const play of [playBonds, playEpochs, playChallenges, playFaults, playVote]) await play();
  });
  afterAll(async () => bench.stop());

  test('the README’s table has each call that was measured, and no other', () => {
    const measured = Object.entries(used).map(([call, gas]) => `| ${call} | ${gas} |`);
    const rows = measured.join('\n');
    expect(Object.keys(readTable()).toSorted(), `measured:\n${rows}`).toEqual(Object.keys(used).toSorted());
  });

  test.each(Object.entries(readTable()))('%s costs what the README says, and no more than it may', (call, told) => {
    const gas = used[call] ?? Number.NaN;
    expect(gas, `${call} takes ${gas}`).toBeLessThanOrEqual(told.ceiling);
    expect(Math.abs(gas / told.gas - 1), `${call} takes ${gas}, the README says ${told.gas}`).toBeLessThan(0.01);
  });

  test('the ceilings are those of the design: a later claim 75,000, a first one 105,000, a post 175,000', () => {
    const table = readTable();
    const most = ['claim, later', 'claim, the first', 'post'].map((call) => table[call]?.ceiling);
    expect(most).toEqual([75_000, 105_000, 175_000]);
  });
});
