// What a hub hands to accounts, in one line for each: a numbered batch at a time, the same again until it is acknowledged. An account that cannot be
// reached, or a part that it does not take, stands aside for a while and holds up nobody else.
import type { SettlementBatch } from '../../schema/settlement.ts';
import type { DuePart } from './journal-rows.ts';

/** A part that was not taken is tried again after twice as long each time, up to so many doublings. */
const MOST_DOUBLINGS = 6;

export interface BatchLinesDoors<A> {
  readonly hub: string;
  readonly nextNumber: () => number;
  /** Hands a batch over; gives the answers in its order. Rejects when the account cannot be reached. */
  readonly send: (key: string, batch: SettlementBatch) => Promise<readonly A[]>;
  /** True for an answer after which the part need not come again. */
  readonly isTaken: (answer: A) => boolean;
  readonly onAway: (key: string, parts: readonly DuePart[], error: unknown) => void;
  readonly retryMs: number;
  readonly now: () => number;
}

interface Waiting {
  readonly part: DuePart;
  readonly tries: number;
  readonly fromAt: number;
}

interface Line {
  readonly waiting: Waiting[];
  sent: { readonly batch: SettlementBatch; readonly parts: readonly Waiting[] } | null;
  /** Not before this, ms since epoch. */
  fromAt: number;
  isSending: boolean;
}

export interface Answered<A> {
  readonly part: DuePart;
  readonly answer: A;
}

export class BatchLines<A> {
  readonly #doors: BatchLinesDoors<A>;
  /** Whoever was served longest ago first. */
  readonly #lines = new Map<string, Line>();

  constructor(doors: BatchLinesDoors<A>) {
    this.#doors = doors;
  }

  add(key: string, part: DuePart): void {
    this.#lineOf(key).waiting.push({ part, tries: 0, fromAt: 0 });
  }

  /** Parts that wait, or whose batch was not acknowledged. */
  get size(): number {
    return [...this.#lines.values()].reduce(
      (sum, { waiting, sent }) => sum + waiting.length + (sent?.parts.length ?? 0),
      0,
    );
  }

  /** True where `send` would find something now. */
  isDue(now: number): boolean {
    return [...this.#lines.values()].some((line) => isReady(line, now));
  }

  /** Hands over what is due, `most` parts in all; gives what was taken, with its answers. */
  async send(most: number): Promise<Answered<A>[]> {
    const now = this.#doors.now();
    let left = most;
    const calls: Promise<Answered<A>[]>[] = [];
    for (const [key, line] of this.#lines) {
      if (left <= 0) break;
      if (!isReady(line, now)) continue;
      const sent = this.#next(line, left, now);
      left -= sent.parts.length;
      // Who was served goes behind the others.
      this.#lines.delete(key);
      this.#lines.set(key, line);
      calls.push(this.#send(key, line, sent));
    }
    return (await Promise.all(calls)).flat();
  }

  /** What was sent and not acknowledged, else a new batch. */
  #next(line: Line, most: number, now: number): NonNullable<Line['sent']> {
    if (line.sent) return line.sent;
    const parts: Waiting[] = [];
    for (let i = 0; i < line.waiting.length && parts.length < most;) {
      const waiting = line.waiting[i];
      if (waiting && waiting.fromAt <= now) parts.push(...line.waiting.splice(i, 1));
      else i += 1;
    }
    const settlements = parts.map(({ part }) => part.settlement);
    line.sent = { batch: { hub: this.#doors.hub, number: this.#doors.nextNumber(), settlements }, parts };
    return line.sent;
  }

  async #send(key: string, line: Line, { batch, parts }: NonNullable<Line['sent']>): Promise<Answered<A>[]> {
    const { send, isTaken, onAway, retryMs, now } = this.#doors;
    line.isSending = true;
    try {
      const answers = await send(key, batch);
      line.sent = null;
      const answered: Answered<A>[] = [];
      for (const [index, waiting] of parts.entries()) {
        const answer = answers[index];
        if (answer !== undefined && isTaken(answer)) answered.push({ part: waiting.part, answer });
        else line.waiting.push(putAside(waiting, retryMs, now()));
      }
      if (line.waiting.length === 0) this.#lines.delete(key);
      return answered;
    } catch (error) {
      line.fromAt = now() + retryMs;
      onAway(
        key,
        parts.map(({ part }) => part),
        error,
      );
      return [];
    } finally {
      line.isSending = false;
    }
  }

  #lineOf(key: string): Line {
    const line = this.#lines.get(key) ?? { waiting: [], sent: null, fromAt: 0, isSending: false };
    this.#lines.set(key, line);
    return line;
  }
}

function isReady({ waiting, sent, fromAt, isSending }: Line, now: number): boolean {
  return !isSending && fromAt <= now && (sent !== null || waiting.some((one) => one.fromAt <= now));
}

function putAside({ part, tries }: Waiting, retryMs: number, now: number): Waiting {
  return { part, tries: tries + 1, fromAt: now + retryMs * 2 ** Math.min(MOST_DOUBLINGS, tries) };
}
