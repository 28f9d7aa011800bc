import fc from 'fast-check';
import { keccak256, parseTransaction, recoverTransactionAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import vectors from '../../schema/chain.vectors.json' with { type: 'json' };
import { signTransaction } from './sign-transaction.ts';

const wei = fc.bigInt({ min: 0n, max: 2n ** 80n });
const hexOf = (minLength: number, maxLength: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength, maxLength }).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`);

const transaction = fc.record({
  chainId: fc.constantFrom(31_337, 11_155_111, 84_532),
  nonce: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255, 256), fc.integer({ min: 0, max: 2 ** 40 })),
  gas: wei,
  tip: wei,
  extra: wei,
  to: hexOf(20, 20),
  data: fc.oneof(fc.constantFrom<Hex>('0x', '0x00', '0x7f', '0x80'), hexOf(0, 70), hexOf(250, 400)),
  key: fc.bigInt({ min: 1n, max: 2n ** 255n }).map((key): Hex => `0x${key.toString(16).padStart(64, '0')}`),
});

test('any transaction has the bytes that viem gives it, and the hash by which nodes find it', async () => {
  await fc.assert(
    fc.asyncProperty(transaction, async ({ key, extra, ...facts }) => {
      const maxFee = facts.tip + extra;
      const { raw, hash } = signTransaction({ ...facts, maxFee }, fromHex(key));
      const account = privateKeyToAccount(key);
      const { chainId, nonce, gas, to, data, tip } = facts;
      const fees = { maxFeePerGas: maxFee, maxPriorityFeePerGas: tip };
      expect(raw).toBe(await account.signTransaction({ type: 'eip1559', chainId, nonce, gas, to, data, ...fees }));
      expect(hash).toBe(keccak256(raw));
    }),
    { numRuns: 150 },
  );
});

test.each(vectors.transactions)('the vector "$title" has the bytes that a chain took', ({ facts, key, raw, hash }) => {
  const { gas, tip, maxFee } = facts;
  const transaction = { ...facts, gas: BigInt(gas), tip: BigInt(tip), maxFee: BigInt(maxFee) };
  const { to, data } = facts as { to: Hex; data: Hex };
  expect(signTransaction({ ...transaction, to, data }, fromHex(key as Hex))).toEqual({ raw, hash });
});

test('it is its sender who is read of it', async () => {
  const key: Hex = `0x${'1b'.repeat(32)}`;
  const to: Hex = `0x${'c0'.repeat(20)}`;
  const facts = { chainId: 31_337, nonce: 3, gas: 21_000n, tip: 1n, maxFee: 2n, to, data: '0x' } as const;
  const { raw } = signTransaction(facts, fromHex(key));
  const serializedTransaction = raw as `0x02${string}`;
  expect(await recoverTransactionAddress({ serializedTransaction })).toBe(privateKeyToAccount(key).address);
  expect(parseTransaction(serializedTransaction)).toMatchObject({ nonce: 3, gas: 21_000n });
});

test('what is below zero is refused', () => {
  const facts = { chainId: 31_337, nonce: 0, gas: 1n, tip: -1n, maxFee: 2n, to: '0x', data: '0x' } as const;
  expect(() => signTransaction(facts, new Uint8Array(32).fill(1))).toThrow('no negative number');
});
