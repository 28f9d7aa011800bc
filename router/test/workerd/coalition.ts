// Callers, homes and owners who play into each other's hands, against the router's real accounts and its real book: jobs are run as an edge and its
// hubs run them, and everything that they leave to be delivered comes when, as often and in whatever order a test says.
import { vi } from 'vitest';
import type { CreditKind } from '../../../schema/credit.ts';
import { priceJob } from '../../billing/price-job.ts';
import type { JobOffer } from '../../../schema/offer.ts';
import { JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../../schema/receipt.ts';
import { PLACEHOLDER_DOMAIN } from '../../../schema/typed-data.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { TIMINGS } from '../../../schema/timings.ts';
import { Account } from '../../billing/account.ts';
import { decideCharge } from '../../billing/decide-charge.ts';
import { CROWD_LIMITS } from '../../billing/decide-crowd.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { ALL_BALANCES } from '../../billing/ledger-sql.ts';
import type { Transfer, TransferAnswer } from '../../billing/transfers.ts';
import { unpackSettlements } from '../../billing/pack-settlement.ts';
import { fromHex } from '../../../schema/bytes.ts';
import type { Ledger } from '../../billing/ledger.ts';
import { NodeAccount } from '../../billing/node-account.ts';
import { closeSettlement } from '../../hub/make-ticket.ts';
import {
  claimOf,
  draftOf,
  fakeAddress,
  fromAddress,
  judgeEnd,
  makeOffer,
  makeTicketOf,
  MAX_ATTEMPTS,
  parseTicket,
  PRICE,
  ROUTER,
  signer,
} from './coalition-plans.ts';
import type { Home, JobPlan, PartPlan } from './coalition-plans.ts';
import { newId } from './make-settlement.ts';
import { FakeStorage, makeState } from './sqlite-objects.ts';
import type { FakeD1 } from './sqlite-objects.ts';

export type Step =
  | { readonly kind: 'deliver' | 'half' | 'offer' | 'alarm' | 'evict' | 'credit'; readonly at: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'd1'; readonly lost: number; readonly unheard: number };

const HOMES = 4;

/** An object over storage that outlives it. */
interface Kept<T> {
  readonly storage: FakeStorage;
  live: T;
  readonly open: () => T;
}

type Delivery = (isWhole: boolean) => Promise<void>;

export class Coalition {
  readonly ledger: Ledger;
  readonly #d1: FakeD1;
  readonly homes: readonly Home[];
  readonly callers: readonly string[];
  readonly #accounts = new Map<string, Kept<Account>>();
  readonly #nodes = new Map<string, Kept<NodeAccount>>();
  readonly #deliveries: Delivery[] = [];
  readonly #offers: (() => Promise<void>)[] = [];
  #now = 1_800_000_000_000;

  readonly #leaseMs: number;
  readonly #paid = new Map<string, number>();
  readonly #read = new Set<string>();
  /** What was turned into credit, by home. */
  readonly #spent = new Map<string, number>();

  /** `leaseMs`: how long a hold lasts of whose job nobody tells that it lives. */
  constructor(d1: FakeD1, leaseMs: number) {
    this.#d1 = d1;
    this.#leaseMs = leaseMs;
    this.ledger = makeLedger(d1.door);
    const owners = [newId('acct'), newId('acct')];
    this.callers = [newId('acct'), newId('acct')];
    this.homes = Array.from({ length: HOMES }, (_, i) => {
      const address = fakeAddress(`${owners[i % 2] ?? ''}${i}`);
      return { id: `node_${address.slice(2)}`, address, owner: owners[i % 2] ?? '', seq: 0n };
    });
    vi.setSystemTime(this.#now);
  }

  /** Answers that will not be heard. */
  #transfersLost = 0;
  readonly #sendTransfer = async (transfer: Transfer): Promise<TransferAnswer> => {
    const answer = this.account(transfer.to).receive(transfer);
    if (this.#transfersLost > 0 && this.#transfersLost-- > 0) throw new Error('the answer was lost');
    return answer;
  };

  account(accountId: string): Account {
    const doors = {
      ledger: this.ledger,
      terms: { leaseMs: this.#leaseMs, graceMs: 1000, toldMs: this.#leaseMs },
      crowd: CROWD_LIMITS,
      bookMs: 250,
      sendTransfer: this.#sendTransfer,
    };
    return this.#open(this.#accounts, accountId, (ctx) => new Account(ctx, {}, doors));
  }

  node(nodeId: string): NodeAccount {
    const keys = { routerKey: fromAddress(ROUTER), routers: [ROUTER] };
    const router = { signer, domain: PLACEHOLDER_DOMAIN, ...keys, traceWaitMs: TIMINGS.traceWaitMs };
    const findFlushes = async (accountId: string, jobId: string): Promise<number[]> =>
      this.account(accountId).flushesOf(jobId);
    const doors = {
      ...router,
      ledger: this.ledger,
      findFlushes,
      sendTransfer: this.#sendTransfer,
      readStanding: async () => null,
      epochSeconds: 86_400,
      hasChain: false,
      holdsOther: async () => false,
    };
    return this.#open(this.#nodes, nodeId, (ctx) => new NodeAccount(ctx, {}, doors));
  }

  grant(caller: number, amount: number, kind: CreditKind = 'granted'): void {
    const accountId = this.#caller(caller);
    this.account(accountId).grant({ eventId: newId('job'), accountId, amount, memo: null, kind });
  }

  /** Runs a job as far as its callers and homes let it: what its hubs settle and its edge tells waits to be delivered. */
  run(plan: JobPlan): void {
    const accountId = this.#caller(plan.caller);
    const jobId = newId('job');
    const amount = priceJob({ price: PRICE, promptTokens: plan.promptTokens, maxOutputTokens: plan.maxTokens });
    const hold = { jobId, keyId: 'key_1', amount, expiresAt: this.#now + 3_900_000 };
    if (!this.account(accountId).hold(hold).ok) return;
    let sent = 0;
    let settled = 0;
    let attempts = 0;
    for (const [number, part] of plan.parts.entries()) {
      const tokens = Math.min(part.tokens, plan.maxTokens - sent);
      const offer = makeOffer(plan, { jobId, accountId, part: number, attempts, sent, settled });
      const outcome = this.#runPart(offer, { ...part, tokens });
      attempts += 1;
      if (outcome === 'ended') return;
      sent += tokens;
      if (outcome === 'interrupted') settled += 1;
      if (outcome === 'failed' || plan.isResumeOff || attempts === MAX_ATTEMPTS) break;
    }
    const [interrupted, isCharged] = [settled, plan.leavesBetween];
    this.#deliveries.push(async () => this.account(accountId).release(jobId, interrupted, isCharged));
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'deliver':
      case 'half':
        return pick(this.#deliveries, step.at)?.(step.kind === 'deliver').catch(() => undefined);
      case 'offer':
        return pick(this.#offers, step.at)?.();
      case 'alarm':
        return pick(this.#kept(), step.at)?.live.alarm();
      case 'evict': {
        const kept = pick(this.#kept(), step.at);
        if (kept) kept.live = kept.open();
        return undefined;
      }
      case 'credit':
        return this.#turnIntoCredit(pick(this.homes, step.at));
      case 'pass':
        this.#pass(step.ms);
        return undefined;
      case 'd1':
        this.#transfersLost = step.unheard;
        this.#d1.lost = step.lost;
        this.#d1.unheard = step.unheard;
        return undefined;
    }
  }

  /** An owner turns into credit what one home has earned, and half as much again, which must be refused. */
  async #turnIntoCredit(home: Home | undefined): Promise<void> {
    if (!home) return;
    const node = this.node(home.id);
    const { available, lastNumber, spent } = await node.spendable();
    const order = { number: lastNumber + 1, expiresAt: this.#now + 1000, accountId: home.owner };
    const greedy = await node.spend({ ...order, amount: Math.ceil(available * 1.5) + 1 });
    if (greedy.ok) throw new Error('more was turned into credit than was earned');
    if (available === 0) return;
    await node.spend({ ...order, amount: available });
    this.#spent.set(home.id, spent + available);
  }

  /** Everything is delivered, offered and booked that can be. */
  async settle(): Promise<void> {
    this.#d1.lost = this.#d1.unheard = this.#transfersLost = 0;
    for (let round = 0; round < 4; round++) {
      for (const deliver of this.#deliveries) await deliver(true);
      for (const offer of this.#offers) await offer();
      for (let i = 0; i < 3; i++) {
        for (const { live } of this.#kept()) await live.alarm();
        this.#pass(120_000);
      }
      this.#pass(4_000_000);
    }
  }

  /** What must hold at every moment; says what does not. */
  faults(): string[] {
    const faults: string[] = [];
    const own = [...this.callers, ...this.homes.map(({ owner }) => `owner:${owner}`), 'fees'];
    const query = `SELECT book, amount FROM (${ALL_BALANCES}) WHERE book IN (SELECT value FROM json_each(?))`;
    const books = this.#d1.read<{ book: string; amount: number }>(query, JSON.stringify(own));
    const amounts = new Map(books.map(({ book, amount }) => [book, amount]));
    if ((amounts.get('fees') ?? 0) < 0) faults.push('the fees are below zero');
    for (const [book, amount] of amounts)
      if ((book.startsWith('acct_') || book.startsWith('owner:')) && amount < 0) faults.push(`${book} is overdrawn`);
    for (const owner of new Set(this.homes.map((home) => home.owner))) {
      const paid = this.#paidFor(owner);
      const earned = amounts.get(`owner:${owner}`) ?? 0;
      const spent = this.homes.reduce(
        (sum, home) => sum + (home.owner === owner ? (this.#spent.get(home.id) ?? 0) : 0),
        0,
      );
      if (earned > paid) faults.push(`${owner} earned ${earned} of ${paid}`);
      if (spent > paid) faults.push(`${owner} turned ${spent} of ${paid} into credit`);
    }
    for (const accountId of this.#accounts.keys()) {
      const { balance, held } = this.account(accountId).usage();
      if (balance < held || held < 0) faults.push(`${accountId} has ${balance} and holds ${held}`);
    }
    return faults;
  }

  /**
   * What must hold when everything has arrived. A charge is lowered after its home was told of its pay only where a hold has lapsed or an edge has
   * left a part (`mayLower`): only then may an entry wait for fees.
   */
  async lastFaults(mayLower: boolean): Promise<string[]> {
    const faults = this.faults();
    let unpayable = 0;
    for (const accountId of this.#accounts.keys()) {
      const { booked, waiting, unpayable: kept } = this.account(accountId).booked();
      unpayable += kept;
      if (waiting !== kept) faults.push(`${waiting} entries of ${accountId} wait`);
      if (booked !== (await this.ledger.creditOf(accountId))) faults.push(`${accountId} and its book differ`);
      if (this.account(accountId).usage().held !== 0) faults.push(`${accountId} still holds credit`);
    }
    for (const nodeId of this.#nodes.keys()) {
      const { waiting, unpayable: kept } = this.node(nodeId).booked();
      unpayable += kept;
      if (waiting !== kept) faults.push(`${waiting} entries of ${nodeId} wait`);
    }
    for (const owner of new Set(this.homes.map((home) => home.owner))) {
      const homes = this.homes.filter((home) => home.owner === owner);
      const accepted = homes.reduce((sum, { id }) => sum + this.node(id).totals().cumulativeAmount, 0);
      const earned = await this.ledger.balanceOf(`owner:${owner}`);
      const spent = homes.reduce((sum, { id }) => sum + (this.#spent.get(id) ?? 0), 0);
      if (unpayable === 0 && earned + spent !== accepted)
        faults.push(`${owner} has ${earned} and spent ${spent}, was told ${accepted}`);
      if (earned + spent > accepted) faults.push(`${owner} has more than it was told`);
    }
    if ((await this.ledger.balanceOf('transit')) !== 0) faults.push('something is still on its way');
    if (unpayable > 0 && !mayLower) faults.push(`${unpayable} entries wait for fees`);
    return faults;
  }

  /** What callers paid for the work of an owner's homes, by the receipts in the book: where they belong together, from bought credit only. */
  #paidFor(owner: string): number {
    const query = `SELECT lower(hex(packed)) AS packed FROM flushes WHERE account_id IN (?, ?)
      UNION ALL SELECT lower(hex(packed)) FROM part_receipts WHERE booked = 1`;
    for (const { packed } of this.#d1.read<{ packed: string }>(query, ...this.callers)) {
      if (this.#read.has(packed)) continue;
      this.#read.add(packed);
      for (const { ownerAccountId, charge, paidFrom, related } of unpackSettlements(fromHex(`0x${packed}`))) {
        const paid = related ? (paidFrom?.bought ?? 0) : charge;
        this.#paid.set(ownerAccountId, (this.#paid.get(ownerAccountId) ?? 0) + paid);
      }
    }
    return this.#paid.get(owner) ?? 0;
  }

  #runPart(offer: JobOffer, plan: PartPlan): 'ended' | 'interrupted' | 'failed' | 'nothing' {
    const home = this.homes[plan.home % HOMES];
    if (!home) throw new Error('no such home');
    const ticket = makeTicketOf(offer, home, this.#now);
    const { outcome, result } = judgeEnd(offer, plan);
    const promptTokens = offer.promptBound;
    const counts = { promptTokens, outputTokens: plan.tokens };
    const isLost = plan.end === 'reset';
    const resumedTokens = offer.resume?.count;
    const { chargePrompt } = offer;
    const decided = decideCharge({ outcome, counts, price: PRICE, chargePrompt, resumedTokens });
    const lost = { promptTokens: 0, outputTokens: 0, charge: 0, earn: 0, ttftMs: null };
    const settlement = closeSettlement(
      {
        ...draftOf(offer, home, ticket),
        ...(plan.isRelated && { related: 'wallet' as const }),
        outcome,
        ...counts,
        ...decided,
        ttftMs: outcome === 'failed-before-token' ? null : 100,
        ...(resumedTokens !== undefined && { resumedTokens }),
        ...(isLost && { ...lost, lostAtMost: { promptTokens, outputTokens: plan.notedTokens } }),
        endedAt: this.#now,
      },
      offer,
    );
    this.#sign(settlement, home, plan);
    this.#pass(1000);
    return result;
  }

  /** What a home signs for its part, and the deliveries that follow. */
  #sign(settlement: SettlementJson, home: Home, { claim, inTime }: PartPlan): void {
    const ticket = parseTicket(settlement);
    const receipt = claim === 'none' ? null : claimOf(settlement, ticket, claim, home);
    const signature = receipt && signer.sign(USAGE_RECEIPT, receipt, fromAddress(home.address));
    const isSigned = inTime && receipt !== null;
    const sent: SettlementJson = {
      ...settlement,
      receipt: isSigned ? toMessageJson(receipt) : null,
      receiptSignature: isSigned ? signature : null,
    };
    this.#deliveries.push(async (isWhole) => {
      const accepted = this.node(home.id).accept(sent);
      // What failed before its first token concerns no caller.
      if (isWhole && sent.outcome !== 'failed-before-token') this.account(sent.accountId).settle(accepted);
    });
    if (!receipt || !signature) return;
    const late = { ticket, ticketSignature: signer.sign(JOB_TICKET, ticket, fromAddress(ROUTER)), receipt, signature };
    this.#offers.push(async () => void (await this.node(home.id).acceptLate(late)));
    const other = { ...late, receipt: { ...receipt, seq: receipt.seq + 1_000_000n, amount: receipt.amount * 2n } };
    const again = { ...other, signature: signer.sign(USAGE_RECEIPT, other.receipt, fromAddress(home.address)) };
    if (claim === 'most') this.#offers.push(async () => void (await this.node(home.id).acceptLate(again)));
  }

  #caller(index: number): string {
    return this.callers[index % this.callers.length] ?? '';
  }

  #pass(ms: number): void {
    this.#now += ms;
    vi.setSystemTime(this.#now);
  }

  #kept(): Kept<Account | NodeAccount>[] {
    return [...this.#accounts.values(), ...this.#nodes.values()];
  }

  #open<T>(objects: Map<string, Kept<T>>, name: string, make: (ctx: DurableObjectState) => T): T {
    const known = objects.get(name);
    if (known) return known.live;
    const storage = new FakeStorage();
    const open = (): T => make(makeState(name, storage));
    const kept = { storage, live: open(), open };
    objects.set(name, kept);
    return kept.live;
  }
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % Math.max(1, list.length)];
}
