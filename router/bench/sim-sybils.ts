// What a thousand homes of one owner make of jobs that he asks them himself, by the router's own rules of charging, earning and spending credit. Pure.
import { CREDIT_KINDS, NO_CREDIT, sumCredit } from '../billing/credit-books.ts';
import { addLot, drawLots, sumLots } from '../billing/credit-lots.ts';
import type { Lot } from '../billing/credit-lots.ts';
import { decideCharge } from '../billing/decide-charge.ts';
import { decideEarn, isCertain, payableOf } from '../billing/decide-earn.ts';
import type { BookedPart } from '../billing/decide-earn.ts';
import { countBoughtFee, planBonus } from '../billing/plan-bonus.ts';
import type { CreditSums, Relation } from '../../schema/credit.ts';
import type { Price } from '../../schema/prices.ts';
import type { Outcome, SettlementJson } from '../../schema/settlement.ts';

export interface SybilPlan {
  readonly nodes: number;
  /** Jobs that each home is asked in a round. */
  readonly jobs: number;
  /** After each but the last, what was earned is turned into credit and spent again. */
  readonly rounds: number;
  /** Units of each kind that there are for each home at first. */
  readonly credit: CreditSums;
  /** How the network finds out that they belong together; null where it does not. */
  readonly related: Relation | null;
  readonly price: Price;
  /** The newcomers' share of the fees that bought credit pays, of 10,000; none where left out. */
  readonly bonusBps?: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Units, of all homes together. */
export interface SybilResult {
  readonly spent: CreditSums;
  /** What their owner is owed at the end. */
  readonly earned: number;
  /** Newcomers' bonuses, of all rounds. */
  readonly bonus: number;
  /** What was earned in earlier rounds and turned into credit. */
  readonly credited: number;
  /**
   * What their owner has more than at first: owed, and left of bought and earned credit, less what was bought and earned before. Granted credit cost
   * nothing and cannot be claimed.
   */
  readonly profit: number;
  readonly nodesInProfit: number;
}

interface Home {
  lots: readonly Lot[];
  earned: number;
  brought: number;
  drawn: number;
  /** Fees that bought credit paid, and bonuses. */
  boughtFees: number;
  bonus: number;
}

/** Jobs whose first part breaks off and is gone on with by the same owner's home: the second reads the prompt again, which nobody pays twice. */
const BROKEN_SHARE = 0.2;
const MOST_PROMPT = 2000;
const MOST_OUTPUT = 1000;

export function simulateSybils(plan: SybilPlan): SybilResult {
  const homes = Array.from({ length: plan.nodes }, () => openHome(plan.credit));
  let spent: CreditSums = NO_CREDIT;
  let credited = 0;
  for (let round = 0; round < plan.rounds; round++) {
    for (const home of homes) {
      if (round > 0) credited += turnIntoCredit(home);
      for (let job = 0; job < plan.jobs; job++) spent = addSums(spent, runJob(home, plan));
      // A round is an epoch.
      payBonus(home, plan.bonusBps ?? 0);
    }
  }
  const worth = homes.map((home) => home.earned + valueOf(home.lots) - (plan.credit.bought + plan.credit.earned));
  return {
    spent,
    earned: sum(homes.map(({ earned }) => earned)),
    bonus: sum(homes.map(({ bonus }) => bonus)),
    credited,
    profit: sum(worth),
    nodesInProfit: worth.filter((one) => one > 0).length,
  };
}

function openHome(credit: CreditSums): Home {
  let lots: readonly Lot[] = [];
  for (const kind of CREDIT_KINDS) if (credit[kind] > 0) lots = addLot(lots, { kind, left: credit[kind] }) ?? lots;
  return { lots, earned: 0, brought: 0, drawn: 0, boughtFees: 0, bonus: 0 };
}

function payBonus(home: Home, bonusBps: number): void {
  const { boughtFees, brought, drawn, bonus: paid } = home;
  const more = planBonus({ boughtFees, left: brought - drawn - paid, paid }, bonusBps);
  home.bonus += more;
  home.earned += more;
}

function turnIntoCredit(home: Home): number {
  const { earned } = home;
  if (earned > 0) home.lots = addLot(home.lots, { kind: 'earned', left: earned }) ?? home.lots;
  home.earned = 0;
  return earned;
}

/** What a lot is worth to its owner: what was bought or earned, not what was granted. */
function valueOf(lots: readonly Lot[]): number {
  return sum(lots.map(({ kind, left }) => (kind === 'granted' ? 0 : left)));
}

/** One job that its owner asks this home; gives what it spent. */
function runJob(home: Home, { price, related, random }: SybilPlan): CreditSums {
  const [promptTokens, outputTokens] = [1 + Math.floor(random() * MOST_PROMPT), 1 + Math.floor(random() * MOST_OUTPUT)];
  const isBroken = random() < BROKEN_SHARE;
  const parts = isBroken
    ? [
        { outcome: 'interrupted-by-network', chargePrompt: true, tokens: Math.ceil(outputTokens / 2) } as const,
        { outcome: 'complete', chargePrompt: false, tokens: Math.floor(outputTokens / 2) } as const,
      ]
    : [{ outcome: 'complete', chargePrompt: true, tokens: outputTokens } as const];
  let spent: CreditSums = NO_CREDIT;
  const booked: BookedPart[] = [];
  for (const [part, { outcome, chargePrompt, tokens }] of parts.entries()) {
    const counts = { promptTokens, outputTokens: tokens };
    const decided = decideCharge({ outcome, counts, price, chargePrompt });
    const charge = Math.min(decided.charge, sumCredit(sumLots(home.lots)));
    const { lots, drawn: paidFrom } = drawLots(home.lots, charge, 0);
    home.lots = lots;
    spent = addSums(spent, paidFrom);
    const one = { part, ownerAccountId: 'acct_sybil', outcome, charge, paidFrom, hasToken: true };
    const fate: BookedPart = related ? { ...one, related } : one;
    earn(home, {
      decided,
      fate,
      earlier: booked,
      tokens,
      isCertain: isSure(fate, { ...decided, price, chargePrompt, isOne: !isBroken }),
    });
    booked.push(fate);
  }
  return spent;
}

/** Pays the home as its own account and the book do: at once where the hub's word stands, else by what the caller's account has booked. */
function earn(
  home: Home,
  part: {
    readonly decided: { readonly charge: number; readonly earn: number };
    readonly fate: BookedPart;
    readonly earlier: readonly BookedPart[];
    readonly tokens: number;
    readonly isCertain: boolean;
  },
): void {
  const { decided, fate, earlier, tokens } = part;
  const atOnce = part.isCertain ? Math.min(decided.earn, fate.charge) : 0;
  home.brought += Math.max(0, payableOf(fate) - atOnce);
  home.boughtFees += countBoughtFee({ ...fate, earn: atOnce });
  home.earned += atOnce;
  if (part.isCertain) return;
  const purse = { brought: home.brought - home.bonus, drawn: home.drawn, reserved: 0 };
  const worth = { worth: decided.earn, outputTokens: tokens, ownerAccountId: fate.ownerAccountId };
  const later = Math.min(decideEarn(worth, { part: fate, earlier }, purse), purse.brought - home.drawn);
  home.drawn += later;
  home.earned += later;
}

function isSure(
  { outcome, related }: BookedPart,
  of: {
    readonly charge: number;
    readonly earn: number;
    readonly price: Price;
    readonly chargePrompt: boolean;
    readonly isOne: boolean;
  },
): boolean {
  const { charge, earn: earned, price, chargePrompt, isOne } = of;
  const ticket = { chargePrompt, priceIn: String(price.priceIn), priceOut: String(price.priceOut) };
  const asked = {
    outcome: outcome as Outcome,
    isFinal: outcome === 'complete',
    interrupted: isOne ? 0 : 1,
    charge,
    earn: earned,
    related,
    ticket,
  };
  return isCertain(asked as SettlementJson);
}

function addSums(one: CreditSums, other: CreditSums): CreditSums {
  return {
    granted: one.granted + other.granted,
    earned: one.earned + other.earned,
    bought: one.bought + other.bought,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
