// What the accounts and the book in D1 say of money, read through the API and the database, and compared after each job.
import { fromHex } from '../../schema/bytes.ts';
import { splitCharge } from '../../schema/prices.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { ALL_BALANCES } from '../billing/ledger-sql.ts';
import { mergeSettlements } from '../billing/merge-settlements.ts';
import { unpackSettlements } from '../billing/pack-settlement.ts';
import type { D1Database } from '../local/network.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

export interface ReceiptRow {
  readonly outcome: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly charge: number;
  readonly earn: number;
}

export interface AccountUsage {
  readonly balance_micro: number;
  readonly held_micro: number;
  readonly totals: { jobs: number; prompt_tokens: number; completion_tokens: number; charged_micro: number };
}

/** What one job did to the books, in units. */
export interface Moved {
  /** Of the caller: charges are negative. */
  readonly caller: number;
  readonly owner: number;
  readonly fees: number;
}

export const NOTHING_MOVED: Moved = { caller: 0, owner: 0, fees: 0 };

/** A charge that the home earns less the fee. */
export function movedBy(charge: number): Moved {
  const { earn, fee } = splitCharge(charge);
  return { caller: 0 - charge, owner: earn, fees: fee };
}

export async function readUsage(stack: Stack, account: TestAccount): Promise<AccountUsage> {
  return (await (await stack.call('/v1/usage', { key: account.apiKey })).json()) as AccountUsage;
}

/** The sum of every book in D1. */
export async function readBooks(stack: Stack): Promise<Record<string, number>> {
  const database = await stack.network.database();
  const { results } = await database.prepare(ALL_BALANCES).all<{ book: string; amount: number }>();
  return Object.fromEntries(results.map((row) => [row.book, row.amount]));
}

export async function findReceiptRows(stack: Stack, job: string): Promise<ReceiptRow[]> {
  const found = (await readSettlements(await stack.network.database())).filter(({ jobId }) => jobId === job);
  return found.map(({ outcome, promptTokens, outputTokens, charge, earn }) => ({
    outcome,
    promptTokens,
    outputTokens,
    charge,
    earn,
  }));
}

/** Every part that the book has and has not archived, in the order of jobs and parts. */
export async function readSettlements(database: D1Database): Promise<SettlementJson[]> {
  const query = `SELECT lower(hex(packed)) AS packed, 1 AS booked FROM flushes WHERE packed IS NOT NULL
    UNION ALL SELECT lower(hex(packed)), booked FROM part_receipts ORDER BY booked`;
  const { results } = await database.prepare(query).all<{ packed: string }>();
  const parts = new Map<string, SettlementJson>();
  for (const settlement of results.flatMap(({ packed }) => unpackSettlements(fromHex(`0x${packed}`)))) {
    const name = `${settlement.jobId}:${settlement.part}`;
    const known = parts.get(name);
    parts.set(name, known ? mergeSettlements(known, settlement) : settlement);
  }
  return [...parts.values()].toSorted((a, b) => (a.jobId === b.jobId ? a.part - b.part : a.jobId < b.jobId ? -1 : 1));
}

/** The command that compares objects with the book; true when nothing is on its way and all agree. */
export async function isLedgerSound(stack: Stack): Promise<boolean> {
  const { json } = await stack.admin('GET', '/ledger/check');
  const check = json as {
    ok: boolean;
    total_micro: number;
    unbalanced_events: string[];
    accounts: { waiting: number }[];
  };
  return (
    check.ok &&
    check.total_micro === 0 &&
    check.unbalanced_events.length === 0 &&
    check.accounts.every((account) => account.waiting === 0)
  );
}

/** One caller and one owner, watched from job to job. */
export class Books {
  readonly #stack: Stack;
  readonly #caller: TestAccount;
  readonly #owner: TestAccount;
  readonly #granted: number;
  #before: Moved = NOTHING_MOVED;

  constructor(stack: Stack, parties: { caller: TestAccount; owner: TestAccount; granted: number }) {
    this.#stack = stack;
    this.#caller = parties.caller;
    this.#owner = parties.owner;
    this.#granted = parties.granted;
  }

  /** Forgets what has moved until now, for an owner who has earned before. */
  async start(): Promise<void> {
    // What its hub has yet to deliver is held still.
    const isSettled = async (): Promise<boolean> => (await readUsage(this.#stack, this.#caller)).held_micro === 0;
    await until('sound books', async () => (await isSettled()) && (await isLedgerSound(this.#stack)));
    this.#before = await this.#read();
  }

  /**
   * Waits until the books have moved by exactly this much since the last call, no credit is held, and the caller's object, its totals
   * and the book in D1 agree. Gives what is still wrong after 15 s, in words; nothing is wrong in an empty list.
   */
  async faultsAfter(moved: Moved): Promise<string[]> {
    let faults: string[] = [];
    for (const deadlineAt = Date.now() + WAIT_MS; Date.now() < deadlineAt; await sleep(50)) {
      faults = await this.#compare(moved);
      if (faults.length === 0) break;
    }
    this.#before = await this.#read();
    return faults;
  }

  async #compare(moved: Moved): Promise<string[]> {
    const now = await this.#read();
    const usage = await readUsage(this.#stack, this.#caller);
    const faults: string[] = [];
    for (const book of ['caller', 'owner', 'fees'] as const) {
      const by = now[book] - this.#before[book];
      if (by !== moved[book]) faults.push(`${book} moved by ${by}, not ${moved[book]}`);
    }
    if (usage.held_micro !== 0) faults.push(`${usage.held_micro} are held`);
    if (usage.balance_micro !== this.#granted + now.caller)
      faults.push(`the balance is ${usage.balance_micro}, the book says ${this.#granted + now.caller}`);
    if (usage.totals.charged_micro !== 0 - now.caller)
      faults.push(`charged in all ${usage.totals.charged_micro}, the book says ${0 - now.caller}`);
    if (!(await isLedgerSound(this.#stack))) faults.push('the ledger check finds a fault');
    return faults;
  }

  /** What has moved since the beginning: grants apart. */
  async #read(): Promise<Moved> {
    const books = await readBooks(this.#stack);
    return {
      caller: (books[this.#caller.id] ?? 0) - this.#granted,
      owner: books[`owner:${this.#owner.id}`] ?? 0,
      fees: books['fees'] ?? 0,
    };
  }
}

const WAIT_MS = 90_000;
/** How `expect.poll` waits for what another process does. */
export const POLL = { timeout: WAIT_MS, interval: 50 };

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
