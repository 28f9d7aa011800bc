// The one timer of a call: nearly all that a call waits for comes long before it is late, and each timer of its own costs the platform as much to set and
// to take back as the JavaScript around it. It rings for what is due first; while something is set the timer stands, and what comes before its time sets none.
import { makeLog } from '../log.ts';

const log = makeLog('relay');

/** The first ring comes so soon at the latest: most calls are over by then, and none of their waits needs a timer of its own. */
const FIRST_RING_MS = 1000;
/** The platform's clock may be behind its timers by less. */
const EARLY_MS = 2;
/** What rings again and again may ring by so much of its time sooner, with another that rings then. */
const EARLY_SHARE = 0.25;

interface Alarm {
  dueAt: number;
  readonly everyMs: number | null;
  readonly ring: () => void;
}

/** Of one call alone: the platform lets no call end another one's timers. */
export class CallClock {
  readonly #alarms = new Set<Alarm>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #ringsAt = Infinity;

  /** Calls `ring` once, `ms` from now; gives what calls it off, which may be called at any time. */
  after(ms: number, ring: () => void): () => void {
    return this.#set({ dueAt: Date.now() + ms, everyMs: null, ring });
  }

  /** Calls `ring` each `ms` from now on; gives what ends it, which may be called at any time. */
  every(ms: number, ring: () => void): () => void {
    return this.#set({ dueAt: Date.now() + ms, everyMs: ms, ring });
  }

  #set(alarm: Alarm): () => void {
    this.#alarms.add(alarm);
    this.#ringBy(this.#timer === null ? Math.min(alarm.dueAt, Date.now() + FIRST_RING_MS) : alarm.dueAt);
    return () => this.#callOff(alarm);
  }

  #callOff(alarm: Alarm): void {
    if (!this.#alarms.delete(alarm) || this.#alarms.size > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#ringsAt = Infinity;
  }

  #ringBy(at: number): void {
    if (at >= this.#ringsAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#ringsAt = at;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, at - Date.now()));
  }

  #ring(): void {
    this.#timer = null;
    this.#ringsAt = Infinity;
    const now = Date.now() + EARLY_MS;
    // One that rings may call others off, and set new ones, which are not due yet.
    for (const alarm of this.#alarms) {
      if (alarm.dueAt - (alarm.everyMs ?? 0) * EARLY_SHARE > now) continue;
      if (alarm.everyMs === null) this.#alarms.delete(alarm);
      else alarm.dueAt = Date.now() + alarm.everyMs;
      try {
        alarm.ring();
      } catch (error) {
        // A bug: what others wait for comes all the same.
        log.error('alarm-broke', { error });
      }
    }
    let nextAt = Infinity;
    for (const { dueAt } of this.#alarms) nextAt = Math.min(nextAt, dueAt);
    if (nextAt < Infinity) this.#ringBy(nextAt);
  }
}
