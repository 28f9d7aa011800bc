// Ledger entries: one thing that moved money and its postings, which sum to zero by construction. Pure.
import type { CreditKind, CreditSource, CreditSums } from '../../schema/credit.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { allGranted, bookOf, drawFrom, sumCredit, TRANSIT } from './credit-books.ts';
import { sumLots } from './credit-lots.ts';
import type { Lot } from './credit-lots.ts';
import { MEMOS } from './tell-memo.ts';

export interface Posting {
  /** `acct_…` by kind of credit (credit-books.ts), `owner:acct_…`, `fees`, `operator`, `transit`, or where credit comes from: `grants`, `stripe`, `x402`, `chain`. */
  readonly book: string;
  /** Signed units. */
  readonly amount: number;
}

/** What an outbox hands to the ledger; its id decides whether it has been applied. */
export interface LedgerEntry {
  readonly id: string;
  readonly kind: 'grant' | 'settle' | 'correction' | 'transfer' | 'claim';
  readonly jobId: string | null;
  readonly part: number | null;
  readonly accountId: string;
  /** ms since epoch. */
  readonly at: number;
  readonly memo: string | null;
  readonly postings: readonly Posting[];
  /** Becomes or completes the part's row of receipts; null for a grant. */
  readonly settlement: SettlementJson | null;
}

/** The event id of a part's settlement, and of a receipt that was paid after it. */
function settleEventId(jobId: string, part: number): string {
  return `settle:${jobId}:${part}`;
}
function lateEventId(jobId: string, part: number): string {
  return `late:${jobId}:${part}`;
}
function restEventId(jobId: string, part: number): string {
  return `rest:${jobId}:${part}`;
}
/** What ids of bonuses begin with. */
export const BONUS_EVENT = 'bonus';
/** The event id of a grant; `eventId` is the operator's own and makes a repeated grant one grant. */
export function grantEventId(eventId: string): string {
  return `grant:${eventId}`;
}

/** A settled part: the caller pays its charge, the owner gets the earnings, the fees take or give the rest. */
export function buildSettleEntry(settlement: SettlementJson, memo: string | null): LedgerEntry {
  const { jobId, part, accountId, ownerAccountId, charge, earn, endedAt, paidFrom } = settlement;
  return {
    id: settleEventId(jobId, part),
    kind: 'settle',
    jobId,
    part,
    accountId,
    at: endedAt,
    memo,
    postings: dropZeros([
      ...drawFrom(accountId, paidFrom ?? allGranted(charge)),
      { book: `owner:${ownerAccountId}`, amount: earn },
      { book: 'fees', amount: charge - earn },
    ]),
    settlement,
  };
}

/**
 * A settled part for which the caller pays `charge` units, at most what its hub decided; `reason` says why less. It never pays out more than
 * that: what its home earns beyond stands in an entry of its own, which the book writes when the home's fees carry it.
 */
export function buildChargeEntries(settlement: SettlementJson, charge: number, reason: string): LedgerEntry[] {
  const earn = Math.min(settlement.earn, charge);
  const turned = charge < settlement.charge ? 'lowered' : 'raised';
  const memo =
    charge === settlement.charge ? null : `charge ${turned} from ${settlement.charge} to ${charge}: ${reason}`;
  const settled = buildSettleEntry({ ...settlement, charge, earn }, memo);
  const rest = settlement.earn - earn;
  return rest > 0 ? [settled, buildRestEntry(settlement, rest)] : [settled];
}

/** Credit from the operator, or bought. `amount` in units. */
export function buildGrantEntry(grant: {
  readonly eventId: string;
  readonly accountId: string;
  readonly amount: number;
  readonly memo: string | null;
  readonly at: number;
  readonly kind?: CreditKind;
  readonly from?: CreditSource;
}): LedgerEntry {
  const { accountId, amount, memo, at, kind = 'granted', from = 'grants' } = grant;
  const postings = [
    { book: from, amount: -amount },
    { book: bookOf(accountId, kind), amount },
  ];
  return buildMove({ id: grantEventId(grant.eventId), kind: 'grant', accountId, at, memo, postings });
}

/** Credit whose time is over goes back: on its way to its sponsor, or to the operator's grants. */
export function buildExpireEntry({ id, accountId, lot, at }: Moved & { readonly lot: Lot }): LedgerEntry {
  const { kind, left, sponsor, expiresAt = at } = lot;
  const memo = MEMOS.ended(expiresAt, sponsor);
  const postings = [
    { book: bookOf(accountId, kind), amount: 0 - left },
    { book: sponsor === undefined ? 'grants' : TRANSIT, amount: left },
  ];
  return buildMove({ id, kind: 'transfer', accountId, at, memo, postings });
}

/** Credit that an account gives to another one sets out. */
export function buildGiftEntry(
  gift: Moved & { readonly drawn: CreditSums; readonly memo: string | null },
): LedgerEntry {
  const { drawn, accountId, ...move } = gift;
  const postings = [...drawFrom(accountId, drawn), { book: TRANSIT, amount: sumCredit(drawn) }];
  return buildMove({ ...move, accountId, kind: 'transfer', postings });
}

/** What another object sent arrives; nothing where it was refused. */
export function buildTakeEntry(
  taken: Moved & { readonly credit: readonly Lot[]; readonly memo: string | null },
): LedgerEntry {
  const { credit, accountId, ...move } = taken;
  const sums = sumLots(credit);
  const into = drawFrom(accountId, sums).map(({ book, amount }) => ({ book, amount: 0 - amount }));
  const postings = [{ book: TRANSIT, amount: 0 - sumCredit(sums) }, ...into];
  return buildMove({ ...move, accountId, kind: 'transfer', postings });
}

/** Earnings that their owner turns into credit set out: units of what the book owes for homes of this account. */
export function buildSpendEntry({ id, accountId, amount, at }: Moved & { readonly amount: number }): LedgerEntry {
  const postings = [
    { book: `owner:${accountId}`, amount: 0 - amount },
    { book: TRANSIT, amount },
  ];
  return buildMove({ id, kind: 'transfer', accountId, at, memo: 'earnings turned into credit', postings });
}

/** Earnings that the chain has paid in tokens: they are owed no more. What comes back by burning tokens comes out of the same book. */
export function buildClaimEntry({ id, accountId, amount, at }: Moved & { readonly amount: number }): LedgerEntry {
  const postings = [
    { book: `owner:${accountId}`, amount: 0 - amount },
    { book: 'chain', amount },
  ];
  return buildMove({ id, kind: 'claim', accountId, at, memo: 'earnings claimed on the chain', postings });
}

/** A newcomer's bonus: the fees that its own jobs brought in pay its owner. Once an epoch. */
export function buildBonusEntry({
  nodeId,
  epoch,
  accountId,
  amount,
  at,
}: Omit<Moved, 'id'> & { readonly nodeId: string; readonly epoch: number; readonly amount: number }): LedgerEntry {
  const postings = [
    { book: `owner:${accountId}`, amount },
    { book: 'fees', amount: 0 - amount },
  ];
  const id = `${BONUS_EVENT}:${nodeId}:${epoch}`;
  return buildMove({ id, kind: 'transfer', accountId, at, memo: 'a newcomer’s bonus', postings });
}

interface Moved {
  readonly id: string;
  readonly accountId: string;
  /** ms since epoch. */
  readonly at: number;
}

/** An entry of no job. */
function buildMove(move: Pick<LedgerEntry, 'id' | 'kind' | 'accountId' | 'at' | 'memo' | 'postings'>): LedgerEntry {
  return { ...move, postings: dropZeros(move.postings), jobId: null, part: null, settlement: null };
}

/**
 * Credit that goes back where it came from: `taken` units of the account, and `lost` units that it has not any more, which the operator bears. With
 * negative amounts it comes again.
 */
export function buildReturnEntry(back: {
  readonly id: string;
  readonly accountId: string;
  readonly taken: CreditSums;
  readonly lost: number;
  readonly to: CreditSource;
  readonly memo: string;
  readonly at: number;
}): LedgerEntry {
  const { id, accountId, taken, lost, to, memo, at } = back;
  const postings = [
    { book: to, amount: sumCredit(taken) + lost },
    ...drawFrom(accountId, taken),
    { book: 'operator', amount: 0 - lost },
  ];
  return buildMove({ id, kind: 'correction', accountId, at, memo, postings });
}

/**
 * A receipt that came after its part was settled: the fees, which kept the earnings until now, pay the owner. It says nothing of the
 * charge, which is the caller's account's to decide and may not be decided yet.
 */
export function buildLateEntry(settlement: SettlementJson, at: number): LedgerEntry {
  const { jobId, part, earn } = settlement;
  return buildDraw(settlement, { id: lateEventId(jobId, part), amount: earn, at, memo: 'late receipt' });
}

/** What an accepted receipt earned beyond what its caller turned out to pay. */
function buildRestEntry(settlement: SettlementJson, amount: number): LedgerEntry {
  const { jobId, part, endedAt } = settlement;
  const memo = 'accepted before its charge was lowered';
  return buildDraw(settlement, { id: restEventId(jobId, part), amount, at: endedAt, memo });
}

/** The fees pay the owner `amount` units. */
function buildDraw(
  settlement: SettlementJson,
  draw: { readonly id: string; readonly amount: number; readonly at: number; readonly memo: string },
): LedgerEntry {
  const { jobId, part, accountId, ownerAccountId } = settlement;
  const { id, amount, at, memo } = draw;
  const postings = dropZeros([
    { book: `owner:${ownerAccountId}`, amount },
    { book: 'fees', amount: -amount },
  ]);
  return { id, kind: 'settle', jobId, part, accountId, at, memo, postings, settlement: { ...settlement, charge: 0 } };
}

/** The sum of an entry's postings: 0, or the entry is wrong. */
export function sumPostings(entry: LedgerEntry): number {
  let sum = 0;
  for (const posting of entry.postings) sum += posting.amount;
  return sum;
}

function dropZeros(postings: readonly Posting[]): Posting[] {
  return postings.filter((posting) => posting.amount !== 0);
}
