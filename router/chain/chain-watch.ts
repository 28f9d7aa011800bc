// Brings what happened on the chain into the books: claims to the homes that they paid, bought credit to its accounts. Reads only what lies deep, and where the
// chain shows another past than the one that was read, it books nothing more and says so until that past is back.
import { LOCAL_CHAIN } from '../../schema/test-chains.ts';
import { makeLog } from '../log.ts';
import { decideWatch, nextSpan } from './decide-watch.ts';
import type { DatedEvent, EventsChain } from './events-chain.ts';
import type { WatchLog } from './watch-log.ts';

const log = makeLog('chain');

/** Ranges that are read, and events that are booked, in one run. */
const MOST_READS = 20;
const MOST_BOOKED = 100;
/** While so much waits nothing more is read. */
const MOST_WAITING = 1000;
/** When the chain is looked at again, ms: what comes later is what happens seldom and may wait. */
const LOCAL_LOOK_MS = 3000;
const LOOK_MS = 120_000;
const RETRY_MS = 30_000;
/** After so long a failure ends the run, ms. */
const MOST_MS = 20_000;

export interface WatchDoors {
  readonly chainId: number;
  readonly chain: EventsChain;
  /** Safe to repeat: its id makes it once. Rejects where the books cannot take it now. */
  readonly book: (id: string, event: DatedEvent) => Promise<void>;
  /** ms since epoch. */
  readonly now: () => number;
}

export class ChainWatch {
  readonly #log: WatchLog;
  readonly #doors: WatchDoors;
  #running: Promise<number> | null = null;

  constructor(watchLog: WatchLog, doors: WatchDoors) {
    this.#log = watchLog;
    this.#doors = doors;
  }

  /** Does what is due, in bounded time; gives when it wants its next turn, ms since epoch. While a run is under way its result is waited for. */
  tick(): Promise<number> {
    this.#running ??= this.#tick().finally(() => void (this.#running = null));
    return this.#running;
  }

  async #tick(): Promise<number> {
    const { now, chainId } = this.#doors;
    let isHeard = true;
    const hasMore = await this.#read().catch((error: unknown) => {
      log.warn('chain-away', { error });
      return (isHeard = false);
    });
    const isBooked = await this.#book();
    if (!isBooked || !isHeard) return now() + (chainId === LOCAL_CHAIN ? LOCAL_LOOK_MS : RETRY_MS);
    if (hasMore || this.#log.waiting > 0) return now();
    return now() + (chainId === LOCAL_CHAIN ? LOCAL_LOOK_MS : LOOK_MS);
  }

  /** True where there is more to read at once. */
  async #read(): Promise<boolean> {
    const { chain, chainId, now } = this.#doors;
    const until = now() + MOST_MS;
    const { deep, cursorHash } = await chain.look(this.#log.cursor);
    let seen = cursorHash;
    for (let reads = 0; reads < MOST_READS && this.#log.waiting < MOST_WAITING; reads++) {
      const { cursor, span } = this.#log;
      const step = decideWatch({ cursor, cursorHash: seen, deep, span });
      if (step.do === 'wait') return false;
      if (step.do === 'stop') {
        if (step.why === 'went-back') log.error('chain-went-back', { count: cursor?.number ?? 0 });
        else log.warn('chain-behind', { count: cursor?.number ?? 0 });
        return false;
      }
      const found = await chain.read(step.from, step.to).catch((error: unknown) => {
        // It has just answered: it may be too slow for so many blocks, say too much, or refuse them in words that are no JSON-RPC.
        if (step.from < step.to && now() < until) return null;
        this.#log.setSpan(nextSpan(span, false));
        throw error;
      });
      if (found) {
        this.#log.keep(chainId, found.events, found.end);
        seen = found.end.hash;
      }
      if (found === null || step.to - step.from + 1 === span) this.#log.setSpan(nextSpan(span, found !== null));
    }
    return true;
  }

  /** False where some of it could not be booked: that holds nothing else up. */
  async #book(): Promise<boolean> {
    let isBooked = true;
    for (const waiting of this.#log.list(MOST_BOOKED)) {
      try {
        await this.#doors.book(waiting.id, waiting.event);
        this.#log.remove(waiting.id);
      } catch (error) {
        log.warn('chain-event-not-booked', { reason: waiting.event.kind, error });
        this.#log.putLast(waiting);
        isBooked = false;
      }
    }
    return isBooked;
  }
}
