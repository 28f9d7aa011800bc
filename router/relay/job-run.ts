// One job as its edge sees it: homes asked in turn until one starts, then its records; before the first token a lost home is replaced unseen.
import type { JobOffer, OfferRefusal } from './offer.ts';
import { RECORD, readRecordJson, RecordReader } from './records.ts';
import type { EndRecord, FailRecord, HeadRecord, PartRecord } from './records.ts';

/** Homes asked before the first token, at most. */
export const MAX_ATTEMPTS = 3;

export interface JobDoors {
  /** The next home to ask, or null when no other is known. */
  readonly nextHome: (excluded: {
    nodes: readonly string[];
    hubs: readonly string[];
  }) => Promise<{ node: string; hub: string; promptTokensPerS: number } | null>;
  readonly askHub: (hub: string, offer: JobOffer, signal: AbortSignal) => Promise<Response>;
  readonly noteFree: (hub: string, free: number) => void;
}

/** Why a job could not be answered, in the caller's terms. */
export type JobFailure =
  | { readonly kind: 'no-home' | 'busy' | 'failed'; readonly message: string }
  | { readonly kind: 'bad-request' | 'context'; readonly message: string; readonly param: string | null }
  | { readonly kind: 'broken'; readonly message: string };

export type JobEvent =
  | { readonly kind: 'head'; readonly head: HeadRecord }
  | { readonly kind: 'data'; readonly events: Uint8Array }
  | { readonly kind: 'end'; readonly end: EndRecord }
  | { readonly kind: 'failed'; readonly failure: JobFailure };

export class JobRun {
  readonly #doors: JobDoors;
  readonly #offer: Omit<JobOffer, 'part' | 'attempt' | 'preferNodeId' | 'excludeNodeIds' | 'firstTokenMs'>;
  readonly #abort = new AbortController();
  readonly #excludedNodes: string[] = [];
  readonly #excludedHubs: string[] = [];
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #records = new RecordReader();
  #pending: PartRecord[] = [];
  #head: HeadRecord | null = null;
  #home: { readonly node: string; readonly hub: string } | null = null;
  #attempts = 0;
  #sawBusy = false;
  #sawFault = false;
  #hasToken = false;
  #isOver = false;

  constructor(
    offer: Omit<JobOffer, 'part' | 'attempt' | 'preferNodeId' | 'excludeNodeIds' | 'firstTokenMs'>,
    doors: JobDoors,
  ) {
    this.#offer = offer;
    this.#doors = doors;
  }

  get attempts(): number {
    return this.#attempts;
  }

  get head(): HeadRecord | null {
    return this.#head;
  }

  /** True once a home's answer has reached this edge: a failure after that is settled by its hub. */
  get hasToken(): boolean {
    return this.#hasToken;
  }

  /** The caller left: whatever runs is cancelled. */
  abort(): void {
    if (!this.#isOver) this.#abort.abort();
  }

  /** What happens next. After `end` or `failed` it must not be called again. */
  async next(): Promise<JobEvent> {
    for (;;) {
      const record = this.#pending.shift();
      if (record) {
        const event = this.#toEvent(record);
        if (event) return event;
      } else if (this.#reader) {
        await this.#read(this.#reader);
      } else {
        const event = await this.#attempt();
        if (event) return event;
      }
    }
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      const { value } = await reader.read();
      // Without a value the hub went away and left no last word: its restart or a broken hop.
      this.#pending.push(...(value ? this.#records.push(value) : [lostRecord(!this.#hasToken)]));
    } catch {
      this.#pending.push(lostRecord(!this.#hasToken));
    }
  }

  #toEvent(record: PartRecord): JobEvent | null {
    if (record.kind === RECORD.data) {
      this.#hasToken = true;
      return { kind: 'data', events: record.payload };
    }
    if (record.kind === RECORD.head) {
      this.#head = readRecordJson<HeadRecord>(record);
      return { kind: 'head', head: this.#head };
    }
    if (record.kind === RECORD.end) {
      this.#isOver = true;
      return { kind: 'end', end: readRecordJson<EndRecord>(record) };
    }
    return this.#onFail(readRecordJson<FailRecord>(record));
  }

  #onFail(fail: FailRecord): JobEvent | null {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
    if (fail.code === 'context' || fail.code === 'bad-request')
      return this.#over({ kind: fail.code, message: fail.message, param: 'messages' });
    if (!fail.beforeToken || this.#hasToken) return this.#over({ kind: 'broken', message: fail.message });
    this.#sawFault = true;
    const node = this.#head?.node ?? this.#home?.node;
    if (node) this.#excludedNodes.push(node);
    return null;
  }

  async #attempt(): Promise<JobEvent | null> {
    if (this.#attempts >= MAX_ATTEMPTS || this.#abort.signal.aborted) return this.#over(this.#summary());
    const home = await this.#doors.nextHome({ nodes: this.#excludedNodes, hubs: this.#excludedHubs });
    if (this.#abort.signal.aborted) return this.#over({ kind: 'failed', message: 'The caller left.' });
    if (!home) return this.#over(this.#summary());
    this.#home = home;
    this.#head = null;
    this.#attempts++;
    const offer: JobOffer = {
      ...this.#offer,
      part: this.#attempts - 1,
      attempt: this.#attempts,
      preferNodeId: home.node,
      excludeNodeIds: this.#excludedNodes,
      firstTokenMs: firstTokenLimitMs(this.#offer.promptBound, home.promptTokensPerS),
    };
    const response = await this.#doors.askHub(home.hub, offer, this.#abort.signal).catch(() => null);
    if (!response) {
      this.#sawFault = true;
      this.#excludedHubs.push(home.hub);
      return null;
    }
    const free = response.headers.get('x-irori-free');
    if (free) this.#doors.noteFree(home.hub, Number(free));
    if (response.status === 200 && response.body) {
      this.#reader = response.body.getReader();
      this.#records = new RecordReader();
      return null;
    }
    const refusal = response.status === 409 ? await readRefusal(response) : null;
    if (refusal) return this.#onRefusal(home, refusal);
    // The hub itself failed.
    this.#sawFault = true;
    this.#excludedHubs.push(home.hub);
    return null;
  }

  #onRefusal(home: { node: string; hub: string }, refusal: OfferRefusal): JobEvent | null {
    this.#doors.noteFree(home.hub, refusal.free);
    if (refusal.code === 'bad-request')
      return this.#over({ kind: 'bad-request', message: refusal.message, param: refusal.param });
    if (refusal.code === 'busy') this.#sawBusy = true;
    else if (refusal.code !== 'none') this.#sawFault = true;
    // A node of this hub may have refused on its own count; the hub is asked again only for another node.
    if (refusal.nodeId) this.#excludedNodes.push(refusal.nodeId);
    else this.#excludedHubs.push(home.hub);
    return null;
  }

  #summary(): JobFailure {
    if (this.#sawBusy)
      return { kind: 'busy', message: 'All homes near you that have this model are busy. Retry in a moment.' };
    if (this.#sawFault)
      return { kind: 'failed', message: 'The homes that were asked could not answer. Retry in a moment.' };
    return {
      kind: 'no-home',
      message: 'No home that is online has this model right now. Retry later or choose another model.',
    };
  }

  #over(failure: JobFailure): JobEvent {
    this.#isOver = true;
    return { kind: 'failed', failure };
  }
}

/** A hub's refusal; null when it is cut short. Written by our own hub, so its shape is trusted. */
async function readRefusal(response: Response): Promise<OfferRefusal | null> {
  const json: unknown = await response.json().catch(() => null);
  return json as OfferRefusal | null;
}

/** First-token deadline: 10 s, or three times what the prompt should take at the home's speed. */
export function firstTokenLimitMs(promptTokens: number, promptTokensPerS: number): number {
  const expectedMs = promptTokensPerS > 0 ? (promptTokens / promptTokensPerS) * 1000 : 0;
  return Math.max(10_000, Math.round(3 * expectedMs));
}

function lostRecord(beforeToken: boolean): PartRecord {
  const fail: FailRecord = { code: 'lost', beforeToken, message: 'the connection to the home broke' };
  return { kind: RECORD.fail, payload: new TextEncoder().encode(JSON.stringify(fail)) };
}
