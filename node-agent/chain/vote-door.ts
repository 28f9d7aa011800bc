// The door of `irori-node vote` to the chain: what stands to the vote, what a wallet's tokens count, and the calls that vote, propose and carry out.
import type { Hex } from '../../schema/bytes.ts';
import { BONDS_ABI, GOVERNOR_ABI } from '../../schema/contracts/abi.ts';
import { toHex } from '../../schema/bytes.ts';
import { keccak256 } from '../../schema/chosen-curve.ts';
import { LOCAL_CHAIN } from '../../schema/test-chains.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { readVote } from '../../schema/vote-reading.ts';
import type { Proposal, VoteNow } from '../../schema/vote-reading.ts';
import type { ProposedCall } from '../../schema/describe-proposal.ts';
import type { OpenChain } from './chain-client.ts';
import type { ChainCall } from './chain-sender.ts';

/** As the governor numbers them. */
export const BALLOTS = ['against', 'for', 'abstain'] as const;
export type Ballot = (typeof BALLOTS)[number];

/** Rejects where the chain does not answer. */
export async function askVote({ read, addresses, domain }: OpenChain): Promise<VoteNow> {
  const ask = async (method: string, ...params: unknown[]): Promise<unknown> =>
    read.request({ method, params } as Parameters<typeof read.request>[0]);
  // A call is tried against the last block, and an idle local chain's last one may be older than the vote: it is asked for one of now.
  if (domain.chainId === LOCAL_CHAIN) await ask('evm_mine').catch(() => undefined);
  return readVote(ask, { payouts: addresses.payouts, governor: addresses.governor });
}

/** What a wallet's bonded tokens count; in their least parts. */
export interface VotingPower {
  /** Who votes with them; null where nobody was named. */
  readonly delegate: Hex | null;
  /** What it votes with now: its own and what others have given it. */
  readonly votes: bigint;
}

export async function readPower({ read, addresses }: OpenChain, wallet: Hex): Promise<VotingPower> {
  const bonds = { address: addresses.bonds, abi: BONDS_ABI } as const;
  const [delegate, votes] = await Promise.all([
    read.readContract({ ...bonds, functionName: 'delegates', args: [wallet] }),
    read.readContract({ ...bonds, functionName: 'getVotes', args: [wallet] }),
  ]);
  return { delegate: delegate === ZERO_ADDRESS ? null : (delegate.toLowerCase() as Hex), votes };
}

/** What a wallet votes with on a proposal whose vote has begun, and whether it has. */
export async function readBallot(
  { read, addresses }: OpenChain,
  { governor }: VoteNow,
  { proposal, wallet }: { readonly proposal: Proposal; readonly wallet: Hex },
): Promise<{ readonly weight: bigint; readonly hasVoted: boolean }> {
  const snapshot = BigInt(proposal.startsAt / 1000);
  const [weight, hasVoted] = await Promise.all([
    read.readContract({
      address: addresses.bonds,
      abi: BONDS_ABI,
      functionName: 'getPastVotes',
      args: [wallet, snapshot],
    }),
    read.readContract({
      address: governor,
      abi: GOVERNOR_ABI,
      functionName: 'hasVoted',
      args: [BigInt(proposal.id), wallet],
    }),
  ]);
  return { weight, hasVoted };
}

export function makeDelegateCall({ addresses }: OpenChain, to: Hex): ChainCall {
  return { address: addresses.bonds, abi: BONDS_ABI, functionName: 'delegate', args: [to] };
}

export function makeCastCall({ governor }: VoteNow, { id }: Proposal, ballot: Ballot): ChainCall {
  const args = [BigInt(id), BALLOTS.indexOf(ballot)];
  return { address: governor, abi: GOVERNOR_ABI, functionName: 'castVote', args };
}

export function makeProposeCall({ governor }: VoteNow, calls: readonly ProposedCall[], description: string): ChainCall {
  const args = [...listCalls(calls), description];
  return { address: governor, abi: GOVERNOR_ABI, functionName: 'propose', args };
}

/** Sets the waiting time of what has won running, or carries it out when that is over. */
export function makeCarryCall(
  { governor }: VoteNow,
  { calls, description }: Proposal,
  step: 'queue' | 'execute',
): ChainCall {
  const args = [...listCalls(calls), toHex(keccak256(new TextEncoder().encode(description)))];
  return { address: governor, abi: GOVERNOR_ABI, functionName: step, args };
}

function listCalls(calls: readonly ProposedCall[]): readonly [Hex[], bigint[], Hex[]] {
  return [calls.map(({ target }) => target), calls.map(({ value }) => value), calls.map(({ data }) => data)];
}
