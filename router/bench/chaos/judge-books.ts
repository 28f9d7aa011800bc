// Whether the books are as they must be after all that befell a run: each answer that a caller saw is charged as told, and nothing else is. Pure.
import type { SettlementJson } from '../../../schema/settlement.ts';
import type { CalledJob, ToldJob } from './chaos-call.ts';
import { priceMost } from './draw-chaos.ts';

/** Something that may not be, with the job, account or home that it concerns. */
export interface Violation {
  readonly what: string;
  readonly of: string;
  /** What the book has of the job. */
  readonly parts?: readonly string[];
}

/** What the objects say. Units. */
export interface ObjectsNow {
  readonly accounts: readonly {
    readonly id: string;
    readonly balance: number;
    readonly held: number;
    readonly charged: number;
    readonly waiting: number;
    readonly unpayable: number;
  }[];
  readonly nodes: readonly {
    readonly id: string;
    readonly count: number;
    readonly cumulativeAmount: number;
    readonly equivocations: number;
    readonly sealEquivocations: number;
    readonly waiting: number;
    readonly unpayable: number;
  }[];
}

export interface BooksNow {
  /** Units by book, from D1. */
  readonly books: Readonly<Record<string, number>>;
  readonly check: {
    readonly ok: boolean;
    readonly total_micro: number;
    readonly unbalanced_events: readonly string[];
    readonly drifted_books: readonly string[];
    readonly overdrawn_accounts: number;
  };
  readonly objects: ObjectsNow;
  /** Every part that the book has. */
  readonly settlements: readonly SettlementJson[];
}

/** What the run did. */
export interface Asked {
  readonly calls: readonly CalledJob[];
  /** Units granted by account. */
  readonly granted: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  /** Calls that ended between a copy of the router's state and the start from it: what they were told may be forgotten, once and as a whole. */
  readonly mayBeForgotten: ReadonlySet<CalledJob>;
}

/** Everything that is wrong once all has come to rest. */
export function judgeBooks(asked: Asked, now: BooksNow): Violation[] {
  return [
    ...judgeCheck(now),
    ...now.objects.accounts.flatMap((account) => judgeAccount(account, asked, now)),
    ...judgeHomes(now),
    ...judgeParts(now.settlements),
    ...judgeCalls(asked, now.settlements),
  ];
}

function judgeCheck({ check, books }: BooksNow): Violation[] {
  const found: Violation[] = [];
  const say = (what: string, of = 'book'): void => void found.push({ what, of });
  if (check.total_micro !== 0) say(`all postings sum to ${check.total_micro}`);
  for (const id of check.unbalanced_events) say('its postings do not sum to zero', id);
  for (const book of check.drifted_books) say('its balance is not the sum of its postings', book);
  if (check.overdrawn_accounts > 0) say(`${check.overdrawn_accounts} accounts are below 0`);
  if (!check.ok && found.length === 0) say('the ledger check finds a fault');
  const total = Object.values(books).reduce((sum, amount) => sum + amount, 0);
  if (total !== 0) say(`all balances sum to ${total}`);
  return found;
}

function judgeAccount(account: ObjectsNow['accounts'][number], asked: Asked, now: BooksNow): Violation[] {
  const { id, balance, held, charged, waiting, unpayable } = account;
  const found: Violation[] = [];
  const say = (what: string): void => void found.push({ what, of: id });
  const granted = asked.granted[id] ?? 0;
  const book = now.books[id] ?? 0;
  const parts = now.settlements.filter(({ accountId }) => accountId === id);
  const paid = parts.reduce((sum, { charge }) => sum + charge, 0);
  if (held !== 0) say(`${held} are still held`);
  if (waiting > 0) say(`${waiting} entries wait, ${unpayable} of them for fees`);
  if (balance < 0) say(`it has ${balance}`);
  if (balance !== book) say(`its object has ${balance}, the book ${book}`);
  if (balance !== granted - charged) say(`of ${granted} it has ${balance}, and was charged ${charged} in all`);
  if (paid !== charged) say(`its parts come to ${paid}, and it was charged ${charged}`);
  return found;
}

function judgeHomes({ objects, books, settlements }: BooksNow): Violation[] {
  const found: Violation[] = [];
  const say = (what: string, of: string): void => void found.push({ what, of });
  for (const node of objects.nodes) {
    const { id, count, cumulativeAmount, equivocations, sealEquivocations, waiting, unpayable } = node;
    if (waiting > 0) say(`${waiting} entries wait, ${unpayable} of them for fees`, id);
    if (equivocations + sealEquivocations > 0) say(`it signed ${equivocations + sealEquivocations} numbers twice`, id);
    const accepted = settlements
      .flatMap(({ nodeId, acceptance }) => (nodeId === id && acceptance ? [acceptance] : []))
      .toSorted((a, b) => Number(a.count) - Number(b.count));
    let sum = 0;
    for (const [i, { amount, cumulativeAmount: until, count: number }] of accepted.entries()) {
      sum += Number(amount);
      if (Number(number) !== i + 1) say(`acceptance ${number} stands where ${i + 1} should`, id);
      if (Number(until) !== sum) say(`acceptance ${number} says ${until} of ${sum} until then`, id);
    }
    if (accepted.length !== count) say(`${count} receipts were accepted, and the book has ${accepted.length}`, id);
    if (sum !== cumulativeAmount) say(`it earned ${cumulativeAmount}, by the book's acceptances ${sum}`, id);
  }
  const earned = objects.nodes.reduce((sum, { cumulativeAmount }) => sum + cumulativeAmount, 0);
  const owned = Object.entries(books).reduce((sum, [book, units]) => sum + (book.startsWith('owner:') ? units : 0), 0);
  if (earned !== owned) say(`homes earned ${earned}, and the book has ${owned} for their owners`, 'owners');
  if ((books['fees'] ?? 0) < 0) say(`the fees are ${books['fees']}`, 'fees');
  return found;
}

/** A part stands once in the book, and pays its home no more than its receipt. */
function judgeParts(settlements: readonly SettlementJson[]): Violation[] {
  const found: Violation[] = [];
  const known = new Set<string>();
  for (const { jobId, part } of settlements) {
    const name = `${jobId}:${part}`;
    if (known.has(name)) found.push({ what: `part ${part} stands twice in the book`, of: jobId });
    known.add(name);
  }
  return found;
}

function judgeCalls(
  { calls, promptTokens, mayBeForgotten }: Asked,
  settlements: readonly SettlementJson[],
): Violation[] {
  const found: Violation[] = [];
  const charged = new Map<string, number>();
  for (const { jobId, charge } of settlements) charged.set(jobId, (charged.get(jobId) ?? 0) + charge);
  const known = new Set<string>();
  for (const call of calls) {
    const most = priceMost(call.planned, promptTokens);
    for (const told of call.told) {
      known.add(told.job);
      const booked = charged.get(told.job) ?? 0;
      const what = judgeCharge(told, booked, {
        most,
        end: call.end,
        isFree: call.planned.kind !== 'two' && call.error?.endsWith('charged') !== true,
      });
      if (what === null || (mayBeForgotten.has(call) && booked === 0)) continue;
      found.push({ what, of: told.job, parts: describeParts(told.job, settlements) });
    }
    for (const job of call.earlier) {
      known.add(job);
      const booked = charged.get(job) ?? 0;
      if (booked > 0) found.push({ what: `it was refused, and ${booked} are booked`, of: job });
    }
  }
  const unseen = calls.reduce((sum, call) => sum + call.unseen, 0);
  const unknown = [...charged.keys()].filter((job) => !known.has(job));
  // With `two` only the first answer's job is named ahead of the facts.
  const halves = calls.filter(({ planned, told }) => planned.kind === 'two' && told.length < 2).length;
  if (unknown.length > 2 * unseen + halves)
    found.push({ what: `${unknown.length} jobs are booked that nobody was told of`, of: unknown[0] ?? '' });
  return found;
}

function describeParts(job: string, settlements: readonly SettlementJson[]): string[] {
  return settlements
    .filter(({ jobId }) => jobId === job)
    .map((one) => {
      const { part, outcome, outputTokens, charge, isFinal, interrupted, resumedTokens, ttftMs, hub } = one;
      const ended = `${outcome}${isFinal ? ', final' : ''}${interrupted ? `, ${interrupted} before` : ''}`;
      const went = resumedTokens === undefined ? '' : `, went on from ${resumedTokens}`;
      return `part ${part} at ${hub}: ${ended}${went}, ${outputTokens} tokens, ${charge} units, first after ${ttftMs} ms`;
    });
}

/** What was told is what is booked, to the unit; where nothing was told no more than the whole answer costs, and of an error nothing. */
function judgeCharge(
  { charge }: ToldJob,
  booked: number,
  { most, end, isFree }: { readonly most: number; readonly end: CalledJob['end']; readonly isFree: boolean },
): string | null {
  if (charge !== null) return booked === charge ? null : `${charge} were told, and ${booked} are booked`;
  if (end === 'refused' && booked > 0) return `it was refused, and ${booked} are booked`;
  // Of several answers those that others have given are charged where one fails, and so is what the error says it of.
  if (end === 'error' && isFree && booked > 0) return `it ended with an error, and ${booked} are booked`;
  return booked <= most ? null : `it comes to ${most} at most, and ${booked} are booked`;
}
