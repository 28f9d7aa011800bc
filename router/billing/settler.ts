// The Durable Object that closes epochs: there is one for the network. The platform's clock calls it, and its own alarm goes on where there is more to do.
// Where there is a chain it brings the roots there, and reads what happens there.
import type { Hex } from '../../schema/bytes.ts';
import type { ClaimSponsor, ClaimTold } from '../chain/claim-sponsor.ts';
import { makeLog } from '../log.ts';
import { ToldClaims } from '../chain/told-claims.ts';
import { WatchLog } from '../chain/watch-log.ts';
import { PostLog } from '../chain/post-log.ts';
import type { ToldPost } from '../chain/post-log.ts';
import { EpochClosing } from './epoch-closing.ts';
import type { ClosingDoors, TickResult, ToldLeaf } from './epoch-closing.ts';
import { KeptObject } from './kept-object.ts';
import type { StillOpen } from './kept-object.ts';
import type { RuleSchedule } from './plan-rules.ts';
import type { PayBonuses } from './newcomer-bonus.ts';
import { bonusAt } from './plan-rules.ts';
import { RuleBook } from './rule-book.ts';
import type { RulesDoor } from './rule-book.ts';
import { takeChainSteps } from './settler-chain.ts';
import type { ChainSteps, KeptPlace } from './settler-chain.ts';
import { SettlerStore } from './settler-store.ts';

/** A step that could not be done is tried again after this long, ms. */
const RETRY_MS = 30_000;
/** Somebody has asked for something: it is looked at after so long, ms. */
const SOON_MS = 100;

const log = makeLog('billing');

export interface SettlerDoors extends Omit<ClosingDoors, 'payBonuses'> {
  /** Null where there is no chain. */
  readonly readRules: RulesDoor;
  /** Null where there is no chain. */
  readonly payBonuses: PayBonuses | null;
  /** Opened once a life of the object. */
  readonly openChain: (place: KeptPlace) => ChainSteps;
  /** Null where it pays for nobody's claims. */
  readonly openSponsor: (place: KeptPlace) => ClaimSponsor | null;
}

export class Settler extends KeptObject {
  readonly #closing: EpochClosing;
  readonly #chain: ChainSteps;
  readonly #posts: PostLog;
  readonly #claims: ToldClaims | null;
  readonly #rules: RuleBook;
  readonly #doors: SettlerDoors;

  constructor(ctx: DurableObjectState, env: object, doors: SettlerDoors) {
    super(ctx, env);
    this.#doors = doors;
    const store = new SettlerStore(ctx.storage);
    this.#rules = new RuleBook(ctx.storage);
    this.#closing = new EpochClosing(store, { ...doors, payBonuses: this.#openBonuses(doors) });
    this.#posts = new PostLog(ctx.storage);
    const place = { storage: ctx.storage, store, posts: this.#posts };
    const sponsor = doors.openSponsor(place);
    this.#claims = sponsor && new ToldClaims(sponsor, doors.domain.chainId, () => Date.now());
    this.#chain = { ...doors.openChain(place), sponsor: sponsor && (() => sponsor.tick()) };
  }

  /**
   * Closes what is over at `now`, ms since epoch, as far as one run goes, and then does what is due on the chain; the rest follows by itself. Never
   * rejects.
   */
  async tick(now: number): Promise<TickResult> {
    // The platform's clock comes again.
    if (this.pause.level(Date.now()) !== null) return { epoch: null, state: null, againAt: null };
    await this.#rules.refresh(this.#doors.readRules, { seconds: this.#doors.seconds, now });
    const result = await this.#close(now);
    // What is published goes to the chain whatever the books can do now.
    const chainAt = await takeChainSteps(this.#chain, () => Date.now());
    const wishes = [result.againAt, chainAt].filter((at) => at !== null);
    // Never later than somebody wished for meanwhile.
    if (wishes.length > 0) await this.#wake(Math.min(...wishes));
    return result;
  }

  /** A node's leaf in the last published epoch, or `epoch` where it is that; null where there is none. */
  tell(node: Hex, epoch: number | null): ToldLeaf | null {
    return this.#closing.tell(node, epoch);
  }

  /** How far the epochs of a span are on the chain, both ends included; those that are not known are left out. */
  tellPosts(from: number, to: number): ToldPost[] {
    return this.#posts.tell(from, to);
  }

  /**
   * How far a home's claim is, and with `isAsking` that it wants to be claimed for; null where nobody's gas is paid. Rejects where the chain cannot be asked,
   * too many ask at once, or the books stand still.
   */
  async claim(node: Hex, isAsking: boolean): Promise<ClaimTold | null> {
    if (!this.#claims) return null;
    if (isAsking && this.pause.level(Date.now()) !== null) throw new Error('the books stand still');
    const told = await this.#claims.answer(node, isAsking);
    if (isAsking && told.verdict.is === 'waiting') await this.#wake(Date.now() + SOON_MS);
    return told;
  }

  #openBonuses({ payBonuses, now }: SettlerDoors): ClosingDoors['payBonuses'] {
    if (!payBonuses) return null;
    return (nodeIds, epoch) => payBonuses(nodeIds, { epoch, bonusBps: bonusAt(this.#rules.list(), epoch), at: now() });
  }

  /** How far the chain was read, and how much of it is not in the books yet. Only where there is a chain. */
  watched(): { readonly block: number | null; readonly waiting: number } {
    const watchLog = new WatchLog(this.ctx.storage);
    return { block: watchLog.cursor?.number ?? null, waiting: watchLog.waiting };
  }

  /** What the vote has set, as far as the chain was read: in the order of the epochs from which it counts. None where there is no chain, or it is away. */
  async rules(): Promise<RuleSchedule> {
    const known = this.#rules.list();
    if (known.length > 0) return known;
    const { readRules, seconds, now } = this.#doors;
    await this.#rules.refresh(readRules, { seconds, now: now() });
    return this.#rules.list();
  }

  protected override stillOpen(): StillOpen {
    return { jobs: 0, entries: 0 };
  }

  override async alarm(): Promise<void> {
    await this.tick(Date.now());
  }

  async #wake(at: number): Promise<void> {
    const planned = await this.ctx.storage.getAlarm();
    if (planned === null || planned > at) await this.ctx.storage.setAlarm(at);
  }

  async #close(now: number): Promise<TickResult> {
    try {
      return await this.#closing.tick(now);
    } catch (error) {
      log.error('epoch-not-closed', { waitMs: RETRY_MS, error });
      return { epoch: null, state: null, againAt: Date.now() + RETRY_MS };
    }
  }
}
