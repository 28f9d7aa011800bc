import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { hashTypedData, recoverTypedDataAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import { fromHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { checkBundle, checkReceiptOfTicket, receiptBundleSchema } from './check-bundle.ts';
import type { BundleFault } from './check-bundle.ts';
import { ACCEPTANCE, acceptanceSchema, JOB_TICKET, jobTicketSchema } from './receipt.ts';
import {
  makeMessageSigner,
  NODE_ENROL,
  NODE_ENROL_1,
  NODE_HELLO,
  NODE_HELLO_1,
  toMessageJson,
  USAGE_RECEIPT,
} from './receipt.ts';
import { usageReceiptSchema } from './receipt.ts';
import type { JobTicket, UsageReceipt } from './receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, signDigest, word } from './typed-data.ts';
import type { Domain, StructType } from './typed-data.ts';
import * as z from 'zod';
import vectorsJson from './receipt.vectors.json' with { type: 'json' };

interface Vector {
  readonly title: string;
  readonly primaryType: string;
  readonly domain: Domain;
  readonly message: Record<string, string | number | boolean>;
  readonly hash: Hex;
  readonly signer: Hex;
  readonly signature: Hex;
}

const vectors = vectorsJson as unknown as Vector[];

/** The signed texts themselves: a field added, renamed or moved changes one of these and breaks every receipt ever signed. */
const TYPES: Readonly<Record<string, string>> = {
  JobTicket:
    'JobTicket(bytes32 jobId,uint16 part,address node,uint32 epoch,bytes32 modelId,bytes32 requestHash,bytes32 salt,bool chargePrompt,bytes32 allowance,uint32 maxPromptTokens,uint32 maxOutputTokens,uint64 seed,uint64 priceIn,uint64 priceOut,bytes32 auditCommit,uint64 issuedAtMs,uint64 expiresAtMs)',
  UsageReceipt:
    'UsageReceipt(bytes32 ticketHash,address node,uint64 seq,bytes32 prevReceipt,bytes32 responseHash,uint32 promptTokens,uint32 outputTokens,uint8 finish,uint32 ttftMs,uint32 durationMs,uint128 amount,uint64 energyMicroWh,uint64 energyLowMicroWh,uint64 energyHighMicroWh,uint8 energyMethod)',
  Acceptance:
    'Acceptance(bytes32 receiptHash,address node,uint32 promptTokens,uint32 outputTokens,uint128 amount,uint8 status,uint32 epoch,uint64 count,uint128 cumulativeAmount)',
  NodeHello: 'NodeHello(bytes32 nonce,address node,uint32 protocol)',
  NodeEnrol: 'NodeEnrol(bytes32 code,address node)',
  NodeHelloAt: 'NodeHelloAt(bytes32 nonce,address node,uint32 protocol,string origin)',
  NodeEnrolAt: 'NodeEnrolAt(bytes32 code,address node,address wallet,string origin)',
};
const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
const STRUCTS = new Map(
  [JOB_TICKET, USAGE_RECEIPT, ACCEPTANCE, NODE_HELLO, NODE_ENROL, NODE_HELLO_1, NODE_ENROL_1].map((struct) => [
    struct.name,
    struct,
  ]),
);
const SCHEMAS: Readonly<Record<string, z.ZodType<object>>> = {
  JobTicket: jobTicketSchema,
  UsageReceipt: usageReceiptSchema,
  Acceptance: acceptanceSchema,
  NodeHello: z.strictObject({ nonce: word.bytes32, node: word.address, protocol: word.uint32 }),
  NodeEnrol: z.strictObject({ code: word.bytes32, node: word.address }),
  NodeHelloAt: z.strictObject({ nonce: word.bytes32, node: word.address, protocol: word.uint32, origin: z.string() }),
  NodeEnrolAt: z.strictObject({
    code: word.bytes32,
    node: word.address,
    wallet: word.address,
    origin: z.string(),
  }),
};

// The independent path: EIP-712 from its text over hex strings, sharing nothing with typed-data.ts but keccak.

function keccakOfHex(hex: string): string {
  return Buffer.from(keccak_256(Buffer.from(hex, 'hex'))).toString('hex');
}

function keccakOfText(text: string): string {
  return keccakOfHex(Buffer.from(text, 'utf8').toString('hex'));
}

function encodeValue(type: string, value: string | number | boolean): string {
  if (type === 'string') return keccakOfText(String(value));
  if (type === 'bytes32') return String(value).slice(2);
  if (type === 'address') return String(value).slice(2).padStart(64, '0');
  if (type === 'bool') return (value ? '1' : '0').padStart(64, '0');
  return BigInt(value).toString(16).padStart(64, '0');
}

function hashByText(type: string, values: Record<string, string | number | boolean>): string {
  const fields = type.slice(type.indexOf('(') + 1, -1).split(',');
  const encoded = fields.map((field) => {
    const [fieldType = '', name = ''] = field.split(' ');
    return encodeValue(fieldType, values[name]!);
  });
  return keccakOfHex(keccakOfText(type) + encoded.join(''));
}

function digestByText({ primaryType, domain, message }: Vector): string {
  const separator = hashByText(DOMAIN_TYPE, {
    name: 'Irori',
    version: '1',
    chainId: domain.chainId,
    verifyingContract: domain.verifyingContract,
  });
  return `0x${keccakOfHex(`1901${separator}${hashByText(TYPES[primaryType]!, message)}`)}`;
}

function toViem(vector: Vector) {
  const struct = STRUCTS.get(vector.primaryType)!;
  const types: Record<string, { name: string; type: string }[]> = {
    [struct.name]: struct.fields.map(([name, type]) => ({ name, type })),
  };
  const message = parse(vector) as Record<string, unknown>;
  return { domain: { name: 'Irori', version: '1', ...vector.domain }, types, primaryType: struct.name, message };
}

function parse(vector: Vector): object {
  return SCHEMAS[vector.primaryType]!.parse(vector.message);
}

test('there are at least 24 vectors and each message family has some', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(24);
  expect(new Set(vectors.map((vector) => vector.primaryType))).toEqual(new Set(Object.keys(TYPES)));
  expect(new Set(vectors.map((vector) => vector.title)).size).toBe(vectors.length);
});

test.each([...STRUCTS.values()])(
  'the type text of $name is what it was when the first one was signed',
  (struct: StructType) => {
    expect(`${struct.name}(${struct.fields.map(([name, type]) => `${type} ${name}`).join(',')})`).toBe(
      TYPES[struct.name],
    );
  },
);

describe.each(vectors)('$title', (vector) => {
  const signer = makeMessageSigner(vector.domain);
  const struct = STRUCTS.get(vector.primaryType)!;

  test('our hash, viem and the text of EIP-712 agree', () => {
    expect(signer.hash(struct, parse(vector))).toBe(vector.hash);
    expect(hashTypedData(toViem(vector))).toBe(vector.hash);
    expect(digestByText(vector)).toBe(vector.hash);
  });

  test('the signature is its signer’s, to us and to viem', async () => {
    expect(signer.recover(struct, parse(vector), vector.signature)).toEqual({ ok: true, value: vector.signer });
    const recovered = await recoverTypedDataAddress({ ...toViem(vector), signature: vector.signature });
    expect(recovered.toLowerCase()).toBe(vector.signer);
  });

  test('it is read back from JSON to the same JSON', () => {
    expect(toMessageJson(parse(vector) as JobTicket)).toEqual(vector.message);
  });

  test('no change of one field keeps the hash', () => {
    for (const name of Object.keys(vector.message)) {
      const changed = { ...vector.message, [name]: otherValue(vector.message[name]!) };
      expect(signer.hash(struct, SCHEMAS[vector.primaryType]!.parse(changed))).not.toBe(vector.hash);
    }
  });
});

function otherValue(value: string | number | boolean): string | number | boolean {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value === 0 ? 1 : value - 1;
  if (value.startsWith('http')) return `${value}1`;
  if (!value.startsWith('0x')) return value === '0' ? '1' : (BigInt(value) - 1n).toString();
  return value.endsWith('0') ? `${value.slice(0, -1)}1` : `${value.slice(0, -1)}0`;
}

const [first] = vectors;
const ticketVector = first!;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other encodings in which the same signature is valid to a lenient reader. */
function encodings(signature: Hex): Record<string, Hex> {
  const r = signature.slice(2, 66);
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  const v = Number.parseInt(signature.slice(130), 16);
  const highS = (ORDER - s).toString(16).padStart(64, '0');
  const twinV = (v === 27 ? 28 : 27).toString(16);
  const body = signature.slice(2, 130);
  return {
    'its high-s twin': `0x${r}${highS}${twinV}`,
    'its high-s twin with v 0 or 1': `0x${r}${highS}0${v === 27 ? 1 : 0}`,
    'v 0 or 1': `0x${body}0${v - 27}`,
    'v 29': `0x${body}1d`,
    'upper-case hex': `0x${body.toUpperCase()}${v.toString(16)}`,
    'no 0x': signature.slice(2) as Hex,
    '64 bytes': `0x${body}`,
    '66 bytes': `${signature}00`,
    'r of zero': `0x${'0'.repeat(64)}${signature.slice(66)}`,
    's of zero': `0x${r}${'0'.repeat(64)}${v.toString(16)}`,
    'r beyond the order': `0x${'f'.repeat(64)}${signature.slice(66)}`,
    nothing: '0x',
  };
}

describe('a signature has one form', () => {
  const signer = makeMessageSigner(ticketVector.domain);
  test.each(Object.entries(encodings(ticketVector.signature)))('%s is refused', (_, signature) => {
    expect(signer.recover(JOB_TICKET, parse(ticketVector), signature)).toEqual({ ok: false, error: 'bad-signature' });
  });

  test('viem takes the high-s twin and v 0 or 1 as valid, so bytes of a signature never tell two receipts apart', async () => {
    for (const name of ['its high-s twin', 'v 0 or 1']) {
      const signature = encodings(ticketVector.signature)[name]!;
      const recovered = await recoverTypedDataAddress({ ...toViem(ticketVector), signature });
      expect(recovered.toLowerCase()).toBe(ticketVector.signer);
    }
  });

  test('what we sign is always in that form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const signature = signDigest(digest, keccak_256(Uint8Array.of(1)));
        expect(signature).toMatch(/^0x[0-9a-f]{128}1[bc]$/);
        expect(BigInt(`0x${signature.slice(66, 130)}`)).toBeLessThanOrEqual(ORDER / 2n);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a message has one form', () => {
  const wrong: [string, string, unknown][] = [
    ['an unknown field', 'extra', 1],
    ['upper-case hex', 'salt', `0x${'AB'.repeat(32)}`],
    ['hex without 0x', 'salt', 'ab'.repeat(32)],
    ['a short word', 'salt', '0xab'],
    ['a checksummed address', 'node', '0x4cD9b1492feaaa3edf3df21eda662b9502009238'],
    ['a negative number', 'epoch', -1],
    ['a fraction', 'epoch', 0.5],
    ['a number as text where a number stands', 'epoch', '1'],
    ['more than 16 bits', 'part', 65_536],
    ['more than 32 bits', 'maxOutputTokens', 2 ** 32],
    ['more than 64 bits', 'seed', (2n ** 64n).toString()],
    ['a negative text', 'seed', '-1'],
    ['leading zeros', 'seed', '042'],
    ['an empty text', 'seed', ''],
    ['a sign', 'seed', '+1'],
    ['an exponent', 'seed', '1e3'],
    ['hex where a decimal stands', 'seed', '0x10'],
    ['a number where a text stands', 'seed', 42],
    ['spaces', 'seed', ' 42'],
    ['a number for a truth', 'chargePrompt', 1],
    ['null', 'salt', null],
  ];
  test.each(wrong)('%s in %s is refused', (_, name, value) => {
    expect(jobTicketSchema.safeParse({ ...ticketVector.message, [name]: value }).success).toBe(false);
  });

  test.each(Object.keys(ticketVector.message))('a ticket without %s is refused', (name) => {
    const { [name]: _, ...rest } = ticketVector.message;
    expect(jobTicketSchema.safeParse(rest).success).toBe(false);
  });

  test('more than 128 bits and more than 8 bits are refused in a receipt', () => {
    const receipt = vectors.find((vector) => vector.primaryType === 'UsageReceipt')!.message;
    expect(usageReceiptSchema.safeParse(receipt).success).toBe(true);
    expect(usageReceiptSchema.safeParse({ ...receipt, amount: (2n ** 128n).toString() }).success).toBe(false);
    expect(usageReceiptSchema.safeParse({ ...receipt, finish: 256 }).success).toBe(false);
  });

  test('hashing a value outside its type throws instead of cutting it off', () => {
    const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
    const ticket = parse(ticketVector) as JobTicket;
    expect(() => signer.hash(JOB_TICKET, { ...ticket, part: 65_536 })).toThrow(RangeError);
    expect(() => signer.hash(JOB_TICKET, { ...ticket, seed: -1n })).toThrow(RangeError);
    expect(() => signer.hash(JOB_TICKET, { ...ticket, salt: '0xab' })).toThrow(RangeError);
    const { salt: _, ...rest } = ticket;
    expect(() => signer.hash(JOB_TICKET, rest)).toThrow('JobTicket.salt is missing');
  });
});

describe('a bundle is checked offline', () => {
  const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
  const [routerKey, nodeKey, strangerKey] = [1, 2, 3].map((n) => keccak_256(Uint8Array.of(n))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const ticket: JobTicket = { ...(parse(ticketVector) as JobTicket), node: addressOfPrivateKey(nodeKey) };
  const receiptVector = vectors.find((vector) => vector.primaryType === 'UsageReceipt')!;
  const receipt: UsageReceipt = {
    ...(parse(receiptVector) as UsageReceipt),
    ticketHash: signer.hash(JOB_TICKET, ticket),
    node: ticket.node,
  };
  const bundleOf = (change: { receipt?: Partial<UsageReceipt>; acceptance?: object; keys?: Uint8Array[] } = {}) => {
    const [ticketKey = routerKey, receiptKey = nodeKey, acceptanceKey = routerKey] = change.keys ?? [];
    const signed = { ...receipt, ...change.receipt };
    const acceptance = {
      receiptHash: signer.hash(USAGE_RECEIPT, signed),
      node: ticket.node,
      promptTokens: signed.promptTokens,
      outputTokens: signed.outputTokens,
      amount: signed.amount,
      status: 0,
      epoch: 1,
      count: 1n,
      cumulativeAmount: signed.amount,
      ...change.acceptance,
    };
    return {
      domain: PLACEHOLDER_DOMAIN,
      router: addressOfPrivateKey(routerKey),
      ticket,
      ticketSignature: signer.sign(JOB_TICKET, ticket, ticketKey),
      receipt: signed,
      receiptSignature: signer.sign(USAGE_RECEIPT, signed, receiptKey),
      acceptance,
      acceptanceSignature: signer.sign(ACCEPTANCE, acceptance, acceptanceKey),
    };
  };

  test('an honest one is right', () => {
    expect(checkBundle(bundleOf())).toEqual({ ok: true, value: { receiptHash: signer.hash(USAGE_RECEIPT, receipt) } });
  });

  test('with only one of the two signatures it is not, whichever is missing', () => {
    for (const acceptance of [{ acceptance: null, acceptanceSignature: null }, { acceptanceSignature: null }])
      expect(checkBundle({ ...bundleOf(), ...acceptance })).toEqual({ ok: false, error: 'not-accepted' });
    expect(checkBundle({ ...bundleOf(), receiptSignature: null })).toEqual({ ok: false, error: 'no-receipt' });
    // What is there has to be right all the same.
    const forged = bundleOf({ keys: [routerKey, strangerKey] });
    expect(checkBundle({ ...forged, acceptance: null })).toEqual({ ok: false, error: 'receipt-signature' });
  });

  const faults: [BundleFault, Parameters<typeof bundleOf>[0]][] = [
    ['ticket-signature', { keys: [strangerKey] }],
    ['receipt-signature', { keys: [routerKey, strangerKey] }],
    ['acceptance-signature', { keys: [routerKey, nodeKey, strangerKey] }],
    ['receipt-of-other-ticket', { receipt: { ticketHash: `0x${'00'.repeat(32)}` } }],
    ['receipt-of-other-node', { receipt: { node: addressOfPrivateKey(strangerKey) } }],
    ['over-output-limit', { receipt: { outputTokens: ticket.maxOutputTokens + 1 } }],
    ['over-prompt-limit', { receipt: { promptTokens: ticket.maxPromptTokens + 1 } }],
    ['acceptance-of-other-receipt', { acceptance: { receiptHash: `0x${'00'.repeat(32)}` } }],
    ['acceptance-of-other-receipt', { acceptance: { node: addressOfPrivateKey(strangerKey) } }],
    ['counts-raised', { acceptance: { outputTokens: receipt.outputTokens + 1 } }],
    ['counts-raised', { acceptance: { promptTokens: receipt.promptTokens + 1 } }],
    ['amount-raised', { acceptance: { amount: receipt.amount + 1n } }],
  ];
  test.each(faults)('%s is found', (fault, change) => {
    expect(checkBundle(bundleOf(change))).toEqual({ ok: false, error: fault });
  });

  test('a bundle without a receipt proves nothing', () => {
    expect(checkBundle({ ...bundleOf(), receipt: null })).toEqual({ ok: false, error: 'no-receipt' });
  });

  test('a bundle read from JSON is checked as it was', () => {
    const bundle = bundleOf();
    const json = JSON.parse(
      JSON.stringify({
        ...bundle,
        ticket: toMessageJson(bundle.ticket),
        receipt: toMessageJson(bundle.receipt),
        acceptance: toMessageJson(bundle.acceptance),
      }),
    );
    expect(checkBundle(receiptBundleSchema.parse(json)).ok).toBe(true);
  });

  test('any receipt within its ticket fits it', () => {
    fc.assert(
      fc.property(fc.nat(ticket.maxPromptTokens), fc.nat(ticket.maxOutputTokens), (promptTokens, outputTokens) => {
        expect(checkReceiptOfTicket(signer, { ticket }, { ...receipt, promptTokens, outputTokens })).toBeNull();
      }),
    );
  });
});

test('signing is deterministic: keys that anyone can make give the vectors’ signatures again', () => {
  const keys = ['router', 'node'].map((name) => keccak_256(new TextEncoder().encode(`irori test vector: ${name}`)));
  const keyOf = new Map(keys.map((key) => [addressOfPrivateKey(key), key]));
  for (const vector of vectors) {
    const key = keyOf.get(vector.signer)!;
    expect(signDigest(fromHex(vector.hash), key)).toBe(vector.signature);
  }
});
