// What the accounts and the book in D1 say of money, read through the API and the database, and compared after each job.
import { expect } from 'vitest';
import type { Stack, TestAccount } from './stack.ts';

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

/** A charge that the home earns less the fee of a tenth, which is rounded down. */
export function movedBy(charge: number): Moved {
  const fee = Math.floor(charge / 10);
  return { caller: 0 - charge, owner: charge - fee, fees: fee };
}

export async function readUsage(stack: Stack, account: TestAccount): Promise<AccountUsage> {
  return (await (await stack.call('/v1/usage', { key: account.apiKey })).json()) as AccountUsage;
}

/** The sum of every book in D1. */
export async function readBooks(stack: Stack): Promise<Record<string, number>> {
  const database = await stack.network.database();
  const { results } = await database
    .prepare('SELECT book, sum(amount) AS amount FROM postings GROUP BY book')
    .all<{ book: string; amount: number }>();
  return Object.fromEntries(results.map((row) => [row.book, row.amount]));
}

export async function findReceiptRows(stack: Stack, job: string): Promise<ReceiptRow[]> {
  const database = await stack.network.database();
  const { results } = await database
    .prepare(
      'SELECT outcome, prompt_tokens AS promptTokens, output_tokens AS outputTokens, charge, earn FROM receipts WHERE job_id = ? ORDER BY part',
    )
    .bind(job)
    .all<ReceiptRow>();
  return results;
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
    await expect.poll(() => isLedgerSound(this.#stack), POLL).toBe(true);
    this.#before = await this.#read();
  }

  /**
   * Waits until the books have moved by exactly this much since the last call; then no credit is held, the caller's object, its totals
   * and the book in D1 agree, and every event sums to zero.
   */
  async expectMoved(moved: Moved): Promise<void> {
    const before = this.#before;
    try {
      await expect.poll(async () => subtract(await this.#read(), before), POLL).toEqual(moved);
    } finally {
      this.#before = await this.#read();
    }
    await expect.poll(async () => (await readUsage(this.#stack, this.#caller)).held_micro, POLL).toBe(0);
    await expect.poll(() => isLedgerSound(this.#stack), POLL).toBe(true);
    const now = await this.#read();
    expect(subtract(now, before)).toEqual(moved);
    const usage = await readUsage(this.#stack, this.#caller);
    expect(usage.balance_micro).toBe(this.#granted + now.caller);
    expect(usage.totals.charged_micro).toBe(0 - now.caller);
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

export const POLL = { timeout: 15_000, interval: 50 };

function subtract(a: Moved, b: Moved): Moved {
  return { caller: a.caller - b.caller, owner: a.owner - b.owner, fees: a.fees - b.fees };
}
