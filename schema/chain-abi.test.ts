// What the payout contract is asked, signed and told: the same by viem, as Solidity has it.
import { decodeFunctionData, encodeFunctionData, encodeFunctionResult, hashTypedData, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, test } from 'vitest';
import {
  encodeLatest,
  encodePost,
  encodeRootOf,
  EPOCH_ROOT,
  findRootSigner,
  planDeadline,
  readLatest,
  readRootOf,
  signEpochRoot,
} from './chain-abi.ts';
import type { EpochRoot } from './chain-abi.ts';
import { fromHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { ZERO_WORD } from './typed-data.ts';

const ABI = parseAbi([
  'function post(uint64 epoch, bytes32 root, bytes32 fileHash, uint256 total, uint64 deadline, bytes signature)',
  'function rootOf(uint64 epoch) view returns (bytes32 root, uint64 postedAt, bool isFinal, bool isVoid)',
  'function latest() view returns (uint64)',
]);
const KEY: Hex = `0x${'1b'.repeat(32)}`;
const DOMAIN = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` } as const;
const ROOT: EpochRoot = {
  epoch: 20_785,
  root: `0x${'ab'.repeat(32)}`,
  fileHash: `0x${'cd'.repeat(32)}`,
  total: 2n ** 100n + 7n,
  deadline: 1_800_000_000,
};
const wordsOf = (...words: string[]): Hex => `0x${words.map((word) => word.padStart(64, '0')).join('')}`;

describe('a root', () => {
  const signature = signEpochRoot(DOMAIN, ROOT, fromHex(KEY));

  test('is signed as wallets and contracts sign it', async () => {
    const account = privateKeyToAccount(KEY);
    const typed = {
      domain: { name: 'Irori', version: '1', ...DOMAIN },
      types: { EpochRoot: EPOCH_ROOT.fields.map(([name, type]) => ({ name, type })) },
      primaryType: 'EpochRoot',
      message: { ...ROOT, epoch: BigInt(ROOT.epoch), deadline: BigInt(ROOT.deadline) },
    } as const;
    expect(await account.signTypedData(typed)).toBe(signature);
    expect(hashTypedData(typed)).toMatch(/^0x/);
    expect(findRootSigner(DOMAIN, ROOT, signature)).toBe(account.address.toLowerCase());
    expect(findRootSigner(DOMAIN, { ...ROOT, total: 1n }, signature)).not.toBe(account.address.toLowerCase());
    expect(findRootSigner(DOMAIN, ROOT, '0x00')).toBeNull();
  });

  test('is posted by the calldata that viem makes', () => {
    const data = encodePost(ROOT, signature);
    const { epoch, root, fileHash, total, deadline } = ROOT;
    const args = [BigInt(epoch), root, fileHash, total, BigInt(deadline), signature] as const;
    expect(data).toBe(encodeFunctionData({ abi: ABI, functionName: 'post', args }));
    expect(decodeFunctionData({ abi: ABI, data }).args).toEqual(args);
  });

  test('may be posted for thirty epochs, a day at least, whenever it is signed', () => {
    expect(planDeadline(20_785, 86_400)).toBe((20_786 + 30) * 86_400);
    expect(planDeadline(100, 60)).toBe(101 * 60 + 86_400);
  });
});

describe('the chain', () => {
  test('is asked by the calldata that viem makes', () => {
    expect(encodeRootOf(7)).toBe(encodeFunctionData({ abi: ABI, functionName: 'rootOf', args: [7n] }));
    expect(encodeLatest()).toBe(encodeFunctionData({ abi: ABI, functionName: 'latest' }));
  });

  test.each([
    [true, false],
    [false, true],
  ])('tells a root (final: %s, void: %s)', (isFinal, isVoid) => {
    const result = [ROOT.root, 5n, isFinal, isVoid] as const;
    const answer = encodeFunctionResult({ abi: ABI, functionName: 'rootOf', result });
    expect(readRootOf(answer)).toEqual({ root: ROOT.root, isFinal, isVoid });
  });

  test('tells that there is none', () => {
    const result = [ZERO_WORD, 0n, false, false] as const;
    expect(readRootOf(encodeFunctionResult({ abi: ABI, functionName: 'rootOf', result }))).toBeNull();
    expect(readLatest(wordsOf('0'))).toBe(0);
    expect(readLatest(wordsOf('5131'))).toBe(0x5131);
  });

  test.each(['0x', '0x00', wordsOf('1', '2'), `0x${'g'.repeat(256)}`] as Hex[])('and %s is no answer', (answer) => {
    expect(() => readRootOf(answer)).toThrow(RangeError);
    expect(() => readLatest(answer)).toThrow(RangeError);
  });

  test('tells of no epoch beyond what a number holds', () => {
    expect(() => readLatest(wordsOf('f'.repeat(64)))).toThrow('no epoch is as late as that');
  });
});
