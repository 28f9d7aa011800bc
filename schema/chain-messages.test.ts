import { decodeFunctionData, encodeFunctionData, hashTypedData, keccak256, recoverTypedDataAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import type { Hex } from './bytes.ts';
import { EPOCH_ROOT, NODE_BOND, WALLET_BINDING } from './chain-messages.ts';
import vectors from './chain.vectors.json' with { type: 'json' };
import { PAYOUTS_ABI } from './contracts/abi.ts';
import { makeMessageSigner } from './receipt.ts';
import type { StructType } from './typed-data.ts';

const STRUCTS: Readonly<Record<string, StructType>> = {
  EpochRoot: EPOCH_ROOT,
  NodeBond: NODE_BOND,
  WalletBinding: WALLET_BINDING,
};
const domain = { ...vectors.domain, verifyingContract: vectors.domain.verifyingContract as Hex };
const signer = makeMessageSigner(domain);

/** Decimal texts are numbers of 64 bits and more. */
const parse = (message: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(message).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' && !value.startsWith('0x') ? BigInt(value) : value,
    ]),
  );

test('no two messages have one hash', () => {
  expect(new Set(vectors.messages.map(({ hash }) => hash)).size).toBe(vectors.messages.length);
});

describe.each(vectors.messages)('$title', ({ primaryType, message, hash, signature, signer: by }) => {
  const struct = STRUCTS[primaryType];
  if (!struct) throw new Error(`there is no message ${primaryType}`);
  const parsed = parse(message);

  test('has the hash and the signer that were published', () => {
    expect(signer.hash(struct, parsed)).toBe(hash);
    expect(signer.recover(struct, parsed, signature as Hex)).toEqual({ ok: true, value: by });
  });

  test('and the same by viem, as a wallet computes them', async () => {
    const types = { [primaryType]: struct.fields.map(([name, type]) => ({ name, type })) };
    const facts = { domain: { name: 'Irori', version: '1', ...domain }, types, primaryType, message: parsed };
    expect(hashTypedData(facts)).toBe(hash);
    const found = await recoverTypedDataAddress({ ...facts, signature: signature as Hex });
    expect(found.toLowerCase()).toBe(by);
  });
});

test('the posting of the first is what the contract reads', () => {
  const [first] = vectors.messages;
  const data = vectors.posting as Hex;
  const { functionName, args } = decodeFunctionData({ abi: PAYOUTS_ABI, data });
  expect([functionName, args]).toEqual(['post', [parse(first?.message ?? {}), first?.signature]]);
  expect(encodeFunctionData({ abi: PAYOUTS_ABI, functionName: 'post', args: args as never })).toBe(data);
  expect(vectors.transactions.map(({ raw, hash }) => keccak256(raw as Hex) === hash)).not.toContain(false);
});
