// A chain with Irori's contracts for their tests: who holds which key, calls by name, time that is moved, and messages signed as the product signs them.
import { createTestClient, createWalletClient, getAddress, http, publicActions, walletActions } from 'viem';
import type { Abi, Address, HttpTransport, TransactionReceipt, WalletClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { PrivateKeyAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT, NODE_BOND } from '../../schema/chain-messages.ts';
import type { EpochRoot } from '../../schema/chain-messages.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import type { Domain, StructType } from '../../schema/typed-data.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { deployContracts, readArtifact, usualRules } from '../local/chain-contracts.ts';
import type { Contract, ContractName, Contracts } from '../local/chain-contracts.ts';
import { startTestChain } from '../local/test-chain.ts';

export const DAY = 86_400;
export const TOKEN = 10n ** 18n;
export const UNIT = 10n ** 12n;

/** Everybody who signs or sends; the numbers are their keys. */
const NAMES = [
  'deployer',
  'holder',
  'guardian',
  'root',
  'router',
  'node',
  'other',
  'owner',
  'wallet',
  'stranger',
] as const;
export type Who = (typeof NAMES)[number];

export const keyOf = (who: Who): Hex => `0x${(0x1000 + NAMES.indexOf(who)).toString(16).padStart(64, '0')}`;
export const addressOf = (who: Who): Hex => privateKeyToAccount(keyOf(who)).address.toLowerCase() as Hex;

/** A message as it stands, without a seal, as `Messages.Proof`. */
export function plain(signature: Hex): object {
  const seal = { kind: 0, node: ZERO_ADDRESS, number: 0n, previous: ZERO_WORD, count: 0, root: ZERO_WORD };
  return { signature, seal: { ...seal, total: 0n, atMs: 0n }, siblings: [] };
}

/** The same signature in the form that is refused: s of the order less s, and the other v. */
export function twinOf(signature: Hex): Hex {
  const s = (ORDER - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
  return `${signature.slice(0, 66) as Hex}${s}${signature.endsWith('1b') ? '1c' : '1b'}`;
}
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** So that the chain need not be asked for it before each call: votes cost more gas where the block is of another second than the estimate. */
const ENOUGH = { gas: 5_000_000n, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n };

/** As it is published in a package. */
interface Foreign {
  readonly abi: readonly object[];
  /** In hex without 0x. */
  readonly bytecode: string;
}

interface Sealed {
  readonly node: Hex;
}

export interface Bench {
  /** JSON-RPC of the chain. */
  readonly url: string;
  readonly domain: Domain;
  readonly contracts: Contracts;
  readonly signer: MessageSigner;
  readonly sign: (who: Who, struct: StructType, message: object) => Hex;
  /** Messages of one kind and one node under a seal: `Messages.Proof` of each. */
  readonly seal: (who: Who, kind: number, struct: StructType, messages: readonly Sealed[]) => object[];
  /** Of the token's: an allowance that costs its owner no transaction. */
  readonly permit: (who: Who, spender: Address, value: bigint, nonce: bigint, deadline: bigint) => Promise<Hex>;
  /** Throws Error with the name of the contract's own error where it refuses. */
  readonly send: (who: Who, contract: ContractName, name: string, args?: unknown[]) => Promise<TransactionReceipt>;
  /** What a wallet was given to send. */
  readonly sendRaw: (who: Who, to: string, data: Hex) => Promise<void>;
  /** As the timelock would, after a vote. */
  readonly decide: (contract: ContractName, name: string, args?: unknown[]) => Promise<void>;
  readonly read: <T>(contract: ContractName, name: string, args?: unknown[]) => Promise<T>;
  /** One of ours by its name, or another's artifact. */
  readonly deploy: (of: string | Foreign, args: unknown[]) => Promise<Contract>;
  readonly view: <T>(at: Contract, name: string, args: unknown[]) => Promise<T>;
  /** As `send`, to a contract that is not a network's. */
  readonly call: (who: Who, at: Contract, name: string, args: unknown[]) => Promise<TransactionReceipt>;
  /** A transaction as its sender signed it, who gets coins and has sent `nonce` before. */
  readonly sendSigned: (raw: Hex, sender: Hex, nonce: number) => Promise<TransactionReceipt>;
  readonly pass: (seconds: number) => Promise<void>;
  /** Of the chain's clock. */
  readonly epoch: () => Promise<number>;
  readonly keep: () => Promise<() => Promise<void>>;
  readonly bond: (owner: Who, key: Who, amount: bigint) => Promise<TransactionReceipt>;
  /** Posts leaves as the epoch that is over. */
  readonly post: (leaves: readonly EpochLeaf[], total: bigint, who?: Who) => Promise<EpochRoot>;
  /** Makes a root of these leaves final. */
  readonly settle: (leaves: readonly EpochLeaf[], total: bigint) => Promise<void>;
  readonly balanceOf: (who: Who) => Promise<bigint>;
  readonly bondedOf: (key: Who) => Promise<bigint>;
  /** Whole tokens of the holder's. */
  readonly give: (who: Who, tokens: bigint) => Promise<TransactionReceipt>;
  readonly stop: () => Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const chain = await startTestChain();
  const transport = http(chain.url);
  const client = createTestClient({ mode: 'anvil', chain: foundry, transport })
    .extend(publicActions)
    .extend(walletActions);
  for (const who of NAMES) await client.setBalance({ address: addressOf(who), value: 10n ** 21n });
  const walletOf = (who: Who): Wallet => makeWallet(chain.url, who);
  const contracts = await deployContracts(
    { read: client as never, write: walletOf('deployer') },
    {
      epochSeconds: DAY,
      rules: usualRules(DAY),
      guardian: addressOf('guardian'),
      rootKey: addressOf('root'),
      routerKey: addressOf('router'),
      holder: addressOf('holder'),
      atStart: 100_000n * TOKEN,
      timelockDelay: BigInt(2 * DAY),
      votingDelay: BigInt(DAY),
      votingPeriod: BigInt(3 * DAY),
      threshold: 100n * TOKEN,
    },
  );
  const domain = { chainId: foundry.id, verifyingContract: contracts.Payouts.address.toLowerCase() as Hex };
  const signer = makeMessageSigner(domain);
  const sign: Bench['sign'] = (who, struct, message) => signer.sign(struct, message, fromHex(keyOf(who)));
  const seal: Bench['seal'] = (who, kind, struct, messages) => {
    const facts = {
      kind,
      node: messages[0]?.node ?? ZERO_ADDRESS,
      number: 1n,
      previous: ZERO_WORD,
      total: 0n,
      atMs: 0n,
    };
    const digests = messages.map((message) => signer.hash(struct, message));
    const sealed = signer.seal(facts, digests, fromHex(keyOf(who)));
    return sealed.proofs.map((siblings) => ({ signature: sealed.signature, seal: sealed.seal, siblings }));
  };
  const view: Bench['view'] = async (at, name, args) =>
    (await client.readContract({ ...at, functionName: name, args })) as never;
  const read: Bench['read'] = (contract, name, args = []) => view(contracts[contract], name, args);
  const send: Bench['send'] = async (who, contract, name, args = []) => call(who, contracts[contract], name, args);
  const call: Bench['call'] = async (who, at, name, args) => {
    const facts = { ...at, functionName: name, args, account: privateKeyToAccount(keyOf(who)) };
    await client.simulateContract(facts);
    const hash = await walletOf(who).writeContract({ ...at, functionName: name, args, ...ENOUGH });
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 5 });
    if (receipt.status !== 'success') throw new Error(`${name} was reverted`);
    return receipt;
  };
  const pass: Bench['pass'] = async (seconds) => {
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
  };
  const epoch: Bench['epoch'] = async () => Number(await read<bigint>('Rules', 'currentEpoch'));
  const post: Bench['post'] = async (leaves, total, who = 'stranger') => {
    const { root } = growEpochTree(leaves.map(hashEpochLeaf));
    const signed: EpochRoot = { epoch: (await epoch()) - 1, root, total, fileHash: ZERO_WORD };
    await send(who, 'Payouts', 'post', [signed, sign('root', EPOCH_ROOT, signed)]);
    return signed;
  };
  return {
    url: chain.url,
    domain,
    sendRaw: async (who, to, data) => {
      const hash = await walletOf(who).sendTransaction({ to: getAddress(to), data, ...ENOUGH });
      const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
      if (status !== 'success') throw new Error('it was reverted');
    },
    contracts,
    post,
    signer,
    sign,
    seal,
    permit: async (who, spender, value, nonce, deadline) =>
      privateKeyToAccount(keyOf(who)).signTypedData({
        domain: {
          name: 'Irori test token',
          version: '1',
          chainId: foundry.id,
          verifyingContract: contracts.IroriToken.address,
        },
        types: { Permit: PERMIT },
        primaryType: 'Permit',
        message: { owner: addressOf(who), spender, value, nonce, deadline },
      }),
    send,
    call,
    read,
    view,
    pass,
    epoch,
    stop: chain.stop,
    decide: async (contract, name, args = []) => {
      const account = contracts.IroriTimelock.address;
      await client.setBalance({ address: account, value: TOKEN });
      await client.impersonateAccount({ address: account });
      const call = { ...contracts[contract], functionName: name, args, account };
      await client.simulateContract(call);
      const hash = await client.writeContract({ ...call, ...ENOUGH });
      await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    },
    settle: async (leaves, total) => {
      await pass(DAY);
      await post(leaves, total);
      await pass((DAY * 20) / 24);
      await send('stranger', 'Payouts', 'finalise');
    },
    balanceOf: async (who) => read('IroriToken', 'balanceOf', [addressOf(who)]),
    bondedOf: async (key) => read('Bonds', 'bondedOf', [addressOf(key)]),
    give: async (who, tokens) => send('holder', 'IroriToken', 'transfer', [addressOf(who), tokens * TOKEN]),
    deploy: async (of, args) => {
      const own = typeof of === 'string' ? readArtifact(of) : { abi: of.abi, init: `0x${of.bytecode}` };
      const [abi, bytecode] = [own.abi as Abi, own.init as Hex];
      const hash = await walletOf('deployer').deployContract({ abi, bytecode, args });
      const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
      return { address: getAddress(contractAddress ?? ZERO_ADDRESS), abi };
    },
    sendSigned: async (raw, sender, nonce) => {
      await client.setBalance({ address: sender, value: 10n ** 21n });
      await client.setNonce({ address: sender, nonce });
      const hash = await client.sendRawTransaction({ serializedTransaction: raw });
      return client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    },
    keep: async () => {
      const id = await client.snapshot();
      return async () => client.revert({ id });
    },
    bond: async (owner, key, amount) => {
      await send(owner, 'IroriToken', 'approve', [contracts.Bonds.address, amount]);
      const { nonce } = await read<{ nonce: bigint }>('Bonds', 'bondOf', [addressOf(key)]);
      const consent = sign(key, NODE_BOND, { node: addressOf(key), owner: addressOf(owner), nonce });
      return send(owner, 'Bonds', 'bond', [addressOf(key), amount, consent]);
    },
  };
}

const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const;

type Wallet = WalletClient<HttpTransport, typeof foundry, PrivateKeyAccount>;

function makeWallet(url: string, who: Who): Wallet {
  return createWalletClient({ account: privateKeyToAccount(keyOf(who)), chain: foundry, transport: http(url) });
}
