// The Durable Object that closes epochs: there is one for the network. The platform's clock calls it, and its own alarm goes on where there is more to do.
import type { Hex } from '../../schema/bytes.ts';
import { makeLog } from '../log.ts';
import { EpochClosing } from './epoch-closing.ts';
import type { ClosingDoors, TickResult, ToldLeaf } from './epoch-closing.ts';
import { KeptObject } from './kept-object.ts';
import type { StillOpen } from './kept-object.ts';
import type { RuleSchedule } from './plan-rules.ts';
import type { PayBonuses } from './newcomer-bonus.ts';
import { bonusAt } from './plan-rules.ts';
import { RuleBook } from './rule-book.ts';
import type { RulesDoor } from './rule-book.ts';
import { SettlerStore } from './settler-store.ts';

/** A step that could not be done is tried again after this long, ms. */
const RETRY_MS = 30_000;

const log = makeLog('billing');

export interface SettlerDoors extends Omit<ClosingDoors, 'payBonuses'> {
  /** Null both where there is no chain. */
  readonly readRules: RulesDoor;
  readonly payBonuses: PayBonuses | null;
}

export class Settler extends KeptObject {
  readonly #closing: EpochClosing;
  readonly #rules: RuleBook;
  readonly #doors: SettlerDoors;

  constructor(ctx: DurableObjectState, env: object, doors: SettlerDoors) {
    super(ctx, env);
    this.#doors = doors;
    this.#rules = new RuleBook(ctx.storage);
    this.#closing = new EpochClosing(new SettlerStore(ctx.storage), { ...doors, payBonuses: this.#openBonuses(doors) });
  }

  /** Closes what is over at `now`, ms since epoch, as far as one run goes; the rest follows by itself. Never rejects. */
  async tick(now: number): Promise<TickResult> {
    // The platform's clock comes again.
    if (this.pause.level(Date.now()) !== null) return { epoch: null, state: null, againAt: null };
    await this.#rules.refresh(this.#doors.readRules, { seconds: this.#doors.seconds, now });
    try {
      const result = await this.#closing.tick(now);
      if (result.againAt !== null) await this.ctx.storage.setAlarm(result.againAt);
      return result;
    } catch (error) {
      const againAt = Date.now() + RETRY_MS;
      log.error('epoch-not-closed', { waitMs: RETRY_MS, error });
      await this.ctx.storage.setAlarm(againAt);
      return { epoch: null, state: null, againAt };
    }
  }

  /** A node's leaf in the last published epoch, or `epoch` where it is that; null where there is none. */
  tell(node: Hex, epoch: number | null): ToldLeaf | null {
    return this.#closing.tell(node, epoch);
  }

  #openBonuses({ payBonuses, now }: SettlerDoors): ClosingDoors['payBonuses'] {
    if (!payBonuses) return null;
    return (nodeIds, epoch) => payBonuses(nodeIds, { epoch, bonusBps: bonusAt(this.#rules.list(), epoch), at: now() });
  }

  /** What the vote has set, as far as the chain was read: in the order of the epochs from which it counts. None where there is no chain. */
  rules(): RuleSchedule {
    return this.#rules.list();
  }

  protected override stillOpen(): StillOpen {
    return { jobs: 0, entries: 0 };
  }

  override async alarm(): Promise<void> {
    await this.tick(Date.now());
  }
}
