// The asks of one job: hub after hub, until a home takes the next part. What the hubs say is noted where it is of use: by the search for
// this job, and in the edge's memory for the next ones.
import type { Capacity } from '../../schema/placement.ts';
import {
  CAPACITY_HEADER,
  CLASS_HEADER,
  HEAD_HEADER,
  LACKING_HEADER,
  OWNER_HEADER,
  sendingMs,
  TOOK_HEADER,
  VOICE_HEADER,
} from '../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import type { HeadRecord } from '../../schema/records.ts';
import type { HubAsk } from '../placement/home-search.ts';
import { makeLog } from '../log.ts';
import type { JobDoors } from './job-doors.ts';
import type { Objection } from './objections.ts';

const log = makeLog('relay');

/** A hub that works answers sooner: it gives a home 1 s to take the job, and 1 s to homes that have yet to tell it which jobs they run. */
const ASK_TIMEOUT_MS = 5000;
/** While a home is waited for that goes on, it is looked for this often. */
const RETRY_MS = 250;
/** Before a home is asked again that was full by its own count; twice as long each time, so often at most. */
const FIRST_PAUSE_MS = 250;
const MOST_DOUBLINGS = 3;
/** However long a latency the caller states, nobody waits longer for a turn. */
const MOST_WAIT_MS = 60_000;

/** A part that a home has taken. */
export interface TakenPart {
  readonly hub: string;
  readonly head: HeadRecord;
  /** What the caller reads, byte for byte, or what `told-events.ts` tells where that is its type. */
  readonly body: ReadableStream<Uint8Array>;
  readonly type: string | null;
  /** The account of the home's owner; null where the hub does not tell. */
  readonly owner: string | null;
  /** Its word on the request counts. */
  readonly hasVoice: boolean;
  /** Gives back the slot that the part has taken in this edge's memory. */
  readonly giveBack: () => void;
  /** Takes the part back from its hub. */
  readonly cancel: () => void;
}

export type Asked =
  | { readonly kind: 'taken'; readonly taken: TakenPart }
  | { readonly kind: 'declined' | 'nobody' }
  /** A home says that the request is wrong: its word alone. */
  | { readonly kind: 'doubted'; readonly objection: Objection };

/** What is asked for: a beginning may be refused as the caller's own mistake, a continuation may not. */
export interface AskedPart {
  readonly isBeginning: boolean;
  readonly makeOffer: (ask: HubAsk, part: number, waitMs: number) => JobOffer;
}

export class HubAsks {
  readonly #doors: JobDoors;
  readonly #maxWaitMs: number;
  /** What hubs were asked, the parts that they gave among it. */
  readonly #calls = new Set<AbortController>();
  #hasLeft = false;
  #tickets = 0;
  #sawFault = false;
  /** Since when a home is looked for that begins the answer or goes on with it; null while one has it. */
  #searchingSinceAt: number | null = null;
  #pauses = 0;
  /** Since when the hub is lost at which a turn was waited for; null where none was. */
  #lineLostAt: number | null = null;

  /** `maxWaitMs`: how long a turn is waited for; null for as long as the network does. */
  constructor(doors: JobDoors, maxWaitMs: number | null) {
    this.#doors = doors;
    this.#maxWaitMs = Math.min(MOST_WAIT_MS, maxWaitMs ?? doors.timings.turnWaitMs);
  }

  /** Tickets given out: every home that was asked has its own part number, so that a late one cannot speak for another. */
  get tickets(): number {
    return this.#tickets;
  }

  /** True when a home or a hub has failed, rather than been busy or had no such model. */
  get sawFault(): boolean {
    return this.#sawFault;
  }

  /** A home that took a part has failed it. */
  noteFault(): void {
    this.#sawFault = true;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The caller has left: what is being asked is taken back, and what was taken. */
  leave(): void {
    this.#hasLeft = true;
    for (const call of this.#calls) call.abort();
  }

  /** Asks one hub. `nobody` when none is left to ask, or the caller has left. */
  async next(wanted: AskedPart): Promise<Asked> {
    this.#searchingSinceAt ??= Date.now();
    const ask = await this.#doors.search.next();
    if (!ask) return { kind: (await this.#waitForLine(wanted)) ? 'declined' : 'nobody' };
    if (this.#hasLeft) return { kind: 'nobody' };
    if (ask.isWaiting && this.#doors.search.isBlind) await this.#pause(this.#leftMs(wanted, Date.now()));
    const askedAt = Date.now();
    const waitMs = ask.isWaiting ? this.#leftMs(wanted, askedAt) : 0;
    if ((ask.isWaiting && waitMs <= 0) || this.#hasLeft) return { kind: 'nobody' };
    const call = new AbortController();
    const response = await this.#ask(ask.hub, wanted.makeOffer(ask, this.#tickets, waitMs), call);
    if (!response) return this.#leaveHub(ask);
    // The hub says how long it took itself: what is left is the way there and back.
    const tookMs = Number(response.headers.get(TOOK_HEADER) ?? Number.NaN);
    if (tookMs >= 0) this.#doors.noteRtt(ask.hub, Math.max(0, Date.now() - askedAt - tookMs));
    const taken = response.status === 200 ? this.#take(ask, response, () => call.abort()) : null;
    if (taken) return { kind: 'taken', taken };
    this.#calls.delete(call);
    return this.#takeRefusal(ask, response, wanted);
  }

  /**
   * A caller who has read some of the answer rather waits than loses it, where somebody may come: a home that is on its way back or finishes another job.
   * False at once where nobody may, and when it is too late.
   */
  async waitForHome(digest: string | null): Promise<boolean> {
    const { search, timings } = this.#doors;
    const { mayCome } = search;
    if (!mayCome) return false;
    const now = Date.now();
    const mostMs = mayCome === 'soon' ? Math.min(timings.returnWaitMs, timings.resumeWaitMs) : timings.resumeWaitMs;
    const leftMs = (this.#searchingSinceAt ?? now) + mostMs - now;
    if (leftMs <= 0) return false;
    await sleep(Math.min(RETRY_MS, leftMs));
    search.lookAgain(digest);
    return true;
  }

  /** Who stood in a line that its hub has lost waits on: the homes of that hub dial again, if any do. False where there is no such line, or no time left. */
  async #waitForLine(wanted: AskedPart): Promise<boolean> {
    if (this.#lineLostAt === null || this.#hasLeft) return false;
    const now = Date.now();
    const leftMs = Math.min(this.#lineLostAt + this.#doors.timings.resumeWaitMs - now, this.#leftMs(wanted, now));
    if (leftMs <= 0) return false;
    await sleep(Math.min(RETRY_MS, leftMs));
    this.#doors.search.retry();
    return true;
  }

  async #pause(mostMs: number): Promise<void> {
    await sleep(Math.min(mostMs, FIRST_PAUSE_MS * 2 ** Math.min(MOST_DOUBLINGS, this.#pauses++)));
  }

  /** How long a turn may still be waited for, ms: a home that is full is worth as long a wait to who has read some of the answer as to who has not. */
  #leftMs({ isBeginning }: AskedPart, now: number): number {
    const mostMs = isBeginning ? this.#maxWaitMs : Math.max(this.#maxWaitMs, this.#doors.timings.resumeWaitMs);
    return (this.#searchingSinceAt ?? now) + mostMs - now;
  }

  /** Null when the hub could not be reached or did not answer in time. */
  async #ask(hub: string, offer: JobOffer, call: AbortController): Promise<Response | null> {
    this.#calls.add(call);
    // A hub that has stopped itself may not heed the signal either.
    const late = Promise.withResolvers<'late'>();
    // Not AbortSignal.timeout: it cannot be called off, and would cut the answer that a home has begun.
    const timeoutMs = ASK_TIMEOUT_MS + offer.waitMs + sendingMs(offer.requestBytes ?? 0);
    const isInTime = this.#doors.clock.after(timeoutMs, () => late.resolve('late'));
    try {
      const asked = this.#doors.askHub(hub, offer, call.signal);
      const response = await Promise.race([asked, late.promise]);
      if (response !== 'late') return response;
      asked.catch(() => undefined);
      call.abort();
      throw new Error('the hub did not answer in time');
    } catch (error) {
      this.#calls.delete(call);
      const { requestId, jobId, part } = offer;
      // A caller who left takes the ask back: no hub's fault.
      if (!this.#hasLeft) log.warn('hub-away', { requestId, jobId, part, hub, error });
      return null;
    } finally {
      isInTime();
    }
  }

  #take({ hub }: HubAsk, { headers, body }: Response, cancel: () => void): TakenPart | null {
    const head = headers.get(HEAD_HEADER);
    if (!head || !body) return null;
    const capacity = headers.get(CAPACITY_HEADER);
    if (capacity) this.#doors.noteCapacity(hub, JSON.parse(capacity) as Capacity);
    const speedClass = headers.get(CLASS_HEADER);
    this.#searchingSinceAt = null;
    this.#lineLostAt = null;
    this.#tickets++;
    return {
      hub,
      // Written by our own hub, so its shape is trusted.
      head: { ...(JSON.parse(head) as HeadRecord), lacking: headers.get(LACKING_HEADER)?.split(',') ?? [] },
      body,
      type: headers.get('content-type'),
      owner: headers.get(OWNER_HEADER),
      hasVoice: headers.get(VOICE_HEADER) === '1',
      giveBack: () => void (speedClass !== null && this.#doors.noteFreed(hub, speedClass)),
      cancel,
    };
  }

  async #takeRefusal(ask: HubAsk, response: Response, { isBeginning }: AskedPart): Promise<Asked> {
    const refusal = response.status === 409 ? await readRefusal(response) : null;
    if (!refusal) return this.#leaveHub(ask);
    const { search, noteCapacity } = this.#doors;
    if (refusal.capacity) noteCapacity(ask.hub, refusal.capacity);
    const { code, message, param, nodeId, ownerAccountId: owner = null, reason = null } = refusal;
    if (code === 'bad-request' && isBeginning) {
      this.#tickets++;
      if (nodeId) search.noteRefused(nodeId, false, owner);
      else search.noteNone(ask, null);
      return {
        kind: 'doubted',
        objection: { hub: ask.hub, nodeId, owner, isServers: false, hasVoice: false, told: message, reason, param },
      };
    }
    if (code === 'busy' && !refusal.nodeId) search.noteBusy(ask, refusal);
    else if (code === 'none') search.noteNone(ask, refusal);
    else this.#leaveHome(ask, refusal);
    return { kind: 'declined' };
  }

  /** The hub itself failed. A home may run what it granted before: the part's number is used up, or two would settle as one. */
  async #leaveHub(ask: HubAsk): Promise<Asked> {
    this.#tickets++;
    if (ask.isWaiting) {
      // Who waits at a hub that restarts is forgotten there, and asks again.
      this.#lineLostAt ??= Date.now();
      await sleep(RETRY_MS);
      this.#doors.search.retry();
    } else {
      this.#sawFault = true;
      this.#doors.search.noteNone(ask, null);
    }
    return { kind: 'declined' };
  }

  /** A home was given a ticket and did not take the job. */
  #leaveHome(ask: HubAsk, { code, nodeId, ownerAccountId = null }: OfferRefusal): void {
    this.#tickets++;
    const isBusy = code === 'busy';
    if (!isBusy) this.#sawFault = true;
    // The turn came and was none: it is waited for again while there is time.
    if (ask.isWaiting) this.#doors.search.retry();
    if (nodeId) this.#doors.search.noteRefused(nodeId, isBusy, ownerAccountId);
    else this.#doors.search.noteNone(ask, null);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

/** A hub's refusal; null when it is cut short, as by a hub that stops itself: then it counts as away. Written by our own hub, so its shape is trusted. */
async function readRefusal(response: Response): Promise<OfferRefusal | null> {
  const json: unknown = await response.json().catch(() => null);
  return json as OfferRefusal | null;
}
