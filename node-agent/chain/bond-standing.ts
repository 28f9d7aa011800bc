// What stands behind a signing key on the chain, and the calls that put tokens there or take them out. A key consents once to whose they are.
import { BONDS_ABI, TOKEN_ABI, RULES_ABI } from '../../schema/contracts/abi.ts';
import type { Hex } from '../../schema/bytes.ts';
import { NODE_BOND } from '../../schema/chain-messages.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import type { OpenChain } from './chain-client.ts';
import type { ChainCall } from './chain-sender.ts';

/** Amounts in the token's least parts. */
export interface BondStanding {
  readonly key: Hex;
  /** Null where nothing is bonded. */
  readonly owner: Hex | null;
  readonly amount: bigint;
  /** Being taken out; it can still be lost. */
  readonly leaving: bigint;
  /** When it can be withdrawn, ms since epoch; null for nothing. */
  readonly readyAt: number | null;
  readonly nonce: bigint;
  /** Of the owner, with all that it bonded; 0 until it has named who votes. */
  readonly votes: bigint;
  /** How long it takes out of a bond. */
  readonly unbondSeconds: number;
  /** The chain's time, ms since epoch. */
  readonly now: number;
}

/** Rejects where the chain does not answer. */
export async function readBond({ read, addresses }: OpenChain, key: Hex): Promise<BondStanding> {
  const bonds = { address: addresses.bonds, abi: BONDS_ABI } as const;
  const [bond, values, block] = await Promise.all([
    read.readContract({ ...bonds, functionName: 'bondOf', args: [key] }),
    read.readContract({ address: addresses.rules, abi: RULES_ABI, functionName: 'values' }),
    read.getBlock(),
  ]);
  const owner = bond.owner === ZERO_ADDRESS ? null : (bond.owner.toLowerCase() as Hex);
  const votes = owner === null ? 0n : await read.readContract({ ...bonds, functionName: 'getVotes', args: [owner] });
  return {
    key,
    owner,
    amount: bond.amount,
    leaving: bond.leaving,
    readyAt: bond.leaving > 0n ? Number(bond.readyAt) * 1000 : null,
    nonce: bond.nonce,
    votes,
    unbondSeconds: values.unbondSeconds,
    now: Number(block.timestamp) * 1000,
  };
}

/** By the key that is bonded: that these are its tokens. Nothing where the owner has its bond already. */
export function signConsent({ domain }: OpenChain, key: SessionKey, owner: Hex, bond: BondStanding): Hex {
  if (bond.owner !== null) return '0x';
  const consent = { node: key.address, owner, nonce: bond.nonce };
  return makeMessageSigner(domain).sign(NODE_BOND, consent, key.privateKey);
}

/** Two calls for a wallet that signs for itself: the allowance, and the bond. */
export function listBondCalls({ addresses }: OpenChain, key: Hex, amount: bigint, consent: Hex): ChainCall[] {
  return [
    { address: addresses.token, abi: TOKEN_ABI, functionName: 'approve', args: [addresses.bonds, amount] },
    { address: addresses.bonds, abi: BONDS_ABI, functionName: 'bond', args: [key, amount, consent] },
  ];
}

const PERMIT_SECONDS = 3600n;

/** One call for both, with an allowance that the wallet's key signs here. Rejects where the chain does not answer. */
export async function makePermitCall(
  chain: OpenChain,
  wallet: Hex,
  { key, amount, consent }: { readonly key: Hex; readonly amount: bigint; readonly consent: Hex },
): Promise<ChainCall> {
  const { read, addresses, viem, domain } = chain;
  const account = viem.privateKeyToAccount(wallet);
  const token = { address: addresses.token, abi: TOKEN_ABI } as const;
  const [nonce, name, { timestamp }] = await Promise.all([
    read.readContract({ ...token, functionName: 'nonces', args: [account.address] }),
    read.readContract({ ...token, functionName: 'name' }),
    read.getBlock(),
  ]);
  const deadline = timestamp + PERMIT_SECONDS;
  const signature = await account.signTypedData({
    domain: { name, version: '1', chainId: domain.chainId, verifyingContract: addresses.token },
    types: PERMIT,
    primaryType: 'Permit',
    message: { owner: account.address, spender: addresses.bonds, value: amount, nonce, deadline },
  });
  const [r, s, v] = [
    signature.slice(0, 66),
    `0x${signature.slice(66, 130)}`,
    Number.parseInt(signature.slice(130), 16),
  ];
  const args = [key, amount, consent, deadline, v, r, s];
  return { address: addresses.bonds, abi: BONDS_ABI, functionName: 'bondWithPermit', args };
}

const PERMIT = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;
