// What the payout contract is asked, signed and told: the same by viem from the contract's own interface.
import { decodeFunctionData, encodeFunctionData, encodeFunctionResult } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, test } from 'vitest';
import {
  encodeFinalise,
  encodePost,
  encodeState,
  findRootSigner,
  findStanding,
  readState,
  signEpochRoot,
} from './chain-abi.ts';
import type { RootsState } from './chain-abi.ts';
import { EPOCH_ROOT } from './chain-messages.ts';
import type { EpochRoot } from './chain-messages.ts';
import { fromHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { PAYOUTS_ABI as abi } from './contracts/abi.ts';
import { ZERO_ADDRESS, ZERO_WORD } from './typed-data.ts';

const KEY: Hex = `0x${'1b'.repeat(32)}`;
const DOMAIN = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` } as const;
const ROOT: EpochRoot = {
  epoch: 20_785,
  root: `0x${'ab'.repeat(32)}`,
  total: 2n ** 100n + 7n,
  fileHash: `0x${'cd'.repeat(32)}`,
};
const wordOf = (digit: string): Hex => `0x${digit.repeat(64)}`;
const none = { root: ZERO_WORD, total: 0n, epoch: 0 } as const;
const pendingNone = { ...none, open: 0, finalAt: 0n, signer: ZERO_ADDRESS } as const;

describe('a root', () => {
  const signature = signEpochRoot(DOMAIN, ROOT, fromHex(KEY));

  test('is signed as wallets and contracts sign it', async () => {
    const account = privateKeyToAccount(KEY);
    const typed = {
      domain: { name: 'Irori', version: '1', ...DOMAIN },
      types: { EpochRoot: EPOCH_ROOT.fields.map(([name, type]) => ({ name, type })) },
      primaryType: 'EpochRoot',
      message: { ...ROOT },
    } as const;
    expect(await account.signTypedData(typed)).toBe(signature);
    expect(findRootSigner(DOMAIN, ROOT, signature)).toBe(account.address.toLowerCase());
    expect(findRootSigner(DOMAIN, { ...ROOT, total: 1n }, signature)).not.toBe(account.address.toLowerCase());
    expect(findRootSigner(DOMAIN, ROOT, '0x00')).toBeNull();
  });

  test('is posted by the calldata that viem makes', () => {
    const data = encodePost(ROOT, signature);
    const args = [ROOT, signature] as const;
    expect(data).toBe(encodeFunctionData({ abi, functionName: 'post', args }));
    expect(decodeFunctionData({ abi, data }).args).toEqual(args);
  });
});

test('the contract is asked by the calldata that viem makes', () => {
  expect(encodeState()).toBe(encodeFunctionData({ abi, functionName: 'state' }));
  expect(encodeFinalise()).toBe(encodeFunctionData({ abi, functionName: 'finalise' }));
});

describe('the state of the roots', () => {
  const last = { root: wordOf('2'), total: 20n, epoch: 8 };
  const beforeLast = { root: wordOf('1'), total: 10n, epoch: 6 };
  const pending = {
    root: wordOf('3'),
    total: 30n,
    epoch: 9,
    open: 2,
    finalAt: 1_800_000_000n,
    signer: DOMAIN.verifyingContract,
  };

  test('is read as viem writes it', () => {
    const result = [pending, last, beforeLast, 9] as const;
    const answer = encodeFunctionResult({ abi, functionName: 'state', result });
    const { signer: _, ...told } = pending;
    expect(readState(answer)).toEqual({
      pending: { ...told, finalAt: 1_800_000_000 },
      last,
      beforeLast,
      lastPosted: 9,
    });
  });

  test('tells that nothing is pending', () => {
    const answer = encodeFunctionResult({ abi, functionName: 'state', result: [pendingNone, last, none, 8] });
    expect(readState(answer)).toMatchObject({ pending: null, lastPosted: 8 });
  });

  test.each(['0x', '0x00', wordOf('1'), `0x${'g'.repeat(64 * 13)}`] as Hex[])('and %s is no answer', (answer) => {
    expect(() => readState(answer)).toThrow(RangeError);
  });

  test('tells of no epoch beyond what a number holds', () => {
    expect(() => readState(`0x${'f'.repeat(64 * 13)}`)).toThrow('word 2 is no number of this world');
  });

  test('says how each epoch stands', () => {
    const state: RootsState = { pending: { ...pending, finalAt: 5 }, last, beforeLast, lastPosted: 9 };
    const standings = [10, 9, 8, 7, 6, 5].map((epoch) => findStanding(state, epoch)?.is ?? null);
    expect(standings).toEqual([null, 'pending', 'final', 'overtaken', 'final', 'overtaken']);
    const lost: RootsState = { ...state, pending: null };
    expect(findStanding(lost, 9)).toEqual({ is: 'void' });
    expect(findStanding({ ...lost, lastPosted: 12 }, 9)).toEqual({ is: 'overtaken' });
    // As it is deployed in its epoch 5: what was before has no root, and takes none.
    const anew = { ...none, epoch: 4 };
    expect(findStanding({ pending: null, last: anew, beforeLast: none, lastPosted: 4 }, 4)).toEqual({
      is: 'overtaken',
    });
  });
});
