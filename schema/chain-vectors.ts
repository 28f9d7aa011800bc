// Prints chain.vectors.json: what is signed for the chain alone, by schema/chain-messages.ts, and transactions, by viem: EIP-1559 on a local chain, the posting
// of a root among them. `node schema/chain-vectors.ts > schema/chain.vectors.json` only when one is added: a changed line means that the contracts, or a
// chain, take it no longer.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encodeFunctionData, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { EPOCH_ROOT, NODE_BOND, WALLET_BINDING } from './chain-messages.ts';
import type { EpochRoot } from './chain-messages.ts';
import { PAYOUTS_ABI } from './contracts/abi.ts';
import { makeMessageSigner } from './receipt.ts';
import { addressOfPrivateKey, ZERO_ADDRESS, ZERO_WORD } from './typed-data.ts';
import type { StructType } from './typed-data.ts';

const U32 = 0xffff_ffff;
const U64 = 2n ** 64n - 1n;
const U128 = 2n ** 128n - 1n;
const FULL_WORD: Hex = `0x${'ff'.repeat(32)}`;
const FULL_ADDRESS: Hex = `0x${'ff'.repeat(20)}`;
const GWEI = 10n ** 9n;

/** A key made of a name, so that nobody mistakes it for one that guards anything. */
const keyOf = (name: string): Uint8Array => keccak_256(utf8ToBytes(`irori chain vector: ${name}`));
const wordOf = (text: string): Hex => toHex(keyOf(text));
const addressOf = (name: string): Hex => addressOfPrivateKey(keyOf(name));
const domain = { chainId: 31_337, verifyingContract: addressOf('payouts') };
const signer = makeMessageSigner(domain);

const root: EpochRoot = { epoch: 20_780, root: wordOf('root'), total: 1_234_567n, fileHash: wordOf('file') };
const bond = { node: addressOf('node'), owner: addressOf('owner'), nonce: 0n };
const binding = { node: addressOf('node'), wallet: addressOf('wallet') };

const MESSAGES: readonly [title: string, struct: StructType, message: object, key: string][] = [
  ['a root', EPOCH_ROOT, root, 'root key'],
  ['a root of zeros', EPOCH_ROOT, { epoch: 0, root: ZERO_WORD, total: 0n, fileHash: ZERO_WORD }, 'root key'],
  ['a root of ones', EPOCH_ROOT, { epoch: U32, root: FULL_WORD, total: U128, fileHash: FULL_WORD }, 'root key'],
  ['a total beyond 53 bits', EPOCH_ROOT, { ...root, total: 2n ** 53n + 1n }, 'root key'],
  ['a total beyond 64 bits', EPOCH_ROOT, { ...root, total: 2n ** 64n + 1n }, 'root key'],
  ['root and file exchanged', EPOCH_ROOT, { ...root, root: root.fileHash, fileHash: root.root }, 'root key'],
  ['a consent to a bond', NODE_BOND, bond, 'node'],
  ['a consent after the key was let go', NODE_BOND, { ...bond, nonce: 1n }, 'node'],
  ['node and owner exchanged', NODE_BOND, { ...bond, node: bond.owner, owner: bond.node }, 'owner'],
  ['a consent of ones', NODE_BOND, { node: FULL_ADDRESS, owner: FULL_ADDRESS, nonce: U64 }, 'node'],
  ['a wallet', WALLET_BINDING, binding, 'node'],
  ['no wallet', WALLET_BINDING, { ...binding, wallet: ZERO_ADDRESS }, 'node'],
];

/** Numbers of 64 bits and more as decimal texts. */
function toJson(message: object): object {
  const entries = Object.entries(message).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? String(value) : (value as unknown),
  ]);
  return Object.fromEntries(entries) as object;
}

const signature = signer.sign(EPOCH_ROOT, root, keyOf('root key'));
const posting = encodeFunctionData({ abi: PAYOUTS_ABI, functionName: 'post', args: [root, signature] });

const usual = { nonce: 7, gas: 400_000n, tip: GWEI, maxFee: 100n * GWEI, to: domain.verifyingContract, data: '0x' };
const bytes = (count: number): Hex => `0x${'a7'.repeat(count)}`;
const TRANSACTIONS: Readonly<Record<string, Partial<typeof usual>>> = {
  'the posting of the root above': { data: posting },
  'no data': {},
  'one byte of 0': { data: '0x00' },
  'one byte of 127': { data: '0x7f' },
  'one byte of 128': { data: '0x80' },
  '55 bytes': { data: bytes(55) },
  '56 bytes': { data: bytes(56) },
  '255 bytes': { data: bytes(255) },
  '256 bytes': { data: bytes(256) },
  'the first of its sender': { nonce: 0 },
  'number 127': { nonce: 127 },
  'number 128': { nonce: 128 },
  'number 256': { nonce: 256 },
  'number 2^40': { nonce: 2 ** 40 },
  'no tip': { tip: 0n },
  'all of the fee as tip': { tip: usual.maxFee },
};

async function signWithViem(title: string, more: Partial<typeof usual>, key: Uint8Array): Promise<object> {
  const { nonce, gas, tip, maxFee, to, data } = { ...usual, ...more };
  const account = privateKeyToAccount(toHex(key));
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: domain.chainId,
    nonce,
    gas,
    maxPriorityFeePerGas: tip,
    maxFeePerGas: maxFee,
    to,
    data: data as Hex,
  });
  const facts = {
    chainId: domain.chainId,
    nonce,
    gas: String(gas),
    tip: String(tip),
    maxFee: String(maxFee),
    to,
    data,
  };
  return { title, key: toHex(key), sender: account.address.toLowerCase(), facts, raw, hash: keccak256(raw) };
}

/** Of some transactions r or s begins with a zero byte, which is left out: found by trying keys. */
async function findShort(): Promise<object> {
  for (let i = 0; ; i++) {
    const found = (await signWithViem('a signature with a short r or s', {}, keyOf(`short ${i}`))) as { raw: Hex };
    // A number of 31 bytes has 9f before it, one of 32 has a0.
    if (/(80|01)(9f.{62}a0.{64}|a0.{64}9f.{62})$/.test(found.raw)) return found;
  }
}

const told = {
  domain,
  messages: MESSAGES.map(([title, struct, message, key]) => ({
    title,
    primaryType: struct.name,
    message: toJson(message),
    hash: signer.hash(struct, message),
    signature: signer.sign(struct, message, keyOf(key)),
    signer: addressOf(key),
  })),
  posting,
  transactions: [
    ...(await Promise.all(
      Object.entries(TRANSACTIONS).map(async ([title, more]) => signWithViem(title, more, keyOf(`gas ${title}`))),
    )),
    await findShort(),
  ],
};
process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
