import fc from 'fast-check';
import { hashTypedData, keccak256, recoverTypedDataAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { foldProof, growTree, MAX_LEAVES, MAX_PROOF } from './merkle.ts';
import { ACCEPTANCE, fromMessageJson, JOB_TICKET, jobTicketSchema, makeMessageSigner } from './receipt.ts';
import { toMessageJson, USAGE_RECEIPT, usageReceiptSchema } from './receipt.ts';
import { sampleReceipt, sampleTicket } from './sample-messages.ts';
import { chainOfHub, contradicts, encodeReceiptsFrame, encodeSealFrame, isUnderSeal } from './seal.ts';
import { readReceiptsFrame, readSealFrame, SEAL, SEAL_KIND } from './seal.ts';
import { fromSealedJson, sealedSchema, sealSchema, toSealedJson } from './seal.ts';
import type { Seal, SealFrame } from './seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from './typed-data.ts';

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);
const NODE = addressOfPrivateKey(KEY);
const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);

const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const leaves = fc.array(word, { minLength: 1, maxLength: MAX_LEAVES });
const FACTS = { kind: SEAL_KIND.receipts, node: NODE, number: 1n, previous: ZERO_WORD, total: 5n, atMs: 9n };

/** The tree as its definition says it, hash by hash. */
function rootOf(level: readonly Hex[]): Hex {
  const [only] = level;
  if (level.length === 1 && only) return only;
  const above: Hex[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const pair = level.slice(i, i + 2).toSorted();
    above.push(pair.length === 1 ? pair[0]! : keccak256(`0x${pair.map((hash) => hash.slice(2)).join('')}`));
  }
  return rootOf(above);
}

describe('a tree', () => {
  test('has the root that its definition says, and each leaf a proof of at most eight hashes that leads to it', () => {
    fc.assert(
      fc.property(leaves, (hashes) => {
        const { root, proofs } = growTree(hashes);
        expect(root).toBe(rootOf(hashes));
        hashes.forEach((leaf, i) => {
          expect(proofs[i]!.length).toBeLessThanOrEqual(MAX_PROOF);
          expect(foldProof(leaf, proofs[i]!)).toBe(root);
        });
      }),
    );
  });

  test('of one leaf is that leaf; none and more than 256 are no tree', () => {
    expect(growTree([ZERO_WORD])).toEqual({ root: ZERO_WORD, proofs: [[]] });
    expect(() => growTree([])).toThrow(RangeError);
    expect(() => growTree(Array.from({ length: MAX_LEAVES + 1 }, () => ZERO_WORD))).toThrow(RangeError);
  });

  test('a proof leads nowhere for another leaf, and not once a hash of it is changed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 3, maxLength: 40 }), fc.nat(), (hashes, pick) => {
        const [strange, ...within] = hashes;
        const { root, proofs } = growTree(within);
        const at = pick % within.length;
        const proof = proofs[at]!;
        expect(foldProof(strange!, proof)).not.toBe(root);
        const changed = proof.map((hash, i) => (i === pick % proof.length ? strange! : hash));
        expect(foldProof(within[at]!, changed)).not.toBe(root);
      }),
    );
  });
});

const ticket = sampleTicket({ node: NODE });
const receipts = Array.from({ length: 5 }, (_, i) =>
  sampleReceipt({ ticketHash: signer.hash(JOB_TICKET, ticket), node: NODE, seq: BigInt(i + 1) }),
);
const digests = receipts.map((receipt) => signer.hash(USAGE_RECEIPT, receipt));

describe('a seal', () => {
  test('is EIP-712 as others compute it', async () => {
    const { seal, signature } = signer.seal(FACTS, digests, KEY);
    const typed = {
      domain: { name: 'Irori', version: '1', chainId: 31_337, verifyingContract: PLACEHOLDER_DOMAIN.verifyingContract },
      types: { Seal: SEAL.fields.map(([name, type]) => ({ name, type })) },
      primaryType: 'Seal' as const,
      message: seal,
    };
    expect(signer.hash(SEAL, seal)).toBe(hashTypedData(typed));
    expect((await recoverTypedDataAddress({ ...typed, signature })).toLowerCase()).toBe(NODE);
  });

  test('proves each message under it, alone, to somebody who has seen nothing else', () => {
    const { seal, signature, proofs } = signer.seal(FACTS, digests, KEY);
    receipts.forEach((receipt, i) => {
      const sealed = sealedSchema.parse(toSealedJson({ seal, proof: [...proofs[i]!] }));
      const stranger = makeMessageSigner(PLACEHOLDER_DOMAIN);
      expect(stranger.isProvenBy(USAGE_RECEIPT, receipt, { signature, sealed, address: NODE })).toBe(true);
    });
  });

  test('of one message has an empty proof and its digest for a root', () => {
    const { seal, signature, proofs } = signer.seal(FACTS, digests.slice(0, 1), KEY);
    expect([seal.root, seal.count, proofs]).toEqual([digests[0], 1, [[]]]);
    const sealed = { seal, proof: [] };
    expect(signer.isProvenBy(USAGE_RECEIPT, receipts[0]!, { signature, sealed, address: NODE })).toBe(true);
  });

  test('proves nothing for another message, place, kind, node, count or signer, however often it has been seen', () => {
    const { seal, signature, proofs } = signer.seal(FACTS, digests, KEY);
    const sealed = { seal, proof: [...proofs[0]!] };
    const [receipt, second] = receipts;
    const proof = { signature, sealed, address: NODE };
    expect(signer.isProvenBy(USAGE_RECEIPT, receipt!, proof)).toBe(true);
    expect(signer.isProvenBy(USAGE_RECEIPT, second!, proof)).toBe(false);
    expect(signer.isProvenBy(USAGE_RECEIPT, { ...receipt!, amount: 1n }, proof)).toBe(false);
    expect(signer.isProvenBy(ACCEPTANCE, receipt!, proof)).toBe(false);
    expect(signer.isProvenBy(USAGE_RECEIPT, receipt!, { ...proof, address: chainOfHub('h') })).toBe(false);
    const stolen = signer.seal(FACTS, digests, OTHER_KEY);
    expect(signer.isProvenBy(USAGE_RECEIPT, receipt!, { ...proof, signature: stolen.signature })).toBe(false);
    for (const change of [
      { kind: 3 },
      { node: chainOfHub('h') },
      { number: 2n },
      { count: 4 },
      { count: 0 },
      { count: 257 },
      { total: 6n },
      { atMs: 8n },
    ] as Partial<Seal>[]) {
      const changed = { seal: { ...seal, ...change }, proof: sealed.proof };
      expect(signer.isProvenBy(USAGE_RECEIPT, receipt!, { ...proof, sealed: changed })).toBe(false);
    }
    const other = signer.seal({ ...FACTS, node: chainOfHub('h') }, digests, KEY);
    const ofOther = { signature: other.signature, sealed: { seal: other.seal, proof: sealed.proof }, address: NODE };
    expect(signer.isProvenBy(USAGE_RECEIPT, receipt!, ofOther)).toBe(false);
  });

  test('a seal that says one message and a proof with hashes, or the reverse, covers nothing', () => {
    const one = signer.seal(FACTS, digests.slice(0, 1), KEY).seal;
    const many = signer.seal(FACTS, digests, KEY);
    expect(isUnderSeal(digests[0]!, { seal: one, proof: [] })).toBe(true);
    expect(isUnderSeal(many.seal.root, { seal: many.seal, proof: [] })).toBe(false);
    expect(isUnderSeal(digests[0]!, { seal: { ...many.seal, count: 1 }, proof: [...many.proofs[0]!] })).toBe(false);
  });

  test('a message that was signed for itself is proven as before', () => {
    const signature = signer.sign(JOB_TICKET, ticket, KEY);
    expect(signer.isProvenBy(JOB_TICKET, ticket, { signature, sealed: null, address: NODE })).toBe(true);
    expect(signer.isProvenBy(JOB_TICKET, ticket, { signature, sealed: null, address: chainOfHub('h') })).toBe(false);
  });

  test('two seals contradict each other where they have one number in one chain and are not the same', () => {
    const { seal } = signer.seal(FACTS, digests, KEY);
    expect(contradicts(seal, { ...seal })).toBe(false);
    expect(contradicts(seal, { ...seal, root: ZERO_WORD })).toBe(true);
    expect(contradicts(seal, { ...seal, atMs: 1n })).toBe(true);
    expect(contradicts(seal, { ...seal, number: 2n, root: ZERO_WORD })).toBe(false);
    expect(contradicts(seal, { ...seal, node: chainOfHub('h'), root: ZERO_WORD })).toBe(false);
  });

  test('comes back from its JSON as the strict parser reads it, as tickets and receipts do, and is one object for all that stand under it', () => {
    const { seal, proofs } = signer.seal(FACTS, [ZERO_WORD, `0x${'11'.repeat(32)}`], KEY);
    const jsons = proofs.map((proof) => toSealedJson({ seal, proof: [...proof] }));
    expect(jsons.map(fromSealedJson)).toEqual(jsons.map((json) => sealedSchema.parse(json)));
    const [one, other] = jsons;
    expect(one?.seal).toBe(other?.seal);
    expect(one && fromSealedJson(one).seal).toBe(other && fromSealedJson(other).seal);
    const ticket = toMessageJson(sampleTicket({ node: NODE }));
    expect(fromMessageJson(JOB_TICKET, ticket)).toEqual(jobTicketSchema.parse(ticket));
    const receipt = toMessageJson(sampleReceipt({ ticketHash: ZERO_WORD, node: NODE }));
    expect(fromMessageJson(USAGE_RECEIPT, receipt)).toEqual(usageReceiptSchema.parse(receipt));
  });

  test('its JSON is strict', () => {
    const { seal } = signer.seal(FACTS, digests, KEY);
    const json = toSealedJson({ seal, proof: [] }).seal;
    expect(sealSchema.parse(json)).toEqual(seal);
    expect(sealSchema.safeParse({ ...json, more: 1 }).success).toBe(false);
    expect(sealSchema.safeParse({ ...json, number: 1 }).success).toBe(false);
    const long = Array.from({ length: MAX_PROOF + 1 }, () => ZERO_WORD);
    expect(sealedSchema.safeParse({ seal: json, proof: long }).success).toBe(false);
  });
});

describe('a seal on the socket', () => {
  const seal = fc.record({
    kind: fc.integer({ min: 0, max: 255 }),
    node: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(toHex),
    number: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    previous: word,
    count: fc.integer({ min: 0, max: 0xffff_ffff }),
    root: word,
    total: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    atMs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });
  const frame: fc.Arbitrary<SealFrame> = fc.record({
    seal,
    signature: fc.uint8Array({ minLength: 65, maxLength: 65 }).map(toHex),
    jobs: fc.array(
      fc.record({ job: fc.integer({ min: 0, max: 0xffff_ffff }), proof: fc.array(word, { maxLength: MAX_PROOF }) }),
      { maxLength: 20 },
    ),
  });

  test('comes back as it was', () => {
    fc.assert(
      fc.property(frame, (sent) => {
        expect(readSealFrame(encodeSealFrame(sent))).toEqual({ ok: true, value: sent });
      }),
    );
  });

  test('cut short anywhere inside a seal or a proof it is refused', () => {
    const sent = { seal: signer.seal(FACTS, digests, KEY).seal, signature: toHex(new Uint8Array(65)) };
    const whole = encodeSealFrame({ ...sent, jobs: [{ job: 1, proof: [ZERO_WORD] }] });
    const head = encodeSealFrame({ ...sent, jobs: [] }).length;
    for (let length = 0; length < whole.length; length++)
      expect(readSealFrame(whole.subarray(0, length)).ok).toBe(length === head);
  });

  test('a proof or a list of jobs longer than any is refused', () => {
    const sent = { seal: signer.seal(FACTS, digests, KEY).seal, signature: toHex(new Uint8Array(65)) };
    const proof = Array.from({ length: MAX_PROOF + 1 }, () => ZERO_WORD);
    expect(readSealFrame(encodeSealFrame({ ...sent, jobs: [{ job: 1, proof }] })).ok).toBe(false);
    const jobs = Array.from({ length: MAX_LEAVES + 1 }, (_, job) => ({ job, proof: [] }));
    expect(readSealFrame(encodeSealFrame({ ...sent, jobs })).ok).toBe(false);
    expect(fromHex(sent.signature)).toHaveLength(65);
  });

  test('of receipts comes back as it was, and must list as many jobs as it covers', () => {
    const { seal, signature } = signer.seal(FACTS, digests, KEY);
    const sent = { seal, signature, seq: 2n ** 64n - 1n, prevReceipt: ZERO_WORD, jobs: [1, 2, 3, 4, 0xffff_ffff] };
    expect(readReceiptsFrame(encodeReceiptsFrame(sent))).toEqual({ ok: true, value: sent });
    expect(readReceiptsFrame(encodeReceiptsFrame({ ...sent, jobs: [1, 2, 3, 4] })).ok).toBe(false);
    expect(readReceiptsFrame(encodeReceiptsFrame(sent).subarray(0, 30)).ok).toBe(false);
  });
});
