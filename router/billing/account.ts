// The Durable Object of one account: decides and applies holds, charges and grants, each once, and hands them to the book in D1.
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { AlertSettings } from './account-alerts.ts';
import { AccountBook, type KeyUsage } from './account-book.ts';
import type { Gift, GiftAnswer, Grant } from './account-credit.ts';
import type { AccountDoors, AccountUsage } from './account-doors.ts';
import { AccountRepeats } from './account-repeats.ts';
import type { SentAlert } from './alert-history.ts';
import { AlertPost } from './alert-post.ts';
import type { HoldAnswer, HoldRequest, RepeatAsked, RepeatRefusal } from './hold-answer.ts';
import type { ObjectSide } from './compare-books.ts';
import { KeptObject, type StillOpen } from './kept-object.ts';
import { makeLog } from '../log.ts';
import { Outbox } from './outbox.ts';
import type { SponsoredSums } from './sponsored-credit.ts';
import { TransferPost } from './transfer-post.ts';
import type { Transfer, TransferAnswer } from './transfers.ts';

const log = makeLog('billing');

/** While the books stand still nothing new begins. */
const PAUSED = { ok: false, reason: 'paused' } as const;

/** What was handed over as it came is looked at once more after this long at the latest, in case the object died with it. */
const FALLBACK_MS = 600_000;

export class Account extends KeptObject {
  readonly #outbox: Outbox;
  readonly #book: AccountBook;
  readonly #repeats: AccountRepeats;
  readonly #bookMs: number;
  readonly #post: TransferPost;
  readonly #alertPost: AlertPost | null;
  #drainedAt = 0;

  constructor(ctx: DurableObjectState, env: object, doors: AccountDoors) {
    super(ctx, env);
    const { ledger, terms, crowd, bookMs, webhooks, rateWindowMs } = doors;
    const owner = { accountId: ctx.id.name };
    const handOver = (): Promise<void> => this.#book.handOver((flush) => ledger.applyFlush(flush));
    this.#bookMs = bookMs;
    this.#outbox = new Outbox(ctx.storage, (entries) => ledger.apply(entries), owner, handOver);
    const now = Date.now();
    this.#book = new AccountBook(ctx.storage, this.#outbox, {
      terms,
      crowd,
      now,
      ...owner,
      ...(rateWindowMs !== undefined && { rateWindowMs }),
      isPaused: (at) => this.pause.level(at) !== null,
    });
    this.#repeats = new AccountRepeats(ctx.storage.sql, { now, toldMs: terms.toldMs }, this.#book);
    this.#alertPost = webhooks ? new AlertPost({ ...webhooks, ...owner }) : null;
    const noteAnswer = (transfer: Transfer, answer: TransferAnswer): void =>
      this.#book.credit.noteAnswer(transfer, answer, Date.now());
    const { transfers } = this.#book.credit;
    this.#post = new TransferPost({ transfers, send: doors.sendTransfer, noteAnswer, owner });
    // Setting an alarm is a row written: one that is set already is known, and what only waits to be confirmed needs none.
    void ctx.blockConcurrencyWhile(async () => this.#outbox.recallAlarm(await ctx.storage.getAlarm()));
  }

  /** Sets credit aside for a job, at once and exactly: parallel holds never exceed the balance. Idempotent by job. */
  hold(request: HoldRequest): HoldAnswer {
    const now = Date.now();
    if (this.pause.level(now) !== null) return PAUSED;
    const answer = this.#holdOnce(request, now, () => this.#book.hold(request, now));
    this.#ring(now);
    return answer;
  }

  /** Holds for a call, and writes the key under which it came in the same transaction; one that has run under its key is told what it ran as. */
  #holdOnce({ repeat }: HoldRequest, now: number, hold: () => HoldAnswer): HoldAnswer {
    if (!repeat) return hold();
    this.#book.sweep(now);
    const refusal = this.#repeats.judge(repeat, now);
    if (refusal) return { ok: false, ...refusal };
    const answer = hold();
    if (answer.ok) this.#repeats.register(repeat, now);
    return answer;
  }

  /** As AccountBook does. */
  judge(requests: [HoldRequest, ...HoldRequest[]]): ReturnType<AccountBook['judge']> {
    return this.pause.level(Date.now()) === null ? this.#book.judge(requests, Date.now()) : PAUSED;
  }

  /** What a call under this key would be told now; null where it may run. */
  findRepeat(asked: RepeatAsked): RepeatRefusal | null {
    this.#sweep();
    return this.#repeats.judge(asked, Date.now());
  }

  /** The same for the jobs of one call: all of them are held, or none. */
  holdAll(requests: [HoldRequest, ...HoldRequest[]]): HoldAnswer {
    const now = Date.now();
    if (this.pause.level(now) !== null) return PAUSED;
    const answer = this.#holdOnce(requests[0], now, () => this.#holdEach(requests, now));
    this.#ring(now);
    return answer;
  }

  #holdEach([first, ...others]: [HoldRequest, ...HoldRequest[]], now: number): HoldAnswer {
    let answer = this.#book.hold(first, now);
    const held = [first.jobId];
    for (const request of answer.ok ? others : []) {
      const next = this.#book.hold(request, now, true);
      if (next.ok) {
        held.push(request.jobId);
        answer = next;
      } else {
        for (const jobId of held) this.#book.takeBack(jobId, now);
        return next;
      }
    }
    return answer;
  }

  /** The word of an edge or a hub that these jobs live: their holds last on. */
  renew(jobIds: string[]): void {
    const now = Date.now();
    this.#book.renew(jobIds, now);
    this.#repeats.renew(jobIds, now);
    this.#ring(now);
  }

  /**
   * The edge's word that a job ends without a further part. With `interrupted` = 0 nothing was delivered and its hold goes back. Else so
   * many parts delivered something: they are charged where the caller has its answer or left (`isCharged`), and otherwise free.
   */
  release(jobId: string, interrupted = 0, isCharged = false): void {
    const now = Date.now();
    this.#book.release(jobId, { interrupted, fate: isCharged ? 'charged' : 'free' }, now);
    this.#repeats.noteOver(jobId, isCharged && interrupted > 0 ? 'charged' : 'free');
    this.#ring(now);
  }

  /**
   * Takes one part as its hub settled it, in any order; `applied` is false when it had been taken before. A part that does not end
   * its job is kept, uncharged, until it is known how the job ended.
   */
  settle(settlement: SettlementJson): { applied: boolean } {
    return { applied: this.#move((now) => this.#book.settle(settlement, now)) };
  }

  /**
   * A hub's parts, in one transaction that writes one row; false for one that cannot be taken, which must not hold up the others. A batch with the
   * number of the hub's last one gets the first answer. A hub of before version 0.2 numbers none.
   */
  settleAll(batch: SettlementBatch | SettlementJson[]): boolean[] {
    const now = Date.now();
    this.pause.refuseClosed(now);
    const refused = ({ accountId, jobId, part }: SettlementJson, error: unknown): void =>
      log.error('settlement-not-taken', { accountId, jobId, part, error });
    const taken = Array.isArray(batch)
      ? this.#book.settleAll(batch, now, refused)
      : this.#book.settleBatch(batch, now, refused);
    this.#ring(now);
    return taken;
  }

  /** Adds `amount` units once by `eventId`; `balance` is the balance after it. `isTooMuch`: it would be above MAX_BALANCE, and stays. */
  grant(grant: Grant): { balance: number; applied: boolean; isTooMuch?: true } {
    this.#refusePaused();
    const applied = this.#run((now) => this.#book.grant(grant, now));
    const { balance } = this.#book;
    return applied === null ? { balance, applied: false, isTooMuch: true } : { balance, applied };
  }

  /** From now on the account may give credit to others, or may not. */
  setSponsor(isSponsor: boolean): void {
    this.#book.credit.setSponsor(isSponsor, Date.now());
  }

  /** Gives credit to another account, once by `eventId`; `balance` is what is left. */
  give(gift: Gift): GiftAnswer & { readonly balance: number } {
    this.#refusePaused();
    this.#sweep();
    return this.#run((now) => ({ ...this.#book.credit.give(gift, now), balance: this.#book.balance }));
  }

  /** Takes what another object has sent, once by its id; the first answer stands. */
  receive(transfer: Transfer): TransferAnswer {
    return this.#move((now) => this.#book.credit.receive(transfer, now));
  }

  /** What this account gave as a sponsor, by receiver; and what a page of its receivers begins after. */
  gifts(afterId: string, limit: number): { readonly isSponsor: boolean; readonly gifts: readonly SponsoredSums[] } {
    const { credit } = this.#book;
    return { isSponsor: credit.isSponsor, gifts: credit.listGifts(afterId, limit) };
  }

  /** What is left here of a sponsor's credit, and what is on its way back, units. */
  leftOf(sponsor: string): { readonly left: number; readonly returning: number } {
    this.#sweep();
    return this.#book.credit.leftOf(sponsor);
  }

  /** Takes bought credit back once, as far as it is there. */
  takeBack(back: Parameters<AccountBook['returns']['takeBack']>[0]): ReturnType<AccountBook['returns']['takeBack']> {
    return this.#move((now) => this.#book.returns.takeBack(back, now));
  }

  /** Gives again what was taken back from this source, once. */
  restore(back: Parameters<AccountBook['returns']['restore']>[0]): { restored: number } {
    return { restored: this.#move((now) => this.#book.returns.restore(back, now)) };
  }

  /** Ends an account that was opened for one payment, when its jobs are booked: what is left goes back. */
  closePayment(closing: Parameters<AccountBook['closePayment']>[0]): { isOpen: boolean; charged: number } {
    return this.#move((now) => this.#book.closePayment(closing, now));
  }

  /** The payment never came: the operator bears what was charged, once. */
  writeOff(loss: Parameters<AccountBook['returns']['writeOff']>[0]): void {
    this.#move((now) => this.#book.returns.writeOff(loss, now));
  }

  /** Drops all of an account that one payment opened, long after the book has it; false where the book does not. */
  async forgetPayment(): Promise<boolean> {
    if (!this.#book.isDisabled || this.#book.balance !== 0 || this.booked().waiting > 0) return false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    return true;
  }

  /** Refuses every later hold for this key. */
  revokeKey(keyId: string): void {
    this.#book.bars.revokeKey(keyId);
  }

  revokeKeys(keyIds: string[]): void {
    for (const keyId of keyIds) this.#book.bars.revokeKey(keyId);
  }

  /** Refuses every later hold by what these keys might do before `at`, ms since epoch: their edges read anew what they may. */
  changeKeys(keyIds: string[], at: number): void {
    for (const keyId of keyIds) this.#book.bars.changeKey(keyId, at);
  }

  /** Limits a key from now on, at once and exactly; null for nothing. */
  setKeyLimits(keyId: string, limits: KeyLimits | null): void {
    this.#book.setKeyLimits(keyId, limits, Date.now());
  }

  /** What a key has used, and what is left to it. */
  keyUsage(keyId: string): KeyUsage {
    return this.#run((now) => this.#book.keyUsage(keyId, now));
  }

  /** What is told from now on, and where; null ends it. `secret`: a new one; false where none is known and none is given. */
  changeAlerts(settings: AlertSettings | null, secret: string | null): boolean {
    return this.#run((now) => this.#book.changeAlerts(settings, secret, now));
  }

  /** Sends a test event there; gives its id, null where nothing is told. */
  testAlerts(): string | null {
    return this.#run((now) => this.#book.testAlerts(now));
  }

  /** What is told, where; how many alerts are on their way; and what became of those that were sent in the last 30 days. */
  alerts(): { settings: AlertSettings | null; waiting: number; sent: SentAlert[] } {
    const { settings, waiting, history } = this.#book.alerts;
    return { settings, waiting, sent: history.list(Date.now()) };
  }

  /** Refuses every later hold for a job in this pool, whatever an edge still believes of the account. */
  leavePool(poolId: string): void {
    this.#book.bars.leavePool(poolId);
  }

  joinPool(poolId: string): void {
    this.#book.bars.joinPool(poolId);
  }

  /** Refuses every later hold. Running jobs still settle. */
  disable(): void {
    this.#book.disable(Date.now());
  }

  /** What was closed here for good, to be compared with the books. */
  closed(): { revokedKeys: string[]; isDisabled: boolean } {
    return { revokedKeys: this.#book.bars.revokedKeys, isDisabled: this.#book.isDisabled };
  }

  usage(): AccountUsage {
    this.#sweep();
    const { balance, held, totals, credit } = this.#book;
    return { balance, held, totals, kinds: credit.kinds, ending: credit.ending };
  }

  /**
   * A job's settlements that D1 does not have yet; those whose charge is not decided, because the job has not ended; and whether one
   * may still come, because the job holds credit or its parts wait. `flushes`: where the book keeps what it has, for as long as nobody else knows.
   */
  receipts(jobId: string): {
    settlements: SettlementJson[];
    waiting: SettlementJson[];
    pending: boolean;
    flushes: number[];
  } {
    this.#sweep();
    const alone = this.#outbox.findWaiting(jobId).flatMap(({ settlement }) => settlement ?? []);
    const { settlements, flushes } = this.#book.findDecided(jobId);
    const [waiting, pending] = [this.#book.findWaiting(jobId), this.#book.isOpen(jobId)];
    return { settlements: [...settlements, ...alone], waiting, pending, flushes };
  }

  /** The flushes that parts of a job are in. */
  flushesOf(jobId: string): number[] {
    return this.#book.findDecided(jobId).flushes;
  }

  /** What the book in D1 must show for this account: the balance less what is still on its way there. */
  booked(): ObjectSide {
    const { events, own } = this.#outbox.waiting();
    const { parts, charge } = this.#book.unbooked;
    // A life before this one may have handed it over and heard no answer.
    if (parts > 0 && this.#outbox.alarmAt > Date.now() + this.#bookMs) this.#startDrain(Date.now());
    const { unpayable } = this.#outbox;
    return { booked: this.#book.balance - own + charge, waiting: events + parts, unpayable };
  }

  protected override stillOpen(): StillOpen {
    this.#sweep();
    const { waiting, unpayable } = this.booked();
    return { jobs: this.#book.openJobs, entries: waiting - unpayable + this.#book.credit.transfers.count };
  }

  override async alarm(): Promise<void> {
    this.#outbox.noteAlarm();
    const now = Date.now();
    this.#book.sweep(now);
    await Promise.all([this.#drain(now), this.#post.run()]);
    this.#ring(Date.now());
    // Money goes first, and waits for nobody who is slow to take an alert.
    this.ctx.waitUntil(this.#sendAlerts());
  }

  async #sendAlerts(): Promise<void> {
    await this.#alertPost?.send(() => this.#book.alerts);
    this.#ring(Date.now());
  }

  #sweep(): void {
    const now = Date.now();
    this.#book.sweep(now);
    this.#ring(now);
  }

  /** Runs what a call does, and asks for what has to follow. */
  #run<T>(work: (now: number) => T): T {
    const now = Date.now();
    const made = work(now);
    this.#ring(now);
    return made;
  }

  /** The same for what moves credit: throws while nothing may move, and whoever asks comes again. */
  #move<T>(work: (now: number) => T): T {
    this.pause.refuseClosed(Date.now());
    this.#book.sweep(Date.now());
    return this.#run(work);
  }

  #refusePaused(): void {
    if (this.pause.level(Date.now()) !== null) throw new Error('the books stand still while they are copied');
  }

  /** Every call may have booked what had lapsed, beside what it was made for. */
  #ring(now: number): void {
    this.#book.credit.expire(now);
    if (this.#outbox.hasNew) this.#outbox.ring(now);
    if (this.#book.unbooked.parts > 0) this.#ringForParts(now);
    const at = this.#book.nextBookingAt;
    if (at !== null) this.#outbox.ringBy(at);
    const alertAt = this.#alertPost ? this.#book.alerts.nextAt : null;
    for (const due of [this.#book.credit.nextExpiryAt(now), this.#post.nextAt(now), alertAt])
      if (due !== null) this.#outbox.ensureAlarm(Math.max(due, now));
  }

  /** What comes alone is handed over at once, and an alarm set that sees to it if that fails; what comes in numbers waits for its like. */
  #ringForParts(now: number): void {
    if (this.#outbox.isFailing) return this.#outbox.ensureAlarm(now + FALLBACK_MS);
    const dueAt = this.#drainedAt + this.#bookMs;
    if (now < dueAt || this.#outbox.isDraining || this.#outbox.alarmAt <= now + this.#bookMs)
      return this.#outbox.ensureAlarm(Math.max(dueAt, now));
    this.#outbox.ensureAlarm(now + FALLBACK_MS);
    this.#startDrain(now);
  }

  #startDrain(now: number): void {
    // It rejects nothing: what the book did not take is tried again by an alarm.
    this.ctx.waitUntil(this.#drain(now));
  }

  async #drain(now: number): Promise<void> {
    this.#drainedAt = now;
    await this.#outbox.drain();
    this.#ring(Date.now());
  }
}
