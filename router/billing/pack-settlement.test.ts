import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { jobIdToWord, nodeIdOf } from '../../schema/ids.ts';
import { jobTicketSchema, toMessageJson, usageReceiptSchema } from '../../schema/receipt.ts';
import { foldProof } from '../../schema/merkle.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import { chainOfHub, toSealedJson } from '../../schema/seal.ts';
import { OUTCOMES, RELATIONS, RESUME_CLASSES } from '../../schema/settlement.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { packSettlement, unpackSettlement } from './pack-settlement.ts';

const hexOf = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((one) => `0x${Buffer.from(one).toString('hex')}` as const);
const idOf = (prefix: string): fc.Arbitrary<string> => hexOf(16).map((hex) => `${prefix}_${hex.slice(2)}`);
const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const count = fc.nat();
const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some);

function payFrom(charge: number, [first, second]: readonly [number, number]): SettlementJson['paidFrom'] {
  const earned = Math.floor(charge / 100) * first;
  const bought = Math.floor((charge - earned) / 100) * second;
  return { granted: charge - earned - bought, earned, bought };
}

/** Any settlement: of our own making (`isUsual`), or one whose ids and hashes do not belong together. */
const anySettlement: fc.Arbitrary<SettlementJson> = fc
  .record({
    isUsual: fc.boolean(),
    jobId: idOf('job'),
    part: fc.nat(65_535),
    address: hexOf(20),
    hash: hexOf(32),
    other: hexOf(32),
    signature: hexOf(65),
    seed: uint(64),
    amount: uint(128),
    promptTokens: count,
    outputTokens: count,
    node: fc.oneof(idOf('node'), fc.string()),
    ids: fc.tuple(idOf('acct'), fc.oneof(idOf('key'), fc.constant('key_test')), idOf('acct')),
    texts: fc.tuple(fc.string(), fc.string(), fc.string()),
    outcome: fc.constantFrom(...OUTCOMES),
    isFinal: fc.boolean(),
    money: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()),
    difference: orNull(fc.record({ promptTokens: fc.integer(), outputTokens: fc.integer() })),
    ttftMs: orNull(count),
    times: fc.tuple(count, fc.maxSafeNat()),
    rest: fc.record(
      {
        interrupted: count,
        resumedTokens: count,
        resumed: fc.constantFrom(...RESUME_CLASSES),
        relayedHash: hexOf(32),
        responseHash: orNull(hexOf(32)),
        lostAtMost: fc.record({ promptTokens: count, outputTokens: count }),
        related: fc.constantFrom(...RELATIONS),
        mostW: fc.nat(),
        feeBps: fc.nat(2000),
      },
      { requiredKeys: [] },
    ),
    proof: fc.constantFrom('none', 'receipt', 'both'),
    /** Shares of the charge that earned credit paid, and of the rest bought credit. */
    paid: fc.option(fc.tuple(fc.nat(100), fc.nat(100)), { nil: undefined }),
  })
  .map((some) => {
    const { isUsual, jobId, part, address, hash, other, signature, promptTokens, outputTokens } = some;
    const ticket = sampleTicket({
      jobId: jobIdToWord(isUsual ? jobId : `job_${'0'.repeat(32)}`),
      part: isUsual ? part : 3,
      node: address,
      requestHash: hash,
      salt: other,
      seed: some.seed,
      expiresAtMs: some.seed,
    });
    const receipt = sampleReceipt({
      node: isUsual ? address : '0x00000000000000000000000000000000000000aa',
      ticketHash: hash,
      seq: some.seed,
      prevReceipt: other,
      responseHash: other,
      promptTokens,
      outputTokens,
      amount: some.amount,
    });
    const acceptance = {
      receiptHash: other,
      node: address,
      promptTokens,
      outputTokens,
      amount: some.amount.toString(),
      status: 1,
      epoch: isUsual ? ticket.epoch : 9,
      count: '7',
      cumulativeAmount: some.amount.toString(),
    };
    const hasReceipt = some.proof !== 'none';
    const hasBoth = some.proof === 'both';
    const [accountId, keyId, ownerAccountId] = some.ids;
    const [hub, model, country] = some.texts;
    return {
      jobId,
      part,
      accountId,
      keyId,
      nodeId: isUsual ? nodeIdOf(address) : some.node,
      ownerAccountId,
      hub,
      model,
      country,
      outcome: some.outcome,
      isFinal: some.isFinal,
      promptTokens,
      outputTokens,
      charge: some.money[0],
      earn: some.money[1],
      difference: some.difference,
      attempts: 2,
      ttftMs: some.ttftMs,
      durationMs: some.times[0],
      endedAt: some.times[1],
      ...(isUsual && hasReceipt ? { responseHash: other } : {}),
      ...some.rest,
      ...(some.paid && { paidFrom: payFrom(some.money[0], some.paid) }),
      // In the order of their fields, as they are sent.
      ticket: toMessageJson(jobTicketSchema.parse(toMessageJson(ticket))),
      ticketSignature: signature,
      receipt: hasReceipt ? toMessageJson(usageReceiptSchema.parse(toMessageJson(receipt))) : null,
      receiptSignature: hasReceipt ? signature : null,
      acceptance: hasBoth ? acceptance : null,
      acceptanceSignature: hasBoth ? signature : null,
    };
  });

test('seals are kept without what the other messages tell: a part of a full batch in little more than its proofs', () => {
  const hashOf = (i: number): Hex => `0x${i.toString(16).padStart(64, '0')}`;
  const [settlement] = fc.sample(
    anySettlement.filter(({ acceptance, responseHash }) => acceptance !== null && responseHash !== undefined),
    { numRuns: 1, seed: 7 },
  );
  if (!settlement) throw new Error('no settlement');
  const proof = Array.from({ length: 5 }, (_, i) => hashOf(i + 1));
  const { receipt, acceptance, ticket } = settlement;
  const sealOf = (kind: number, node: Hex, leaf: Hex) =>
    toSealedJson({
      seal: {
        kind,
        node,
        number: 7n,
        previous: hashOf(9),
        count: 32,
        root: foldProof(leaf, proof),
        total: 4500n,
        atMs: 1_800_000_000_000n,
      },
      proof,
    });
  const sealed = {
    ...settlement,
    ticketSeal: sealOf(1, chainOfHub(settlement.hub), receipt!.ticketHash as Hex),
    receiptSeal: sealOf(2, ticket.node as Hex, acceptance!.receiptHash as Hex),
    acceptanceSeal: sealOf(3, ticket.node as Hex, hashOf(8)),
  };
  expect(unpackSettlement(packSettlement(sealed))).toEqual(sealed);
  const more = packSettlement(sealed).length - packSettlement(settlement).length;
  expect(more).toBeLessThan(3 * (5 * 32 + 32 + 20) + 32);
});

test('any settlement comes back as it was, its messages with their fields in the same order', () => {
  fc.assert(
    fc.property(anySettlement, (settlement) => {
      const back = unpackSettlement(packSettlement(settlement));
      expect(back).toEqual(settlement);
      for (const name of ['ticket', 'receipt', 'acceptance', 'difference'] as const)
        expect(JSON.stringify(back[name])).toBe(JSON.stringify(settlement[name]));
    }),
    { numRuns: 1000 },
  );
});

const ADDRESS = '0x00112233445566778899aabbccddeeff00112233' as const;
const PROMPT = { promptTokens: 120, outputTokens: 300 };
/** One as the network makes thousands. */
const USUAL: SettlementJson = {
  jobId: 'job_00112233445566778899aabbccddeeff',
  part: 0,
  accountId: `acct_${'11'.repeat(16)}`,
  keyId: `key_${'22'.repeat(16)}`,
  nodeId: nodeIdOf(ADDRESS),
  ownerAccountId: `acct_${'33'.repeat(16)}`,
  hub: 'hub:weur:0',
  model: 'llama-3.1-8b',
  country: 'DE',
  outcome: 'complete',
  isFinal: true,
  ...PROMPT,
  charge: 720,
  earn: 648,
  difference: null,
  attempts: 1,
  ttftMs: 180,
  durationMs: 6200,
  endedAt: 1_800_000_006_200,
  responseHash: `0x${'44'.repeat(32)}`,
  ticket: toMessageJson(
    jobTicketSchema.parse(
      toMessageJson(
        sampleTicket({
          jobId: jobIdToWord('job_00112233445566778899aabbccddeeff'),
          node: ADDRESS,
          epoch: 20_833,
          modelId: `0x${'55'.repeat(32)}`,
          requestHash: `0x${'66'.repeat(32)}`,
          salt: `0x${'77'.repeat(32)}`,
          seed: 0x1f_ffff_ffff_ffffn,
          maxPromptTokens: 300,
          maxOutputTokens: 1000,
          issuedAtMs: 1_800_000_000_000n,
          expiresAtMs: 1_800_003_600_000n,
        }),
      ),
    ),
  ),
  ticketSignature: `0x${'88'.repeat(64)}1b`,
  receipt: toMessageJson(
    usageReceiptSchema.parse(
      toMessageJson(
        sampleReceipt({
          ticketHash: `0x${'99'.repeat(32)}`,
          node: ADDRESS,
          seq: 12_345n,
          prevReceipt: `0x${'aa'.repeat(32)}`,
          responseHash: `0x${'44'.repeat(32)}`,
          ...PROMPT,
          ttftMs: 170,
          durationMs: 6100,
          amount: 720n,
        }),
      ),
    ),
  ),
  receiptSignature: `0x${'bb'.repeat(64)}1b`,
  acceptance: {
    receiptHash: `0x${'cc'.repeat(32)}`,
    node: ADDRESS,
    ...PROMPT,
    amount: '648',
    status: 0,
    epoch: 20_833,
    count: '12345',
    cumulativeAmount: '7654321',
  },
  acceptanceSignature: `0x${'dd'.repeat(64)}1c`,
};

test('a usual one takes a fifth of its JSON, without the reasons for which its home was chosen', () => {
  const decision = { mode: 'closest' } as unknown as NonNullable<SettlementJson['decision']>;
  const packed = packSettlement({ ...USUAL, decision });
  expect(packed.length).toBeLessThan(JSON.stringify(USUAL).length / 4);
  expect(unpackSettlement(packed)).toEqual(USUAL);
});

/** The usual one, as the first version kept it. */
const KEPT = [
  '0120afdfffff83beffdf3cfdfd0600112233445566778899aabbccddeeff0000000000000000000000000000000000112233445566778899aabbccdd',
  'eeff00112233e1a201555555555555555555555555555555555555555555555555555555555555555566666666666666666666666666666666666666',
  '66666666666666666666666666777777777777777777777777777777777777777777777777777777777777777701ac02e807ffffffffffffff0fc084',
  '3dc0843d80a0f1c2b13480fdccc4b1348888888888888888888888888888888888888888888888888888888888888888888888888888888888888888',
  '88888888888888888888888888888888888888881b011111111111111111111111111111111102222222222222222222222222222222220133333333',
  '3333333333333333333333330a6875623a776575723a300c6c6c616d612d332e312d3862024445000178ac02d005880501b401b830b8d0f1c2b1349d',
  '0e9999999999999999999999999999999999999999999999999999999999999999b960aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'aaaaaaaaaaaaaa4444444444444444444444444444444444444444444444444444444444444444aa01d42fd005bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1b9103cccccccccccccccc',
  'cccccccccccccccccccccccccccccccccccccccccccccccc8805b960b197d303dddddddddddddddddddddddddddddddddddddddddddddddddddddddd',
  'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd1c',
];

test('what was kept by an earlier version is still read: who changes the form adds another, and leaves this one as it is', () => {
  expect(unpackSettlement(fromHex(`0x${KEPT.join('')}`))).toEqual(USUAL);
});

test('what fits no field is kept as JSON, also a field of a later version', () => {
  for (const odd of [
    { ...USUAL, ticketSignature: '0x12' as Hex },
    { ...USUAL, charge: -5 },
    { ...USUAL, outcome: 'a new word' as 'complete' },
    { ...USUAL, somethingNew: [1, 2] },
  ])
    expect(unpackSettlement(packSettlement(odd))).toEqual(odd);
});

test('bytes that are no settlement are refused', () => {
  expect(() => unpackSettlement(Uint8Array.of(9))).toThrow(RangeError);
  expect(() => unpackSettlement(Uint8Array.of(1, 3, 3))).toThrow(RangeError);
});
