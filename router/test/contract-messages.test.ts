// What the ends sign, held against the contracts: every vector of receipts, acceptances, leaves, roots, consents and wallets has the same hash in Solidity, and its signature the same
// signer; a signature in another form has none. Skipped, and said so, where anvil is not installed for this machine.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import chainVectors from '../../schema/chain.vectors.json' with { type: 'json' };
import leafVectors from '../../schema/epoch-leaf.vectors.json' with { type: 'json' };
import { epochLeafSchema, payableOf } from '../../schema/epoch-leaf.ts';
import { ACCEPTANCE, acceptanceSchema, makeMessageSigner, usageReceiptSchema } from '../../schema/receipt.ts';
import vectors from '../../schema/receipt.vectors.json' with { type: 'json' };
import { SEAL, SEAL_KIND } from '../../schema/seal.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { findAnvil } from '../local/test-chain.ts';
import { addressOf, keyOf, plain, startBench, twinOf } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';

const CHAIN = 31_337;
const own = vectors.filter(
  ({ primaryType, domain }) => ['UsageReceipt', 'Acceptance'].includes(primaryType) && domain.chainId === CHAIN,
);

let bench: Bench;
const readers = new Map<string, Awaited<ReturnType<Bench['deploy']>>>();

async function ask<T>(name: string, args: unknown[], contract: Hex = ZERO_ADDRESS): Promise<T> {
  const at = readers.get(contract) ?? (await bench.deploy('TestMessages', [contract]));
  readers.set(contract, at);
  return bench.view<T>(at, name, args);
}

describe.skipIf(findAnvil() === null)('in Solidity', () => {
  beforeAll(async () => {
    bench = await startBench();
  });
  afterAll(async () => bench.stop());

  test.each(own)(
    'the vector "$title" has its hash and its signer',
    async ({ primaryType, message, domain, hash, ...of }) => {
      const isReceipt = primaryType === 'UsageReceipt';
      const parsed = isReceipt ? usageReceiptSchema.parse(message) : acceptanceSchema.parse(message);
      const name = isReceipt ? 'receiptDigest' : 'acceptanceDigest';
      expect(await ask(name, [parsed], domain.verifyingContract as Hex)).toBe(hash);
      expect((await ask<Hex>('signerOf', [hash, of.signature])).toLowerCase()).toBe(of.signer);
    },
  );

  test.each(leafVectors.leaves)('the leaf "$name" has its hash, and comes to as much', async ({ leaf, hash }) => {
    const parsed = epochLeafSchema.parse(leaf);
    expect(await ask('leafHash', [parsed])).toBe(hash);
    expect(await ask('leafPayable', [parsed])).toBe(payableOf(parsed));
  });

  test.each(leafVectors.trees)(
    'of $leaves.length leaves, each proof leads to the root',
    async ({ leaves, proofs, root }) => {
      for (const [i, leaf] of leaves.entries()) {
        const hash = await ask('leafHash', [epochLeafSchema.parse(leaf)]);
        expect(await ask('rootOf', [proofs[i], hash])).toBe(root);
      }
    },
  );

  test.each(chainVectors.messages)('$title has its hash and its signer', async ({ primaryType, message, ...of }) => {
    const at = chainVectors.domain.verifyingContract as Hex;
    const { node, owner, nonce, wallet } = message as Record<string, string>;
    const digest = {
      EpochRoot: async () => ask('epochRootDigest', [message], at),
      NodeBond: async () => ask('nodeBondDigest', [node, owner, nonce], at),
      WalletBinding: async () => ask('walletBindingDigest', [node, wallet], at),
    }[primaryType];
    expect(await digest?.()).toBe(of.hash);
    expect((await ask<Hex>('signerOf', [of.hash, of.signature])).toLowerCase()).toBe(of.signer);
  });

  test.each(chainVectors.transactions)('a chain takes the transaction "$title", from its sender', async (vector) => {
    const { raw, hash, sender, facts } = vector;
    const { transactionHash, from } = await bench.sendSigned(raw as Hex, sender as Hex, facts.nonce);
    expect([transactionHash, from]).toEqual([hash, sender]);
  });

  test('a message under a seal is its signer’s; of another kind, node, count or tree it is nobody’s', async () => {
    const signer = makeMessageSigner({ chainId: CHAIN, verifyingContract: ZERO_ADDRESS });
    const node = addressOf('node');
    const messages = [1n, 2n, 3n].map((count) => ({ ...acceptanceSchema.parse(ACCEPTED), node, count }));
    const digests = messages.map((message) => signer.hash(ACCEPTANCE, message));
    const facts = { kind: SEAL_KIND.acceptances, node, number: 1n, previous: ZERO_WORD, total: 9n, atMs: 5n };
    const { seal, signature, proofs } = signer.seal(facts, digests, fromHex(keyOf('router')));
    expect(await ask('sealDigest', [seal])).toBe(signer.hash(SEAL, seal));
    const proofOf = (i: number): object => ({ signature, seal, siblings: proofs[i] });
    for (const [i, digest] of digests.entries())
      expect((await ask<Hex>('proverOf', [digest, 3, node, proofOf(i)])).toLowerCase()).toBe(addressOf('router'));
    const refused = [
      [digests[0], 2, node, proofOf(0)],
      [digests[0], 3, addressOf('other'), proofOf(0)],
      [digests[0], 3, node, proofOf(1)],
      [seal.root, 3, node, { ...proofOf(0), siblings: [] }],
      [digests[0], 3, node, { ...plain(signature), siblings: proofs[0] }],
    ];
    for (const args of refused) await expect(ask('proverOf', args)).rejects.toThrow('NotUnderSeal');
  });

  test('a signature has one form: the high-s twin, v of 0 or 1 and 64 bytes are refused', async () => {
    const [first] = own;
    const signature = first?.signature ?? '0x';
    const v = signature.slice(130);
    const twin = twinOf(signature as Hex);
    await expect(ask('signerOf', [first?.hash, twin])).rejects.toThrow('ECDSAInvalidSignatureS');
    const small = `${signature.slice(0, 130)}${toHex(Uint8Array.of(v === '1b' ? 0 : 1)).slice(2)}`;
    await expect(ask('signerOf', [first?.hash, small])).rejects.toThrow('ECDSAInvalidSignature');
    await expect(ask('signerOf', [first?.hash, signature.slice(0, 130)])).rejects.toThrow(
      'ECDSAInvalidSignatureLength',
    );
  });
});

const ACCEPTED = {
  receiptHash: ZERO_WORD,
  node: ZERO_ADDRESS,
  promptTokens: 1,
  outputTokens: 2,
  amount: '3',
  status: 0,
  epoch: 4,
  count: '1',
  cumulativeAmount: '3',
};
