// Prints receipt.vectors.json: messages at their ordinary and their extreme values, with the hash and signature that schema/receipt.ts makes of
// them. `node schema/receipt-vectors.ts > schema/receipt.vectors.json` only when a message is added: a changed line means that old receipts no
// longer verify.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import {
  ACCEPTANCE,
  ACCEPTANCE_STATUS,
  ENERGY_METHOD,
  FINISH,
  JOB_TICKET,
  makeMessageSigner,
  NODE_ENROL,
  NODE_ENROL_1,
} from './receipt.ts';
import { NODE_HELLO, NODE_HELLO_1, toMessageJson, USAGE_RECEIPT } from './receipt.ts';
import type { Acceptance, JobTicket, UsageReceipt } from './receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_ADDRESS, ZERO_WORD } from './typed-data.ts';
import type { Domain, StructType } from './typed-data.ts';

const U8 = 0xff;
const U16 = 0xffff;
const U32 = 0xffff_ffff;
const U64 = 2n ** 64n - 1n;
const U128 = 2n ** 128n - 1n;
const FULL_WORD: Hex = `0x${'ff'.repeat(32)}`;
const FULL_ADDRESS: Hex = `0x${'ff'.repeat(20)}`;

/** A key made of a name, so that nobody mistakes it for one that guards anything. */
const keyOf = (name: string): Uint8Array => keccak_256(utf8ToBytes(`irori test vector: ${name}`));
const wordOf = (text: string): Hex => toHex(keccak_256(utf8ToBytes(text)));
const ROUTER = keyOf('router');
const NODE = keyOf('node');
const node = addressOfPrivateKey(NODE);
const OTHER_DOMAIN: Domain = { chainId: 361, verifyingContract: FULL_ADDRESS };

const ticket: JobTicket = {
  jobId: `0x${'0123456789abcdef'.repeat(2)}${'0'.repeat(32)}`,
  part: 0,
  node,
  epoch: 20_779,
  modelId: wordOf('model'),
  requestHash: wordOf('request'),
  salt: wordOf('salt'),
  chargePrompt: true,
  allowance: ZERO_WORD,
  maxPromptTokens: 512,
  maxOutputTokens: 256,
  seed: 42n,
  priceIn: 50_000n,
  priceOut: 200_000n,
  auditCommit: ZERO_WORD,
  issuedAtMs: 1_795_305_600_000n,
  expiresAtMs: 1_795_306_200_000n,
};
const receipt: UsageReceipt = {
  ticketHash: wordOf('ticket'),
  node,
  seq: 1n,
  prevReceipt: ZERO_WORD,
  responseHash: wordOf('response'),
  promptTokens: 31,
  outputTokens: 128,
  finish: FINISH.stop,
  ttftMs: 210,
  durationMs: 2770,
  amount: 28n,
  energyMicroWh: 0n,
  energyLowMicroWh: 0n,
  energyHighMicroWh: 0n,
  energyMethod: ENERGY_METHOD.unknown,
};
const acceptance: Acceptance = {
  receiptHash: wordOf('receipt'),
  node,
  promptTokens: 31,
  outputTokens: 128,
  amount: 26n,
  status: ACCEPTANCE_STATUS.accepted,
  epoch: 20_779,
  count: 1n,
  cumulativeAmount: 26n,
};

const zeroTicket: JobTicket = {
  jobId: ZERO_WORD,
  part: 0,
  node: ZERO_ADDRESS,
  epoch: 0,
  modelId: ZERO_WORD,
  requestHash: ZERO_WORD,
  salt: ZERO_WORD,
  chargePrompt: false,
  allowance: ZERO_WORD,
  maxPromptTokens: 0,
  maxOutputTokens: 0,
  seed: 0n,
  priceIn: 0n,
  priceOut: 0n,
  auditCommit: ZERO_WORD,
  issuedAtMs: 0n,
  expiresAtMs: 0n,
};
const fullTicket: JobTicket = {
  jobId: FULL_WORD,
  part: U16,
  node: FULL_ADDRESS,
  epoch: U32,
  modelId: FULL_WORD,
  requestHash: FULL_WORD,
  salt: FULL_WORD,
  chargePrompt: true,
  allowance: FULL_WORD,
  maxPromptTokens: U32,
  maxOutputTokens: U32,
  seed: U64,
  priceIn: U64,
  priceOut: U64,
  auditCommit: FULL_WORD,
  issuedAtMs: U64,
  expiresAtMs: U64,
};
const counts = { promptTokens: 0, outputTokens: 0, ttftMs: 0, durationMs: 0, amount: 0n };
const zeroReceipt: UsageReceipt = {
  ...receipt,
  ...counts,
  ticketHash: ZERO_WORD,
  node: ZERO_ADDRESS,
  seq: 0n,
  responseHash: ZERO_WORD,
};
const fullReceipt: UsageReceipt = {
  ticketHash: FULL_WORD,
  node: FULL_ADDRESS,
  seq: U64,
  prevReceipt: FULL_WORD,
  responseHash: FULL_WORD,
  promptTokens: U32,
  outputTokens: U32,
  finish: U8,
  ttftMs: U32,
  durationMs: U32,
  amount: U128,
  energyMicroWh: U64,
  energyLowMicroWh: U64,
  energyHighMicroWh: U64,
  energyMethod: U8,
};
const energy = { energyMicroWh: 41_000n, energyLowMicroWh: 39_500n, energyHighMicroWh: 42_500n };

interface Case {
  readonly title: string;
  readonly struct: StructType;
  readonly message: object;
  readonly key: Uint8Array;
  readonly domain?: Domain;
}

const ofTicket = (title: string, change: Partial<JobTicket> = {}): Case => {
  return { title: `ticket: ${title}`, struct: JOB_TICKET, message: { ...ticket, ...change }, key: ROUTER };
};
const ofReceipt = (title: string, change: Partial<UsageReceipt> = {}): Case => {
  return { title: `receipt: ${title}`, struct: USAGE_RECEIPT, message: { ...receipt, ...change }, key: NODE };
};
const ofHello = (title: string, origin: string, protocol = 2): Case => {
  const message = { nonce: wordOf('nonce'), node, protocol, origin };
  return { title: `hello at an origin: ${title}`, struct: NODE_HELLO, message, key: NODE };
};
const ofEnrol = (title: string, wallet: Hex): Case => {
  const message = { code: wordOf('enr_code'), node, wallet, origin: 'https://irori.example' };
  return { title: `enrol at an origin: ${title}`, struct: NODE_ENROL, message, key: NODE };
};
const ofAcceptance = (title: string, change: Partial<Acceptance> = {}): Case => {
  return { title: `acceptance: ${title}`, struct: ACCEPTANCE, message: { ...acceptance, ...change }, key: ROUTER };
};

const cases: readonly Case[] = [
  ofTicket('ordinary'),
  ofTicket('a later part that does not charge the prompt', { part: 2, chargePrompt: false }),
  ofTicket('under an allowance', { allowance: wordOf('allowance'), auditCommit: wordOf('audit') }),
  ofTicket('free', { priceIn: 0n, priceOut: 0n }),
  ofTicket('a seed beyond what a double holds', { seed: 2n ** 63n + 1n }),
  ofTicket('all zero', zeroTicket),
  ofTicket('all at their greatest', fullTicket),
  { ...ofTicket('another domain'), domain: OTHER_DOMAIN },
  ...Object.entries(FINISH).map(([name, finish]) => ofReceipt(`finish ${name}`, { finish })),
  ofReceipt('energy unknown', { energyMethod: ENERGY_METHOD.unknown }),
  ofReceipt('energy by counter', { ...energy, energyMethod: ENERGY_METHOD.counter }),
  ofReceipt('energy sampled', { ...energy, energyMethod: ENERGY_METHOD.sampled }),
  ofReceipt('energy estimated', { ...energy, energyMethod: ENERGY_METHOD.estimated }),
  ofReceipt('a link of the chain', { seq: 77n, prevReceipt: wordOf('previous') }),
  ofReceipt('all zero', zeroReceipt),
  ofReceipt('all at their greatest', fullReceipt),
  { ...ofReceipt('another domain'), domain: OTHER_DOMAIN },
  ofAcceptance('accepted'),
  ofAcceptance('lowered', {
    outputTokens: 100,
    amount: 20n,
    status: ACCEPTANCE_STATUS.lowered,
    count: 2n,
    cumulativeAmount: 46n,
  }),
  ofAcceptance('unpaid', { amount: 0n, status: ACCEPTANCE_STATUS.unpaid }),
  ofAcceptance('all zero', {
    receiptHash: ZERO_WORD,
    node: ZERO_ADDRESS,
    promptTokens: 0,
    outputTokens: 0,
    amount: 0n,
    epoch: 0,
    count: 0n,
    cumulativeAmount: 0n,
  }),
  ofAcceptance('all at their greatest', {
    receiptHash: FULL_WORD,
    node: FULL_ADDRESS,
    promptTokens: U32,
    outputTokens: U32,
    amount: U128,
    status: U8,
    epoch: U32,
    count: U64,
    cumulativeAmount: U128,
  }),
  { ...ofAcceptance('another domain'), domain: OTHER_DOMAIN },
  { title: 'hello: ordinary', struct: NODE_HELLO_1, message: { nonce: wordOf('nonce'), node, protocol: 1 }, key: NODE },
  { title: 'enrol: ordinary', struct: NODE_ENROL_1, message: { code: wordOf('enr_code'), node }, key: NODE },
  ofHello('ordinary', 'https://irori.example'),
  ofHello('at a port of this machine', 'http://127.0.0.1:8787'),
  ofHello('a proof of node-proof.ts', 'https://irori.example', 0),
  ofEnrol('ordinary', ZERO_ADDRESS),
  ofEnrol('with a wallet', FULL_ADDRESS),
];

const vectors = cases.map(({ title, struct, message, key, domain = PLACEHOLDER_DOMAIN }) => {
  const signer = makeMessageSigner(domain);
  return {
    title,
    primaryType: struct.name,
    domain,
    message: toMessageJson(message as JobTicket),
    hash: signer.hash(struct, message),
    signer: addressOfPrivateKey(key),
    signature: signer.sign(struct, message, key),
  };
});
process.stdout.write(`${JSON.stringify(vectors, null, 2)}\n`);
