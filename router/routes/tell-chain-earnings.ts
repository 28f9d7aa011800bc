// What homes' earnings are told beside a chain: what can be claimed now, what that costs, until when to wait, and what was claimed. Pure.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { payableOf } from '../../schema/epoch-leaf.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import type { EarningDay } from '../billing/earning-days.ts';
import type { ListedClaim } from '../billing/node-claims.ts';
import type { CarriedOrder } from '../billing/node-spending.ts';

/** Gas of a claim at most, by the ceilings that the contracts are tested against: the first of a wallet writes more. */
const CLAIM_GAS = { first: 105_000n, later: 75_000n } as const;
/** A token, in units. */
const TOKEN = 1_000_000;
const DAY_MS = 86_400_000;

export interface ClaimFacts {
  /** Of the last final root; null where the home has none in it. */
  readonly leaf: EpochLeaf | null;
  /** Units that were claimed, as far as the books were told. */
  readonly claimed: number;
  /** Units that wait in leaves which are not final. */
  readonly payable: number;
  readonly gasPrice: bigint | null;
  /** The newest final epoch; null before the first. */
  readonly finalEpoch: number | null;
  readonly isSponsored: boolean;
  readonly isReachable: boolean;
}

export interface ToldClaims {
  readonly claimable_micro: number;
  readonly gas: { readonly units: number; readonly wei: string | null; readonly paid_by: string };
  readonly wait_until: string | null;
  /** The same as a code, for who says it in another language. */
  readonly wait_for: WaitFor | null;
}

/** The chain to be reached; a final root at all; a later one; a wallet to be named; a token to be there. */
export type WaitFor = 'chain' | 'root' | 'next-root' | 'wallet' | 'token';

export function tellClaims(facts: ClaimFacts): ToldClaims {
  const { leaf, claimed, gasPrice, isSponsored } = facts;
  const claimable = Math.max(0, Number(leaf ? payableOf(leaf) : 0n) - claimed);
  const gas = claimed === 0 ? CLAIM_GAS.first : CLAIM_GAS.later;
  const waitFor = judgeWait(facts, claimable);
  return {
    claimable_micro: claimable,
    gas: {
      units: Number(gas),
      wei: gasPrice === null ? null : String(gas * gasPrice),
      paid_by: isSponsored ? 'the router, for irori-node claim' : 'who sends the claim',
    },
    wait_until: waitFor && tellWait(waitFor, facts.finalEpoch),
    wait_for: waitFor,
  };
}

function judgeWait(
  { leaf, payable, finalEpoch, isSponsored, isReachable }: ClaimFacts,
  claimable: number,
): WaitFor | null {
  if (!isReachable) return 'chain';
  if (claimable === 0 && payable === 0) return null;
  if (claimable === 0) return finalEpoch === null ? 'root' : 'next-root';
  if (leaf?.wallet === ZERO_ADDRESS) return 'wallet';
  return isSponsored || claimable >= TOKEN ? null : 'token';
}

function tellWait(waitFor: WaitFor, finalEpoch: number | null): string {
  switch (waitFor) {
    case 'chain':
      return 'Wait until the router reaches the chain again.';
    case 'root':
      return 'Wait until the root of an epoch is final: none is yet.';
    case 'next-root':
      return `Wait until a root after that of epoch ${finalEpoch ?? ''} is final: what is payable is in no final one.`;
    case 'wallet':
      return 'Wait until this home names a wallet: nothing is paid to nobody.';
    case 'token':
      return 'Wait until 1 token is to be claimed, or longer: a little costs as much gas as a lot.';
  }
}

export interface ToldClaim {
  readonly units: number;
  readonly tokens: string;
  readonly tx: Hex;
  readonly at: number;
  readonly wallet: Hex;
  readonly gas_wei: string;
  readonly gas_paid_by: 'the router' | 'the wallet' | 'another';
  /** `API credit` where it was burned for it in the same transaction. */
  readonly became: 'API credit' | 'tokens';
}

/** `sponsor`: the key that the router pays gas with; null for none. */
export function tellClaim(claim: ListedClaim, sponsor: Hex | null): ToldClaim {
  const { units, tx, at, wallet, gasWei, isCredited } = claim;
  return {
    units,
    tokens: toTokens(units),
    tx,
    at,
    wallet,
    gas_wei: gasWei,
    gas_paid_by: tellPayer(claim, sponsor),
    became: isCredited ? 'API credit' : 'tokens',
  };
}

function tellPayer({ sender, wallet }: ListedClaim, sponsor: Hex | null): ToldClaim['gas_paid_by'] {
  if (sender === sponsor) return 'the router';
  return sender === wallet ? 'the wallet' : 'another';
}

export const CLAIM_COLUMNS = [
  'date',
  'machine',
  'kind',
  'units',
  'tokens',
  'became',
  'wallet',
  'tx',
  'gas_wei',
  'gas_paid_by',
] as const;

export interface Movements {
  readonly days: readonly EarningDay[];
  readonly orders: readonly CarriedOrder[];
  readonly claims: readonly ListedClaim[];
}

export type MovementRow = Record<(typeof CLAIM_COLUMNS)[number], string | number | null>;

/** All that moved a home's earnings, a row each in the order of time, for whoever has to declare it: earned day by day, turned into credit, claimed. */
export function listMovements(
  machine: string,
  { days, orders, claims }: Movements,
  sponsor: Hex | null,
): MovementRow[] {
  const none = { tokens: null, became: null, wallet: null, tx: null, gas_wei: null, gas_paid_by: null };
  const byDay = new Map<number, number>();
  for (const { day, earned } of days) byDay.set(day, (byDay.get(day) ?? 0) + earned);
  const rows: (Omit<MovementRow, 'date'> & { at: number })[] = [
    ...[...byDay].map(([day, units]) => ({ ...none, at: day * DAY_MS, machine, kind: 'earned', units })),
    ...orders.map(({ at, amount: units }) => ({ ...none, at, machine, kind: 'credited', units, became: 'API credit' })),
    ...claims.map((claim) => ({ ...tellClaim(claim, sponsor), machine, kind: 'claimed' })),
  ];
  return rows
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, ...row }) => ({ ...row, date: new Date(at).toISOString().slice(0, 10) }));
}

/** Six decimals: a unit is the least that is ever paid. */
function toTokens(units: number): string {
  return `${Math.floor(units / TOKEN)}.${String(units % TOKEN).padStart(6, '0')}`;
}
