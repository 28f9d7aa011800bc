// The Durable Object of one x402 payment: it opens an account for it, waits until its call is booked, and settles what that came to, once.
import { DurableObject } from 'cloudflare:workers';
import type { Grant } from '../billing/account-credit.ts';
import { makeLog } from '../log.ts';
import type { Chain } from './chain.ts';
import { decidePayment, noteChain, noteClosed, noteSending, noteSettled } from './decide-payment.ts';
import type { PaymentState, PaymentStep, PaymentTimes } from './decide-payment.ts';
import type { Facilitator } from './facilitator.ts';
import type { PaymentTable } from './payment-table.ts';

const log = makeLog('payments');

const KEY = 'payment';
/** What a store that is away makes wait, ms. */
const STORE_RETRY_MS = 5000;
/** Steps of one look at most: each ends in a wait long before. */
const MOST_STEPS = 50;

/** The account that a payment opens. */
export interface PaidAccount {
  grant(grant: Grant): Promise<{ applied: boolean }>;
  closePayment(closing: {
    accountId: string;
    jobs: number;
    isPatient: boolean;
  }): Promise<{ isOpen: boolean; charged: number }>;
  writeOff(loss: { accountId: string; amount: number; reason: string }): Promise<void>;
  forgetPayment(): Promise<boolean>;
}

export interface PaymentDoors {
  readonly facilitator: Pick<Facilitator, 'settle'>;
  readonly chain: Chain;
  readonly table: Pick<PaymentTable, 'open' | 'put'>;
  /** Units that all payments together may owe. */
  readonly mostOwed: number;
  readonly account: (accountId: string) => PaidAccount;
  readonly times: PaymentTimes;
}

/** What a payment's caller is told of it. */
export interface PaymentFacts {
  readonly id: string;
  readonly scheme: string;
  readonly network: string;
  readonly payer: string;
  readonly state: PaymentState['phase'];
  readonly authorised: number;
  readonly charge: number | null;
  readonly transaction: string | null;
  readonly reason: string | null;
}

export type NewPayment = Pick<
  PaymentState,
  | 'id'
  | 'scheme'
  | 'network'
  | 'payer'
  | 'nonce'
  | 'authorised'
  | 'deadlineMs'
  | 'sent'
  | 'requirements'
  | 'jobs'
  | 'bodyHash'
>;

export class Payment extends DurableObject<object> {
  readonly #doors: PaymentDoors | null;
  #state: PaymentState | null = null;
  #running: Promise<void> | null = null;

  /** Null for a router that takes no payments any more: what was begun waits. */
  constructor(ctx: DurableObjectState, env: object, doors: PaymentDoors | null) {
    super(ctx, env);
    this.#doors = doors;
    void ctx.blockConcurrencyWhile(async () => {
      this.#state = (await ctx.storage.get<PaymentState>(KEY)) ?? null;
    });
  }

  /**
   * Begins a payment that has been verified, once: opens its account with all that it allows. `known`: its call has run, or runs. `away`: a store cannot
   * be reached; the payment is used up then, and nothing is sent for it. `owed`: too much is owed already, and nothing has begun.
   */
  async begin(payment: NewPayment): Promise<'begun' | 'known' | 'away' | 'owed'> {
    if (!this.#doors) return 'away';
    if (this.#state) return 'known';
    const now = Date.now();
    const { account, table, times, mostOwed } = this.#doors;
    await this.#save({
      ...payment,
      beganAt: now,
      endedAt: null,
      isPatient: true,
      phase: 'running',
      charge: null,
      tries: 0,
      nextAt: now + times.lookMs,
      transaction: null,
      reason: null,
      voidSince: null,
      doneAt: null,
      told: null,
    });
    try {
      // Before anything is owed: so what is owed at once is bounded by what the book knows.
      if (!(await table.open(this.#known, mostOwed))) {
        await this.#drop();
        return 'owed';
      }
      await this.#save({ ...this.#known, told: 'running' });
      await account(payment.id).grant({
        eventId: `x402:${payment.id}`,
        accountId: payment.id,
        amount: payment.authorised,
        memo: `x402 ${payment.scheme} ${payment.network}`,
        kind: 'bought',
        from: 'x402',
        isFixedPrice: payment.scheme === 'exact',
      });
    } catch (error) {
      log.warn('payment-not-begun', { accountId: payment.id, error });
      await this.end(true);
      return 'away';
    }
    return 'begun';
  }

  /** Whether it is known, and, to who sends the very body again, as what. */
  find(bodyHash: string): { readonly facts: PaymentFacts; readonly jobs: readonly string[] } | 'known' | null {
    if (!this.#state) return null;
    return this.#state.bodyHash === bodyHash ? { facts: toFacts(this.#state), jobs: this.#state.jobs } : 'known';
  }

  /** To who knows one of its jobs. */
  tell(jobId: string): PaymentFacts | null {
    return this.#state?.jobs.includes(jobId) ? toFacts(this.#state) : null;
  }

  /** The answer is over, or was never begun: what it came to is settled as soon as it is booked. `isNothing`: nothing of it is ever booked. */
  async end(isNothing = false): Promise<void> {
    if (!this.#state || this.#state.endedAt !== null) return;
    const now = Date.now();
    await this.#save({
      ...this.#state,
      endedAt: now,
      isPatient: !isNothing,
      nextAt: this.#state.phase === 'running' ? now : this.#state.nextAt,
    });
  }

  /** The same, and waits so long for the settlement at most, ms. */
  async settle(waitMs: number): Promise<PaymentFacts | null> {
    await this.end();
    const until = Date.now() + waitMs;
    for (;;) {
      // What is under way then goes on, and so does the alarm with it: nobody's answer waits for a facilitator that is slow.
      await Promise.race([this.#advance(), sleep(until - Date.now())]);
      if (!this.#state || this.#state.doneAt !== null || Date.now() >= until) break;
      const pauseMs = Math.max(20, this.#state.nextAt - Date.now());
      if (Date.now() + pauseMs > until) break;
      await sleep(pauseMs);
    }
    return this.#state && toFacts(this.#state);
  }

  override async alarm(): Promise<void> {
    await this.#advance();
  }

  get #known(): PaymentState {
    if (!this.#state) throw new Error('a payment that was never begun');
    return this.#state;
  }

  /** One look at a time: what was sent is waited for. */
  #advance(): Promise<void> {
    this.#running ??= this.#run().finally(() => void (this.#running = null));
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let steps = 0; this.#state && this.#doors && steps < MOST_STEPS; steps++) {
      const step = decidePayment(this.#state, Date.now());
      if (step.do === 'wait') return this.ctx.storage.setAlarm(step.until);
      try {
        await this.#take(step, this.#doors);
      } catch (error) {
        log.warn('payment-waits', { accountId: this.#state.id, reason: step.do, error });
        await this.#save({ ...this.#state, nextAt: Date.now() + STORE_RETRY_MS });
      }
    }
  }

  async #take(step: Exclude<PaymentStep, { do: 'wait' }>, doors: PaymentDoors): Promise<void> {
    const state = this.#known;
    const { id, phase, jobs } = state;
    const account = doors.account(id);
    const at = (): { now: number; times: PaymentTimes } => ({ now: Date.now(), times: doors.times });
    switch (step.do) {
      case 'close': {
        const closed = await account.closePayment({ accountId: id, jobs: jobs.length, isPatient: step.isPatient });
        return this.#save(noteClosed(this.#known, closed, at()));
      }
      case 'send':
        return this.#send(doors);
      case 'ask-chain': {
        const { scheme, payer, nonce, charge } = state;
        const found = await doors.chain.find({ scheme, payer, nonce, amount: charge ?? 0 });
        const noted = noteChain(this.#known, found, at());
        await this.#save(noted.state);
        return noted.isDue ? this.#send(doors) : undefined;
      }
      case 'tell':
        if (phase === 'lost') {
          log.error('payment-lost', { accountId: id, count: state.charge ?? 0, reason: state.reason });
          await account.writeOff({ accountId: id, amount: state.charge ?? 0, reason: state.reason ?? 'unknown' });
        }
        await doors.table.put(state);
        return this.#save({ ...this.#known, told: phase });
      case 'forget':
        if (!(await account.forgetPayment())) throw new Error('its account is not all in the book');
        return this.#drop();
    }
  }

  async #drop(): Promise<void> {
    this.#state = null;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** What is sent is on disk before, and so is when it is looked after should nobody hear the answer. */
  async #send({ facilitator, times }: PaymentDoors): Promise<void> {
    await this.#save(noteSending(this.#known, { now: Date.now(), times }));
    await this.ctx.storage.sync();
    const { sent, requirements, charge, id } = this.#known;
    const settled = await facilitator.settle(sent, { ...requirements, amount: String(charge ?? 0) });
    if (settled.kind === 'refused') log.warn('settlement-refused', { accountId: id, reason: settled.reason });
    await this.#save(noteSettled(this.#known, settled, { now: Date.now(), times }));
  }

  async #save(state: PaymentState): Promise<void> {
    this.#state = state;
    await Promise.all([
      this.ctx.storage.put(KEY, state),
      this.ctx.storage.setAlarm(Math.max(state.nextAt, Date.now())),
    ]);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function toFacts(state: PaymentState): PaymentFacts {
  const { id, scheme, network, payer, phase, authorised, charge, transaction, reason } = state;
  return { id, scheme, network, payer, state: phase, authorised, charge, transaction, reason };
}
